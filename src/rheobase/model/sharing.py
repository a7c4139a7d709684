"""Which variables of synapses have one value for all synapses of a neuron, found from the code.

Event-driven variables with dx/dt = rate * x, one rate for all, are equal for all synapses of a
source if only events of sources write them, those reach all synapses of the source at the same
time, and what is written depends on the source, on such variables and on constants alone; the same
for targets. (That they are equal at the beginning is another matter: see traces.)

What an event does is then split: statements that write such variables, for the neuron, come before
those that are for each synapse, or after them, where these read the value of before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

from rheobase.ir.builder import Alias, Binding, Element, Literal, Position
from rheobase.ir.domains import Index
from rheobase.ir.kernels import At
from rheobase.ir.slots import Slot
from rheobase.lang.evaluate import evaluate
from rheobase.lang.functions import FUNCTIONS, called_in
from rheobase.lang.nodes import Assign, Expr, names_in
from rheobase.model.clock import Clock
from rheobase.model.connections import Connections
from rheobase.model.group import Group
from rheobase.model.variables import Meaning
from rheobase.records import record

__all__ = ["NO_CODE", "PathwayCode", "PathwayOfPlan", "Plan", "SynapsesOfPlan", "find"]


class PathwayOfPlan(Protocol):
    """What is looked at of a pathway."""

    side: Index
    statements: tuple[Assign, ...]

    @property
    def has_one_way(self) -> bool:
        """Whether an event reaches all synapses of its neuron at the same time."""
        ...

    def local_names(self) -> Mapping[str, Meaning]: ...


class SynapsesOfPlan(Protocol):
    """What is looked at of synapses."""

    clock: Clock
    source: Group
    target: Group

    @property
    def variables(self) -> Mapping[str, Any]: ...

    @property
    def _connections(self) -> Connections: ...

    def _meaning(self, name: str, namespace: Mapping[str, Any]) -> Any: ...


@record
class PathwayCode:
    """What an event does.

    early      to traces of its neuron, before the synapses
    synaptic   to each synapse
    late       to traces of its neuron, after the synapses
    late_names   the traces that `late` writes
    """

    early: tuple[Assign, ...]
    synaptic: tuple[Assign, ...]
    late: tuple[Assign, ...]
    late_names: frozenset[str]


NO_CODE = PathwayCode((), (), (), frozenset())


@record
class Plan:
    """What is kept once for each neuron.

    sides         of which neuron each trace is
    rates         dx/dt = rate * x, Hz
    read_across   traces that events of the other side read
    codes         of each pathway
    folds_time    whether no other variable needs `lastupdate`
    """

    sides: Mapping[str, Index]
    rates: Mapping[str, float]
    read_across: frozenset[str]
    codes: Mapping[str, PathwayCode]
    folds_time: bool

    def of(self, side: Index) -> frozenset[str]:
        """The traces of the neurons on a side."""
        return frozenset(x for x, own in self.sides.items() if own is side)


def find(
    synapses: SynapsesOfPlan,
    pathways: Mapping[str, PathwayOfPlan],
    rates: Mapping[str, Expr],
    driven: Collection[str],
    namespace: Mapping[str, Any],
) -> Plan | None:
    """The traces of some synapses; None if there are none.

    rates    the candidates: dx/dt = rate * x
    driven   all event-driven variables
    """
    if not all(p.has_one_way for p in pathways.values()):
        return None
    numbers = {x: _number(rate, synapses, namespace) for x, rate in rates.items()}
    known = {x: n for x, n in numbers.items() if n is not None}
    codes = {name: _Code(p, synapses, namespace) for name, p in pathways.items()}
    if not known or any(code.is_unclear for code in codes.values()):
        return None
    slots = {x: synapses.variables[x].slot for x in known}
    left = {
        x for x in known if not any(c.reads_through_a_name(slots[x], x) for c in codes.values())
    }
    while left:
        sides = _sides(left, codes.values())
        split = {name: code.split(_of(sides, code.side)) for name, code in codes.items()}
        unfit = left - sides.keys() | {x for _, bad in split.values() for x in bad}
        if not unfit:
            break
        left -= unfit
    else:
        return None
    parts = {name: part for name, (part, _) in split.items()}
    across = {
        x
        for name, part in parts.items()
        for x in _read(part.synaptic)
        if sides.get(x, codes[name].side) is not codes[name].side
    }
    kept = {x: known[x] for x in sorted(left)}
    ordered = {x: sides[x] for x in kept}
    return Plan(ordered, kept, frozenset(across), parts, left == set(driven))


def _of(sides: Mapping[str, Index], side: Index) -> frozenset[str]:
    return frozenset(x for x, own in sides.items() if own is side)


def _sides(names: Collection[str], codes: Iterable[_Code]) -> dict[str, Index]:
    """The one side whose events write each variable; without those that have none, or two."""
    found: dict[str, set[Index]] = {x: set() for x in names}
    for code in codes:
        for s in code.statements:
            if s.target in found:
                found[s.target].add(code.side)
    return {x: met.pop() for x, met in found.items() if len(met) == 1}


def _number(rate: Expr, synapses: SynapsesOfPlan, namespace: Mapping[str, Any]) -> float | None:
    """The value of a rate that is made of constants; None for others."""
    values: dict[str, Any] = {}
    for name in names_in(rate):
        found = synapses._meaning(name, namespace)
        if not isinstance(found, Meaning) or not found.symbol.constant:
            return None
        match found.binding:
            case Literal(value=value):
                values[name] = value
            case Element(slot=slot, index=Index.SHARED):
                values[name] = slot.data[0]
            case _:
                return None
    return float(evaluate(rate, values))


def _read(statements: Iterable[Assign]) -> frozenset[str]:
    return frozenset[str]().union(*(names_in(s.value) for s in statements))


class _Code:
    """The statements of a pathway, with the meaning of their names.

    is_unclear   a name has no meaning (the check of the code will say so), or is `lastupdate`
    """

    def __init__(
        self, pathway: PathwayOfPlan, synapses: SynapsesOfPlan, namespace: Mapping[str, Any]
    ) -> None:
        self.side = pathway.side
        self.statements = pathway.statements
        self.targets = [s.target for s in self.statements]
        self.bindings: dict[str, Binding] = {}
        self.is_unclear = False
        local = pathway.local_names()
        for name in sorted(_read(self.statements) | set(self.targets)):
            found = local.get(name) or synapses._meaning(name, namespace)
            if isinstance(found, Meaning):
                self.bindings[name] = found.binding
            self.is_unclear |= name == "lastupdate" or (
                not isinstance(found, Meaning) and name not in self.targets
            )
        self.assigned = {
            b.slot for n in self.targets if isinstance(b := self.bindings.get(n), Element)
        }

    def reads_through_a_name(self, slot: Slot, own: str) -> bool:
        """Whether other names than its own lead to the memory of a variable."""
        return any(_leads_to(b, slot) for n, b in self.bindings.items() if n != own)

    # ------------------------------------------------------------ splitting
    def split(self, own: frozenset[str]) -> tuple[PathwayCode, set[str]]:
        """The code when `own` are traces of its neuron; and those of them that cannot be."""
        bad, temporaries = self._values_of_neuron(own)
        written = [k for k, x in enumerate(self.targets) if x in own]
        rest = [k for k, x in enumerate(self.targets) if x not in own and x not in temporaries]
        unused = (
            set(range(len(self.targets))) - set(written) - self._with_needed(written, temporaries)
        )
        synaptic = self._with_needed([*rest, *(unused - set(rest))], temporaries)
        late = set[str]()
        for x in own & set(self.targets):
            reads = [k for k in synaptic if x in names_in(self.statements[k].value)]
            writes = [k for k in written if self.targets[k] == x]
            if reads and min(reads) < max(writes):
                (late if max(reads) < min(writes) else bad).add(x)
        before = self._with_needed([k for k in written if self.targets[k] not in late], temporaries)
        after = self._with_needed([k for k in written if self.targets[k] in late], temporaries)
        bad |= self._out_of_order(before, after, late)
        parts = (self._chosen(p) for p in (before, synaptic, after))
        early, each, last = parts
        return PathwayCode(early, each, last, frozenset(late)), bad

    def _chosen(self, numbers: Iterable[int]) -> tuple[Assign, ...]:
        return tuple(self.statements[k] for k in sorted(numbers))

    def _values_of_neuron(self, own: frozenset[str]) -> tuple[set[str], dict[str, int]]:
        """Traces that are given values of the synapse; temporaries that have values of the neuron,
        with the statement that makes each."""
        bad, temporaries = set[str](), dict[str, int]()
        for k, s in enumerate(self.statements):
            known = own | temporaries.keys()
            fixed = self._is_of_neuron(s.value, known)
            if s.target in own and not fixed:
                bad.add(s.target)
            once = self.targets.count(s.target) == 1
            if s.target not in self.bindings and fixed and once and s.op is None:
                temporaries[s.target] = k
        return bad, temporaries

    def _is_of_neuron(self, expr: Expr, known: Collection[str]) -> bool:
        if not _is_plain(expr):
            return False
        others = names_in(expr) - set(known)
        return all(n in self.bindings and self._is_fixed(self.bindings[n]) for n in others)

    def _is_fixed(self, binding: Binding) -> bool:
        """Whether all synapses of the neuron see the same, from the first to the last."""
        match binding:
            case Literal():
                return True
            case Position(which=which):
                return which == self.side.value
            case Element(slot=slot, index=index, guard=None) if slot not in self.assigned:
                if isinstance(index, Element):
                    return self._is_fixed(index)
                return index in (Index.SHARED, self.side) or isinstance(index, At)
            case Alias(expr=expr, bindings=inner):
                return _is_plain(expr) and all(
                    self._is_fixed(inner[n]) for n in names_in(expr) if n in inner
                )
            case _:
                return False

    def _with_needed(self, numbers: Iterable[int], temporaries: Mapping[str, int]) -> set[int]:
        """The statements, and those that make the temporaries that they need."""
        found, waiting = set[int](), list(numbers)
        while waiting:
            k = waiting.pop()
            if k not in found:
                found.add(k)
                names = names_in(self.statements[k].value)
                waiting += [temporaries[n] for n in names if n in temporaries]
        return found

    def _out_of_order(self, before: set[int], after: set[int], late: set[str]) -> set[str]:
        """Late traces whose statements cannot follow all others."""
        early = {self.targets[k] for k in before}
        if any(
            names_in(self.statements[k].value) & (early - late) & self._traces(early) for k in after
        ):
            return late
        first = {x: self.targets.index(x) for x in late}
        return {
            x
            for x in late
            for k in before
            if k > first[x] and x in names_in(self.statements[k].value)
        }

    def _traces(self, names: set[str]) -> set[str]:
        return {n for n in names if n in self.bindings}


def _is_plain(expr: Expr) -> bool:
    """Whether it calls nothing but mathematics."""
    return all((f := FUNCTIONS.get(n)) is not None and f.stateless for n in called_in((expr,)))


def _leads_to(binding: Binding, slot: Slot) -> bool:
    match binding:
        case Element(slot=own, index=index):
            return own is slot or (isinstance(index, Element) and _leads_to(index, slot))
        case Alias(expr=expr, bindings=inner):
            return any(_leads_to(inner[n], slot) for n in names_in(expr) if n in inner)
        case _:
            return False
