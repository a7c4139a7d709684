"""How faults of types and dimensions are said."""

from __future__ import annotations

from typing import Final

from rheobase.errors import Span
from rheobase.lang.nodes import Expr, render
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["VERBS", "factor_hint", "is_in", "place", "text_of", "unlike"]

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


def is_in(what: str, dim: Dimension) -> str:
    """'I is in amp', 'x is a pure number'."""
    return f"{what} is a pure number" if dim is DIMENSIONLESS else f"{what} is in {dim}"


def unlike(a: str, dim_a: Dimension, b: str, dim_b: Dimension, verb: str) -> str:
    """'I is in amp and v is in volt: they cannot be added. A factor in ohm would ...'"""
    return (
        f"{is_in(a, dim_a)} and {is_in(b, dim_b)}: they cannot be {verb}."
        f"{factor_hint(a, dim_a, b, dim_b)}"
    )


def factor_hint(a: str, dim_a: Dimension, b: str, dim_b: Dimension) -> str:
    """What factor would give a the dimension of b; begins with a blank."""
    if dim_a is DIMENSIONLESS:
        return f" A unit is missing: {_factor(a)}*{dim_b}." if _is_simple(dim_b) else ""
    if dim_b is DIMENSIONLESS:
        return f" A unit is missing: {_factor(b)}*{dim_a}." if _is_simple(dim_a) else ""
    factor = dim_b / dim_a
    if not _is_simple(factor) or not _is_simple(dim_b):
        return ""
    return f" A factor in {factor} would turn {a} into {_article(str(dim_b))}."


def _factor(text: str) -> str:
    return text if text.replace(".", "").replace("_", "").isalnum() else f"({text})"


def _is_simple(dim: Dimension) -> bool:
    """Whether a unit reads as one word, or one over another."""
    text = str(dim)
    return len(text.replace(" / ", " ").split()) <= 2 and "**" not in text


def _article(unit: str) -> str:
    if " " in unit or "*" in unit:
        return unit
    return f"{'an' if unit[0] in 'aeiou' and unit != 'unit' else 'a'} {unit}"
