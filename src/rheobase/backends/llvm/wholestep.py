"""The step of a small network as one function.

The driver (backends/llvm/driver) reads the schedule as data: for each call it looks at a table,
and the processor has to guess where the call goes. Where a step takes a tenth of a microsecond, as
with one cell, that is half of it. So programs of short steps, on one clock, get a function of their
own, in which the kernels stand one after the other:

- addresses are read on the way in, and values that no kernel of the program changes (`fixed`);
- what looks at one list of events is passed by together;
- a PoissonGroup without a candidate in a step is a comparison.

It takes the arguments of the driver and keeps its protocol, so either may go on where the other
has returned. What is computed is the same, bit for bit. Kernels that are long, or for few steps,
are called where they are. When it is worth compiling is decided in backends/llvm/shortcut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby

from rheobase.backends.llvm import bernoulli, library
from rheobase.backends.llvm.expressions import Emitter, Given
from rheobase.backends.llvm.fixed import compute_fixed, fixed_values
from rheobase.backends.llvm.gates import COUNT, DELAY, MASK, STARTS, gate_words
from rheobase.backends.llvm.kernels import inner_function, lanes_of, written_kernel
from rheobase.backends.llvm.schedule import Words
from rheobase.backends.llvm.share import WHOLE
from rheobase.backends.llvm.text import F64, I32, I64, LIKELIHOOD, PTR, Code, Host, Value, Var
from rheobase.ir.domains import Bernoulli, Generate, Python, Sometimes
from rheobase.ir.passes.rewrite import written
from rheobase.ir.printer import print_kernel
from rheobase.ir.program import Control, Program, Status
from rheobase.ir.slots import Slot
from rheobase.records import record

__all__ = ["SYMBOL", "describe", "fits", "write_step"]

SYMBOL = "rheobase_step"
MOST_CALLS = 32
LONGEST = 400  # lines of the text of a kernel that stands in the function
_SHARE = f"@share = private constant [{len(WHOLE)} x i64] [{', '.join(f'i64 {x}' for x in WHOLE)}]"
POSITION, BUDGET = (Control.FIELDS.index(name) for name in ("position", "budget"))


def fits(program: Program) -> bool:
    """Whether the steps of a program can be one function."""
    clocks, calls = program.clocks, program.calls
    domains = (c.kernel.domain for c in calls)
    is_short = 0 < len(calls) <= MOST_CALLS and len(clocks) == 1 and clocks[0].times is None
    return is_short and not any(isinstance(d, (Python, Generate)) for d in domains)


def describe(program: Program, host: Host) -> str:
    """What tells its function from that of other programs: kernels, and which slots they share."""
    slots = _numbers(program)
    lines: list[str] = []
    for call in program.calls:
        shown = " ".join(str(slots[s]) for s in call.kernel.slots())
        lines.append(f"{print_kernel(call.kernel)}\nlanes {lanes_of(call.kernel, host)} {shown}")
    clock = program.clocks[0]
    return "\n".join([*lines, f"clock {slots[clock.step]} {slots[clock.t]}"])


def _numbers(program: Program) -> dict[Slot, int]:
    """The place of each slot: the first among the arguments of all calls, then those of the
    clock, as they stand in the table."""
    clock = program.clocks[0]
    places = [s for c in program.calls for s in c.kernel.slots()]
    places += [clock.step, clock.t, clock.dt, clock.end]
    found: dict[Slot, int] = {}
    for place, slot in enumerate(places):
        found.setdefault(slot, place)
    return found


def write_step(program: Program, host: Host, contract: bool, symbol: str) -> str:
    """The text of a module that defines the function `symbol`."""
    return _WholeStep(program, host, contract).text(symbol)


@record
class _Way:
    """How a call is made.

    make        writes it; its status
    is_steady   of a Bernoulli: see bernoulli.is_steady
    """

    make: Callable[[], Value]
    is_steady: Value | None = None


class _WholeStep(Words):
    """Writes the function.

    functions   texts of the kernels that stand in it
    emitters    what has written them
    """

    def __init__(self, program: Program, host: Host, contract: bool) -> None:
        super().__init__(Code(host))
        self.host = host
        self.contract = contract
        self.kernels = [c.kernel for c in program.calls]
        self.clock = program.clocks[0]
        self.functions: list[str] = []
        self.emitters: list[Emitter] = []
        self.control = Value(self.code, PTR, 1, "%control")
        self._written = {self.clock.step, self.clock.t}.union(*map(written, self.kernels))
        # the arrays of addresses and of lengths go on from call to call
        addresses = self.read(self.arrays["slots"], 0, PTR)
        self._address = {s: self.read(addresses, n, PTR) for s, n in _numbers(program).items()}
        self._lengths = [self.read(self.arrays["lengths"], k, PTR) for k in self._calls()]

    def _calls(self) -> range:
        return range(len(self.kernels))

    def text(self, symbol: str) -> str:
        code = self.code
        self._write()
        needs = dict.fromkeys(n for e in self.emitters for n in e.code.needs)
        declared = code.declared.union(*(e.code.declared for e in self.emitters))
        functions = [*library.definitions(self.host, needs, declared), *self.functions]
        title = f"define i32 @{symbol}(ptr noalias %table, ptr noalias %control) nounwind"
        main = f"{title} {{\n{code.text()}\n}}"
        return "\n".join([*sorted(declared), _SHARE, *functions, main, LIKELIHOOD, ""])

    # ------------------------------------------------------------ the loop
    def _write(self) -> None:
        code = self.code
        end, dt = self._read(self.clock.end), self._read(self.clock.dt, F64)
        self.step = Var(code, I64, self._read(self.clock.step))
        self.left = Var(code, I64, self.read(self.control, BUDGET))
        self._ways = [self._way_of(k) for k in self._calls()]
        self._labels = [code.label("call") for _ in self._calls()]
        begin, goes, calls = code.label("step"), code.label("goes"), code.label("calls")
        paused, done = code.label("paused"), code.label("done")
        places = " ".join(f"i64 {k}, label %{x}" for k, x in enumerate(self._labels) if k)
        code.line(f"switch {self.read(self.control, POSITION)}, label %{begin} [ {places} ]")
        code.begin(begin)
        code.branch(self.left.get().ne(0), goes, paused, "then")
        code.begin(goes)
        code.branch(self.step.get() < end, calls, done, "then")
        code.begin(calls)
        for gate, group in groupby(self._calls(), self._gate):
            self._pass_gate(gate[0], list(group))
        self._advance(dt)
        code.jump(begin)
        for label, status in ((paused, Status.PAUSED), (done, Status.DONE)):
            code.begin(label)
            self._leave(0, code.const(I32, status))

    def _advance(self, dt: Value) -> None:
        """The next step begins."""
        now = self.step.get() + 1
        self.step.set(now)
        self.write_word(self._address[self.clock.step], 0, now)
        self.write_word(self._address[self.clock.t], 0, now.cast("sitofp", F64) * dt)
        self.left.set(self.left.get() - 1)

    def _leave(self, position: int, status: Value) -> None:
        code = self.code
        self.write_word(self.control, POSITION, code.const(I64, position))
        self.write_word(self.control, BUDGET, self.left.get())
        self.write_word(self.arrays["fresh"], 0, code.const(I64, 1))
        code.line(f"ret {status}")

    def _read(self, slot: Slot, elem: str = I64) -> Value:
        return self.read(self._address[slot], 0, elem)

    # ------------------------------------------------------------ gates
    def _gate(self, call: int) -> tuple[dict[int, Slot], int]:
        """The slots of a gate by word. Calls that stand together with one gate pass it together,
        unless one changes what it looks at."""
        gate = {entry.word: entry.slot for entry in gate_words(self.kernels[call])}
        return gate, call if written(self.kernels[call]).intersection(gate.values()) else -1

    def _pass_gate(self, gate: Mapping[int, Slot], calls: Sequence[int]) -> None:
        """Make the calls, if the gate is open."""
        code = self.code
        if not gate:
            for k in calls:
                self._call(k)
            return
        opened, passed = code.label("open"), code.label("passed")
        code.branch(self._is_open(gate), opened, passed, "otherwise")
        code.begin(opened)
        for k in calls:
            self._call(k)
        code.jump(passed)
        code.begin(passed)

    def _is_open(self, gate: Mapping[int, Slot]) -> Value:
        if MASK in gate:
            return (self.step.get() & self._read(gate[MASK])).eq(0)
        now = self._read(gate[COUNT]).ne(0)
        if STARTS not in gate:
            return now
        delay, turn = self._read(gate[DELAY]), self._length(gate[STARTS]) - 1
        step, starts = self.step.get() - delay, self._address[gate[STARTS]]
        past = self.read(starts, step & turn).ne(self.read(starts, (step + 1) & turn))
        return self.code.select(delay.eq(0), now, past)

    def _length(self, slot: Slot) -> Value:
        call = next(k for k in self._calls() if slot in self.kernels[k].slots())
        return self.read(self._lengths[call], self.kernels[call].slots().index(slot))

    # ------------------------------------------------------------ calls
    def _call(self, call: int) -> None:
        """Make a call, and leave if it asks for that."""
        code, way, label = self.code, self._ways[call], self._labels[call]
        after, leaves = code.label("after"), code.label("leaves")
        if way.is_steady is not None:
            bernoulli.pass_if_quiet(self, self.kernels[call], self._address, way.is_steady, after)
        code.jump(label)
        code.begin(label)
        status = way.make()
        code.branch(status.eq(0), after, leaves, "then")
        code.begin(leaves)
        self._leave(call, status)
        code.begin(after)

    def _way_of(self, call: int) -> _Way:
        """How a call is made; writes what comes before the first step."""
        kernel = self.kernels[call]
        match kernel.domain:
            case Sometimes():
                return _Way(partial(self._call_away, call))
            case Bernoulli():
                is_steady = bernoulli.is_steady(self, kernel, self._address)
                return _Way(partial(self._call_away, call), is_steady)
            case _:
                return _Way(self._put_in(call) or partial(self._call_away, call))

    def _call_away(self, call: int) -> Value:
        """The kernel as it is compiled for any driver."""
        number = self.code.const(I64, call)
        return self.call(number, self.read(self.arrays["functions"], number, PTR), self.control)

    def _put_in(self, call: int) -> Callable[[], Value] | None:
        """Have the kernel in this function; None if it is too long for that."""
        kernel, name = self.kernels[call], f"kernel{call}"
        fixed = fixed_values(kernel, lambda slot: slot not in self._written)
        before, computing = compute_fixed(kernel, fixed, f"fixed{call}", self.host, self.contract)
        given = {n: Given(computing.value(n).elem, f"%f{n}") for n in fixed}
        e = written_kernel(kernel, self.host, self.contract, given)
        text = inner_function(e, name, "".join(f", {x.elem} {x.ref}" for x in given.values()))
        if text.count("\n") > LONGEST:
            return None
        self.functions += [before, text]
        self.emitters += [computing, e]
        pointers = "".join(f"{self._address[s]}, " for s in e.slots)
        values = self._computed(f"@fixed{call}({pointers}{self._lengths[call]}", given)
        shown = f"{pointers}{self._lengths[call]}, ptr @share, ptr %control"
        arguments = ", ".join([shown, *map(str, values)])
        return lambda: self.code.let(I32, 1, f"call i32 @{name}({arguments})")

    def _computed(self, function: str, given: Mapping[int, Given]) -> Sequence[Value]:
        """What a function of compute_fixed computes, on the way in."""
        code = self.code
        with code.hoisted():
            place = code.let(PTR, 1, f"alloca [{len(given)} x i64]").ref
        code.line(f"call void {function}, ptr {place})")
        places = [code.at(place, I64, code.const(I64, k)) for k in range(len(given))]
        return [
            code.let(x.elem, 1, f"load {x.elem}, ptr {at}") for x, at in zip(given.values(), places)
        ]
