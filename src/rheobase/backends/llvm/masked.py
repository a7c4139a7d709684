"""Memory that the lanes of a vector reach each on its own, and stores of some lanes only.

Processors with vectors of 512 bits have instructions for it; elsewhere LLVM writes it out. The
declarations are those that LLVM 15 knows; later versions read them, too.
"""

from __future__ import annotations

from rheobase.backends.llvm.text import BOOL, F32, F64, I64, Code, Value

__all__ = ["gather", "scatter", "store"]

_SHORT = {"double": "f64", "float": "f32"}
_SIZE = {"i1": 1, "i8": 1, "i32": 4, "float": 4}
_GATHERED = frozenset((F64, F32, I64))  # those that are gathered as fast as they are loaded


def _align(code: Code, elem: str) -> Value:
    return code.const("i32", _SIZE.get(elem, 8))


def _suffix(elem: str, width: int) -> str:
    return f"v{width}{_SHORT.get(elem, elem)}"


def _places(code: Code, elem: str, base: str, position: Value) -> str:
    """The addresses of the elements: a typed operand."""
    width = position.width
    place = code.let("ptr", width, f"getelementptr inbounds {elem}, ptr {base}, {position}").ref
    return f"<{width} x ptr> {place}"


def gather(code: Code, elem: str, base: str, position: Value) -> Value:
    """(w,)  base[position]; each must be an element."""
    width = position.width
    if code.host.lanes == width == 8 and elem in _GATHERED:
        places = _places(code, elem, base, position)
        vector, mask = f"<{width} x {elem}>", f"<{width} x i1>"
        name = f"llvm.masked.gather.{_suffix(elem, width)}.v{width}p0"
        code.declared.add(f"declare {vector} @{name}(<{width} x ptr>, i32, {mask}, {vector})")
        given = f"{places}, {_align(code, elem)}, {code.const(BOOL, True, width)}, {vector} poison"
        return code.let(elem, width, f"call {vector} @{name}({given})")
    result = Value(code, elem, width, "poison")
    for k in range(width):
        one = code.let(elem, 1, f"load {elem}, ptr {code.at(base, elem, code.lane(position, k))}")
        result = code.let(elem, width, f"insertelement {result}, {one}, i32 {k}")
    return result


def scatter(code: Code, value: Value, base: str, position: Value, mask: Value) -> None:
    """base[position] = value, in the lanes of the mask; no two of those have one position."""
    width = value.width
    places = _places(code, value.elem, base, position)
    name = f"llvm.masked.scatter.{_suffix(value.elem, width)}.v{width}p0"
    code.declared.add(f"declare void @{name}({value.type}, <{width} x ptr>, i32, {mask.type})")
    code.line(f"call void @{name}({value}, {places}, {_align(code, value.elem)}, {mask})")


def store(code: Code, value: Value, place: str, mask: Value) -> None:
    """place[k] = lane k of value, in the lanes of the mask."""
    name = f"llvm.masked.store.{_suffix(value.elem, value.width)}.p0"
    code.declared.add(f"declare void @{name}({value.type}, ptr, i32, {mask.type})")
    code.line(f"call void @{name}({value}, ptr {place}, {_align(code, value.elem)}, {mask})")
