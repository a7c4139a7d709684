"""Time in whole steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase.errors import ModelValueError
from rheobase.runtime.clocks import ClockState


@given(st.integers(0, 10**9), st.sampled_from([1e-5, 2.5e-5, 1e-4, 3e-4, 1e-3]))
def test_the_time_of_a_step_is_reached_in_that_many_steps(step, dt):
    assert ClockState(dt).steps_until(step * dt) == step


@pytest.mark.parametrize(
    ("t", "steps"), [(0.0, 0), (1e-4, 1), (1.5e-4, 2), (1.01e-4, 2), (1.000001e-4, 1)]
)
def test_a_run_covers_its_duration(t, steps):
    assert ClockState(1e-4).steps_until(t) == steps


def test_time_goes_on_only_where_a_step_begins():
    clock = ClockState(3e-4)
    clock.set_time(9e-4, "c")
    assert clock.step == 3
    with pytest.raises(ModelValueError, match="no step begins at t = 0.001 s"):
        clock.set_time(1e-3, "c")
