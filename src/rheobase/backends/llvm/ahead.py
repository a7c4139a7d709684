"""Going ahead in native code: a lane's chunks make a block of steps, each on its own.

The arrays are those of backends/llvm/blocks. All chunks of a lane use one memory for the lists of a
step; what has been listed is copied to the lane's part of a log, and `ends` says where the entries
of each step stand. Afterwards, step by step, `take_list` makes the list of a step from them.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from rheobase.backends.llvm.gates import is_open
from rheobase.backends.llvm.schedule import Words
from rheobase.backends.llvm.share import LONGEST, Word
from rheobase.backends.llvm.snapshots import WIDTH as COPY
from rheobase.backends.llvm.text import F64, I8, I32, I64, PTR, Value, Var
from rheobase.ir.program import EPSILON

__all__ = ["go_ahead", "most_steps", "see", "see_present", "take_list"]

INDICES, COUNT, START, NEXT = range(4)  # in `local`, for each list
LIST_INDICES, LIST_COUNT, LOG, ENDS = range(4)  # in `gathered`, for each list
WIDTH = 4
# in `copies`, for each: see backends/llvm/snapshots
SOURCE, SNAPSHOT, BYTES, PITCH, LISTED, LISTED_COUNT, POSITIONS, ENTRY = range(COPY)


def most_steps(words: Words, most: Value) -> Value:
    """How many steps to go ahead, at most `most`: not past an event that is not yet known, nor past
    the end of the clock or a step of another. Less than two where nothing goes ahead."""
    code = words.code
    clock = words.number("ahead_clock")
    state = words.word(words.arrays["state"], clock * 4)
    left = words.read(words.read(state, 3, PTR)) - words.read(words.read(state, 0, PTR))
    longest = words.number("longest")
    least = Var(code, I64, code.select(left < most, left, most))
    least.set(code.select(longest < least.get(), longest, least.get()))
    delays = words.arrays["delays"]
    with code.loop(0, words.read(delays)) as k:
        steps, n = words.read(delays, k * 2 + 1, PTR), words.read(delays, k * 2 + 2)
        with code.loop(0, n) as m:
            delay, known = words.read(steps, m), least.get()
            least.set(code.select(delay < known, delay, known))
    with code.loop(0, words.number("n_clocks")) as n:
        steps = _steps_before(words, words.word(words.arrays["state"], n * 4), state)
        least.set(code.select(n.ne(clock) & (steps < least.get()), steps, least.get()))
    return least.get()


def _steps_before(words: Words, other: Value, clock: Value) -> Value:
    """How many steps a clock begins before the next of another."""
    code = words.code
    step, t, _, end = (words.read(other, n, PTR) for n in range(4))
    now, dt = (words.read(words.read(clock, n, PTR), 0, F64) for n in (1, 2))
    steps = (words.read(t, 0, F64) - now) / dt + EPSILON
    bounded = code.select(steps < LONGEST, steps, float(LONGEST)).cast("fptosi", I64)
    return code.select(words.read(step) < words.read(end), bounded, LONGEST)


def go_ahead(words: Words, steps: Value) -> None:
    """A lane's chunks make so many steps, from the present one of the clock on."""
    code, arrays = words.code, words.arrays
    local, gathered, chunks = arrays["local"], arrays["gathered"], arrays["chunks"]
    n_lists = words.number("n_lists")
    clock = words.number("ahead_clock")
    state = words.word(arrays["state"], clock * 4)
    first, t = words.read(words.read(state, 0, PTR)), words.read(words.read(state, 1, PTR), 0, F64)
    with code.loop(0, n_lists) as n:
        words.write_word(local, n * WIDTH + NEXT, words.read(local, n * WIDTH + START))
    with code.loop(words.read(chunks, 0), words.read(chunks, 1)) as chunk:
        with code.loop(0, n_lists) as n:
            ends = words.read(gathered, n * WIDTH + ENDS, PTR)
            here = words.read(local, n * WIDTH + NEXT)
            words.write_word(ends, chunk * (LONGEST + 1), here)
        with code.loop(0, steps) as k:
            time = Var(code, F64, t)
            with code.when(k > 0):
                time.set(words.time_of(first + k, clock))
            words.write_word(arrays["now"], 0, first + k)
            words.write_word(arrays["now"], 1, time.get())
            _make_step(words, chunk, k)


def _make_step(words: Words, chunk: Value, k: Value) -> None:
    """A chunk makes step k of the block."""
    code, arrays = words.code, words.arrays
    with code.loop(0, words.number("n_ahead")) as n:
        call = words.read(arrays["ahead"], n)
        first = words.read(arrays["copies_at"], call)
        end = words.read(arrays["copies_at"], call + 1)
        with code.loop(first, end) as m:
            _take_snapshot(words, words.word(arrays["copies"], m * COPY), chunk, k)
        with code.when(first.eq(end)):
            _call_ahead(words, n, call, chunk, k)


def _call_ahead(words: Words, n: Value, call: Value, chunk: Value, k: Value) -> None:
    """Call the function of a kernel for a chunk, and keep what it lists."""
    code, arrays = words.code, words.arrays
    shares = words.read(arrays["chunk_shares"], n, PTR)
    share = words.word(shares, chunk * len(Word))
    slots = words.read(arrays["ahead_slots"], n, PTR)
    with code.when(is_open(words, n, "ahead_gates")):
        words.call_with(call, slots, share, code.null())
    number = words.read(arrays["list_of"], call)
    with code.when(number >= 0):
        _keep_list(words, number * WIDTH, chunk * (LONGEST + 1) + k)


# ------------------------------------------------------------------ what records see
def _take_snapshot(words: Words, copy: Value, chunk: Value, step: Value) -> None:
    """Copy the values of the listed elements of a chunk, as they are in a step of the block."""
    code = words.code
    source, indices = words.read(copy, SOURCE, PTR), words.read(copy, LISTED, PTR)
    to = _snapshot_of(words, copy, step)
    low, high = Var(code, I64, 0), Var(code, I64, 0)
    with code.when(words.read(copy, POSITIONS).ne(0)):
        positions = words.read(copy, POSITIONS, PTR)
        low.set(words.read(positions, chunk))
        high.set(words.read(positions, chunk + 1))
    with code.when(words.read(copy, POSITIONS).eq(0)):
        high.set(words.read(words.read(copy, LISTED_COUNT, PTR)))
    size = words.read(copy, BYTES)
    with code.loop(low.get(), high.get()) as entry:
        one = code.let(I32, 1, f"load i32, ptr {code.at(indices.ref, I32, entry)}")
        begin = one.cast("sext", I64) * size
        with code.loop(0, size) as n:
            byte = code.let(I8, 1, f"load i8, ptr {code.at(source.ref, I8, begin + n)}")
            code.line(f"store {byte}, ptr {code.at(to.ref, I8, begin + n)}")


def _snapshot_of(words: Words, copy: Value, step: Value) -> Value:
    """The address of the snapshot of a step."""
    place = words.read(copy, SNAPSHOT, PTR).ref
    at = words.code.at(place, I8, step * words.read(copy, PITCH))
    return Value(words.code, PTR, 1, at)


def see(words: Words, call: Value, step: Value) -> None:
    """Let a call find the values of a step of the block in the place of the present ones."""
    with _each_copy(words, call) as copy:
        entry = words.read(copy, ENTRY, PTR)
        words.write_word(entry, 0, _snapshot_of(words, copy, step))


def see_present(words: Words, call: Value) -> None:
    """Let it find the present values again."""
    with _each_copy(words, call) as copy:
        words.write_word(words.read(copy, ENTRY, PTR), 0, words.read(copy, SOURCE, PTR))


@contextmanager
def _each_copy(words: Words, call: Value) -> Generator[Value]:
    starts = words.arrays["copies_at"]
    with words.code.loop(words.read(starts, call), words.read(starts, call + 1)) as n:
        yield words.word(words.arrays["copies"], n * COPY)


# ------------------------------------------------------------------ lists


def _keep_list(words: Words, number: Value, step: Value) -> None:
    """Copy what has been listed to the log."""
    code, local, gathered = words.code, words.arrays["local"], words.arrays["gathered"]
    indices, count = (words.read(local, number + n, PTR) for n in (INDICES, COUNT))
    position, n = words.read(local, number + NEXT), words.read(count)
    log = words.read(gathered, number + LOG, PTR)
    _copy(words, (indices, code.const(I64, 0)), (log, position), n)
    words.write_word(local, number + NEXT, position + n)
    words.write_word(words.read(gathered, number + ENDS, PTR), step + 1, position + n)


def take_list(words: Words, call: Value, step: Value) -> None:
    """Make the list of a call that has gone ahead, as it was in that step of the block."""
    code, gathered = words.code, words.arrays["gathered"]
    number = words.read(words.arrays["list_of"], call)
    with code.when(number >= 0):
        indices, count, log, ends = (
            words.read(gathered, number * WIDTH + n, PTR) for n in range(WIDTH)
        )
        total = Var(code, I64, 0)
        with code.loop(0, words.number("n_chunks")) as chunk:
            at = chunk * (LONGEST + 1) + step
            low, high = words.read(ends, at), words.read(ends, at + 1)
            start, n = total.get(), high - low
            _copy(words, (log, low), (indices, start), n)
            total.set(start + n)
        words.write_word(count, 0, total.get())


def _copy(words: Words, source: tuple[Value, Value], to: tuple[Value, Value], n: Value) -> None:
    """Copy n numbers of elements, from a position of an array to one of another."""
    code = words.code
    with code.loop(0, n) as k:
        one = code.let(I32, 1, f"load i32, ptr {code.at(source[0].ref, I32, source[1] + k)}")
        code.line(f"store {one}, ptr {code.at(to[0].ref, I32, to[1] + k)}")
