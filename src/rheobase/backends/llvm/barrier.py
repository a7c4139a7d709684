"""Where the lanes wait for each other.

    team     RELEASE    grows by one each time that lane 0 lets the others go on; -1: they return
             POSITION   the call from which they go on
             ARRIVED    grows by one each time that a lane other than 0 has come to a wait
    merges   a list that each lane has made a piece of: lane k has put counts[k * PITCH] entries
             at offsets[k] of `indices`; they are moved together, and counted in `count`
    breaks   addresses of i32 yield() and i32 nap(i32), and the argument of nap

Who waits spins for about 100 us, which is longer than lanes differ when each has a processor of
its own. Then, more lanes want to run than there are processors: it offers its own to the others,
and after a while naps for 50 us at a time, so that whoever is waited for comes to run.
"""

from __future__ import annotations

from collections.abc import Callable

from rheobase.backends.llvm.schedule import Words
from rheobase.backends.llvm.text import I32, I64, PTR, Value, Var

__all__ = [
    "ARRIVED",
    "PITCH",
    "POSITION",
    "RELEASE",
    "TEAM_WORDS",
    "Barrier",
    "wait",
]

RELEASE, POSITION, ARRIVED = 0, 1, 16  # the lanes write ARRIVED, which has a cache line of its own
TEAM_WORDS = 32
PITCH = 16  # words from one lane's count to the next
SPINS = 2000
YIELDS = 1000


def _atomic_load(words: Words, address: Value) -> Value:
    """A word that another lane may write; what it wrote before is seen, too."""
    return words.code.let(I64, 1, f"load atomic i64, {address} acquire, align 8")


def wait(words: Words, address: Value, enough: Callable[[Value], Value]) -> Value:
    """Wait until a word is as wanted; the word."""
    code = words.code
    tries = Var(code, I64, 0)
    test, more, done = code.label("test"), code.label("wait"), code.label("arrived")
    code.jump(test)
    code.begin(test)
    now = _atomic_load(words, address)
    code.branch(enough(now), done, more, "then")
    code.begin(more)
    n = tries.get()
    tries.set(n + 1)
    spin, rest, yields, naps = (code.label(x) for x in ("spin", "rest", "yield", "nap"))
    code.branch(n < SPINS, spin, rest)
    code.begin(spin)
    if code.host.pause:
        code.declared.add(f"declare {code.host.pause}")
        code.line(f"call {code.host.pause}")
    code.jump(test)
    code.begin(rest)
    code.branch(n < SPINS + YIELDS, yields, naps)
    breaks = words.arrays["breaks"]
    code.begin(yields)
    code.let(I32, 1, f"call i32 {words.read(breaks, 0, PTR).ref}()")
    code.jump(test)
    code.begin(naps)
    length = words.read(breaks, 2).cast("trunc", I32)
    code.let(I32, 1, f"call i32 {words.read(breaks, 1, PTR).ref}({length})")
    code.jump(test)
    code.begin(done)
    return now


class Barrier:
    """Lane 0's side: it gathers the others, goes on alone, and releases them."""

    def __init__(self, words: Words) -> None:
        self.words = words
        code = words.code
        self.lanes = words.read(words.arrays["lanes"])
        self._released = Var(code, I64, 0)  # how many times
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
            code.line(f"store atomic {now}, {words.word(team, RELEASE)} release, align 8")

    def gather(self, call: Value) -> None:
        """The others have come to the wait before the call, and wait."""
        words, code = self.words, self.words.code
        with code.when(self._working.get().ne(0)):
            wanted = self._released.get() * (self.lanes - 1)
            arrived = words.word(words.arrays["team"], ARRIVED)
            wait(words, arrived, lambda now: now >= wanted)
            self._working.set(0)
            first = words.read(words.arrays["merge_starts"], call)
            end = words.read(words.arrays["merge_starts"], call + 1)
            with code.loop(first, end) as m:
                self._merge(words.word(words.arrays["merges"], m * 5))

    def _merge(self, merge: Value) -> None:
        words, code = self.words, self.words.code
        with code.when(words.read(words.arrays["due"], words.read(merge, 4)).ne(0)):
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
