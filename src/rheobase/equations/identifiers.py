"""Which names a variable may have."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import Final

from rheobase.equations.single import is_noise
from rheobase.errors import EquationError, Fault, ModelError, ModelSyntaxError, Span
from rheobase.lang.functions import FUNCTIONS
from rheobase.lang.scope import CONSTANTS
from rheobase.units.specs import find_spec

__all__ = ["IdentifierCheck", "identifier_faults", "register_identifier_check"]

IdentifierCheck = Callable[[str], object]

_SPECIAL: Final = {
    "t": "the current time",
    "dt": "the duration of a step",
    "t_in_timesteps": "the number of the current step",
    "i": "the number of the element within its group",
    "N": "the number of elements of the group",
    "xi": "white noise",
    "not_refractory": "whether a neuron may spike",
    "refractory": "part of the refractory mechanism",
    "refractory_until": "part of the refractory mechanism",
}
_extra_checks: list[IdentifierCheck] = []


def register_identifier_check(check: IdentifierCheck) -> None:
    """Let `check(name)` see every name that equations define from now on.

    It refuses a name by raising SyntaxError or ValueError with the reason.
    """
    if check not in _extra_checks:
        _extra_checks.append(check)


def identifier_faults(name: str, span: Span, summed: bool = False) -> list[Fault]:
    """What speaks against a variable of this name: at most one fault of our own, and those of
    registered checks. A summed variable is one of a neuron: it ends in '_pre' or '_post'."""
    own = name.removesuffix("_post").removesuffix("_pre") if summed else name
    reason = _reason(own)
    if reason is not None:
        return [Fault(reason[0], f"'{name}' {reason[1]}", span, reason[2])]
    found: list[Fault] = []
    for check in _extra_checks:
        try:
            check(name)
        except ModelError as problem:
            found.extend(problem.faults or [Fault(ModelSyntaxError, str(problem), span)])
        except (SyntaxError, ValueError) as problem:
            found.append(Fault(ModelSyntaxError, str(problem), span))
    return found


def _reason(name: str) -> tuple[type[ModelError], str, str] | None:
    """(exception, why not, what to try), or None if the name is free."""
    if keyword.iskeyword(name):
        return ModelSyntaxError, "is a keyword of Python: it cannot name a variable.", ""
    if name.startswith("_"):
        hint = f"Write '{name.strip('_') or 'x'}'."
        return ModelSyntaxError, "begins with an underscore: such names are internal.", hint
    if name.endswith(("_pre", "_post")):
        return (
            EquationError,
            "ends in '_pre' or '_post': these endings refer to the neurons before and behind a "
            "synapse.",
            f"Write for example '{_without_suffix(name)}'.",
        )
    if is_noise(name):
        return (
            ModelSyntaxError,
            "is white noise: names of this form cannot be defined.",
            "Use xi and xi_... in differential equations; they need no definition.",
        )
    if name in _SPECIAL:
        return ModelSyntaxError, f"already means {_SPECIAL[name]}: it cannot be defined.", ""
    if name in CONSTANTS:
        value = CONSTANTS[name].value
        return ModelSyntaxError, f"is a constant ({value:.6g}): it cannot name a variable.", ""
    if name in FUNCTIONS:
        return ModelSyntaxError, "is a function: it cannot name a variable.", ""
    if find_spec(name) is not None:
        return ModelSyntaxError, "is a unit: it cannot name a variable.", ""
    return None


def _without_suffix(name: str) -> str:
    base, _, side = name.rpartition("_")
    return f"{side}_{base}" if base else f"x{side}"
