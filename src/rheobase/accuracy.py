"""An error bar on a simulation: the same run with half the step, and what that changes.

The difference between two steps measures the error of the longer one: for a method of order p, it
is the error times 1 - 2**-p (Richardson 1911, Phil. Trans. R. Soc. A 210:307-357). With one more
halving, the ratio of two differences gives the order p itself, 2**p, which tells whether the steps
are in the region where this holds.

Noise of the equations is one Brownian path for all runs (brownian.Path). Other random numbers
(rand(), PoissonGroup, ...) differ between the runs; the report says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.base import SimulationObject
from rheobase.model.brownian import Path
from rheobase.model.clock import Clock, EventClock
from rheobase.model.code import Runner
from rheobase.model.group import Group
from rheobase.model.monitors import SpikeMonitor, StateMonitor
from rheobase.model.stateupdater import StateUpdater
from rheobase.records import record
from rheobase.runtime import random
from rheobase.units import Quantity, second
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["Accuracy", "SpikeDifference", "VariableDifference", "compare"]

Floats = NDArray[np.float64]
_ELEMENTS = 100  # recorded of each group
_TIMES = 2000  # at most so many


@record
class VariableDifference:
    """What half the step changes in one variable, SI.

    coarse, fine   (n_times, n_elements)
    elements       (n_elements,) which elements of the group were recorded
    order          measured, from a third run; None if there was none, or no difference
    dim            of the variable
    """

    group: str
    variable: str
    method: str
    elements: NDArray[np.int64]
    coarse: Floats
    fine: Floats
    order: float | None = None
    dim: Dimension = DIMENSIONLESS

    @property
    def difference(self) -> Floats:
        return self.coarse - self.fine

    @property
    def largest(self) -> float:
        return float(np.abs(self.difference).max(initial=0.0))

    @property
    def rms(self) -> float:
        return float(np.sqrt(np.mean(self.difference**2))) if self.difference.size else 0.0

    @property
    def relative(self) -> float:
        """rms as a part of the range that the variable covers."""
        span = float(np.ptp(self.fine)) if self.fine.size else 0.0
        return self.rms / span if span else 0.0

    def __str__(self) -> str:
        order = "" if self.order is None else f"   order {self.order:.2f}"
        return (
            f"{self.variable:<12} max {self.largest:<10.3g} rms {self.rms:<10.3g} "
            f"({100 * self.relative:.3g} % of its range){order}"
        )


@record
class SpikeDifference:
    """What half the step changes in the spikes of one group.

    counts      of all spikes: with the step, with half of it
    rates       mean rate of a neuron, Hz
    same        part of the neurons that spike equally often in both
    shifts      |difference| of the times of the spikes of these neurons, k-th to k-th, s
    """

    group: str
    counts: tuple[int, int]
    rates: tuple[float, float]
    same: float
    shifts: Floats

    def __str__(self) -> str:
        text = (
            f"{'spikes':<12} {self.counts[0]} against {self.counts[1]}, "
            f"{self.rates[0]:.4g} Hz against {self.rates[1]:.4g} Hz a neuron; "
            f"{100 * self.same:.3g} % of the neurons spike equally often"
        )
        if len(self.shifts):
            middle, most = np.median(self.shifts) * 1e3, self.shifts.max() * 1e3
            text += (
                f",\n{'':<17}at times that differ by {middle:.3g} ms (median), {most:.3g} ms (most)"
            )
        return text


@record
class Accuracy:
    """What Network.check has found; `print` it, or draw it with rheobase.plotting.accuracy.

    dt         the step, s: that of the first clock of the network
    times      (n_times,) at which states were compared, s
    variables  one for each variable that is integrated
    spikes     one for each group that spikes
    chance     names of objects that draw random numbers of their own in each run
    """

    network: str
    duration: float
    dt: float
    times: Floats
    variables: tuple[VariableDifference, ...]
    spikes: tuple[SpikeDifference, ...]
    chance: tuple[str, ...]

    def __getitem__(self, key: tuple[str, str]) -> VariableDifference:
        """The row of a variable: report['cells', 'v']."""
        for row in self.variables:
            if (row.group, row.variable) == key:
                return row
        raise KeyError(
            f"{key} was not compared; there are {[(r.group, r.variable) for r in self.variables]}"
        )

    def __str__(self) -> str:
        head = (
            f"{self.network}, {self.duration * 1e3:g} ms: dt = {self.dt * 1e3:g} ms against "
            f"{self.dt * 500:g} ms (states in SI)"
        )
        lines = [head]
        groups = dict.fromkeys([r.group for r in self.variables] + [s.group for s in self.spikes])
        for group in groups:
            rows = [r for r in self.variables if r.group == group]
            method = f" ('{rows[0].method}')" if rows else ""
            lines.append(f"  {group}{method}")
            lines += [f"    {r}" for r in rows]
            lines += [f"    {s}" for s in self.spikes if s.group == group]
        if self.chance:
            lines.append(
                f"  Drawn anew in each run, so that chance is part of the differences: "
                f"{', '.join(self.chance)}"
            )
        return "\n".join(lines)

    __repr__ = __str__


# -------------------------------------------------------------------- comparing
@record
class _Recording:
    """One run: (group, variable) -> states; group -> (neuron, time) of its spikes."""

    states: dict[tuple[str, str], Floats]
    spikes: dict[str, tuple[NDArray[Any], Floats]]
    times: Floats


def compare(
    name: str,
    objects: Sequence[SimulationObject],
    duration: float,
    run: Callable[[Sequence[SimulationObject]], None],
    go_back: Callable[[], None],
    refinements: int,
) -> Accuracy:
    """Run with dt, dt/2, ... and compare.

    run       runs the network with further objects: the probes
    go_back   brings it back to where it was
    """
    updaters = [x for x in objects if isinstance(x, StateUpdater) and _names(x)]
    spiking = [x for x in objects if isinstance(x, Group) and "spike" in _events(x)]
    clocks = list({id(x.clock): x.clock for x in objects}.values())
    steps = {c: c.dt_ for c in clocks if not isinstance(c, EventClock)}
    probe_steps = [_probe_step(steps.get(x.clock, x.clock.dt_), duration) for x in updaters]
    seed = random.peek()[0]
    recordings: list[_Recording] = []
    chance: list[str] = []
    try:
        for level in range(refinements + 1):
            _divide(steps, 2**level)
            for k, x in enumerate(updaters):
                if x.equations.stochastic_variables:
                    x.noise = Path(seed + k, x.clock.state, refinements - level, len(x.group))
            recordings.append(_record(updaters, probe_steps, spiking, run))
            chance = [x.name for x in objects if _draws(x)]
            go_back()
    finally:
        for x in updaters:
            x.noise = None
        _divide(steps, 1)
        go_back()
    coarse, fine = recordings[:2]
    return Accuracy(
        name,
        duration,
        next(iter(steps.values()), 0.0),
        coarse.times,
        tuple(_difference(x, n, recordings) for x in updaters for n in _names(x)),
        tuple(_spike_difference(g, duration, coarse, fine) for g in spiking),
        tuple(chance),
    )


def _events(group: Group) -> dict[str, Any]:
    return getattr(group, "_event_sources", {})


def _draws(x: SimulationObject) -> bool:
    return isinstance(x, Runner) and any(w.kernel.stream is not None for w in x._work())


def _divide(steps: dict[Clock, float], n: int) -> None:
    for clock, dt in steps.items():
        clock.dt = Quantity(dt / n, dim=second.dim)


def _names(x: StateUpdater) -> list[str]:
    return sorted({*x.equations.diff_eq_names, *x.beside})


def _probe_step(dt: float, duration: float) -> float:
    """A whole number of steps, long enough for _TIMES samples to cover the run."""
    return dt * max(1, math.ceil(duration / dt / _TIMES))


def _chosen(n: int) -> NDArray[np.int64]:
    """Up to _ELEMENTS elements, spread evenly."""
    return np.unique(np.linspace(0, n - 1, min(n, _ELEMENTS)).astype(np.int64))


def _record(
    updaters: Sequence[StateUpdater],
    probe_steps: Sequence[float],
    spiking: Sequence[Group],
    run: Callable[[Sequence[SimulationObject]], None],
) -> _Recording:
    probes: list[StateMonitor] = []
    for x, step in zip(updaters, probe_steps):
        dt, chosen = Quantity(step, dim=second.dim), _chosen(len(x.group))
        probes.append(StateMonitor(x.group, _names(x), record=chosen, dt=dt))
    spikes = [SpikeMonitor(g) for g in spiking]
    run([*probes, *spikes])
    states = {
        (x.group.name, n): np.asarray(getattr(probe, f"{n}_"), float).T.copy()
        for x, probe in zip(updaters, probes)
        for n in _names(x)
    }
    found = {
        g.name: (np.asarray(m.i).copy(), np.asarray(m.t, float).copy())
        for g, m in zip(spiking, spikes)
    }
    times = np.asarray(probes[0].t, float).copy() if probes else np.zeros(0)
    return _Recording(states, found, times)


# -------------------------------------------------------------------- differences
def _difference(
    x: StateUpdater, variable: str, recordings: Sequence[_Recording]
) -> VariableDifference:
    states = [r.states[x.group.name, variable] for r in recordings]
    return VariableDifference(
        x.group.name,
        variable,
        x.beside.get(variable) or (x.method.name if x.method else ""),
        _chosen(len(x.group)),
        states[0],
        states[1],
        _order(states) if len(states) > 2 else None,
        x.group.variables[variable].dim,
    )


def _order(states: Sequence[Floats]) -> float | None:
    first, second_ = (float(np.linalg.norm(a - b)) for a, b in pairwise(states[:3]))
    return math.log2(first / second_) if first > 0 and second_ > 0 else None


def _spike_difference(
    group: Group, duration: float, coarse: _Recording, fine: _Recording
) -> SpikeDifference:
    n = len(group)
    (i0, t0), (i1, t1) = coarse.spikes[group.name], fine.spikes[group.name]
    counts0, counts1 = (np.bincount(i, minlength=n) for i in (i0, i1))
    same = counts0 == counts1
    shifts = np.abs(_sorted(i0, t0, same) - _sorted(i1, t1, same))
    rates = (len(i0) / n / duration, len(i1) / n / duration)
    return SpikeDifference(group.name, (len(i0), len(i1)), rates, float(same.mean()), shifts)


def _sorted(i: NDArray[Any], t: Floats, chosen: NDArray[np.bool_]) -> Floats:
    """The times of the spikes of the chosen neurons, by neuron and then by time."""
    order = np.lexsort((t, i))
    return t[order][chosen[i[order]]]
