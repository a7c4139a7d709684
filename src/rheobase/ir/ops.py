"""The whole list of scalar operations.

A kernel's code is a straight line of `Op`s in single-assignment form: operation k of a kernel
makes the value %k (or none: `store`, `accumulate`), and takes earlier values by number. There is
no control flow: what depends on a condition is a `select`. (The one loop, ir/kernels.Repeat, is
around such a line, not in it; `carry` is how values pass from one passage to the next.)

Rules that hold for every operation (the verifier checks them):
- operands of arithmetic, comparison, min/max and select have one dtype; `cast` is explicit;
- arithmetic on integers is on I64 (I32 and U16 are storage types; they are cast when loaded for
  arithmetic, or directly to a float);
- the result dtype is written in the op and follows from the operands as `RESULT` says.

Meaning on edge cases is that of NumPy float64: division by zero gives inf or nan, `floordiv` and
`mod` follow Python (sign of the divisor; integer division by zero gives 0).
"""

from __future__ import annotations

from typing import Literal

from rheobase.ir.dtypes import DType
from rheobase.records import record

__all__ = ["OPS", "Op", "OpInfo", "has_effect", "is_random"]

Result = Literal["none", "attr", "same", "bool", "float"]


@record
class OpInfo:
    """What the verifier and the printers know of an operation.

    arity     number of operands
    operands  allowed operand types: "any", "number" (f64 f32 i64), "float", "bool", "index" (i64)
    result    "same" as the last operand; "bool"; "float" = same, a float; "attr" = as Op.dtype
              says (const, load, cast, index, random); "none"
    """

    arity: int
    operands: Literal["any", "number", "float", "bool", "index", "none"]
    result: Result
    note: str


OPS: dict[str, OpInfo] = {
    # constants and memory; attr is the number of the array in Kernel.arrays
    "const": OpInfo(0, "none", "attr", "attr: the value, a Python float, int or bool"),
    "index": OpInfo(0, "none", "attr", "attr: 'own', 'pre', 'post' or 'k' (Generate); I64"),
    "load": OpInfo(0, "none", "attr", "element of the array at the array's own index"),
    "load_at": OpInfo(1, "index", "attr", "element at a computed position, clipped to the array"),
    "store": OpInfo(1, "any", "none", "array[index] = value"),
    "accumulate": OpInfo(1, "number", "none", "array[index] += value, in order of iteration"),
    "carry": OpInfo(1, "any", "same", "a at first, then what Repeat.next says; Repeat.code only"),
    "length": OpInfo(0, "none", "attr", "number of elements of the array; I64"),
    # arithmetic
    "add": OpInfo(2, "number", "same", "a + b"),
    "sub": OpInfo(2, "number", "same", "a - b"),
    "mul": OpInfo(2, "number", "same", "a * b"),
    "div": OpInfo(2, "float", "same", "a / b"),
    "floordiv": OpInfo(2, "number", "same", "floor(a / b)"),
    "mod": OpInfo(2, "number", "same", "a - b * floor(a / b)"),
    "neg": OpInfo(1, "number", "same", "-a"),
    "min": OpInfo(2, "number", "same", "nan if either is"),
    "max": OpInfo(2, "number", "same", "nan if either is"),
    "abs": OpInfo(1, "number", "same", "|a|"),
    "sign": OpInfo(1, "number", "same", "-1, 0 or 1; nan of nan"),
    "pow": OpInfo(2, "float", "same", "a ** b"),
    "ipow": OpInfo(1, "number", "same", "a ** attr, attr an int from 1 to 64: repeated products"),
    # comparison and logic
    "lt": OpInfo(2, "number", "bool", "a < b"),
    "le": OpInfo(2, "number", "bool", "a <= b"),
    "gt": OpInfo(2, "number", "bool", "a > b"),
    "ge": OpInfo(2, "number", "bool", "a >= b"),
    "eq": OpInfo(2, "any", "bool", "a == b"),
    "ne": OpInfo(2, "any", "bool", "a != b"),
    "and": OpInfo(2, "bool", "bool", "a and b; both are computed"),
    "or": OpInfo(2, "bool", "bool", "a or b; both are computed"),
    "not": OpInfo(1, "bool", "bool", "not a"),
    "select": OpInfo(3, "any", "same", "b if a else c; a is bool"),
    "cast": OpInfo(1, "any", "attr", "to Op.dtype; floats are truncated towards zero"),
    # mathematics
    "sqrt": OpInfo(1, "float", "float", ""),
    "exp": OpInfo(1, "float", "float", ""),
    "expm1": OpInfo(1, "float", "float", "exp(a) - 1"),
    "exprel": OpInfo(1, "float", "float", "(exp(a) - 1) / a, 1 at 0"),
    "log": OpInfo(1, "float", "float", ""),
    "log10": OpInfo(1, "float", "float", ""),
    "log1p": OpInfo(1, "float", "float", "log(1 + a)"),
    "sin": OpInfo(1, "float", "float", ""),
    "cos": OpInfo(1, "float", "float", ""),
    "tan": OpInfo(1, "float", "float", ""),
    "arcsin": OpInfo(1, "float", "float", ""),
    "arccos": OpInfo(1, "float", "float", ""),
    "arctan": OpInfo(1, "float", "float", ""),
    "sinh": OpInfo(1, "float", "float", ""),
    "cosh": OpInfo(1, "float", "float", ""),
    "tanh": OpInfo(1, "float", "float", ""),
    "floor": OpInfo(1, "float", "float", ""),
    "ceil": OpInfo(1, "float", "float", ""),
    # random numbers: pure functions of the counter that runtime/random describes;
    # attr numbers the draws within the kernel
    "uniform": OpInfo(0, "none", "attr", "in [0, 1)"),
    "normal": OpInfo(0, "none", "attr", "mean 0, variance 1"),
    # here attr is the number of the array, and the operand, a constant, that of the draw
    "discrete": OpInfo(
        1, "index", "attr", "entries <= a number below 2^63; the array ascends; I64"
    ),
}


@record
class Op:
    """One operation.

    name    a key of OPS
    args    numbers of the operand values
    dtype   of the result; None if there is none
    attr    what OPS says: a literal, the number of an array, an index name, a draw number
    """

    name: str
    args: tuple[int, ...] = ()
    dtype: DType | None = None
    attr: float | int | bool | str | None = None


def has_effect(op: Op) -> bool:
    """Whether the op writes memory: it must stay, and stay in order."""
    return op.name in ("store", "accumulate")


def is_random(op: Op) -> bool:
    """Whether the op draws a random number."""
    return op.name in ("uniform", "normal", "discrete")
