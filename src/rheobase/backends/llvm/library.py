"""Functions that code calls by name: each is written once in a module, and inlined by LLVM.

A function may be needed for several formats and widths: `Needed` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from rheobase.backends.llvm import angles, division, math, philox, trigonometry
from rheobase.backends.llvm.text import I64, Code, Host, Needed, Value, vector_type

__all__ = ["FUNCTIONS", "call", "definitions"]

FUNCTIONS: dict[str, Callable[..., Value]] = {
    "exp": math.exp,
    "expm1": math.expm1,
    "exprel": math.exprel,
    "inverse_exprel": math.inverse_exprel,
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
_DRAWS = frozenset(("uniform", "normal"))  # of the element and what is prepared
_TWO = frozenset(("pow", "floordiv", "mod"))


def call(code: Code, name: str, *args: Value) -> Value:
    """Call one of FUNCTIONS; its definition must be added to the module (`definitions`)."""
    width = max(a.width for a in args)
    needed = Needed(name, args[0].elem, width)
    code.needs[needed] = None
    shown = ", ".join(str(code.splat(a, width)) for a in args)
    result = vector_type(needed.elem, width)
    return code.let(needed.elem, width, f"call {result} @{needed.symbol}({shown})")


def draw(code: Code, name: str, elem: str, element: Value, prepared: Sequence[Value]) -> Value:
    """Call a function that draws.

    element    for each lane
    prepared   see philox.prepared; in as many lanes as make words together
    """
    needed = Needed(name, elem, element.width)
    code.needs[needed] = None
    shown = ", ".join(map(str, (element, *prepared)))
    result = vector_type(elem, element.width)
    return code.let(elem, element.width, f"call {result} @{needed.symbol}({shown})")


def definitions(host: Host, needs: Iterable[Needed], declared: set[str]) -> list[str]:
    """The text of the needed functions; what they declare is added to `declared`."""
    texts: dict[str, None] = {}
    waiting = list(needs)
    while waiting:
        text, also, further = _definition(host, waiting.pop())
        texts[text] = None
        declared |= also
        waiting.extend(further)
    return list(texts)


@lru_cache(maxsize=256)
def _definition(host: Host, needed: Needed) -> tuple[str, frozenset[str], tuple[Needed, ...]]:
    name, elem, width = needed
    if name == angles.SYMBOL:
        return (*angles.write_reduction(host), ())
    code = Code(host)
    types = [(elem, width)] * (1 + (name in _TWO))
    if name in _DRAWS:
        types = [(I64, width)] + [(I64, philox.blocks_of(name, width))] * philox.N_PREPARED
    args = [Value(code, *t, f"%a{n}") for n, t in enumerate(types)]
    function = FUNCTIONS[name]
    result = function(code, args[0], args[1:], elem) if name in _DRAWS else function(code, *args)
    code.line(f"ret {result}")
    title = f"define internal {result.type} @{needed.symbol}({', '.join(map(str, args))})"
    text = f"{title} alwaysinline nounwind {{\n{code.text()}\n}}"
    return text, frozenset(code.declared), tuple(code.needs)
