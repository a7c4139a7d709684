"""Functions that code calls by name: each is written once in a module, and inlined by LLVM."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from rheobase.backends.llvm import angles, division, math, philox, trigonometry
from rheobase.backends.llvm.text import F64, I64, Code, Host, Value

__all__ = ["FUNCTIONS", "call", "definitions"]

FUNCTIONS: dict[str, Callable[..., Value]] = {
    "exp": math.exp,
    "expm1": math.expm1,
    "exprel": math.exprel,
    "log": math.log,
    "log10": math.log10,
    "log1p": math.log1p,
    "pow": math.pow,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "sin": trigonometry.sin,
    "cos": trigonometry.cos,
    "tan": trigonometry.tan,
    "arcsin": trigonometry.arcsin,
    "arccos": trigonometry.arccos,
    "arctan": trigonometry.arctan,
    "floordiv": division.floordiv,
    "mod": division.mod,
    "uniform": philox.uniform,
    "normal": philox.normal,
}
_ARGUMENTS = {
    "pow": (F64, F64),
    "floordiv": (F64, F64),
    "mod": (F64, F64),
    "uniform": (I64,) * 5,
    "normal": (I64,) * 5,
}


def call(code: Code, name: str, *args: Value) -> Value:
    """Call one of FUNCTIONS; its definition must be added to the module (`definitions`)."""
    width = max(a.width for a in args)
    code.needs[name, width] = None
    shown = ", ".join(str(code.splat(a, width)) for a in args)
    result = code.const(F64, 0.0, width).type
    return code.let(F64, width, f"call {result} @{name}.{width}({shown})")


def definitions(host: Host, needs: Iterable[tuple[str, int]], declared: set[str]) -> list[str]:
    """The text of the needed functions; what they declare is added to `declared`."""
    texts: dict[str, None] = {}
    waiting = list(needs)
    while waiting:
        text, also, further = _definition(host, *waiting.pop())
        texts[text] = None
        declared |= also
        waiting.extend(further)
    return list(texts)


@lru_cache(maxsize=256)
def _definition(
    host: Host, name: str, width: int
) -> tuple[str, frozenset[str], tuple[tuple[str, int], ...]]:
    if name == angles.SYMBOL:
        return (*angles.write_reduction(host), ())
    code = Code(host)
    elems = _ARGUMENTS.get(name, (F64,))
    args = [Value(code, elem, width, f"%a{n}") for n, elem in enumerate(elems)]
    result = FUNCTIONS[name](code, *args)
    code.line(f"ret {result}")
    title = f"define internal {result.type} @{name}.{width}({', '.join(map(str, args))})"
    text = f"{title} alwaysinline nounwind {{\n{code.text()}\n}}"
    return text, frozenset(code.declared), tuple(code.needs)
