"""Many Poisson trains onto each element of a group, as one random number a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rheobase.errors import (
    DimensionMismatchError,
    Fault,
    ModelTypeError,
    ModelValueError,
    Source,
    UnknownNameError,
    UnsupportedError,
    did_you_mean,
)
from rheobase.ir.builder import Element
from rheobase.ir.domains import Index
from rheobase.ir.dtypes import F64
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FunctionInfo
from rheobase.lang.nodes import Assign, Binary, Call, Expr, Name
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.binomial import BinomialFunction
from rheobase.model.code import Block, Runner
from rheobase.model.deputy import Deputy
from rheobase.model.group import Group
from rheobase.model.variables import ArrayVariable, Meaning
from rheobase.units import Quantity, hertz, to_si
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["PoissonInput"]


class PoissonInput(Runner):
    """N independent Poisson trains for each element of a group, which add to one of its variables.

    target       a group, or a part of one
    target_var   the name of the variable
    N            number of trains for each element, >= 1
    rate         of each train, >= 0
    weight       what a spike adds: a value in the unit of the variable, or an expression of the
                 target's variables as text

    The number of spikes in a step is binomial with N trials of probability rate*dt, drawn for each
    element and step. Cheaper than a PoissonGroup with Synapses: one draw, whatever N.
    Raises UnknownNameError for an unknown variable, DimensionMismatchError for a weight or rate in
    the wrong unit, ModelValueError for N < 1, a negative rate, or one beyond 1/dt.

    >>> from rheobase import Hz, NeuronGroup, PoissonInput, ms, mV, run
    >>> cells = NeuronGroup(10, 'dv/dt = -v/(10*ms) : volt')
    >>> background = PoissonInput(cells, 'v', N=1000, rate=5*Hz, weight=0.1*mV)
    >>> run(50*ms)
    >>> bool((cells.v > 0*mV).all())
    True
    """

    add_to_magic_network = True

    def __init__(
        self,
        target: Group,
        target_var: str,
        N: int,
        rate: Any,
        weight: Any,
        when: str = "synapses",
        order: int = 0,
        name: str = "poissoninput*",
    ) -> None:
        if not isinstance(target, Group):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ModelTypeError(f"PoissonInput: the target is a group, not {target!r}")
        self.group = target
        self.target_var = target_var
        self.N = _trains(N)
        self._rate = _rate(rate)
        self._made_dt = target.clock.dt_
        variable = self._variable()
        self._binomial = BinomialFunction(self.N, self._chance())
        self._weight = Slot("weight", F64)
        self.weight = weight
        local, added = self._added(variable, weight)
        own = _WithDraw(target, self._binomial)
        super().__init__(own, name, lambda: (block,), when=when, order=order, clock=target.clock)
        drawn = Binary("*", Call(_DRAW, ()), added)
        if variable.guard is not None:  # a refractory neuron takes nothing
            drawn = Binary("*", Call("int", (Name(variable.guard.name),)), drawn)
        statement = Assign(target_var, "+", drawn)
        block = Block(f"{self.name} input", target._domain(), (statement,), local=local)

    @property
    def rate(self) -> Quantity:
        """The rate of each train."""
        return Quantity(self._rate, dim=hertz.dim)

    def _variable(self) -> ArrayVariable:
        found = self.group.variables.get(self.target_var)
        if found is None:
            near = did_you_mean(self.target_var, self.group.variables)
            message = (
                f"PoissonInput: {self.group._label} has no variable '{self.target_var}'. {near}"
            )
            raise UnknownNameError(message.rstrip())
        if not isinstance(found, ArrayVariable) or found.read_only or found.shared:
            raise ModelTypeError(
                f"PoissonInput: '{self.target_var}' of {self.group._label} cannot be added to: the "
                "target must be a variable with a value of its own for each element"
            )
        return found

    def _chance(self) -> float:
        chance = self._rate * self.group.clock.dt_
        if chance > 1 + 1e-9:
            raise ModelValueError(
                f"PoissonInput: with dt = {self.group.clock.dt}, a train makes at most one spike a "
                f"step, so the rate cannot be above {1 / self.group.clock.dt}, as {self.rate} is"
            )
        return min(chance, 1.0)

    def _added(self, variable: ArrayVariable, weight: Any) -> tuple[dict[str, Meaning], Expr]:
        """The weight as code, and what its names mean."""
        if isinstance(weight, str):
            source = Source(weight, f"PoissonInput to {self.group._label}, weight")
            return {}, parse_expression(weight, source)
        number, dim = to_si(weight)
        if dim is not variable.dim:
            met = "a pure number" if dim is DIMENSIONLESS else f"in {dim}"
            raise DimensionMismatchError(
                f"PoissonInput: '{variable.name}' of {self.group._label} is in {variable.dim}, but "
                f"the weight is {met}: {weight}"
            )
        self._weight.data[0] = float(number)
        symbol = Symbol("_weight", Type.FLOAT, dim, shared=True, constant=True)
        element = Element(self._weight, Index.SHARED, weak=True)
        return {"_weight": Meaning(symbol, element)}, Name("_weight")

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        if self.group.clock.dt_ != self._made_dt:
            raise UnsupportedError(
                f"{self._label}: dt has changed since it was made, from {self._made_dt:g} s to "
                f"{self.group.clock.dt}. Set dt first, or make the PoissonInput anew."
            )
        super()._prepare(namespace)


_DRAW = "_n_spikes"


class _WithDraw(Deputy[Group]):
    """A group whose code knows the number of spikes of this step, too."""

    def __init__(self, group: Group, draw: BinomialFunction) -> None:
        super().__init__(group)
        self.draw = draw

    def _function(self, name: str, namespace: Mapping[str, Any]) -> FunctionInfo | Fault | None:
        return self.draw.info(name) if name == _DRAW else super()._function(name, namespace)


def _trains(n: Any) -> int:
    if int(n) != n or n < 1:
        raise ModelValueError(f"PoissonInput: N must be a whole number >= 1, not {n}")
    return int(n)


def _rate(rate: Any) -> float:
    number, dim = to_si(rate)
    if dim is not hertz.dim:
        raise DimensionMismatchError(f"PoissonInput: rate must be a rate such as 10*Hz, not {rate}")
    if not float(number) >= 0:
        raise ModelValueError(f"PoissonInput: the rate cannot be negative ({rate})")
    return float(number)
