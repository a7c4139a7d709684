"""The rules that every kernel keeps, checked after building and after every pass.

A kernel that breaks one is a bug of rheobase, never of a model: the error is internal, and shows
the printed kernel with the operation at fault.

Beyond the types of ops.py:
- `once` reaches shared elements only; `outer` also those of the row's own side; random numbers
  are drawn in `body`;
- a loop has neither effects nor random numbers, and of its values only the carries are seen from
  outside; the carries stand at its beginning and nowhere else;
- effects are in `once` (on shared elements), `outer` and `body`; kernels that may return GROW and
  start again (Record, Generate) have none;
- code writes no slot that the domain, the stream or a link reads, and reads none that the domain
  writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import NoReturn, TypeAlias, cast

from rheobase.ir.domains import (
    Bernoulli,
    Calendar,
    Chosen,
    DelayRows,
    Deliver,
    Domain,
    Elementwise,
    EventLog,
    Events,
    Gaps,
    Generate,
    Index,
    Indexed,
    IndexList,
    Part,
    Propagate,
    Push,
    Python,
    Record,
    Reduce,
    Replay,
    Sample,
    SampleSize,
    Select,
    Sometimes,
    WhenDue,
)
from rheobase.ir.dtypes import BOOL, F64, I32, I64, U16, DType
from rheobase.ir.kernels import At, Kernel, Linked, Stream
from rheobase.ir.ops import OPS, Op, has_effect, is_random
from rheobase.ir.printer import print_kernel
from rheobase.ir.program import Program
from rheobase.ir.slots import Slot

__all__ = ["InvalidKernelError", "root_index", "side_of", "verify", "verify_program"]


_Field: TypeAlias = tuple[type, str, Slot]


class InvalidKernelError(AssertionError):
    """A kernel breaks a rule of the intermediate representation: a bug of rheobase."""

    def __init__(self, message: str, kernel: Kernel, number: int | None = None) -> None:
        super().__init__(f"{message}\n{print_kernel(kernel, names=True, mark=number)}")
        self.kernel = kernel
        self.number = number


def verify(kernel: Kernel) -> None:
    """Return if the kernel keeps every rule; otherwise raise InvalidKernelError."""
    _Verifier(kernel).run()


def verify_program(program: Program) -> None:
    """Check every kernel, and that each call names a clock; raise InvalidKernelError."""
    for call in program.calls:
        verify(call.kernel)
        if not 0 <= call.clock < len(program.clocks):
            raise InvalidKernelError(f"clock {call.clock} of {len(program.clocks)}", call.kernel)
    for clock in program.clocks:
        met = (clock.step.dtype, clock.t.dtype, clock.dt.dtype, clock.end.dtype)
        assert met == (I64, F64, F64, I64), f"slots of a clock have the types {met}"


def side_of(kernel: Kernel) -> Index | None:
    """The index that `outer` knows: PRE or POST; None for domains without rows."""
    match kernel.domain:
        case Propagate(side=side) | Reduce(side=side) | Generate(side=side):
            return side
        case _:
            return None


def root_index(kernel: Kernel, array: int) -> Index | At:
    """The index of the array, or of the array at the beginning of its links."""
    index = kernel.arrays[array].index
    while isinstance(index, Linked):
        index = kernel.arrays[index.array].index
    return index


_NUMBERS = (I32, U16)  # of elements: either
# the element types of the slots of a domain, by class and field
_SLOT_DTYPES: dict[tuple[type, str], DType | tuple[DType, ...]] = {
    (Part, "first"): I64,
    (Part, "size"): I64,
    (Chosen, "first"): I64,
    (Chosen, "size"): I64,
    (Chosen, "numbers"): I32,
    (IndexList, "indices"): I32,
    (IndexList, "count"): I64,
    (EventLog, "entries"): I32,
    (EventLog, "starts"): I64,
    (EventLog, "reach"): I64,
    (Events, "delay"): I64,
    (Events, "step"): I64,
    (Events, "window"): I64,
    (DelayRows, "steps"): I64,
    (DelayRows, "masks"): I64,
    (DelayRows, "ranks"): I32,
    (DelayRows, "starts"): I32,
    (Propagate, "rows"): I64,
    (Propagate, "others"): _NUMBERS,
    (Propagate, "synapses"): I32,
    (Reduce, "rows"): I64,
    (Reduce, "others"): _NUMBERS,
    (Reduce, "synapses"): I32,
    (Deliver, "count"): I64,
    (Deliver, "synapses"): I32,
    (Deliver, "pre"): I32,
    (Deliver, "post"): I32,
    (Record, "cursor"): I64,
    (Push, "step"): I64,
    (Sometimes, "step"): I64,
    (Calendar, "entries"): F64,
    (Calendar, "t"): F64,
    (Gaps, "counts"): I64,
    (Gaps, "numbers"): F64,
    (Sometimes, "mask"): I64,
    (Replay, "steps"): I64,
    (Replay, "entries"): I32,
    (Replay, "period"): I64,
    (Replay, "step"): I64,
    (Generate, "counts"): I64,
    (Generate, "targets"): _NUMBERS,
    (Generate, "cursor"): I64,
    (Stream, "state"): I64,
    (Stream, "step"): I64,
}

_OPERANDS = {
    "any": frozenset(DType),
    "number": frozenset((DType.F64, DType.F32, DType.I64)),
    "float": frozenset((DType.F64, DType.F32)),
    "bool": frozenset((BOOL,)),
    "index": frozenset((I64,)),
    "none": frozenset[DType](),
}
_ARRAY_OPS = frozenset(("load", "load_at", "store", "accumulate", "length", "discrete"))
_EVERYWHERE = frozenset((Index.SHARED,))


class _Verifier:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.ops = kernel.ops
        self.n_once = len(kernel.once)
        self.n_outer = len(kernel.outer)
        self.loop, self.hidden = _loop_numbers(kernel)
        self.side = side_of(kernel)
        self.draws: set[object] = set()

    def fail(self, message: str, number: int | None = None) -> NoReturn:
        raise InvalidKernelError(message, self.kernel, number)

    def run(self) -> None:
        self._domain()
        self._arrays()
        for number, op in enumerate(self.ops):
            self._op(number, op)
        self._protected_slots()
        self._repeat()
        self._results()
        self._candidates()
        self._stream()

    # ------------------------------------------------------------ domain and arrays
    def _domain(self) -> None:
        for owner, name, slot in _slot_fields((self.kernel.domain, self.kernel.stream)):
            wanted = _SLOT_DTYPES.get((owner, name))
            allowed = wanted if isinstance(wanted, tuple) else (wanted,)
            if wanted is not None and slot.dtype not in allowed:
                shown = " or ".join(d.value for d in allowed if d is not None)
                self.fail(f"{owner.__name__}.{name} is {slot.dtype.value}; it must be {shown}")
        match self.kernel.domain:
            case (
                Elementwise(part=Chosen()) | Select(part=Chosen()) | Reduce(part=Chosen())
                | Sometimes(part=Chosen()) | Bernoulli(part=Chosen()) | WhenDue(part=Chosen())
                | Generate(outer=Chosen()) | Generate(inner=Chosen())
            ):  # fmt: skip
                self.fail(f"{type(self.kernel.domain).__name__} goes over all of a range")
            case Push() | Replay() | Python() if self.ops or self.kernel.arrays:
                self.fail(f"{type(self.kernel.domain).__name__} has no code")
            case Propagate(side=side) | Reduce(side=side) | Generate(side=side) if side not in (
                Index.PRE,
                Index.POST,
            ):
                self.fail(f"the side of rows is pre or post, not {side.value}")
            case Record(list=list_, part=part) if (list_ is None) is not (part is None):
                self.fail("Record has a list and a part, or neither")
            case Propagate(events=e) if len({e.log is None, e.delay is None, e.step is None}) > 1:
                self.fail("Events has a log, a delay and a step, or none of them")
            case Propagate(events=e) if e.window is not None and e.log is None:
                self.fail("a window is one on a log")
            case Propagate(events=e, delays=d) if d is not None and e.log is None:
                self.fail("rows by delay are reached from a log")
            case _:
                pass
        if self.n_outer and self.side is None:
            self.fail(f"{type(self.kernel.domain).__name__} has no rows, so no outer code")

    def _arrays(self) -> None:
        known = self._indices_in_body()
        for n, array in enumerate(self.kernel.arrays):
            match array.index:
                case Linked(array=link):
                    if not 0 <= link < n:
                        self.fail(f"array a{n} links through a{link}, which is not before it")
                    if not self.kernel.arrays[link].slot.dtype.is_integer:
                        self.fail(f"array a{n} links through a{link}, which holds no integers")
                case At(position=position):
                    if position < 0:
                        self.fail(f"array a{n} is reached at position {position}")
                case Index() as index:
                    if index not in known:
                        domain = type(self.kernel.domain).__name__
                        self.fail(f"array a{n}: {domain} has no index '{index.value}'")

    def _indices_in_body(self) -> frozenset[Index]:
        match self.kernel.domain:
            case Push() | Replay() | Python():
                return frozenset()
            case Propagate() | Reduce() | Deliver():
                return frozenset(Index)
            case Generate():
                return frozenset((Index.PRE, Index.POST, Index.SHARED))
            case _:
                return frozenset((Index.OWN, Index.SHARED))

    def _known_at(self, number: int) -> frozenset[Index]:
        """The indices that mean something where the op stands."""
        if number < self.n_once:
            return _EVERYWHERE
        if number < self.n_once + self.n_outer:
            return _EVERYWHERE | {self.side} if self.side is not None else _EVERYWHERE
        return self._indices_in_body()

    # ------------------------------------------------------------ operations
    def _op(self, number: int, op: Op) -> None:
        info = OPS.get(op.name)
        if info is None:
            self.fail(f"'{op.name}' is not an operation", number)
        if len(op.args) != info.arity:
            self.fail(f"{op.name} takes {info.arity} operands, not {len(op.args)}", number)
        dtypes = [self._operand(number, a) for a in op.args]
        self._place(number, op)
        if (op.dtype is None) is not (info.result == "none"):
            self.fail(f"{op.name} has {'no' if info.result == 'none' else 'a'} result", number)
        self._operand_types(number, op, dtypes)
        self._result_type(number, op, dtypes)
        if op.name in _ARRAY_OPS:
            self._memory(number, op, dtypes)
        else:
            self._attr(number, op)

    def _operand(self, number: int, arg: int) -> DType:
        if not 0 <= arg < number:
            self.fail(f"%{arg} is not an earlier value", number)
        if arg in self.hidden and number not in self.loop:
            self.fail(f"%{arg} is not known outside its loop", number)
        dtype = self.ops[arg].dtype
        if dtype is None:
            self.fail(f"%{arg} is {self.ops[arg].name}, which has no value", number)
        return dtype

    def _place(self, number: int, op: Op) -> None:
        """What may stand in a loop only, and what may not."""
        carries = self.loop.start <= number < self.hidden.start
        if (op.name == "carry") is not carries:
            self.fail("a loop begins with its carries, and they stand nowhere else", number)
        if carries and op.args[0] >= self.loop.start:
            self.fail("a carry begins with a value from before the loop", number)
        if number in self.loop and (has_effect(op) or is_random(op)):
            self.fail("a loop has no effects and draws no random numbers", number)

    def _repeat(self) -> None:
        """What the loop takes: from its code or from before it."""
        repeat = self.kernel.repeat
        if repeat is None:
            return
        carried = [self.ops[n].dtype for n in range(self.loop.start, self.hidden.start)]
        wanted = [(n, self.loop.stop, d) for n, d in zip(repeat.next, carried)]
        wanted += [(repeat.again, self.loop.stop, BOOL), (repeat.limit, self.loop.start, I64)]
        for value, end, dtype in wanted:
            if not 0 <= value < end or self.ops[value].dtype is not dtype:
                shown = dtype.value if dtype else "-"
                self.fail(f"the loop needs %{value} as {shown}, made before its end or start")

    def _operand_types(self, number: int, op: Op, dtypes: list[DType]) -> None:
        if op.name == "select":
            if dtypes[0] is not BOOL:
                self.fail(f"select decides by bool, not {dtypes[0].value}", number)
            dtypes = dtypes[1:]
        allowed = _OPERANDS[OPS[op.name].operands]
        for dtype in dtypes:
            if dtype not in allowed:
                self.fail(f"{op.name} does not take {dtype.value}", number)
        if len(set(dtypes)) > 1:
            self.fail(f"{op.name} takes operands of one type", number)

    def _result_type(self, number: int, op: Op, dtypes: list[DType]) -> None:
        match OPS[op.name].result:
            case "same" | "float":
                wanted = dtypes[-1]
            case "bool":
                wanted = BOOL
            case "none" | "attr":
                return
        if op.dtype is not wanted:
            self.fail(f"the result of {op.name} is {wanted.value} here", number)

    def _memory(self, number: int, op: Op, dtypes: list[DType]) -> None:
        arrays = self.kernel.arrays
        if type(op.attr) is not int or not 0 <= op.attr < len(arrays):
            self.fail(f"{op.name} names the array {op.attr!r} of {len(arrays)}", number)
        element = arrays[op.attr].slot.dtype
        if op.name in ("load", "load_at") and op.dtype is not element:
            self.fail(f"a{op.attr} holds {element.value}", number)
        if op.name == "length" and op.dtype is not I64:
            self.fail("a length is i64", number)
        if op.name == "discrete":
            if (op.dtype, element) != (I64, I64):
                self.fail("a discrete is i64, of a table of i64", number)
            constant = self.ops[op.args[0]]
            self._draw_number(number, constant.attr if constant.name == "const" else None, 2)
        if has_effect(op):
            if dtypes[0] is not element:
                self.fail(f"a{op.attr} holds {element.value}, not {dtypes[0].value}", number)
            if isinstance(self.kernel.domain, (Record, Generate)):
                domain = type(self.kernel.domain).__name__
                self.fail(f"{domain} may start again: its code has no effects", number)
        if op.name in ("load", "store", "accumulate"):
            root = root_index(self.kernel, op.attr)
            if isinstance(root, Index) and root not in self._known_at(number):
                self.fail(f"the index '{root.value}' of a{op.attr} is not known here", number)

    def _attr(self, number: int, op: Op) -> None:
        if is_random(op):
            self._draw(number, op)
            return
        match op.name:
            case "const":
                wanted = {BOOL: bool, I64: int, I32: int, U16: int}.get(op.dtype or F64, float)
                if type(op.attr) is not wanted:
                    self.fail(f"a constant of this type is a Python {wanted.__name__}", number)
            case "index":
                known = {i.value for i in self._known_at(number)} - {"shared"}
                in_body = number >= self.n_once + self.n_outer
                if isinstance(self.kernel.domain, Generate) and in_body:
                    known.add("k")
                if op.attr not in known:
                    self.fail(f"the index {op.attr!r} is not known here", number)
                if op.dtype is not I64:
                    self.fail("an index is i64", number)
            case "ipow":
                if type(op.attr) is not int or not 1 <= op.attr <= 64:
                    self.fail(f"ipow raises to 1 ... 64, not {op.attr!r}", number)
            case _:
                if op.attr is not None:
                    self.fail(f"{op.name} has no attribute", number)

    def _draw(self, number: int, op: Op) -> None:
        if op.dtype is None or not op.dtype.is_float:
            self.fail(f"{op.name} makes f64 or f32", number)
        self._draw_number(number, op.attr, 1)

    def _draw_number(self, number: int, draw: object, count: int) -> None:
        """The op takes the draws draw, ..., draw + count - 1."""
        if self.n_once <= number < self.n_once + self.n_outer:
            self.fail("random numbers are drawn once a call or in the body", number)
        if type(draw) is not int or not 0 <= draw <= 0xFFFF - count:
            self.fail(f"a draw has a number from 0 to 65534, not {draw!r}", number)
        for n in range(draw, draw + count):
            if n in self.draws:
                self.fail(f"draw {n} is made twice: the numbers would be equal", number)
            self.draws.add(n)

    # ------------------------------------------------------------ the whole
    def _protected_slots(self) -> None:
        kernel = self.kernel
        links = [a.index.array for a in kernel.arrays if isinstance(a.index, Linked)]
        read = {id(kernel.arrays[n].slot) for n in links}
        read |= {id(slot) for _, _, slot in _slot_fields((kernel.domain, kernel.stream))}
        written = {id(slot) for slot in _slots_written(kernel.domain)}
        for number, op in enumerate(self.ops):
            if op.name not in _ARRAY_OPS or op.name == "length":
                continue
            assert isinstance(op.attr, int)
            slot = kernel.arrays[op.attr].slot
            if has_effect(op) and id(slot) in read:
                self.fail(f"the domain or a link reads the slot of a{op.attr}", number)
            if id(slot) in written:
                self.fail(f"the domain writes the slot of a{op.attr}", number)

    def _results(self) -> None:
        kernel = self.kernel
        for result in kernel.results:
            hidden = result in self.hidden
            if hidden or not 0 <= result < len(self.ops) or self.ops[result].dtype is None:
                self.fail(f"the result %{result} is not a value")
        match kernel.domain:
            case Select():
                wanted = (BOOL,)
            case Bernoulli() | WhenDue() | Indexed(calendar=Calendar()):
                wanted = (F64,)
            case Generate():
                wanted = (I64, BOOL, I64)
            case Record(buffers=buffers):
                wanted = tuple(b.dtype for b in buffers)
            case _:
                wanted = ()
        met = tuple(self.ops[r].dtype for r in kernel.results)
        if met != wanted:
            shown = [", ".join(d.value if d else "-" for d in x) or "none" for x in (wanted, met)]
            self.fail(f"{type(kernel.domain).__name__} takes results {shown[0]}; met {shown[1]}")

    def _candidates(self) -> None:
        """The values that bound a Generate are known before its body."""
        if not isinstance(self.kernel.domain, Generate):
            return
        c = self.kernel.domain.candidates
        values = [(c.low, I64), (c.high, I64), (c.step, I64)]
        if isinstance(c, Sample):
            values.append((c.p, F64))
        if isinstance(c, SampleSize):
            values.append((c.size, I64))
        for value, dtype in values:
            if not 0 <= value < self.n_once + self.n_outer:
                self.fail(f"candidates need %{value} before the body")
            if self.ops[value].dtype is not dtype:
                self.fail(f"candidates need %{value} as {dtype.value}")

    def _has_effects(self) -> bool:
        return any(has_effect(op) for op in self.ops)

    def _stream(self) -> None:
        random = any(is_random(op) for op in self.ops)
        needed = self.kernel.domain_draws or random
        if isinstance(self.kernel.domain, Bernoulli) and (random or self._has_effects()):
            self.fail("Bernoulli has code without effects and random numbers")
        if needed is not (self.kernel.stream is not None):
            self.fail("random numbers and a stream: both or neither")


def _loop_numbers(kernel: Kernel) -> tuple[range, range]:
    """The values that the code of the loop makes, and those of them that nobody else sees."""
    first = len(kernel.once) + len(kernel.outer) + len(kernel.body)
    if kernel.repeat is None:
        return range(first, first), range(first, first)
    end = first + len(kernel.repeat.code)
    return range(first, end), range(min(first + len(kernel.repeat.next), end), end)


def _slot_fields(x: object, owner: type = object, name: str = "") -> Iterator[_Field]:
    """Every slot in a dataclass or tuple, with the class and the field that hold it."""
    if isinstance(x, Slot):
        yield owner, name, x
    elif isinstance(x, tuple):
        for y in cast("tuple[object, ...]", x):
            yield from _slot_fields(y, owner, name)
    elif is_dataclass(x):
        for f in fields(x):
            yield from _slot_fields(getattr(x, f.name), type(x), f.name)


def _slots_written(domain: Domain) -> tuple[Slot, ...]:
    """The slots that running the domain writes."""
    match domain:
        case Bernoulli(out=out, gaps=gaps):
            return (out.indices, out.count, gaps.counts, gaps.numbers)
        case Select(out=out) | Replay(out=out):
            return (out.indices, out.count)
        case Record(cursor=cursor, buffers=buffers):
            return (cursor, *buffers)
        case WhenDue(calendar=calendar) | Indexed(calendar=Calendar() as calendar):
            return (calendar.entries,)
        case Generate(counts=counts, targets=targets, cursor=cursor):
            return (counts, targets, cursor)
        case _:
            return ()
