"""Kernels as people would write them: assignments, with the names of the model.

For reading only. `printer` has the exact form, which says everything and can be compared.

    v = v + (ge + gi - (v - El))/taum*dt
"""

from __future__ import annotations

from collections import Counter

from rheobase.ir.domains import Index
from rheobase.ir.kernels import At, Kernel, Linked
from rheobase.ir.ops import Op, has_effect, is_random

__all__ = ["readable"]

_INFIX = {
    "add": ("+", 6), "sub": ("-", 6), "mul": ("*", 7), "div": ("/", 7),
    "floordiv": ("//", 7), "mod": ("%", 7), "pow": ("**", 9),
    "lt": ("<", 4), "le": ("<=", 4), "gt": (">", 4), "ge": (">=", 4), "eq": ("==", 4),
    "ne": ("!=", 4), "and": ("and", 2), "or": ("or", 1),
}  # fmt: skip
_ATOM = 10
Text = tuple[str, int]  # an expression, and how tightly its outermost operator binds


def readable(kernel: Kernel) -> list[str]:
    """The code of a kernel, a line an assignment; sections begin with a line that ends in ':'.

    >>> from rheobase.ir.dtypes import F64, I64
    >>> from rheobase.ir.domains import Elementwise, Part
    >>> from rheobase.ir.kernels import Array
    >>> from rheobase.ir.slots import Slot
    >>> v, part = Slot("v", F64, 10), Part(Slot("first", I64), Slot("size", I64))
    >>> code = (Op("load", (), F64, 0), Op("mul", (0, 0), F64), Op("store", (1,), None, 0))
    >>> readable(Kernel("square", Elementwise(part), (Array(v, Index.OWN),), body=code))
    ['each element:', '  v = v*v']
    """
    return _Writer(kernel).lines()


class _Writer:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        ops = kernel.ops
        self.uses = Counter(a for op in ops for a in op.args)
        self.uses.update(kernel.results)
        self.texts: dict[int, Text] = {}
        self.named = 0
        self.written: set[object] = set()
        self.late = self._late_loads(ops)

    @staticmethod
    def _late_loads(ops: tuple[Op, ...]) -> set[int]:
        """Loads that are used after their array has been written: these need a name."""
        first_write: dict[object, int] = {}
        late: set[int] = set()
        for number, op in enumerate(ops):
            if has_effect(op):
                first_write.setdefault(op.attr, number)
            for a in op.args:
                if ops[a].name == "load" and first_write.get(ops[a].attr, number) < number:
                    late.add(a)
        return late

    def lines(self) -> list[str]:
        found: list[str] = []
        number = 0
        titles = {"once": "each call:", "outer": "each row:", "body": "each element:"}
        for section, title in titles.items():
            code: tuple[Op, ...] = getattr(self.kernel, section)
            body: list[str] = []
            for op in code:
                body += self._line(number, op)
                number += 1
            found += [title, *(f"  {line}" for line in body)] if body else []
        if self.kernel.results:
            found.append("result: " + ", ".join(self.texts[r][0] for r in self.kernel.results))
        return found

    def _line(self, number: int, op: Op) -> list[str]:
        if has_effect(op):
            sign = "=" if op.name == "store" else "+="
            return [f"{self._place(op.attr)} {sign} {self.texts[op.args[0]][0]}"]
        text = self._text(op)
        trivial = op.name in ("const", "index") or (op.name == "load" and number not in self.late)
        if trivial or (self.uses[number] <= 1 and not is_random(op) and number not in self.late):
            self.texts[number] = text
            return []
        self.named += 1
        name = f"x{self.named}"
        self.texts[number] = (name, _ATOM)
        return [f"{name} = {text[0]}"]

    def _place(self, array: object) -> str:
        assert isinstance(array, int)
        held = self.kernel.arrays[array]
        name = held.slot.name
        match held.index:
            case Index.PRE | Index.POST:
                return f"{name}[{held.index.value}]"
            case At(position=position):
                return f"{name}[{position}]"
            case Linked(array=other):
                return f"{name}[{self._place(other)}]"
            case _:
                return name

    def _text(self, op: Op) -> Text:
        args = [self.texts[a] for a in op.args]
        match op.name:
            case "const":
                return (f"{op.attr:g}" if isinstance(op.attr, float) else str(op.attr)), _ATOM
            case "index":
                return {"own": "i", "pre": "i_pre", "post": "i_post"}.get(
                    str(op.attr), str(op.attr)
                ), _ATOM
            case "load":
                return self._place(op.attr), _ATOM
            case "load_at":
                return f"{self._place(op.attr)}[{args[0][0]}]", _ATOM
            case "discrete":
                return f"discrete({self._place(op.attr)})", _ATOM
            case "length":
                return f"len({self._place(op.attr)})", _ATOM
            case "neg":
                return f"-{_bound(args[0], 8)}", 8
            case "not":
                return f"not {_bound(args[0], 3)}", 3
            case "ipow":
                return f"{_bound(args[0], 10)}**{op.attr}", 9
            case "select":
                return f"{_bound(args[1], 1)} if {args[0][0]} else {_bound(args[2], 0)}", 0
            case "cast":
                assert op.dtype is not None
                return f"{op.dtype.value}({args[0][0]})", _ATOM
            case _:
                return self._operator(op, args)

    def _operator(self, op: Op, args: list[Text]) -> Text:
        if op.name in _INFIX:
            sign, level = _INFIX[op.name]
            tight = sign in ("*", "/", "**")
            joined = sign if tight else f" {sign} "
            return f"{_bound(args[0], level)}{joined}{_bound(args[1], level + 1)}", level
        return f"{op.name}({', '.join(text for text, _ in args)})", _ATOM


def _bound(text: Text, level: int) -> str:
    """The expression as an operand of an operator of this level."""
    return text[0] if text[1] >= level else f"({text[0]})"
