"""From operations of a kernel to LLVM: values of one lane, or of many.

An Emitter writes the code of one kernel. The domain (kernels.py) tells it where an element is
(`at`) and calls `run` for each section; every operation of ir/ops becomes a few lines of text.

With more than one lane, own elements are whole vectors, or positions are vectors of positions.
Stores are kept back to the end of the body, where one branch decides whether the vector is
complete (`flush`), or each lane is stored that counts (`scatter`). What does not depend on the
element is computed once, before the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rheobase.backends.llvm import discrete, library, masked, philox
from rheobase.backends.llvm.arithmetic import cast, compute
from rheobase.backends.llvm.contraction import contracted
from rheobase.backends.llvm.share import Word
from rheobase.backends.llvm.text import BOOL as I1
from rheobase.backends.llvm.text import (
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    PTR,
    Code,
    Host,
    Value,
    Var,
    vector_type,
)
from rheobase.backends.llvm.together import MOST, calls, only_dividing
from rheobase.ir.domains import Bernoulli, Elementwise, Index, Propagate, Reduce, Select
from rheobase.ir.dtypes import DType
from rheobase.ir.kernels import At, Kernel, Linked, Repeat
from rheobase.ir.ops import Op, has_effect, is_random
from rheobase.ir.slots import Slot

__all__ = ["ELEMENT", "MEMORY", "Emitter", "Given"]

# the type of a value, and of an element in memory
ELEMENT = {
    DType.F64: F64, DType.F32: F32, DType.I64: I64, DType.I32: I32, DType.U16: I16, DType.BOOL: I1,
}  # fmt: skip
MEMORY = {**ELEMENT, DType.BOOL: I8}


class Given(NamedTuple):
    """A value that is an argument of the function: of one lane, and how the text names it."""

    elem: str
    ref: str


class Emitter:
    """Writes one kernel.

    code      the function's text
    width     lanes of values that belong to own elements; 1 in scalar loops
    values    of the operations so far, None where there is none
    given     values by number that are not to be computed here; None: they are not needed
    """

    def __init__(
        self,
        kernel: Kernel,
        host: Host,
        width: int,
        contract: bool,
        given: Mapping[int, Given | None],
    ) -> None:
        self.kernel = kernel
        self.code = Code(host)
        self.width = width
        self.slots = kernel.slots()
        self.values: list[Value | None] = []
        self.draw_at: tuple[Value, Value] | None = None  # element and step of random draws
        self._numbers = {id(slot): n for n, slot in enumerate(self.slots)}
        self._positions: dict[str, Value] = {}
        self._valid: Value | None = None
        self._pending: dict[int, tuple[Slot, Value, Index]] = {}  # by identity of the slot
        self._written = {id(kernel.arrays[_array(op)].slot) for op in kernel.ops if has_effect(op)}
        self._invariant: set[int] = set()
        self._lengths: dict[int, Value] = {}
        self._share: dict[Word, Value] = {}
        self._far = _far_side(kernel)
        self._given = given
        self._only_divide = only_dividing(kernel)
        self._calls = calls(kernel)
        self._contracted = contracted(kernel) if contract else {}
        self._products = frozenset(self._contracted.values())
        self._handlers: dict[str, Callable[[Op], Value | None]] = {
            "const": self._const,
            "index": self._index,
            "load": self._load,
            "load_at": self._load_at,
            "store": self._store,
            "accumulate": self._accumulate,
            "select": self._select,
            "discrete": self._discrete,
            "length": lambda op: self.length(self.kernel.arrays[_array(op)].slot),
        }

    # ------------------------------------------------------------ where the code is
    def at(self, **positions: Value) -> None:
        """Say which elements own, pre, post (and k) are from here on: I64. With several lanes, a
        position is one for each, or one for all; one own position, or one of the far side of a
        row, is the first of as many."""
        self._positions.update(positions)

    def lanes_end(self, end: Value) -> Value:
        """Lanes from element `end` on do not count; their elements may not exist. The mask of those
        that do."""
        if self.width == 1:
            return self.code.const(I1, True)
        self._valid = self._own_lanes() < end
        return self._valid

    def lanes_valid(self, n: Value) -> Value:
        """The first n lanes count; the mask."""
        self._valid = self.steps() < n
        return self._valid

    def steps(self) -> Value:
        """0, 1, ... of the lanes."""
        steps = ", ".join(f"i64 {k}" for k in range(self.width))
        return Value(self.code, I64, self.width, f"<{steps}>")

    def _own_lanes(self) -> Value:
        own = self._positions["own"]
        return own if own.width > 1 else own + self.steps()

    def once(self) -> None:
        """Write the code that runs once a call, and end the entry block."""
        self.run(self.kernel.once)
        self._invariant.update(range(len(self.values)))
        self.code.body_begins()

    def outer(self) -> None:
        self.run(self.kernel.outer)

    def body(self) -> None:
        self.run(self.kernel.body)
        if self.kernel.repeat is not None:
            self._repeat(self.kernel.repeat)
            self.run(self.kernel.repeat.after)

    def _repeat(self, repeat: Repeat) -> None:
        """The loop: the lanes go round together until the last has enough; what a lane hands on
        counts as long as it goes on itself."""
        code, first = self.code, len(self.values)
        carries = [
            Var(code, x.elem, code.splat(x, self.width))
            for x in (self.value(op.args[0]) for op in repeat.code[: len(repeat.next)])
        ]
        everyone = code.const(I1, True, self.width) if self._valid is None else self._valid
        going, passed = Var(code, I1, everyone), Var(code, I64, 0)
        begin, done = code.label("again"), code.label("through")
        code.jump(begin)
        code.begin(begin)
        self.values.extend(c.get() for c in carries)
        self.run(repeat.code[len(carries) :])
        for carry, number in zip(carries, repeat.next):
            handed_on = code.splat(self.value(number), self.width)
            if self.width > 1:
                handed_on = code.select(going.get(), handed_on, carry.get())
            carry.set(handed_on)
        passed.set(passed.get() + 1)
        going.set(
            going.get() & self.value(repeat.again) & (self.value(repeat.limit) > passed.get())
        )
        code.branch(code.any(going.get()), begin, done)
        code.begin(done)
        self.values[first : first + len(carries)] = [c.get() for c in carries]

    def run(self, ops: Sequence[Op]) -> None:
        n = 0
        while n < len(ops):
            if len(self.values) in self._given:
                given = self._given[len(self.values)]
                self.values.append(given and Value(self.code, given.elem, 1, given.ref))
                n += 1
                continue
            alike = self._made_together(ops, n)
            if alike > 1:
                self._emit_together(ops[n : n + alike])
            elif self._is_invariant(ops[n]):
                self._invariant.add(len(self.values))
                with self.code.hoisted():
                    self.values.append(self._emit(ops[n]))
            else:
                self.values.append(self._emit(ops[n]))
            n += alike

    def _made_together(self, ops: Sequence[Op], n: int) -> int:
        """How many of ops[n], ops[n + 1], ... are made together (1, 2 or 4): calls of one function
        with vectors, that do not need each other."""
        first = len(self.values)
        function = self._calls.get(first)
        if self.width == 1 or self.code.is_hoisted or function is None:
            return 1
        alike = 0
        for op in ops[n : n + MOST]:
            known = all(a < first and self.value(a).width == self.width for a in self._taken(op))
            if self._calls.get(first + alike) != function or not known:
                break
            alike += 1
        return 1 << max(alike.bit_length() - 1, 0)

    def _emit_together(self, ops: Sequence[Op]) -> None:
        """Operations that are made together, as one call."""
        code, width = self.code, self.width
        name, _ = self._calls[len(self.values)]
        columns = zip(*(map(self.value, self._taken(op)) for op in ops))
        result = library.call(code, name, *(code.joined_all(column) for column in columns))
        for k, op in enumerate(ops):
            one = code.chosen(result, range(k * width, (k + 1) * width))
            self.values.append(self.value(op.args[0]) * one if op.name == "div" else one)

    def _taken(self, op: Op) -> tuple[int, ...]:
        """What the function that an operation calls is called with."""
        return self.kernel.ops[op.args[1]].args if op.name == "div" else op.args

    def result(self, n: int) -> Value:
        """The n-th value that the domain consumes."""
        return self.value(self.kernel.results[n])

    def value(self, number: int) -> Value:
        value = self.values[number]
        assert value is not None, f"%{number} has no value"
        return value

    def restart(self, n_values: int) -> None:
        """Forget the values from n_values on: the section is written again."""
        del self.values[n_values:]

    # ------------------------------------------------------------ slots
    def pointer(self, slot: Slot, position: Value | int = 0) -> str:
        """The address of an element of a slot."""
        name = f"%s{self._numbers[id(slot)]}"
        if position == 0:
            return name
        if not isinstance(position, Value):
            position = self.code.const(I64, position)
        element = MEMORY[slot.dtype]
        return self.code.let(
            PTR, 1, f"getelementptr inbounds {element}, ptr {name}, {position}"
        ).ref

    def read(self, slot: Slot, position: Value | int = 0) -> Value:
        """An element of a slot, as it is in memory."""
        element = MEMORY[slot.dtype]
        return self.code.let(element, 1, f"load {element}, ptr {self.pointer(slot, position)}")

    def read_index(self, slot: Slot, position: Value | int = 0) -> Value:
        """An element of an integer slot as I64."""
        return cast(self.code, self.read(slot, position), I64)

    def read_lanes(self, slot: Slot, position: Value) -> Value:
        """As many elements of a slot as there are lanes, from a position on."""
        element = MEMORY[slot.dtype]
        vector, align = vector_type(element, self.width), slot.dtype.numpy.itemsize
        place = self.pointer(slot, position)
        return self.code.let(element, self.width, f"load {vector}, ptr {place}, align {align}")

    def writes(self, index: Index) -> bool:
        """Whether the inner code writes arrays that it reaches through the index."""
        effects = (op for op in self.kernel.inner if has_effect(op))
        return any(self.kernel.arrays[_array(op)].index is index for op in effects)

    def write(self, slot: Slot, position: Value | int, value: Value) -> None:
        value = self._to_memory(value)
        self.code.line(f"store {value}, ptr {self.pointer(slot, position)}")

    def length(self, slot: Slot) -> Value:
        """The number of elements of a slot."""
        number = self._numbers[id(slot)]
        if number not in self._lengths:
            with self.code.hoisted():
                place = self.code.let(PTR, 1, f"getelementptr i64, ptr %lengths, i64 {number}")
                self._lengths[number] = self.code.let(I64, 1, f"load i64, {place}")
        return self._lengths[number]

    def share(self, word: Word) -> Value:
        """A word of the call's share."""
        if word not in self._share:
            with self.code.hoisted():
                place = self.code.let(PTR, 1, f"getelementptr i64, ptr %share, i64 {word}")
                self._share[word] = self.code.let(I64, 1, f"load i64, {place}")
        return self._share[word]

    def control(self, field: int, value: Value) -> None:
        """Write a field of Control."""
        place = self.code.let(PTR, 1, f"getelementptr i64, ptr %control, i64 {field}")
        self.code.line(f"store {value}, {place}")

    # ------------------------------------------------------------ operations
    def _is_invariant(self, op: Op) -> bool:
        """Whether the op of a loop has one value for the whole call."""
        if self.code.is_hoisted or has_effect(op) or is_random(op):
            return False
        if op.name == "index":
            return False
        if op.name == "load":
            return self._is_fixed(_array(op))
        if op.name == "load_at" and id(self.kernel.arrays[_array(op)].slot) in self._written:
            return False
        return all(a in self._invariant for a in op.args)

    def _is_fixed(self, array: int) -> bool:
        """Whether the array is one element that the kernel does not write."""
        a = self.kernel.arrays[array]
        if id(a.slot) in self._written:
            return False
        if isinstance(a.index, Linked):
            return self._is_fixed(a.index.array)
        return isinstance(a.index, At) or a.index is Index.SHARED

    def _emit(self, op: Op) -> Value | None:
        handler = self._handlers.get(op.name)
        if handler is not None:
            return handler(op)
        args = [self.value(a) for a in op.args]
        number = len(self.values)
        if number in self._contracted:
            return self._contract(op, self._contracted[number])
        if op.name == "div" and op.args[1] in self._only_divide:
            return args[0] * library.call(
                self.code, "inverse_exprel", *map(self.value, self._taken(op))
            )
        if number in self._only_divide or number in self._products:
            return args[0]  # takes the place of a value that is not computed
        if is_random(op):
            return self._draw(op)
        if op.name == "cast":
            assert op.dtype is not None
            return cast(self.code, args[0], ELEMENT[op.dtype])
        return compute(self.code, op, *args)

    def _contract(self, op: Op, product: int) -> Value:
        """A sum that takes in a product: x * y + other, other - x * y or x * y - other."""
        x, y = (self.value(a) for a in self.kernel.ops[product].args)
        at = op.args.index(product)
        other = self.value(op.args[1 - at])
        if op.name == "sub":
            x, other = (-x, other) if at else (x, -other)
        return self.code.fma(x, y, other)

    def _select(self, op: Op) -> Value:
        """In a loop over scalars, one of two values that are known before the loop is loaded from
        where both are kept: LLVM would make a branch of it, which is mispredicted. (volatile: it
        would make a selection of values of the load, and a branch of that.)"""
        code = self.code
        condition, a, b = (self.value(x) for x in op.args)
        known = self._invariant.issuperset(op.args[1:]) and op.args[0] not in self._invariant
        if self.width > 1 or not known or code.is_hoisted or a.elem == I1:
            return code.select(condition, a, b)
        with code.hoisted():
            places = [code.stacked(value) for value in (a, b)]
        chosen = f"select {condition}, ptr {places[0]}, ptr {places[1]}, !unpredictable !{{}}"
        return code.let(a.elem, 1, f"load volatile {a.elem}, {code.let(PTR, 1, chosen)}")

    def _discrete(self, op: Op) -> Value:
        number = self.value(op.args[0])
        element, prepared = self._source("discrete", number)

        def others() -> Sequence[Value]:
            step = self._step() if self.draw_at is None else self.draw_at[1]
            return self.prepared(number + 1, step)

        table = self.kernel.arrays[_array(op)].slot
        where = discrete.Table(self.pointer(table), self.length(table))
        return discrete.discrete(self.code, where, element, prepared, others)

    def _draw(self, op: Op) -> Value:
        assert type(op.attr) is int
        assert op.dtype is not None
        return self.draw(op.name, self.code.const(I64, op.attr), ELEMENT[op.dtype])

    def draw(self, name: str, number: Value, elem: str = F64) -> Value:
        """Draw `number` of the element and step that `draw_at` holds (own, if None)."""
        return library.draw(self.code, name, elem, *self._source(name, number))

    def _source(self, name: str, number: Value) -> tuple[Value, Sequence[Value]]:
        """The element of a draw, and the rest of what its words are made of."""
        if self.draw_at is not None:
            element, step = self.draw_at
            return element, self.prepared(number, step)
        element = self._drawing_element()
        blocks = philox.blocks_of(name, element.width)
        with self.code.hoisted():
            prepared = self.prepared(number, self._step())
            return element, [self.code.splat(x, blocks) for x in prepared]

    def _step(self) -> Value:
        """The present step, as random numbers count it."""
        stream = self.kernel.stream
        assert stream is not None
        return self.read(stream.step, 0) - self.read(stream.state, 2)

    def prepared(self, number: Value, step: Value) -> Sequence[Value]:
        """What the words of a draw take beside the element."""
        seed, stream_number = self.seeds()
        return philox.prepared(seed, number, step, stream_number)

    def seeds(self) -> tuple[Value, Value]:
        """The seed and the number of the kernel's stream."""
        stream = self.kernel.stream
        assert stream is not None, "a kernel that draws has a stream"
        with self.code.hoisted():
            return self.read(stream.state, 0), self.read(stream.state, 1)

    def _drawing_element(self) -> Value:
        """The own index, as random numbers count it; 0 for what is drawn before the loop."""
        if "own" not in self._positions:
            return self.code.const(I64, 0)
        own, domain = self._position_of(Index.OWN), self.kernel.domain
        if not isinstance(domain, (Elementwise, Select, Bernoulli)):
            return own
        with self.code.hoisted():
            first = self.read(domain.part.first)
        return own - first

    def _const(self, op: Op) -> Value:
        assert op.dtype is not None
        assert isinstance(op.attr, (int, float))
        return self.code.const(ELEMENT[op.dtype], op.attr)

    def _index(self, op: Op) -> Value:
        if op.attr == "own":
            return self._position_of(Index.OWN)
        if op.attr == self._far:
            return self._position_of(Index(op.attr))
        return self._positions[str(op.attr)]

    # ------------------------------------------------------------ memory
    def _position_of(self, index: Index | At | Linked) -> Value:
        match index:
            case Index.OWN | Index.PRE | Index.POST if (first := self._first(index)) is not None:
                return first + self.steps()
            case Index.SHARED:
                return self.code.const(I64, 0)
            case Index():
                return self._positions[index.value]
            case At(position=position):
                return self.code.const(I64, position)
            case Linked(array=array):
                position = cast(self.code, self._element(array), I64)
                if position.width > 1 and self._valid is not None:
                    position = self.code.select(self._valid, position, 0)
                return position

    def _first(self, index: object) -> Value | None:
        """The position of lane 0, where the others stand behind it; None: they do not."""
        if self.width == 1 or not isinstance(index, Index) or index.value not in ("own", self._far):
            return None
        position = self._positions[index.value]
        return position if position.width == 1 else None

    def _element(self, array: int) -> Value:
        """The array's element at its own index, as a value."""
        a = self.kernel.arrays[array]
        if self.width > 1 and id(a.slot) in self._pending:
            return self._pending[id(a.slot)][1]
        first = self._first(a.index)
        if first is not None:
            return self._from_memory(self.read_lanes(a.slot, first), a.slot)
        return self._gather(a.slot, self._position_of(a.index))

    def _gather(self, slot: Slot, position: Value) -> Value:
        if position.width == 1:
            return self._from_memory(self.read(slot, position), slot)
        value = masked.gather(self.code, MEMORY[slot.dtype], self.pointer(slot), position)
        return self._from_memory(value, slot)

    def _from_memory(self, value: Value, slot: Slot) -> Value:
        return value.ne(0) if slot.dtype is DType.BOOL else value

    def _to_memory(self, value: Value) -> Value:
        return value.cast("zext", I8) if value.elem == I1 else value

    def _load(self, op: Op) -> Value:
        return self._element(_array(op))

    def _load_at(self, op: Op) -> Value:
        slot = self.kernel.arrays[_array(op)].slot
        position, last = self.value(op.args[0]), self.length(slot) - 1
        position = self.code.select(position > last, last, position)
        return self._gather(slot, self.code.select(position < 0, 0, position))

    def _store(self, op: Op) -> None:
        self._put(_array(op), self.value(op.args[0]))

    def _accumulate(self, op: Op) -> None:
        array = _array(op)
        product = self._contracted.get(len(self.values))
        if product is None:
            self._put(array, self._element(array) + self.value(op.args[0]))
        else:
            x, y = (self.value(a) for a in self.kernel.ops[product].args)
            self._put(array, self.code.fma(x, y, self._element(array)))

    def _put(self, array: int, value: Value) -> None:
        a = self.kernel.arrays[array]
        vector = self.width > 1 and not self.code.is_hoisted
        match a.index:
            case Index.OWN | Index.PRE | Index.POST as index if vector:
                self._pending[id(a.slot)] = a.slot, self.code.splat(value, self.width), index
            case _:
                self.write(a.slot, self._position_of(a.index), value)

    # ------------------------------------------------------------ vectors
    def scatter(self, mask: Value) -> None:
        """Write what the body stored, in the lanes of the mask."""
        for slot, value, index in self._pending.values():
            value, position = self._to_memory(value), self._positions[index.value]
            if position.width == 1:
                masked.store(self.code, value, self.pointer(slot, position), mask)
            else:
                masked.scatter(self.code, value, self.pointer(slot), position, mask)
        self._pending.clear()

    def flush(self, end: Value) -> None:
        """Write what the body stored, up to element `end`."""
        if not self._pending:
            return
        code, own = self.code, self._positions["own"]
        full, part, done = code.label("full"), code.label("part"), code.label("written")
        stored = [(slot, self._to_memory(value)) for slot, value, _ in self._pending.values()]
        self._pending.clear()
        code.branch(own + self.width <= end, full, part, "then")
        code.begin(full)
        for slot, value in stored:
            align = slot.dtype.numpy.itemsize
            code.line(f"store {value}, ptr {self.pointer(slot, own)}, align {align}")
        code.jump(done)
        code.begin(part)
        for slot, value in stored:
            masked.store(code, value, self.pointer(slot, own), self._own_lanes() < end)
        code.jump(done)
        code.begin(done)


def _far_side(kernel: Kernel) -> str:
    """The index of the neurons that the entries of a row reach; "": there are no rows."""
    if not isinstance(kernel.domain, (Propagate, Reduce)):
        return ""
    return (Index.POST if kernel.domain.side is Index.PRE else Index.PRE).value


def _array(op: Op) -> int:
    assert type(op.attr) is int, f"{op.name} names an array"
    return op.attr
