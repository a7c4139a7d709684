"""Code of a group that runs in steps of its own: run_regularly, run_on_clock, run_at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rheobase.errors import Source
from rheobase.ir.domains import Index
from rheobase.lang.nodes import Assign
from rheobase.lang.parse import parse_statements
from rheobase.model.clock import Clock
from rheobase.model.code import Block, Runner
from rheobase.model.variables import ArrayVariable, Meaning, symbol_of

if TYPE_CHECKING:
    from rheobase.model.group import Group

__all__ = ["RegularCode", "guarded_targets", "steps_of"]


class RegularCode(Runner):
    """Some code of a group, for all its elements, in each step of a clock."""

    def __init__(
        self, group: Group, code: str, clock: Clock, when: str, order: int, name: str
    ) -> None:
        self.group = group
        self.statements = parse_statements(code, Source(code, f"{group._label}, run_regularly"))
        super().__init__(group, name, self._make_blocks, when=when, order=order, clock=clock)

    def _make_blocks(self) -> tuple[Block, ...]:
        local = guarded_targets(self.group, self.statements)
        domain = self.group._domain()
        block = Block(self.name, domain, self.statements, scatters=True, local=local)
        return (self.group._guarded(block, self.clock),)


def guarded_targets(group: Group, statements: tuple[Assign, ...]) -> dict[str, Meaning]:
    """The written variables that hold still while their neuron is refractory, so protected."""
    found: dict[str, Meaning] = {}
    for statement in statements:
        variable = group.variables.get(statement.target)
        if isinstance(variable, ArrayVariable) and variable.guard is not None:
            guard = variable.guard.element(Index.OWN)
            element = replace(variable.element(Index.OWN), guard=guard)
            found[statement.target] = Meaning(symbol_of(variable), element)
    return found


def steps_of(group: Any, dt: Any, clock: Clock | None) -> Clock:
    """The clock of code that may have a step of its own; the group's, if it has none."""
    if dt is not None:
        return Clock(dt)
    return group.clock if clock is None else clock
