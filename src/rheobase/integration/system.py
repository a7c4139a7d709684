"""What goes into an integration method and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Protocol, TypeAlias, runtime_checkable

from numpy.typing import NDArray

from rheobase.equations import Equations
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.nodes import Assign, Expr
from rheobase.lang.symbols import Symbol, Type
from rheobase.records import record
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["Evaluate", "Loop", "Memory", "Method", "Remembering", "System", "Table", "Updates"]

Evaluate: TypeAlias = Callable[[Expr], NDArray[Any]]


@record
class System:
    """The differential equations of one object: d name/dt = expression.

    equations   right-hand sides with subexpressions put in; they use state variables, parameters,
                constants, t, and for noise the names xi, xi_*
    refractory  the variables that hold still while `not_refractory` is false
    symbols     every name that occurs in the equations, dt and not_refractory included
    functions   every function that is called
    still       those whose value at t holds during the whole step: steps of a TimedArray
    source      the equations as the model has them, for methods that are functions of them
    """

    equations: Mapping[str, Expr]
    symbols: Mapping[str, Symbol]
    refractory: frozenset[str] = frozenset()
    functions: Mapping[str, FunctionInfo] = field(default_factory=lambda: FUNCTIONS)
    still: frozenset[str] = frozenset()
    source: Equations | None = None


@record
class Table:
    """Numbers that are computed when a run starts: propagators.

    name         entry k is the name f'{name}_{k}' in the statements; begins with an underscore
    size         number of entries
    per_element  each entry is one number for each element of the group, not one for all
    compute      compute(evaluate) -> (size,) or, per element, (size, N); `evaluate` gives the
                 value of an expression of constants (and constant parameters), in SI
    """

    name: str
    size: int
    compute: Callable[[Evaluate], NDArray[Any]]
    per_element: bool = False


@record
class Memory:
    """A number that each element keeps from step to step: a variable that a method adds.

    name   begins with an underscore
    fill   what it is at first
    """

    name: str
    type: Type
    dim: Dimension = DIMENSIONLESS
    fill: float = 0.0


@record
class Loop:
    """Statements that each element goes through until it has enough.

    carried      temporaries, assigned before the loop, that hand their value from one passage to
                 the next and to what comes after; all others are forgotten
    statements   assign to temporaries only
    again        whether the element goes through once more
    limit        how often at most; a value from before the loop
    after        what is done then
    """

    carried: tuple[str, ...]
    statements: tuple[Assign, ...]
    again: Expr
    limit: Expr
    after: tuple[Assign, ...]


@record
class Updates:
    """One step: statements that run in order for each element, and then the loop.

    statements   assign to state variables, and to temporaries that begin with an underscore
    memory       what the statements keep for themselves; '_failed_at' is the time of the first
                 step of the clock that an element could not finish, -1 as long as there is none
    """

    statements: tuple[Assign, ...]
    tables: tuple[Table, ...] = ()
    loop: Loop | None = None
    memory: tuple[Memory, ...] = ()


class Method(Protocol):
    """One way to integrate.

    name      what users write: 'rk4'
    options   names and defaults that method_options may give
    """

    @property
    def name(self) -> str: ...

    @property
    def options(self) -> Mapping[str, object]: ...

    def refuses(self, system: System) -> str | None:
        """Why this method cannot treat the system (naming the term in the way), or None."""
        ...

    def integrate(self, system: System, options: Mapping[str, object]) -> Updates: ...


@runtime_checkable
class Remembering(Method, Protocol):
    """A method that adds variables to each element, for scripts to read and record."""

    def variables(self, options: Mapping[str, object]) -> tuple[Memory, ...]:
        """What it adds under these options, of which all are given."""
        ...
