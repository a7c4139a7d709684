"""Groups of neurons against closed forms and facts recorded from Brian 2."""

import logging

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    DimensionMismatchError,
    EquationError,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    UnknownNameError,
    UnsupportedEquationsError,
    amp,
    linked_var,
    ms,
    mV,
    nA,
    ohm,
    run,
    second,
    seed,
    volt,
)
from rheobase.topics import topic


def test_exact_decay_follows_the_exponential():
    G = NeuronGroup(3, "dv/dt = -v/(7*ms) : volt", method="exact")
    G.v = [1, 2, 3] * mV
    M = StateMonitor(G, "v", record=True)
    run(5 * ms)
    expected = np.outer([1e-3, 2e-3, 3e-3], np.exp(-M.t_ / 7e-3))
    assert_allclose(M.v_, expected, rtol=1e-13)


def test_a_driven_cell_spikes_when_the_formula_says():
    """Leaky integrate-and-fire with constant input: interval tau log(I/(I - theta))."""
    tau, drive = 10 * ms, 2.0  # noqa: F841  (names of the equations)
    G = NeuronGroup(1, "dv/dt = (drive - v)/tau : 1", threshold="v > 1", reset="v = 0")
    S = SpikeMonitor(G)
    run(100 * ms)
    interval = np.ceil(10 * np.log(2) / 0.1) * 1e-4  # the first step with v > 1
    # a spike is found in the step after whose update v > 1, at the time where the step begins
    assert_allclose(S.t_, interval * np.arange(1, len(S.t_) + 1) - 1e-4, rtol=1e-12)
    assert S.num_spikes == int(0.1 / interval)


def test_refractory_neurons_hold_still_as_long_as_in_brian():
    """Recorded from Brian 2.9.0 with the same script."""
    G = NeuronGroup(
        1,
        "dv/dt = 1/ms : 1 (unless refractory)",
        threshold="v > 0.35",
        reset="v = 0",
        refractory=0.5 * ms,
    )
    M = StateMonitor(G, ["v", "not_refractory"], record=0, when="end")
    S = SpikeMonitor(G)
    run(2.5 * ms)
    period = [0.1, 0.2, 0.3, 0, 0, 0, 0, 0]
    assert_allclose(M.v[0], (period * 4)[:25], atol=1e-12)
    assert_array_equal(M.not_refractory[0], ([1, 1, 1, 0, 0, 0, 0, 0] * 4)[:25])
    assert_allclose(S.t / ms, [0.3, 1.1, 1.9])


def test_a_boolean_refractory_condition_keeps_a_neuron_from_spiking_while_it_holds():
    """Recorded from Brian 2.9.0 with the same script."""
    G = NeuronGroup(
        1,
        "dv/dt = 1/ms : 1",
        threshold="v > 0.35",
        refractory="v > 0.35 and v < 1.05",
        method="euler",
    )
    S = SpikeMonitor(G)
    run(1.5 * ms)
    assert_allclose(S.t / ms, [0.3, 1.1, 1.2, 1.3, 1.4])


def test_reset_statements_see_each_other():
    G = NeuronGroup(2, "v : 1\nw : 1", threshold="v > 1", reset="w += v\nv = w/2; w *= 2")
    G.v = [3, 0]
    G.w = [1, 1]
    run(0.1 * ms)
    assert_allclose(G.v[:], [2, 0])
    assert_allclose(G.w[:], [8, 1])


def test_subexpressions_are_evaluated_where_they_are_used():
    G = NeuronGroup(3, "dv/dt = rate : 1\nrate = (i + 1)*scale : Hz\nscale : Hz (shared)")
    G.scale = "2/second"
    run(1 * second, namespace={})
    assert_allclose(G.v[:], [2, 4, 6], rtol=1e-9)
    assert_allclose(G.rate_[:], [2, 4, 6])


def test_variables_are_set_and_read_in_every_way():
    G = NeuronGroup(5, "v : volt\nn : integer\nflag : boolean")
    G.v = 3 * mV
    G.v[1] = 4 * mV
    G.v[2:4] = [5, 6] * mV
    G.v["i == 4"] = "v + i*mV"
    G.v_[0] = 0.001
    G.n = "i**2"
    G.flag = "i > 2"
    assert_allclose(G.v / mV, [1, 4, 5, 6, 7])
    assert_array_equal(G.n[:], [0, 1, 4, 9, 16])
    assert_array_equal(G.flag[:], [0, 0, 0, 1, 1])
    assert_allclose(G.v["flag"] / mV, [6, 7])
    assert_allclose(G.v[np.array([True, False, False, False, True])] / mV, [1, 7])
    G.v += 1 * mV
    assert_allclose(G.v[-1] / mV, 8)
    assert G.v[0] == 2 * mV
    assert (2 * G.v)[0] == 4 * mV
    assert np.max(G.v) == 8 * mV


def test_external_constants_come_from_group_then_run_then_script():
    k = 3  # noqa: F841  (used by the equations)
    own = NeuronGroup(1, "dv/dt = k/ms : 1", namespace={"k": 1})
    other = NeuronGroup(1, "dv/dt = k/ms : 1")
    net = Network(own, other)
    net.run(1 * ms, namespace={"k": 2})
    assert_allclose([own.v[0], other.v[0]], [1, 2])
    net.run(1 * ms)
    assert_allclose([own.v[0], other.v[0]], [2, 5])


def test_a_loop_over_a_constant_compiles_once(monkeypatch):
    from rheobase.runtime.backends import active_backend

    compiled = []
    backend = active_backend()
    original = type(backend).compile
    monkeypatch.setattr(
        type(backend),
        "compile",
        lambda self, *args: compiled.append(args) or original(self, *args),
    )
    G = NeuronGroup(2, "dv/dt = (a - v)/tau : 1", threshold="v > 1", reset="v = 0")
    net = Network(G)
    results = []
    for tau in np.arange(1, 101) * ms:
        G.v = 0
        net.run(0.1 * ms, namespace={"a": 0.5, "tau": tau})
        results.append(G.v[0])
    assert len(compiled) == 1
    assert_allclose(results, 0.5 * (1 - np.exp(-0.1 / np.arange(1, 101))), rtol=1e-12)


def test_noise_has_the_variance_of_the_ornstein_uhlenbeck_process():
    seed(1)
    tau, sigma = 10 * ms, 2.0  # noqa: F841  (names of the equations)
    G = NeuronGroup(4000, "dx/dt = -x/tau + sigma*sqrt(2/tau)*xi : 1", method="euler")
    run(100 * ms)
    # variance of the Euler-Maruyama chain: sigma**2 / (1 - dt/(2 tau))
    expected = 4 / (1 - 0.005)
    assert abs(np.var(G.x[:]) - expected) < 4 * expected * np.sqrt(2 / 4000)
    assert abs(np.mean(G.x[:])) < 4 * 2 / np.sqrt(4000)


def test_the_same_seed_gives_the_same_numbers_and_another_one_does_not():
    def values(number):
        seed(number)
        G = NeuronGroup(50, "dx/dt = -x/(5*ms) + xi/sqrt(1*ms) : 1", method="euler")
        G.x = "randn()"
        Network(G).run(2 * ms)
        return np.array(G.x[:])

    assert_array_equal(values(3), values(3))
    assert not np.array_equal(values(3), values(4))


def test_a_run_in_two_parts_is_the_whole_run():
    def values(*durations):
        seed(5)
        G = NeuronGroup(20, "dx/dt = -x/(5*ms) + xi/sqrt(1*ms) : 1", method="euler")
        net = Network(G)
        for d in durations:
            net.run(d)
        return np.array(G.x[:])

    assert_array_equal(values(2 * ms), values(0.7 * ms, 1.3 * ms))


@pytest.mark.parametrize("method", ["exact", "euler", "rk2", "rk4", "exponential_euler"])
def test_every_method_runs_natively(method):
    G = NeuronGroup(2, "dv/dt = -v/(10*ms) : 1", method=method)
    G.v = 1
    run(10 * ms)
    tolerance = 1e-2 if method == "euler" else 1e-4
    assert_allclose(G.v[:], np.exp(-1), rtol=tolerance)


# ------------------------------------------------------------------ what goes wrong
def test_a_sum_of_different_units_is_refused_when_the_group_is_made():
    with pytest.raises(DimensionMismatchError, match="I"):
        NeuronGroup(1, "dv/dt = (I - v)/(10*ms) : volt\nI : amp")


def test_an_unknown_name_is_refused_at_the_run_and_the_group_can_be_used_afterwards():
    G = NeuronGroup(1, "dv/dt = -v/taau : 1")
    G.v = 1
    tau = 10 * ms  # noqa: F841
    with pytest.raises(UnknownNameError, match="Did you mean 'tau'"):
        run(1 * ms)
    taau = 10 * ms  # noqa: F841
    run(10 * ms)
    assert_allclose(G.v[:], np.exp(-1))


def test_a_threshold_that_is_a_number_is_refused():
    with pytest.raises(ModelTypeError, match="true or false"):
        NeuronGroup(1, "v : 1", threshold="v + 1")


def test_unknown_flags_are_refused():
    with pytest.raises(EquationError, match="unless refractory"):
        NeuronGroup(1, "dv/dt = -v/ms : 1 (unless refractoy)")


def test_an_unknown_method_is_refused():
    G = NeuronGroup(1, "dv/dt = -v/ms : 1", method="exakt")
    with pytest.raises(ModelValueError, match="exact"):
        run(1 * ms)
    assert len(G) == 1


def test_exact_refuses_nonlinear_equations():
    G = NeuronGroup(1, "dv/dt = -v**2/ms : 1", method="exact")
    with pytest.raises(UnsupportedEquationsError, match="exact"):
        run(1 * ms)
    assert len(G) == 1


def test_a_negative_duration_is_refused():
    G = NeuronGroup(1, "v : 1")
    with pytest.raises(ModelValueError, match="negative"):
        Network(G).run(-1 * ms)


def test_a_duration_must_be_a_time():
    with pytest.raises(DimensionMismatchError, match="time"):
        Network(NeuronGroup(1, "v : 1")).run(1 * volt)


def test_values_must_have_the_unit_of_the_variable():
    G = NeuronGroup(2, "v : volt")
    with pytest.raises(DimensionMismatchError, match="volt"):
        G.v = 3 * nA
    with pytest.raises(DimensionMismatchError, match="volt"):
        G.v = "3*nA"
    with pytest.raises(IndexError, match="2 elements"):
        G.v[2] = 1 * mV
    assert_array_equal(G.v_[:], 0)
    assert (1 * amp * ohm).dim is volt.dim


def test_a_misspelt_attribute_is_refused():
    G = NeuronGroup(2, "voltage : volt")
    with pytest.raises(AttributeError, match="voltage"):
        G.voltag = 3 * mV
    G.add_attribute("note")
    G.note = "mine"
    assert G.note == "mine"


def test_the_choice_of_a_method_says_which_and_which_term_ruled_out_the_others(caplog):
    """At level INFO, in one line; a method that the script names needs no word."""
    caplog.set_level(logging.INFO, logger=topic("method_choice").name)
    text = "dv/dt = (-v + DT*exp((v - VT)/DT))/(10*ms) : volt"
    cells = NeuronGroup(1, text, namespace={"DT": 2 * mV, "VT": -50 * mV}, name="adex")
    linear = NeuronGroup(1, "dv/dt = -v/(10*ms) : 1", name="linear")
    named = NeuronGroup(1, "dv/dt = -v/(10*ms) : 1", method="rk4", name="named")
    Network(cells, linear, named).run(0.1 * ms)
    said = [r.getMessage() for r in caplog.records if "method_choice" in r.name]
    assert len(said) == 2
    assert "'adex'" in said[0]
    assert "integrated by 'euler', since 'exact' cannot: 'exp((v - VT)/DT)' in the" in said[0]
    assert "equation for 'v' is not linear in v (chosen in" in said[0]
    assert "integrated by 'exact' (chosen in" in said[1]


def test_a_reset_may_change_a_variable_that_is_linked_later():
    source = NeuronGroup(2, "x : 1")
    group = NeuronGroup(2, "y : 1\nz : 1 (linked)", threshold="y > 1", reset="y = 0; z += 1")
    group.z = linked_var(source, "x")
    group.y = 2
    Network(source, group).run(0.1 * ms)
    assert source.x[:].tolist() == [1, 1]


def test_a_misspelt_variable_in_a_reset_is_missed(caplog):
    cells = NeuronGroup(1, "dv/dt = (2 - v)/(10*ms) : 1\nw : 1", threshold="v > 1", reset="V = 0")
    cells.run_regularly("half = v/2; w = half")
    Network(cells).run(1 * ms)
    said = [r.getMessage() for r in caplog.records if "unread_temporary" in r.name]
    assert len(said) == 1
    assert "'V = ...' sets a name of this code that nothing reads. Did you mean 'v'?" in said[0]
