"""Expressions to sympy and back, for packages that take derivatives of a model's equations.

>>> from rheobase.brian2.symbolic import str_to_sympy, sympy_to_str
>>> slope = str_to_sympy("exp(-v/tau)").diff(str_to_sympy("v"))
>>> sympy_to_str(slope)
'-exp(-v/tau)/tau'
"""

from __future__ import annotations

import importlib
import operator
from typing import Any, Final

from rheobase.lang.functions import FUNCTIONS
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
from rheobase.lang.parse import parse_expression

__all__ = ["str_to_sympy", "sympy_to_str"]

_sympy: Any = importlib.import_module("sympy")  # it has hardly any types
_operator: Any = operator
_OPERATORS: Final[dict[str, Any]] = {
    "+": _operator.add,
    "-": _operator.sub,
    "*": _operator.mul,
    "/": _operator.truediv,
    "//": _operator.floordiv,
    "%": _sympy.Mod,
    "**": _sympy.Pow,
    "<": _sympy.Lt,
    "<=": _sympy.Le,
    ">": _sympy.Gt,
    ">=": _sympy.Ge,
    "==": _sympy.Eq,
    "!=": _sympy.Ne,
}
_OUR_NAMES: Final = {info.sympy: name for name, info in FUNCTIONS.items() if info.sympy}


def str_to_sympy(expr: str, variables: object = None) -> Any:
    """A piece of code as a sympy expression; its names are real symbols.

    variables   accepted: what a name stands for is not needed

    >>> str_to_sympy("2*v if v > 0 else w").subs({str_to_sympy("v"): 3})
    6
    """
    return _to_sympy(parse_expression(expr))


def _to_sympy(node: Expr) -> Any:
    match node:
        case Number(value=value):
            return _sympy.sympify(value)
        case Name(id=name):
            return _sympy.Symbol(name, real=True)
        case Unary(op=op, operand=x):
            return -_to_sympy(x) if op == "-" else _to_sympy(x)
        case Binary(op=op, left=a, right=b) | Compare(op=op, left=a, right=b):
            return _OPERATORS[op](_to_sympy(a), _to_sympy(b))
        case Logic(op=op, operands=xs):
            return (_sympy.And if op == "and" else _sympy.Or)(*map(_to_sympy, xs))
        case Not(operand=x):
            return _sympy.Not(_to_sympy(x))
        case Call(function=name, args=xs):
            found = FUNCTIONS[name].sympy if name in FUNCTIONS else ""
            function = getattr(_sympy, found) if found else _sympy.Function(name)
            return function(*map(_to_sympy, xs))
        case Conditional(condition=c, then=a, otherwise=b):
            return _sympy.Piecewise((_to_sympy(a), _to_sympy(c)), (_to_sympy(b), True))


class _Printer(_sympy.StrPrinter):
    """Prints what sympy writes in words of its own as the language of equations has it."""

    def _print_Function(self, expr: Any) -> str:
        name = _OUR_NAMES.get(expr.func.__name__, expr.func.__name__)
        return f"{name}({', '.join(map(self._print, expr.args))})"

    def _print_Abs(self, expr: Any) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_Mod(self, expr: Any) -> str:
        return "(({}) % ({}))".format(*map(self._print, expr.args))

    def _print_Exp1(self, expr: Any) -> str:
        return "exp(1)"

    def _print_Equality(self, expr: Any) -> str:
        return f"({self._print(expr.lhs)} == {self._print(expr.rhs)})"

    def _print_Unequality(self, expr: Any) -> str:
        return f"({self._print(expr.lhs)} != {self._print(expr.rhs)})"

    def _print_And(self, expr: Any) -> str:
        return f"({' and '.join(map(self._print, expr.args))})"

    def _print_Or(self, expr: Any) -> str:
        return f"({' or '.join(map(self._print, expr.args))})"

    def _print_Not(self, expr: Any) -> str:
        return f"(not {self._print(expr.args[0])})"

    def _print_Piecewise(self, expr: Any) -> str:
        *cases, (last, _) = expr.args
        cases = [f"{self._print(value)} if {self._print(when)} else " for value, when in cases]
        return f"({''.join(cases)}{self._print(last)})"


def sympy_to_str(sympy_expr: Any) -> str:
    """A sympy expression as code for equations.

    >>> sympy_to_str(str_to_sympy("a % 2 if a > 0 and b > 0 else abs(a)"))
    '(((a) % (2)) if (a > 0 and b > 0) else abs(a))'
    """
    return _Printer().doprint(sympy_expr)
