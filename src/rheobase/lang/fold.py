"""Rewriting of expressions: constants folded, linear parts found, derivatives taken.

Everything here goes from nodes to nodes (sympy is not needed for what most models need), and
returns an expression with the same value for the same names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from rheobase.errors import Fault, UnsupportedEquationsError, raise_faults
from rheobase.lang.evaluate import evaluate, is_natural
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.nodes import (
    Binary,
    BinaryOp,
    Call,
    Compare,
    Conditional,
    Expr,
    Logic,
    Name,
    Not,
    Number,
    Unary,
    children,
    names_in,
    substitute,
    transform,
)
from rheobase.lang.symbols import Type
from rheobase.records import record

__all__ = ["derivative", "evaluate", "fold", "linear_coefficients"]

_ZERO: Final = Number(0)
_ONE: Final = Number(1)
_INT_LIMIT: Final = 2**63
_Rule: TypeAlias = Callable[[Expr], Expr]


# ------------------------------------------------------------------ folding
def fold(expr: Expr) -> Expr:
    """The same expression with its constant parts computed.

    Exact: for every value of the names, inf, nan and -0.0 included, the result is what it was
    (functions of literals excepted: their value is NumPy's). So x*1, x/1 and x - 0 become x, but
    x + 0 does not (-0.0 + 0 is 0.0), nor does x*0 become 0 (inf*0 is nan).

    >>> from rheobase.lang.fold import fold
    >>> from rheobase.lang.nodes import render
    >>> from rheobase.lang.parse import parse_expression
    >>> render(fold(parse_expression("x*(3 - 2) + 2*3")))
    'x + 6'
    """
    return transform(expr, _fold_node)


def _fold_node(node: Expr) -> Expr | None:
    match node:
        case Unary(op="-", operand=Number(value=value)) if not isinstance(value, bool):
            return replace(node.operand, value=-value, span=node.span)  # pyright: ignore
        case Unary(op="+", operand=x) if _is_number(x):
            return x
        case Unary(op="-", operand=Unary(op="-", operand=x)) if _is_number(x):
            return x
        case Binary(left=Number(), right=Number()) | Compare(left=Number(), right=Number()):
            return _computed(node)
        case Binary():
            return _fold_identity(node)
        case Not(operand=Number(value=value)):
            return Number(not value, span=node.span)
        case Logic():
            return _fold_logic(node)
        case Conditional(condition=Number(value=value), then=a, otherwise=b):
            chosen = a if value else b
            return chosen if _is_float(chosen) or a == b else None
        case Call(args=args) if args and all(isinstance(x, Number) for x in args):
            info = FUNCTIONS.get(node.function)
            known = info is not None and info.python is not None and len(args) == info.arity
            return _computed(node) if known else None
        case _:
            return None


def _computed(node: Expr) -> Expr | None:
    """The literal that a node of literals is, if it is finite and fits."""
    if isinstance(node, Binary) and not _is_safe(node):
        return None
    value: float | int | bool = evaluate(node, {}).item()
    return Number(value, span=node.span) if math.isfinite(value) else None


def _is_safe(node: Binary) -> bool:
    """Whether Python and a kernel agree on an operation on literals: no overflow, no zero."""
    assert isinstance(node.left, Number)
    assert isinstance(node.right, Number)
    a, b = node.left.value, node.right.value
    if node.op in ("/", "//", "%"):
        return b != 0
    if isinstance(a, float) or isinstance(b, float):
        return node.op != "**" or a > 0 or float(b).is_integer()
    match node.op:
        case "+":
            return abs(a + b) < _INT_LIMIT
        case "-":
            return abs(a - b) < _INT_LIMIT
        case "*":
            return abs(a * b) < _INT_LIMIT
        case _:
            return abs(b) <= 64 and (abs(a) <= 1 or abs(b) * math.log2(abs(a)) < 62)


def _fold_identity(node: Binary) -> Expr | None:
    """x*1, 1*x, x/1, x - 0, x**1."""
    left, right = node.left, node.right
    if node.op == "*" and _is_unit(left, right):
        return right
    if node.op in ("*", "**") and _is_unit(right, left):
        return left
    if node.op == "/" and _is_float(left) and isinstance(right, Number) and right.value == 1:
        return left
    if node.op == "-" and isinstance(right, Number) and right.value == 0:
        plus_zero = math.copysign(1, right.value) > 0
        is_same_type = isinstance(right.value, int) or _is_float(left)
        return left if plus_zero and is_same_type and _is_number(left) else None
    return None


def _is_unit(one: Expr, other: Expr) -> bool:
    """Whether `one` is a literal 1 that does not change the type of the other factor."""
    if not isinstance(one, Number) or one.value != 1 or isinstance(one.value, bool):
        return False
    return _is_number(other) if isinstance(one.value, int) else _is_float(other)


def _fold_logic(node: Logic) -> Expr | None:
    neutral = node.op == "and"
    operands = [x for x in node.operands if not _is_bool(x, neutral)]
    if any(_is_bool(x, not neutral) for x in operands):
        return Number(not neutral, span=node.span)
    if len(operands) == len(node.operands):
        return None
    if not operands:
        return Number(neutral, span=node.span)
    return operands[0] if len(operands) == 1 else replace(node, operands=tuple(operands))


def _is_bool(node: Expr, value: bool) -> bool:
    return isinstance(node, Number) and node.value is value


def _is_number(node: Expr) -> bool:
    """Whether a node is no boolean, or a name (arithmetic takes booleans for numbers)."""
    match node:
        case Compare() | Logic() | Not():
            return False
        case Number(value=value):
            return not isinstance(value, bool)
        case Conditional(then=a, otherwise=b):
            return _is_number(a) and _is_number(b)
        case _:
            return True


def _is_float(node: Expr) -> bool:
    """Whether a node is a float whatever its names are."""
    match node:
        case Number(value=value):
            return isinstance(value, float)
        case Unary(operand=x):
            return _is_float(x)
        case Binary(op="/"):
            return True
        case Binary(op="**", left=a, right=b):
            return _is_float(a) or not is_natural(b)
        case Binary(left=a, right=b) | Conditional(then=a, otherwise=b):
            return _is_float(a) or _is_float(b)
        case Call(function=function, args=args):
            info = FUNCTIONS.get(function)
            types = [Type.FLOAT if _is_float(x) else Type.INTEGER for x in args]
            return info is not None and info.type_of(types) is Type.FLOAT
        case _:
            return False


# ------------------------------------------------------------------ sums and products
def _sum(a: Expr, b: Expr, op: BinaryOp = "+") -> Expr:
    """a + b or a - b without zero terms: for real numbers, not bit for bit."""
    if _is_zero(b):
        return a
    if _is_zero(a):
        return b if op == "+" else _negative(b)
    if op == "+" and isinstance(b, Unary) and b.op == "-":
        op, b = "-", b.operand
    return fold(Binary(op, a, b, span=a.span)) if _are_literal(a, b) else Binary(op, a, b)


def _product(a: Expr, b: Expr) -> Expr:
    if _is_zero(a) or _is_zero(b):
        return _ZERO
    if _is_one(a):
        return b
    if _is_one(b):
        return a
    if _is_minus_one(a):
        return _negative(b)
    if _is_minus_one(b):
        return _negative(a)
    if isinstance(a, Unary) and a.op == "-":
        return _negative(_product(a.operand, b))
    if isinstance(b, Unary) and b.op == "-":
        return _negative(_product(a, b.operand))
    return fold(Binary("*", a, b)) if _are_literal(a, b) else Binary("*", a, b)


def _quotient(a: Expr, b: Expr) -> Expr:
    if _is_zero(a):
        return _ZERO
    if _is_one(b):
        return a
    if isinstance(a, Unary) and a.op == "-":
        return _negative(_quotient(a.operand, b))
    return Binary("/", a, b)


def _negative(a: Expr) -> Expr:
    if isinstance(a, Number) and not isinstance(a.value, bool):
        return Number(-a.value, span=a.span)
    if isinstance(a, Unary) and a.op == "-":
        return a.operand
    return Unary("-", a, span=a.span)


def _power(a: Expr, b: Expr) -> Expr:
    if _is_zero(b):
        return _ONE
    return a if _is_one(b) else Binary("**", a, b)


def _is_zero(x: Expr) -> bool:
    return isinstance(x, Number) and x.value == 0


def _is_one(x: Expr) -> bool:
    return isinstance(x, Number) and x.value == 1


def _is_minus_one(x: Expr) -> bool:
    return isinstance(x, Number) and x.value == -1


def _are_literal(a: Expr, b: Expr) -> bool:
    return isinstance(a, Number) and isinstance(b, Number)


# ------------------------------------------------------------------ linear expressions
@record
class _Linear:
    """The sum of factors[name]*name, and rest."""

    factors: Mapping[str, Expr]
    rest: Expr


def linear_coefficients(expr: Expr, names: Collection[str]) -> tuple[dict[str, Expr], Expr] | None:
    """Write an expression as sum of a_j * name_j, + b, with a_j and b free of the names.

    Returns ({name: a}, b) with an entry for every name (Number(0) where it does not occur), or None
    if the expression is not linear in them. Equal as real numbers; roundings may differ.

    >>> from rheobase.lang.fold import linear_coefficients
    >>> from rheobase.lang.nodes import render
    >>> from rheobase.lang.parse import parse_expression
    >>> factors, rest = linear_coefficients(parse_expression("(El - v + R*I)/tau"), ["v"])
    >>> render(factors["v"]), render(rest)
    ('-1/tau', '(El + R*I)/tau')
    """
    found = _linear(expr, frozenset(names))
    if found is None:
        return None
    factors = {name: fold(found.factors.get(name, _ZERO)) for name in names}
    return factors, fold(found.rest)


def _linear(expr: Expr, names: frozenset[str]) -> _Linear | None:
    if isinstance(expr, Name) and expr.id in names:
        return _Linear({expr.id: _ONE}, _ZERO)
    if not names_in(expr) & names:
        return _Linear({}, expr)
    match expr:
        case Unary(op=op, operand=x):
            inner = _linear(x, names)
            return _scaled(inner, lambda a: _negative(a) if op == "-" else a)
        case Binary(op="+" | "-" as op, left=a, right=b):
            return _linear_sum(op, _linear(a, names), _linear(b, names))
        case Binary(op="*", left=a, right=b):
            left, right = _linear(a, names), _linear(b, names)
            if left and right and not right.factors:
                return _scaled(left, lambda x: _product(x, right.rest))
            if left and right and not left.factors:
                return _scaled(right, lambda x: _product(left.rest, x))
            return None
        case Binary(op="/", left=a, right=b) if not names_in(b) & names:
            return _scaled(_linear(a, names), lambda x: _quotient(x, b))
        case Binary(op="**", left=a, right=b) if _is_one(fold(b)):
            return _linear(a, names)
        case Conditional(condition=c) if not names_in(c) & names:
            return _linear_conditional(expr, names)
        case _:
            return None


def _scaled(inner: _Linear | None, rule: _Rule) -> _Linear | None:
    if inner is None:
        return None
    return _Linear({n: rule(a) for n, a in inner.factors.items()}, rule(inner.rest))


def _linear_sum(op: BinaryOp, left: _Linear | None, right: _Linear | None) -> _Linear | None:
    if left is None or right is None:
        return None
    factors = dict(left.factors)
    for name, factor in right.factors.items():
        factors[name] = _sum(factors.get(name, _ZERO), factor, op)
    return _Linear(factors, _sum(left.rest, right.rest, op))


def _linear_conditional(expr: Conditional, names: frozenset[str]) -> _Linear | None:
    then, otherwise = _linear(expr.then, names), _linear(expr.otherwise, names)
    if then is None or otherwise is None:
        return None

    def either(a: Expr, b: Expr) -> Expr:
        return a if a == b else Conditional(expr.condition, a, b, span=expr.span)

    used = {**then.factors, **otherwise.factors}
    factors = {n: either(then.factors.get(n, _ZERO), otherwise.factors.get(n, _ZERO)) for n in used}
    return _Linear(factors, either(then.rest, otherwise.rest))


# ------------------------------------------------------------------ derivatives
def derivative(expr: Expr, name: str, functions: Mapping[str, FunctionInfo] = FUNCTIONS) -> Expr:
    """The derivative of an expression with respect to a name.

    At jumps and kinks (floor, abs, conditions) it is the derivative of one of the sides.
    Raises UnsupportedEquationsError if a function of the name has no known derivative.

    >>> from rheobase.lang.fold import derivative
    >>> from rheobase.lang.nodes import render
    >>> from rheobase.lang.parse import parse_expression
    >>> render(derivative(parse_expression("v**3 + exp(-v)*w"), "v"))
    '3*v**2 - exp(-v)*w'
    """
    return fold(_Derivative(name, functions).of(expr))


class _Derivative:
    def __init__(self, name: str, functions: Mapping[str, FunctionInfo]) -> None:
        self.name = name
        self.functions = functions

    def of(self, node: Expr) -> Expr:
        if isinstance(node, Name):
            return _ONE if node.id == self.name else _ZERO
        if not children(node):
            return _ZERO
        match node:
            case Unary(op=op, operand=x):
                return _negative(self.of(x)) if op == "-" else self.of(x)
            case Binary():
                return self.binary(node)
            case Conditional(condition=c, then=a, otherwise=b):
                then, otherwise = self.of(a), self.of(b)
                return then if then == otherwise else Conditional(c, then, otherwise)
            case Call():
                return self.call(node)
            case _:  # booleans
                return _ZERO

    def binary(self, node: Binary) -> Expr:
        a, b = node.left, node.right
        if node.op == "//":
            return _ZERO
        da, db = self.of(a), self.of(b)
        match node.op:
            case "+" | "-" as op:
                return _sum(da, db, op)
            case "*":
                return _sum(_product(da, b), _product(a, db))
            case "/":
                shrunk = _quotient(_product(a, db), Binary("**", b, Number(2)))
                return _sum(_quotient(da, b), shrunk, "-")
            case "%":  # a - b*floor(a/b)
                return _sum(da, _product(db, Call("floor", (Binary("/", a, b),))), "-")
            case _:
                return self.power(a, b, da, db)

    def power(self, a: Expr, b: Expr, da: Expr, db: Expr) -> Expr:
        by_base = _product(_product(b, _power(a, fold(_sum(b, _ONE, "-")))), da)
        if _is_zero(db):
            return by_base
        by_exponent = _product(_product(Binary("**", a, b), Call("log", (a,))), db)
        return _sum(by_base, by_exponent)

    def call(self, node: Call) -> Expr:
        total: Expr = _ZERO
        info = self.functions.get(node.function)
        for k, arg in enumerate(node.args):
            inner = self.of(arg)
            if _is_zero(inner):
                continue
            partial = info.partials[k] if info and k < len(info.partials) else None
            if info is None or partial is None:
                raise_faults([_no_derivative(node)])
                continue
            values = dict(zip(info.parameters, node.args))
            total = _sum(total, _product(substitute(partial, values), inner))
        return total


def _no_derivative(node: Call) -> Fault:
    message = f"The derivative of {node.function}() is not known."
    span = node.span if node.span.source.text else None
    return Fault(UnsupportedEquationsError, message, span, "Try an explicit method.")
