"""The syntax trees of expressions and statements.

Nodes are frozen and compare by structure; the span says where each stands in the user's text and
takes no part in comparison. Only what this page lists exists: anything else in a text is refused
by `parse`, so a model never runs code of its own.

    Expr  = Number | Name | Unary | Binary | Compare | Logic | Not | Call | Conditional
    Assign: target op= value
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, fields, replace
from typing import Literal, TypeAlias

from rheobase.errors import Source, Span
from rheobase.records import record

__all__ = [
    "NOWHERE",
    "Assign",
    "Binary",
    "BinaryOp",
    "Call",
    "Compare",
    "CompareOp",
    "Conditional",
    "Expr",
    "Logic",
    "Name",
    "Not",
    "Number",
    "Unary",
    "children",
    "names_in",
    "render",
    "substitute",
    "transform",
    "walk",
]

NOWHERE = Span(Source(""), 0, 0)  # of nodes that no user wrote

BinaryOp = Literal["+", "-", "*", "/", "//", "%", "**"]
CompareOp = Literal["<", "<=", ">", ">=", "==", "!="]


class _Written:
    """Prints as the text that it means: `print(node)`, `node.code`."""

    __slots__ = ()

    @property
    def code(self) -> str:
        """The text, with the brackets that it needs."""
        return render(self)  # pyright: ignore[reportArgumentType]

    def __str__(self) -> str:
        return self.code


@record
class Number(_Written):
    """A literal: int, float or bool (True/False). SI; has no unit."""

    value: float | int | bool
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@record
class Name(_Written):
    """A variable, constant or unit, by name."""

    id: str
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@record
class Unary(_Written):
    """-x or +x."""

    op: Literal["-", "+"]
    operand: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@record
class Binary(_Written):
    """left op right; '/' is true division, '//' floors, '%' has the sign of the divisor."""

    op: BinaryOp
    left: Expr
    right: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@record
class Compare(_Written):
    """left op right, boolean. A chain a < b < c is Logic('and', (a < b, b < c))."""

    op: CompareOp
    left: Expr
    right: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@record
class Logic(_Written):
    """Conjunction or disjunction of two or more booleans."""

    op: Literal["and", "or"]
    operands: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@record
class Not(_Written):
    """not x."""

    operand: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@record
class Call(_Written):
    """function(args...), the function by its bare name."""

    function: str
    args: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@record
class Conditional(_Written):
    """then if condition else otherwise."""

    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


Expr: TypeAlias = Number | Name | Unary | Binary | Compare | Logic | Not | Call | Conditional


@record
class Assign:
    """target = value (op None) or target op= value.

    target_span   where the target stands
    """

    target: str
    op: BinaryOp | None
    value: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)
    target_span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


def children(node: Expr) -> tuple[Expr, ...]:
    """The operands of a node, left to right."""
    match node:
        case Number() | Name():
            return ()
        case Unary(operand=x) | Not(operand=x):
            return (x,)
        case Binary(left=a, right=b) | Compare(left=a, right=b):
            return (a, b)
        case Logic(operands=xs):
            return xs
        case Call(args=xs):
            return xs
        case Conditional(condition=c, then=a, otherwise=b):
            return (c, a, b)


def walk(node: Expr) -> Iterator[Expr]:
    """The node and all below it, parents first."""
    pending = [node]
    while pending:
        found = pending.pop()
        yield found
        pending.extend(reversed(children(found)))


def names_in(node: Expr) -> frozenset[str]:
    """The names of the variables and constants that occur (not of functions)."""
    return frozenset(n.id for n in walk(node) if isinstance(n, Name))


def transform(node: Expr, rule: Callable[[Expr], Expr | None]) -> Expr:
    """Rebuild the tree from the leaves; where `rule` returns a node, it stands in."""

    def rebuilt(x: Expr) -> Expr:
        changes: dict[str, Expr | tuple[Expr, ...]] = {}
        for f in fields(x):
            value = getattr(x, f.name)
            if isinstance(value, _NODES):
                new = rebuilt(value)
                if new is not value:
                    changes[f.name] = new
            elif isinstance(value, tuple):
                news = tuple(rebuilt(v) for v in value)  # pyright: ignore
                if any(a is not b for a, b in zip(news, value)):  # pyright: ignore
                    changes[f.name] = news
        if changes:
            x = replace(x, **changes)  # pyright: ignore
        result = rule(x)
        return x if result is None else result

    return rebuilt(node)


def substitute(node: Expr, values: dict[str, Expr]) -> Expr:
    """Put expressions in the place of names."""
    return transform(node, lambda x: values.get(x.id) if isinstance(x, Name) else None)


_NODES = (Number, Name, Unary, Binary, Compare, Logic, Not, Call, Conditional)

# how tightly each operator binds, as in Python
_PRECEDENCE = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6}


def render(node: Expr) -> str:
    """The expression as text with the fewest parentheses; parsing it gives the same tree."""
    return _render(node)[0]


def _render(node: Expr) -> tuple[str, int]:
    def wrap(x: Expr, least: int) -> str:
        text, level = _render(x)
        return text if level >= least else f"({text})"

    match node:
        case Number(value=value):
            return repr(value), 7 if repr(value).startswith("-") else 9
        case Name(id=name):
            return name, 9
        case Unary(op=op, operand=x):
            return op + wrap(x, 7), 7
        case Binary(op="**", left=a, right=b):
            return f"{wrap(a, 9)}**{wrap(b, 7)}", 8
        case Binary(op=op, left=a, right=b):
            level = _PRECEDENCE[op]
            gap = "" if op in "*/" else " "
            return f"{wrap(a, level)}{gap}{op}{gap}{wrap(b, level + 1)}", level
        case Compare(op=op, left=a, right=b):
            return f"{wrap(a, 5)} {op} {wrap(b, 5)}", 4
        case Logic(op=op, operands=xs):
            level = _PRECEDENCE[op]
            return f" {op} ".join(wrap(x, level + 1) for x in xs), level
        case Not(operand=x):
            return f"not {wrap(x, 3)}", 3
        case Call(function=f, args=xs):
            return f"{f}({', '.join(render(x) for x in xs)})", 9
        case Conditional(condition=c, then=a, otherwise=b):
            return f"{wrap(a, 1)} if {wrap(c, 1)} else {wrap(b, 0)}", 0
