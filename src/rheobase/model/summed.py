"""Summed variables: what all synapses of a neuron contribute, added up in each step.

    g_total_post = w*s : siemens (summed)

Several Synapses may sum into one variable, by its own name or by one that is linked to it: all
clear it before the first of them adds, and they add in the order of their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rheobase.equations import SingleEquation
from rheobase.errors import (
    DimensionMismatchError,
    EquationError,
    Fault,
    ModelValueError,
    did_you_mean,
    raise_faults,
)
from rheobase.ir.domains import Elementwise, Index
from rheobase.lang.nodes import Assign, Number
from rheobase.model.code import Block, Runner
from rheobase.model.group import Group
from rheobase.model.synapticgroup import SynapticGroup
from rheobase.model.variables import (
    ArrayVariable,
    LinkedVariable,
    Meaning,
    Variable,
    symbol_of,
)

__all__ = ["SummedUpdater", "add_summed"]

_ADD = -1  # order, relative to the target's state update


class SummedUpdater(Runner):
    """Adds a summed variable up in each step; where `when` and `order` say, and there alone.

    >>> from rheobase import NeuronGroup, Synapses
    >>> cells = NeuronGroup(2, 'x : 1')
    >>> S = Synapses(cells, cells, 'x_post = 1 : 1 (summed)', name='S')
    >>> S.summed_updaters['x_post']
    <SummedUpdater 'S_summed_variable_x_post'>
    """

    _clearing: Runner | None = None

    def cleared_by(self, clearing: Runner) -> None:
        """What sets the target to 0 before anything is added: stays just before this one."""
        self._clearing = clearing
        self.contained_objects.append(clearing)
        self.when, self.order = self.when, self.order

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if self._clearing is not None and name == "when":
            self._clearing.when = value
        if self._clearing is not None and name == "order":
            self._clearing.order = value - 1  # before any other sum into the same target


def add_summed(
    synapses: SynapticGroup, equation: SingleEquation, taken: set[object]
) -> SummedUpdater:
    """The object that clears and fills the target of a summed variable.

    taken   the slots that other equations of the synapses sum into; this one's is added
    Raises EquationError if the target is no parameter of its group, DimensionMismatchError if its
    unit is another.
    """
    group, order, variable = _target(synapses, equation)
    name = equation.varname
    assert equation.expr is not None
    if variable.slot in taken:
        message = f"Another equation sums into the same variable as '{name}'."
        _refuse(synapses, Fault(EquationError, message, equation.name_span))
    taken.add(variable.slot)
    own = {name: Meaning(symbol_of(variable, name), variable.element(Index.OWN))}
    side = Index.POST if group is synapses.target and name.endswith("_post") else Index.PRE
    reached = {name: Meaning(symbol_of(variable, name), variable.element(side))}
    clear = Assign(name, None, Number(0 if variable.type.value == "integer" else 0.0))
    add = Assign(name, "+", equation.expr)
    label = f"{synapses.name}_summed_variable_{name}"

    def clearing() -> Sequence[Block]:
        domain = Elementwise(group._part) if isinstance(group, SynapticGroup) else group._domain()
        return (Block(f"{label} clear", domain, (clear,), local=own, checked=True),)

    def adding() -> Sequence[Block]:
        block = Block(label, synapses._domain(), (add,), scatters=True, local=reached)
        return (synapses._guarded(block, synapses.clock),)

    clock = synapses.clock
    updater = SummedUpdater(synapses, label, adding, when="groups", order=order + _ADD, clock=clock)
    updater.cleared_by(Runner(synapses, f"{label}_clear", clearing, when="groups", clock=clock))
    return updater


def _target(synapses: SynapticGroup, equation: SingleEquation) -> tuple[Group, int, ArrayVariable]:
    """The group that the sum goes to, where in the step, and the variable."""
    name = equation.varname
    ending = next((x for x in ("_pre", "_post") if name.endswith(x)), None)
    if ending is None:
        message = f"The summed variable '{name}' must end in _post or _pre."
        _refuse(synapses, Fault(EquationError, message, equation.name_span))
    group = synapses.source if ending == "_pre" else synapses.target
    stem = name.removesuffix(ending or "")
    owner, own_name, variable = _followed(synapses, equation, group, stem)
    equations = getattr(owner, "equations", {})
    if own_name not in equations:
        hint = did_you_mean(stem, group.variables)
        message = f"{group._label} has no variable '{stem}' for the sum."
        _refuse(synapses, Fault(EquationError, message, equation.name_span, hint))
    kind = equations[own_name].type
    if kind != "parameter" or not isinstance(variable, ArrayVariable):
        message = f"'{own_name}' of {owner._label} is a {kind}; only a parameter can "
        hint = f"Declare it as '{own_name} : {equation.unit_text}'."
        fault = Fault(
            EquationError, message + "hold a sum over synapses.", equation.name_span, hint
        )
        _refuse(synapses, fault)
        raise AssertionError
    if variable.dim is not equation.dim:
        message = f"The sum is in {equation.dim}, but '{stem}' of {group._label} in {variable.dim}."
        _refuse(synapses, Fault(DimensionMismatchError, message, equation.name_span))
    if variable.shared:
        raise ModelValueError(f"{synapses._label}: '{stem}' is shared, it cannot hold a sum")
    return group, owner.order, variable


def _followed(
    synapses: SynapticGroup, equation: SingleEquation, group: Group, name: str
) -> tuple[Group, str, Variable | None]:
    """The group that declares a variable, its name there, and what it is; links are followed."""
    variable = group.variables.get(name)
    while isinstance(variable, LinkedVariable):
        link = variable.link
        if link is None or variable.read_only:
            message = f"'{name}' of {group._label} is linked, but not one to one to a variable."
            hint = "Sum into the variable itself."
            _refuse(synapses, Fault(EquationError, message, equation.name_span, hint))
        assert link is not None
        assert isinstance(link.source, Group)
        group, name, variable = link.source, link.variable.name, link.variable
    owner = group if hasattr(group, "equations") else getattr(group, "source", group)
    return owner, name, variable


def _refuse(synapses: SynapticGroup, fault: Fault) -> None:
    raise_faults([fault], f"{synapses._label}, equations")
