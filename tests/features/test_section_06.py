"""Section 6 of the contract, state updaters, sentence by sentence.

What other files test already:

    orders of all methods, noise, Stratonovich   tests/integration/test_orders, test_convergence
    `linear`, `independent`, their warning       test_choose.py, test_own.py
    methods as callables of Equations            test_own.py: a_function_of_equations_...
    which term stands in the way                 test_choose.py: REFUSALS; tests/messages
    the INFO line of the choice                  tests/model/test_neurongroup.py
    options and variables of adaptive methods    tests/model/test_adaptive.py
    ExplicitStateUpdater, custom_check, text     test_own.py
    a stiff method                               tests/reference/test_problems.py: STIFF
    numbers that run away                        tests/model/test_runaway.py
"""

from __future__ import annotations

import logging

import numpy as np
import pytest

import rheobase.brian2 as b
from rheobase import (
    ExplicitStateUpdater,
    IntegrationError,
    Network,
    NeuronGroup,
    StateMonitor,
    StateUpdateMethod,
    Synapses,
    ms,
    second,
    seed,
)
from rheobase.integration import METHODS
from rheobase.topics import topic

DECAY = "dv/dt = -v/(10*ms) : 1"
NOISY = "dv/dt = -v/(10*ms) + 0.1*xi/ms**0.5 : 1"
MULTIPLICATIVE = "dv/dt = -v/(10*ms) + 0.1*v*xi/ms**0.5 : 1"
NAMES = (
    "exact", "linear", "independent", "exponential_euler", "euler", "rk2", "rk4", "heun",
    "milstein", "gsl", "gsl_rk2", "gsl_rk4", "gsl_rkf45", "gsl_rkck", "gsl_rk8pd",
)  # fmt: skip
ADAPTIVE = [n for n in NAMES if n.startswith("gsl")]


def after(method, text=DECAY, steps=10, **kwds):
    seed(1)
    cells = NeuronGroup(1, text, method=method, **kwds)
    cells.v = 1
    Network(cells).run(steps * 0.1 * ms)
    return float(cells.v[0])


# Names: each integrates, and the object of the same name does what the name does.
@pytest.mark.parametrize("name", NAMES)
def test_each_name_and_the_object_of_that_name_give_the_same(name):
    by_name, by_object = after(name), after(getattr(b, name))
    assert by_name == by_object == pytest.approx(np.exp(-0.1), rel=6e-3)


# euler takes additive noise; heun any; milstein diagonal multiplicative; the others none.
@pytest.mark.parametrize("name", NAMES)
def test_what_noise_a_method_takes(name):
    takes = {"euler": [NOISY], "heun": [NOISY, MULTIPLICATIVE], "milstein": [NOISY, MULTIPLICATIVE]}
    for text in (NOISY, MULTIPLICATIVE):
        if text in takes.get(name, []):
            assert np.isfinite(after(name, text))
        else:
            with pytest.raises(b.UnsupportedEquationsException, match="cannot integrate"):
                after(name, text)


# heun takes noise that is not diagonal.
def test_heun_takes_two_sources_of_noise_in_one_equation_and_milstein_does_not():
    text = "dv/dt = -v/(10*ms) + 0.1*v*xi_1/ms**0.5 + 0.1*xi_2/ms**0.5 : 1"
    assert np.isfinite(after("heun", text))
    with pytest.raises(b.UnsupportedEquationsException, match="two sources of noise"):
        after("milstein", text)


# Choice: groups and synapses try exact, euler, heun.
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (DECAY, "exact"),
        ("dv/dt = (1 - v**2)/(10*ms) : 1", "euler"),
        (NOISY, "euler"),
        (MULTIPLICATIVE, "heun"),
    ],
)
def test_neurons_and_synapses_try_exact_euler_heun(text, wanted, caplog):
    caplog.set_level(logging.INFO, logger=topic("method_choice").name)
    cells = NeuronGroup(2, text, name="cells")
    synapses = Synapses(cells, cells, _of_u(text), name="synapses")
    synapses.connect()
    Network(cells, synapses).run(0.1 * ms)
    said = [r.getMessage() for r in caplog.records if r.name.endswith("method_choice")]
    assert [f"integrated by '{wanted}'" in m for m in said] == [True, True]
    assert "'cells'" in said[0] + said[1]
    assert "'synapses'" in said[0] + said[1]
    assert all("(chosen in " in m and m.endswith(" s)") for m in said)


def _of_u(text):
    """The equation for another name, since synapses see the variables of their neurons."""
    return text.replace("v", "u") + " (clock-driven)"


# Options of exact, and of the adaptive methods: names and defaults.
def test_the_options_of_each_method_and_their_defaults():
    assert METHODS["exact"].options == {"simplify": True}
    promised = {
        "adaptable_timestep": True,
        "absolute_error": 1e-6,
        "absolute_error_per_variable": None,
        "max_steps": 100,
        "use_last_timestep": True,
        "save_failed_steps": False,
        "save_step_count": False,
    }
    for name in ("gsl_rkf45", "gsl_rkck", "gsl_rk8pd", "gsl_rk2", "gsl_rk4"):
        assert promised.items() <= METHODS[name].options.items()
    for name in ("euler", "rk2", "rk4", "heun", "milstein", "exponential_euler"):
        assert METHODS[name].options == {}


# _last_timestep, _failed_steps and _step_count can be recorded.
@pytest.mark.parametrize("name", ADAPTIVE)
def test_what_the_options_save_can_be_recorded(name):
    options = {"save_failed_steps": True, "save_step_count": True, "absolute_error": 1e-5}
    cells = NeuronGroup(1, "dv/dt = -v/ms : 1", method=name, method_options=options, dt=1 * ms)
    cells.v = 1
    wanted = ["_last_timestep", "_failed_steps", "_step_count"]
    states = StateMonitor(cells, wanted, record=True, when="end")
    Network(cells, states).run(3 * ms)
    assert (states._last_timestep[0] > 0 * ms).all()
    assert (states._failed_steps[0] >= 0).all()
    assert (states._step_count[0] >= 1).all()
    plain = NeuronGroup(1, DECAY, method=name, method_options={"use_last_timestep": False})
    assert not set(wanted) & set(plain.variables)


# Failure: IntegrationError.
@pytest.mark.parametrize("name", ADAPTIVE)
def test_a_step_that_cannot_be_finished_is_an_error(name):
    cells = NeuronGroup(1, "dv/dt = v**2/ms : 1", method=name, dt=1 * ms)
    cells.v = 2  # a pole at 0.5 ms
    with pytest.raises(IntegrationError, match="could not finish the step of element 0"):
        Network(cells).run(2 * ms)


# An unknown option: KeyError with those that exist.
@pytest.mark.parametrize(("name", "known"), [("exact", "simplify"), ("gsl", "absolute_error")])
def test_an_unknown_option_is_a_key_error_that_lists_those_that_exist(name, known):
    with pytest.raises(KeyError, match=f"Its options: .*{known}"):
        after(name, method_options={"precision": 1})


# Schemes: intermediate lines, the last one x_new, the symbols x t dt f g dW.
def test_a_scheme_uses_all_of_its_symbols():
    scheme = ExplicitStateUpdater(
        """
        k = dt*f(x, t)
        l = dt*f(x + k, t + dt)
        noise = g(x, t)*dW
        x_new = x + (k + l)/2 + noise
        """,
        stochastic="additive",
    )
    v, h = 1.0, 0.01
    for _ in range(10):
        k = -h * v
        v += (k - h * (v + k)) / 2
    assert after(scheme) == pytest.approx(v, rel=1e-12)
    assert after(scheme, NOISY) != pytest.approx(v, rel=1e-3)


# Stochastic: None, additive, multiplicative.
@pytest.mark.parametrize(
    ("stochastic", "taken"),
    [
        (None, [DECAY]),
        ("additive", [DECAY, NOISY]),
        ("multiplicative", [DECAY, NOISY, MULTIPLICATIVE]),
    ],
)
def test_what_a_scheme_declares_decides_what_noise_it_takes(stochastic, taken):
    line = "x_new = x + dt*f(x, t)" + (" + g(x, t)*dW" if stochastic else "")
    scheme = ExplicitStateUpdater(line, stochastic=stochastic)
    for text in (DECAY, NOISY, MULTIPLICATIVE):
        if text in taken:
            assert np.isfinite(after(scheme, text))
        else:
            with pytest.raises(b.UnsupportedEquationsException, match="cannot integrate"):
                after(scheme, text)


# register(name, updater)
def test_a_registered_scheme_is_found_by_its_name():
    StateUpdateMethod.register("half_steps", ExplicitStateUpdater("x_new = x + dt*f(x, t)/2"))
    try:
        assert after("half_steps") == pytest.approx((1 - 0.005) ** 10, rel=1e-12)
    finally:
        del METHODS["half_steps"]


# Stratonovich throughout: dx/dt = s*x*xi has the solution exp(s*W), without a drift of -s**2/2.
@pytest.mark.parametrize("name", ["heun", "milstein"])
def test_noise_is_meant_in_stratonovichs_sense(name):
    seed(2)
    cells = NeuronGroup(20000, "dv/dt = 0.5*v*xi/second**0.5 : 1", method=name, dt=10 * ms)
    cells.v = 1
    Network(cells).run(1 * second)
    # the mean of log v is 0, where Ito's solution has -1/8; the standard error is 0.0035
    assert np.log(cells.v).mean() == pytest.approx(0, abs=0.015)


# After a run, one warning, with the group and the variable.
def test_a_variable_that_runs_away_is_said_once(caplog):
    cells = NeuronGroup(1, "dv/dt = v**2/ms : 1\ndw/dt = -w/ms : 1", method="euler", name="cells")
    cells.v = 30
    net = Network(cells)
    net.run(5 * ms)
    net.run(5 * ms)
    (said,) = [r.getMessage() for r in caplog.records if r.name.endswith("invalid_values")]
    assert "'cells'" in said
    assert "'v' of element 0" in said
