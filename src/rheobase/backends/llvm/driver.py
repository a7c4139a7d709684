"""The driver: one native function that walks the schedule, which it reads as data.

The protocol is that of ir/program.py. A change of the schedule compiles nothing; the text below
never changes. With several threads ('lanes'), this is what lane 0 does; the others run the
function of backends/llvm/worker, which reads the same table. Lane 0 goes alone until it comes to a
call that is divided: then it says where (team, POSITION), bumps team, RELEASE, and all lanes make
their share of this call and of those after it, up to the next call before which all wait. Where
some calls go ahead (backends/llvm/ahead), all lanes first make a block of steps of those, and then
the steps of the block without them.

There is a second driver, `plain`, for one thread where nothing goes ahead. It is half as long, and
compiled in half the time: the first result of a small network waits for it.

The arguments are arrays of 64-bit words:

    table     n_calls, n_clocks, then the addresses of the arrays
              functions      (n_calls) address of the kernel's function; 0: it is Python's to do
              slots          (n_calls) address of the kernel's array of addresses
              lengths        (n_calls) address of the kernel's array of lengths
              shares         (n_calls) address of the lane's share
              clocks         (n_calls) which clock the call belongs to
              state          (n_clocks, 4) addresses of step, t, dt, end
              due            (n_clocks) whether the clock's step is the one being made
              fresh          (1) 1: `due` is not known; it is computed on the way in
              times          (n_clocks) address of the times of a clock's steps; 0: t = step * dt
              spent          (n_calls) ns spent in each call; 0: not measured
              timer          address of i32 timer(i32 kind, ptr seconds_and_nanoseconds)
              scratch        (4) for the timer: kind, time of the last look in ns, its two results
              n_ahead, n_chunks, n_lists    numbers: calls that go ahead, chunks, lists they make
              longest        a number: how many steps they may go ahead; 0: none goes
              ahead_clock    a number: their clock
              ahead          (n_ahead) numbers of the calls
              is_ahead       (n_calls) whether a call is one of them
              list_of        (n_calls) which list it makes, or -1
              chunk_shares   (n_ahead) address of the shares of the chunks
              ahead_gates    (n_ahead, WORDS) gates of the calls, with these addresses
              ahead_slots    (n_ahead) address of the array of addresses that the lane uses ahead
              gathered       (n_lists, 4) addresses of indices and count of the step's list, of the
                             log of the block, and of ends
              local          (n_lists, 4) addresses of the indices and the count that the lane uses;
                             where its part of the log begins, and where it goes on
              chunks         (2) the lane's first chunk, and the end of them
              now            (2) step and t of the chunk that is at work
              copies_at      (n_calls + 1) those for call k are copies_at[k] <= n < copies_at[k + 1]
              copies         (n, 8) what calls that follow must see by step: see snapshots
              delays         how many arrays of delays bound the block; address and length of each
              divided        (n_calls) whether all lanes make the call
              waits          (n_calls + 1) whether all wait before the call; last: before the end
              merge_starts   (n_calls + 2) the merges at the wait before call k are
                             merge_starts[k] <= m < merge_starts[k + 1]
              merges         (n, 6) addresses of indices, count, counts, offsets; clock, call: see
                             barrier
              team           words that the lanes share: see barrier
              lanes          (1) how many there are
              places         (lanes, PITCH) where each lane rests, from this lane's on: see barrier
              breaks         (5) for waiting: see barrier
              gates          (n_calls, WORDS) whether a call has something to do: see gates
              run_ends, run, asked   calls that are made together: see runs
    control   the fields of Control
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from rheobase.backends.llvm.ahead import go_ahead, most_steps, see, see_present, take_list
from rheobase.backends.llvm.barrier import Barrier, NoBarrier
from rheobase.backends.llvm.gates import is_open
from rheobase.backends.llvm.schedule import FOLLOWS, TABLE, Words
from rheobase.backends.llvm.text import F64, I64, LIKELIHOOD, PTR, Code, Host, Value, Var
from rheobase.ir.program import EPSILON, Control, Status

__all__ = ["PLAIN_SYMBOL", "SYMBOL", "write_driver"]

SYMBOL, PLAIN_SYMBOL = "rheobase_driver", "rheobase_plain_driver"
POSITION, BUDGET, LIMIT, AHEAD, BLOCK, OWED = map(
    Control.FIELDS.index, ("position", "budget", "limit", "ahead", "block", "owed")
)


def write_driver(host: Host, plain: bool = False) -> str:
    """The text of the module of a driver."""
    code = Code(host)
    driver = _Driver(code, plain)
    driver.write()
    symbol = PLAIN_SYMBOL if plain else SYMBOL
    text = f"define i32 @{symbol}(ptr %table, ptr %control) nounwind {{\n{code.text()}\n}}"
    return "\n".join([*sorted(code.declared), text, LIKELIHOOD, ""])


class _Driver(Words):
    def __init__(self, code: Code, plain: bool) -> None:
        super().__init__(code)
        self.plain = plain
        self.control = Value(code, PTR, 1, "%control")

    def write(self) -> None:
        code = self.code
        self.n_clocks = self.read(self.table, TABLE["n_clocks"])
        self.barrier = NoBarrier() if self.plain else Barrier(self)
        measured = self.read(self.table, TABLE["spent"]).ne(0)
        with code.when(measured, likely=False):
            self._look()
        self.measured = measured
        self.limit = self.read(self.control, LIMIT)
        self.owed = Var(code, I64, 0)
        self._owe(self.read(self.control, OWED))
        self.end = Var(code, I64, 0)
        with code.when(self.limit.ne(0)):
            self.end.set(self._now() + self.limit)
        step, calls = code.label("step"), code.label("calls")
        start = self.read(self.control, POSITION)
        k = Var(code, I64, start)
        resumed = code.label("resumed")
        code.branch(start.eq(0), step, resumed)
        code.begin(resumed)
        with code.when(self.read(self.arrays["fresh"]).ne(0)):
            self._find_due()
        code.jump(calls)

        code.begin(step)
        with code.when(self.owed.get().eq(0)):
            self._pause()
        some = self._find_due()
        with code.when(some.eq(0)):
            self._leave(Status.DONE)
        with code.when(self.owed.get().eq(0)):
            self._go_ahead()
        k.set(0)
        code.jump(calls)
        code.begin(calls)
        self._make_calls(k)
        self.barrier.gather(self.n_calls)
        self._advance_clocks()
        self.write_word(self.control, POSITION, code.const(I64, 0))
        if not self.plain:
            with code.when(self.owed.get().ne(0)):
                self._owe(self.owed.get() - 1)
        self.write_word(self.control, BUDGET, self.read(self.control, BUDGET) - 1)
        self.write_word(self.arrays["fresh"], 0, code.const(I64, 1))
        code.jump(step)

    def _pause(self) -> None:
        """Leave if enough has been done."""
        code = self.code
        with code.when(self.read(self.control, BUDGET).eq(0)):
            self._leave(Status.PAUSED)
        with code.when(self.limit.ne(0)), code.when(self.end.get() <= self._now()):
            self._leave(Status.PAUSED)

    def _go_ahead(self) -> None:
        """Make a block of steps of those calls that go ahead, if there are any."""
        if self.plain:
            return
        code = self.code
        with code.when(self.number("longest").ne(0) & ~self.measured, likely=False):
            allowed, budget = self.read(self.control, AHEAD), self.read(self.control, BUDGET)
            steps = most_steps(self, code.select(allowed < budget, allowed, budget))
            with code.when(steps > 1):
                self.barrier.release(-steps)
                go_ahead(self, steps)
                self.barrier.gather()
                self.write_word(self.control, BLOCK, steps)
                self._owe(steps)

    def _owe(self, steps: Value) -> None:
        """So many steps have been made ahead that are still to be made by the other calls."""
        if self.plain:
            return
        self.owed.set(steps)
        self.write_word(self.control, OWED, steps)
        self.write_word(self.arrays["team"], FOLLOWS, steps.ne(0).cast("zext", I64))

    def _leave(self, status: Status) -> None:
        self.code.leave(status)
        self.code.begin(self.code.label("unreached"))

    @contextmanager
    def _each_clock(self) -> Generator[tuple[Value, Value], None, None]:
        """A loop over the clocks: number, and array of the addresses of its state."""
        with self.code.loop(0, self.n_clocks) as n:
            state = self.word(self.arrays["state"], n * 4)
            yield n, state

    def _time(self, state: Value) -> tuple[Value, Value, Value]:
        """(whether the clock goes on, t, dt)."""
        step, t, dt, end = (self.read(state, n, PTR) for n in range(4))
        return self.read(step) < self.read(end), self.read(t, 0, F64), self.read(dt, 0, F64)

    def _find_due(self) -> Value:
        """Write `due`; the number of clocks that are."""
        code = self.code
        earliest, smallest = Var(code, F64, float("inf")), Var(code, F64, float("inf"))
        with self._each_clock() as (_, state):
            goes, t, dt = self._time(state)
            least, now = smallest.get(), earliest.get()
            smallest.set(code.select(dt < least, dt, least))
            earliest.set(code.select(goes & (t < now), t, now))
        latest = earliest.get() + smallest.get() * EPSILON
        n_due = Var(code, I64, 0)
        with self._each_clock() as (n, state):
            goes, t, _ = self._time(state)
            due = (goes & (t < latest)).cast("zext", I64)
            self.write_word(self.arrays["due"], n, due)
            n_due.set(n_due.get() + due)
        self.write_word(self.arrays["fresh"], 0, code.const(I64, 0))
        return n_due.get()

    def _make_calls(self, k: Var) -> None:
        code = self.code
        test, body, done = code.label("test"), code.label("call"), code.label("called")
        code.jump(test)
        code.begin(test)
        call = k.get()
        code.branch(call < self.n_calls, body, done)
        code.begin(body)
        if not self.plain:
            self._meet(call)
        end = code.select(self.measured, 0, self.read(self.arrays["run_ends"], call))
        k.set(code.select(end.ne(0), end, call + 1))
        with code.when(self._is_to_make(call)), code.either(end.ne(0)) as one:
            self._make_run(call, end)
            one()
            with code.when(is_open(self, call)):
                function = self.read(self.arrays["functions"], call, PTR)
                with code.when(code.let("i1", 1, f"icmp eq {function}, null"), likely=False):
                    self.write_word(self.control, POSITION, call)
                    self._leave(Status.PYTHON)
                status = self._make(call, function)
                with code.when(self.measured, likely=False):
                    spent = self.read(self.arrays["spent"], call) + self._look()
                    self.write_word(self.arrays["spent"], call, spent)
                with code.when(status.ne(0), likely=False):
                    self.write_word(self.control, POSITION, call)
                    code.line(f"ret {status}")
                    code.begin(code.label("unreached"))
        code.jump(test)
        code.begin(done)

    def _make_run(self, call: Value, end: Value) -> None:
        """Make the calls of a run."""
        if not self.plain:
            with self.code.when(self.read(self.arrays["divided"], call).ne(0)):
                self.barrier.release(call)
        self.call_run(call, end)

    def _meet(self, call: Value) -> None:
        """What comes before a call: a wait, and the list of a call that has gone ahead."""
        with self.code.when(self.read(self.arrays["waits"], call).ne(0)):
            self.barrier.gather(call)
        with self.code.when(self.is_made(call), likely=False):
            take_list(self, call, self._step_of_block())

    def _is_to_make(self, call: Value) -> Value:
        due = self.is_due(call)
        return due if self.plain else due & ~self.is_made(call)

    def _step_of_block(self) -> Value:
        return self.read(self.control, BLOCK) - self.owed.get()

    def _make(self, call: Value, function: Value) -> Value:
        """Make a call; its status."""
        if self.plain:
            return self.call(call, function, self.control)
        code, follows = self.code, self.owed.get().ne(0)
        with code.when(self.read(self.arrays["divided"], call).ne(0)):
            self.barrier.release(call)
        with code.when(follows, likely=False):
            see(self, call, self._step_of_block())
        status = self.call(call, function, self.control)
        with code.when(follows, likely=False):
            see_present(self, call)
        return status

    def _look(self) -> Value:
        """Look at the timer: ns since the last look."""
        scratch, now = self.arrays["scratch"], self._now()
        passed = now - self.read(scratch, 1)
        self.write_word(scratch, 1, now)
        return passed

    def _now(self) -> Value:
        """What the timer shows, ns."""
        scratch = self.arrays["scratch"]
        kind = self.read(scratch, 0).cast("trunc", "i32")
        result = self.word(scratch, 2)
        self.code.let("i32", 1, f"call i32 {self.arrays['timer'].ref}({kind}, {result})")
        return self.read(scratch, 2) * 1_000_000_000 + self.read(scratch, 3)

    def _advance_clocks(self) -> None:
        code = self.code
        with (
            self._each_clock() as (n, state),
            code.when(self.read(self.arrays["due"], n).ne(0)),
        ):
            step, t = (self.read(state, field, PTR) for field in range(2))
            now = self.read(step) + 1
            self.write_word(step, 0, now)
            self.write_word(t, 0, self.time_of(now, n))
