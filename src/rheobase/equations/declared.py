"""The unit behind the colon of an equation: `volt`, `farad/meter**2`, `amp/(meter**2)`, `1`.

    unit    = factor (("*" | "/") factor)*
    factor  = atom ["**" power]
    atom    = name | "1" | "(" unit ")"
    power   = ["-"] number | "(" ["-"] number ["/" number] ")"

Only units without a scale count (volt, not mV): the numbers of a model are in SI, and the unit
says of which quantity. `boolean` and `integer` stand alone and declare a type.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rheobase.errors import (
    EquationError,
    Fault,
    ModelError,
    ModelTypeError,
    Source,
    Span,
    did_you_mean,
)
from rheobase.lang.habits import unit_hint
from rheobase.lang.symbols import Type
from rheobase.records import record
from rheobase.units.dimensions import DIMENSIONLESS, Dimension
from rheobase.units.specs import find_spec

__all__ = ["BASE_UNITS", "Declared", "read_unit"]

# units that a model may declare, the usual name of each quantity first
BASE_UNITS: Final = (
    *("volt", "amp", "siemens", "ohm", "second", "hertz", "farad", "meter", "coulomb"),
    *("kelvin", "mmolar", "kilogram", "mole", "joule", "watt", "newton", "pascal"),
    *("henry", "weber", "tesla", "candle", "katal", "gray", "metre", "ampere", "mM"),
)
_MAX_OPEN: Final = 20  # parentheses
_MAX_POWER: Final = 100  # beyond, exponents of dimensions would overflow
_TYPES: Final = {"boolean": Type.BOOLEAN, "integer": Type.INTEGER}
_TYPE_HINTS: Final = {
    "bool": ("boolean", "a truth value"),
    "int": ("integer", "a whole number"),
    "float": ("1", "a number without unit"),
}
_COMMENT: Final = "Comments begin with '#'."
_OWN_LINE: Final = "Each equation begins on a line of its own."
_BEHIND_UNITS: Final = {
    "^": "Powers are written with '**': meter**2.",
    ":": "An equation has one colon: in front of its unit.",
    "[": "Flags stand in parentheses: (constant).",
    "{": "Flags stand in parentheses: (constant).",
    "=": "Values are given to the object: group.x = ...",
    ";": _OWN_LINE,
    ",": _OWN_LINE,
    "%": _COMMENT,
    "!": _COMMENT,
}
_TOKEN: Final = re.compile(
    r"\s*(?P<text>(?P<name>[^\W\d]\w*)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|\*\*|.)"
)


@record
class Declared:
    """What a unit says, and where it ends.

    end   offset in the source of the first character that is not part of the unit
    """

    type: Type
    dim: Dimension
    end: int


@record
class _Token:
    kind: str  # "name", "number", "end" or the operator itself
    text: str
    span: Span


class _UnitError(Exception):
    """Carries a fault out of the recursive descent."""

    def __init__(
        self,
        message: str,
        span: Span,
        hint: str = "",
        error: type[ModelError] = EquationError,
    ) -> None:
        super().__init__(message)
        self.fault = Fault(error, message, span, hint)


def read_unit(source: Source, start: int, end: int) -> Declared | Fault:
    """Read the unit in source.text[start:end]; what follows it there may be flags.

    Returns what it declares, or the first fault of its text.
    """
    reader = _Reader(_tokens(source, start, end))
    try:
        first = reader.peek()
        if first.kind == "name" and first.text in _TYPES:
            reader.advance()
            reader.expect_end()
            return Declared(_TYPES[first.text], DIMENSIONLESS, reader.position)
        dim = reader.unit()
        reader.expect_end()
    except _UnitError as problem:
        return problem.fault
    return Declared(Type.FLOAT, dim, reader.position)


def _tokens(source: Source, start: int, end: int) -> list[_Token]:
    found: list[_Token] = []
    text = source.text[start:end]
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        piece = match["text"]
        kind = "name" if match["name"] else "number" if match["number"] else piece
        span = Span(source, start + match.start("text"), start + match.end("text"))
        found.append(_Token(kind, piece, span))
    last = found[-1].span.end if found else start
    found.append(_Token("end", "", Span(source, last, last)))
    return found


class _Reader:
    """Recursive descent over the tokens of one unit."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._open = 0  # parentheses

    def peek(self) -> _Token:
        return self._tokens[self._next]

    @property
    def position(self) -> int:
        """Where what has been read ends."""
        return self._tokens[self._next - 1].span.end

    def advance(self) -> _Token:
        token = self.peek()
        self._next += 1
        return token

    def expect_end(self) -> None:
        """The unit is over: nothing follows, or the parenthesis of the flags."""
        token = self.peek()
        if token.kind in ("end", "("):
            return
        before = self._tokens[self._next - 1]
        if before.text in _TYPES:
            message = f"'{before.text}' is a type and stands alone: it cannot be combined"
            raise _UnitError(message, before.span.to(token.span))
        if token.kind in ("name", "number"):
            hint = "Units are combined with '*', '/' and '**'; flags stand in parentheses."
            raise _UnitError(f"'{token.text}' does not belong behind a unit.", token.span, hint)
        hint = _BEHIND_UNITS.get(token.kind, "")
        raise _UnitError(f"'{token.text}' has no meaning in a unit.", token.span, hint)

    def unit(self) -> Dimension:
        dim = self._factor()
        while self.peek().kind in ("*", "/"):
            operator = self.advance().kind
            factor = self._factor()
            dim = dim * factor if operator == "*" else dim / factor
        return dim

    def _factor(self) -> Dimension:
        dim = self._atom()
        if self.peek().kind != "**":
            return dim
        self.advance()
        return dim ** self._power()

    def _atom(self) -> Dimension:
        token = self.advance()
        if token.kind == "name":
            return _base_dimension(token)
        if token.kind == "number":
            if token.text == "1":
                return DIMENSIONLESS
            message = f"'{token.text}' is a number, not a unit."
            hint = "Write 1 for a quantity without unit; a unit has no factor in front of it."
            raise _UnitError(message, token.span, hint)
        if token.kind == "(":
            if self._open == _MAX_OPEN:
                raise _UnitError(f"A unit with {_MAX_OPEN} open parentheses is none.", token.span)
            self._open += 1
            dim = self.unit()
            if self.peek().kind != ")":
                raise _UnitError("This parenthesis is never closed.", token.span)
            self._open -= 1
            self.advance()
            return dim
        if token.kind == "end":
            self._next -= 1
            raise _UnitError("A unit is missing here.", token.span, _missing_hint())
        hint = _COMMENT if token.text == "/" else _missing_hint()
        raise _UnitError(f"'{token.text}' stands where a unit is expected.", token.span, hint)

    def _power(self) -> float:
        if self.peek().kind != "(":
            return self._signed()
        opened = self.advance()
        value = self._signed()
        if self.peek().kind == "/":
            self.advance()
            divisor = self._signed()
            if not divisor:
                raise _UnitError("This power divides by zero.", opened.span.to(self.peek().span))
            value /= divisor
        if self.peek().kind != ")":
            raise _UnitError("This parenthesis is never closed.", opened.span)
        self.advance()
        return value

    def _signed(self) -> float:
        sign = 1.0
        if self.peek().kind in ("-", "+"):
            sign = -1.0 if self.advance().kind == "-" else 1.0
        token = self.advance()
        if token.kind != "number":
            self._next -= token.kind == "end"
            met = f"'{token.text}'" if token.text else "nothing"
            raise _UnitError(f"A power is a number; here is {met}.", token.span)
        value = float(token.text)
        if value > _MAX_POWER:
            message = f"A power of a unit is a number up to {_MAX_POWER}, not {token.text}."
            raise _UnitError(message, token.span)
        return sign * value


def _missing_hint() -> str:
    return "Write volt, amp, second, ... , or 1, boolean or integer for a number without unit."


def _base_dimension(token: _Token) -> Dimension:
    name = token.text
    if name in _TYPE_HINTS:
        right, meaning = _TYPE_HINTS[name]
        message = f"'{name}' is not a unit."
        hint = f"{meaning.capitalize()} is declared with '{right}'."
        raise _UnitError(message, token.span, hint, ModelTypeError)
    if name in _TYPES:
        raise _UnitError(f"'{name}' is a type and stands alone: it cannot be combined.", token.span)
    unit = find_spec(name)
    if unit is None:
        near = unit_hint(name) or did_you_mean(name, BASE_UNITS)
        raise _UnitError(f"'{name}' is not a unit.", token.span, near or _missing_hint())
    if unit.value == 1.0:
        return unit.dim
    message = (
        f"'{name}' is {unit.value:g} {unit.dim.symbol}: only units without a scale are declared."
    )
    if name == "molar":
        message = (
            "'molar' is 1000 mol/m^3: a litre is a thousandth of the cubic metre that the SI "
            "counts in, so the base unit of concentration is mmolar."
        )
    hint = f"Write {_as_declared(unit.dim)}; values may still be given in any unit."
    raise _UnitError(message, token.span, hint)


def _as_declared(dim: Dimension) -> str:
    return "1" if dim is DIMENSIONLESS else dim.name.replace(" ", "")
