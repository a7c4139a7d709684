"""Traces that all synapses of a neuron have in common, kept once for the neuron.

In spike-timing dependent plasticity, the trace of the presynaptic spikes is a variable of each
synapse, but every synapse of a neuron sees the same spikes at the same time: all have one value.
Where that can be shown (`sharing.find`), a run keeps the value once for each neuron, with the time
of its last event:

    at an event of the neuron       x = scaled * factor, then what the code says;
                                    scaled = x / factor, since = t
    at one of the other side        for each synapse, x is scaled * factor

where scaled is what x would have been at the last step that is a multiple of PERIOD, and factor =
exp(rate * phase), with the phase the time since then, is the entry of a table: no event takes an
exponential. In steps that are multiples of PERIOD, scaled = x * exp(rate * (t - since)).

To everyone but the kernels of pathways each synapse has its value as ever. Its memory (`Standin`)
is not touched during a run; whoever asks for the numbers has them made: of x at the last event of
the synapse, `lastupdate`, the later one of its two neurons. Before a run they are taken back, if
they are as they were made, or as equal for all synapses of a neuron as they are at the beginning.
Otherwise, each synapse keeps its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.builder import Alias, Element, Entry
from rheobase.ir.domains import Index, Part, Propagate, Python, Sometimes
from rheobase.ir.dtypes import F64, I32, I64, DType
from rheobase.ir.kernels import Kernel
from rheobase.ir.passes.rewrite import slots_touched
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, Binary, Call, Expr, Name, Number, names_in
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.blocks import Block
from rheobase.model.connections import end_of
from rheobase.model.group import Group
from rheobase.model.lookups import Lookups, structure_changed
from rheobase.model.sharing import PathwayCode, PathwayOfPlan, Plan, SynapsesOfPlan, find
from rheobase.model.variables import ArrayVariable, Meaning
from rheobase.units import second

__all__ = ["PERIOD", "Standin", "Traces"]

PERIOD = 1024  # steps: a power of two
_STEEPEST = 300.0  # exponent that a period may make
_AT_ONCE = 1 << 18  # synapses
_SIDES = (Index.PRE, Index.POST)
_NUMBER = {Index.PRE: 1, Index.POST: 2}


class Standin(Slot):
    """The memory of a variable whose values may stand elsewhere, until somebody asks for them."""

    __slots__ = ("traces",)
    traces: Traces | None

    def __init__(self, name: str, dtype: DType, size: int = 1, fill: float = 0) -> None:
        self.traces = None
        super().__init__(name, dtype, size, fill)

    @property
    def data(self) -> NDArray[Any]:
        self._fetch()
        return self._data

    @property
    def address(self) -> int:
        self._fetch()
        return super().address

    def resize(self, size: int) -> None:
        self._fetch()
        super().resize(size)

    def assign(self, values: Any) -> None:
        self.traces = None
        super().assign(values)

    def stand_in(self, traces: Traces) -> None:
        """From now on the values stand there; give the memory back."""
        self._allocate(len(self._data))
        self._moved()
        self.traces = traces

    def _fetch(self) -> None:
        traces, self.traces = self.traces, None
        if traces is not None:
            traces.write(self)


class Traces:
    """The traces of some synapses.

    allowed   whether nothing but the pathways looks at them during the run; None: not known yet
    plan      which there are in this run; None: each synapse keeps its own
    """

    def __init__(
        self,
        synapses: SynapsesOfPlan,
        pathways: Mapping[str, PathwayOfPlan],
        rates: Mapping[str, Expr],
        driven: Collection[str],
    ) -> None:
        """rates: of the candidates, dx/dt = rate * x; driven: all event-driven variables"""
        self._synapses = synapses
        self._pathways = pathways
        self._rates = rates
        self._driven = frozenset(driven)
        self.allowed: bool | None = None
        self.plan: Plan | None = None
        self._asked: Lookups | None = None  # in which the plan was found
        self._key: tuple[list[Any], list[bool]] = ([], [])
        self._last: Plan | None = None
        self._blocks: dict[str, tuple[Block, list[Block]]] = {}  # by pathway, and what for
        # state, for checkpoints too
        self.values = {x: Slot(f"{x} of neurons", F64, 0) for x in rates}
        self.scaled = {x: Slot(f"{x} scaled", F64, 0) for x in rates}
        self.rates = {x: Slot(f"rate of {x}", F64) for x in rates}
        self.factors = {x: Slot(f"factors of {x}", F64, PERIOD) for x in rates}  # by phase
        self.inverses = {x: Slot(f"inverse factors of {x}", F64, PERIOD) for x in rates}
        self.since = {side.value: Slot(f"{side.value} since", F64, 0) for side in _SIDES}
        self.sides = Slot("sides", I64, len(rates))  # of each candidate: 0: none, 1: PRE, 2: POST
        self.step = Slot("step", I64)  # at the end of the last run
        self.dt = Slot("dt", F64)
        self._rows: dict[str, tuple[int, Slot, Slot]] = {}

    # ------------------------------------------------------------ before a run
    def prepare(self, namespace: Mapping[str, Any], may_be: bool) -> None:
        """Decide what is kept for neurons in the run that follows, and take it from synapses."""
        if self.allowed is None:  # then all is prepared once more, and nothing taken in vain
            self.plan = None
            return
        may_be = may_be and self.allowed and len(self._synapses._connections) > 0
        plan = self._found(namespace) if may_be else None
        if plan is None or self._is_steep(plan):
            self.give_up()
            return
        if not self._holds(plan):
            self.give_up()
            if not self._take(plan):
                return
        if self.step.data[0] != self._synapses.clock.timestep:
            self._rescale()  # steps have passed without it
        self.plan = plan
        for slot in self._seen(plan):
            slot.stand_in(self)

    def _found(self, namespace: Mapping[str, Any]) -> Plan | None:
        """The plan for the code as it is; the same object while nothing has changed."""
        synapses = self._synapses
        numbers = [slot.data[0] for slot in self._numbers_behind]
        ways = [p.has_one_way for p in self._pathways.values()]
        if (
            self._asked is None
            or not self._asked.still_holds(namespace)
            or self._key != (numbers, ways)
        ):
            lookups = Lookups(namespace)
            self._last = find(synapses, self._pathways, self._rates, self._driven, lookups)
            self._asked, self._key = lookups, (numbers, ways)
            self._blocks.clear()
        return self._last

    @cached_property
    def _numbers_behind(self) -> list[Slot]:
        """The variables that the rates look at."""
        names = frozenset[str]().union(*map(names_in, self._rates.values()))
        return [self._slot(n) for n in sorted(names & self._synapses.variables.keys())]

    def _is_steep(self, plan: Plan) -> bool:
        """Whether a trace changes by a factor in a period that is no ordinary number."""
        longest = PERIOD * self._synapses.clock.dt_
        return not all(abs(rate) * longest < _STEEPEST for rate in plan.rates.values())

    def give_up(self) -> None:
        """Each synapse has its own values from now on."""
        for x in self._synapses.variables.values():
            if isinstance(x, ArrayVariable) and isinstance(x.slot, Standin):
                _ = x.slot.data
        self.plan = None
        self.sides.data[:] = 0

    def _holds(self, plan: Plan) -> bool:
        """Whether what neurons have is still what their synapses have."""
        sides = [0 if x not in plan.sides else _NUMBER[plan.sides[x]] for x in self._rates]
        same = (
            self.sides.data.tolist() == sides
            and all(self.rates[x].data[0] == rate for x, rate in plan.rates.items())
            and self.dt.data[0] == self._synapses.clock.dt_
            and all(len(self.since[s.value]) == end_of(self._group(s)._span) for s in _SIDES)
        )
        return same and all(map(self._is_as_made, self._seen(plan)))

    def _seen(self, plan: Plan) -> list[Standin]:
        """Those whose numbers somebody has asked for."""
        return [slot for slot in self._standins(plan) if slot.traces is None]

    def _is_as_made(self, slot: Standin) -> bool:
        if len(slot) != len(self._synapses._connections):
            return False
        parts = self._made(slot)
        return all(np.array_equal(slot.data[part], values) for part, values in parts)

    def _standins(self, plan: Plan) -> list[Standin]:
        names = [*plan.sides, *(["lastupdate"] if plan.folds_time else [])]
        found = [self._slot(name) for name in names]
        return [slot for slot in found if isinstance(slot, Standin)]

    def _slot(self, name: str) -> Slot:
        variable = self._synapses.variables[name]
        assert isinstance(variable, ArrayVariable)
        return variable.slot

    def _take(self, plan: Plan) -> bool:
        """Take the values of the synapses, if they are equal for each neuron."""
        times = self._slot("lastupdate").data
        if not all((times[part] == times[0]).all() for part in _parts(len(times))):
            return False
        found: dict[str, NDArray[np.float64]] = {}
        for x, side in plan.sides.items():
            values = self._slot(x).data
            found[x] = by_neuron = np.zeros(end_of(self._group(side)._span))
            for part in _parts(len(values)):
                by_neuron[self._neurons(side, part)] = values[part]
            for part in _parts(len(values)):
                if not np.array_equal(by_neuron[self._neurons(side, part)], values[part]):
                    return False
        for side in _SIDES:
            self.since[side.value].assign(np.full(end_of(self._group(side)._span), times[0]))
        for x, by_neuron in found.items():
            self.values[x].assign(by_neuron)
            self.rates[x].data[0] = plan.rates[x]
            exponents = plan.rates[x] * self._synapses.clock.dt_ * np.arange(PERIOD)
            self.factors[x].data[:] = np.exp(exponents)
            self.inverses[x].data[:] = np.exp(-exponents)
        self.sides.data[:] = [_NUMBER[plan.sides[x]] if x in plan.sides else 0 for x in self._rates]
        self.dt.data[0] = self._synapses.clock.dt_
        self._rescale()
        return True

    def _rescale(self) -> None:
        """Have the values at the last multiple of PERIOD."""
        clock = self._synapses.clock
        origin = clock.dt_ * (clock.timestep - clock.timestep % PERIOD)
        for k, x in enumerate(self._rates):
            if self.sides.data[k]:
                since = self.since[self._side(k).value].data
                factor = np.exp(self.rates[x].data[0] * (origin - since))
                self.scaled[x].assign(self.values[x].data * factor)
        self.step.data[0] = clock.timestep

    def _side(self, candidate: int) -> Index:
        return _SIDES[int(self.sides.data[candidate]) - 1]

    def _group(self, side: Index) -> Group:
        return self._synapses.source if side is Index.PRE else self._synapses.target

    def _neurons(self, side: Index, part: slice) -> NDArray[Any]:
        """The neurons on a side of some entries."""
        c = self._synapses._connections
        if side is Index.POST:
            return c.targets.data[part]
        first = int(self._synapses.source._span.first.data[0])
        entries = np.arange(int(part.start), int(part.stop))
        return c.sources_of(entries) + first

    # ------------------------------------------------------------ numbers of synapses
    def write(self, slot: Standin) -> None:
        """Make the numbers that somebody asks for."""
        for part, values in self._made(slot):
            slot.data[part] = values

    def _made(self, slot: Slot) -> Sequence[tuple[slice, NDArray[np.float64]]]:
        return [(part, self._values(slot, part)) for part in _parts(len(slot))]

    def _values(self, slot: Slot, part: slice) -> NDArray[np.float64]:
        neurons = {side: self._neurons(side, part) for side in _SIDES}
        times = {side: self.since[side.value].data[neurons[side]] for side in _SIDES}
        last = np.maximum(times[Index.PRE], times[Index.POST])
        if slot is self._slot("lastupdate"):
            return last
        x = next(name for name in self._rates if self._slot(name) is slot)
        side = self._side(list(self._rates).index(x))
        rate = self.rates[x].data[0]
        with np.errstate(all="ignore"):
            return self.values[x].data[neurons[side]] * np.exp(rate * (last - times[side]))

    # ------------------------------------------------------------ during a run
    def settle(self) -> None:
        """Between steps: take back what somebody has looked at; if it has been changed, let the
        run go on with values for each synapse."""
        seen = [] if self.plan is None else self._seen(self.plan)
        if all(map(self._is_as_made, seen)):
            for slot in seen:
                slot.stand_in(self)
            return
        self.give_up()
        structure_changed()

    def end(self) -> None:
        """A run has ended."""
        self.step.data[0] = self._synapses.clock.timestep

    def is_allowed(self, kernels: Sequence[Kernel], own: frozenset[int]) -> bool:
        """Whether nothing but the pathways, whose kernels have these ids, looks at the traces."""
        slots = {self._slot(x) for x in (*self._rates, "lastupdate")}
        return not any(
            isinstance(k.domain, Python) or slots & slots_touched(k)
            for k in kernels
            if id(k) not in own
        )

    # ------------------------------------------------------------ code
    def blocks(
        self, block: Block, domain: Propagate, code: Callable[[], PathwayCode]
    ) -> list[Block]:
        """What an event does: to the traces of its neuron, to its synapses, and again to traces."""
        made = self._blocks.get(block.name)
        if made is None or made[0].domain is not domain:
            self._blocks[block.name] = made = block, self._made_blocks(block, domain, code())
        return made[1]

    def _made_blocks(self, block: Block, domain: Propagate, code: PathwayCode) -> list[Block]:
        assert self.plan is not None
        side = domain.side
        rows, others = self._one_each(side)
        neuron = Propagate(domain.events, domain.part, side, rows, others)
        local = {**block.local, **self._local(side)}
        now = [
            Assign(x, None, _product(f"_scaled_{x}", f"_factor_{x}")) for x in self.plan.of(side)
        ]
        stamp = Assign("_since", None, Name("t"))
        name = f"{block.name} traces"
        found = self._renewal(name)
        first = (*now, *code.early, stamp, *_rescaled(code.early, self.plan.of(side)))
        found.append(Block(name, neuron, first, local=local))
        if code.synaptic:
            found.append(Block(block.name, domain, code.synaptic, scatters=True, local=local))
        if code.late:
            last = (*code.late, *_rescaled(code.late, self.plan.of(side)))
            found.append(Block(f"{name} after", neuron, last, local=local))
        return found

    def _one_each(self, side: Index) -> tuple[Slot, Slot]:
        """Rows of one entry for each neuron of a side."""
        n = int(self._group(side)._span.size.data[0])
        made = self._rows.get(side.value)
        if made is None or made[0] != n:
            rows, others = Slot("each", I64, n + 1), Slot("each", I32, n)
            rows.data[:], others.data[:] = np.arange(n + 1), np.arange(n)
            self._rows[side.value] = made = (n, rows, others)
        return made[1:]

    def _local(self, side: Index, own: Index | None = None) -> dict[str, Meaning]:
        """What the names of traces mean to events of a side. own: the index of the neuron."""
        assert self.plan is not None
        own = own or side
        time = Symbol("_since", Type.FLOAT, second.dim)
        found = {"_since": Meaning(time, Element(self.since[side.value], own))}
        for x, of in self.plan.sides.items():
            variable = self._synapses.variables[x]
            assert isinstance(variable, ArrayVariable)
            if of is not side:
                found[x] = Meaning(Symbol(x, Type.FLOAT, variable.dim), self._across(x, of))
                continue
            for name, slot in ((x, self.values[x]), (f"_scaled_{x}", self.scaled[x])):
                symbol = Symbol(name, Type.FLOAT, variable.dim)
                found[name] = Meaning(symbol, Element(slot, own))
            for name, table in (("_factor", self.factors[x]), ("_inverse", self.inverses[x])):
                symbol = Symbol(f"{name}_{x}", Type.FLOAT, shared=True)
                found[symbol.name] = Meaning(symbol, self._entry(table))
            rate = Symbol(f"_rate_{x}", Type.FLOAT, second.dim**-1, shared=True)
            found[rate.name] = Meaning(rate, Element(self.rates[x], Index.SHARED))
        return found

    def _entry(self, table: Slot) -> Entry:
        """The entry of the present phase."""
        step = self._synapses._meaning("t_in_timesteps", {})
        assert isinstance(step, Meaning)
        phase = Binary("%", Name("step"), Number(PERIOD))
        return Entry(table, Alias(phase, {"step": step.binding}))

    def _across(self, x: str, of: Index) -> Alias:
        """A trace of the other side, at present."""
        names = {"scaled": Element(self.scaled[x], of), "factor": self._entry(self.factors[x])}
        return Alias(_product("scaled", "factor"), names)

    def _renewal(self, name: str) -> list[Block]:
        """What is done in each PERIOD. Every pathway does it before its own: again does no harm."""
        assert self.plan is not None
        found: list[Block] = []
        for side in _SIDES:
            step = self._synapses.clock.state.slots.step
            domain = Sometimes(self._span(side), step, self._mask)
            code = tuple(
                Assign(f"_scaled_{x}", None, Binary("*", Name(x), _since_then(x)))
                for x in sorted(self.plan.of(side))
            )
            if code:
                found.append(Block(name, domain, code, local=self._local(side, Index.OWN)))
        return found

    _mask = Slot("mask", I64, fill=PERIOD - 1)

    def _span(self, side: Index) -> Part:
        span = self._group(side)._span
        return Part(span.first, span.size)


def _product(a: str, b: str) -> Expr:
    return Binary("*", Name(a), Name(b))


def _since_then(x: str) -> Expr:
    """What a trace has decayed by since the last event."""
    return Call("exp", (Binary("*", Name(f"_rate_{x}"), Binary("-", Name("t"), Name("_since"))),))


def _rescaled(code: Sequence[Assign], traces: frozenset[str]) -> list[Assign]:
    """After some code has written traces."""
    written = sorted(traces & {s.target for s in code})
    return [Assign(f"_scaled_{x}", None, _product(x, f"_inverse_{x}")) for x in written]


def _parts(n: int) -> list[slice]:
    return [slice(begin, min(begin + _AT_ONCE, n)) for begin in range(0, n, _AT_ONCE)]
