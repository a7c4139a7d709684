"""Reading what a script gives as text: equations, expressions, statements.

Each reader refuses what is no text, and labels what is wrong with it by the object and its part.
"""

from __future__ import annotations

from typing import Any

from rheobase.equations import Equations
from rheobase.errors import ModelTypeError, Source, labelled
from rheobase.lang.nodes import Assign, Expr
from rheobase.lang.parse import parse_expression, parse_statements

__all__ = ["read_equations", "read_expression", "read_statements"]


def read_equations(model: Any, label: str) -> Equations:
    """Equations from a text, or as they are; ModelError with `label` above its faults."""
    if isinstance(model, Equations):
        return model
    if not isinstance(model, str):
        raise ModelTypeError(f"{label}: the equations are a text or Equations, not {_met(model)}")
    with labelled(f"{label}, equations"):
        return Equations(model)


def read_expression(code: Any, label: str, example: str) -> Expr:
    """One expression from its text; `example` shows a right one."""
    if not isinstance(code, str):
        raise ModelTypeError(f"{label} must be a text such as '{example}', not {_met(code)}")
    return parse_expression(code, Source(code, label))


def read_statements(code: Any, label: str, example: str) -> tuple[Assign, ...]:
    """Statements from their text; `example` shows a right one."""
    if not isinstance(code, str):
        raise ModelTypeError(f"{label} must be a text such as '{example}', not {_met(code)}")
    return parse_statements(code, Source(code, label))


def _met(value: Any) -> str:
    """'the int 5', 'a list': short enough for a line."""
    shown = repr(value)
    kind = type(value).__name__
    article = "an" if kind[:1] in "aeiouAEIOU" else "a"
    return f"the {kind} {shown}" if len(shown) <= 30 and "\n" not in shown else f"{article} {kind}"
