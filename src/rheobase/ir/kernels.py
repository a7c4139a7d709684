"""Kernels: an iteration domain, typed code, and the arrays that the code reaches.

A kernel's code has three parts, one value numbering through all of them:

    once    runs once a call: whatever depends on shared values only
    outer   runs once for each row: Propagate and Reduce (an event's row), Generate (an element)
    body    runs for each element of the domain, in order

and may end in the one loop that code knows: an element goes through the code of a `Repeat` until
it has enough, before the next element begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from rheobase.ir.domains import Bernoulli, Domain, Generate, Index
from rheobase.ir.ops import Op
from rheobase.ir.slots import Slot
from rheobase.records import record

__all__ = ["Array", "At", "Kernel", "Linked", "Repeat", "Stream"]


# ------------------------------------------------------------------ how an array is reached
@record
class At:
    """Always the same element: an entry of a table."""

    position: int


@record
class Linked:
    """The element whose number stands in another array of the kernel, at that array's index."""

    array: int


@record
class Array:
    """One array that the code of a kernel reads or writes."""

    slot: Slot
    index: Index | At | Linked


# ------------------------------------------------------------------ kernels
@record
class Stream:
    """Where a kernel's random numbers come from.

    state   I64 (3,)   seed, number of the stream, step that counts as 0
    step    I64 (1,)   the current step

    A draw is Philox4x32-10 (Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3) with
        key      (seed & 0xffffffff, seed >> 32)
        counter  (element, draw | (s >> 32) << 16, s & 0xffffffff, stream)
    where s = step - state[2], draw is the op's attr (< 65535) and element is the own index, in
    Elementwise and Select counted from the beginning of the part (0 for what is drawn once a
    call). In Generate, element is the outer element and s is the candidate k; the gap before the
    m-th candidate of a SampleSize is the draw 0xffff at s = m; of a Sample, at s = m >> 4 << 3 |
    m & 7, where the words w2 and w3 stand in for w0 and w1 if m & 8. The four words w give
        uniform  ((w1 << 32 | w0) >> 12) * 2**-52
        normal   sqrt(-2 log(1 - u)) cos(2 pi v), u and v the uniforms of (w0, w1) and (w2, w3)
    In F32 they are made of the first 31 bits of w1 and w3, so that they are the same numbers less
    precisely: a uniform is k & ~(k >> 24) in units of 2**-31 for k = w1 >> 1 (never rounded up to
    1); 1 - u is 2**31 - k in those units, rounded; of v, what is above 0 or 1/2 is rounded.
    Four elements share the words of the first 32 bits of the number that a discrete compares with
    its table: word (element >> 2) & 3, drawn at element >> 4 << 2 | element & 3. The other 31 bits
    are the first of w0 of draw + 1, at the element itself.
    Two elements share the words of a normal: they are drawn at element >> 3 << 2 | element & 3,
    and where element & 4, the sine stands in for the cosine.
    """

    state: Slot
    step: Slot


@record
class Repeat:
    """What an element goes through again and again after `body`, then once: a loop.

    code    begins with one `carry` for each value that a passage hands to the next; no effects,
            no random numbers
    next    for each carry, in order, the value that is handed on
    again   BOOL value: whether the element goes through the code once more
    limit   I64 value from before the code: how often at most (never less than once)
    after   code that runs for the element when it is through; of the values that `code` makes it
            sees the carries, which are now what the last passage handed on
    """

    code: tuple[Op, ...]
    next: tuple[int, ...]
    again: int
    limit: int
    after: tuple[Op, ...] = ()

    @property
    def roots(self) -> tuple[int, ...]:
        """The values that the loop itself takes."""
        return (*self.next, self.again, self.limit)


@record
class Kernel:
    """One unit of compilation and of the schedule.

    name      for people: 'neurongroup state update'
    results   numbers of the values that the domain consumes
    repeat    the loop that follows the body, if there is one
    """

    name: str
    domain: Domain
    arrays: tuple[Array, ...] = ()
    once: tuple[Op, ...] = ()
    outer: tuple[Op, ...] = ()
    body: tuple[Op, ...] = ()
    results: tuple[int, ...] = ()
    stream: Stream | None = None
    repeat: Repeat | None = None

    @property
    def domain_draws(self) -> bool:
        """Whether the domain itself draws random numbers."""
        domain = self.domain
        return isinstance(domain, Bernoulli) or (isinstance(domain, Generate) and domain.draws)

    @property
    def parts(self) -> tuple[tuple[Op, ...], ...]:
        """once, outer, body, the code of the loop and the code after it."""
        loop = (self.repeat.code, self.repeat.after) if self.repeat else ((), ())
        return (self.once, self.outer, self.body, *loop)

    @property
    def inner(self) -> tuple[Op, ...]:
        """All code that runs for each element."""
        return sum(self.parts[2:], ())

    @property
    def ops(self) -> tuple[Op, ...]:
        """All code, in the order of its value numbers."""
        return sum(self.parts, ())

    def with_parts(self, parts: Iterable[tuple[Op, ...]]) -> Kernel:
        """The kernel with other code, given as `parts` has it."""
        once, outer, body, code, after = parts
        repeat = replace(self.repeat, code=code, after=after) if self.repeat else None
        return replace(self, once=once, outer=outer, body=body, repeat=repeat)

    def slots(self) -> tuple[Slot, ...]:
        """Every slot that the kernel touches, each once, in a fixed order: the arguments of its
        native function. The order depends on the kernel's structure alone."""
        return self._slots

    @property
    def slots_of_domain(self) -> tuple[Slot, ...]:
        """Those that the domain and the stream name."""
        return self._slots_of_domain

    # programs are divided, bound and compared again and again: each kernel is looked through once
    @cached_property
    def _slots(self) -> tuple[Slot, ...]:
        return _slots_in((self.domain, self.arrays, self.stream))

    @cached_property
    def _slots_of_domain(self) -> tuple[Slot, ...]:
        return _slots_in((self.domain, self.stream))


def _slots_in(parts: object) -> tuple[Slot, ...]:
    """The slots that records and tuples hold, each once, in order."""
    found: dict[int, Slot] = {}

    def visit(x: object) -> None:
        if isinstance(x, Slot):
            found.setdefault(id(x), x)
        elif isinstance(x, tuple):
            for y in x:  # pyright: ignore[reportUnknownVariableType]
                visit(y)  # pyright: ignore[reportUnknownArgumentType]
        elif hasattr(x, "__dataclass_fields__"):
            for name in x.__dataclass_fields__:  # pyright: ignore
                visit(getattr(x, name))  # pyright: ignore

    visit(parts)
    return tuple(found.values())
