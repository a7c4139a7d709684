"""Random valid kernels of every domain, with the memory they work on (hypothesis strategies).

The code uses only operations that every backend rounds correctly, so results are equal bit for
bit (but for the sign of zero and the payload of nan, which no result depends on): functions such
as exp are tested one by one elsewhere. Values are small, so casts to integers stay in range.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from rheobase.ir.domains import (
    Deliver,
    Domain,
    Elementwise,
    Events,
    Generate,
    Index,
    Indexed,
    Part,
    Propagate,
    Range,
    Record,
    Reduce,
    Replay,
    Sample,
    SampleSize,
    Select,
)
from rheobase.ir.dtypes import BOOL, F32, F64, I32, I64, U16, DType
from rheobase.ir.kernels import Array, At, Kernel, Linked, Repeat
from rheobase.ir.slots import Slot
from rheobase.runtime.delays import delay_rows, group_by_delay
from tests.backends.build import Code, event_log, index_list, part, slot, stream, synapse_rows

DOMAINS = (
    "Elementwise",
    "Select",
    "Indexed",
    "Propagate",
    "Reduce",
    "Deliver",
    "Record",
    "Replay",
    "Generate",
)
_ROWS = ("Propagate", "Reduce")
_PAIRS = (*_ROWS, "Deliver")
_NUMBERS = {F64: st.sampled_from([0.0, 1.0, -1.0, 0.5, 3.0, -0.1, 0.3, 1e3, 7.25, np.inf, np.nan])}
_NUMBERS[F32] = st.sampled_from([0.0, 1.0, -2.0, 0.5, 0.75])
_NUMBERS[I64] = st.integers(-5, 9)
_NUMBERS[I32] = st.integers(0, 9)
_NUMBERS[U16] = st.integers(0, 9)
_NUMBERS[BOOL] = st.booleans()
_ARITHMETIC = (F64, F32, I64)


def kernels(domain: str | None = None) -> st.SearchStrategy[Kernel]:
    """Random kernels of one domain, by name, or of any."""
    return _kernels(st.sampled_from(DOMAINS) if domain is None else st.just(domain))


@st.composite
def _kernels(draw: st.DrawFn, domain_names: st.SearchStrategy[str]) -> Kernel:
    return _Maker(draw, draw(domain_names)).kernel()


class _Maker:
    """Makes one kernel; `values` lists the numbers of the values of each dtype so far."""

    def __init__(self, draw: st.DrawFn, domain: str) -> None:
        self.draw = draw
        self.domain = domain
        self.code = Code()
        self.n_draws = 0
        self.section = "once"
        self.in_loop = False
        self.hidden = range(0)  # values of a loop that has ended
        self.body_end = 0
        self.side = draw(st.sampled_from((Index.PRE, Index.POST)))
        self.first = draw(st.integers(0, 2))
        self.size = draw(st.integers(0, 5))
        self.n_neurons = self.first + self.size + 2
        self.pairs: list[tuple[int, int]] = []
        if domain in _PAIRS:
            mine, any_ = (
                st.integers(0, max(self.size - 1, 0)),
                st.integers(0, self.n_neurons - 1),
            )
            pair = st.tuples(mine, any_) if self.side is Index.PRE else st.tuples(any_, mine)
            self.pairs = draw(st.lists(pair, max_size=12)) if self.size else []
        self.arrays: list[Array] = []
        self.links: set[int] = set()
        self.result_dtypes: list[DType] = []
        self._make_arrays()

    # ------------------------------------------------------------ memory
    def _slot(self, dtype: DType, n: int) -> Slot:
        values = self.draw(st.lists(_NUMBERS[dtype], min_size=n, max_size=n))
        return slot(dtype, values, "x") if n else Slot("x", dtype, 0)

    def _dtypes(self) -> st.SearchStrategy[DType]:
        return st.sampled_from((F64, F64, F64, F32, I64, I32, U16, BOOL))

    def _make_arrays(self) -> None:
        draw = self.draw
        neurons = [
            self._slot(d, self.n_neurons) for d in draw(st.lists(self._dtypes(), max_size=3))
        ]
        shared = [self._slot(d, 3) for d in draw(st.lists(self._dtypes(), min_size=1, max_size=3))]
        for x in shared:
            self.arrays.append(Array(x, draw(st.sampled_from((Index.SHARED, At(0), At(2))))))
        if self.domain in _PAIRS:
            for d in draw(st.lists(self._dtypes(), max_size=2)):
                self.arrays.append(Array(self._slot(d, len(self.pairs)), Index.OWN))
            indices: tuple[Index, ...] = (Index.PRE, Index.POST)
        elif self.domain == "Generate":
            indices = (Index.PRE, Index.POST)
        else:
            indices = (Index.OWN,)
        for x in neurons:
            for index in draw(st.lists(st.sampled_from(indices), min_size=1, max_size=2)):
                self.arrays.append(Array(x, index))
        if neurons and draw(st.booleans()):
            numbers = st.integers(0, self.n_neurons - 1)
            values = draw(st.lists(numbers, min_size=self.n_neurons, max_size=self.n_neurons))
            self.links.add(len(self.arrays))
            link = slot(self._number_type(), values, "link")
            self.arrays.append(Array(link, draw(st.sampled_from(indices))))
            self.arrays.append(Array(draw(st.sampled_from(neurons)), Linked(len(self.arrays) - 1)))

    def _reachable(self) -> list[int]:
        known: set[Index | At | Linked] = {Index.SHARED}
        if self.section == "body":
            known = set(Index)
        elif self.section == "outer":
            known.add(self.side)

        def reach(array: Array) -> bool:
            if isinstance(array.index, Linked):
                return reach(self.arrays[array.index.array])
            return isinstance(array.index, At) or array.index in known

        return [n for n, array in enumerate(self.arrays) if reach(array)]

    # ------------------------------------------------------------ operations
    def value(self, *dtypes: DType) -> int:
        """The number of some value of one of the types; a new constant if there is none."""
        found = [
            n for n, op in enumerate(self.code.ops) if op.dtype in dtypes and n not in self.hidden
        ]
        if found and self.draw(st.integers(0, 5)):
            return self.draw(st.sampled_from(found))
        dtype = self.draw(st.sampled_from(dtypes))
        value = self.draw(_NUMBERS[dtype])
        return self.code.const(value, dtype)

    def of(self, number: int) -> DType:
        dtype = self.code.ops[number].dtype
        assert dtype is not None
        return dtype

    def plain(self, number: int) -> int:
        """The value without a negative zero: backends may differ in the sign of zero."""
        if not self.of(number).is_float:
            return number
        return self.code("add", number, self.code.const(0.0, self.of(number)))

    def _binary(self) -> None:
        name = self.draw(
            st.sampled_from(("add", "sub", "mul", "floordiv", "mod", "min", "max", "div"))
        )
        a = self.value(*((F64, F32) if name == "div" else _ARITHMETIC))
        number = self.code(name, a, self.value(self.of(a)))
        if name in ("floordiv", "mod", "min", "max"):
            self.plain(number)

    def _unary(self) -> None:
        name = self.draw(st.sampled_from(("neg", "abs", "sign", "floor", "ceil", "sqrt", "ipow")))
        if name in ("floor", "ceil", "sqrt"):
            self.code(name, self.value(F64, F32))
        elif name == "ipow":
            self.code(name, self.value(*_ARITHMETIC), attr=self.draw(st.integers(1, 3)))
        else:
            self.plain(self.code(name, self.value(*_ARITHMETIC)))

    def _compare(self) -> None:
        name = self.draw(st.sampled_from(("lt", "le", "gt", "ge", "eq", "ne")))
        a = self.value(*(_ARITHMETIC if name not in ("eq", "ne") else tuple(DType)))
        self.code(name, a, self.value(self.of(a)))

    def _logic(self) -> None:
        name = self.draw(st.sampled_from(("and", "or", "not", "select")))
        if name == "not":
            self.code(name, self.value(BOOL))
        elif name == "select":
            condition, a = self.value(BOOL), self.value(*DType)
            self.code(name, condition, a, self.value(self.of(a)))
        else:
            self.code(name, self.value(BOOL), self.value(BOOL))

    def cast(self, number: int, dtype: DType) -> int:
        """The value as another type; kept in range on the way from floats to integers."""
        met = self.of(number)
        if met.is_float and dtype.is_integer:
            code, limit = self.code, 1e6
            known = code("select", code("eq", number, number), number, code.const(0.0, met))
            below = code("min", known, code.const(limit, met))
            number = code("max", below, code.const(-limit, met))
        return number if met is dtype else self.code.cast(number, dtype)

    def _cast(self) -> None:
        self.cast(self.value(*DType), self.draw(st.sampled_from(tuple(DType))))

    def _load(self) -> None:
        arrays = self._reachable()
        if arrays:
            array = self.draw(st.sampled_from(arrays))
            self.code.load(array, self.arrays[array].slot.dtype)

    def _look_up(self) -> None:
        array = self.draw(st.integers(0, len(self.arrays) - 1))
        if self.draw(st.booleans()):
            self.code("length", dtype=I64, attr=array)
        else:
            self.code("load_at", self.value(I64), dtype=self.arrays[array].slot.dtype, attr=array)

    def _index(self) -> None:
        names = {"once": [], "outer": [self.side.value], "body": ["own"]}[self.section]
        if self.section == "body" and self.domain == "Generate":
            names = ["pre", "post", "k"]
        elif self.section == "body" and self.domain in _PAIRS:
            names = ["own", "pre", "post"]
        if names:
            self.code.index(self.draw(st.sampled_from(names)))

    def _uniform(self) -> None:
        if self.section == "body" and not self.in_loop:
            self.code("uniform", dtype=F64, attr=self.n_draws)
            self.n_draws += 1

    def _effect(self) -> None:
        arrays = [n for n in self._reachable() if n not in self.links]
        if self.domain in ("Record", "Generate") or not arrays or self.in_loop:
            return
        array = self.draw(st.sampled_from(arrays))
        dtype = self.arrays[array].slot.dtype
        value = self.cast(self.value(*DType), dtype)
        if dtype in _ARITHMETIC and self.draw(st.booleans()):
            self.code.accumulate(array, value)
        else:
            self.code.store(array, value)

    def _write(self, most: int) -> int:
        """Up to `most` random statements in the current section; the length of the code."""
        kinds: tuple[Callable[[], None], ...] = (
            self._binary, self._binary, self._unary, self._compare, self._logic, self._cast,
            self._load, self._load, self._load, self._look_up, self._index, self._uniform,
            self._effect, self._effect,
        )  # fmt: skip
        for kind in self.draw(st.lists(st.sampled_from(kinds), max_size=most)):
            kind()
        return len(self.code.ops)

    # ------------------------------------------------------------ the kernel
    def kernel(self) -> Kernel:
        if self.domain == "Replay":
            return Kernel("random Replay", self._domain_replay())
        first = self._write(4)
        self.section = "outer"
        if self.domain in _ROWS or self.domain == "Generate":
            self._write(4)
        make: Callable[[], Domain] = getattr(self, f"_domain_{self.domain.lower()}")
        domain = make() if self.domain == "Generate" else None
        second = len(self.code.ops) if self.domain in (*_ROWS, "Generate") else first
        self.section = "body"
        self._write(12)
        repeat = self._repeat() if self.draw(st.booleans()) else None
        results = self._results()
        if repeat:  # what results made belongs to the end
            after = tuple(self.code.ops[self.hidden.stop :])
            repeat = replace(repeat, after=after)
        self.result_dtypes = [self.of(r) for r in results]
        domain = domain or make()
        sampled = isinstance(domain, Generate) and domain.draws
        random = stream(self.draw(st.integers(0, 2**63 - 1)), 3, 17)
        ops = tuple(self.code.ops)
        return Kernel(
            f"random {self.domain}",
            domain,
            tuple(self.arrays),
            ops[:first],
            ops[first:second],
            ops[second : self.body_end] if repeat else ops[second:],
            results,
            random if self.n_draws or sampled else None,
            repeat,
        )

    def _repeat(self) -> Repeat:
        """A loop that most elements leave at different times: each counts down from its own."""
        code, draw = self.code, self.draw
        n = self.cast(self.value(I64, I32, F64), I64)
        ten = code.const(10)
        counter = code("mod", n, ten)
        starts = [self.value(*DType) for _ in range(draw(st.integers(0, 2)))]
        limit = code.const(draw(st.integers(-1, 9)))
        first = len(code.ops)
        carries = [code("carry", x) for x in (counter, *starts)]
        begin, self.in_loop = len(code.ops), True
        self._write(6)
        handed_on = [code("sub", carries[0], code.const(1))]
        handed_on += [self.cast(self.value(*DType), self.of(x)) for x in carries[1:]]
        again = code("gt", carries[0], code.const(0))
        end, self.in_loop = len(code.ops), False
        self.hidden = range(begin, end)
        self._write(6)
        self.body_end = first
        ops = tuple(code.ops)
        return Repeat(ops[first:end], tuple(handed_on), again, limit, ops[end:])

    def _results(self) -> tuple[int, ...]:
        match self.domain:
            case "Select":
                return (self.value(BOOL),)
            case "Record":
                return tuple(self.value(*DType) for _ in range(self.draw(st.integers(0, 3))))
            case "Generate":
                k = self.code.index("k")
                shift = self.code.const(self.draw(st.integers(-1, 1)))
                target = self.code("add", k, shift)
                copies = self.code.const(self.draw(st.integers(-1, 3)))
                return (target, self.value(BOOL), copies)
            case _:
                return ()

    def _part(self) -> Part:
        return part(self.first, self.size)

    def _some(self) -> list[int]:
        """Some neurons, ascending, in the part or not."""
        return sorted(self.draw(st.sets(st.integers(0, self.n_neurons - 1))))

    def _domain_elementwise(self) -> Domain:
        return Elementwise(self._part())

    def _domain_select(self) -> Domain:
        return Select(self._part(), index_list([], self.n_neurons))

    def _domain_indexed(self) -> Domain:
        return Indexed(index_list(self._some()), self._part())

    def _domain_record(self) -> Domain:
        buffers = tuple(Slot("buffer", d, 12) for d in self.result_dtypes)
        if self.draw(st.booleans()):
            return Record(None, None, slot(I64, 2), buffers)
        return Record(index_list(self._some()), self._part(), slot(I64, 2), buffers)

    def _domain_propagate(self) -> Domain:
        events, log = index_list(self._some(), self.n_neurons), None
        if self.draw(st.booleans()):
            # the events of two steps ago, and others after them, around the end of the circle
            log = event_log(16, 8, 4)
            position, numbers = 14, [self._some() for _ in range(3)]
            for step, listed in enumerate(numbers, start=6):
                log.starts.data[step & 7] = position
                for x in listed[:5]:
                    log.entries.data[position & 15] = x
                    position += 1
            log.starts.data[9 & 7] = position
            where = Events(events, log, slot(I64, self.draw(st.integers(0, 2))), slot(I64, 8))
            if self.draw(st.booleans()):
                window = self.draw(st.tuples(st.integers(5, 8), st.integers(8, 10)))
                where = replace(where, window=slot(I64, window))
            if self.draw(st.booleans()):
                return self._delayed(where)
        else:
            where = Events(events)
        return Propagate(where, self._part(), self.side, *self._rows())

    def _delayed(self, events: Events) -> Domain:
        """Each entry with a delay of its own; delay numbers go beyond a word of bits."""
        rows, others, synapses = self._rows()
        n = len(others)
        common = self.draw(st.sampled_from((3, 200)))
        delays = np.array(
            [self.draw(st.integers(0, min(common, 2))) + (common > 3) * 3 * k for k in range(n)],
            np.int64,
        )
        delays[delays > 2] += 100  # beyond the log: read as no events
        found = delay_rows()
        order = group_by_delay(found, rows.data, delays).data
        others.data[:] = others.data[order]
        own = order if synapses is None else synapses.data[order]
        part, numbers = self._part(), slot(I32, own) if n else None
        return Propagate(events, part, self.side, rows, others, numbers, found)

    def _domain_replay(self) -> Domain:
        numbers = st.tuples(st.integers(0, 8), st.integers(0, self.n_neurons - 1))
        events = np.array(sorted(self.draw(st.sets(numbers))), np.int64).reshape(-1, 2)
        steps, entries = Slot("steps", I64, len(events)), Slot("entries", I32, len(events))
        steps.data[:], entries.data[:] = events.T
        period, step = (slot(I64, self.draw(st.integers(0, 12))) for _ in range(2))
        return Replay(steps, entries, period, step, index_list([], self.n_neurons))

    def _domain_reduce(self) -> Domain:
        return Reduce(self._part(), self.side, *self._rows())

    def _domain_deliver(self) -> Domain:
        """Some synapses, in any order, one of them perhaps several times."""
        numbers = st.integers(0, len(self.pairs) - 1)
        listed = self.draw(st.lists(numbers, max_size=9)) if self.pairs else []
        pre, post = np.array([self.pairs[k] for k in listed], np.int64).reshape(-1, 2).T
        lists = [slot(I32, x) if len(listed) else Slot("none", I32, 0) for x in (listed, pre, post)]
        return Deliver(slot(I64, len(listed)), *lists)

    def _rows(self) -> tuple[Slot, Slot, Slot | None]:
        pairs = np.array(self.pairs, np.int64).reshape(-1, 2)
        rows, others, order = synapse_rows(pairs, self.size, self.side, self._number_type())
        return rows, others, slot(I32, order) if len(order) and self.draw(st.booleans()) else None

    def _number_type(self) -> DType:
        return self.draw(st.sampled_from((I32, U16)))

    def _domain_generate(self) -> Domain:
        code, numbers = self.code, st.integers(-1, self.size + 1)
        low, high = code.const(self.draw(numbers)), code.const(self.draw(numbers))
        if self.draw(st.booleans()):
            high = code.index(self.side.value)
        step = code.const(self.draw(st.sampled_from((1, 1, 2, -1))))
        inner = part(self.draw(st.integers(0, 1)), self.draw(st.integers(1, self.n_neurons - 1)))
        p = code.const(self.draw(st.sampled_from((0.0, 0.3, 0.9, 1.0))))
        size = code.const(self.draw(st.integers(-1, self.size)))
        candidates = self.draw(
            st.sampled_from(
                (
                    Range(low, high, step),
                    Sample(low, high, step, p),
                    SampleSize(low, high, step, size),
                )
            )
        )
        return Generate(
            self.side,
            self._part(),
            inner,
            candidates,
            Slot("counts", I64, self.size),
            Slot("targets", self._number_type(), 400),
            Slot("cursor", I64, 2),
            skip_invalid=self.draw(st.booleans()),
        )
