"""How faults of types and dimensions are said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rheobase.errors import Span
from rheobase.lang.nodes import Binary, Expr, Name, render, walk
from rheobase.lang.scope import CONSTANTS
from rheobase.lang.symbols import Symbol
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["VERBS", "bare_time", "factor_hint", "is_in", "place", "text_of", "unlike"]

_RATE: Final = Dimension((0, 0, -1, 0, 0, 0, 0))
_WRONG_SIDE: Final = _RATE * _RATE
_WHITE: Final = (_RATE**0.5, _RATE**-0.5)
# the unit in which a number is usually given, by what it is in
_USUAL: Final = {
    "volt": "mV", "amp": "nA", "second": "ms", "siemens": "nS", "farad": "pF", "ohm": "Mohm",
    "metre": "um", "hertz": "Hz", "mmolar": "mM",
}  # fmt: skip
# named units of SI that are no words of this field
_SPELT_OUT: Final = {
    "weber": "volt * second", "henry": "ohm * second", "gray": "metre**2 / second**2",
    "katal": "mole / second",
}  # fmt: skip
VERBS: Final = {"+": "added", "-": "subtracted", "%": "divided with remainder"}
_LONGEST: Final = 60  # characters of the user's text that a message repeats


def text_of(expr: Expr) -> str:
    """An expression as the user wrote it, if it is short and on one line, else rendered."""
    text = expr.span.text
    if not text or "\n" in text or "\r" in text or "#" in text:
        text = render(expr)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def place(span: Span) -> Span | None:
    """The span, or None if no user wrote it."""
    return span if span.source.text else None


def unit_of(dim: Dimension) -> str:
    """The unit as a user would write it; a rate of change is 1/second rather than hertz."""
    return "1/second" if dim is _RATE else _SPELT_OUT.get(str(dim), str(dim))


def is_in(what: str, dim: Dimension) -> str:
    """'I is in amp', 'x is a pure number'."""
    return f"{what} is a pure number" if dim is DIMENSIONLESS else f"{what} is in {unit_of(dim)}"


def unlike(a: str, dim_a: Dimension, b: str, dim_b: Dimension, verb: str) -> str:
    """'I is in amp and v is in volt: they cannot be added. A factor in ohm would ...'"""
    message = f"{is_in(a, dim_a)} and {is_in(b, dim_b)}: they cannot be {verb}."
    if dim_b is DIMENSIONLESS and (_is_literal(b) or not _is_literal(a)):
        return message + factor_hint(b, dim_b, dim_a)
    return message + factor_hint(a, dim_a, dim_b)


def factor_hint(text: str, met: Dimension, wanted: Dimension) -> str:
    """What would turn an expression into one of the wanted dimension; begins with a blank."""
    if met is DIMENSIONLESS and _is_literal(text):
        usual = _USUAL.get(str(wanted), str(wanted) if _is_simple(wanted) else "")
        return f" A unit is missing, as in {text}*{usual}." if usual else ""
    if wanted is DIMENSIONLESS:
        return f" Dividing {text} by {_article(str(met))} gives one." if _is_one_word(met) else ""
    factor = wanted / met
    if factor in _WHITE:
        return " White noise has second**-0.5: with tau in second, write sigma*xi*tau**-0.5."
    if factor is _WRONG_SIDE:
        return " A time is multiplied where it should divide."
    if factor is _RATE:
        if "tau" in text:
            return " A division by a time is missing."
        return f" A time constant is missing: {_factor(text)}/tau, with tau in second."
    if not _is_one_word(factor) or not _is_simple(wanted):
        return ""
    return f" A factor in {factor} would turn {text} into {_article(str(wanted))}."


def bare_time(expr: Expr, met: Dimension, wanted: Dimension, scope: Mapping[str, Symbol]) -> str:
    """What to say where an expression lacks the unit of a time, and divides by a number that may
    have been meant for one; begins with a blank; '' if it does not."""
    if wanted / met is not _RATE:
        return ""
    for node in walk(expr):
        if isinstance(node, Binary) and node.op == "/" and isinstance(node.right, Name):
            name = node.right.id
            found = None if name in CONSTANTS else scope.get(name)
            if found is not None and found.value is not None and found.dim is DIMENSIONLESS:
                return f" '{name}' is {found.value:g}, without a unit: {found.value:g}*ms, perhaps?"
    return ""


def _is_literal(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()


def _factor(text: str) -> str:
    """The text as the dividend of a quotient."""
    is_sum = any(sign in text.lstrip("+-") for sign in "+-")
    return f"({text})" if is_sum or " " in text else text


def _is_one_word(dim: Dimension) -> bool:
    return str(dim).isalpha()


def _is_simple(dim: Dimension) -> bool:
    """Whether a unit reads as one word, or one over another."""
    text = str(dim)
    return len(text.replace(" / ", " ").split()) <= 2 and "**" not in text and text[0] != "1"


def _article(unit: str) -> str:
    if " " in unit or "*" in unit:
        return unit
    return f"{'an' if unit[0] in 'aeio' else 'a'} {unit}"
