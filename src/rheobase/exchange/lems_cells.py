"""Neuron groups as ComponentTypes of LEMS, and what their neurons differ in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from numpy.typing import NDArray

from rheobase.exchange.lems_expressions import Writer
from rheobase.exchange.lems_units import Dimensions
from rheobase.exchange.reading import Worth, refuse, refuse_extras, reset_of, threshold_of
from rheobase.lang.nodes import (
    Assign,
    Binary,
    Compare,
    Expr,
    Logic,
    Name,
    Not,
    Number,
    names_in,
    substitute,
)
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol
from rheobase.model.group import Group
from rheobase.model.neurongroup import NeuronGroup
from rheobase.model.refractoriness import is_condition
from rheobase.model.variables import LinkedVariable, symbol_of
from rheobase.units import second
from rheobase.units.dimensions import Dimension

__all__ = ["Cells", "Impulse", "cells_of"]

Floats = NDArray[np.float64]
_ACTIVE, _LAST = "not_refractory", "lastspike"
_PERIOD = "refractory_period"  # PyLEMS knows no names that begin with an underscore
_STEPS = frozenset(("dt", "t_in_timesteps"))


@dataclass(frozen=True)
class Impulse:
    """Synapses that reach a group: their ComponentType, and the variables that they add to."""

    kind: str
    variables: tuple[str, ...]


@dataclass
class Cells:
    """A group in LEMS.

    element     its ComponentType
    parameters  {name: (dimension, (n,) values in SI)}: what the neurons may differ in
    exposed     the variables that can be recorded
    """

    group: Group
    element: Element
    parameters: dict[str, tuple[Dimension, Floats]] = field(
        default_factory=dict[str, tuple[Dimension, Floats]]
    )
    exposed: list[str] = field(default_factory=list[str])


def cells_of(
    group: NeuronGroup,
    impulses: list[Impulse],
    dimensions: Dimensions,
    namespace: Mapping[str, Any],
) -> Cells:
    """A group of neurons in LEMS. Raises UnsupportedError for what LEMS cannot say."""
    return _Builder(group, impulses, dimensions, Worth(group, namespace)).build()


class _Builder:
    def __init__(
        self, group: NeuronGroup, impulses: list[Impulse], dimensions: Dimensions, worth: Worth
    ) -> None:
        refuse_extras(group, "LEMS")
        self.group = group
        self.impulses = impulses
        self.dimensions = dimensions
        self.worth = worth
        self.equations = group.equations
        self.reset = _in_order(group, reset_of(group))
        codes = [*self.equations.expressions(), *(x for _, x in self.reset)]
        codes += [x for x in (threshold_of(group), group._refractory_code) if x is not None]
        self.used = frozenset[str]().union(*map(names_in, codes))
        written = {n for n, _ in self.reset}.union(*(x.variables for x in impulses))
        parameters = {e.varname for e in self.equations.values() if e.type == "parameter"}
        self.states = [
            n for n in self.equations if n in self.equations.diff_eq_names or n in written
        ]
        self.parameters = [n for n in self.equations if n in parameters - written]
        self.kind = Element("ComponentType", name=f"{group.name}_type")
        self.dynamics = Element("Dynamics")
        self.cells = Cells(group, self.kind)
        scope = {n: symbol_of(v) for n, v in group.variables.items()}
        self.scope: dict[str, Symbol] = scope | self._external()
        self.writer = Writer(self.scope, dimensions, self.dynamics, group._label)

    # ------------------------------------------------------------ names
    def _external(self) -> dict[str, Symbol]:
        """Names from outside the group: constants of the script, units."""
        strange = self.used & _STEPS
        if strange:
            refuse(self.group, f"LEMS has no '{min(strange)}': it knows of no steps.")
        names = self.used - set(self.group.variables)
        return {n: self.worth.constant(n) for n in sorted(names)}

    def build(self) -> Cells:
        is_voltage = self._has_potential()
        self.kind.set("extends", "baseCellMembPot" if is_voltage else "baseSpikingCell")
        used = sorted(set(self.scope) - set(self.group.variables))
        for name in used:
            self._constant(name)
        for name in self.parameters:
            self._parameter(name, self.group.variables[name].dim, self._values(name))
        for name in {"i", "N"} & self.used:
            self._parameter(name, self.group.variables[name].dim, self._values(name))
        if "_refractory" in self.used:
            self._parameter(_PERIOD, second.dim, self._values("_refractory"))
        for impulse in self.impulses:
            container = f"{impulse.kind}_in"
            SubElement(self.kind, "Attachments", name=container, type=impulse.kind)
        for name in [*self.states, *(e for e in self.equations.subexpr_names)]:
            self._expose(name, is_voltage and name == "v")
        self.kind.append(self.dynamics)
        self._add_states()
        self._add_derived()
        self._add_derivatives()
        self._add_start()
        self._add_impulses()
        self._add_spikes()
        return self.cells

    def _has_potential(self) -> bool:
        v = self.equations.get("v")
        return v is not None and self.dimensions.name(v.dim) == "voltage"

    def _constant(self, name: str) -> None:
        """A unit or pi becomes a constant of the type; a constant of the script a parameter."""
        symbol = self.scope[name]
        assert symbol.value is not None
        if default_symbol(name) is None:
            n = len(self.group)
            self._parameter(name, symbol.dim, np.full(n, float(symbol.value)))
            return
        value = self.dimensions.quantity(float(symbol.value), symbol.dim)
        dim = self.dimensions.name(symbol.dim)
        SubElement(self.kind, "Constant", name=name, dimension=dim, value=value)

    def _parameter(self, name: str, dim: Dimension, values: Floats) -> None:
        SubElement(self.kind, "Parameter", name=name, dimension=self.dimensions.name(dim))
        self.cells.parameters[name] = dim, values

    def _values(self, name: str) -> Floats:
        if isinstance(self.group.variables[name], LinkedVariable):
            refuse(self.group, f"'{name}' is linked to another group, which LEMS cannot say.")
        values = np.asarray(self.group.state(name, use_units=False)[:], float)
        return np.broadcast_to(values, len(self.group)).astype(np.float64)

    def _expose(self, name: str, is_inherited: bool) -> None:
        if not is_inherited:
            dim = self.dimensions.name(self.equations[name].dim)
            SubElement(self.kind, "Exposure", name=name, dimension=dim)
        self.cells.exposed.append(name)

    # ------------------------------------------------------------ dynamics
    def _add_states(self) -> None:
        for name in self.states:
            dim = self.dimensions.name(self.equations[name].dim)
            SubElement(self.dynamics, "StateVariable", name=name, dimension=dim, exposure=name)
        if self.group._refractory_code is not None:
            SubElement(self.dynamics, "StateVariable", name=_ACTIVE, dimension="none")
            SubElement(self.dynamics, "StateVariable", name=_LAST, dimension="time")
        for name, variable in self._totals():
            dim = self.dimensions.name(self.equations[variable].dim)
            SubElement(self.dynamics, "StateVariable", name=f"{name}_seen", dimension=dim)

    def _totals(self) -> list[tuple[str, str]]:
        """(name, variable) of the sums of what has arrived."""
        return [(f"{x.kind}_{v}", v) for x in self.impulses for v in x.variables]

    def _add_derived(self) -> None:
        for impulse in self.impulses:
            for variable in impulse.variables:
                dim = self.dimensions.name(self.equations[variable].dim)
                SubElement(
                    self.dynamics, "DerivedVariable", name=f"{impulse.kind}_{variable}",
                    dimension=dim, select=f"{impulse.kind}_in[*]/sum_{variable}", reduce="add",
                )  # fmt: skip
        for name in self.equations.ordered_names:
            equation = self.equations[name]
            if equation.type != "subexpression" or equation.expr is None:
                continue
            self.writer.define(name, equation.expr, equation.dim)

    def _add_derivatives(self) -> None:
        for name in self.equations.diff_eq_names:
            equation = self.equations[name]
            assert equation.expr is not None
            value = self.writer.value(equation.expr)
            if self._holds(name):
                value = f"({_ACTIVE} * {value})"
            SubElement(self.dynamics, "TimeDerivative", variable=name, value=value)

    def _holds(self, name: str) -> bool:
        """Whether a variable holds still while its neuron is refractory."""
        refractory = self.group._refractory_code is not None
        return refractory and "unless refractory" in self.equations[name].flags

    def _add_start(self) -> None:
        begin = SubElement(self.dynamics, "OnStart")
        for name in self.states:
            start = f"{name}_start"
            self._parameter(start, self.equations[name].dim, self._values(name))
            _assign(begin, name, start)
        if self.group._refractory_code is not None:
            _assign(begin, _ACTIVE, "1")
            self._parameter(f"{_LAST}_start", second.dim, self._values(_LAST))
            _assign(begin, _LAST, f"{_LAST}_start")
        for name, _ in self._totals():
            _assign(begin, f"{name}_seen", "0")

    def _add_impulses(self) -> None:
        """What has arrived since the last step is added; a refractory neuron may not take it."""
        for name, variable in self._totals():
            arrived = SubElement(self.dynamics, "OnCondition", test=f"{name} .neq. {name}_seen")
            held = f"{_ACTIVE} * " if self._holds(variable) else ""
            _assign(arrived, variable, f"{variable} + {held}({name} - {name}_seen)")
            _assign(arrived, f"{name}_seen", name)

    def _add_spikes(self) -> None:
        condition, code = threshold_of(self.group), self.group._refractory_code
        if condition is None:
            return
        if code is not None:
            self._add_recovery(code)
            condition = Logic("and", (Compare(">", Name(_ACTIVE), Number(0)), condition))
        spike = SubElement(self.dynamics, "OnCondition", test=self.writer.test(condition))
        if code is not None:
            _assign(spike, _ACTIVE, "0")
            _assign(spike, _LAST, "t")
        for target, value in self.reset:
            _assign(spike, target, self.writer.value(value))
        SubElement(spike, "EventOut", port="spike")

    def _add_recovery(self, code: Expr) -> None:
        code = substitute(code, {"_refractory": Name(_PERIOD)})
        over: Expr = Compare(">=", Binary("-", Name("t"), Name(_LAST)), code)
        if is_condition(code, self.group.variables):
            over = Not(code)
        test = Logic("and", (Compare("<", Name(_ACTIVE), Number(1)), over))
        end = SubElement(self.dynamics, "OnCondition", test=self.writer.test(test))
        _assign(end, _ACTIVE, "1")


def _assign(handler: Element, variable: str, value: str) -> None:
    SubElement(handler, "StateAssignment", variable=variable, value=value)


def _in_order(group: NeuronGroup, statements: tuple[Assign, ...]) -> list[tuple[str, Expr]]:
    """Statements so that each uses values from before all of them.

    Programs that read LEMS differ in whether an assignment sees the ones before it.
    """
    values: dict[str, Expr] = {}
    for s in statements:
        value = s.value if s.op is None else Binary(s.op, Name(s.target), s.value)
        values[s.target] = substitute(value, values)
    ordered: list[tuple[str, Expr]] = []
    waiting = {n: x for n, x in values.items() if n in group.variables}
    while waiting:
        free = [
            n for n in waiting if not any(n in names_in(x) for m, x in waiting.items() if m != n)
        ]
        if not free:
            refuse(group, f"The reset exchanges the values of {', '.join(waiting)}.")
        ordered.append((free[0], waiting.pop(free[0])))
    return ordered
