"""Which subexpressions use which: their order, cycles, and how large they grow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from rheobase.equations.single import SingleEquation
from rheobase.errors import EquationError, Fault
from rheobase.lang.nodes import Expr, Name, children

__all__ = ["Order", "dependency_order", "subexpression_faults"]

_MAX_NODES: Final = 200_000  # of one right-hand side with its subexpressions put in
_MAX_DEPTH: Final = 200  # passes over trees are recursive


class Order(NamedTuple):
    """names: subexpressions, each behind those it uses; cycles: each begins and ends with one
    name, ['a', 'b', 'a']."""

    names: list[str]
    cycles: list[list[str]]


def dependency_order(equations: Mapping[str, SingleEquation]) -> Order:
    """Depth-first search over the subexpressions, without recursion."""
    subexpressions = {n: eq for n, eq in equations.items() if eq.type == "subexpression"}
    uses: dict[str, list[str]] = {}
    for name, eq in subexpressions.items():
        used = eq.identifiers
        uses[name] = [n for n in subexpressions if n in used]
    finished: dict[str, None] = {}
    cycles: list[list[str]] = []
    for start in uses:
        if start in finished:
            continue
        path = [start]
        pending = [iter(uses[start])]
        while path:
            other = next(pending[-1], None)
            if other is None:
                pending.pop()
                finished[path.pop()] = None
            elif other in path:
                cycles.append([*path[path.index(other) :], other])
            elif other not in finished:
                path.append(other)
                pending.append(iter(uses[other]))
    return Order(list(finished), cycles)


def subexpression_faults(equations: Mapping[str, SingleEquation]) -> list[Fault]:
    """Subexpressions that are defined by themselves, or that grow beyond all measure."""
    order = dependency_order(equations)
    if order.cycles:
        return list(_cycle_faults(order.cycles, equations))
    return list(_growth_faults(order.names, equations))


def _cycle_faults(
    cycles: list[list[str]], equations: Mapping[str, SingleEquation]
) -> Iterator[Fault]:
    for cycle in cycles:
        through = f": {' -> '.join(cycle)}" if len(cycle) > 2 else ""
        yield Fault(
            EquationError,
            f"'{cycle[0]}' is defined by itself{through}.",
            equations[cycle[0]].name_span,
            "If it changes in time, write a differential equation for it.",
        )


def _growth_faults(order: list[str], equations: Mapping[str, SingleEquation]) -> Iterator[Fault]:
    """Subexpressions that use each other twice double their size with every level."""
    sizes: dict[str, tuple[int, int]] = {}  # name -> (nodes, depth), subexpressions put in

    def measured(node: Expr) -> tuple[int, int]:
        if isinstance(node, Name):
            eq = equations.get(node.id)
            return sizes[node.id] if eq is not None and eq.is_replaced else (1, 1)
        parts = [measured(child) for child in children(node)]
        return 1 + sum(n for n, _ in parts), 1 + max((d for _, d in parts), default=0)

    for name in dict.fromkeys((*order, *equations)):
        expr = equations[name].expr
        if expr is None:
            continue
        nodes, depth = sizes[name] = measured(expr)
        if nodes > _MAX_NODES or depth > _MAX_DEPTH:
            yield Fault(
                EquationError,
                f"'{name}' grows to {nodes} terms, {depth} deep, with its subexpressions put in.",
                equations[name].name_span,
                "Give the subexpressions that it uses the flag (constant over dt).",
            )
            return
