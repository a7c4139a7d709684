"""The table through which native code reads a schedule; backends/llvm/driver says what it holds."""

from __future__ import annotations

from rheobase.backends.llvm.text import I64, PTR, Code, Value

__all__ = ["N_WORDS", "TABLE", "Words"]

TABLE = {
    name: n
    for n, name in enumerate(
        (
            *("n_calls", "n_clocks", "functions", "slots", "lengths", "shares", "clocks"),
            *("state", "due", "fresh", "times", "spent", "timer", "scratch"),
            *("divided", "waits", "merge_starts", "merges", "team", "lanes", "places", "breaks"),
            "gates",
        )
    )
}
N_WORDS = len(TABLE)


class Words:
    """Writes code that reads the table (%table), and arrays of 64-bit words.

    arrays   the addresses that stand in the table, by name
    """

    def __init__(self, code: Code) -> None:
        self.code = code
        self.table = Value(code, PTR, 1, "%table")
        self.n_calls = self.read(self.table, TABLE["n_calls"])
        names = [n for n in TABLE if not n.startswith("n_")]
        self.arrays = {n: self.read(self.table, TABLE[n], PTR) for n in names}

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

    def call(self, call: Value, function: Value, control: Value) -> Value:
        """Call the function of a kernel; its status."""
        names = ("slots", "lengths", "shares")
        given = ", ".join(str(self.read(self.arrays[n], call, PTR)) for n in names)
        return self.code.let("i32", 1, f"call i32 {function.ref}({given}, {control})")
