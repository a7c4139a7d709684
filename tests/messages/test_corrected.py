"""After an error nothing half-built remains: the script corrects itself and runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import rheobase as rb
from rheobase import NeuronGroup, SpikeMonitor, StateMonitor, Synapses, defaultclock, ms, mV, run
from rheobase.errors import (
    DimensionMismatchError,
    EquationError,
    ModelSyntaxError,
    ModelTypeError,
    ModelValueError,
    UnknownNameError,
    UnsupportedEquationsError,
)

RIGHT: dict[str, Any] = {
    "N": 4,
    "model": "dv/dt = (2 - v)/(10*ms) : 1 (unless refractory)",
    "threshold": "v > 1",
    "reset": "v = 0",
    "refractory": 1 * ms,
    "method": "exact",
}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    rb.start_scope()
    defaultclock.dt = 0.1 * ms
    yield
    rb.start_scope()


def _cells(**changes: Any) -> NeuronGroup:
    return NeuronGroup(**{**RIGHT, **changes})


def _spikes_of(cells: NeuronGroup) -> np.ndarray:
    spikes = SpikeMonitor(cells)
    rb.Network(cells, spikes).run(30 * ms)
    return np.asarray(spikes.t_)


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"N": 1.5}, ModelValueError),
        ({"model": "dv/dt = (2 - v/(10*ms) : 1"}, ModelSyntaxError),
        ({"model": "dv/dt = (2 - v)/(10*ms) : 1 (unless refracted)"}, EquationError),
        ({"model": "dv/dt = (2 - v)/(10*mV) : 1"}, DimensionMismatchError),
        ({"threshold": "v - 1"}, ModelTypeError),
        ({"threshold": "v >"}, ModelSyntaxError),
        ({"reset": "v == 0"}, ModelSyntaxError),
        ({"reset": 0}, ModelTypeError),
        ({"refractory": 1 * mV}, DimensionMismatchError),
    ],
)
def test_group_can_be_made_again_after_an_error(wrong, error) -> None:
    """The same name, and the same spikes as without the error; run() sees one group."""
    wanted = _spikes_of(_cells())
    with pytest.raises(error, match=r"\S"):
        cells = _cells(**wrong, name="cells")
    cells = _cells(name="cells")
    spikes = SpikeMonitor(cells)
    run(30 * ms)
    np.testing.assert_array_equal(spikes.t_, wanted)


def test_run_goes_on_after_an_unknown_name_was_defined() -> None:
    """A failed run() leaves values and time as they were."""
    cells = NeuronGroup(3, "dv/dt = -v/tau_m : 1", method="exact")
    cells.v = 1
    with pytest.raises(UnknownNameError, match="'tau_m' is unknown"):
        run(1 * ms)
    assert defaultclock.t == 0 * ms
    np.testing.assert_array_equal(cells.v_, 1)
    tau_m = 10 * ms
    run(1 * ms)
    np.testing.assert_allclose(cells.v_, np.exp(-0.1), rtol=1e-12)
    assert tau_m == 10 * ms


def test_run_goes_on_after_a_constant_got_its_unit() -> None:
    cells = NeuronGroup(3, "dv/dt = -v/tau_m : 1", method="exact")
    cells.v = 1
    tau_m: Any = None
    for wrong in (10, 10 * mV, [10] * ms, "10*ms"):
        tau_m = wrong
        with pytest.raises((DimensionMismatchError, UnknownNameError), match=r"tau_m"):
            run(1 * ms)
    tau_m = 10 * ms
    run(1 * ms)
    np.testing.assert_allclose(cells.v_, np.exp(-0.1), rtol=1e-12)
    assert tau_m == 10 * ms


def _set_text(cells: NeuronGroup) -> None:
    cells.v = "rand()*volt"


def _set_shape(cells: NeuronGroup) -> None:
    cells.v = [1, 2, 3]


def _set_where(cells: NeuronGroup) -> None:
    cells.v["v + 1"] = 3


def _set_index(cells: NeuronGroup) -> None:
    cells.v[7] = 3


def _set_unit(cells: NeuronGroup) -> None:
    cells.v = 3 * mV


@pytest.mark.parametrize("wrong", [_set_text, _set_shape, _set_where, _set_index, _set_unit])
def test_values_are_untouched_by_an_assignment_that_fails(
    wrong: Callable[[NeuronGroup], None],
) -> None:
    cells = _cells()
    cells.v = [0.1, 0.2, 0.3, 0.4]
    with pytest.raises((rb.RheobaseError, IndexError), match=r"\S"):
        wrong(cells)
    np.testing.assert_array_equal(cells.v_, [0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize(
    "arguments",
    [
        {"i": [0, 1], "j": [0, 9]},
        {"j": "i + 1"},
        {"condition": "i - j"},
        {"condition": "i != jj"},
        {"j": "k for k in range(i, "},
        {"p": 3},
        {"i": [0.5], "j": [0]},
    ],
    ids=str,
)
def test_connect_makes_nothing_when_it_fails(arguments: dict[str, Any]) -> None:
    """And connects afterwards as if nothing had been."""
    cells = _cells()
    synapses = Synapses(cells, cells, "w : 1", on_pre="v_post += w")
    with pytest.raises((rb.RheobaseError, IndexError), match=r"\S"):
        synapses.connect(**arguments)
    assert len(synapses) == 0
    synapses.connect("i != j")
    synapses.w = 0.1
    assert len(synapses) == 12
    run(1 * ms)


def test_all_faults_of_a_network_come_together() -> None:
    """Unknown names of several objects, one error, each object named."""
    cells = NeuronGroup(3, "dv/dt = -v/tau_a : 1", threshold="v > top", reset="v = 0", name="one")
    others = NeuronGroup(3, "dv/dt = -v/tau_b : 1", name="two")
    synapses = Synapses(cells, others, on_pre="v_post += jump", name="between")
    synapses.connect()
    with pytest.raises(UnknownNameError, match="tau_a") as caught:
        rb.Network(cells, others, synapses).run(1 * ms)
    text = str(caught.value)
    for part in ("'one'", "tau_a", "top", "'two'", "tau_b", "'between'", "jump"):
        assert part in text
    assert len(caught.value.faults) == 4


def test_a_monitor_that_cannot_be_made_leaves_the_network_as_it_was() -> None:
    cells = _cells()
    with pytest.raises(UnknownNameError, match="no variable 'u'"):
        StateMonitor(cells, "u", record=True)
    run(1 * ms)
    assert defaultclock.t == 1 * ms


def test_another_method_can_be_taken_after_one_that_cannot() -> None:
    cells = NeuronGroup(1, "dv/dt = -v**2/(10*ms) : 1", method="exact")
    with pytest.raises(UnsupportedEquationsError, match="Methods that can: 'rk2'"):
        run(1 * ms)
    del cells
    cells = NeuronGroup(1, "dv/dt = -v**2/(10*ms) : 1", method="rk4")
    run(1 * ms)
    assert cells.v[0] == 0


def test_failed_step_size_leaves_the_clock_as_it_was() -> None:
    for wrong in (-1 * ms, 0 * ms, 1 * mV, 3):
        with pytest.raises(rb.RheobaseError, match="dt must be"):
            defaultclock.dt = wrong
    assert defaultclock.dt == 0.1 * ms
