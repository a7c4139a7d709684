"""The event-driven variables of synapses: how events bring them up to date, and where they stand.

As a rule, each synapse has its own values and a formula of t - lastupdate (`eventdriven`). Where
coefficients change from step to step, what has happened since is taken from a history that all
synapses share (`sharedhistory`); where all synapses of a neuron have one value, it may stand with
the neuron during a run (`traces`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.equations import Equations
from rheobase.ir.domains import Propagate
from rheobase.ir.dtypes import F64
from rheobase.ir.kernels import Kernel
from rheobase.lang.functions import FunctionInfo
from rheobase.lang.nodes import Assign
from rheobase.model.base import SimulationObject
from rheobase.model.code import Block
from rheobase.model.eventdriven import (
    decaying,
    event_driven,
    event_driven_update,
    right_sides,
    with_update,
)
from rheobase.model.sharedhistory import SharedHistory, shared_coefficients
from rheobase.model.sharing import PathwayCode, PathwayOfPlan, Plan
from rheobase.model.synapticgroup import SynapticGroup
from rheobase.model.traces import Standin, Traces
from rheobase.model.variables import ArrayVariable

__all__ = ["DrivenVariables"]


class DrivenVariables:
    """Those of some synapses, of any number, also none.

    history   for coefficients that change; None: they stand still
    traces    those that neurons may keep; None: there are none, or not looked for yet
    """

    def __init__(self, synapses: SynapticGroup, equations: Equations) -> None:
        self._synapses = synapses
        self._equations = equations
        self._pathways: Mapping[str, PathwayOfPlan] = {}
        self._update: tuple[Assign, ...] | None = None  # found when it is needed first
        system = shared_coefficients(synapses, right_sides(equations))
        self.history = None if system is None else SharedHistory(synapses, system)
        self.traces: Traces | None = None

    @property
    def runners(self) -> Sequence[SimulationObject]:
        """What has to run in each step."""
        return () if self.history is None else (self.history,)

    @property
    def functions(self) -> Mapping[str, FunctionInfo]:
        """What the code of events calls."""
        return {} if self.history is None else self.history.functions

    def known_to(self, pathways: Mapping[str, PathwayOfPlan]) -> None:
        """These are all pathways: look for traces that may be kept once for a neuron."""
        self._pathways = pathways
        variables = self._synapses.variables
        standins = {
            n for n, v in variables.items()
            if isinstance(v, ArrayVariable) and isinstance(v.slot, Standin) and v.slot.dtype is F64
        }  # fmt: skip
        sides = (self._synapses.source, self._synapses.target)
        nothing = not pathways or "lastupdate" not in standins or self.history is not None
        if nothing or any(isinstance(g, SynapticGroup) for g in sides):
            return
        rates = decaying(self._equations, standins)
        if rates:
            driven = right_sides(self._equations)
            self.traces = Traces(self._synapses, pathways, rates, driven)

    # ------------------------------------------------------------ code of an event
    def at_event(self, statements: tuple[Assign, ...]) -> tuple[Assign, ...]:
        """The code of a pathway, after the variables are brought up to date.

        Raises UnsupportedEquationsError for equations that cannot be solved between events.
        """
        if self._update is None:
            system = None if self.history is None else self.history.system
            self._update = event_driven_update(self._equations, self._synapses._label, system)
            if self.history is not None:
                self._update += self.history.at_event()
        return with_update(statements, self._update, self._synapses.variables)

    def blocks(self, pathway: PathwayOfPlan, block: Block) -> Sequence[Block]:
        """What an event does, in the order in which it is done; the block has the user's code."""
        plan = self._plan
        if plan is None or self.traces is None:
            return (replace(block, statements=self.at_event(block.statements)),)
        assert isinstance(block.domain, Propagate)
        return self.traces.blocks(block, block.domain, lambda: self._split(plan, pathway))

    def _split(self, plan: Plan, pathway: PathwayOfPlan) -> PathwayCode:
        """The code of a pathway, for traces and for synapses."""
        code = plan.codes[next(n for n, p in self._pathways.items() if p is pathway)]
        if plan.folds_time:
            return code
        label, variables = self._synapses._label, self._synapses.variables
        update = event_driven_update(self._equations, label, without=plan.sides)
        return replace(code, synaptic=with_update(code.synaptic, update, variables))

    @property
    def _plan(self) -> Plan | None:
        return None if self.traces is None else self.traces.plan

    def reads_across(self, pathway: PathwayOfPlan) -> bool:
        """Whether the code of a pathway reads what is kept for neurons of the other side."""
        plan = self._plan
        return plan is not None and bool(plan.read_across - plan.of(pathway.side))

    # ------------------------------------------------------------ before, in and after a run
    def prepare(self, namespace: Mapping[str, Any], may_be_shared: bool) -> None:
        """Decide where the values stand in the run that follows."""
        if self.traces is not None:
            self.traces.prepare(namespace, may_be_shared)

    def look_at(self, kernels: Sequence[Kernel], own: Collection[Kernel]) -> bool:
        """See whether others than the pathways, whose kernels are `own`, look at traces; True: it
        is otherwise than was known."""
        if self.traces is None:
            return False
        allowed = self.traces.is_allowed(kernels, frozenset(map(id, own)))
        before, self.traces.allowed = bool(self.traces.allowed), allowed
        return allowed != before

    def between_slices(self) -> None:
        """Python may have looked at the values, or set them."""
        if self.traces is not None:
            self.traces.settle()

    def end(self) -> None:
        """A run has ended."""
        if self.traces is not None:
            self.traces.end()

    # ------------------------------------------------------------ synapses come
    def at_birth(self, t: float) -> Mapping[str, float]:
        """Values of a new synapse that are not 0, at time t, s."""
        if not event_driven(self._equations) or "lastupdate" in self._equations:
            return {}
        return {"lastupdate": t}

    def before_adding(self) -> None:
        """Entries are about to move: each synapse has its own values from now on."""
        if self.traces is not None:
            self.traces.give_up()

    def after_adding(self, moved: NDArray[np.int32], n: int) -> None:
        """What was entry e is entry moved[e] of n, or no more (-1); at the others are new ones."""
        if self.history is not None:
            new = np.ones(n, bool)
            new[moved[moved >= 0]] = False
            self.history.born(np.flatnonzero(new))

    def entries_added(self, entries: NDArray[np.int64]) -> None:
        """During a run: there are new synapses at some entries."""
        if self.history is not None:
            self.history.born(entries)
