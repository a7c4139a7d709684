"""Poisson spike trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rheobase.errors import DimensionMismatchError, ModelValueError, Source
from rheobase.ir.domains import DENSE, N_GAPS, Bernoulli, Gaps, Python, Select
from rheobase.ir.dtypes import BOOL, F64, I64
from rheobase.ir.kernels import Kernel
from rheobase.ir.passes.rewrite import written
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Binary, Call, Compare, Expr, Name
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Type
from rheobase.model.clock import Clock
from rheobase.model.code import Block, Result
from rheobase.model.group import new_part
from rheobase.model.neurongroup import group_size
from rheobase.model.spikes import EventSource, SpikeFinder
from rheobase.model.subgroup import EventGroup
from rheobase.model.variables import ArrayVariable, Subexpression
from rheobase.model.views import VariableView
from rheobase.units import hertz
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["PoissonGroup"]

LOOK, LOOK_ONCE, LOOK_ALWAYS = 5, 1, 2  # in Gaps.counts: whether rates may change


class PoissonGroup(EventGroup):
    """N neurons that spike at random, each step with probability rates * dt, independently.

    N       number of neurons, >= 1
    rates   a rate; an array of N rates; or an expression of t and i as text
    codeobj_class   accepted for scripts that give one; it has no meaning here

    At most one spike a neuron and step: rates should be well below 1/dt.

    >>> from rheobase import Hz, PoissonGroup
    >>> inputs = PoissonGroup(100, rates=10*Hz)
    >>> inputs.rates[0]
    10. * hertz
    """

    add_to_magic_network = True

    if TYPE_CHECKING:  # pyright wants both in the class itself, or G.v = '...' makes G.v a str

        def __getattr__(self, name: str) -> VariableView: ...
        def __setattr__(self, name: str, value: object) -> None: ...

    def __init__(
        self,
        N: int,
        rates: Any,
        dt: Any = None,
        clock: Clock | None = None,
        when: str = "thresholds",
        order: int = 0,
        namespace: Mapping[str, Any] | None = None,
        name: str = "poissongroup*",
        codeobj_class: Any = None,
    ) -> None:
        size = group_size(N)
        super().__init__(
            name, new_part(0, size), when=when, order=order, dt=dt, clock=clock, namespace=namespace
        )
        source = EventSource(self.name, size, self.clock, when, order)
        self.gaps = Gaps(Slot("gaps", I64, 6), Slot("draws", F64, 2 + 2 * N_GAPS))
        self._look = LOOK_ALWAYS
        self._event_sources = {"spike": source}
        used: Expr = Name("rates")
        if isinstance(rates, str):
            used = expr = parse_expression(rates, Source(rates, f"{self._label}, rates"))
            self._add_variable(Subexpression("rates", Type.FLOAT, hertz.dim, expr))
        else:
            self._add_array("rates", dim=hertz.dim)
            self._set_rates(rates)
        every, few = self._block(source, used), self._sparse_block(source, used)

        def blocks() -> tuple[Block]:
            return (few if self._are_rare() else every,)

        finder = SpikeFinder(self, source, blocks, f"{self.name}_thresholder")
        self._contain(finder)
        self._seal()

    def _looks_at(self, kernels: Sequence[Kernel]) -> bool:
        rates = self.variables["rates"]
        changing = any(isinstance(k.domain, Python) for k in kernels) or (
            isinstance(rates, ArrayVariable) and any(rates.slot in written(k) for k in kernels)
        )
        self._look = LOOK_ALWAYS if changing else LOOK_ONCE
        return False

    def before_run(self, n_steps: int) -> None:
        self.gaps.counts.data[LOOK] = self._look

    def _during_run(self) -> None:
        """Between steps, a script may have set rates."""
        self.gaps.counts.data[LOOK] = self._look

    def _set_rates(self, rates: Any) -> None:
        try:
            self.rates = rates
        except DimensionMismatchError:
            raise DimensionMismatchError(
                f"{self._label}: rates must be a rate such as 10*Hz, not {rates}"
            ) from None
        if (self.rates_[:] < 0).any():
            raise ModelValueError(f"{self._label}: rates cannot be negative")

    def _are_rare(self) -> bool:
        """Whether spikes are drawn by the gaps between them. Rates that are written in code, which
        may draw random numbers or call Python, are asked for each neuron."""
        rates = self.variables["rates"]
        if not isinstance(rates, ArrayVariable):
            return False
        return float(rates.slot.data.max(initial=0.0)) * self.clock.dt_ <= DENSE

    def _sparse_block(self, source: EventSource, rates: Expr) -> Block:
        chance = Binary("*", rates, Name("dt"))
        return Block(
            f"{self.name} spikes",
            Bernoulli(self._part, source.current, self.gaps),
            results=(Result(chance, DIMENSIONLESS, F64, "rates"),),
            parts=(Result(rates, hertz.dim, F64, "the rate"),),
        )

    def _block(self, source: EventSource, rates: Expr) -> Block:
        chance = Binary("*", rates, Name("dt"))
        condition = Compare("<", Call("rand", ()), chance)
        return Block(
            f"{self.name} spikes",
            Select(self._part, source.current),
            results=(Result(condition, None, BOOL, "rates"),),
            parts=(Result(rates, hertz.dim, F64, "the rate"),),
        )
