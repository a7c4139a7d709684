"""The value of an expression, computed by NumPy node by node: for constants when a run starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.errors import Fault, ModelError, ModelValueError, UnknownNameError, raise_faults
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
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
from rheobase.lang.scope import default_symbol

__all__ = ["evaluate"]

_COMPARE: Final = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_ARITHMETIC: Final = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.true_divide,
    "//": np.floor_divide,
    "%": np.mod,
}


def evaluate(
    expr: Expr,
    values: Mapping[str, ArrayLike],
    functions: Mapping[str, FunctionInfo] = FUNCTIONS,
) -> NDArray[Any]:
    """The value of an expression, in SI.

    values   of the names, scalars or arrays that broadcast; pi, e, inf and units are known
    Returns an array of bool, int64 or float64 of the common shape. Faults of arithmetic give inf
    or nan, as NumPy does; integer division by zero gives 0. Booleans count as 0 and 1.
    Raises UnknownNameError, and ModelValueError for random numbers.

    >>> from rheobase.lang.fold import evaluate
    >>> from rheobase.lang.parse import parse_expression
    >>> float(evaluate(parse_expression("2*x + 1"), {"x": 3.0}))
    7.0
    """
    with np.errstate(all="ignore"):
        return np.asarray(_Evaluation(values, functions).value(expr))


class _Evaluation:
    def __init__(
        self, values: Mapping[str, ArrayLike], functions: Mapping[str, FunctionInfo]
    ) -> None:
        self.values = values
        self.functions = functions

    def value(self, node: Expr) -> NDArray[Any]:
        match node:
            case Number(value=value):
                return _typed(value)
            case Name():
                return self.name(node)
            case Unary(op=op, operand=x):
                x = _number(self.value(x))
                return np.asarray(-x) if op == "-" else x
            case Binary(op="**"):
                return self.power(node)
            case Binary(op=op, left=a, right=b):
                left, right = _number(self.value(a)), _number(self.value(b))
                return np.asarray(_ARITHMETIC[op](left, right))
            case Compare(op=op, left=a, right=b):
                return np.asarray(_COMPARE[op](self.value(a), self.value(b)))
            case Logic(op=op, operands=operands):
                reduce = np.logical_and if op == "and" else np.logical_or
                result = self.value(operands[0]).astype(np.bool_)
                for x in operands[1:]:
                    result = reduce(result, self.value(x))
                return np.asarray(result)
            case Not(operand=x):
                return np.asarray(np.logical_not(self.value(x)))
            case Conditional(condition=c, then=a, otherwise=b):
                return np.where(self.value(c), self.value(a), self.value(b))
            case Call():
                return self.call(node)

    def name(self, node: Name) -> NDArray[Any]:
        found = self.values.get(node.id)
        if found is None:
            default = default_symbol(node.id)
            if default is None or default.value is None:
                raise _error(UnknownNameError, f"'{node.id}' has no value here.", node)
            found = default.value
        return _typed(found)

    def power(self, node: Binary) -> NDArray[Any]:
        """Integers stay integers if the exponent is a literal >= 0."""
        base, exponent = _number(self.value(node.left)), _number(self.value(node.right))
        if not is_natural(node.right):
            base = base.astype(np.float64)
        return np.asarray(np.power(base, exponent))

    def call(self, node: Call) -> NDArray[Any]:
        info = self.functions.get(node.function)
        if info is None:
            raise _error(UnknownNameError, f"There is no function '{node.function}'.", node)
        if info.python is None:
            message = f"{node.function}() is random: it has no value before the run."
            raise _error(ModelValueError, message, node)
        if len(node.args) != info.arity:
            message = f"{node.function}() takes {info.arity} arguments, not {len(node.args)}."
            raise _error(ModelValueError, message, node)
        return _typed(info.python(*(_number(self.value(x)) for x in node.args)))


def is_natural(node: Expr) -> bool:
    """Whether a node is a literal integer >= 0."""
    return isinstance(node, Number) and isinstance(node.value, int) and node.value >= 0


def _typed(value: ArrayLike) -> NDArray[Any]:
    """As an array of bool, int64 or float64."""
    array = np.asarray(value)
    if array.dtype.kind == "b":
        return array
    return array.astype(np.int64 if array.dtype.kind in "iu" else np.float64, copy=False)


def _number(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.int64) if array.dtype.kind == "b" else array


def _error(error: type[ModelError], message: str, node: Expr) -> ModelError:
    span = node.span if node.span.source.text else None
    try:
        raise_faults([Fault(error, message, span)])
    except ModelError as made:
        return made
    raise AssertionError
