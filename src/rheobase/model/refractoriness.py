"""When a neuron that has spiked may spike again.

A group with refractoriness has two variables more: `lastspike`, and `not_refractory`, which is
decided anew before each step of integration:

    a time            not_refractory = timestep(t - lastspike, dt) >= timestep(time, dt)
    true or false     not_refractory = not_refractory or not condition

so an expression counts in each step as it is then, and a condition that has become false ends the
state for good, until the next spike.
"""

from __future__ import annotations

from collections.abc import Mapping

from rheobase.errors import FaultList, ModelTypeError
from rheobase.lang.check import infer
from rheobase.lang.functions import FunctionInfo, called_in
from rheobase.lang.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Expr,
    Logic,
    Name,
    Not,
    Number,
)
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.variables import Variable
from rheobase.units import second

__all__ = [
    "NEVER",
    "check_refractory",
    "is_condition",
    "mark_spiked",
    "refractory_update",
    "whole_steps",
]

NEVER = -1e4  # s: lastspike of a neuron that has not fired


def refractory_update(
    code: Expr | None, variables: Mapping[str, Variable], exact_times: bool = False
) -> tuple[Assign, ...]:
    """The statement that decides before a step; () without refractoriness.

    exact_times   compare times, not numbers of steps: what a time between two steps means then
                  depends on rounding
    """
    if code is None:
        return ()
    if is_condition(code, variables):
        value: Expr = Logic("or", (Name("not_refractory"), Not(code)))
        return (Assign("not_refractory", None, value),)
    since = Binary("-", Name("t"), Name("lastspike"))
    if exact_times:
        return (Assign("not_refractory", None, Compare(">", since, code)),)
    # timestep(t - lastspike, dt) >= timestep(code, dt), without a division per neuron:
    # timestep adds a thousandth of a step, which takes the rounding of t - lastspike
    slack = Binary("*", Number(1e-3), Name("dt"))
    value = Compare(">=", Binary("+", since, slack), whole_steps(code))
    return (Assign("not_refractory", None, value),)


def whole_steps(code: Expr) -> Expr:
    """A time in whole steps, as a time."""
    return Binary("*", Call("timestep", (code, Name("dt"))), Name("dt"))


def mark_spiked() -> tuple[Assign, ...]:
    """What a spike does, before its reset."""
    return (
        Assign("lastspike", None, Name("t")),
        Assign("not_refractory", None, Number(False)),
    )


def check_refractory(
    code: Expr,
    scope: Mapping[str, Symbol],
    functions: Mapping[str, FunctionInfo],
    faults: FaultList,
) -> None:
    """Add a fault if an expression is neither a time nor a condition."""
    if not called_in([code]).keys() <= functions.keys():
        return
    n_faults = len(faults.faults)
    kind = infer(code, scope, faults, functions)
    if len(faults.faults) > n_faults or kind.type is Type.BOOLEAN:
        return
    if kind.dim is not second.dim:
        met = "a pure number" if kind.dim.is_dimensionless else f"in {kind.dim}"
        message = f"'refractory' must be a time, or true or false; this is {met}."
        faults.add(ModelTypeError, message, code.span, "Write it as 3*ms, or 'v > 0*mV'.")


def is_condition(code: Expr, variables: Mapping[str, Variable]) -> bool:
    """Whether an expression is true or false, rather than a time."""
    match code:
        case Compare() | Logic() | Not():
            return True
        case Name(id=name) if name in variables:
            return variables[name].type is Type.BOOLEAN
        case Number(value=value):
            return isinstance(value, bool)
        case _:
            return False
