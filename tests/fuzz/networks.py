"""Random networks: native code against the NumPy reference, spike for spike.

    python -m tests.fuzz.networks --n 1000 --seed 1

Both backends build the network of a number (random_network.py), run it, change something, run it
again, and must agree in everything that was recorded and in the state that is left: whole numbers,
truth values and events exactly, floats as far as rounding goes (`Limits`).

The backends round differently, so an event may be decided by rounding. Thresholds are drawn from
continuous ranges, which makes that rare. Where events differ, the first that does is looked up: if
the neuron stood at its threshold, nearer than rounding can tell on both backends, the network is
compared up to that step and counted as `cut`. Any other difference is a failure.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rheobase as rb
from rheobase import Network, NeuronGroup, ms
from tests.fuzz.command import search_options
from tests.fuzz.random_network import STEP, Maker, build, result

__all__ = ["compare", "simulate"]

BACKENDS = ("llvm", "numpy")
Result = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Limits:
    """How far results may differ: relative, absolute, and from the threshold at an event.

    Errors grow along a trajectory, by at most some hundreds in 250 steps of these models.
    """

    relative: float
    absolute: float
    margin: float


DOUBLE, SINGLE = Limits(1e-8, 1e-10, 1e-11), Limits(2e-3, 1e-3, 1e-4)


def simulate(choice: int, backend: str) -> Result:
    """What a network has made in two runs, between which something changes."""
    rb.set_backend(backend)
    rb.defaultclock.dt = STEP
    try:
        net = build(choice)
        net.run(13 * ms)
        change(net, choice)
        net.run(12 * ms)
        return {**result(net), "single": np.array(is_single(net))}
    finally:
        rb.set_backend("llvm")
        rb.defaultclock.dt = STEP


def is_single(net: Network) -> bool:
    """Whether anything is calculated in float32."""
    groups = [x for x in net.objects if isinstance(x, NeuronGroup)]
    return any(x.v.dtype == np.float32 for x in groups)


def change(net: Network, choice: int) -> None:
    """What a script may do between two runs."""
    make = Maker(choice + 1_000_000)
    cells = net["cells0"]
    match int(make.draw.integers(6)):
        case 0 if "direct" not in net:
            finer_only = "generator" in net  # in a longer step a neuron might spike twice
            rb.defaultclock.dt = make.one([0.5] if finer_only else [0.5, 2]) * STEP
        case 1:
            cells.I = "1.5*I"
            cells.namespace["c_ref"] = 0.77 * ms
        case 2:
            cells.active = False
        case 3 if "generator" in net:
            net["generator"].set_spikes([0, 0], [14.05, 17.05] * ms)
        case 4 if "synapses0" in net and len(net["synapses0"]):
            net["synapses0"].g = "0.1*rand()"
        case _:
            cells.v["i % 2 == 0"] = "-0.1*i"


# ------------------------------------------------------------------ comparing
@dataclass(frozen=True)
class Difference:
    """The first event that only one backend has."""

    monitor: str
    neuron: int
    t: float


def compare(choice: int) -> tuple[str, str]:
    """('same' | 'cut' | 'different', what differs)."""
    met, expected = (simulate(choice, backend) for backend in BACKENDS)
    if list(met) != list(expected):
        return "different", f"recorded {set(met) ^ set(expected)}"
    limits = SINGLE if met["single"] else DOUBLE
    first = first_difference(met, expected)
    if first is None:
        found = wrong_values(met, expected, limits)
        return ("different" if found else "same"), "; ".join(found)
    margins = [margin_at(r, first) for r in (met, expected)]
    if max(map(abs, margins)) > limits.margin:
        return "different", f"{first}, {margins} from the threshold"
    found = wrong_values(until(met, first.t), until(expected, first.t), limits)
    return ("different" if found else "cut"), "; ".join([str(first), *found])


def monitors(r: Result) -> list[str]:
    """The names of what records events."""
    return [k.removesuffix(".count") for k in r if k.endswith(".count")]


def events(r: Result, monitor: str) -> list[tuple[float, int]]:
    """(time, neuron) of what a monitor has recorded."""
    return list(zip(r[monitor + ".t"].tolist(), r[monitor + ".i"].tolist()))


def first_difference(met: Result, expected: Result) -> Difference | None:
    """The earliest event that is not in both."""
    found: list[Difference] = []
    for name in monitors(met):
        a, b = (
            list(zip(r[name + ".t"].tolist(), r[name + ".i"].tolist())) for r in (met, expected)
        )
        if a != b:
            t, i = min(set(a) ^ set(b), default=(0.0, -1))
            found.append(Difference(name, i, t))
    return min(found, key=lambda d: d.t, default=None)


def margin_at(r: Result, event: Difference) -> float:
    """How far the neuron was from its threshold before an event; inf if that is not known."""
    group = event.monitor.removesuffix("_spikes")
    before = f"{group}_before"
    if before + ".t" not in r:
        return np.inf
    (at,) = np.nonzero(np.isclose(r[before + ".t"], event.t, rtol=0, atol=1e-9))
    return float(r[before + ".margin"][at[0], event.neuron]) if at.size else np.inf


def until(r: Result, t: float) -> Result:
    """The recordings of values before a time."""
    kept: dict[str, NDArray[Any]] = {}
    for key, values in r.items():
        times = r.get(key.rsplit(".", 1)[0] + ".t")
        if times is not None and times.ndim == 1 and values.shape[:1] == times.shape:
            kept[key] = values[times < t - 1e-9]
    return kept


def wrong_values(met: Result, expected: Result, limits: Limits) -> list[str]:
    """What differs by more than rounding."""
    found: list[str] = []
    for key, a in met.items():
        b = expected[key]
        if a.shape != b.shape or a.dtype != b.dtype:
            found.append(f"{key}: {a.dtype}{a.shape} and {b.dtype}{b.shape}")
        elif a.dtype.kind != "f":
            if not np.array_equal(a, b):
                found.append(f"{key}: {a} and {b}")
        elif not np.allclose(a, b, limits.relative, limits.absolute, equal_nan=True):
            found.append(f"{key}: they differ by {np.nanmax(np.abs(a - b)):.3g}")
    return found


# ------------------------------------------------------------------ the search
def search(n: int, seed: int) -> Counter[str]:
    """Compare n networks; how many were the same, and those that were not, printed."""
    counts: Counter[str] = Counter()
    started = time.perf_counter()
    for k in range(n):
        choice = seed * 1_000_000 + k
        try:
            outcome, what = compare(choice)
        except Exception as problem:  # the search goes on
            last = traceback.extract_tb(problem.__traceback__)[-1]
            where = f"{last.filename}:{last.lineno}"
            outcome, what = "different", f"{type(problem).__name__}: {problem} ({where})"
        counts[outcome] += 1
        if outcome != "same":
            print(f"{choice}: {outcome}: {what[:600]}", flush=True)
        if (k + 1) % 100 == 0:
            print(f"{k + 1} {dict(counts)} {time.perf_counter() - started:.0f} s", flush=True)
    return counts


def main() -> int:
    options = search_options(__doc__, 1000)
    logging.disable(logging.WARNING)
    counts = search(options.n, options.seed)
    print(dict(counts))
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
