"""Explicit methods as text.

A scheme is written as in a textbook, with x for all state variables at once:

    k = dt*f(x, t)
    x_new = x + dt*f(x + k/2, t + dt/2)

f(x, t) is the part of dx/dt without noise and g(x, t) the factor of the noise; dW is the increment
of the noise in the step, sqrt(dt) times a standard normal number. With several sources of noise,
a term with g or dW stands for the sum of that term over the sources; a line whose terms all have g
and none of which has dW names one value for each source.

A scheme becomes, for given equations, one assignment for each line and variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import field
from typing import Final, Literal, Self, TypeAlias

from rheobase.equations.latex import latex_expression, latex_name
from rheobase.errors import (
    EquationError,
    Fault,
    ModelSyntaxError,
    Source,
    UnsupportedEquationsError,
    did_you_mean,
    raise_faults,
)
from rheobase.integration.system import System, Updates
from rheobase.integration.terms import (
    DT,
    NOT_REFRACTORY,
    TIME,
    ZERO,
    Refusal,
    is_zero,
    noise_refusal,
    product,
    separated_noise,
    total,
)
from rheobase.integration.written import Written
from rheobase.lang.nodes import (
    Assign,
    Binary,
    Call,
    Conditional,
    Expr,
    Name,
    Number,
    Unary,
    children,
    names_in,
    render,
    substitute,
    transform,
    walk,
)
from rheobase.lang.parse import parse_statements
from rheobase.records import record

__all__ = ["Noise", "Scheme"]

Noise: TypeAlias = Literal["additive", "multiplicative", "diagonal"]

_RESULT: Final = "x_new"
_SYMBOLS: Final = frozenset(("x", "t", "dt", "dW"))


Check: TypeAlias = Callable[[object, object], object]


@record
class Scheme(Written):
    """An explicit method in the notation of this module.

    description   the lines; the last one is x_new = ...
    noise         what noise the method can treat: None, "additive" (factors that change neither
                  with state variables nor with time), "diagonal" (each variable its own source,
                  with a factor that depends on no other noisy variable), "multiplicative" (any)
    order         of convergence without noise
    check         check(equations, symbols) is false, or raises UnsupportedEquationsError, for
                  equations that the method cannot treat although the rest of this would allow it
    Raises ModelSyntaxError for text that is not a scheme.
    """

    name: str
    description: str
    noise: Noise | None = None
    order: int = 1
    options: Mapping[str, object] = field(default_factory=dict[str, object])
    check: Check | None = None

    def __post_init__(self) -> None:
        _check(self.statements, self.noise)

    def named(self, name: str) -> Self:
        """The same method under another name."""
        made = copy(self)
        object.__setattr__(made, "name", name)
        return made

    def __str__(self) -> str:
        lines = (f"{s.target} = {render(s.value)}" for s in self.statements)
        return "\n".join((f"{self.name}:", *(f"    {line}" for line in lines)))

    def __repr__(self) -> str:
        text = "\n".join(f"{s.target} = {render(s.value)}" for s in self.statements)
        return f"{type(self).__name__}({self.name!r}, {text!r}, noise={self.noise!r})"

    def _repr_latex_(self) -> str:
        rows = (
            rf"{_latex_target(s.target)} &= {latex_expression(s.value)}" for s in self.statements
        )
        return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"

    @property
    def statements(self) -> tuple[Assign, ...]:
        """The lines of the scheme, applied to a system."""
        return parse_statements(self.description, Source(self.description, f"scheme '{self.name}'"))

    def refuses(self, system: System) -> Refusal | None:
        """Why the method cannot treat a system; empty if it can."""
        noisy: dict[str, dict[str, Expr]] = {}
        for name, expr in system.equations.items():
            parts = separated_noise(expr)
            if isinstance(parts, Refusal):
                return parts
            if parts[1]:
                noisy[name] = parts[1]
        return _noise_refusal(noisy, self.noise, system) or self._own_refusal(system)

    def _own_refusal(self, system: System) -> Refusal | None:
        if self.check is None:
            return None
        try:
            suits = self.check(system.source, system.symbols)
        except UnsupportedEquationsError as error:
            return Refusal(f"its own check says: {error}")
        return Refusal("its own check refuses them.") if suits is False else None

    def integrate(self, system: System, options: Mapping[str, object]) -> Updates:
        """The statements of one step of a system."""
        return Updates(tuple(_Expansion(self, system).statements()))


# -------------------------------------------------------------------- what a scheme may say
def _latex_target(name: str) -> str:
    return r"x_{\mathrm{new}}" if name == _RESULT else latex_name(name)


def _check(statements: Sequence[Assign], noise: Noise | None) -> None:
    known: set[str] = set(_SYMBOLS)
    faults: list[Fault] = []
    for k, statement in enumerate(statements):
        is_last = k == len(statements) - 1
        if (statement.target == _RESULT) != is_last:
            message = "The last line of a scheme, and only that, is x_new = ..."
            faults.append(Fault(ModelSyntaxError, message, statement.target_span))
        if statement.op is not None or statement.target in known:
            message = f"'{statement.target}' already has a meaning: each line names a new value."
            faults.append(Fault(ModelSyntaxError, message, statement.target_span))
        for node in walk(statement.value):
            if isinstance(node, Name) and node.id not in known:
                hint = did_you_mean(node.id, known)
                message = f"'{node.id}' is not defined in a line above."
                faults.append(Fault(ModelSyntaxError, message, node.span, hint))
            elif isinstance(node, Call) and node.function in ("f", "g") and len(node.args) != 2:
                message = f"'{node.function}' takes a state and a time: {node.function}(x, t)."
                faults.append(Fault(ModelSyntaxError, message, node.span))
        known.add(statement.target)
        faults += _noise_faults(statement, noise)
    if not statements:
        faults.append(Fault(EquationError, "A scheme has at least the line x_new = ..."))
    raise_faults(faults)


def _noise_faults(statement: Assign, noise: Noise | None) -> Iterator[Fault]:
    """Noise in a scheme that says it takes none; f as a factor of noise."""
    for term in _terms(statement.value):
        calls = {n.function for n in walk(term) if isinstance(n, Call)}
        is_noisy = "g" in calls or "dW" in names_in(term)
        if is_noisy and noise is None:
            message = "This term has noise, but the method is declared for equations without."
            hint = "Declare what noise it takes: stochastic='additive' or 'multiplicative'."
            yield Fault(ModelSyntaxError, message, term.span, hint)
        elif is_noisy and any(isinstance(n, Call) and n.function == "f" for n in _factors(term)):
            message = "This term multiplies f, the part without noise, with the noise."
            yield Fault(ModelSyntaxError, message, term.span, "Write them as two terms: a + b.")


def _factors(term: Expr) -> Iterator[Expr]:
    """The nodes of a term, without the states at which f and g are taken."""
    yield term
    if not (isinstance(term, Call) and term.function in ("f", "g")):
        for x in children(term):
            yield from _factors(x)


def _noise_refusal(
    noisy: Mapping[str, Mapping[str, Expr]], allowed: Noise | None, system: System
) -> Refusal | None:
    """Why noise with these factors is beyond a method, or None."""
    for name, factors in noisy.items():
        for xi, factor in factors.items():
            if allowed is None:
                return noise_refusal(name, system.equations[name])
            changing = _changing(factor, system)
            if allowed == "additive" and changing:
                return Refusal(
                    f"'{xi}' in the equation for '{name}' is multiplied by '{changing[0].id}', "
                    "which changes with time: this method takes additive noise.",
                    changing[0].span,
                )
    return _diagonal_refusal(noisy, system) if allowed == "diagonal" else None


def _diagonal_refusal(noisy: Mapping[str, Mapping[str, Expr]], system: System) -> Refusal | None:
    owner: dict[str, str] = {}
    for name, factors in noisy.items():
        if not any(_changing(g, system) for gs in noisy.values() for g in gs.values()):
            return None  # additive noise commutes, whatever its form
        if len(factors) > 1:
            both = " and ".join(f"'{xi}'" for xi in factors)
            place = _place(next(iter(factors)), system.equations[name]).span
            text = f"'{name}' has two sources of noise, {both}: this method takes one."
            return Refusal(text, place)
        for xi, factor in factors.items():
            first = owner.setdefault(xi, name)
            place = _place(xi, system.equations[name]).span
            if first != name:
                text = f"'{first}' and '{name}' share the noise '{xi}': this method takes one each."
                return Refusal(text, place)
            others = [n for n in _changing(factor, system) if n.id in noisy and n.id != name]
            if others:
                text = (
                    f"The noise of '{name}' is multiplied by '{others[0].id}', which has noise of "
                    "its own: this method takes factors of the variable itself."
                )
                return Refusal(text, others[0].span)
    return None


def _changing(expr: Expr, system: System) -> list[Name]:
    """The names in an expression whose value changes during a step."""
    if isinstance(expr, Call) and expr.function in system.still and expr.args[0] == TIME:
        return [n for x in expr.args[1:] for n in _changing(x, system)]
    if isinstance(expr, Name):
        changes = expr.id in system.equations or expr.id in ("t", "t_in_timesteps")
        return [expr] if changes else []
    return [n for x in children(expr) for n in _changing(x, system)]


def _place(name: str, expr: Expr) -> Name:
    return next(n for n in walk(expr) if isinstance(n, Name) and n.id == name)


# -------------------------------------------------------------------- expansion
Stage: TypeAlias = "dict[str, Expr]"  # variable -> value
PerSource: TypeAlias = "dict[tuple[str, str], Expr]"  # (variable, noise) -> value


class _Expansion:
    """One scheme, written out for one system."""

    def __init__(self, scheme: Scheme, system: System) -> None:
        self._scheme = scheme
        self._system = system
        self._drift: Stage = {}
        self._factors: PerSource = {}
        self._out: list[Assign] = []
        for name, expr in system.equations.items():
            parts = separated_noise(expr)
            if isinstance(parts, Refusal):
                raise ValueError(parts)
            self._drift[name] = self._still_if_refractory(name, parts[0])
            for xi, factor in parts[1].items():
                self._factors[name, xi] = self._still_if_refractory(name, factor)
        self._sources = sorted({xi for _, xi in self._factors})
        self._stages: dict[str, Stage] = {"x": {n: Name(n) for n in self._drift}}
        self._per_source: dict[str, PerSource] = {}
        self._arguments: dict[Expr, Stage] = {}

    def _still_if_refractory(self, name: str, slope: Expr) -> Expr:
        if name not in self._system.refractory or is_zero(slope):
            return slope
        return Conditional(NOT_REFRACTORY, slope, ZERO)

    def statements(self) -> Iterator[Assign]:
        """The assignments of one step."""
        for xi in self._sources:
            draw = product(Call("sqrt", (DT,)), Call("randn", ()))
            self._assign(_increment(xi).id, draw)
        for line in self._scheme.statements:
            self._line(line)
        yield from self._out
        for name in self._drift:
            value = self._stages[_RESULT][name]
            if value != Name(name):
                yield Assign(name, None, value)

    def _assign(self, name: str, value: Expr) -> Expr:
        """A temporary with this value; the value itself where it is no more than a name."""
        if isinstance(value, Name | Number):
            return value
        self._out.append(Assign(name, None, value))
        return Name(name)

    def _line(self, line: Assign) -> None:
        terms = list(_terms(line.value))
        sums = [self._has_noise(t) for t in terms]
        if all(sums) and not any("dW" in names_in(t) for t in terms):
            values: PerSource = {}
            for name, xi in self._factors:
                value = self._value(line.value, name, xi)
                values[name, xi] = self._assign(f"_{line.target}_{name}_{xi}", value)
            self._per_source[line.target] = values
            return
        stage: Stage = {}
        for name in self._drift:
            value = total(self._written_out(terms, name))
            stage[name] = self._assign(f"_{line.target}_{name}", value)
        self._stages[line.target] = stage

    def _written_out(self, terms: Sequence[Expr], name: str) -> Iterator[Expr]:
        for term in terms:
            if not self._has_noise(term):
                yield self._value(term, name, None)
                continue
            for xi in self._sources:
                if (name, xi) in self._factors:
                    yield self._value(term, name, xi)

    def _has_noise(self, expr: Expr) -> bool:
        return any(
            (isinstance(n, Name) and (n.id == "dW" or n.id in self._per_source))
            or (isinstance(n, Call) and n.function == "g")
            for n in walk(expr)
        )

    def _value(self, expr: Expr, name: str, xi: str | None) -> Expr:
        """An expression of the scheme, for one variable and one source of noise."""

        # f and g are put in first: their arguments mean all variables at once
        slopes: dict[str, Expr] = {}

        def place_slopes(node: Expr) -> Expr:
            if isinstance(node, Call) and node.function in ("f", "g"):
                key = f"slope {len(slopes)}"  # no name of a model has a blank
                slopes[key] = self._slope(node, name, xi)
                return Name(key)
            match node:
                case Binary(op=op, left=a, right=b):
                    return Binary(op, place_slopes(a), place_slopes(b))
                case Unary(op=op, operand=x):
                    return Unary(op, place_slopes(x))
                case Call(function=f, args=xs):
                    return Call(f, tuple(place_slopes(x) for x in xs))
                case _:
                    return node

        placed = place_slopes(expr)
        values = {s: stage[name] for s, stage in self._stages.items()} | slopes
        if xi is not None:
            values |= {s: v[name, xi] for s, v in self._per_source.items()}
            values["dW"] = _increment(xi)
        return _tidy(substitute(placed, values))

    def _slope(self, call: Call, name: str, xi: str | None) -> Expr:
        state, time = call.args
        function = self._drift[name] if call.function == "f" else self._factors[name, xi or ""]
        values: dict[str, Expr] = {}
        if state != Name("x"):
            values |= self._argument(state)
        if time != TIME:
            values[TIME.id] = time
        return substitute(function, values)

    def _argument(self, state: Expr) -> Stage:
        """The state at which f or g is taken, as temporaries that are made once."""
        if isinstance(state, Name) and state.id in self._stages:
            return self._stages[state.id]
        if state not in self._arguments:
            number = len(self._arguments) + 1
            terms = list(_terms(state))
            self._arguments[state] = {
                name: self._assign(f"_x{number}_{name}", total(self._written_out(terms, name)))
                for name in self._drift
            }
        return self._arguments[state]


def _increment(xi: str) -> Name:
    return Name(f"_dW_{xi}")


def _terms(expr: Expr) -> Iterator[Expr]:
    """The summands of an expression."""
    match expr:
        case Binary(op="+", left=a, right=b):
            yield from _terms(a)
            yield from _terms(b)
        case Binary(op="-", left=a, right=b):
            yield from _terms(a)
            for term in _terms(b):
                yield Unary("-", term)
        case _:
            yield expr


def _tidy(expr: Expr) -> Expr:
    """Leave zeros out, which come from variables whose derivative is zero."""

    def rule(node: Expr) -> Expr | None:
        match node:
            case Binary(op="*", left=a, right=b) if is_zero(a) or is_zero(b):
                return ZERO
            case Binary(op="/", left=a) if is_zero(a):
                return ZERO
            case Unary(operand=x) if is_zero(x):
                return ZERO
            case Binary(op="+", left=a, right=b) if is_zero(a):
                return b
            case Binary(op="+" | "-", left=a, right=b) if is_zero(b):
                return a
            case _:
                return None

    return transform(expr, rule)
