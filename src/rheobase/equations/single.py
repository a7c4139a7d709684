"""One equation."""

from __future__ import annotations

from dataclasses import field
from typing import Literal, TypeAlias

from rheobase.errors import Span
from rheobase.lang.nodes import NOWHERE, Expr, names_in, render
from rheobase.lang.symbols import Type
from rheobase.records import record
from rheobase.units import Quantity, get_unit
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["EquationType", "SingleEquation", "is_noise"]

EquationType: TypeAlias = Literal["differential equation", "subexpression", "parameter"]


def is_noise(name: str) -> bool:
    """Whether a name stands for white noise: xi or xi_something."""
    return name == "xi" or name.startswith("xi_")


@record
class SingleEquation:
    """A differential equation, a subexpression or a parameter; equal by what it says.

    dim        of the variable (not of its derivative)
    expr       the right-hand side; None for a parameter
    flags      in the order of the text: ('constant', 'shared')
    code       the right-hand side as the user wrote it, on one line; "" for a parameter
    span, name_span, flag_spans   where the equation, the name it defines and its flags stand

    >>> from rheobase import Equations
    >>> Equations("dv/dt = -v/tau : volt (unless refractory)")["v"].flags
    ('unless refractory',)
    """

    type: EquationType
    varname: str
    dim: Dimension = DIMENSIONLESS
    var_type: Type = Type.FLOAT
    expr: Expr | None = None
    flags: tuple[str, ...] = ()
    code: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False)
    name_span: Span = field(default=NOWHERE, compare=False)
    flag_spans: tuple[Span, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if (self.expr is None) != (self.type == "parameter"):
            wanted = "no expression" if self.type == "parameter" else "an expression"
            raise ValueError(f"a {self.type} has {wanted}")
        if self.expr is not None and not self.code:
            object.__setattr__(self, "code", render(self.expr))

    @property
    def identifiers(self) -> frozenset[str]:
        """The names of variables and constants in the right-hand side."""
        return frozenset() if self.expr is None else names_in(self.expr)

    @property
    def stochastic_variables(self) -> frozenset[str]:
        """The names of white noise in the right-hand side."""
        return frozenset(filter(is_noise, self.identifiers))

    @property
    def is_replaced(self) -> bool:
        """Whether the expression stands in for the name wherever that is used. One that is
        'constant over dt' does not: it is a variable, computed once a step. One that
        is 'summed' names a variable of the neurons."""
        stored = "constant over dt" in self.flags or "summed" in self.flags
        return self.type == "subexpression" and not stored

    @property
    def unit(self) -> Quantity:
        """The unit of the variable: 1 volt, ..."""
        return get_unit(self.dim)

    @property
    def unit_text(self) -> str:
        """What stands behind the colon: 'V', '1', 'boolean', 'integer'."""
        return self.dim.symbol if self.var_type is Type.FLOAT else self.var_type.value

    @property
    def source(self) -> str:
        """The equation as Equations() reads it; str() shows the unit by its symbol.

        >>> from rheobase import Equations
        >>> Equations("g : siemens (constant)")["g"].source
        'g : siemens (constant)'
        """
        named = self.var_type is not Type.FLOAT or self.dim.is_dimensionless
        return self._line("", self.unit_text if named else repr(self.unit))

    def __str__(self) -> str:
        return self._line(" ", self.unit_text)

    def _line(self, gap: str, unit: str) -> str:
        """`gap` sets the unit apart from an expression."""
        left = f"d{self.varname}/dt" if self.type == "differential equation" else self.varname
        right = f" = {self.code}{gap} :" if self.expr is not None else " :"
        flags = f" ({', '.join(self.flags)})" if self.flags else ""
        return f"{left}{right} {unit}{flags}"

    def __repr__(self) -> str:
        right = f": {self.code}" if self.expr is not None else ""
        flags = f", flags: {', '.join(self.flags)}" if self.flags else ""
        return f"<{self.type} {self.varname}{right} (unit: {self.unit_text}{flags})>"
