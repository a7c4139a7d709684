"""Synapses: connections between the neurons of two groups, and what their events do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from rheobase.equations import Equations
from rheobase.errors import Fault, ModelTypeError, ModelValueError, Source, labelled
from rheobase.ir.dtypes import F64, I64
from rheobase.ir.kernels import Domain, Events, Index, Propagate, Reduce
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign, Expr, Name, Number
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.callers import caller_namespace
from rheobase.model.clock import Clock, seconds
from rheobase.model.code import Block, Runner
from rheobase.model.connect import Request, generate
from rheobase.model.connections import Connections
from rheobase.model.generators import only_condition, parse_generator
from rheobase.model.group import Group, new_part
from rheobase.model.spikes import spikes_of
from rheobase.model.texts import read_equations, read_expression, read_statements
from rheobase.model.variables import (
    ArrayVariable,
    Meaning,
    PositionVariable,
    Reach,
    Subexpression,
    Variable,
    dtype_of,
    symbol_of,
)
from rheobase.units import Quantity, second

__all__ = ["Synapses", "SynapticPathway"]

_FLAGS = {"parameter": ("constant", "shared"), "subexpression": ("shared",)}


class Synapses(Group):
    """Connections from the neurons of one group to those of another.

    source, target   the groups; target=None: the source itself
    model            variables of each synapse, as text or Equations
    on_pre           statements that run for a synapse when an event of its source reaches it;
                     {'name': statements} makes several pathways
    on_post          the same for events of its target
    delay            from event to statements: a time, or {'pathway': time}

    Names in statements mean, in this order: variables of the synapse; x_pre and x_post, those of
    its two neurons; x alone, those of the target; constants from outside.

    >>> from rheobase import NeuronGroup, Synapses, ms
    >>> cells = NeuronGroup(3, 'dv/dt = -v/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> synapses = Synapses(cells, cells, 'w : 1', on_pre='v_post += w')
    >>> synapses.connect('i != j')
    >>> synapses.w = '0.1*j'
    >>> len(synapses)
    6
    """

    add_to_magic_network = True

    def __init__(
        self,
        source: Group,
        target: Group | None = None,
        model: str | Equations | None = None,
        on_pre: str | Mapping[str, str] | None = None,
        on_post: str | Mapping[str, str] | None = None,
        delay: Any = None,
        namespace: Mapping[str, Any] | None = None,
        dt: Any = None,
        clock: Clock | None = None,
        order: int = 0,
        name: str = "synapses*",
    ) -> None:
        self.source = source
        self.target = source if target is None else target
        for side, group in (("source", self.source), ("target", self.target)):
            if not isinstance(group, Group):  # pyright: ignore[reportUnnecessaryIsInstance]
                message = f"the {side} of Synapses must be a group of neurons, not {group!r}"
                raise ModelTypeError(f"{message}; Synapses(source, target, equations, ...)")
        super().__init__(
            name,
            new_part(0, 0),
            order=order,
            dt=dt,
            clock=clock or (None if dt is not None else source.clock),
            namespace=namespace,
        )
        self.connections = Connections(len(source))
        self.add_variable(PositionVariable("i", source.part.first))
        self.add_variable(PositionVariable("j", self.target.part.first))
        self.equations = read_equations("" if model is None else model, self.label)
        self.equations.check_flags(_FLAGS)
        self._add_model_variables()
        self.pathways: dict[str, SynapticPathway] = {}
        self._connected = False
        self._add_pathways(on_pre, "pre", delay)
        self._add_pathways(on_post, "post", delay)
        self._check_delay_names(delay)
        self.seal()

    # ------------------------------------------------------------ construction
    def _add_model_variables(self) -> None:
        for e in self.equations.values():
            shared = "shared" in e.flags
            if e.type == "subexpression":
                assert e.expr is not None
                self.add_variable(Subexpression(e.varname, e.var_type, e.dim, e.expr, shared))
                continue
            constant = "constant" in e.flags
            self.add_array(e.varname, e.var_type, e.dim, shared=shared, constant=constant)

    def _add_pathways(self, code: str | Mapping[str, str] | None, side: str, delay: Any) -> None:
        if code is None:
            return
        named = {side: code} if isinstance(code, str) else code
        for name, text in named.items():
            # a single delay is that of the presynaptic pathway
            own = delay.get(name) if _is_mapping(delay) else delay if side == "pre" else None
            pathway = SynapticPathway(self, name, text, side, own)
            self.pathways[name] = pathway
            self.contained_objects.append(pathway)
            self.__dict__[name] = pathway

    def _check_delay_names(self, delay: Any) -> None:
        unknown = set(delay) - set(self.pathways) if _is_mapping(delay) else set[str]()
        if unknown:
            raise ModelValueError(
                f"{self.label}: delays are given for {sorted(unknown)}, but the pathways are "
                f"{sorted(self.pathways)}"
            )

    @property
    def delay(self) -> Quantity:
        """The delay of the presynaptic pathway, a time."""
        return self._pre_pathway().delay

    @delay.setter
    def delay(self, value: Any) -> None:
        self._pre_pathway().delay = value

    def _pre_pathway(self) -> SynapticPathway:
        if "pre" not in self.pathways:
            raise AttributeError(f"{self.label} has no pathway 'pre', so it has no 'delay'")
        return self.pathways["pre"]

    # ------------------------------------------------------------ names in code
    def known_names(self) -> Collection[str]:
        """Own variables, and those of both sides with their endings."""
        sides = ((self.source, "_pre"), (self.target, "_post"), (self.target, ""))
        return [*self.variables, *(n + end for group, end in sides for n in group.variables)]

    def meaning(
        self, name: str, namespace: Mapping[str, Any], index: Reach = Index.OWN
    ) -> Meaning | Fault | Sequence[Fault] | None:
        if name in self.variables:
            return self.variable_meaning(self.variables[name], namespace, index)
        for suffix, group, side in (
            ("_pre", self.source, Index.PRE),
            ("_post", self.target, Index.POST),
            ("", self.target, Index.POST),
        ):
            stem = name.removesuffix(suffix)
            if name.endswith(suffix) and stem in group.variables:
                found = group.variable_meaning(group.variables[stem], namespace, side)
                return _renamed(found, name) if isinstance(found, Meaning) else found
        return super().meaning(name, namespace, index)

    def variable_meaning(
        self, variable: Variable, namespace: Mapping[str, Any], index: Reach
    ) -> Meaning | Sequence[Fault]:
        if variable.name in ("i", "j"):
            index = Index.PRE if variable.name == "i" else Index.POST
        return super().variable_meaning(variable, namespace, index)

    # ------------------------------------------------------------ making synapses
    def connect(
        self,
        condition: str | bool | None = None,
        i: Any = None,
        j: Any = None,
        p: float | str = 1.0,
        n: int | str = 1,
        skip_if_invalid: bool = False,
        namespace: Mapping[str, Any] | None = None,
        level: int = 0,
    ) -> None:
        """Make synapses; each call adds to those that exist.

        condition   which pairs (i, j): a text, True (all) or False (none)
        i, j        index arrays; or one of them a generator: j='k for k in range(i-1, i+2)'
        p           probability with which a pair is connected, a number or a text
        n           number of synapses for each pair, a number or a text
        skip_if_invalid   leave out generated indices outside the group

        Raises IndexError for indices outside the groups; ModelError for code that does not fit.
        """
        if condition is not None and (i is not None or j is not None):
            raise ModelValueError(f"{self.label}: give connect() a condition or i, j; not both")
        self._connected = True
        if condition is False:
            return
        if isinstance(i, str) and isinstance(j, str):
            raise ModelValueError(f"{self.label}: only one of i, j can be a generator expression")
        if (i is None and j is None) or isinstance(i, str) or isinstance(j, str):
            request = self._request(condition, i, j, p, n, skip_if_invalid)
            self._add_generated(request, namespace or caller_namespace(level))
            return
        if p != 1.0:
            raise ModelValueError(
                f"{self.label}: p= goes with a condition; with index arrays, choose the pairs "
                "yourself"
            )
        self._add_pairs(i, j, n, skip_if_invalid)

    def _request(
        self, condition: Any, i: Any, j: Any, p: Any, n: Any, skip_if_invalid: bool
    ) -> Request:
        source, target = self.source.part, self.target.part
        side, outer, inner = Index.PRE, source, target
        if i is None and j is None:
            text = None if condition in (None, True) else str(condition)
            generator = only_condition(None if text is None else self._code(text, "condition"))
        else:
            text = j if isinstance(j, str) else i
            if (isinstance(j, str) and i is not None) or (isinstance(i, str) and j is not None):
                raise ModelValueError(
                    f"{self.label}: a generator makes one side for each neuron of the other; "
                    "do not give the other side too"
                )
            generator = parse_generator(text, Source(text, f"{self.label}, connect"))
            if isinstance(i, str):
                side, outer, inner = Index.POST, target, source
        return Request(
            generator,
            side,
            outer,
            inner,
            self._code(p, "p"),
            self._code(n, "n"),
            skip_if_invalid,
        )

    def _code(self, value: Any, what: str) -> Expr:
        if isinstance(value, str):
            label = f"{self.label}, connect, {what}"
            return read_expression(value, label, "i != j")
        if np.ndim(value) != 0:
            raise ModelTypeError(f"{self.label}: {what} must be one number or a text")
        if what == "p" and not 0 <= value <= 1:
            raise ModelValueError(f"{self.label}: p must lie between 0 and 1, not {value}")
        return Number(np.asarray(value).item())

    def _add_generated(self, request: Request, namespace: Mapping[str, Any]) -> None:
        made = generate(self, request, namespace)
        outer = np.repeat(np.arange(len(made.counts), dtype=np.int32), made.counts)
        whole_rows = request.generator.variable == "_k" and request.side is Index.PRE
        if whole_rows and not len(self.connections):
            first = int(self.target.part.first.data[0])
            if first:
                made.others.data[:] += first
            self.connections.targets = made.others
            self.connections.adopt(made.counts)
            self._resize()
            return
        pairs = (outer, made.others.data)
        self._append(*(pairs if request.side is Index.PRE else pairs[::-1]))

    def _add_pairs(self, i: Any, j: Any, n: Any, skip_if_invalid: bool) -> None:
        if i is None or j is None:
            raise ModelValueError(
                f"{self.label}: index arrays come in pairs: connect(i=..., j=...)"
            )
        sources, targets, copies = _index_arrays(self.label, i, j, n)
        valid = np.ones(len(sources), bool)
        for what, indices, group in (("i", sources, self.source), ("j", targets, self.target)):
            inside = (indices >= 0) & (indices < len(group))
            if not inside.all() and not skip_if_invalid:
                bad = indices[~inside][0]
                raise IndexError(
                    f"{self.label}: connect() got {what} = {bad}, but there are only "
                    f"{len(group)} elements (0 to {len(group) - 1})"
                )
            valid &= inside
        repeats = np.where(valid, copies, 0)
        self._append(np.repeat(sources, repeats), np.repeat(targets, repeats))

    def _append(self, sources: NDArray[Any], targets: NDArray[Any]) -> None:
        slots = [v.slot for v in self._synaptic_arrays()]
        first = int(self.target.part.first.data[0])
        self.connections.append(sources, targets + np.int32(first), slots)
        self._resize()

    def _synaptic_arrays(self) -> list[ArrayVariable]:
        return [v for v in self.variables.values() if isinstance(v, ArrayVariable) and not v.shared]

    def _resize(self) -> None:
        n = len(self.connections)
        self.part.size.data[0] = n
        for variable in self._synaptic_arrays():
            variable.slot.resize(n)

    # ------------------------------------------------------------ views
    def domain(self) -> Domain:
        c = self.connections
        return Reduce(self.source.part, Index.PRE, c.rows, c.targets)

    def positions(self, indices: NDArray[Any]) -> NDArray[Any]:
        return self.connections.entries(indices)

    def view_indices(self, item: Any) -> NDArray[Any]:
        if not self._connected:
            raise ModelTypeError(
                f"{self.label} has no synapses yet, so its variables have no values: "
                "call connect() first"
            )
        if not isinstance(item, tuple):
            return super().view_indices(item)
        sides: tuple[Any, ...] = item
        if len(sides) != 2:
            raise IndexError(f"{self.label}: index synapses by number, or by [i, j]")
        chosen = np.ones(len(self), bool)
        for part, own, group in zip(
            sides,
            (self._side("i"), self._side("j")),
            (self.source, self.target),
        ):
            wanted = np.zeros(len(group), bool)
            wanted[group.view_indices(part)] = True
            chosen &= wanted[own]
        return np.flatnonzero(chosen)

    def _side(self, name: str) -> NDArray[np.int32]:
        """(n,) i or j of each synapse, as users count."""
        c = self.connections
        if name == "i":
            return c.user_order(c.sources())
        return c.user_order(c.targets.data - np.int32(self.target.part.first.data[0]))

    def evaluate(
        self, variable: Variable, indices: NDArray[Any] | None, level: int = 0
    ) -> NDArray[Any]:
        if isinstance(variable, PositionVariable):
            values = self._side(variable.name)
        else:
            values = self._compute(Name(variable.name), variable.type, variable.dim, level)
        return values if indices is None else values[indices]

    def _compute(self, expr: Expr, kind: Type, dim: Any, level: int) -> NDArray[Any]:
        """The value of an expression for each synapse, as users count."""
        out = ArrayVariable("_value", kind, dim, Slot("value", dtype_of(kind), len(self)))
        local = {"_value": Meaning(symbol_of(out), out.element(Index.OWN))}
        statement = Assign("_value", None, expr)
        self._run_block(Block("value", self.domain(), (statement,), local=local), level)
        return self.connections.user_order(out.slot.data)

    def select(self, condition: str, level: int = 0) -> NDArray[Any]:
        expr = parse_expression(condition, Source(condition, f"{self.label}, index"))
        return np.flatnonzero(self._compute(expr, Type.BOOLEAN, second.dim**0, level))

    def assign_code(
        self, variable: ArrayVariable, indices: NDArray[Any] | None, code: str, level: int = 0
    ) -> None:
        if indices is None or variable.shared:
            super().assign_code(variable, indices, code, level)
            return
        expr = parse_expression(code, Source(code, f"{self.label}, value of '{variable.name}'"))
        values = self._compute(expr, variable.type, variable.dim, level)
        variable.slot.data[self.positions(indices)] = values[indices]

    # ------------------------------------------------------------ running
    def prepare(self, namespace: Mapping[str, Any]) -> None:
        if not self._connected:
            raise ModelTypeError(
                f"{self.label} was never connected: call connect(), or connect(False) if it is to "
                "have no synapses"
            )


class SynapticPathway(Runner):
    """What events of one side do to the synapses that they reach.

    delay   from the event to the statements, a time; rounded to whole steps
    """

    def __init__(self, synapses: Synapses, name: str, code: str, side: str, delay: Any) -> None:
        group = synapses.source if side == "pre" else synapses.target
        events = spikes_of(group, synapses.label)
        super().__init__(
            synapses,
            f"{synapses.name}_{name}",
            self._make_blocks,
            when="synapses",
            order=synapses.order + (-1 if side == "pre" else 1),
            clock=events.clock,
        )
        self.synapses = synapses
        self.side = Index.PRE if side == "pre" else Index.POST
        self.events = events
        label = f"{synapses.label}, on_{side}"
        self.statements = read_statements(code, label, "v_post += w")
        self._delay = Slot("delay", F64)
        self._delay_steps = Slot("delay steps", I64)
        if delay is not None:
            self.delay = delay

    @property
    def delay(self) -> Quantity:
        """A time, the same for all synapses."""
        return Quantity(self._delay.data[0], dim=second.dim)

    @delay.setter
    def delay(self, value: Any) -> None:
        number = seconds(value, f"{self.synapses.label}: delay")
        if number < 0:
            raise ModelValueError(f"{self.synapses.label}: delay cannot be negative ({value})")
        self._delay.data[0] = number

    def prepare(self, namespace: Mapping[str, Any]) -> None:
        steps = round(float(self._delay.data[0]) / self.clock.dt_)
        self._delay_steps.data[0] = steps
        self.events.keep(steps)
        super().prepare(namespace)

    def _make_blocks(self) -> Sequence[Block]:
        s = self.synapses
        c = s.connections
        events = Events(self.events.current)
        if self._delay_steps.data[0]:
            events = self.events.delayed(self._delay_steps)
        if self.side is Index.PRE:
            domain = Propagate(events, s.source.part, Index.PRE, c.rows, c.targets)
        else:
            first_pre, first_post = (int(g.part.first.data[0]) for g in (s.source, s.target))
            rows, others, synapses = c.by_target(first_pre, first_post, len(s.target))
            domain = Propagate(events, s.target.part, Index.POST, rows, others, synapses)
        return (Block(self.name, domain, self.statements, scatters=True),)


def _is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _renamed(meaning: Meaning, name: str) -> Meaning:
    s = meaning.symbol
    symbol = Symbol(name, s.type, s.dim, s.shared, s.constant, s.read_only, s.value, s.meaning)
    return Meaning(symbol, meaning.binding)


def _index_arrays(
    label: str, i: Any, j: Any, n: Any
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    arrays = [np.asarray(x) for x in (i, j, n)]
    for array, what in zip(arrays, "ijn"):
        if array.dtype.kind not in "iu" and array.size:
            raise ModelTypeError(
                f"{label}: connect() wants whole numbers for {what}, not {array.dtype}"
            )
    try:
        shaped = np.broadcast_arrays(*arrays)
    except ValueError:
        raise ModelValueError(
            f"{label}: connect() got i, j and n of shapes "
            f"{', '.join(str(a.shape) for a in arrays)}, which do not fit together"
        ) from None
    i_flat, j_flat, n_flat = (a.astype(np.int64).reshape(-1) for a in shaped)
    return i_flat, j_flat, n_flat
