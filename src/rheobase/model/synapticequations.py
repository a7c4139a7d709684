"""The equations of synapses: what they may say, and the variables that they make."""

from __future__ import annotations

from collections.abc import Sequence

from rheobase.equations import Equations, SingleEquation
from rheobase.errors import EquationError, Fault, ModelSyntaxError, labelled, raise_faults
from rheobase.ir.domains import Elementwise
from rheobase.ir.dtypes import F64
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Assign
from rheobase.model.code import Block, Runner
from rheobase.model.eventdriven import check_dependencies, event_driven
from rheobase.model.storage import Storage
from rheobase.model.synapticviews import SynapticViews
from rheobase.model.traces import Standin
from rheobase.model.variables import LinkedVariable, Subexpression
from rheobase.units import second

__all__ = ["add_variables", "check_equations", "constant_over_dt"]

_FLAGS = {
    "differential equation": ("event-driven", "clock-driven"),
    "parameter": ("constant", "shared", "linked"),
    "subexpression": ("summed", "shared", "constant over dt"),
}
_EXCLUSIVE = (
    ("event-driven", "clock-driven"),
    ("summed", "shared"),
    ("summed", "constant over dt"),
    ("shared", "linked"),
    ("constant", "linked"),
)


def check_equations(synapses: SynapticViews, equations: Equations) -> None:
    """Raise EquationError with all that synapses cannot have."""
    label = synapses._label
    with labelled(f"{label}, equations"):
        equations.check_flags(_FLAGS, _EXCLUSIVE)
    faults: list[Fault] = []
    for e in equations.values():
        if e.varname in synapses.variables or e.varname == "delay":
            text = f"'{e.varname}' is a variable that all Synapses have."
            faults.append(Fault(EquationError, text, e.name_span, "Choose another name."))
        for group in (synapses.source, synapses.target):
            if "summed" not in e.flags and e.varname in group.variables:
                text = f"'{e.varname}' is a variable of {group._label}, too."
                hint = f"Choose another name, such as '{e.varname}_syn'."
                faults.append(Fault(EquationError, text, e.name_span, hint))
                break
    raise_faults(faults, f"{label}, equations")
    check_dependencies(equations, label)


def add_variables(synapses: SynapticViews, equations: Equations, storage: Storage) -> None:
    """Give synapses the variables of their equations.

    Raises ModelSyntaxError if one value for all is computed from one for each.
    """
    for e in equations.values():
        if "summed" not in e.flags:
            _add_variable(synapses, e, storage)
    if event_driven(equations) and "lastupdate" not in synapses.variables:
        synapses._add_array("lastupdate", dim=second.dim, dtype=F64, memory=Standin)


def _add_variable(synapses: SynapticViews, e: SingleEquation, storage: Storage) -> None:
    shared = "shared" in e.flags
    if "linked" in e.flags:
        synapses._add_variable(LinkedVariable(e.varname, e.var_type, e.dim))
        return
    if e.is_replaced:
        assert e.expr is not None
        if shared:
            _check_shared(synapses, e)
        synapses._add_variable(Subexpression(e.varname, e.var_type, e.dim, e.expr, shared))
        return
    synapses._add_array(
        e.varname,
        e.var_type,
        e.dim,
        shared=shared,
        constant="constant" in e.flags,
        read_only=e.type == "subexpression",
        dtype=storage.single.get(e.varname),
        memory=Standin if "event-driven" in e.flags else Slot,
    )


def _check_shared(synapses: SynapticViews, e: SingleEquation) -> None:
    faults: list[Fault] = []
    for name in sorted(e.identifiers):
        _, theirs = synapses._neuron_variable(name) or (None, None)
        found = synapses.variables.get(name) or theirs
        if found is not None and not found.shared:
            text = f"'{e.varname}' is shared, but '{name}' has a value for each synapse."
            faults.append(Fault(ModelSyntaxError, text, e.name_span, "Remove (shared)."))
    raise_faults(faults, f"{synapses._label}, equations")


def constant_over_dt(synapses: SynapticViews, equations: Equations) -> list[Runner]:
    """What computes the subexpressions that hold for a step, if there are any."""
    fixed = [e for e in equations.values() if "constant over dt" in e.flags]
    if not fixed:
        return []
    statements = tuple(Assign(e.varname, None, e.expr) for e in fixed if e.expr is not None)
    name = f"{synapses.name}_subexpression_update"

    def blocks() -> Sequence[Block]:
        domain = synapses._domain()
        if all("shared" in e.flags for e in fixed):
            domain = Elementwise(synapses._part)
        return (Block(name, domain, statements, checked=True),)

    return [
        Runner(
            synapses, name, blocks, when="before_start", order=synapses.order, clock=synapses.clock
        )
    ]
