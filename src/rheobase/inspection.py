"""What a model compiles to: the schedule, each kernel in readable form, what it moves and computes.

>>> from rheobase import Network, NeuronGroup, ms
>>> from rheobase.inspection import inspect_program, watching
>>> net = Network(NeuronGroup(10, 'dv/dt = -v/(10*ms) : 1', name='cells'))
>>> with watching(lambda network, program: print(inspect_program(program).kernels[0].name)):
...     net.run(1*ms)
cells state update
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable

from rheobase.ir.domains import Generate, Index, Propagate, Python, Reduce
from rheobase.ir.kernels import Kernel, Linked
from rheobase.ir.ops import OPS
from rheobase.ir.partition import Division, divisions, obstacle
from rheobase.ir.program import Call, Program
from rheobase.ir.readable import readable
from rheobase.network import watching
from rheobase.records import record
from rheobase.summaries import html_table, text_table
from rheobase.units import Quantity, second

__all__ = ["Inspection", "KernelFacts", "inspect_program", "watching"]

_DRAWS = frozenset(("uniform", "normal", "discrete"))
_MEMORY = {"const", "index", "load", "load_at", "store", "length"}
_SHAPES = {  # the name of a domain's class -> what it goes over, for people
    "Elementwise": "all elements",
    "Sometimes": "all elements, in some steps",
    "WhenDue": "elements that are due",
    "Select": "all elements, lists those that pass",
    "Bernoulli": "all elements, lists some at random",
    "Indexed": "listed elements",
    "Propagate": "synapses of events",
    "Reduce": "all synapses",
    "Deliver": "synapses that are due",
    "Record": "recorded elements",
    "Push": "events into the log",
    "Replay": "events of a table",
    "Python": "called in Python",
}
_SHARED = {Index.OWN: "elements", Index.POST: "targets", Index.PRE: "sources"}


@record
class KernelFacts:
    """One kernel of the schedule.

    over       what it goes over
    dt         of its clock, s
    code       lines of readable code
    bytes      read and written for each element that it meets, constants aside
    flops      additions, multiplications, divisions, comparisons ... for each element
    functions  calls of mathematical functions for each element, by name
    draws      random numbers for each element
    threads    what several threads share out: 'elements', 'targets' or 'sources' of synapses; or
               'one: ' and the reason why one thread does all of it

    >>> from rheobase import Network, NeuronGroup, ms
    >>> from rheobase.inspection import inspect_program, watching
    >>> programs = []
    >>> net = Network(NeuronGroup(10, 'dv/dt = -v/(10*ms) : 1', name='cells'))
    >>> with watching(lambda network, program: programs.append(program)):
    ...     net.run(0*ms)
    >>> facts = inspect_program(programs[0]).kernels[0]
    >>> facts.over, facts.threads, facts.bytes  # v, read and written
    ('all elements', 'elements', 16)
    """

    name: str
    over: str
    dt: float
    code: tuple[str, ...]
    bytes: int
    flops: int
    functions: dict[str, int]
    draws: int
    threads: str

    def row(self) -> tuple[str, ...]:
        """The line of the table."""
        functions = ", ".join(f"{n} {name}" for name, n in sorted(self.functions.items()))
        dt = Quantity(self.dt, dim=second.dim).in_best_unit()
        cells = (self.bytes, self.flops)
        counts = (str(c) if c else "" for c in cells)
        return self.name, self.over, dt, *counts, functions, self.threads


@record
class Inspection:
    """What one step of a program does, kernel by kernel.

    kernels   in the order in which they run

    >>> from rheobase import Network, NeuronGroup, ms
    >>> from rheobase.inspection import inspect_program, watching
    >>> programs = []
    >>> net = Network(NeuronGroup(10, 'dv/dt = -v/(10*ms) : 1', name='cells'))
    >>> with watching(lambda network, program: programs.append(program)):
    ...     net.run(0*ms)
    >>> print(inspect_program(programs[0]).kernels[0].code[-1].strip())
    v = _p[0]*v
    """

    kernels: tuple[KernelFacts, ...]

    def _rows(self) -> list[tuple[str, ...]]:
        head = ("kernel", "goes over", "dt", "bytes", "flops", "functions", "threads")
        return [head, *(k.row() for k in self.kernels)]

    def __str__(self) -> str:
        codes = (f"{k.name}\n" + "\n".join(f"    {line}" for line in k.code) for k in self.kernels)
        return "\n\n".join([text_table(self._rows()), *codes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        codes = (
            f"<details><summary>{html.escape(k.name)}</summary>"
            f"<pre>{html.escape(chr(10).join(k.code))}</pre></details>"
            for k in self.kernels
        )
        return html_table(self._rows()) + "".join(codes)


def inspect_program(program: Program) -> Inspection:
    """The facts of each kernel of a program, in the order of one step.

    >>> from rheobase import Network, NeuronGroup, ms
    >>> from rheobase.inspection import inspect_program, watching
    >>> programs = []
    >>> net = Network(NeuronGroup(10, 'dv/dt = -v/(10*ms) : 1', name='cells'))
    >>> with watching(lambda network, program: programs.append(program)):
    ...     net.run(0*ms)
    >>> [kernel.name for kernel in inspect_program(programs[0]).kernels]
    ['cells state update']
    """
    shared = divisions(program.calls)
    return Inspection(tuple(_facts(call, program, d) for call, d in zip(program.calls, shared)))


def _facts(call: Call, program: Program, division: Division | None) -> KernelFacts:
    kernel = call.kernel
    counts = Counter(op.name for op in kernel.outer + kernel.inner)
    functions = {n: c for n, c in counts.items() if _is_function(n)}
    flops = sum(c for n, c in counts.items() if _is_arithmetic(n))
    return KernelFacts(
        kernel.name,
        _SHAPES.get(type(kernel.domain).__name__, type(kernel.domain).__name__.lower()),
        float(program.clocks[call.clock].dt.data[0]),
        tuple(readable(kernel)) if not isinstance(kernel.domain, Python) else (),
        _bytes(kernel),
        flops,
        functions,
        sum(c for n, c in counts.items() if n in _DRAWS),
        _SHARED[division.index] if division else f"one: {obstacle(kernel)}",
    )


def _is_function(name: str) -> bool:
    return OPS[name].operands == "float" and name not in ("div", "sqrt", "floor", "ceil")


def _is_arithmetic(name: str) -> bool:
    return not (name in _MEMORY or _is_function(name) or name in _DRAWS | {"cast"})


def _bytes(kernel: Kernel) -> int:
    """Each array once for reading and once for writing; and the numbers that lead to it."""
    reads = _reached(kernel, ("load", "accumulate"))
    writes = _reached(kernel, ("store", "accumulate"))
    moved = sum(kernel.arrays[a].slot.dtype.numpy.itemsize for a in (*reads, *writes))
    domain = kernel.domain
    if isinstance(domain, (Propagate, Reduce)):
        moved += 4 + (4 if domain.synapses is not None else 0)
    return 0 if isinstance(domain, Generate) else moved


def _reached(kernel: Kernel, names: Iterable[str]) -> set[int]:
    """The arrays with an element for each iteration that ops of these names touch."""
    each = (Index.OWN, Index.PRE, Index.POST)
    found: set[int] = set()
    for op in kernel.ops:
        if op.name in names:
            assert isinstance(op.attr, int)
            index = kernel.arrays[op.attr].index
            if index in each or isinstance(index, Linked):
                found.add(op.attr)
    return found
