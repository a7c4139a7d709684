"""Numbers in the text of code that runs now, as data.

`G.v = f'{start}*mV + rand()*mV'` is the same code for every start: the number is written to memory,
as a constant's is, and nothing is compiled for another one. Code of a step keeps its numbers: there
they make it faster, and a text is given once.
"""

from __future__ import annotations

from dataclasses import replace

from rheobase.lang.nodes import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    Logic,
    Name,
    Not,
    Number,
    Unary,
)
from rheobase.model.blocks import Block
from rheobase.model.variables import Meaning, number_meaning

__all__ = ["numbers_as_data"]


def numbers_as_data(block: Block) -> tuple[Block, dict[str, Meaning]]:
    """The block with names in the place of numbers, and what these names mean.

    Exponents stay: x**2 is a product, x**y is not.
    """
    found: dict[str, Meaning] = {}

    def named(node: Expr, value: float | int) -> Name:
        name = f"_number_{len(found)}"
        found[name] = number_meaning(name, value)
        return Name(name, span=node.span)

    def taken(node: Expr) -> Expr:
        match node:
            case Number(value=value) if not isinstance(value, bool):
                return named(node, value)
            case Unary(op="-", operand=Number(value=value)) if not isinstance(value, bool):
                return named(node, -value)
            case Binary(op="**", left=left):
                return replace(node, left=taken(left))
            case Binary(left=left, right=right) | Compare(left=left, right=right):
                return replace(node, left=taken(left), right=taken(right))
            case Unary(operand=x) | Not(operand=x):
                return replace(node, operand=taken(x))
            case Logic(operands=xs):
                return replace(node, operands=tuple(map(taken, xs)))
            case Call(args=args):
                return replace(node, args=tuple(map(taken, args)))
            case Conditional(condition=c, then=a, otherwise=b):
                return replace(node, condition=taken(c), then=taken(a), otherwise=taken(b))
            case _:
                return node

    statements = tuple(replace(s, value=taken(s.value)) for s in block.statements)
    results = tuple(replace(r, expr=taken(r.expr)) for r in block.results)
    return replace(block, statements=statements, results=results), found
