"""The loops: from a kernel to the text of an LLVM module.

Every kernel becomes one function of one form,

    i32 kernel(ptr slots, ptr lengths, ptr share, ptr control)

where slots[n] and lengths[n] (elements) belong to slot n of Kernel.slots(), and the share says
what part of the work this call does (share.py). It unpacks the addresses for an inner function that
takes each as an argument of its own: no two arguments overlap (noalias), so that LLVM may keep in
registers what the loop does not write. LLVM puts the inner function in its place, and keeps that.

Elementwise and Select go through whole vectors where no element's code depends on another's;
everything else is a loop over scalars, in the order that ir/domains.py states.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import partial

from rheobase.backends.llvm import bernoulli, generate, library, philox, rows
from rheobase.backends.llvm.expressions import Emitter, Given
from rheobase.backends.llvm.share import Word
from rheobase.backends.llvm.text import BOOL, F64, I32, I64, LIKELIHOOD, Host, Value, Var
from rheobase.backends.llvm.together import together
from rheobase.ir.domains import (
    GRANULE,
    Bernoulli,
    Calendar,
    Deliver,
    Elementwise,
    Generate,
    Index,
    Indexed,
    IndexList,
    Part,
    Propagate,
    Push,
    Record,
    Reduce,
    Replay,
    Select,
    Sometimes,
    WhenDue,
)
from rheobase.ir.kernels import Kernel
from rheobase.ir.ops import has_effect
from rheobase.ir.program import Control, Status

__all__ = ["inner_function", "lanes_of", "write_kernel", "written_kernel"]

MAX_LANES = 8  # of 8 bytes; with draws, twice as many
SHIFT = GRANULE.bit_length() - 1
NEEDED = Control.FIELDS.index("needed")


def write_kernel(kernel: Kernel, host: Host, symbol: str, contract: bool) -> str:
    """The text of a module that defines the kernel as the function `symbol`."""
    emitter = written_kernel(kernel, host, contract, {})
    return _module(emitter, host, symbol)


def written_kernel(
    kernel: Kernel, host: Host, contract: bool, given: Mapping[int, Given | None]
) -> Emitter:
    """What has written the code of a kernel.

    given   values of `once` that come from elsewhere
    """
    lanes = lanes_of(kernel, host)
    emitter = Emitter(together(kernel) if lanes > 1 else kernel, host, lanes, contract, given)
    match kernel.domain:
        case Elementwise(part=part):
            _elementwise(emitter, part, None)
        case Sometimes() as domain:
            _sometimes(emitter, domain)
        case WhenDue() as domain:
            _when_due(emitter, domain)
        case Select(part=part, out=out):
            _elementwise(emitter, part, out)
        case Bernoulli() as domain:
            _bernoulli(emitter, domain)
        case Indexed() as domain:
            _indexed(emitter, domain)
        case Record() as record:
            _record(emitter, record)
        case Push() as push:
            _push(emitter, push)
        case Replay() as replay:
            _replay(emitter, replay)
        case Propagate() as propagate:
            rows.propagate(emitter, propagate)
        case Reduce() as domain:
            rows.reduce(emitter, domain)
        case Deliver() as domain:
            _deliver(emitter, domain)
        case Generate() as domain:
            generate.generate(emitter, domain)
        case _:
            raise AssertionError(f"{type(kernel.domain).__name__} is not native")
    return emitter


def lanes_of(kernel: Kernel, host: Host) -> int:
    """How many elements go through the code together.

    Two vectors of the processor where the code is short, so that their operations overlap; one
    where it is long enough to have independent operations of its own, and would compile slowly.
    Twice as many where nothing is wider than 4 bytes. One where there is one (`_is_for_one`).
    """
    if _is_for_one(kernel):
        return 1
    if isinstance(kernel.domain, (Propagate, Reduce)):
        return host.lanes if rows.in_vectors(kernel) else 1
    over_all = isinstance(kernel.domain, (Elementwise, Sometimes, WhenDue, Select, Bernoulli))
    if not over_all or not elements_are_independent(kernel):
        return 1
    calls = [op.name for op in kernel.inner if op.name in library.FUNCTIONS]
    short = len(calls) <= 2
    if any(op.name == "discrete" for op in kernel.inner):
        return max(4 * host.lanes if short else 0, philox.QUARTERED)
    if "normal" in calls:  # PAIRED lanes share their draws; a draw is a long chain of operations
        return max(4 * host.lanes if short else 0, philox.PAIRED)
    lanes = min(2 * host.lanes, MAX_LANES) if short else host.lanes
    if short and "uniform" in calls:
        lanes = 2 * host.lanes
    return 2 * lanes if _is_narrow(kernel) else lanes


def _is_for_one(kernel: Kernel) -> bool:
    """Whether the elements, or the neurons that rows reach, are arrays of one as things stand.

    A vector that is stored under a mask has to reach the cache before the next step may load it
    (Intel's optimization manual, forwarding and memory masking), and steps wait for each other. The
    loop is right for any number, and gives the same bits.
    """
    domain = kernel.domain
    index = rows.far_side(domain) if isinstance(domain, (Propagate, Reduce)) else Index.OWN
    lengths = [len(a.slot) for a in kernel.arrays if a.index is index]
    return bool(lengths) and max(lengths) == 1


def _is_narrow(kernel: Kernel) -> bool:
    """Whether all that belongs to an element has 4 bytes at most."""
    types = [op.dtype for op in kernel.inner if op.dtype is not None]
    types += [a.slot.dtype for a in kernel.arrays if a.index is Index.OWN]
    return all(dtype.numpy.itemsize <= 4 for dtype in types)


def elements_are_independent(kernel: Kernel) -> bool:
    """Whether the body writes own elements only, and reads them only as own."""
    written = [kernel.arrays[_number(op.attr)] for op in kernel.inner if has_effect(op)]
    if any(a.index is not Index.OWN for a in written):
        return False
    slots = {id(a.slot) for a in written}
    for op in kernel.inner:
        if op.name not in ("load", "load_at"):
            continue
        array = kernel.arrays[_number(op.attr)]
        if id(array.slot) in slots and (array.index is not Index.OWN or op.name == "load_at"):
            return False
    return True


def _number(attr: object) -> int:
    assert type(attr) is int
    return attr


def inner_function(e: Emitter, name: str, more: str = "") -> str:
    """The text of the function that takes the address of each slot.

    more   further arguments
    """
    typed = "ptr noalias nonnull align 64 dereferenceable(128)"
    arguments = "".join(f"{typed} %s{n}, " for n in range(len(e.slots)))
    words = ", ".join(f"ptr noalias %{name}" for name in ("lengths", "share", "control"))
    title = f"define internal i32 @{name}({arguments}{words}{more}) alwaysinline nounwind"
    return f"{title} {{\n{e.code.text()}\n}}"


def _module(e: Emitter, host: Host, symbol: str) -> str:
    functions = library.definitions(host, e.code.needs, e.code.declared)
    pointers = [f"%s{n}" for n in range(len(e.slots))]
    lines = [
        f"define i32 @{symbol}(ptr %slots, ptr %lengths, ptr %share, ptr %control) nounwind {{"
    ]
    for n, p in enumerate(pointers):
        lines.append(f"  %at{n} = getelementptr ptr, ptr %slots, i64 {n}")
        lines.append(f"  {p} = load ptr, ptr %at{n}")
    passed = "".join(f"ptr {p}, " for p in pointers)
    lines.append(f"  %r = call i32 @inner({passed}ptr %lengths, ptr %share, ptr %control)")
    lines.append("  ret i32 %r\n}")
    lines.append(inner_function(e, "inner"))
    return "\n".join([*sorted(e.code.declared), *functions, *lines, LIKELIHOOD, ""])


# ------------------------------------------------------------------ all elements
def _elementwise(e: Emitter, part: Part, out: IndexList | None, now: Value | None = None) -> None:
    code = e.code
    _, begin, end = rows.shared_block(e, part)
    if now is not None:
        end = code.select(now, end, begin)
    e.once()
    offset = e.share(Word.AT) if out is not None else code.const(I64, 0)
    count = Var(code, I64, offset)
    with code.loop(begin, end, e.width) as k:
        e.at(own=k)
        if e.width > 1:
            e.lanes_end(end)
        e.body()
        e.flush(end)
        if out is not None:
            _list_chosen(e, out, count, e.result(0), k, end)
    if out is not None:
        e.write(out.count, 0, count.get() - offset)
    code.leave(Status.DONE)


def _sometimes(e: Emitter, domain: Sometimes) -> None:
    now = (e.read(domain.step) & e.read(domain.mask)).eq(0)
    _elementwise(e, domain.part, None, now)


def _when_due(e: Emitter, domain: WhenDue) -> None:
    code, calendar = e.code, domain.calendar
    _, begin, end = rows.shared_block(e, domain.part)
    e.once()
    now = e.read(calendar.t)
    n = (end + (GRANULE - 1)) >> SHIFT
    with code.loop(begin >> SHIFT, n, e.width) as granule:
        due = e.read_lanes(calendar.entries, granule) <= now
        with _each_lane(e, due, n - granule) as lane:
            _look_at(e, calendar, granule + lane, end)
    code.leave(Status.DONE)


def _look_at(e: Emitter, calendar: Calendar, granule: Value, end: Value) -> None:
    """Run the code for a granule, and enter when to do so next."""
    code = e.code
    low = granule << SHIFT
    high = code.select(low + GRANULE < end, low + GRANULE, end)
    least = Var(code, F64, float("inf"))
    with code.loop(low, high, e.width) as k:
        e.at(own=k)
        counts = e.lanes_end(high)
        e.body()
        when = e.result(0)
        when = code.least(code.select(counts & when.eq(when), when, float("inf")))
        least.set(code.select(when < least.get(), when, least.get()))
        e.flush(high)
    e.write(calendar.entries, granule, least.get())


def _list_chosen(
    e: Emitter, out: IndexList, count: Var, chosen: Value, k: Value, end: Value
) -> None:
    """Append the elements k, k + 1, ... whose condition holds."""
    with _each_lane(e, chosen, end - k) as lane:
        _append(e, out, count, k + lane)


@contextmanager
def _each_lane(e: Emitter, chosen: Value, left: Value) -> Generator[Value]:
    """A loop over those of the first `left` lanes for which the condition holds, few as a rule:
    the number of the lane."""
    code = e.code
    if e.width == 1:
        with code.when(chosen):
            yield code.const(I64, 0)
        return
    chosen = code.splat(chosen, e.width)
    mask = code.let(f"i{e.width}", 1, f"bitcast {chosen} to i{e.width}").cast("zext", I64)
    room = code.select(left < e.width, left, e.width)
    mask = mask & ((code.const(I64, 1) << room) - 1)
    with code.when(mask.ne(0), likely=False):
        bits = Var(code, I64, mask)
        again, done = code.label("again"), code.label("listed")
        code.jump(again)
        code.begin(again)
        now = bits.get()
        yield code.call("llvm.cttz.i64", I64, 1, now, code.const(BOOL, True))
        rest = now & (now - 1)
        bits.set(rest)
        code.branch(rest.ne(0), again, done)
        code.begin(done)


def _append(e: Emitter, out: IndexList, count: Var, k: Value) -> None:
    n = count.get()
    e.write(out.indices, n, k.cast("trunc", I32))
    count.set(n + 1)


def _bernoulli(e: Emitter, domain: Bernoulli) -> None:
    count = Var(e.code, I64, 0)
    bernoulli.bernoulli(e, domain, partial(_list_chosen, e, domain.out, count), count)


# ------------------------------------------------------------------ lists
def _indexed(e: Emitter, domain: Indexed) -> None:
    code, list_, part = e.code, domain.list, domain.part
    _, begin, end = rows.shared_block(e, part)
    size, n = end - begin, e.read(list_.count)
    e.once()
    with code.loop(0, n) as entry:
        own = e.read_index(list_.indices, entry)
        with code.when(rows.inside(e, part, own, begin, size)):
            e.at(own=own)
            e.body()
            if domain.calendar is not None:
                _enter(e, domain.calendar, own, e.result(0))
    code.leave(Status.DONE)


def _enter(e: Emitter, calendar: Calendar, own: Value, when: Value) -> None:
    """An element is to be looked at from this time on."""
    granule = own >> SHIFT
    known = e.read(calendar.entries, granule)
    e.write(calendar.entries, granule, e.code.select(when < known, when, known))


def _deliver(e: Emitter, domain: Deliver) -> None:
    n = e.read(domain.count)
    e.once()
    with e.code.loop(0, n) as k:
        own, pre, post = (e.read_index(x, k) for x in (domain.synapses, domain.pre, domain.post))
        e.at(own=own, pre=pre, post=post)
        e.body()
    e.code.leave(Status.DONE)


def _record(e: Emitter, record: Record) -> None:
    if record.list is None or record.part is None:
        cursor = _begin_record(e, record, e.code.const(I64, 1))
        e.at(own=e.code.const(I64, 0))
        e.body()
        _write_entry(e, record, cursor)
        _end_record(e, record, cursor)
    else:
        _record_list(e, record, record.list, record.part)


def _record_list(e: Emitter, record: Record, list_: IndexList, part: Part) -> None:
    first, size, n = e.read(part.first), e.read(part.size), e.read(list_.count)
    cursor = _begin_record(e, record, _count_entries(e, list_, part, n))
    with e.code.loop(0, n) as entry:
        own = e.read_index(list_.indices, entry)
        with e.code.when(rows.inside(e, part, own, first, size)):
            e.at(own=own)
            e.body()
            _write_entry(e, record, cursor)
    _end_record(e, record, cursor)


def _begin_record(e: Emitter, record: Record, n: Value) -> Var:
    """Leave if n more entries do not fit; otherwise the position of the next entry."""
    code = e.code
    used = e.read(record.cursor)
    cursor = Var(code, I64, used)
    needed = used + n
    for buffer in record.buffers:
        with code.when(needed > e.length(buffer), likely=False):
            e.control(NEEDED, needed)
            code.leave(Status.GROW)
            code.begin(code.label("unreached"))
    e.once()
    return cursor


def _end_record(e: Emitter, record: Record, cursor: Var) -> None:
    e.write(record.cursor, 0, cursor.get())
    e.code.leave(Status.DONE)


def _count_entries(e: Emitter, list_: IndexList, part: Part, n: Value) -> Value:
    """How many entries of the list lie in the part."""
    first, size = e.read(part.first), e.read(part.size)
    inside = Var(e.code, I64, 0)
    with e.code.loop(0, n) as entry:
        own = e.read_index(list_.indices, entry)
        inside.set(inside.get() + rows.inside(e, part, own, first, size).cast("zext", I64))
    return inside.get()


def _write_entry(e: Emitter, record: Record, cursor: Var) -> None:
    position = cursor.get()
    for n, buffer in enumerate(record.buffers):
        e.write(buffer, position, e.result(n))
    cursor.set(position + 1)


def _push(e: Emitter, push: Push) -> None:
    code, log = e.code, push.log
    step, n = e.read(push.step), e.read(push.list.count)
    low, n = _entries_in(e, push, n)
    ring, turn = e.length(log.entries) - 1, e.length(log.starts) - 1
    start = e.read(log.starts, step & turn)
    oldest = e.read(log.starts, (step - e.read(log.reach)) & turn)
    needed = (start - oldest) + n
    with code.when(needed > ring + 1, likely=False):
        e.control(NEEDED, needed)
        code.leave(Status.GROW)
        code.begin(code.label("unreached"))
    with code.loop(0, n) as k:
        e.write(log.entries, (start + k) & ring, e.read(push.list.indices, low + k))
    e.write(log.starts, (step + 1) & turn, start + n)
    code.leave(Status.DONE)


def _entries_in(e: Emitter, push: Push, n: Value) -> tuple[Value, Value]:
    """Where the entries of the part begin, and how many they are: they stand together."""
    code, low, inside = e.code, Var(e.code, I64, 0), Var(e.code, I64, n)
    if push.part is not None:
        first, size = e.read(push.part.first), e.read(push.part.size)
        inside.set(0)
        with code.loop(0, n) as k:
            own = e.read_index(push.list.indices, k)
            low.set(low.get() + (own < first).cast("zext", I64))
            inside.set(inside.get() + rows.inside(e, push.part, own, first, size).cast("zext", I64))
    return low.get(), inside.get()


def _replay(e: Emitter, replay: Replay) -> None:
    code = e.code
    now, period = e.read(replay.step), e.read(replay.period)
    n_entries = e.length(replay.steps)
    repeated = period > 0
    turn = now - (now / code.select(repeated, period, 1)) * period
    step = code.select(repeated, turn, now)
    # halve low ... low + left, where the first entry of the step stands, until nothing is left
    low, left = Var(code, I64, 0), Var(code, I64, n_entries)
    test, body, found = code.label("search"), code.label("halve"), code.label("found")
    code.jump(test)
    code.begin(test)
    code.branch(left.get() > 0, body, found)
    code.begin(body)
    half = left.get() >> 1
    middle = low.get() + half
    before = e.read(replay.steps, middle) < step
    left.set(code.select(before, left.get() - half - 1, half))
    low.set(code.select(before, middle + 1, low.get()))
    code.jump(test)
    code.begin(found)

    position = Var(code, I64, low.get())
    more, copy, done = code.label("more"), code.label("copy"), code.label("listed")
    code.jump(more)
    code.begin(more)
    now_at = position.get()
    inside = code.label("inside")
    code.branch(now_at < n_entries, inside, done)
    code.begin(inside)
    code.branch(e.read(replay.steps, now_at).eq(step), copy, done)
    code.begin(copy)
    e.write(replay.out.indices, now_at - low.get(), e.read(replay.entries, now_at))
    position.set(now_at + 1)
    code.jump(more)
    code.begin(done)
    e.write(replay.out.count, 0, position.get() - low.get())
    code.leave(Status.DONE)
