"""The end of refractoriness, found by a calendar: what each neuron would decide in each step."""

from __future__ import annotations

import numpy as np
import pytest

import rheobase as rb
from rheobase import Network, NeuronGroup, StateMonitor, ms, network_operation
from rheobase.ir.domains import WhenDue
from rheobase.network import watching

EQUATIONS = "dv/dt = (1.6 + 0.5*a - v)/(8*ms) : 1 (unless refractory)\na : 1\nwait : second"


def cells_of(n=37, refractory: object = 2 * ms, **options) -> NeuronGroup:
    """Neurons that spike some ten times in 100 ms, each in its own rhythm."""
    cells = NeuronGroup(
        n, EQUATIONS, threshold="v > 1", reset="v = 0", refractory=refractory, method="exact",
        **options,
    )  # fmt: skip
    rng = np.random.default_rng(n)
    cells.v, cells.a, cells.wait = rng.random(n), rng.random(n), 4e-3 * rng.random(n) * rb.second
    return cells


class Watch:
    """Sees, in each step, what has just been decided, and from what."""

    def __init__(self, cells: NeuronGroup, *others: object) -> None:
        names = ["not_refractory", "lastspike", "wait"]
        self.cells, self.states = cells, StateMonitor(cells, names, True, when="after_groups")
        self.network = Network(cells, self.states, *others)
        self.uses_calendar: bool | None = None
        self._n = 0

    def run(self, duration, wait: float | None = None) -> None:
        """Run, and compare with the definition; `wait`: the time, if all have the same, s."""

        def note(_, program):
            domains = [c.kernel.domain for c in program.calls]
            self.uses_calendar = any(isinstance(d, WhenDue) for d in domains)

        with watching(note):
            self.network.run(duration)
        t, dt = self.states.t_[self._n :], float(self.cells.clock.dt_)
        last, decided, waits = (
            getattr(self.states, name + ("" if name[0] == "n" else "_"))[:, self._n :]
            for name in ("lastspike", "not_refractory", "wait")
        )
        self._n += len(t)
        steps = np.floor((waits if wait is None else wait) / dt + 1e-3)
        assert np.array_equal(decided, (t - last) / dt + 1e-3 >= steps)


@pytest.mark.parametrize("refractory", [2 * ms, 0 * ms, 0.1 * ms, 25.04 * ms, "wait"])
@pytest.mark.parametrize("n", [2, 16, 133])
def test_neurons_recover_when_their_time_is_over(n, refractory):
    watch = Watch(cells_of(n, refractory))
    for duration in (20 * ms, 0.1 * ms, 30.3 * ms):
        watch.run(duration, None if refractory == "wait" else float(refractory))
    assert watch.uses_calendar
    assert (watch.cells.lastspike > 0 * ms).all()


def test_a_new_step_and_a_new_time_count_from_the_next_run_on():
    watch = Watch(cells_of(refractory="wait"))
    for dt, factor in ((0.1, 1.0), (0.25, 1.0), (0.05, 2.5), (0.05, 0.1)):
        watch.cells.clock.dt = dt * ms
        watch.cells.wait *= factor
        watch.run(10 * ms)


def test_what_a_script_sets_in_the_middle_of_a_run_counts_in_the_next_step():
    @network_operation(dt=0.7 * ms)
    def disturb(t):
        cells.lastspike[3:20:4] = t - 0.4 * ms
        cells.wait[5:9] = 3 * ms

    @network_operation(dt=1.1 * ms, when="end")
    def disturb_at_the_end():
        cells.not_refractory[11:30] = False

    cells = cells_of(refractory="wait")
    watch = Watch(cells, disturb, disturb_at_the_end)
    watch.run(20 * ms)
    assert watch.uses_calendar


def test_a_state_that_is_put_back_counts():
    watch = Watch(cells_of())
    watch.run(9.3 * ms, 2e-3)
    watch.network.store()
    watch.run(7 * ms, 2e-3)
    after = watch.cells.v[:].copy()
    watch.network.restore()
    watch._n = len(watch.states.t_)
    watch.run(7 * ms, 2e-3)
    assert np.array_equal(watch.cells.v[:], after)


@pytest.mark.parametrize("code", ["wait += 0.1*ms", "lastspike = t - i*0.1*ms"])
def test_code_that_writes_to_what_decides_is_seen_in_each_step(code):
    """And no longer, once it is not run."""
    watch = Watch(cells_of(refractory="wait"))
    disturbing = watch.cells.run_regularly(code, dt=0.3 * ms, when="before_groups")
    watch.run(10 * ms)
    assert not watch.uses_calendar
    disturbing.active = False
    watch.run(10 * ms)
    assert watch.uses_calendar


@pytest.mark.parametrize("refractory", ["wait + 1*ms*sin(t/ms)", "v > 0.5", "2*ms*rand()"])
def test_what_may_change_by_itself_is_decided_in_each_step(refractory):
    watch = Watch(cells_of(refractory=refractory))
    domains: list[object] = []
    with watching(lambda _, program: domains.extend(c.kernel.domain for c in program.calls)):
        watch.network.run(1 * ms)
    assert not any(isinstance(d, WhenDue) for d in domains)
