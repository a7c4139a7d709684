"""connect(dry_run=True): how many synapses a call would make, and the memory that they would take.

What chance does not decide is counted: the pairs of some rows at a time are made and forgotten.
With a probability p and n copies, a pair adds n p to the mean and n^2 p (1 - p) to the variance.
Where the condition itself is random, or some of a sample of a size may be left out, the number is
that of one trial; where there would be too many candidates to look at, it is that of some rows,
scaled.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.domains import Index, Part
from rheobase.lang.nodes import Call as CallNode
from rheobase.lang.nodes import Expr, Name, Number, names_in, walk
from rheobase.model.connect import generate
from rheobase.model.creation import (
    Call,
    check_call,
    is_false,
    listed_pairs,
    p_and_n,
    request_of,
)
from rheobase.model.group import new_part
from rheobase.model.pairs import pair_numbers
from rheobase.model.synapticgroup import SynapticGroup
from rheobase.model.variables import Meaning
from rheobase.records import record
from rheobase.runtime import random
from rheobase.runtime.order import is_ascending

__all__ = ["Expected", "expected_synapses"]

_MOST = 1 << 30  # candidates that are looked at: about two seconds
_AT_ONCE = 1 << 22  # candidates
_SOME = 64  # rows, where there are too many


@record
class Expected:
    """What a connect() would make.

    synapses     how many; on average, where chance decides
    std          standard deviation of that number; 0: exactly so many
    estimated    the number is from a trial or from some of the rows, and std with it
    parts        bytes of each synapse while the network runs, by what they are for
    bytes_rows   bytes for the lists of rows: 8 for each neuron on a side
    existing     synapses that there are already

    Printed, it says all of this in words.

    >>> from rheobase import NeuronGroup, Synapses
    >>> cells = NeuronGroup(1000, 'v : 1', threshold='v > 1', reset='v = 0')
    >>> S = Synapses(cells, cells, 'w : 1', on_pre='v += w')
    >>> S.connect('i != j', p=0.1, dry_run=True)
    connect() would make 99,900 ± 300 synapses.
    Each takes 10 bytes: target 2, w 8.
    All take 1.01 MB, with the lists of rows.
    """

    synapses: float
    std: float
    estimated: bool
    parts: Mapping[str, int]
    bytes_rows: int
    existing: int = 0

    @property
    def bytes_each(self) -> int:
        """Bytes of one synapse."""
        return sum(self.parts.values())

    @property
    def bytes_all(self) -> float:
        """Bytes of the synapses that would be made, and of the lists of rows."""
        return self.synapses * self.bytes_each + self.bytes_rows

    def __str__(self) -> str:
        number = f"{self.synapses:,.0f}"
        if self.estimated:
            number = f"about {number}"
        if self.std:
            number += f" ± {self.std:,.0f}"
        parts = ", ".join(f"{name} {size}" for name, size in self.parts.items())
        lines = [
            f"connect() would make {number} synapse{'s' * (number != '1')}.",
            f"Each takes {self.bytes_each} bytes: {parts}.",
            f"All take {_bytes(self.bytes_all)}, with the lists of rows.",
        ]
        if self.existing:
            total = self.bytes_all + self.existing * self.bytes_each
            lines.append(f"With the {self.existing:,} that exist: {_bytes(total)}.")
        free = _free_memory()
        if free is not None and self.bytes_all > free:
            lines.append(f"That is more than the {_bytes(free)} of memory that are free.")
        return "\n".join(lines)

    __repr__ = __str__


def _bytes(number: float) -> str:
    """Three digits and a decimal unit."""
    units = ["bytes", "kB", "MB", "GB", "TB"]
    while number >= 999.5 and len(units) > 1:
        number, units = number / 1000, units[1:]
    return f"{number:.3g} {units[0]}"


def _free_memory() -> int | None:
    """Bytes of memory that can be had without swapping; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(1024 * int(x.split()[1]) for x in lines if x.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


# ------------------------------------------------------------------ counting
@record
class _Count:
    """Mean and variance of a number of synapses.

    in_order   whether synapses stand in memory as users count them
    """

    mean: float
    variance: float = 0.0
    estimated: bool = False
    in_order: bool = True


def expected_synapses(synapses: SynapticGroup, call: Call) -> Expected:
    """How many synapses a call would make, and their memory; nothing is made.

    Raises what the call would raise.
    """
    check_call(synapses, call)
    with random.untouched():
        if not call.generates:
            count = _listed(synapses, call)
        elif is_false(call.condition):
            count = _Count(0.0)
        else:
            count = _Generated(synapses, call).count()
    existing = len(synapses)
    parts = synapses._bytes_of_one()
    if existing or not count.in_order:
        parts["order"] = 4
    sides = [synapses.source, *([synapses.target] if "list by target" in parts else [])]
    rows = 0 if existing else 8 * sum(len(side) + 1 for side in sides)
    std = float(np.sqrt(count.variance))
    return Expected(count.mean, std, count.estimated, parts, rows, existing)


def _listed(synapses: SynapticGroup, call: Call) -> _Count:
    """Of pairs that the call lists: p and n may still be texts."""
    plain_n = 1 if isinstance(call.n, str) else call.n
    pairs, copies = listed_pairs(synapses, replace(call, p=1.0, n=plain_n))
    in_order = is_ascending(pairs.sources, pairs.targets)
    repeats = np.ones(len(pairs.sources)) if copies is None else copies.astype(float)
    p, n, numbers = p_and_n(synapses, replace(call, n=call.n if isinstance(call.n, str) else 1))
    kept = repeats > 0
    chances = _Chances(synapses, p, n, numbers, call.names())
    mean, variance = chances.of(pairs.sources[kept], pairs.targets[kept], repeats[kept])
    return _Count(mean, variance, chances.random, in_order)


@record
class _Chances:
    """p and n of pairs."""

    synapses: SynapticGroup
    p: Expr
    n: Expr
    numbers: Mapping[str, Meaning]
    names: Mapping[str, Any]

    @property
    def random(self) -> bool:
        """Whether p or n are drawn themselves."""
        return any(_is_random(self.synapses, e, self.names) for e in (self.p, self.n))

    def plain(self, expr: Expr) -> float | None:
        """The number that an expression is; None: it differs from pair to pair, perhaps."""
        if isinstance(expr, Number):
            return float(expr.value)
        if isinstance(expr, Name) and expr.id in self.numbers:
            value = self.numbers[expr.id].symbol.value
            return None if value is None else float(value)
        return None

    def of(
        self, sources: NDArray[Any], targets: NDArray[Any], repeats: NDArray[np.float64] | float
    ) -> tuple[float, float]:
        """Mean and variance; `repeats`: how often each pair was listed, with one chance."""
        p, n = (
            pair_numbers(self.synapses, sources, targets, expr, self.numbers, self.names)
            if (value := self.plain(expr)) is None
            else np.full(len(sources) if np.ndim(repeats) else 1, value)
            for expr in (self.p, self.n)
        )
        p, n = np.clip(np.nan_to_num(p), 0.0, 1.0), np.maximum(n, 0.0) * repeats
        mean, variance = n * p, n * n * p * (1 - p)
        times = len(sources) if len(mean) == 1 and not np.ndim(repeats) else 1
        return times * float(mean.sum()), times * float(variance.sum())


def _is_random(synapses: SynapticGroup, expr: Expr, names: Mapping[str, Any]) -> bool:
    """Whether evaluating an expression draws random numbers."""
    for name in names_in(expr):
        found = synapses._meaning(name, names)
        if isinstance(found, Meaning) and not found.symbol.stateless:
            return True
    for node in walk(expr):
        if isinstance(node, CallNode):
            function = synapses._function(node.function, names)
            if not getattr(function, "stateless", True):
                return True
    return False


class _Generated:
    """The number of pairs that a generator or a condition makes."""

    def __init__(self, synapses: SynapticGroup, call: Call) -> None:
        self.synapses, self.names = synapses, call.names()
        self.asked = request_of(synapses, call)
        generator, p = self.asked.generator, self.asked.p
        if generator.p is not None:
            p, generator = generator.p, replace(generator, p=None)
        self.chances = _Chances(synapses, p, self.asked.n, self.asked.numbers, self.names)
        # every candidate, once: chances are looked at afterwards
        one, certain = Number(1), self.chances.plain(p) == 1
        skip = self.asked.skip_invalid or not certain  # one outside may be left out by chance
        self.request = replace(self.asked, generator=generator, p=one, n=one, skip_invalid=skip)
        self.n_outer = int(self.asked.outer.size.data[0])
        self.n_inner = int(self.asked.inner.size.data[0])

    def count(self) -> _Count:
        """Closed for all pairs of two groups; else row by row."""
        generator = self.request.generator
        in_order = self.request.side is Index.PRE
        if generator.variable == "_k" and generator.condition is None:
            plain = self.chances.plain(self.chances.p), self.chances.plain(self.chances.n)
            if None not in plain:
                nothing = np.zeros(0)
                mean, variance = self.chances.of(np.zeros(1), nothing, 1.0)
                n = self.n_outer * self.n_inner
                return _Count(n * mean, n * variance)
        whole, parts = self._parts()
        counts, ascending = [(0.0, 0.0)], True
        for part in parts:
            made = generate(self.synapses, replace(self.request, outer=part), self.names)
            first = int(part.first.data[0]) - int(self.asked.outer.first.data[0])
            outer = np.repeat(np.arange(first, first + len(made.counts)), made.counts)
            other = made.others.data
            pairs = (outer, other) if in_order else (other, outer)
            ascending = ascending and in_order and is_ascending(outer, other)
            counts.append(self.chances.of(*pairs, 1.0))
        means, variances = np.array(counts).T
        if whole:
            return self._trial(float(means.sum()), float(variances.sum()), ascending)
        rows = np.array(means[1:])
        scale = self.n_outer / len(rows)
        spread = self.n_outer**2 * float(rows.var(ddof=1)) / len(rows)
        return _Count(
            scale * float(rows.sum()), scale * float(variances.sum()) + spread, True, ascending
        )

    def _trial(self, mean: float, variance: float, in_order: bool) -> _Count:
        """A number that was counted, or that of one trial."""
        g = self.request.generator
        drawn = self.chances.random or any(
            _is_random(self.synapses, e, self.names)
            for e in (g.condition, g.element, g.low, g.high, g.step, g.size)
            if e is not None
        )
        drawn = drawn or (g.size is not None and not self._keeps_whole_samples())
        return _Count(mean, variance + mean if drawn else variance, drawn, in_order)

    def _keeps_whole_samples(self) -> bool:
        """Whether each element of a sample is sure to become a pair."""
        g = self.request.generator
        if g.condition is not None or not (
            isinstance(g.element, Name) and g.element.id == g.variable
        ):
            return False
        if not self.asked.skip_invalid:
            return True
        inner = ("N_post", "N") if self.request.side is Index.PRE else ("N_pre",)
        ends_inside = isinstance(g.high, Name) and g.high.id in inner
        return ends_inside and (g.low, g.step) == (Number(0), Number(1))

    def _parts(self) -> tuple[bool, Iterator[Part]]:
        """The outer elements, some at a time; whether they are all."""
        first, n = int(self.asked.outer.first.data[0]), self.n_outer
        each = self._candidates(first)
        if n * each <= _MOST or n <= _SOME:
            step = max(1, int(_AT_ONCE / max(each, 1)))
            starts = range(0, n, step)
            return True, (new_part(first + k, min(step, n - k)) for k in starts)
        rows = np.linspace(0, n - 1, _SOME).round().astype(int)
        return False, (new_part(first + int(k), 1) for k in rows)

    def _candidates(self, first: int) -> float:
        """How many there are for an outer element, about."""
        generator = self.request.generator
        if generator.variable is None:
            return 1.0
        if generator.variable == "_k":
            return float(self.n_inner)
        free = replace(generator, condition=None)
        request = replace(self.request, generator=free, skip_invalid=True)
        rows = np.linspace(0, self.n_outer - 1, min(_SOME, self.n_outer)).round().astype(int)
        found = (
            generate(self.synapses, replace(request, outer=new_part(first + int(k), 1)), self.names)
            for k in rows
        )
        return float(np.mean([made.counts.sum() for made in found])) if len(rows) else 0.0
