"""The table through which native code reads a schedule; backends/llvm/driver says what it holds."""

from __future__ import annotations

from rheobase.backends.llvm.text import F64, I64, PTR, Code, Value, Var

__all__ = ["FOLLOWS", "N_WORDS", "TABLE", "Words"]

TABLE = {
    name: n
    for n, name in enumerate(
        (
            *("n_calls", "n_clocks", "functions", "slots", "lengths", "shares", "clocks"),
            *("state", "due", "fresh", "times", "spent", "timer", "scratch"),
            *(
                "n_ahead",
                "n_chunks",
                "n_lists",
                "longest",
                "ahead_clock",
                "ahead",
                "is_ahead",
                "list_of",
            ),
            *("chunk_shares", "ahead_slots", "gathered", "local", "chunks", "now", "delays"),
            *("copies_at", "copies", "ahead_gates"),
            *("divided", "waits", "merge_starts", "merges", "team", "lanes", "places", "breaks"),
            *("gates", "run_ends", "run", "asked"),
        )
    )
}
N_WORDS = len(TABLE)
FOLLOWS = 2  # in `team`: see backends/llvm/barrier


class Words:
    """Writes code that reads the table (%table), and arrays of 64-bit words.

    arrays   the addresses that stand in the table, by name
    """

    def __init__(self, code: Code) -> None:
        self.code = code
        self.table = Value(code, PTR, 1, "%table")
        self.n_calls = self.number("n_calls")
        names = [n for n in TABLE if not n.startswith("n_") and n not in ("longest", "ahead_clock")]
        self.arrays = {n: self.read(self.table, TABLE[n], PTR) for n in names}

    def number(self, name: str) -> Value:
        """A number that stands in the table."""
        return self.read(self.table, TABLE[name])

    def word(self, array: Value, k: Value | int) -> Value:
        """The address of word k."""
        if not isinstance(k, Value):
            k = self.code.const(I64, k)
        return self.code.let(PTR, 1, f"getelementptr i64, {array}, {k}")

    def read(self, array: Value, k: Value | int = 0, elem: str = I64) -> Value:
        return self.code.let(elem, 1, f"load {elem}, {self.word(array, k)}")

    def write_word(self, array: Value, k: Value | int, value: Value) -> None:
        self.code.line(f"store {value}, {self.word(array, k)}")

    def is_due(self, call: Value) -> Value:
        """Whether the call's clock makes a step now."""
        return self.read(self.arrays["due"], self.read(self.arrays["clocks"], call)).ne(0)

    def is_made(self, call: Value) -> Value:
        """Whether the call has gone ahead and has made this step already."""
        follows = self.read(self.arrays["team"], FOLLOWS)
        return (self.read(self.arrays["is_ahead"], call) & follows).ne(0)

    def call(self, call: Value, function: Value, control: Value) -> Value:
        """Call the function of a kernel; its status."""
        slots, share = (self.read(self.arrays[n], call, PTR) for n in ("slots", "shares"))
        return self.call_with(call, slots, share, control, function)

    def call_run(self, first: Value, end: Value) -> None:
        """Make the calls of a run (backends/llvm/runs)."""
        function = self.arrays["run"].ref
        self.code.line(f"call void {function}({self.table}, {first}, {end})")

    def call_with(
        self,
        call: Value,
        slots: Value,
        share: Value,
        control: Value,
        function: Value | None = None,
    ) -> Value:
        """Call the function of a kernel with other addresses and another share; its status."""
        function = function or self.read(self.arrays["functions"], call, PTR)
        given = f"{slots}, {self.read(self.arrays['lengths'], call, PTR)}, {share}, {control}"
        return self.code.let("i32", 1, f"call i32 {function.ref}({given})")

    def time_of(self, step: Value, clock: Value) -> Value:
        """When a step of a clock begins."""
        code, state = self.code, self.word(self.arrays["state"], clock * 4)
        dt = self.read(self.read(state, 2, PTR), 0, F64)
        time = Var(code, F64, step.cast("sitofp", F64) * dt)
        with code.when(self.read(self.arrays["times"], clock).ne(0), likely=False):
            times = self.read(self.arrays["times"], clock, PTR)
            time.set(self.read(times, step, F64))
        return time.get()
