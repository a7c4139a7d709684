"""Code in steps of its own, shared variables, dtypes, events, refractoriness, states."""

import copy
import logging
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    DimensionMismatchError,
    EquationError,
    ImportExport,
    ModelError,
    ModelSyntaxError,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    UnknownNameError,
    ms,
    mV,
    run,
    second,
    seed,
    volt,
)


# ------------------------------------------------------------------ run_regularly
def test_code_runs_in_the_steps_of_its_own_clock():
    G = NeuronGroup(2, "x : 1\ny : 1\nz : 1")
    G.run_regularly("x += 1")
    G.run_regularly("y += 1", dt=0.5 * ms)
    G.run_at("z += 1", [0.2, 0.7, 5] * ms)
    run(1 * ms)
    assert_array_equal(G.x[:], 10)
    assert_array_equal(G.y[:], 2)
    assert_array_equal(G.z[:], 2)


def test_order_decides_within_a_slot():
    G = NeuronGroup(1, "x : 1")
    G.run_regularly("x = x*10 + 1", order=1)
    G.run_regularly("x = x*10 + 2", order=-1)
    G.run_regularly("x = x*10 + 3", when="end", order=-5)
    run(0.1 * ms)
    assert G.x[0] == 213


def test_shared_variables_are_written_once_a_step():
    """z sees s as it was before, v as it is after."""
    G = NeuronGroup(3, "s : 1 (shared)\nv : 1\nz : 1")
    G.run_regularly("z = s; s += 1; v = s")
    run(0.3 * ms)
    assert G.s[:] == 3
    assert_array_equal(G.z[:], 2)
    assert_array_equal(G.v[:], 3)


def test_a_random_shared_value_is_one_for_all():
    seed(3)
    G = NeuronGroup(4, "s : 1 (shared)\nv : 1")
    G.run_regularly("s = rand(); v = s")
    run(0.1 * ms)
    assert 0 < G.s[:] < 1
    assert_array_equal(G.v[:], G.s[:])


def test_shared_equations_are_integrated_once_together_with_others():
    """Heun's coupling of s and v is that of two variables of one neuron."""
    equations = "ds/dt = -s/(2*ms) : 1{}\ndv/dt = (s - v)/ms : 1"
    shared = NeuronGroup(3, equations.format(" (shared)"), method="rk4")
    single = NeuronGroup(1, equations.format(""), method="rk4")
    shared.s = single.s = 1
    run(2 * ms)
    assert_allclose(shared.s[:], single.s[0], rtol=1e-14)
    assert_allclose(shared.v[:], single.v[0], rtol=1e-14)


def test_what_differs_between_neurons_is_not_shared():
    with pytest.raises(ModelSyntaxError, match="'y' is shared"):
        NeuronGroup(2, "x : 1\ny = 2*x : 1 (shared)")
    with pytest.raises(ModelSyntaxError, match="'s' is shared"):
        NeuronGroup(2, "x : 1\ns : 1 (shared)").s = "x"


# ------------------------------------------------------------------ dtype
@pytest.mark.parametrize("method", ["exact", "euler", "rk4"])
def test_float32_groups_follow_float64_ones(method):
    eqs = "dv/dt = (a - v)/(10*ms) : 1\na : 1"
    single = NeuronGroup(5, eqs, dtype=np.float32, method=method)
    double = NeuronGroup(5, eqs, method=method)
    single.a = double.a = "1 + 0.1*i"
    run(20 * ms)
    assert single.v.dtype == np.float32
    assert double.v.dtype == np.float64
    assert_allclose(single.v[:], double.v[:], rtol=2e-5)


def test_float32_kernels_calculate_in_float32():
    G = NeuronGroup(5, "dv/dt = (2 - v)/(10*ms) : 1", dtype=np.float32, method="euler")
    run(0.1 * ms)
    (work,) = G.state_updater._work()
    floats = {op.dtype.value for op in work.kernel.body if op.dtype and op.dtype.is_float}
    assert floats == {"f32"}


def test_dtypes_of_single_variables():
    G = NeuronGroup(2, "x : 1\ny : 1\nn : integer", dtype={"x": np.float32, "n": np.int64})
    assert (G.x.dtype, G.y.dtype, G.n.dtype) == (np.float32, np.float64, np.int64)
    with pytest.raises(ModelTypeError, match="'n' can be stored as int32 or int64"):
        NeuronGroup(2, "n : integer", dtype={"n": float})


# ------------------------------------------------------------------ events
def test_events_are_found_and_handled_where_the_schedule_says():
    G = NeuronGroup(
        2,
        "dx/dt = (1 + i)/ms : 1\nn : integer\nat : second",
        threshold="x > 100",
        reset="",
        events={"high": "x > 0.95"},
    )
    G.run_on_event("high", "n += 1; at = t; x = 0")
    run(3 * ms)
    assert_array_equal(G.n[:], [3, 6])
    assert_allclose(G.at_[:], [2.9e-3, 2.9e-3], rtol=1e-12)
    assert (G.thresholder["high"].when, G.resetter["high"].when) == (
        "after_thresholds",
        "after_resets",
    )
    G.set_event_schedule("high", "end", order=3)
    assert (G.thresholder["high"].when, G.thresholder["high"].order) == ("end", 3)
    assert G.events == {"spike": "x > 100", "high": "x > 0.95"}


def test_events_have_one_name_and_one_piece_of_code():
    with pytest.raises(ModelValueError, match="the same"):
        NeuronGroup(1, "v : 1", threshold="v > 1", events={"spike": "v > 2"})
    with pytest.raises(ModelTypeError, match="'1x' cannot be the name"):
        NeuronGroup(1, "v : 1", events={"1x": "v > 2"})
    G = NeuronGroup(1, "v : 1", threshold="v > 1", reset="v = 0")
    with pytest.raises(ModelValueError, match="has code already"):
        G.run_on_event("spike", "v = 1")
    with pytest.raises(ModelValueError, match="no event 'evt'"):
        G.run_on_event("evt", "v = 1")
    with pytest.raises(ModelValueError, match="no event 'evt'"):
        G.set_event_schedule("evt")


def test_spikes_are_those_of_the_last_step():
    G = NeuronGroup(5, "v : 1", threshold="v > 2", reset="v = 0")
    G.v = "i"
    run(0.1 * ms)
    assert_array_equal(G.spikes, [3, 4])
    assert_array_equal(G[4:].spikes, [0])


# ------------------------------------------------------------------ refractoriness
@pytest.mark.parametrize(
    "refractory", [0.5 * ms, "0.5*ms", "ref", "(t - lastspike + 1e-3*dt) < ref", "is_ref"]
)
def test_all_forms_of_refractoriness_agree(refractory):
    G = NeuronGroup(
        1,
        "dv/dt = 1/ms : 1 (unless refractory)\nref : second\n"
        "is_ref = (t - lastspike + 1e-3*dt) < 0.5*ms : boolean",
        threshold="v > 0.35",
        reset="v = 0",
        refractory=refractory,
    )
    G.ref = 0.5 * ms
    S = SpikeMonitor(G)
    run(3 * ms)
    # 4 steps up, 5 steps refractory: as recorded from Brian 2.9.0
    assert_allclose(np.diff(S.t_), 0.8e-3, rtol=1e-9)


def test_refractory_neurons_are_written_by_resets_only():
    G = NeuronGroup(
        2,
        "dv/dt = 0/second : 1 (unless refractory)",
        threshold="t_in_timesteps == 0 and i == 0",
        reset="v = 5",
        refractory=1 * ms,
    )
    G.run_regularly("v = 7", when="end")
    run(0.2 * ms)
    assert_array_equal(G.v[:], [5, 7])
    G.v = "9"
    assert_array_equal(G.v[:], [5, 9])
    G.v = 3
    assert_array_equal(G.v[:], [3, 3])


def test_refractoriness_is_a_time_or_a_condition():
    for wrong in ("3", "2*volt", "ref"):
        with pytest.raises(ModelTypeError, match="must be a time, or true or false"):
            NeuronGroup(1, "ref : 1", threshold="ref > 1", refractory=wrong)


# ------------------------------------------------------------------ warnings
def test_what_has_no_effect_is_said(caplog):
    with caplog.at_level(logging.WARNING):
        NeuronGroup(1, "dv/dt = -v/ms : 1 (unless refractory)", threshold="v > 1", reset="v = 0")
        NeuronGroup(1, "v : 1", threshold="v > 1")
    assert "nothing ever makes a neuron refractory" in caplog.text
    assert "neither reset nor refractory" in caplog.text


def test_values_that_run_away_are_said_once(caplog):
    G = NeuronGroup(2, "dv/dt = v**2/ms : 1\ndw/dt = -w/ms : 1", method="euler")
    G.v = [0, 1e10]
    net = Network(G)
    with caplog.at_level(logging.WARNING):
        net.run(1 * ms)
        net.run(1 * ms)
    said = [r for r in caplog.records if r.name.endswith("invalid_values")]
    assert len(said) == 1
    assert "'v'" in said[0].getMessage()


# ------------------------------------------------------------------ views and states
def test_views_take_every_index_and_behave_as_arrays():
    G = NeuronGroup(5, "v : volt\nn : integer\ns : 1 (shared)\nd = 2*v : volt")
    G.v = "i*mV"
    limit = 2  # noqa: F841  (a name of the conditions)
    assert_allclose(G.v_["i >= limit"], [2e-3, 3e-3, 4e-3])
    assert_array_equal(G.indices["v > 1.5*mV"], [2, 3, 4])
    assert_array_equal(G.indices[1:3], [1, 2])
    G.v["i < limit"] = "7*mV"
    G.v[[3]] += 1 * mV
    assert_allclose(G.v_[:], [7e-3, 7e-3, 2e-3, 4e-3, 4e-3])
    assert (G.v.shape, G.v.ndim, len(G.v), G.v.dim, G.v.unit) == ((5,), 1, 5, volt.dim, volt)
    assert G.s.shape == ()
    assert_allclose(G.d_[:], 2 * G.v_[:])
    assert_allclose((G.v @ G.v) / volt**2, np.sum(G.v_[:] ** 2))
    assert_allclose(np.mean(G.v) / volt, np.mean(G.v_[:]))
    assert (G.v > 3 * mV).sum() == 4
    with pytest.raises(IndexError, match="one dimension"):
        G.v[0, 0]
    with pytest.raises(IndexError, match="shared"):
        G.s[0]
    with pytest.raises(DimensionMismatchError, match="'v' is in volt"):
        G.v = 3
    with pytest.raises(ModelTypeError, match="in place with a text"):
        G.v += "mV"
    with pytest.raises(AttributeError, match="Did you mean 'v'"):
        G.vv = 1


def test_subexpressions_are_compared_with_the_constants_of_the_script():
    gain = 3
    G = NeuronGroup(2, "x : 1\ny = gain*x : 1")
    G.x = 2
    assert np.all(G.y == 2 * gain)
    assert np.all(G.y >= 1)


@pytest.mark.parametrize("units", [True, False])
def test_states_go_out_and_come_back(units):
    G = NeuronGroup(3, "v : volt\nn : integer\ns : second (shared)\nd = 2*v : volt")
    G.v, G.n, G.s = "i*mV", "i", 3 * ms
    states = G.get_states(units=units, read_only_variables=False)
    assert set(states) == {"v", "n", "s"}
    H = NeuronGroup(3, "v : volt\nn : integer\ns : second (shared)")
    H.set_states(states, units=units)
    assert_array_equal(H.v_[:], G.v_[:])
    assert_array_equal(H.n[:], [0, 1, 2])
    assert H.s[:] == 3 * ms
    assert_allclose(G.get_states(["d"], units=False)["d"], 2 * G.v_[:])
    with pytest.raises(UnknownNameError, match="no variable 'vv'"):
        G.get_states(["vv"])
    with pytest.raises(NotImplementedError, match="no format 'json'"):
        G.get_states(format="json")


def test_states_as_a_table_of_pandas():
    pytest.importorskip("pandas")
    G = NeuronGroup(3, "v : volt\ns : second (shared)")
    G.v, G.s = "i*mV", 3 * ms
    table = G.get_states(["v", "s"], units=False, format="pandas")
    assert list(table["v"]) == list(G.v_[:])
    H = NeuronGroup(3, "v : volt\ns : second (shared)")
    H.set_states(table, units=False, format="pandas")
    assert_array_equal(H.v_[:], G.v_[:])
    assert H.s[:] == 3 * ms


def test_formats_can_be_added():
    class Sums(ImportExport):
        name = "sums"

        @staticmethod
        def export_data(group, variables, units=True, level=0):
            return {n: float(np.sum(group.state(n, False)[:])) for n in variables}

    if "sums" not in ImportExport.methods:
        ImportExport.register(Sums())
    G = NeuronGroup(3, "x : 1")
    G.x = "i"
    assert G.get_states(["x"], format="sums") == {"x": 3.0}


# ------------------------------------------------------------------ the second run
def test_an_unchanged_second_run_keeps_every_kernel_and_a_changed_constant_counts():
    tau = 10 * ms
    G = NeuronGroup(2, "dv/dt = (a - v)/tau : 1\na : 1 (constant)", threshold="v > 5", reset="v=0")
    M = StateMonitor(G, "v", record=0)
    net = Network(G, M)
    G.a = 1
    net.run(1 * ms)
    before = [id(w.kernel) for x in net.all_objects() for w in x._work()]
    net.run(1 * ms)
    assert before == [id(w.kernel) for x in net.all_objects() for w in x._work()]
    assert_allclose(G.v[:], 1 - np.exp(-2 / 10), rtol=1e-12)
    tau = 1 * ms
    net.run(1 * ms)
    assert before == [id(w.kernel) for x in net.all_objects() for w in x._work()]
    left = np.exp(-2 / 10) * np.exp(-1 * ms / tau)
    assert_allclose(G.v[:], 1 - left, rtol=1e-12)
    G.a = 2
    net.run(1 * ms)
    assert_allclose(G.v[:], 2 + (1 - left - 2) * np.exp(-1), rtol=1e-12)


def test_a_changed_namespace_of_the_group_counts():
    G = NeuronGroup(1, "dv/dt = k/second : 1", namespace={"k": 1.0})
    net = Network(G)
    net.run(1 * second / 1000)
    G.namespace["k"] = 10.0
    net.run(1 * second / 1000)
    assert_allclose(G.v[:], 0.011, rtol=1e-12)


def test_views_are_exponents_only_without_unit():
    cells = NeuronGroup(3, "x : 1\nv : volt")
    cells.x = [0, 1, 3]
    assert (2**cells.x).tolist() == [1, 2, 8]
    with pytest.raises(ModelTypeError, match="'v' is in volt: an exponent is a plain number"):
        2**cells.v


@pytest.mark.parametrize("name", ["spikes", "equations", "state"])
def test_a_variable_may_have_the_name_of_an_attribute_and_is_reached_by_state(name, caplog):
    group = NeuronGroup(2, f"d{name}/dt = 1/ms : 1", method="euler", name="cells")
    assert f"The variable is .state('{name}')" in caplog.text
    setattr(group, name, [2, 3])
    Network(group).run(1 * ms)
    assert_allclose(group.state(name)[:], [3, 4])


@pytest.mark.parametrize(
    "name",
    ["threshold", "reset", "place", "label", "part", "work", "network", "function", "select"],
)
def test_what_is_given_to_a_group_leaves_its_name_to_variables(name, caplog):
    group = NeuronGroup(2, f"d{name}/dt = 1/ms : 1", threshold="True", reset="", method="euler")
    Network(group).run(1 * ms)
    assert_allclose(getattr(group, name)[:], [1, 1])
    assert not [r for r in caplog.records if r.name.endswith("hidden_variable")]


@pytest.mark.parametrize("name", ["active", "order"])
def test_with_an_underscore_a_variable_is_set_that_has_the_name_of_an_attribute(name):
    group = NeuronGroup(3, f"{name} : 1")
    before = getattr(group, name)
    setattr(group, f"{name}_", 2)
    getattr(group, f"{name}_")[1] = 5
    assert list(group.state(name)) == [2, 5, 2]
    assert getattr(group, name) == before


def test_a_pathway_may_have_the_name_of_an_attribute(caplog):
    group = NeuronGroup(2, "v : 1", threshold="True", reset="")
    synapses = Synapses(group, group, on_pre={"source": "v_post += 1"})
    synapses.connect(j="i")
    synapses.pathways["source"].delay = 0.2 * ms
    Network(group, synapses).run(1 * ms)
    assert_allclose(group.v[:], [8, 8])
    assert "The pathway is .pathways['source']" in caplog.text


@pytest.mark.parametrize("expression", ["2*c", "sin(c)", "wave(t, i)", "wave(c, c)"])
def test_a_subexpression_is_checked_wherever_it_is_used(expression):
    """Its names may be known only when it is read: by the script, or by other code."""
    c, wave = 3 * ms, TimedArray([1.0, 2.0], dt=1 * ms)  # noqa: F841
    group = NeuronGroup(2, f"y = {expression} : 1\nz : 1")
    for use in (
        lambda: group.y[:],
        lambda: group["y > 2"],
        lambda: setattr(group, "z", "y"),
        lambda: Network(group, group.run_regularly("z = y")).run(1 * ms),
    ):
        with pytest.raises(ModelError, match=r"y = .* : 1\n"):
            use()


def test_each_object_has_a_number_of_its_own():
    one, other = NeuronGroup(1, "x : 1"), NeuronGroup(1, "x : 1")
    assert one.id == one.id != other.id


def test_what_refractoriness_brings_is_not_declared():
    with pytest.raises(EquationError, match="'lastspike' is a variable of each group"):
        NeuronGroup(1, "lastspike : second", threshold="True", refractory=1 * ms)
    NeuronGroup(1, "lastspike : second", threshold="True", reset="")


def test_numbers_of_elements_are_plain_and_values_show_without_their_type():
    """As in Brian 2. Synapses may become more, so S.N is a view."""
    group = NeuronGroup(3, "v : 1\nk : integer (shared)\nb : boolean (shared)", name="cells")
    synapses = Synapses(group[1:], group)
    synapses.connect()
    numbers = group.N, group.N_, group[1:].N, synapses.N_pre, synapses.N_post
    assert list(map(repr, numbers)) == ["3", "3", "2", "2", "3"]
    assert f"{group.N} neurons" == "3 neurons"
    assert synapses.N[:] == 6
    assert repr(synapses.N).endswith("N: 6>")
    assert (repr(group.k), repr(group.b)) == ("<cells.k: 0>", "<cells.b: False>")
    with pytest.raises(TypeError, match="N"):
        group.N = 5


def test_variables_are_pickled_as_values_and_objects_are_not():
    group = NeuronGroup(2, "v : volt\nn : integer\nk : 1 (shared)", name="cells")
    group.v, group.k = [1, 2] * mV, 3
    for view, values in ((group.v, [1, 2] * mV), (group.n, [0, 0]), (group.k, 3)):
        for again in (pickle.loads(pickle.dumps(view)), copy.deepcopy(view)):
            assert_array_equal(again, values)
    f = pickle.loads(pickle.dumps(TimedArray([[1, 2]] * mV, dt=2 * ms)))
    assert f(0 * ms, 1) == 2 * mV
    for make in (pickle.dumps, copy.deepcopy):
        with pytest.raises(ModelTypeError, match=r"NeuronGroup 'cells' .* cannot be pickled"):
            make(group)
