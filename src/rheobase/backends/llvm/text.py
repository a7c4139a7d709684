"""LLVM's intermediate representation as text.

The text is written directly, which for this purpose is shorter and several times faster than
building objects that print themselves: a value is its type and its name, an operation is one line.

    code = Code(host)
    y = code.fma(x, x, 1.0)          # one line; y is a Value, and so is x * y + 1.0

A value has one lane (a scalar) or `width` lanes (a vector); scalars are spread where they meet
vectors. Numbers of Python become constants of the type of the other operand.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from rheobase.records import record

__all__ = [
    "BOOL",
    "F32",
    "F64",
    "I8",
    "I16",
    "I32",
    "I64",
    "LIKELIHOOD",
    "PTR",
    "Code",
    "Host",
    "Label",
    "Needed",
    "Value",
    "Var",
    "vector_type",
]

F64, F32, I64, I32, I16, I8 = "double", "float", "i64", "i32", "i16", "i8"
BOOL, PTR = "i1", "ptr"
_SHORT = {F64: "f64", F32: "f32", **{name: name for name in (I64, I32, I16, I8, BOOL)}}
_FLOATS = frozenset((F64, F32))


# what `branch` says of its likelihood; stands at the end of every module
LIKELIHOOD = """!0 = !{!"branch_weights", i32 1000, i32 1}
!1 = !{!"branch_weights", i32 1, i32 1000}"""


@record
class Host:
    """What the code is written for.

    lanes   elements that vectors hold
    fma     whether the processor multiplies and adds with one rounding
    pause   the intrinsic that lets a processor rest in a loop that waits; "": there is none
    scale   whether vectors of 64 bytes are multiplied with powers of two in one instruction
    """

    lanes: int
    fma: bool
    pause: str = ""
    scale: bool = False


class Needed(NamedTuple):
    """A function of the library (backends/llvm/library) for one format and width."""

    name: str
    elem: str
    width: int

    @property
    def symbol(self) -> str:
        return f"{self.name}.{self.elem}.{self.width}"


class Value:
    """The result of an operation, or a constant: ref is how the text names it."""

    __slots__ = ("code", "elem", "ref", "width")

    def __init__(self, code: Code, elem: str, width: int, ref: str) -> None:
        self.code = code
        self.elem = elem
        self.width = width
        self.ref = ref

    @property
    def type(self) -> str:
        return vector_type(self.elem, self.width)

    def __str__(self) -> str:
        return f"{self.type} {self.ref}"

    def _op(self, fop: str, iop: str, other: Operand, swap: bool = False) -> Value:
        a, b = self.code.pair(self, other)
        if swap:
            a, b = b, a
        op = fop if a.elem in _FLOATS else iop
        return self.code.let(a.elem, a.width, f"{op} {a}, {b.ref}")

    def __add__(self, other: Operand) -> Value:
        return self._op("fadd", "add", other)

    def __radd__(self, other: Operand) -> Value:
        return self._op("fadd", "add", other, swap=True)

    def __sub__(self, other: Operand) -> Value:
        return self._op("fsub", "sub", other)

    def __rsub__(self, other: Operand) -> Value:
        return self._op("fsub", "sub", other, swap=True)

    def __mul__(self, other: Operand) -> Value:
        return self._op("fmul", "mul", other)

    def __rmul__(self, other: Operand) -> Value:
        return self._op("fmul", "mul", other, swap=True)

    def __truediv__(self, other: Operand) -> Value:
        return self._op("fdiv", "sdiv", other)

    def __rtruediv__(self, other: Operand) -> Value:
        return self._op("fdiv", "sdiv", other, swap=True)

    def __neg__(self) -> Value:
        if self.elem in _FLOATS:
            return self.code.let(self.elem, self.width, f"fneg {self}")
        return 0 - self

    def __and__(self, other: Operand) -> Value:
        return self._op("and", "and", other)

    def __or__(self, other: Operand) -> Value:
        return self._op("or", "or", other)

    def __xor__(self, other: Operand) -> Value:
        return self._op("xor", "xor", other)

    def __lshift__(self, other: Operand) -> Value:
        return self._op("shl", "shl", other)

    def __rshift__(self, other: Operand) -> Value:
        """A logical shift: zeros come in."""
        return self._op("lshr", "lshr", other)

    def __invert__(self) -> Value:
        return self ^ (True if self.elem == BOOL else -1)

    def _compare(self, how: str, other: Operand) -> Value:
        a, b = self.code.pair(self, other)
        if a.elem in _FLOATS:
            predicate = ("u" if how == "ne" else "o") + how
            return self.code.let(BOOL, a.width, f"fcmp {predicate} {a}, {b.ref}")
        predicate = how if how in ("eq", "ne") else "s" + how
        return self.code.let(BOOL, a.width, f"icmp {predicate} {a}, {b.ref}")

    def __lt__(self, other: Operand) -> Value:
        return self._compare("lt", other)

    def __le__(self, other: Operand) -> Value:
        return self._compare("le", other)

    def __gt__(self, other: Operand) -> Value:
        return self._compare("gt", other)

    def __ge__(self, other: Operand) -> Value:
        return self._compare("ge", other)

    # == and != stay Python's own, so that values may be compared and hashed as objects
    def eq(self, other: Operand) -> Value:
        return self._compare("eq", other)

    def ne(self, other: Operand) -> Value:
        return self._compare("ne", other)

    def below(self, other: Operand) -> Value:
        """Unsigned comparison of integers: 0 <= self < other for other >= 0."""
        a, b = self.code.pair(self, other)
        return self.code.let(BOOL, a.width, f"icmp ult {a}, {b.ref}")

    def isnan(self) -> Value:
        return self.code.let(BOOL, self.width, f"fcmp uno {self}, {self.ref}")

    def cast(self, how: str, elem: str) -> Value:
        """One of LLVM's conversions: sext, zext, trunc, sitofp, fpext, bitcast, ..."""
        return self.code.let(elem, self.width, f"{how} {self} to {vector_type(elem, self.width)}")

    def bits(self) -> Value:
        """The bits of a float as an integer."""
        return self.cast("bitcast", I64 if self.elem == F64 else I32)

    def halves(self) -> Value:
        """The lanes of I64 as twice as many of I32, low halves first."""
        n = 2 * self.width
        return self.code.let(I32, n, f"bitcast {self} to {vector_type(I32, n)}")

    def as_float(self) -> Value:
        """The float of these bits."""
        return self.cast("bitcast", F64 if self.elem == I64 else F32)


Operand = Value | float | int | bool


class Var:
    """A variable of a function: memory that LLVM turns into a register.

    It has as many lanes as the value that it begins with; one if that is a number.
    """

    def __init__(self, code: Code, elem: str, initial: Operand) -> None:
        self.code = code
        self.elem = elem
        self.width = initial.width if isinstance(initial, Value) else 1
        self.type = vector_type(elem, self.width)
        with code.hoisted():
            self.place = code.let(PTR, 1, f"alloca {self.type}").ref
        self.set(initial)

    def get(self) -> Value:
        return self.code.let(self.elem, self.width, f"load {self.type}, ptr {self.place}")

    def set(self, value: Operand) -> None:
        if not isinstance(value, Value):
            value = self.code.const(self.elem, value)
        self.code.line(f"store {value}, ptr {self.place}")


class Label(str):
    """The name of a basic block."""


def vector_type(elem: str, width: int) -> str:
    return elem if width == 1 else f"<{width} x {elem}>"


def constant(elem: str, value: float | int | bool) -> str:
    """A number as LLVM writes it, exactly."""
    if elem in _FLOATS:
        if elem == F32:
            value = struct.unpack("<f", struct.pack("<f", value))[0]
        return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
    if elem == BOOL:
        return "true" if value else "false"
    return str(int(value))


class Code:
    """The text of one function, as it grows.

    declared   external functions that the text uses: declaration lines
    needs      functions of the library (backends/llvm/library) that the text calls
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.declared: set[str] = set()
        self.needs: dict[Needed, None] = {}
        self.entry: list[str] = []
        self.out: list[str] = []
        self._main = self.out
        self._n = 0

    # ------------------------------------------------------------ lines
    def line(self, text: str) -> None:
        self.out.append("  " + text)

    def let(self, elem: str, width: int, text: str) -> Value:
        self._n += 1
        name = f"%v{self._n}"
        self.out.append(f"  {name} = {text}")
        return Value(self, elem, width, name)

    @contextmanager
    def hoisted(self) -> Generator[None, None, None]:
        """Lines written here stand at the beginning of the function."""
        before, self.out = self.out, self.entry
        try:
            yield
        finally:
            self.out = before

    @property
    def is_hoisted(self) -> bool:
        return self.out is self.entry

    def text(self) -> str:
        return "\n".join(["entry:", *self.entry, *self._main])

    def body_begins(self) -> None:
        """End the entry block: lines written so far are run once, before the loop."""
        start = self.label("body")
        self.entry.extend(self._main)
        self._main.clear()
        self._main.extend([f"  br label %{start}", f"{start}:"])

    # ------------------------------------------------------------ control flow
    def label(self, hint: str) -> Label:
        self._n += 1
        return Label(f"{hint}{self._n}")

    def begin(self, label: Label) -> None:
        self.out.append(f"{label}:")

    def jump(self, label: Label) -> None:
        self.line(f"br label %{label}")

    def branch(self, condition: Value, then: Label, otherwise: Label, likely: str = "") -> None:
        """likely   'then' or 'otherwise' where one is much commoner"""
        weights = {"then": ", !prof !0", "otherwise": ", !prof !1"}.get(likely, "")
        self.line(f"br {condition}, label %{then}, label %{otherwise}{weights}")

    def leave(self, status: int) -> None:
        self.line(f"ret i32 {status}")

    @contextmanager
    def when(self, condition: Value, likely: bool | None = None) -> Generator[None, None, None]:
        """The block runs if the (scalar) condition holds."""
        then, after = self.label("then"), self.label("after")
        hint = "" if likely is None else "then" if likely else "otherwise"
        self.branch(condition, then, after, hint)
        self.begin(then)
        yield
        self.jump(after)
        self.begin(after)

    @contextmanager
    def either(self, condition: Value) -> Generator[Callable[[], None], None, None]:
        """The block runs as far as the call of what it gets if the (scalar) condition holds, and
        from there on if not."""
        then, other, after = self.label("then"), self.label("else"), self.label("after")
        self.branch(condition, then, other)
        self.begin(then)

        def otherwise() -> None:
            self.jump(after)
            self.begin(other)

        yield otherwise
        self.jump(after)
        self.begin(after)

    @contextmanager
    def loop(self, low: Operand, high: Value, step: int = 1) -> Generator[Value, None, None]:
        """for (i = low; i < high; i += step): the block, with i, I64."""
        i = Var(self, I64, low)
        test, body, done = self.label("loop"), self.label("do"), self.label("done")
        self.jump(test)
        self.begin(test)
        now = i.get()
        self.branch(now < high, body, done)
        self.begin(body)
        yield now
        i.set(now + step)
        self.jump(test)
        self.begin(done)

    # ------------------------------------------------------------ memory of the function
    def stacked(self, x: Value) -> str:
        """The lanes in memory; the address."""
        with self.hoisted():
            place = self.let(PTR, 1, f"alloca {x.type}").ref
        self.line(f"store {x}, ptr {place}")
        return place

    def at(self, place: str, elem: str, k: Value) -> str:
        """The address of element k."""
        return self.let(PTR, 1, f"getelementptr {elem}, ptr {place}, {k}").ref

    def prefetch(self, place: str, offset: int) -> None:
        """Have the line of an address, `offset` bytes further, in the cache; any address may be."""
        at = self.let(PTR, 1, f"getelementptr i8, ptr {place}, i64 {offset}").ref
        self.declared.add("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
        self.line(f"call void @llvm.prefetch.p0(ptr {at}, i32 0, i32 3, i32 1)")

    # ------------------------------------------------------------ values
    def const(self, elem: str, value: float | int | bool, width: int = 1) -> Value:
        text = constant(elem, value)
        if width > 1:
            text = "<" + ", ".join([f"{elem} {text}"] * width) + ">"
        return Value(self, elem, width, text)

    def null(self) -> Value:
        """No address."""
        return Value(self, PTR, 1, "null")

    def chosen(self, x: Value, lanes: Sequence[int]) -> Value:
        """Those lanes of x."""
        return self._shuffled(x, f"{x.type} poison", lanes)

    def joined(self, x: Value, y: Value) -> Value:
        """The lanes of x, then those of y."""
        return self._shuffled(x, str(y), range(x.width + y.width))

    def joined_all(self, parts: Sequence[Value]) -> Value:
        """The lanes of all, one after the other: a power of two of values of one width."""
        while len(parts) > 1:
            parts = [self.joined(x, y) for x, y in zip(parts[::2], parts[1::2], strict=True)]
        return parts[0]

    def _shuffled(self, x: Value, y: str, lanes: Sequence[int]) -> Value:
        shown = ", ".join(f"i32 {k}" for k in lanes)
        width = len(lanes)
        return self.let(x.elem, width, f"shufflevector {x}, {y}, <{width} x i32> <{shown}>")

    def splat(self, x: Value, width: int) -> Value:
        """The scalar in every lane."""
        if x.width == width:
            return x
        assert x.width == 1, f"{x.width} lanes do not fit into {width}"
        if x.ref[0] != "%":
            lane = f"{x.elem} {x.ref}"
            return Value(self, x.elem, width, "<" + ", ".join([lane] * width) + ">")
        t = vector_type(x.elem, width)
        one = self.let(x.elem, width, f"insertelement {t} poison, {x}, i32 0")
        zeros = f"<{width} x i32> zeroinitializer"
        return self.let(x.elem, width, f"shufflevector {one}, {t} poison, {zeros}")

    def pair(self, a: Operand, b: Operand) -> tuple[Value, Value]:
        """Both as values of one type; one of them must be a Value."""
        if not isinstance(a, Value):
            assert isinstance(b, Value)
            return self.const(b.elem, a, b.width), b
        if not isinstance(b, Value):
            return a, self.const(a.elem, b, a.width)
        width = max(a.width, b.width)
        assert a.elem == b.elem, f"operands {a} and {b}"
        return self.splat(a, width), self.splat(b, width)

    def select(self, c: Value, a: Operand, b: Operand) -> Value:
        """a where c, b elsewhere. One of a and b must be a Value."""
        a, b = self.pair(a, b)
        width = max(a.width, c.width)
        a, b, c = (self.splat(x, width) for x in (a, b, c))
        return self.let(a.elem, width, f"select {c}, {a}, {b}")

    def call(self, function: str, elem: str, width: int, *args: Value) -> Value:
        """Call a declared function; declares it."""
        shown = ", ".join(map(str, args))
        types = ", ".join(a.type for a in args)
        result = vector_type(elem, width)
        self.declared.add(f"declare {result} @{function}({types})")
        return self.let(elem, width, f"call {result} @{function}({shown})")

    def intrinsic(self, name: str, *args: Value) -> Value:
        """An LLVM intrinsic that maps lanes of one type to lanes of the same type."""
        x = args[0]
        short = _SHORT[x.elem]
        suffix = short if x.width == 1 else f"v{x.width}{short}"
        return self.call(f"llvm.{name}.{suffix}", x.elem, x.width, *args)

    def fma(self, a: Operand, b: Operand, c: Operand) -> Value:
        """a*b + c, with one rounding where the processor can (two elsewhere)."""
        values = [x for x in (a, b, c) if isinstance(x, Value)]
        elem, width = values[0].elem, max(v.width for v in values)
        args = (
            self.splat(x, width) if isinstance(x, Value) else self.const(elem, x, width)
            for x in (a, b, c)
        )
        return self.intrinsic("fma" if self.host.fma else "fmuladd", *args)

    def sqrt(self, x: Value) -> Value:
        return self.intrinsic("sqrt", x)

    def fabs(self, x: Value) -> Value:
        return self.intrinsic("fabs", x)

    def floor(self, x: Value) -> Value:
        return self.intrinsic("floor", x)

    def copysign(self, x: Value, sign: Value) -> Value:
        return self.intrinsic("copysign", *self.pair(x, sign))

    def poly(self, x: Value, coefficients: Sequence[float]) -> Value:
        """c0 + c1 x + c2 x^2 + ...: even and odd powers apart, so that half as many operations wait
        for each other."""
        if len(coefficients) < 4:
            return self.horner(x, coefficients)
        square = x * x
        odd, even = (self.horner(square, coefficients[k::2]) for k in (1, 0))
        return self.fma(odd, x, even)

    def horner(self, x: Value, coefficients: Sequence[float]) -> Value:
        """The same; each operation waits for the one before."""
        result = self.const(x.elem, coefficients[-1], x.width)
        for c in reversed(coefficients[:-1]):
            result = self.fma(result, x, c)
        return result

    def any(self, condition: Value) -> Value:
        """Whether the condition holds in some lane."""
        if condition.width == 1:
            return condition
        bits = f"i{condition.width}"
        return self.let(bits, 1, f"bitcast {condition} to {bits}").ne(0)

    def least(self, x: Value) -> Value:
        """The least of the lanes, none of which is nan."""
        while x.width > 2:
            half = x.width // 2
            low, high = self.chosen(x, range(half)), self.chosen(x, range(half, x.width))
            x = self.select(low < high, low, high)
        low, high = self.lane(x, 0), self.lane(x, x.width - 1)
        return self.select(low < high, low, high)

    def lane(self, x: Value, k: int) -> Value:
        """Lane k of a vector, a scalar."""
        if x.width == 1:
            return x
        return self.let(x.elem, 1, f"extractelement {x}, i32 {k}")
