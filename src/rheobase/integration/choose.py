"""The table of methods, and which of them integrates a system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias, TypeGuard, cast

from rheobase.errors import (
    Fault,
    ModelTypeError,
    ModelValueError,
    UnknownNameError,
    UnsupportedEquationsError,
    did_you_mean,
    raise_faults,
)
from rheobase.integration.crossing import BetweenGridPoints, Spiking
from rheobase.integration.euler import EULER
from rheobase.integration.exact import EXACT
from rheobase.integration.exponential_euler import EXPONENTIAL_EULER
from rheobase.integration.heun import HEUN
from rheobase.integration.milstein import MILSTEIN
from rheobase.integration.rk2 import RK2
from rheobase.integration.rk4 import RK4
from rheobase.integration.rosenbrock import ROSENBROCK
from rheobase.integration.runge_kutta import PAIRS
from rheobase.integration.scheme import Scheme
from rheobase.integration.system import Memory, Method, Remembering, System, Updates
from rheobase.integration.terms import Refusal
from rheobase.integration.written import Statements, as_method
from rheobase.topics import topic

__all__ = [
    "ALIASES",
    "DEFAULT_METHODS",
    "METHODS",
    "Choice",
    "MethodChoice",
    "candidates",
    "choose",
    "find_method",
    "memory_of",
    "refusals",
    "register",
]


METHODS: Final[dict[str, Method]] = {
    m.name: m
    for m in (EXACT, EXPONENTIAL_EULER, EULER, RK2, RK4, HEUN, MILSTEIN, *PAIRS, ROSENBROCK)
}
ALIASES: Final[dict[str, str]] = {
    "linear": "exact",
    "independent": "exact",
    "gsl": "gsl_rkf45",
}
DEFAULT_METHODS: Final = ("exact", "euler", "heun")
_SUGGESTED: Final = (
    "exact", "exponential_euler", "rk2", "rk4", "gsl_rkf45", "euler", "heun", "milstein",
)  # fmt: skip

MethodChoice: TypeAlias = str | Method | Statements
"""One method as scripts give it: its name, a method object, or a function of Equations."""


def register(name: str, method: Method | Statements) -> None:
    """Let models name a method of one's own.

    Raises ModelValueError if the name is taken, ModelTypeError for what is no method.
    """
    if name in METHODS or name in ALIASES:
        raise_faults([Fault(ModelValueError, f"There already is a method '{name}'.")])
    if isinstance(method, Scheme):
        METHODS[name] = method.named(name)
    else:
        METHODS[name] = method if _is_method(method) else as_method(_function(method), name)


def _is_method(method: object) -> TypeGuard[Method]:
    return all(hasattr(method, a) for a in ("name", "options", "refuses", "integrate"))


def _function(method: object) -> Statements:
    if not callable(method):
        message = (
            "A method is a name, a method object or a function of Equations, "
            f"not {type(method).__name__}."
        )
        raise_faults([Fault(ModelTypeError, message, hint=f"Methods: {', '.join(METHODS)}.")])
    return cast("Statements", method)


def find_method(method: MethodChoice) -> Method:
    """The method of this name; a method stands for itself, a function for what it writes.

    Raises ModelValueError for an unknown name, ModelTypeError for anything else.
    """
    if isinstance(method, str):
        found = METHODS.get(ALIASES.get(method, method))
        if found is None:
            known = [*METHODS, *ALIASES]
            hint = did_you_mean(method, known) or f"Methods: {', '.join(METHODS)}."
            raise_faults([Fault(ModelValueError, f"There is no method '{method}'.", hint=hint)])
        assert found is not None  # raise_faults does not return
        if method == "independent":
            topic("deprecated_independent").warning(
                "the method 'independent' is deprecated: 'exact' solves all that it could"
            )
        return found
    return method if _is_method(method) else as_method(_function(method))


def refusals(system: System, methods: Iterable[MethodChoice]) -> dict[str, str]:
    """Why each of the methods that cannot treat the system cannot: name -> reason."""
    reasons = ((m.name, m.refuses(system)) for m in map(find_method, methods))
    return {name: reason for name, reason in reasons if reason is not None}


class Choice(NamedTuple):
    """The method that is taken, the step that it makes, and why each one before it was not."""

    method: Method
    updates: Updates
    reasons: Mapping[str, str]


def choose(
    system: System,
    method: MethodChoice | Sequence[MethodChoice] | None = None,
    options: Mapping[str, object] | None = None,
    spiking: Spiking | None = None,
) -> Choice:
    """The first of the methods that can treat the system, and the step that it makes.

    method    one method, several to try in turn, or None: DEFAULT_METHODS
    options   of the method that is taken; what is not given has its default
    spiking   what makes the elements spike, if that is to be found within the step
    Raises UnsupportedEquationsError if no method can, saying which term stands in the way of each;
    ModelValueError for an unknown method; UnknownNameError for an unknown option.
    """
    reasons: dict[str, str] = {}
    for given in [find_method(m) for m in candidates(method)]:
        candidate = _within(given, spiking)
        reason = candidate.refuses(system)
        if reason is None:
            updates = candidate.integrate(system, _complete(given, options or {}))
            return Choice(given, updates, reasons)
        reasons[given.name] = reason
    can = _names_of_those_that_can(system, spiking)
    raise_faults([_unsupported(name, reason, can) for name, reason in reasons.items()])
    raise ModelValueError("No method is given: name at least one, or leave the argument out.")


def _within(method: Method, spiking: Spiking | None) -> Method:
    return method if spiking is None else BetweenGridPoints(method, spiking)


def _names_of_those_that_can(system: System, spiking: Spiking | None) -> str:
    """Up to four methods of the table that would treat the system: "'rk4', 'euler'"."""
    able = [name for name in _SUGGESTED if _within(METHODS[name], spiking).refuses(system) is None]
    return ", ".join(f"'{name}'" for name in able[:4])


def candidates(
    method: MethodChoice | Sequence[MethodChoice] | None,
) -> Sequence[MethodChoice]:
    """The methods to try in turn that a script has given."""
    if method is None:
        return DEFAULT_METHODS
    if isinstance(method, Sequence) and not isinstance(method, str):
        return cast("Sequence[MethodChoice]", method)
    return [method]


def _unsupported(name: str, reason: str, can: str) -> Fault:
    known = reason if isinstance(reason, Refusal) else Refusal(reason)
    span = known.span if known.span.source.text else None
    message = f"The method '{name}' cannot integrate these equations: {_lowered(known)}"
    methods = f"Methods that can: {can}." if can else ""
    return Fault(UnsupportedEquationsError, message, span, f"{known.hint} {methods}".strip())


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def memory_of(
    method: MethodChoice | Sequence[MethodChoice] | None, options: Mapping[str, object]
) -> tuple[Memory, ...]:
    """The variables that a group gets because one of these methods may integrate it."""
    found: dict[str, Memory] = {}
    for given in candidates(method):
        known = METHODS.get(ALIASES.get(given, given)) if isinstance(given, str) else given
        if known is not None and isinstance(known, Remembering):
            made = known.variables({**known.options, **options})
            found |= {m.name: m for m in made}
    return tuple(found.values())


def _complete(method: Method, options: Mapping[str, object]) -> dict[str, object]:
    unknown = [name for name in options if name not in method.options]
    faults: list[Fault] = []
    for name in unknown:
        known = ", ".join(method.options)
        rule = f"Its options: {known}." if known else "It has none."
        hint = f"{did_you_mean(name, method.options)} {rule}".strip()
        message = f"The method '{method.name}' has no option '{name}'."
        faults.append(Fault(UnknownNameError, message, hint=hint))
    raise_faults(faults)
    return {**method.options, **options}
