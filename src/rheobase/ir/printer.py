"""Kernels and programs as text.

The canonical form is the key under which compiled code is kept, so it says everything that
generated code depends on and nothing else: slots are numbered in the order of `Kernel.slots`, and
names, sizes and addresses are left out. Kernels of equal structure have equal text. The form with
names is for people.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import cast

from rheobase.ir.domains import Index, Range, Sample, SampleSize
from rheobase.ir.kernels import At, Kernel, Linked
from rheobase.ir.ops import Op
from rheobase.ir.program import Program
from rheobase.ir.slots import Slot

__all__ = ["print_kernel", "print_op", "print_program"]


def print_kernel(kernel: Kernel, *, names: bool = False, mark: int | None = None) -> str:
    """The kernel as text, without a newline at its end.

    names   show the names of the kernel and of its slots, which the canonical form leaves out
    mark    number of an op to point at

    >>> from rheobase.ir.dtypes import F64, I64
    >>> from rheobase.ir.domains import Elementwise, Index, Part
    >>> from rheobase.ir.kernels import Array
    >>> v, part = Slot("v", F64, 10), Part(Slot("first", I64), Slot("size", I64))
    >>> code = (Op("load", (), F64, 0), Op("neg", (0,), F64), Op("store", (1,), None, 0))
    >>> print(print_kernel(Kernel("flip", Elementwise(part), (Array(v, Index.OWN),), body=code)))
    kernel(s0 i64, s1 i64, s2 f64)
      domain Elementwise(part=Part(first=s0, size=s1))
      array a0 = s2[own]
      body
        %0 = load f64 a0
        %1 = neg f64 %0
        store a0, %1
    """
    slots = kernel.slots()
    numbers = {id(slot): f"s{n}" for n, slot in enumerate(slots)}
    title = f"kernel '{kernel.name}'" if names else "kernel"
    listed = (f"s{n} {s.dtype.value}{f' {s.name!r}' if names else ''}" for n, s in enumerate(slots))
    lines = [f"{title}({', '.join(listed)})", f"  domain {_show(kernel.domain, numbers)}"]
    for n, array in enumerate(kernel.arrays):
        lines.append(f"  array a{n} = {numbers[id(array.slot)]}[{_show_index(array.index)}]")
    if kernel.stream is not None:
        lines.append(f"  random {_show(kernel.stream, numbers)}")
    number = 0
    for section, code in zip(("once", "outer", "body", _loop(kernel), "after"), kernel.parts):
        if code:
            lines.append(f"  {section}")
        for op in code:
            pointer = "    <-- here" if number == mark else ""
            lines.append(f"    {print_op(number, op)}{pointer}")
            number += 1
    if kernel.results:
        lines.append(f"  results {', '.join(f'%{r}' for r in kernel.results)}")
    return "\n".join(lines)


def _loop(kernel: Kernel) -> str:
    repeat = kernel.repeat
    if repeat is None:
        return ""
    handed_on = ", ".join(f"%{n}" for n in repeat.next)
    return f"repeat while %{repeat.again}, at most %{repeat.limit} times, with {handed_on}"


def print_op(number: int, op: Op) -> str:
    """One operation as text: '%3 = mul f64 %1, %2'; `number` is its own."""
    operands = [f"%{a}" for a in op.args]
    if op.attr is not None:
        operands.insert(1 if op.name == "ipow" else 0, _show_attr(op))
    dtype = f" {op.dtype.value}" if op.dtype is not None else ""
    text = f"{op.name}{dtype} {', '.join(operands)}".rstrip()
    return text if op.dtype is None else f"%{number} = {text}"


def print_program(program: Program, *, names: bool = False) -> str:
    """The program as text: clocks, kernels (each structure once), and the calls of one step.

    Slots are numbered through the whole program in the order of their first use, so the text also
    says which kernels share memory.
    """
    numbers: dict[int, str] = {}
    slots: list[Slot] = []

    def number(slot: Slot) -> str:
        if id(slot) not in numbers:
            numbers[id(slot)] = f"p{len(slots)}"
            slots.append(slot)
        return numbers[id(slot)]

    clocks: list[str] = []
    for n, clock in enumerate(program.clocks):
        held = {f.name: getattr(clock, f.name) for f in fields(clock)}
        state = (f"{name} {number(slot)}" for name, slot in held.items() if slot is not None)
        clocks.append(f"clock c{n} = {', '.join(state)}")
    kernels: dict[str, str] = {}
    calls: list[str] = []
    for call in program.calls:
        text = print_kernel(call.kernel, names=names)
        kernel = kernels.setdefault(text, f"k{len(kernels)}")
        arguments = ", ".join(number(slot) for slot in call.kernel.slots())
        calls.append(f"call {kernel}({arguments}) on c{call.clock}")
    listed = (f"{numbers[id(s)]} {s.dtype.value}{f' {s.name!r}' if names else ''}" for s in slots)
    texts = [f"{kernel} = {text}" for text, kernel in kernels.items()]
    return "\n".join([f"program({', '.join(listed)})", *clocks, *texts, *calls])


_ARRAY_OPS = frozenset(("load", "load_at", "store", "accumulate", "length", "discrete"))


def _show_attr(op: Op) -> str:
    if op.name in _ARRAY_OPS:
        return f"a{op.attr}"
    if op.name == "index":
        return str(op.attr)
    return repr(op.attr)  # tells 1, 1.0 and True apart, and -0.0 from 0.0


def _show_index(index: Index | At | Linked) -> str:
    match index:
        case Index():
            return index.value
        case At(position=position):
            return str(position)
        case Linked(array=array):
            return f"a{array}[]"


def _show(x: object, numbers: dict[int, str]) -> str:
    """Any part of a domain: every field is shown, so that a field added later cannot be missed."""
    if isinstance(x, Slot):
        return numbers[id(x)]
    if isinstance(x, tuple):
        parts = cast("tuple[object, ...]", x)
        return f"({', '.join(_show(y, numbers) for y in parts)})"
    if isinstance(x, Enum):
        return str(x.value)
    if isinstance(x, (Range, Sample, SampleSize)):
        values = (f"{f.name}=%{getattr(x, f.name)}" for f in fields(x))
        return f"{type(x).__name__}({', '.join(values)})"
    if is_dataclass(x):
        shown = (f"{f.name}={_show(getattr(x, f.name), numbers)}" for f in fields(x))
        return f"{type(x).__name__}({', '.join(shown)})"
    return repr(x)
