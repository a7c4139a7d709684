"""What a name means, as far as checking needs to know."""

from __future__ import annotations

from enum import Enum

from rheobase.lang.nodes import Expr
from rheobase.records import record
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["Kind", "Symbol", "Type"]


class Type(Enum):
    """The type of an expression in the model language; ordered: a float takes any number."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    FLOAT = "float"


@record
class Kind:
    """What checking finds out about an expression.

    shared      one value for all elements of the object
    constant    the value cannot change during a run
    stateless   evaluating twice gives the same (no random numbers)
    """

    type: Type
    dim: Dimension = DIMENSIONLESS
    shared: bool = True
    constant: bool = True
    stateless: bool = True


@record
class Symbol:
    """A name that expressions may use.

    name        as the text says it
    type, dim, shared, constant   as in Kind
    read_only   statements may not assign to it
    value       the number behind an external constant, unit or default constant, in SI; None for
                variables. Used by checks only (an exponent decides a dimension): code reads it
                from memory.
    meaning     a subexpression's definition; None for everything else
    stateless   evaluating twice gives the same
    """

    name: str
    type: Type
    dim: Dimension = DIMENSIONLESS
    shared: bool = False
    constant: bool = False
    read_only: bool = False
    value: float | int | bool | None = None
    meaning: Expr | None = None
    stateless: bool = True
