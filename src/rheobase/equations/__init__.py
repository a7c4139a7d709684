"""The model language: lines of equations, their flags, and `Equations`."""

from rheobase.equations.codestrings import Expression, Statements
from rheobase.equations.equations import Dependency, Equations
from rheobase.equations.single import SingleEquation
from rheobase.equations.substitution import replace_names, replacement_texts

__all__ = [
    "Dependency",
    "Equations",
    "Expression",
    "SingleEquation",
    "Statements",
    "replace_names",
    "replacement_texts",
]
