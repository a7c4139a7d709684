"""connect(): what a call asks for, and the synapses that it makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelIndexError, ModelTypeError, ModelValueError, Source
from rheobase.ir.domains import Index, Part
from rheobase.ir.dtypes import I32
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Expr, Name, Number, names_in
from rheobase.model.callers import caller_namespace
from rheobase.model.connect import (
    Generated,
    PairGenerator,
    Request,
    expressions_of,
    generate,
)
from rheobase.model.connections import is_sorted
from rheobase.model.generators import only_condition, parse_generator
from rheobase.model.group import Group, new_part
from rheobase.model.pairs import (
    Pairs,
    chosen_copies,
    index_arrays,
    read_table,
)
from rheobase.model.synapticgroup import SynapticGroup, elements_of, numbering
from rheobase.model.texts import read_expression
from rheobase.model.variables import Meaning, number_meaning
from rheobase.records import record

__all__ = [
    "Call",
    "NewPairs",
    "check_call",
    "connect",
    "is_false",
    "listed_pairs",
    "p_and_n",
    "request_of",
]

_GENERATOR = re.compile(r"\bfor\b.*\bin\b", re.DOTALL)


@record
class Call:
    """The arguments of a call of connect()."""

    condition: Any = None
    i: Any = None
    j: Any = None
    p: Any = 1.0
    n: Any = 1
    skip_if_invalid: bool = False
    namespace: Mapping[str, Any] | None = None
    level: int = 0
    table: Any = None
    values: str | None = None

    @property
    def generates(self) -> bool:
        """Whether pairs are generated, and not listed."""
        one_text = isinstance(self.i, str) or isinstance(self.j, str)
        return self.table is None and (one_text or (self.i is None and self.j is None))

    def names(self) -> Mapping[str, Any]:
        """Where names of constants come from."""
        return caller_namespace(self.level) if self.namespace is None else self.namespace


def connect(synapses: SynapticGroup, call: Call) -> None:
    """Make the synapses that the call asks for."""
    check_call(synapses, call)
    if call.generates and is_false(call.condition):
        synapses._mark_connected()
        return
    if call.generates:
        request = request_of(synapses, call)
        _add_generated(synapses, request, call.names())
        return
    pairs, copies = listed_pairs(synapses, call)
    n_before = len(synapses)
    _append(synapses, _repeated(pairs.sources, copies), _repeated(pairs.targets, copies))
    for name, values in pairs.values.items():
        if name not in synapses.variables:
            raise ModelValueError(
                f"{synapses._label}: there is no variable for the column '{name}'"
            )
        getattr(synapses, f"{name}_")[n_before:] = _repeated(values, copies)


def listed_pairs(synapses: SynapticGroup, call: Call) -> tuple[Pairs, NDArray[Any] | None]:
    """The pairs of a call that lists them, and how many synapses of each; None: one."""
    if call.table is None:
        pairs, copies = _listed(synapses, call)
    else:
        pairs, copies = read_table(synapses._label, call.table, call.values), None
    valid = _valid(synapses, pairs, call.skip_if_invalid)
    if valid is not None:
        copies = np.where(valid, 1 if copies is None else copies, 0)
    return pairs, copies


def _repeated(values: NDArray[Any], copies: NDArray[Any] | None) -> NDArray[Any]:
    return values if copies is None else np.repeat(values, copies)


def check_call(synapses: SynapticGroup, call: Call) -> None:
    """Raise what is wrong with the arguments, by themselves and together."""
    given = call.i is not None or call.j is not None
    label = synapses._label
    if call.condition is not None and (given or call.table is not None):
        raise ModelValueError(
            f"{label}: give connect() a condition or i, j; not both. The arguments in their order "
            "are condition, i, j, p, n: name those that you mean, as in connect('i != j', p=0.1)"
        )
    if call.table is not None and given:
        raise ModelValueError(f"{label}: a table has i and j of its own; do not give them, too")
    if call.condition is not None and not isinstance(call.condition, (str, bool, np.bool_)):
        raise ModelTypeError(
            f"{label}: the condition of connect() is a text such as 'i != j', True or False, not "
            f"{call.condition!r}; index arrays are given as connect(i=..., j=...)"
        )
    if isinstance(call.i, str) and isinstance(call.j, str):
        raise ModelValueError(f"{label}: only one of i, j can be a generator expression")
    if not call.generates:
        return
    if (isinstance(call.j, str) and call.i is not None) or (
        isinstance(call.i, str) and call.j is not None
    ):
        raise ModelTypeError(
            f"{label}: a generator makes one side for each neuron of the other; do not give the "
            "other side too"
        )


def is_false(condition: Any) -> bool:
    """Whether a condition is the value False: no synapses."""
    return isinstance(condition, (bool, np.bool_)) and not condition


# ------------------------------------------------------------------ generated pairs
def request_of(synapses: SynapticGroup, call: Call) -> Request:
    """What a call that generates pairs asks for."""
    (source, target), positions = _sides(synapses)
    side, outer, inner = Index.PRE, source, target
    if call.i is None and call.j is None:
        text = call.condition if isinstance(call.condition, str) else None
        if text is not None and _GENERATOR.search(text):
            raise ModelValueError(
                f"{synapses._label}: '{text}' is a generator, not a condition; write "
                f"connect(j='{text}'), or connect(i=...) to go from the targets"
            )
        condition = None if text is None else _code(synapses, text, "condition", "i != j")
        generator = only_condition(condition)
    else:
        text = str(call.j if isinstance(call.j, str) else call.i)
        generator = parse_generator(text, Source(text, f"{synapses._label}, connect"))
        if isinstance(call.i, str):
            side, outer, inner = Index.POST, target, source
    p, n, numbers = p_and_n(synapses, call)
    skip = call.skip_if_invalid
    request = Request(generator, side, outer, inner, p, n, skip, numbers, positions)
    _check_names(synapses, request)
    return request


def _sides(synapses: SynapticGroup) -> tuple[tuple[Part, Part], Mapping[Index, Slot]]:
    """What is counted on both sides; and where the elements stand, if not one after the other."""
    parts: list[Part] = []
    positions: dict[Index, Slot] = {}
    for side, group in ((Index.PRE, synapses.source), (Index.POST, synapses.target)):
        if numbering(group) is None:
            parts.append(group._span)
            continue
        n = len(group)
        parts.append(new_part(0, n))
        positions[side] = Slot("positions", I32, n)
        positions[side].data[:] = group._positions_of(np.arange(n))
    return (parts[0], parts[1]), positions


def p_and_n(synapses: SynapticGroup, call: Call) -> tuple[Expr, Expr, Mapping[str, Meaning]]:
    """p and n as expressions; numbers other than 1 stand in memory, not in code."""
    found: list[Expr] = []
    numbers: dict[str, Meaning] = {}
    for what, value in (("p", call.p), ("n", call.n)):
        if isinstance(value, str):
            found.append(_code(synapses, value, what, "0.1"))
            continue
        if np.ndim(value) != 0 or np.asarray(value).dtype.kind not in "biuf":
            raise ModelTypeError(
                f"{synapses._label}: {what} must be one number or a text, not {value!r}"
            )
        number = np.asarray(value).item()
        if what == "p" and not 0 <= number <= 1:
            raise ModelValueError(f"{synapses._label}: p must lie between 0 and 1, not {value}")
        if what == "n" and not isinstance(number, int):
            raise ModelTypeError(f"{synapses._label}: n must be a whole number, not {value}")
        if number == 1:
            found.append(Number(1))
            continue
        numbers[f"_{what}"] = number_meaning(what, number)
        found.append(Name(f"_{what}"))
    return found[0], found[1], numbers


def _code(synapses: SynapticGroup, text: str, what: str, example: str) -> Expr:
    return read_expression(text, f"{synapses._label}, connect, {what}", example)


def _check_names(synapses: SynapticGroup, request: Request) -> None:
    """Numbers of synapses are not known while synapses are made."""
    used = frozenset[str]().union(*map(names_in, expressions_of(request)))
    counts = used & {"N_incoming", "N_outgoing", synapses.multisynaptic_index}
    if counts:
        raise ModelValueError(
            f"{synapses._label}: '{min(map(str, counts))}' counts synapses; it cannot be used "
            "while they are made"
        )


def _add_generated(synapses: SynapticGroup, request: Request, namespace: Mapping[str, Any]) -> None:
    made = generate(synapses, request, namespace)
    synapses._mark_connected()
    groups = synapses.source, synapses.target
    plain = not request.positions and not any(isinstance(g, SynapticGroup) for g in groups)
    first_ones = not len(synapses._connections) and request.side is Index.PRE
    if first_ones and plain and _is_ascending(request, made):
        first = int(synapses.target._span.first.data[0])
        if first:
            made.others.data[:] += first
        synapses._adopt_rows(made.others, made.counts)
        return
    outer = np.repeat(np.arange(len(made.counts), dtype=np.int32), made.counts)
    pairs = (outer, made.others.data)
    _append(synapses, *(pairs if request.side is Index.PRE else pairs[::-1]))


class NewPairs:
    """The pairs that a call generates, again and again; nothing is made of them."""

    def __init__(self, synapses: SynapticGroup, call: Call, namespace: Mapping[str, Any]) -> None:
        check_call(synapses, call)
        self._request = request_of(synapses, call)
        self._generator = PairGenerator(synapses, self._request, namespace)

    def __call__(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Sources and targets, as users count neurons."""
        made = self._generator.make()
        outer, inner = np.repeat(np.arange(len(made.counts)), made.counts), made.others.data.copy()
        return (outer, inner) if self._request.side is Index.PRE else (inner, outer)


def _is_ascending(request: Request, made: Generated) -> bool:
    """Whether the targets of each source ascend."""
    rows = np.concatenate([[0], np.cumsum(made.counts)])
    return request.generator.variable == "_k" or is_sorted(rows, made.others.data)


# ------------------------------------------------------------------ listed pairs
def _listed(synapses: SynapticGroup, call: Call) -> tuple[Pairs, NDArray[Any] | None]:
    """Pairs, and how many synapses of each; None: one."""
    if call.i is None or call.j is None:
        raise ModelValueError(
            f"{synapses._label}: index arrays come in pairs: connect(i=..., j=...)"
        )
    n_is_code = isinstance(call.n, str)
    given_i, given_j = (
        elements_of(group, x) if isinstance(x, Group) else x
        for group, x in ((synapses.source, call.i), (synapses.target, call.j))
    )
    i, j, n = index_arrays(synapses._label, given_i, given_j, 1 if n_is_code else call.n)
    p_is_one = not isinstance(call.p, str) and np.ndim(call.p) == 0 and call.p == 1
    if p_is_one and not n_is_code:
        one_each = np.ndim(call.n) == 0 and call.n == 1
        return Pairs(i, j), None if one_each else np.maximum(n, 0)
    pairs = Pairs(i, j)
    valid = _valid(synapses, pairs, call.skip_if_invalid)
    valid = np.ones(len(i), bool) if valid is None else valid
    p, times, numbers = p_and_n(synapses, replace(call, n=call.n if n_is_code else 1))
    copies = np.zeros(len(i), np.int64)
    copies[valid] = chosen_copies(synapses, i[valid], j[valid], p, times, numbers, call.names())
    return pairs, copies * n


def _valid(synapses: SynapticGroup, pairs: Pairs, skip: bool) -> NDArray[np.bool_] | None:
    """(n,) whether the elements of each pair exist; None: all do.

    Raises ModelIndexError where they must and do not.
    """
    sides = (("i", pairs.sources, synapses.source), ("j", pairs.targets, synapses.target))
    if all(not x.size or (x.min() >= 0 and x.max() < len(group)) for _, x, group in sides):
        return None
    valid = np.ones(len(pairs.sources), bool)
    for what, indices, group in sides:
        inside = (indices >= 0) & (indices < len(group))
        if not inside.all() and not skip:
            raise ModelIndexError(
                f"{synapses._label}: connect() got {what} = {indices[~inside][0]}, but there are "
                f"only {len(group)} elements (0 to {len(group) - 1})"
            )
        valid &= inside
    return valid


def _append(synapses: SynapticGroup, sources: NDArray[Any], targets: NDArray[Any]) -> None:
    """Add synapses; sources and targets as users count them."""
    synapses._mark_connected()
    synapses._add_pairs(*synapses._placed(sources, targets))
