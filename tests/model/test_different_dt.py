"""Groups, code and monitors with clocks of their own, against a loop in Python over all times.

Time is counted in ticks of 0.05 ms. In each tick, what is due runs by slot, order and name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    Clock,
    EventClock,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    linked_var,
    ms,
)

TICK = 0.05
RUNS = (70, 61)  # ticks; the state is written between the runs
SLOTS = ["start", "groups", "thresholds", "synapses", "resets", "end"]


@dataclass
class Action:
    """What a loop does at some ticks."""

    ticks: set[int]
    slot: str
    order: int
    name: str
    do: Callable[[int], None]

    def rank(self) -> tuple[int, int, str]:
        return SLOTS.index(self.slot), self.order, self.name


class Pair:
    """Two groups that see each other through links, and the same as arrays with a loop."""

    def __init__(self, choice: int) -> None:
        self.draw = np.random.default_rng(choice)
        self.sizes = {"aa": 3, "zz": 4}
        self.periods = {n: int(self.draw.integers(1, 8)) for n in self.sizes}
        self.actions: list[Action] = []
        self.objects: list[Any] = []
        self.groups: dict[str, NeuronGroup] = {}
        self.v = {n: self.draw.uniform(0, 0.9, k) for n, k in self.sizes.items()}
        self.spikes: dict[str, list[tuple[int, int]]] = {n: [] for n in self.sizes}
        self.recorded: dict[str, list[Any]] = {}
        for name in self.sizes:
            self.make_group(name)
        self.index = {}
        for name, other in (("aa", "zz"), ("zz", "aa")):
            self.index[name] = self.draw.integers(0, self.sizes[other], self.sizes[name])
            link = linked_var(self.groups[other], "v", index=self.index[name])
            self.groups[name].other = link
        for k in range(3):
            self.make_code(k)
        for k in range(4):
            self.make_monitor(k)

    def other(self, name: str) -> Any:
        return self.v["zz" if name == "aa" else "aa"][self.index[name]]

    def t(self, name: str, tick: int) -> float:
        """The time that a group shows, in ms: that of its last step that has begun, or its next."""
        period = self.periods[name]
        return -(-tick // period) * period * TICK

    def make_group(self, name: str) -> None:
        period = self.periods[name]
        group = NeuronGroup(
            self.sizes[name],
            "dv/dt = (1.2 + 0.1*i - v + 0.4*other)/(2*ms) : 1\nother : 1 (linked)\n"
            "total = v + 2*other : 1",
            threshold="v > 0.7713", reset="v -= 0.6", method="euler", dt=period * TICK * ms,
            name=name,
        )  # fmt: skip
        group.v = self.v[name]
        spikes = SpikeMonitor(group, name=f"{name}_spikes")
        self.groups[name] = group
        self.objects += [group, spikes]
        every = set(range(0, sum(RUNS) + 1, period))
        found: list[Any] = []

        def update(tick: int) -> None:
            v = self.v[name]
            rate = 1.2 + 0.1 * np.arange(len(v)) - v + 0.4 * self.other(name)
            self.v[name] = v + period * TICK * rate / 2

        def find(tick: int) -> None:
            found[:] = [np.flatnonzero(self.v[name] > 0.7713)]
            self.spikes[name] += [(tick, int(i)) for i in found[0]]

        def reset(tick: int) -> None:
            self.v[name][found[0]] -= 0.6

        self.actions += [
            Action(every, "groups", 0, f"{name}_stateupdater", update),
            Action(every, "thresholds", 0, f"{name}_spike_thresholder", find),
            Action(every, "resets", 0, f"{name}_spike_resetter", reset),
        ]

    def clock(self) -> tuple[Clock, set[int]]:
        """Steps of its own, or given times."""
        end = sum(RUNS)
        if self.draw.random() < 0.5:
            period = int(self.draw.integers(1, 10))
            return Clock(period * TICK * ms), set(range(0, end + 1, period))
        ticks = sorted({int(x) for x in self.draw.integers(0, end, 9)})
        return EventClock(np.array(ticks) * TICK * ms), set(ticks)

    def place(self) -> tuple[str, int]:
        return str(self.draw.choice(SLOTS)), int(self.draw.integers(-1, 2))

    def make_code(self, k: int) -> None:
        name = str(self.draw.choice(["aa", "zz"]))
        (slot, order), (clock, ticks) = self.place(), self.clock()
        chosen = np.flatnonzero(self.draw.random(self.sizes[name]) < 0.7)
        chosen = chosen if len(chosen) else np.array([0])
        self.groups[name][chosen].run_regularly(
            "v = 0.9*v + 0.05*other + 0.01*t/ms", clock=clock, when=slot, order=order,
            name=f"code{k}",
        )  # fmt: skip

        def change(tick: int) -> None:
            other = self.other(name)[chosen]
            v = self.v[name][chosen]
            self.v[name][chosen] = 0.9 * v + 0.05 * other + 0.01 * self.t(name, tick)

        self.actions.append(Action(ticks, slot, order, f"code{k}", change))

    def make_monitor(self, k: int) -> None:
        name = str(self.draw.choice(["aa", "zz"]))
        (slot, order), (clock, ticks) = self.place(), self.clock()
        M = StateMonitor(
            self.groups[name], ["v", "total"], record=True, clock=clock, when=slot, order=order,
            name=f"watch{k}",
        )  # fmt: skip
        self.objects.append(M)
        rows = self.recorded[M.name] = []

        def record(tick: int) -> None:
            v = self.v[name].copy()
            rows.append((tick, v, v + 2 * self.other(name)))

        self.actions.append(Action(ticks, slot, order, M.name, record))

    def loop(self, first: int, end: int) -> None:
        for tick in range(first, end):
            due = [a for a in self.actions if tick in a.ticks]
            for action in sorted(due, key=Action.rank):
                action.do(tick)


@pytest.mark.parametrize("choice", range(8))
def test_clocks_of_all_kinds_advance_together_as_a_loop_says(choice):
    pair = Pair(choice)
    net = Network(pair.objects)
    net.run(RUNS[0] * TICK * ms)
    pair.loop(0, RUNS[0])
    pair.groups["aa"].v = "0.5*v + 0.1*other"
    pair.v["aa"] = 0.5 * pair.v["aa"] + 0.1 * pair.other("aa")
    net.run(RUNS[1] * TICK * ms)
    pair.loop(RUNS[0], sum(RUNS))
    for name, group in pair.groups.items():
        assert_allclose(group.v[:], pair.v[name], rtol=1e-10)
        spikes = net[f"{name}_spikes"]
        steps = np.round(spikes.t / (TICK * ms)).astype(int)
        assert list(zip(steps.tolist(), spikes.i.tolist())) == pair.spikes[name]
    for name, rows in pair.recorded.items():
        M = net[name]
        assert_array_equal(np.round(M.t / (TICK * ms)), [tick for tick, _, _ in rows])
        assert_allclose(M.v.T, [v for _, v, _ in rows], rtol=1e-10)
        assert_allclose(M.total.T, [total for _, _, total in rows], rtol=1e-10)
