"""Random delays against brute force: every spike arrives once at every synapse, when it should.

    python -m tests.fuzz.delays --n 10000 --seed 1

A case is one Synapses object with up to three pathways, from either side, between whole groups,
parts, lists of neurons, or onto other Synapses; its delays are one for all, one for each, or given
for good. It runs in several parts. Between them dt, delays or the synapses themselves change, or
the network is stored, goes on, and is restored; within them code changes delays: statements of
pathways, run_regularly, and Python. What the reference does is said in `Reference`: a list of what
is under way, with one entry for every spike and synapse.

Time is counted in units of 50 us; delays are never near the middle between two steps.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import rheobase as rb

__all__ = ["Reference", "check_case", "search"]

UNIT = 50e-6  # s
LONGEST = 64  # units that a case may last
BASE = 16.0  # weights are powers of it: fewer arrivals in a step, else they cannot be told apart


# ------------------------------------------------------------------ brute force
@dataclass
class Path:
    """A pathway as the reference sees it.

    side     0: spikes of sources, 1: of targets
    delays   of each synapse, in units
    next     what delays become at the end of this step: changed by Python
    own      each spike finds the delays of its moment: some code changes them
    grows    what its statements add to the delay of a synapse, in units
    """

    name: str
    side: int
    delays: list[float]
    fixed: bool = False
    own: bool = False
    grows: float = 0.0
    next: list[float] | None = None
    under_way: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


@dataclass
class Reference:
    """What must happen.

    pairs   (source, target) of each synapse, as users count
    fires   fires[side][unit][neuron]
    """

    pairs: list[tuple[int, int]]
    fires: tuple[Any, Any]
    paths: list[Path]
    sizes: tuple[int, int]
    now: int = 0
    dt: int = 2

    def set_dt(self, dt: int) -> None:
        """What is under way moves to the nearest of the new steps, none before the present."""
        for p in self.paths if dt != self.dt else ():
            p.under_way = [(self.now + round((u - self.now) / dt) * dt, k) for u, k in p.under_way]
        self.dt = dt

    def step(self, regular: float, python: dict[str, list[float]]) -> list[list[float]]:
        """One step: what arrives through each path, at each neuron of the far side.

        python    new delays that Python assigns at the beginning of the step, by path
        regular   what run_regularly then adds to the delays of 'pre'
        """
        arrived: list[list[float]] = []
        for p in self.paths:
            if p.name in python:
                p.next = python[p.name]
                if p.own:
                    p.delays, p.next = p.next, None
            if regular and p.name == "pre":
                p.delays = [d + regular for d in p.delays]
        for p in self.paths:
            for k, pair in enumerate(self.pairs):
                if self.fires[p.side][self.now][pair[p.side]]:
                    steps = int(p.delays[k] / self.dt + 0.5)
                    p.under_way.append((self.now + steps * self.dt, k))
            due = [k for u, k in p.under_way if u == self.now]
            p.under_way = [x for x in p.under_way if x[0] != self.now]
            found = [0.0] * self.sizes[1 - p.side]
            for k in due:
                found[self.pairs[k][1 - p.side]] += BASE**k
                p.delays[k] += p.grows
            arrived.append(found)
        for p in self.paths:
            if p.next is not None:
                p.delays, p.next = p.next, None
        self.now += self.dt
        return arrived


# ------------------------------------------------------------------ a random case
def a_delay(r: random.Random, greatest: int) -> float:
    """Units; with dt of 1, 2 or 4 units, it is nowhere near half a step."""
    return r.randrange(greatest + 1) + r.choice([0.1, 0.2, 0.3])


def make_group(r: random.Random, name: str) -> tuple[Any, Any, Any]:
    """A group or a part of one, the objects that it needs, and what its neurons fire.

    The table of spikes is looked up at the number of a neuron in the whole group.
    """
    n = r.randrange(1, 6)
    chance = r.choice([0.02, 0.1, 0.3])
    table = np.array([[r.random() < chance for _ in range(n)] for _ in range(LONGEST)])
    fires = rb.TimedArray(table.astype(float), dt=UNIT * rb.second, name="fuzz_fires*")
    whole = rb.NeuronGroup(
        n,
        "pre_in : 1\na_in : 1\nb_in : 1\npost_in : 1\nk : integer (constant)",
        threshold="fires(t, k) > 0",
        namespace={"fires": fires},
        name=name,
    )
    whole.k = "i"
    if n > 2 and r.random() < 0.25:
        low = r.randrange(n - 1)
        high = r.randrange(low + 1, n + 1)
        return whole[low:high], whole, table[:, low:high]
    if n > 2 and r.random() < 0.15:
        chosen = sorted(r.sample(range(n), r.randrange(1, n)))
        return whole[chosen], whole, table[:, chosen]
    return whole, whole, table


class Case:
    """The model of a case, and the reference beside it."""

    def __init__(self, seed: int) -> None:
        r = self.r = random.Random(seed)
        self.shown: list[str] = []
        self.objects: list[Any] = []
        self.source, whole, fires = make_group(r, "fuzz_pre*")
        self.objects.append(whole)
        self.target, silent = self._make_target(r)
        names = r.choice([["pre"], ["pre"], ["pre", "post"], ["a", "b"], ["a", "b", "post"]])
        if silent is None:  # other Synapses, which make no spikes
            names = [n for n in names if n != "post"]
            silent = np.zeros((LONGEST, len(self.target)), bool)
        self.greatest = r.choice([0, 1, 3, 8, 8, 14])
        sizes = len(self.source), len(self.target)
        order = sorted(names, key=lambda n: (n == "post", n))
        paths = [Path(n, int(n == "post"), []) for n in order]
        self.reference = Reference([], (fires, silent), paths, sizes)
        self._make_synapses()
        self.regular = 0.0
        if any(p.name == "pre" and not p.fixed for p in paths) and r.random() < 0.15:
            self.regular = r.choice([1.0, 2.0])
            self.S.run_regularly(f"delay = delay + {self.regular * UNIT}*second")
            self._path("pre").own = True
        self.python: dict[int, dict[str, list[float]]] = {}
        self.objects += [self.S, rb.NetworkOperation(self._change, name="fuzz_change*")]
        self.net = rb.Network(self.objects)
        self.problem: str | None = None

    def _make_target(self, r: random.Random) -> tuple[Any, Any]:
        if r.random() < 0.15:
            n, model = 3, "pre_in : 1\na_in : 1\nb_in : 1"
            silent = rb.NeuronGroup(n, "x : 1", name="fuzz_silent*")
            inner = rb.Synapses(silent, model=model, name="fuzz_t*")
            pairs = [(r.randrange(n), r.randrange(n)) for _ in range(r.randrange(1, 6))]
            inner.connect(i=[i for i, _ in pairs], j=[j for _, j in pairs])
            self.objects += [silent, inner]
            return inner, None
        if r.random() < 0.1:
            return self.source, self.reference_of_source()
        target, whole, fires = make_group(r, "fuzz_post*")
        self.objects.append(whole)
        return target, fires

    def reference_of_source(self) -> Any:
        """What a group fires that is its own target: read from its table by its numbers."""
        table = self.objects[0].namespace["fires"].values
        return table[:, np.asarray(self.source.k[:])] > 0

    def _path(self, name: str) -> Path:
        return next(p for p in self.reference.paths if p.name == name)

    def _make_synapses(self) -> None:
        r, paths = self.r, self.reference.paths
        code: dict[str, str] = {}
        delay: dict[str, Any] = {}
        for p in paths:
            p.fixed = r.random() < 0.15
            if p.fixed:
                p.delays = [a_delay(r, self.greatest)]
                delay[p.name] = p.delays[0] * UNIT * rb.second
            elif r.random() < 0.25:
                p.grows, p.own = r.choice([1.0, 2.0, 3.0]), True
            far = "pre" if p.side else "post"
            more = f"; delay += {p.grows * UNIT}*second" if p.own else ""
            code[p.name] = f"{p.name}_in_{far} += w{more}"
        on_pre = {p.name: code[p.name] for p in paths if not p.side}
        on_post = {p.name: code[p.name] for p in paths if p.side} or None
        self.S = rb.Synapses(
            self.source, self.target, "w : 1", on_pre=on_pre, on_post=on_post, delay=delay or None,
            name="fuzz_s*",
        )  # fmt: skip
        self._connect(r.randrange(1, 7))
        for p in paths:
            if not p.fixed:
                self.set_delays(p, self.new_delays(p), r.choice(["each", "each", "one"]))
        self.shown.append(f"{code} {delay} {self.reference.pairs}")

    def _connect(self, n: int) -> None:
        r, sizes, reference = self.r, self.reference.sizes, self.reference
        pairs = [(r.randrange(sizes[0]), r.randrange(sizes[1])) for _ in range(n)]
        self.S.connect(i=[i for i, _ in pairs], j=[j for _, j in pairs])
        reference.pairs += pairs
        self.S.w = BASE ** np.arange(len(reference.pairs))
        for p in reference.paths:
            n_old, n_new = len(p.delays), len(reference.pairs) - len(p.delays)
            new = p.delays[0] if p.fixed else 0.0
            if p.own and n_old:  # code will add to it, and half steps are no test
                new = 0.1
                getattr(self.S, p.name).delay[n_old:] = new * UNIT * rb.second
            p.delays += [new] * n_new

    # ------------------------------------------------------------ changes
    def new_delays(self, p: Path) -> list[float]:
        return [a_delay(self.r, self.greatest) for _ in self.reference.pairs]

    def set_delays(self, p: Path, delays: list[float], how: str) -> None:
        """Assign delays through the script's ways: all, each, some."""
        view = getattr(self.S, p.name).delay
        if how == "one":
            delays[:] = [delays[0]] * len(delays)
            view[:] = delays[0] * UNIT * rb.second
        elif how == "some":
            k = self.r.randrange(len(delays))
            delays[:] = [delays[k] if j == k else d for j, d in enumerate(p.delays)]
            view[k] = delays[k] * UNIT * rb.second
        else:
            view[:] = np.array(delays) * UNIT * rb.second
        p.delays = delays

    def change_between_runs(self) -> None:
        r, reference = self.r, self.reference
        if r.random() < 0.3:
            dt = r.choice([d for d in (1, 2, 4) if reference.now % d == 0])
            reference.set_dt(dt)
            self.shown.append(f"dt = {dt}")
        if r.random() < 0.15 and len(reference.pairs) < 9 and len(self.objects) < 5:
            self._connect(1)
            self.shown.append(f"connected {reference.pairs[-1]}")
        for p in reference.paths:
            free = not p.fixed and not p.own
            if free and r.random() < 0.4:
                self.set_delays(p, self.new_delays(p), r.choice(["each", "one", "some"]))
                self.shown.append(f"{p.name}: {p.delays}")

    def _change(self, t: Any) -> None:
        """What Python does at the beginning of a step."""
        for name, delays in self.python.get(round(float(t) / UNIT), {}).items():
            view = getattr(self.S, name).delay
            view[:] = np.array(delays) * UNIT * rb.second

    def plan_python(self, steps: Sequence[int]) -> None:
        for p in self.reference.paths:
            if p.fixed or self.r.random() > 0.25:
                continue
            for unit in self.r.sample(list(steps), min(len(steps), self.r.choice([1, 1, 3]))):
                self.python.setdefault(unit, {})[p.name] = self.new_delays(p)

    def go_back(self) -> str | None:
        """Store, go on with other delays, and come back: then all is as if that had not been."""
        r, reference = self.r, self.reference
        self.net.store()
        kept = copy.deepcopy((reference.paths, reference.now, reference.dt, self.shown))
        if r.random() < 0.5:
            for p in reference.paths:
                if not p.fixed and not p.own:
                    self.set_delays(p, self.new_delays(p), r.choice(["each", "one", "some"]))
        problem = self.run(r.randrange(1, 4))
        self.net.restore()
        reference.paths, reference.now, reference.dt, self.shown = kept
        self.python = {}
        rb.defaultclock.dt = reference.dt * UNIT * rb.second
        self.shown.append("went on, and back")
        return problem

    # ------------------------------------------------------------ running
    def run(self, n_steps: int) -> str | None:
        """Some steps of both; what differs."""
        reference, dt = self.reference, self.reference.dt
        rb.defaultclock.dt = dt * UNIT * rb.second
        first = reference.now
        self.plan_python(range(first, first + n_steps * dt, dt))
        monitors = [
            rb.StateMonitor(self._far(p), f"{p.name}_in", record=True, when="end", name="fuzz_m*")
            for p in reference.paths
        ]
        before = [self._values(p) for p in reference.paths]
        self.net.add(monitors)
        self.shown.append(f"{n_steps} steps of {dt}, Python: {self.python}")
        self.net.run(n_steps * dt * UNIT * rb.second)
        self.net.remove(monitors)
        wanted = [
            reference.step(self.regular, self.python.get(first + k * dt, {}))
            for k in range(n_steps)
        ]
        for k, (p, m) in enumerate(zip(reference.paths, monitors)):
            values = np.asarray(getattr(m, f"{p.name}_in"))
            met = np.diff(values, axis=1, prepend=before[k][:, None])
            expected = np.array([w[k] for w in wanted]).T
            if not np.array_equal(met, expected):
                return f"{p.name}: {_first_difference(met, expected, first, dt)}"
        return None

    def _far(self, p: Path) -> Any:
        return self.source if p.side else self.target

    def _values(self, p: Path) -> Any:
        return np.array(getattr(self._far(p), f"{p.name}_in")[:])


def _first_difference(met: Any, wanted: Any, first: int, dt: int) -> str:
    neuron, step = (int(x[0]) for x in np.nonzero(met != wanted))
    return (
        f"at unit {first + step * dt}, neuron {neuron}: {met[neuron, step]} arrives, "
        f"wanted {wanted[neuron, step]} (powers of {BASE:g})"
    )


def run_case(seed: int, tally: Counter[str]) -> str | None:
    """One case on the backend that is set; what is wrong, or None."""
    rb.defaultclock.dt = 100 * rb.us
    case = Case(seed)
    n_left = LONGEST - 4
    for part in range(case.r.choice([1, 2, 2, 3])):
        if part:
            case.change_between_runs()
            going_back = case.r.random() < 0.3 and case.reference.now % case.reference.dt == 0
            problem = case.go_back() if going_back else None
            if problem:
                return f"{'; '.join(case.shown)}: {problem}"
        n_steps = case.r.randrange(1, max(2, n_left // (3 * case.reference.dt)))
        if case.reference.now + n_steps * case.reference.dt > n_left:
            break
        try:
            problem = case.run(n_steps)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        if problem:
            return f"{'; '.join(case.shown)}: {problem}"
    for p in case.reference.paths:
        tally[f"{'by code' if p.own else 'fixed' if p.fixed else 'free'}"] += 1
    tally["python"] += bool(case.python)
    return None


def check_case(seed: int, tally: Counter[str]) -> str | None:
    """One case on both backends; a description of what is wrong, or None."""
    for backend in ("llvm", "numpy"):
        rb.set_backend(backend)
        problem = run_case(seed, tally)
        if problem:
            return f"case {seed}, {backend}, {problem}"
    return None


def search(
    n: int, seed: int, tell: Callable[[str], None] = lambda text: None
) -> tuple[Counter[str], list[str]]:
    """How often each kind of delay occurred in n cases, and what is wrong."""
    tally = Counter[str]()
    found: list[str] = []
    for k in range(n):
        problem = check_case(seed + k, tally)
        if problem:
            found.append(problem)
            tell(problem)
    return tally, found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first case; then +1 each")
    args = parser.parse_args()
    rb.BrianLogger.log_level_error()
    began = time.perf_counter()
    tally, found = search(args.n, args.seed, print)
    kinds = ", ".join(f"{k}: {v}" for k, v in sorted(tally.items()))
    print(f"{args.n} cases in {time.perf_counter() - began:.0f} s, {len(found)} wrong ({kinds})")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
