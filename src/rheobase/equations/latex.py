r"""Equations as one would typeset them, without sympy.

Fractions for '/', superscripts for '**', Greek letters and subscripts from names
(tau_m -> \tau_{m}), functions upright.
"""

from __future__ import annotations

import re
from typing import Final

from rheobase.equations.single import SingleEquation
from rheobase.lang.nodes import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    Logic,
    Name,
    Not,
    Number,
    Unary,
)
from rheobase.lang.symbols import Type
from rheobase.units.specs import find_spec, spec_of_dimension

__all__ = ["latex_equation", "latex_expression", "latex_name"]

_GREEK: Final = frozenset(
    (
        *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
        *("lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi"),
        *("psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon"),
        *("Phi", "Psi", "Omega"),
    )
)
_UPRIGHT: Final = {
    **{f: rf"\{f}" for f in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "arcsin")},
    **{f: rf"\{f}" for f in ("arccos", "arctan")},
    "log": r"\ln",
    "log10": r"\log_{10}",
}
_BRACKETS: Final = {
    "abs": ("|", "|"),
    "floor": (r"\lfloor", r"\rfloor"),
    "ceil": (r"\lceil", r"\rceil"),
}
_COMPARE: Final = {
    "<": "<",
    ">": ">",
    "<=": r"\leq",
    ">=": r"\geq",
    "==": "=",
    "!=": r"\neq",
}
_ATOM: Final = 9


def latex_equation(equation: SingleEquation) -> str:
    """One row of an align environment: left & right && unit and flags."""
    name = latex_name(equation.varname)
    left = name
    if equation.type == "differential equation":
        left = rf"\frac{{\mathrm{{d}}{name}}}{{\mathrm{{d}}t}}"
    right = "" if equation.expr is None else f"= {latex_expression(equation.expr)}"
    return f"{left} &{right} && {_note(equation)}"


def _note(equation: SingleEquation) -> str:
    if equation.var_type is Type.FLOAT:
        unit = (
            f"unit of ${latex_name(equation.varname)}$: ${spec_of_dimension(equation.dim).latex}$"
        )
    else:
        unit = equation.var_type.value
    flags = f", {', '.join(equation.flags)}" if equation.flags else ""
    return rf"\text{{({unit}{flags})}}"


def latex_name(name: str) -> str:
    r"""A name in math mode: tau_m -> \tau_{m}, v -> v, El -> \mathit{El}, mV -> \mathrm{mV}."""
    unit = find_spec(name)
    if unit is not None:
        # prefix and unit are one word; a command such as \mu needs a blank behind it
        return re.sub(r"(\\\w+)?\}\\mathrm\{", lambda m: f"{m[1]} " if m[1] else "", unit.latex)
    if name == "inf":
        return r"\infty"
    head, *tails = [part for part in name.split("_") if part] or [name]
    subscript = ",".join(_symbol(tail) for tail in tails)
    return _symbol(head) + (f"_{{{subscript}}}" if subscript else "")


def _symbol(text: str) -> str:
    if text in _GREEK:
        return rf"\{text}"
    return text if len(text) == 1 or text.isdigit() else rf"\mathit{{{text}}}"


def latex_expression(expr: Expr) -> str:
    """The expression in math mode."""
    return _typeset(expr)[0]


def _typeset(expr: Expr) -> tuple[str, int]:
    """LaTeX, and how tightly its outermost operator binds."""
    match expr:
        case Number():
            return _number(expr.value)
        case Name(id=name):
            text = latex_name(name)
            return text, 7 if find_spec(name) is not None and "^" in text else _ATOM
        case Unary(op=op, operand=x):
            return f"{op} {_wrapped(x, 6)}", 5
        case Binary():
            return _binary(expr)
        case Compare(op=op, left=a, right=b):
            return f"{_wrapped(a, 5)} {_COMPARE[op]} {_wrapped(b, 5)}", 4
        case Logic(op=op, operands=xs):
            level, sign = (2, r" \land ") if op == "and" else (1, r" \lor ")
            return sign.join(_wrapped(x, level + 1) for x in xs), level
        case Not(operand=x):
            return rf"\lnot {_wrapped(x, _ATOM)}", 3
        case Call():
            return _call(expr), _ATOM
        case Conditional(condition=c, then=a, otherwise=b):
            rows = (
                rf"{latex_expression(a)} & \text{{if }} {latex_expression(c)} \\ "
                rf"{latex_expression(b)} & \text{{otherwise}}"
            )
            return rf"\begin{{cases}}{rows}\end{{cases}}", 0


def _wrapped(expr: Expr, least: int) -> str:
    text, level = _typeset(expr)
    return text if level >= least else rf"\left({text}\right)"


def _without_sign(expr: Expr) -> Expr | None:
    """What follows the minus in front of a product or quotient; None if there is none."""
    match expr:
        case Unary(op="-", operand=x):
            return x
        case Binary(op="*" | "/" as op, left=a, right=b):
            positive = _without_sign(a)
            return None if positive is None else Binary(op, positive, b)
        case _:
            return None


def _binary(expr: Binary) -> tuple[str, int]:
    positive = _without_sign(expr)
    if positive is not None:
        return f"- {_wrapped(positive, 6)}", 5
    a, b = expr.left, expr.right
    match expr.op:
        case "/":
            return _fraction(a, b), 7
        case "//":
            quotient = rf"\frac{{{latex_expression(a)}}}{{{latex_expression(b)}}}"
            return rf"\left\lfloor {quotient} \right\rfloor", _ATOM
        case "**":
            return f"{_wrapped(a, _ATOM)}^{{{latex_expression(b)}}}", 8
        case "*":
            left, right = _wrapped(a, 6), _wrapped(b, 6)
            # a digit behind another factor needs a sign
            sign = r" \cdot " if right[:1].isdigit() else r" \, "
            return f"{left}{sign}{right}", 6
        case "%":
            return rf"{_wrapped(a, 6)} \bmod {_wrapped(b, 7)}", 6
        case "+":
            return f"{_wrapped(a, 5)} + {_wrapped(b, 5)}", 5
        case "-":
            return f"{_wrapped(a, 5)} - {_wrapped(b, 6)}", 5


def _fraction(a: Expr, b: Expr) -> str:
    """a/b; a/b/c is one fraction over b c."""
    below: Expr = b
    while isinstance(a, Binary) and a.op == "/":
        a, below = a.left, Binary("*", a.right, below)
    return rf"\frac{{{latex_expression(a)}}}{{{latex_expression(below)}}}"


def _number(value: float | int | bool) -> tuple[str, int]:
    if isinstance(value, bool):
        return rf"\mathrm{{{str(value).lower()}}}", _ATOM
    mantissa, _, exponent = f"{value!r}".partition("e")
    if exponent and mantissa == "1":
        return rf"10^{{{int(exponent)}}}", 8
    if exponent:
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}", 6
    return mantissa.removesuffix(".0"), _ATOM if value >= 0 else 5


def _call(expr: Call) -> str:
    inside = ", ".join(latex_expression(x) for x in expr.args)
    if expr.function == "sqrt":
        return rf"\sqrt{{{inside}}}"
    if expr.function in _BRACKETS:
        opening, closing = _BRACKETS[expr.function]
        return rf"\left{opening} {inside} \right{closing}"
    head = _UPRIGHT.get(expr.function) or (
        r"\operatorname{" + expr.function.replace("_", r"\_") + "}"
    )
    return rf"{head}\left({inside}\right)"
