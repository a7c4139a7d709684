"""Time in whole steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase.errors import ModelValueError
from rheobase.runtime.clocks import ClockState, EventClockState


@given(st.integers(0, 10**9), st.sampled_from([1e-5, 2.5e-5, 1e-4, 3e-4, 1e-3]))
def test_the_time_of_a_step_is_reached_in_that_many_steps(step, dt):
    assert ClockState(dt).steps_until(step * dt) == step


@pytest.mark.parametrize(
    ("t", "steps"), [(0.0, 0), (1e-4, 1), (1.5e-4, 2), (1.01e-4, 2), (1.000001e-4, 1)]
)
def test_a_run_covers_its_duration(t, steps):
    assert ClockState(1e-4).steps_until(t) == steps


def test_after_a_change_of_dt_time_goes_on_only_where_a_step_begins():
    clock = ClockState(1e-4)
    clock.set_time(1e-3, "c")
    assert clock.step == 10
    clock.set_dt(3e-4)
    with pytest.raises(ModelValueError, match=r"no step begins at t = 0\.001 s"):
        clock.set_time(1e-3, "c")
    clock.set_dt(5e-4)
    clock.set_time(1e-3, "c")
    assert clock.step == 2


def test_with_the_same_dt_time_goes_on_with_the_next_step():
    clock = ClockState(1e-3)
    clock.set_time(5e-4, "c")
    assert (clock.step, clock.t) == (1, 1e-3)


def test_an_event_clock_ticks_at_its_times():
    clock = EventClockState(np.array([0.5e-3, 2e-3, 7e-3]))
    assert clock.t == 0.5e-3
    assert [clock.steps_until(t) for t in (0, 0.5e-3, 0.6e-3, 7e-3, 1)] == [0, 0, 1, 2, 3]
    clock.set_time(1e-3, "c")
    assert (clock.step, clock.t) == (1, 2e-3)
    clock.set_time(1, "c")
    assert clock.t == np.inf
    with pytest.raises(ModelValueError, match="no dt"):
        clock.set_dt(1e-3)
