"""Where the lanes wait for each other.

    team     RELEASE    grows by one each time that lane 0 lets the others go on; -1: they return
             POSITION   the call from which they go on; -k: they go k steps ahead
             FOLLOWS    1 while calls that have gone ahead are left out
             ARRIVED    grows by one each time that a lane other than 0 has come to a wait
    places   RESTS      1 while the lane sleeps at, or is about to sleep at,
             DOOR       a semaphore of its own (backends/llvm/doors)
    merges   a list that each lane has made a piece of: lane k has put counts[k * PITCH] entries
             at offsets[k] of `indices`; they are moved together, and counted in `count`
    breaks   the addresses of i32 yield(), i32 nap(i32), the argument of nap, and those of what
             waits at a door and what opens it

Who waits spins for about 100 us, which is longer than lanes differ when each has a processor of
its own. Then, more lanes want to run than there are processors: it offers its own to the others,
and after a while sleeps. Lane 0 naps for 50 us at a time, so that whoever it waits for comes to
run. The others sleep until lane 0 wakes them, so they may stay where they are when it returns to
Python, however long it stays away.
"""

from __future__ import annotations

from collections.abc import Callable

from rheobase.backends.llvm.schedule import Words
from rheobase.backends.llvm.text import I32, I64, PTR, Value, Var

__all__ = [
    "ARRIVED",
    "DOOR",
    "PITCH",
    "POSITION",
    "RELEASE",
    "RESTS",
    "TEAM_WORDS",
    "Barrier",
    "NoBarrier",
    "wait_for_release",
]

RELEASE, POSITION, ARRIVED = 0, 1, 16  # the lanes write ARRIVED, which has a cache line of its own
TEAM_WORDS = 32
RESTS, DOOR = 0, 1
PITCH = 16  # words from one lane's count or place to the next
SPINS = 2000
YIELDS = 1000
YIELD, NAP, NAP_LENGTH, SLEEP, WAKE = range(5)  # in `breaks`


def _load(words: Words, address: Value, order: str = "acquire") -> Value:
    """A word that another lane may write; what it wrote before is seen, too."""
    return words.code.let(I64, 1, f"load atomic i64, {address} {order}, align 8")


def _store(words: Words, address: Value, value: Value | int, order: str = "release") -> None:
    shown = value if isinstance(value, Value) else words.code.const(I64, value)
    words.code.line(f"store atomic {shown}, {address} {order}, align 8")


def _call(words: Words, which: int, *arguments: Value | str) -> None:
    """Call a function of the system that stands in `breaks`."""
    function = words.read(words.arrays["breaks"], which, PTR).ref
    words.code.let(I32, 1, f"call i32 {function}({', '.join(map(str, arguments))})")


def _wait(
    words: Words, address: Value, enough: Callable[[Value], Value], sleep: Callable[[], None]
) -> Value:
    """Wait until a word is as wanted; the word. `sleep` writes what a long wait does in turn."""
    code = words.code
    tries = Var(code, I64, 0)
    test, more, done = code.label("test"), code.label("wait"), code.label("arrived")
    code.jump(test)
    code.begin(test)
    now = _load(words, address)
    code.branch(enough(now), done, more, "then")
    code.begin(more)
    n = tries.get()
    tries.set(n + 1)
    spin, rest, yields, sleeps = (code.label(x) for x in ("spin", "rest", "yield", "sleep"))
    code.branch(n < SPINS, spin, rest)
    code.begin(spin)
    if code.host.pause:
        code.declared.add(f"declare {code.host.pause}")
        code.line(f"call {code.host.pause}")
    code.jump(test)
    code.begin(rest)
    code.branch(n < SPINS + YIELDS, yields, sleeps)
    code.begin(yields)
    _call(words, YIELD)
    code.jump(test)
    code.begin(sleeps)
    sleep()
    code.jump(test)
    code.begin(done)
    return now


def wait_for_release(words: Words, last: Value) -> Value:
    """The side of a lane other than 0: wait until RELEASE is no longer `last`; what it is."""
    code, place = words.code, words.arrays["places"]
    release = words.word(words.arrays["team"], RELEASE)

    def sleep() -> None:
        # lane 0 writes RELEASE, then reads RESTS; here it is the other way round: in one order
        # that all agree on (seq_cst), one of the two sees what the other has written
        _store(words, words.word(place, RESTS), 1, "seq_cst")
        with code.when(_load(words, release, "seq_cst").eq(last)):
            _call(words, SLEEP, words.read(place, DOOR, PTR), code.const(I64, -1))
        _store(words, words.word(place, RESTS), 0)

    return _wait(words, release, lambda now: now.ne(last), sleep)


class NoBarrier:
    """Where there is one lane."""

    def release(self, call: Value) -> None:
        """Nobody waits."""

    def gather(self, call: Value | None = None) -> None:
        """Nobody is to come."""


class Barrier:
    """Lane 0's side: it gathers the others, goes on alone, and releases them."""

    def __init__(self, words: Words) -> None:
        self.words = words
        code = words.code
        self.lanes = words.read(words.arrays["lanes"])
        self._released = Var(code, I64, words.read(words.arrays["team"], RELEASE))  # how many times
        self._working = Var(code, I64, 0)  # whether the others are

    def release(self, call: Value) -> None:
        """The others begin with the call, if they are waiting."""
        words, code = self.words, self.words.code
        waiting = self._working.get().eq(0) & (self.lanes > 1)
        with code.when(waiting):
            self._working.set(1)
            now = self._released.get() + 1
            self._released.set(now)
            team = words.arrays["team"]
            words.write_word(team, POSITION, call)
            _store(words, words.word(team, RELEASE), now, "seq_cst")
            with code.loop(1, self.lanes) as lane:
                self._wake(words.word(words.arrays["places"], lane * PITCH))

    def _wake(self, place: Value) -> None:
        words, code = self.words, self.words.code
        rests = _load(words, words.word(place, RESTS), "seq_cst")
        with code.when(rests.ne(0), likely=False):
            _call(words, WAKE, words.read(place, DOOR, PTR), code.const(I64, 1), code.null())

    def gather(self, call: Value | None = None) -> None:
        """The others have come to the wait before the call, and wait; None: gone ahead."""
        words, code = self.words, self.words.code
        with code.when(self._working.get().ne(0)):
            wanted = self._released.get() * (self.lanes - 1)
            arrived = words.word(words.arrays["team"], ARRIVED)
            _wait(words, arrived, lambda now: now >= wanted, self._nap)
            self._working.set(0)
            if call is None:
                return
            first = words.read(words.arrays["merge_starts"], call)
            end = words.read(words.arrays["merge_starts"], call + 1)
            with code.loop(first, end) as m:
                self._merge(words.word(words.arrays["merges"], m * 6))

    def _nap(self) -> None:
        length = self.words.read(self.words.arrays["breaks"], NAP_LENGTH).cast("trunc", I32)
        _call(self.words, NAP, length)

    def _merge(self, merge: Value) -> None:
        words, code = self.words, self.words.code
        due = words.read(words.arrays["due"], words.read(merge, 4)).ne(0)
        with code.when(due & ~words.is_made(words.read(merge, 5))):
            indices, count, counts, offsets = (words.read(merge, k, PTR) for k in range(4))
            total = Var(code, I64, words.read(counts, 0))
            with code.loop(1, self.lanes) as lane:
                begin = words.read(offsets, lane)
                start = total.get()
                n = words.read(counts, lane * PITCH)
                with code.loop(0, n) as k:
                    place = code.at(indices.ref, I32, begin + k)
                    one = code.let(I32, 1, f"load i32, ptr {place}")
                    code.line(f"store {one}, ptr {code.at(indices.ref, I32, start + k)}")
                total.set(start + n)
            words.write_word(count, 0, total.get())
