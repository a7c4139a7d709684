"""Choosing the step: what all methods with an estimate of their error share.

Each element goes from t to t + dt in steps h of its own. A step whose estimated error is within
a quarter of the tolerance of every variable is taken, since errors of several steps add up; the
next h is what would have met 0.9**q of that:

    size = max over x of |error of x|/(tolerance of x/4)
    h_next = h*min(5, max(0.2, 0.9*size**(-1/q))),  q the order of the estimate

and not longer than before where a step has just been refused. An h that would leave a remainder
shorter than itself is halved with it, so that no step is tiny. The very first h of an element is
dt/10: an estimate of the error means nothing where h is much too long, and may happen to be small.
Source: Hairer, Norsett & Wanner 1993, Solving Ordinary Differential Equations I, II.4.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol, cast

import numpy as np

from rheobase.errors import (
    DimensionMismatchError,
    Fault,
    ModelTypeError,
    ModelValueError,
    Source,
    UnknownNameError,
    did_you_mean,
    raise_faults,
)
from rheobase.integration.system import Loop, Memory, System, Table, Updates
from rheobase.integration.terms import (
    DT,
    NOT_REFRACTORY,
    TIME,
    ZERO,
    Refusal,
    is_zero,
    noise_refusal,
    total,
)
from rheobase.lang.functions import called_in
from rheobase.lang.nodes import (
    Assign,
    Binary,
    Call,
    Conditional,
    Expr,
    Name,
    names_in,
    substitute,
    transform,
)
from rheobase.lang.parse import parse_statements
from rheobase.lang.symbols import Type
from rheobase.records import record
from rheobase.units import Quantity, second, to_si
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = [
    "FAILED_AT",
    "OPTIONS",
    "STEP",
    "Adaptive",
    "Attempt",
    "Slopes",
    "StepSizes",
    "advance",
    "control_refusal",
    "variables_for",
]

OPTIONS: Final[Mapping[str, object]] = {
    "adaptable_timestep": True,
    "absolute_error": 1e-6,
    "absolute_error_per_variable": None,
    "relative_error": 0.0,
    "max_steps": 100,
    "use_last_timestep": True,
    "save_failed_steps": False,
    "save_step_count": False,
}
"""The options of every method that chooses its step.

adaptable_timestep            False: one step of dt each time, and no estimate
absolute_error                tolerance in SI units, for each variable: see above
absolute_error_per_variable   {name: tolerance}, in the unit of the variable, where it differs
relative_error                is added to it, times the size of the variable
max_steps                     steps tried within one dt before giving up; 0: any number
use_last_timestep             begin with the h that the element used last, not with dt
save_failed_steps             keep in '_failed_steps' how many steps of the last dt were refused
save_step_count               keep in '_step_count' how many were taken
"""

FAILED_AT: Final = "_failed_at"  # the memory that says when an element could not finish a step
STEP: Final = Name("_h")
_SMALLEST: Final = 1e-13  # of dt: shorter steps do not change t any more
_MANY: Final = 2.0**53
_SHARE: Final = 0.25  # of the tolerance that one step may use up

_BEGIN: Final = """
_next = dt
_refused = False
_n_taken = 0
_n_refused = 0
"""
_BEGIN_WITH_LAST: Final = "_next = _last_timestep if _last_timestep > 0.0 else 0.1*dt"
_CHOOSE: Final = """
_left = dt - _done
_h = _left if _next >= _left else (0.5*_left if _next > 0.5*_left else _next)
"""
_PROPOSE: Final = """
_good = _size <= 1.0
_factor = _min(5.0, _max(0.2, 0.9*_size**_exponent)) if _size < 1e30 else 0.2
_factor = _min(_factor, 1.0) if _refused else _factor
_proposed = _max(_next, _h*_factor) if _good and _h < _next else _h*_factor
"""
_JUDGE: Final = """
_next = _proposed
_done = (dt if _h == _left else _done + _h) if _good else _done
_n_taken = _n_taken + (1 if _good else 0)
_n_refused = _n_refused + (0 if _good else 1)
_refused = not _good
_again = _done < dt and _h > _smallest*dt
"""
_END: Final = "_failed_at = t if _unfinished and _failed_at < 0.0 else _failed_at"


class Attempt(Protocol):
    """Statements that try one step of length `STEP` from a state at a time.

    state   what stands for each variable
    Assigns new_name(x) for every variable, and with `estimate` also error_name(x).
    """

    def __call__(
        self, slopes: Slopes, state: Mapping[str, Expr], time: Expr, estimate: bool
    ) -> Iterable[Assign]: ...


# -------------------------------------------------------------------- what is integrated
class Slopes:
    """The right-hand sides of a system, taken anywhere."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.expressions: dict[str, Expr] = {
            name: self._held(name, _fixed_in_time(expr, system))
            for name, expr in system.equations.items()
        }

    def _held(self, name: str, slope: Expr) -> Expr:
        if name not in self.system.refractory or is_zero(slope):
            return slope
        return Conditional(NOT_REFRACTORY, slope, ZERO)

    def at(self, expr: Expr, state: Mapping[str, Expr], time: Expr) -> Expr:
        """An expression of the system, for another state and time."""
        return substitute(expr, {**state, TIME.id: time, _FIXED_TIME.id: TIME})


_FIXED_TIME: Final = Name("the t of the clock")  # no name of a model has a blank


def _fixed_in_time(expr: Expr, system: System) -> Expr:
    """f(t) that holds during a step of the clock is taken at its beginning throughout."""

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.function in system.still and node.args[0] == TIME:
            return Call(node.function, (_FIXED_TIME, *node.args[1:]), span=node.span)
        return None

    return transform(expr, rule)


def control_refusal(system: System) -> Refusal | None:
    """Why no method that repeats its steps can treat the system, or None."""
    for name, expr in system.equations.items():
        if system.symbols[name].shared:
            return Refusal(
                f"'{name}' is shared, and each element would choose steps of its own for it.",
                expr.span,
                "Shared equations may stand in a group of one neuron.",
            )
        noise = noise_refusal(name, expr)
        if noise is not None:
            return noise
        for function, call in called_in([expr]).items():
            known = system.functions[function]
            if known.draws is not None or not known.stateless:
                text = f"'{function}' in the equation for '{name}' has another value at each call."
                return Refusal(text, call.span)
            if known.callback:
                text = f"'{function}' is computed by Python, which no step within a step can call."
                return Refusal(text, call.span, "A native function may stand there.")
    return None


# -------------------------------------------------------------------- options
@record
class _Control:
    """The options of one system, checked; tolerances in SI."""

    adaptable: bool
    tolerances: Mapping[str, float]
    relative: float
    max_steps: int
    use_last: bool
    save_refused: bool
    save_taken: bool


_FLAGS: Final = ("adaptable_timestep", "use_last_timestep", "save_failed_steps", "save_step_count")


def _control(options: Mapping[str, object], system: System) -> _Control:
    faults: list[Fault] = []
    for name in _FLAGS:
        if not isinstance(options[name], bool | np.bool_):
            text = f"The option '{name}' is True or False, not {options[name]!r}."
            faults.append(Fault(ModelTypeError, text))
    general = _number(options, "absolute_error", faults)
    relative = _number(options, "relative_error", faults, smallest=0.0)
    steps = _number(options, "max_steps", faults, smallest=0.0)
    wanted = dict.fromkeys(system.equations, general)
    wanted |= _given(options["absolute_error_per_variable"], system, faults)
    raise_faults(faults)
    tolerances = {name: _SHARE * tolerance for name, tolerance in wanted.items()}
    flags = [bool(options[name]) for name in _FLAGS]
    return _Control(flags[0], tolerances, _SHARE * relative, int(steps), *flags[1:])


def _number(
    options: Mapping[str, object], name: str, faults: list[Fault], smallest: float | None = None
) -> float:
    value = options[name]
    if isinstance(value, Quantity) and value.dim is DIMENSIONLESS:
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        text = f"The option '{name}' is a number (in SI units), not {value!r}."
        faults.append(Fault(ModelTypeError, text))
        return 1.0
    number = float(cast("float", value))
    if not (number > 0 if smallest is None else number >= smallest):
        wanted = "above 0" if smallest is None else "0 or more"
        text = f"The option '{name}' is {wanted}, not {value!r}."
        faults.append(Fault(ModelValueError, text))
    return number


def _given(value: object, system: System, faults: list[Fault]) -> dict[str, float]:
    """absolute_error_per_variable in SI."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        text = (
            "The option 'absolute_error_per_variable' is a dictionary, variable: tolerance, "
            f"not {value!r}."
        )
        faults.append(Fault(ModelTypeError, text))
        return {}
    found: dict[str, float] = {}
    for name, tolerance in cast("Mapping[str, Any]", value).items():
        if name not in system.equations:
            hint = did_you_mean(name, system.equations)
            text = f"absolute_error_per_variable names '{name}', which has no equation here."
            faults.append(Fault(UnknownNameError, text, hint=hint))
            continue
        number, dim = to_si(tolerance)
        wanted = system.symbols[name].dim
        if dim is not wanted:
            text = f"The tolerance of '{name}' is in {dim}, but '{name}' is in {wanted}."
            faults.append(Fault(DimensionMismatchError, text))
        elif not float(number) > 0:
            text = f"The tolerance of '{name}' is above 0, not {tolerance}."
            faults.append(Fault(ModelValueError, text))
        found[name] = float(number)
    return found


def variables_for(options: Mapping[str, object]) -> tuple[Memory, ...]:
    """The variables that these options give to each element, for scripts to read and record."""
    if not options["adaptable_timestep"]:
        return ()
    made = [Memory("_last_timestep", Type.FLOAT, second.dim)] * bool(options["use_last_timestep"])
    made += [Memory("_failed_steps", Type.INTEGER)] * bool(options["save_failed_steps"])
    made += [Memory("_step_count", Type.INTEGER)] * bool(options["save_step_count"])
    return tuple(made)


# -------------------------------------------------------------------- one step of the clock
def new_name(variable: str) -> str:
    """What an attempt calls the value after its step."""
    return f"_new_{variable}"


def error_name(variable: str) -> str:
    """What an attempt calls its estimate of the error."""
    return f"_error_{variable}"


def advance(
    system: System, options: Mapping[str, object], attempt: Attempt, estimate_order: int
) -> Updates:
    """One dt: by one attempt, or by as many as the tolerance demands."""
    slopes = Slopes(system)
    if _control(options, system).adaptable:
        return _adaptive(slopes, options, attempt, estimate_order)
    state = {name: Name(name) for name in system.equations}
    tried = attempt(slopes, state, TIME, False)
    first = Assign(STEP.id, None, DT)
    return Updates((first, *tried, *(Assign(n, None, Name(new_name(n))) for n in state)))


class StepSizes:
    """How long the next step is: statements and numbers for a loop that takes one at a time.

    carried   `_next`, the size that is proposed, and what else a passage hands to the next
    table     tolerances and limits, as `before` names them: `_most` steps, not below `_smallest` dt
    judged    from `_h` and the errors of an attempt: whether it is `_good`, and what is `_proposed`
    after     keeps what scripts may read; `_unfinished` says whether the dt could not be finished
    """

    memory: Final = (Memory(FAILED_AT, Type.FLOAT, second.dim, -1.0),)

    def __init__(
        self, system: System, options: Mapping[str, object], state: Mapping[str, Expr], order: int
    ) -> None:
        control = _control(options, system)
        names = ["_most", "_smallest", "_exponent", "_relative", *map(_tolerance_name, state)]
        values = [control.max_steps or _MANY, _SMALLEST, -1 / order, control.relative]
        values += control.tolerances.values()
        self.table = Table("_control", len(values), lambda evaluate: np.array(values, np.float64))
        self.before = [Assign(n, None, Name(f"_control_{k}")) for k, n in enumerate(names)]
        self.before += _parsed(_BEGIN)
        self.after = _parsed(_END)
        if control.use_last:
            self.before += _parsed(_BEGIN_WITH_LAST)
            self.after += _parsed("_last_timestep = _next")
        if control.save_refused:
            self.after += _parsed("_failed_steps = _n_refused")
        if control.save_taken:
            self.after += _parsed("_step_count = _n_taken")
        used = frozenset[str]().union(*(names_in(s.value) for s in self.after))
        self.carried = ("_next", "_refused", *(n for n in ("_n_taken", "_n_refused") if n in used))
        self.judged = [Assign("_size", None, _size(state, control)), *_parsed(_PROPOSE)]


def _adaptive(
    slopes: Slopes, options: Mapping[str, object], attempt: Attempt, order: int
) -> Updates:
    state: dict[str, Expr] = {name: Name(f"_at_{name}") for name in slopes.expressions}
    sizes = StepSizes(slopes.system, options, state, order)
    time = Binary("+", TIME, Name("_done"))
    before = [*sizes.before, *_parsed("_done = 0.0")]
    before += [Assign(_id(x), None, Name(n)) for n, x in state.items()]
    loop = Loop(
        carried=("_done", *sizes.carried, *map(_id, state.values())),
        statements=(
            *_parsed(_CHOOSE),
            *attempt(slopes, state, time, True),
            *sizes.judged,
            *_parsed(_JUDGE),
            *(_accepted(n, x) for n, x in state.items()),
        ),
        again=Name("_again"),
        limit=Name("_most"),
        after=(
            *(Assign(n, None, x) for n, x in state.items()),
            *_parsed("_unfinished = _done < dt"),
            *sizes.after,
        ),
    )
    return Updates(tuple(before), (sizes.table,), loop, sizes.memory)


def _parsed(text: str) -> list[Assign]:
    return list(parse_statements(text.strip(), Source(text.strip(), "step control")))


def _id(name: Expr) -> str:
    assert isinstance(name, Name)
    return name.id


def _tolerance_name(variable: str) -> str:
    return f"_tolerance_{variable}"


def _accepted(name: str, state: Expr) -> Assign:
    return Assign(_id(state), None, Conditional(Name("_good"), Name(new_name(name)), state))


def _size(state: Mapping[str, Expr], control: _Control) -> Expr:
    """The greatest error, in units of the tolerance."""
    sizes: list[Expr] = []
    for name, before in state.items():
        tolerance: Expr = Name(_tolerance_name(name))
        if control.relative:
            larger = Call("_max", (_absolute(before), _absolute(Name(new_name(name)))))
            tolerance = total((tolerance, Binary("*", Name("_relative"), larger)))
        sizes.append(Binary("/", _absolute(Name(error_name(name))), tolerance))
    result = sizes[0]
    for size in sizes[1:]:
        result = Call("_max", (result, size))
    return result


def _absolute(x: Expr) -> Expr:
    return Call("abs", (x,))


# -------------------------------------------------------------------- what such methods are
@record
class Adaptive(ABC):
    """A method that chooses its step: what is left to say is how it tries one.

    order, order_low   of the result, and of the one that it is compared with
    """

    name: str

    @property
    def options(self) -> Mapping[str, object]:
        return OPTIONS

    @property
    @abstractmethod
    def order(self) -> int: ...

    @property
    @abstractmethod
    def order_low(self) -> int: ...

    @abstractmethod
    def attempt(
        self, slopes: Slopes, state: Mapping[str, Expr], time: Expr, estimate: bool
    ) -> Iterable[Assign]:
        """Statements of one try; see Attempt."""

    def refuses(self, system: System) -> Refusal | None:
        return control_refusal(system)

    def variables(self, options: Mapping[str, object]) -> tuple[Memory, ...]:
        return variables_for(options)

    def integrate(self, system: System, options: Mapping[str, object]) -> Updates:
        return advance(system, options, self.attempt, self.order_low + 1)
