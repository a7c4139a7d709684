"""The membrane current as a conductance and a rest: Im = a v + b.

a and b may depend on v themselves, where Im is not linear. A step takes them as they are at its
beginning, so that what is written as a conductance times a driving force is stable for any step.
"""

from __future__ import annotations

from rheobase.errors import Fault, ModelTypeError, raise_faults
from rheobase.integration.terms import ZERO, divided, is_zero, product, total
from rheobase.lang.functions import FUNCTIONS
from rheobase.lang.nodes import Binary, Call, Expr, Name, Number, Unary, names_in, walk

__all__ = ["split"]


def split(expr: Expr, name: str) -> tuple[Expr, Expr]:
    """(a, b) with expr = a * name + b.

    Raises ModelTypeError where the name is an argument of clip() or of a function of the script:
    how much of it is a conductance cannot be told.

    >>> from rheobase.lang.nodes import render
    >>> from rheobase.lang.parse import parse_expression
    >>> [render(x) for x in split(parse_expression("g*m**3*(E - v)"), "v")]
    ['g*m**3*-1.0', 'g*m**3*E']
    """
    raise_faults(_faults(expr, name))
    return _split(expr, name)


def _split(expr: Expr, name: str) -> tuple[Expr, Expr]:
    if name not in names_in(expr):
        return ZERO, expr
    match expr:
        case Name():
            return Number(1.0), ZERO
        case Unary(op=op, operand=x):
            a, b = _split(x, name)
            return (_negative(a), _negative(b)) if op == "-" else (a, b)
        case Binary(op="+" | "-", left=x, right=y):
            (a1, b1), (a2, b2) = _split(x, name), _split(y, name)
            if expr.op == "-":
                a2, b2 = _negative(a2), _negative(b2)
            return total((a1, a2)), total((b1, b2))
        case Binary(op="*", left=x, right=y):  # (a1 v + b1) y = a1 y v + b1 (a2 v + b2)
            (a1, b1), (a2, b2) = _split(x, name), _split(y, name)
            return total((product(a1, y), product(b1, a2))), product(b1, b2)
        case Binary(op="/", left=x, right=y):
            a, b = _split(x, name)
            return _over(a, y), _over(b, y)
        case _:
            return ZERO, expr


def _negative(x: Expr) -> Expr:
    return product(Number(-1.0), x)


def _over(x: Expr, y: Expr) -> Expr:
    return x if is_zero(x) else divided(x, y)


def _faults(expr: Expr, name: str) -> list[Fault]:
    return [
        Fault(
            ModelTypeError,
            f"'{call}' hides how much of the membrane current is a conductance.",
            call.span if call.span.source.text else None,
            f"Name it in an equation with the flag (constant over dt): {name} is then that of the "
            "beginning of each step.",
        )
        for call in walk(expr)
        if isinstance(call, Call)
        and (call.function not in FUNCTIONS or call.function == "clip")
        and name in names_in(call)
    ]
