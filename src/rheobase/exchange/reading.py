"""What exporters ask of a model: its code as trees, and what its names are worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from rheobase.equations import Equations
from rheobase.errors import (
    Fault,
    ModelError,
    Span,
    UnknownNameError,
    UnsupportedError,
    raise_faults,
)
from rheobase.lang.evaluate import evaluate
from rheobase.lang.nodes import Assign, Expr, names_in, substitute
from rheobase.lang.parse import parse_expression, parse_statements
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol
from rheobase.model.group import Group
from rheobase.model.namespace import find_external
from rheobase.model.neurongroup import NeuronGroup
from rheobase.model.runregularly import RegularCode
from rheobase.model.spatial.spatialneuron import SpatialNeuron
from rheobase.model.structural import Growth, Pruning
from rheobase.model.subgroup import Subgroup
from rheobase.model.synapses import Synapses
from rheobase.model.variables import Subexpression

__all__ = [
    "Worth",
    "numbers_in_root",
    "refuse",
    "refuse_extras",
    "reset_of",
    "root_of",
    "threshold_of",
    "written_out",
]

Floats = NDArray[np.float64]
_TIMES = frozenset(("t", "t_in_timesteps"))
_OF_REFRACTORINESS = frozenset(("lastspike", "not_refractory"))


class Worth:
    """The values that names have in the code of a group or of synapses, in SI.

    namespace   external names of the script, behind those of the group's own
    """

    def __init__(self, group: Group, namespace: Mapping[str, Any]) -> None:
        self.group = group
        self.namespace = namespace

    def of(self, expr: Expr) -> Floats:
        """(n,) the expression for each element.

        Raises UnsupportedError for one that changes with time, UnknownNameError.
        """
        values = {name: self._named(name, expr) for name in names_in(expr)}
        known = {name: value for name, value in values.items() if value is not None}
        return np.broadcast_to(evaluate(expr, known), len(self.group)).astype(np.float64)

    def constant(self, name: str) -> Symbol:
        """A name from outside: a constant of the script, a unit, pi.

        Raises UnknownNameError.
        """
        found = find_external(name, self.group.namespace, self.namespace) or default_symbol(name)
        if isinstance(found, Symbol):
            return found
        message = f"'{name}' is no variable and no constant that can be seen from here."
        hint = "Give namespace={...} with its value."
        fault = found or Fault(UnknownNameError, message, hint=hint)
        raise_faults([fault], self.group._label)
        raise AssertionError

    def _named(self, name: str, expr: Expr) -> Any:
        if name in _TIMES:
            refuse(self.group, f"'{expr}' changes with time; only constants can be written.")
        found = self._variable(name)
        if found is not None:
            return found
        if default_symbol(name) is not None:
            return None  # evaluate knows it
        return self.constant(name).value

    def _variable(self, name: str) -> Any:
        if name in self.group.variables:
            return self._steady(self.group, name)
        if not isinstance(self.group, Synapses):
            return None
        for ending, group, numbers in (
            ("_post", self.group.target, self.group.j),
            ("_pre", self.group.source, self.group.i),
            ("", self.group.target, self.group.j),
        ):
            stem = name.removesuffix(ending)
            if name.endswith(ending) and stem in group.variables:
                values = self._steady(group, stem)
                return np.broadcast_to(values, len(group))[np.asarray(numbers)]
        return None

    def _steady(self, group: Group, name: str) -> NDArray[Any]:
        """The values of a variable that does not change. Raises UnsupportedError."""
        equations: Equations | None = getattr(group, "equations", None)
        states = frozenset[str]() if equations is None else equations.diff_eq_names
        variable, used = group.variables[name], frozenset((name,))
        if equations is not None and name in equations and equations[name].is_replaced:
            used = names_in(equations.substituted(name))
        elif isinstance(variable, Subexpression):
            used = names_in(variable.expr)
        if used & {*states, *_TIMES, *_OF_REFRACTORINESS}:
            refuse(self.group, f"'{name}' changes during a run; only constants can be written.")
        return _values(group, name)


def _values(group: Group, name: str) -> NDArray[Any]:
    return np.asarray(group.state(name, use_units=False)[:])


def written_out(equations: Equations, name: str, kept: str = "") -> Expr:
    """The right-hand side of an equation with subexpressions put in, except one that is kept."""
    inner = {
        e.varname: e.expr
        for e in equations.values()
        if e.is_replaced and e.expr is not None and e.varname != kept
    }
    expr = equations[name].expr
    assert expr is not None
    while names_in(expr) & set(inner):
        expr = substitute(expr, inner)
    return expr


def threshold_of(group: NeuronGroup) -> Expr | None:
    """The condition for a spike."""
    text = group.events.get("spike")
    return None if text is None else parse_expression(text)


def reset_of(group: NeuronGroup) -> tuple[Assign, ...]:
    """What a spike does to its neuron."""
    runner = group.resetter.get("spike")
    return () if runner is None else parse_statements("\n".join(runner.listing()))


def refuse_extras(group: Group, format: str) -> None:
    """Raise UnsupportedError for what a group does besides its equations, threshold and code."""
    if isinstance(group, SpatialNeuron):
        refuse(group, f"A neuron with a shape cannot be written to {format}.")
    if any(isinstance(x, (RegularCode, Pruning, Growth)) for x in group.contained_objects):
        refuse(group, f"{format} has no code that runs regularly.")
    if isinstance(group, NeuronGroup) and set(group.events) - {"spike"}:
        others = sorted(set(group.events) - {"spike"})
        refuse(group, f"{format} has no events other than spikes; there are {others}.")
    equations: Equations | None = getattr(group, "equations", None)
    if equations is not None and equations.is_stochastic:
        refuse(group, f"{format} has no noise (xi).")


def root_of(group: Group) -> Group:
    """The group that a subgroup is a part of, or the group itself."""
    return group.source if isinstance(group, Subgroup) else group


def numbers_in_root(group: Group, numbers: Any) -> NDArray[np.int64]:
    """Elements of a subgroup, as the whole group counts them."""
    return root_of(group)._numbers_at(group._positions_of(np.asarray(numbers)))


def refuse(
    group: Any,
    message: str,
    hint: str = "",
    span: Span | None = None,
    error: type[ModelError] = UnsupportedError,
) -> NoReturn:
    """Raise UnsupportedError, or another, about an object."""
    raise_faults([Fault(error, message, span, hint, group._label)])
    raise AssertionError
