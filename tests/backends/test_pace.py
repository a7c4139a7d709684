"""How soon a run goes over to all threads, and what it loses where they are of no use."""

import pytest

from rheobase.backends.llvm.pace import Pace
from rheobase.runtime.engine import SLICE


def took(n_steps, alone, together, ready_in=0.0):
    """Seconds of a run whose step takes `alone` s with one thread, `together` s with all.

    together   a number, or a function of the time since the run began
    ready_in   what the first step with all of them takes beside
    As the engine has it, a slice has four times as many steps as the one before, SLICE s at most;
    native code returns after the pace's `longest`, too.
    """
    pace, now, slice_, ready = Pace(), 0.0, 1, False
    pace.ready_in = ready_in
    together = together if callable(together) else (lambda _, step=together: step)
    while n_steps:
        left, begun, size = min(slice_, n_steps), now, slice_
        n_steps -= left
        while left:
            steps, spent = 0, 0.0
            longest = pace.longest
            if pace.team and not ready:
                now, ready = now + ready_in, True
            while left and (longest is None or spent < longest):
                spent += together(now + spent) if pace.team else alone
                steps, left = steps + 1, left - 1
            now += spent
            pace.note(steps, spent)
        slice_ = max(1, int(size * min(4.0, SLICE / (now - begun))))
    return now


@pytest.mark.parametrize("step", [20e-6, 80e-6, 400e-6, 5e-3])
def test_a_short_run_gains_nearly_all_that_threads_can_give(step):
    """A run of 0.2 s with one thread, twice as fast with two: at least 1.75 times."""
    n_steps = round(0.2 / step)
    assert took(n_steps, step, step / 2) < n_steps * step / 1.75


@pytest.mark.parametrize("step", [20e-6, 400e-6])
@pytest.mark.parametrize("slower", [1.0, 3.0, 20.0])
def test_threads_of_no_use_cost_less_than_a_fifth(step, slower):
    n_steps = round(0.2 / step)
    assert took(n_steps, step, slower * step) < 1.2 * n_steps * step


@pytest.mark.parametrize("seconds", [0.02, 0.3, 0.5, 3.0])
@pytest.mark.parametrize("slower", [0.5, 1.0, 3.0])
def test_getting_ready_for_long_costs_less_than_a_fifth(seconds, slower):
    """70 ms for cutting the rows of many pathways, in runs of any length."""
    step = 50e-6
    n_steps = round(seconds / step)
    assert took(n_steps, step, slower * step, ready_in=0.07) < 1.21 * n_steps * step


def test_threads_that_come_late_are_not_held_for_slow():
    """A sleeping thread takes some steps to come; a step is twice as fast from then on."""
    step, late = 50e-6, 0.0

    def together(now):
        nonlocal late
        late += step * 4
        return step * 4 if late < 4e-3 else step / 2

    assert took(2000, step, together) < 2000 * step / 1.6


def test_threads_that_become_slow_are_left_at_once():
    """Somebody takes the second processor after 1 s: the next second costs a fifth more at most."""
    step = 100e-6
    fast = took(20_000, step, step / 2)
    slow = took(30_000, step, lambda t: step / 2 if t < 1.0 else 5 * step)
    assert fast == pytest.approx(1.0, rel=0.03)
    assert slow - fast < 1.2 * 10_000 * step


def test_threads_are_taken_up_again_when_the_processor_is_free():
    """It was taken for the first 0.3 s."""
    step = 100e-6
    assert took(40_000, step, lambda t: 5 * step if t < 0.3 else step / 2) < 0.6 * 40_000 * step


def test_short_steps_are_never_divided():
    n_steps = 100_000
    assert took(n_steps, 5e-6, 1e-6) == pytest.approx(n_steps * 5e-6)
