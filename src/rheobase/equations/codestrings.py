"""Pieces of model code that were checked and may be combined before an object gets them.

Both are strings, so they are accepted wherever a string is: threshold, reset, on_pre, connect(),
values of variables.
"""

from __future__ import annotations

from typing import Any, Self

from rheobase.equations.substitution import Replacement, replace_names, replacement_texts
from rheobase.errors import EquationError, Fault, Source, raise_faults
from rheobase.lang.nodes import Assign, Call, Expr, names_in, walk
from rheobase.lang.parse import parse_expression, parse_statements

__all__ = ["Expression", "Statements"]


class _CodeString(str):
    """A text of the model language, with names replaced by other names or by values."""

    __slots__ = ()

    def __new__(cls, code: str = "", /, **replacements: Replacement) -> Self:
        if not isinstance(code, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{cls.__name__} takes a text, not {type(code).__name__}")
        cls._check(code, replacements)
        texts, faults = replacement_texts(replacements)
        raise_faults(faults)
        made = super().__new__(cls, replace_names(code, texts))
        cls._check(str(made), {})
        return made

    @classmethod
    def _check(cls, code: str, replacements: dict[str, Replacement]) -> None:
        raise NotImplementedError

    @property
    def code(self) -> str:
        """The text, names replaced."""
        return str.__str__(self)

    @property
    def identifiers(self) -> frozenset[str]:
        """Every name that occurs: variables, constants, units, functions."""
        raise NotImplementedError

    def __getnewargs__(self) -> tuple[str]:  # for copying and pickling
        return (self.code,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code!r})"


class Expression(_CodeString):
    """An expression.

    code           its text
    replacements   name='other' renames, name=value puts the value in its place

    Raises ModelSyntaxError for what is no expression.

    >>> from rheobase import Expression
    >>> condition = Expression("v > threshold", threshold="v_th")
    >>> condition.code, sorted(condition.identifiers)
    ('v > v_th', ['v', 'v_th'])
    """

    __slots__ = ()

    @classmethod
    def _check(cls, code: str, replacements: dict[str, Replacement]) -> None:
        parse_expression(code, Source(code))

    @property
    def expr(self) -> Expr:
        """The syntax tree."""
        return parse_expression(self.code)

    @property
    def identifiers(self) -> frozenset[str]:
        return _identifiers(self.expr)

    def __eq__(self, other: object) -> bool:
        """Equal to the same text, and to the tree that the text means."""
        return str.__eq__(self, other) if isinstance(other, str) else self.expr == other

    def __ne__(self, other: object) -> bool:  # str has one of its own
        return not self == other

    __hash__ = str.__hash__


class Statements(_CodeString):
    """A block of statements; arguments as for `Expression`.

    Raises ModelSyntaxError for what are no statements, EquationError for a value in the place of
    a variable that is assigned to.

    >>> from rheobase import Statements
    >>> Statements("g += k*w", g="g_ampa", k=0.3)
    Statements('g_ampa += (0.3)*w')
    """

    __slots__ = ()

    @classmethod
    def _check(cls, code: str, replacements: dict[str, Replacement]) -> None:
        faults: list[Fault] = []
        for statement in parse_statements(code, Source(code)):
            value: Any = replacements.get(statement.target, statement.target)
            if not isinstance(value, str) or not value.isidentifier():
                message = f"'{statement.target}' is assigned to: no value can replace it."
                hint = f"Another name can: {statement.target}='other'."
                faults.append(Fault(EquationError, message, statement.target_span, hint))
        raise_faults(faults)

    @property
    def statements(self) -> tuple[Assign, ...]:
        """The syntax trees."""
        return parse_statements(self.code)

    @property
    def identifiers(self) -> frozenset[str]:
        found = frozenset(s.target for s in self.statements)
        return found.union(*(_identifiers(s.value) for s in self.statements))


def _identifiers(expr: Expr) -> frozenset[str]:
    return names_in(expr) | {node.function for node in walk(expr) if isinstance(node, Call)}
