"""When neurons are looked at for the end of their refractoriness.

While spikes alone decide who is refractory, a neuron that is not stays so until its next spike, and
one that is need not be looked at before its time is over. So a spike enters a time in a calendar,
and the others cost one comparison for GRANULE of them. What is then decided, and how, is what
model/refractoriness.py says; nobody sees a difference.

Where code of the run writes to what the decision depends on, each neuron is looked at in each step.
Where a script does so, in Python, all are looked at in the next step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from rheobase.errors import Source
from rheobase.ir.domains import GRANULE, Calendar, Indexed, Part, WhenDue
from rheobase.ir.dtypes import F64
from rheobase.ir.kernels import Kernel
from rheobase.ir.passes.rewrite import written
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FUNCTIONS, called_in
from rheobase.lang.nodes import Assign, Conditional, Expr, Name, Number, names_in, substitute
from rheobase.lang.parse import parse_expression
from rheobase.model.blocks import Block, Result
from rheobase.model.clock import Clock
from rheobase.model.refractoriness import is_condition, whole_steps
from rheobase.model.variables import ArrayVariable, Variable

__all__ = ["Recovery", "recovery_of"]

_OF_TIME: Final = frozenset(("t", "t_in_timesteps"))


def recovery_of(
    code: Expr | None, variables: Mapping[str, Variable], part: Part, clock: Clock
) -> Recovery | None:
    """The recovery of the neurons of a group that are refractory for a time; None: their state is
    decided anew in each step, since the time may change from step to step.

    A single neuron is looked at faster than a calendar.
    """
    n = int(part.size.data[0])
    if code is None or n == 1 or not _holds_still(code, variables):
        return None
    names = names_in(code) | {"lastspike", "not_refractory"}
    slots = {v.slot for name in names if isinstance(v := variables.get(name), ArrayVariable)}
    return Recovery(code, frozenset(slots), part, clock)


def _holds_still(code: Expr, variables: Mapping[str, Variable]) -> bool:
    """Whether it is a time that changes only if somebody writes to its variables."""
    met = [variables[name] for name in names_in(code) if name in variables]
    return (
        not is_condition(code, variables)
        and not names_in(code) & _OF_TIME
        and all(isinstance(v, ArrayVariable) for v in met)
        and all(f in FUNCTIONS and FUNCTIONS[f].stateless for f in called_in([code]))
    )


class Recovery:
    """The calendar of a group.

    depends_on   what decides who is refractory
    is_known     whether it is in use: no code of the run writes to that, but what a spike does
    """

    def __init__(self, code: Expr, depends_on: frozenset[Slot], part: Part, clock: Clock) -> None:
        self.depends_on = depends_on
        self.is_known = True
        self._part = part
        # the first step from then on is that in which the time is over
        source = Source("lastspike + _whole - 0.5*dt", "recovery")
        self._then = substitute(
            parse_expression(source.text, source), {"_whole": whole_steps(code)}
        )
        entries = Slot("recovery", F64, -(-int(part.size.data[0]) // GRANULE))
        self._calendar = Calendar(entries, clock.state.slots.t)

    def finds(self, others: Iterable[Kernel]) -> bool:
        """Look at all code of the run but the group's own; whether `is_known` has changed."""
        known = not any(self.depends_on & written(kernel) for kernel in others)
        changed, self.is_known = known != self.is_known, known
        return changed

    def look_anew(self) -> None:
        """Look at all neurons in the next step: who knows what a script has set."""
        self._calendar.entries.data[:] = -np.inf

    def block(self, name: str, decide: tuple[Assign, ...]) -> Block:
        """Decide anew for the neurons whose time may be over."""
        again = Conditional(Name("not_refractory"), Number(math.inf), self._then)
        domain = WhenDue(self._part, self._calendar)
        return Block(name, domain, decide, (_when(again),), checked=True)

    def entered(self, block: Block) -> Block:
        """The block of what a spike does, which enters when to look at the neuron, too."""
        assert isinstance(block.domain, Indexed)
        domain = Indexed(block.domain.list, block.domain.part, self._calendar)
        return Block(block.name, domain, block.statements, (_when(self._then),))


def _when(expr: Expr) -> Result:
    return Result(expr, None, F64, "when to look again")
