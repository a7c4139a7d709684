"""Synapses: connections between the neurons of two groups, and what their events do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard, cast

import numpy as np
from numpy.typing import NDArray

from rheobase.equations import Equations
from rheobase.errors import Fault, ModelTypeError, ModelValueError
from rheobase.integration import MethodChoice
from rheobase.ir.domains import Index
from rheobase.ir.kernels import Kernel
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FunctionInfo, called_in
from rheobase.model.clock import Clock
from rheobase.model.creation import Call, connect
from rheobase.model.delays import Delays, DelayView
from rheobase.model.driven import DrivenVariables
from rheobase.model.dryrun import Expected, expected_synapses
from rheobase.model.eventdriven import event_driven
from rheobase.model.group import Group
from rheobase.model.listings import Added
from rheobase.model.namespace import hidden, warn_of_attributes
from rheobase.model.pages import group_page
from rheobase.model.pathways import SynapticPathway
from rheobase.model.runregularly import RegularCode
from rheobase.model.spikes import EventSource, events_of
from rheobase.model.stateupdater import StateUpdater
from rheobase.model.storage import storage_of
from rheobase.model.structural import ChangingGroup
from rheobase.model.summed import add_summed
from rheobase.model.synapticequations import add_variables, check_equations, constant_over_dt
from rheobase.model.synapticgroup import bytes_of_number
from rheobase.model.texts import read_equations, read_statements
from rheobase.model.variables import ArrayVariable, Meaning, Reach
from rheobase.model.views import VariableView
from rheobase.runtime.journal import Connected, tell
from rheobase.topics import topic

__all__ = ["Synapses", "SynapticPathway"]


class Synapses(ChangingGroup):
    """Connections from the neurons of one group to those of another.

    source, target   the groups; target=None: the source itself
    model            variables of each synapse, as text or Equations
    on_pre           statements that run for a synapse when an event of its source reaches it;
                     {'name': statements} makes several pathways
    on_post          the same for events of its target
    delay            from event to statements: a time, or {'pathway': time}
    on_event         the event: a name, or {'pathway': name}
    multisynaptic_index   name of a variable that counts the synapses of each pair
    dtype            float32 or float64 for all floating point variables, or {name: dtype}
    pre, post        older names of on_pre and on_post
    codeobj_class    accepted for scripts that give one; it has no meaning here
    method           integration method of equations that are not (event-driven)

    Names in statements mean, in this order: variables of the synapse; x_pre and x_post, those of
    its two neurons; x alone, those of the target; constants from outside.

    Equations with (event-driven) are linear. Their coefficients stand still; or they change in
    steps, for all synapses alike (TimedArrays, shared variables), and then the variables are up to
    date at the end of a run, too. What Python sets holds from the present step on.

    `delay` is a variable, too: in statements of a pathway its own, elsewhere that of the pathway
    'pre'; `post_delay` is that of the pathway 'post', and so on. Statements may assign to it. A
    delay holds for the events that happen while it is set: what is under way keeps its time. Where
    Python assigns to it during a run, it may hold from the next step on only.

    `summed_updaters['x_post']` adds up the equation `x_post = ... (summed)`; its `when` and `order`
    say where in the step. As a rule that is just before the target's state update.

    >>> from rheobase import NeuronGroup, Synapses, ms
    >>> cells = NeuronGroup(3, 'dv/dt = -v/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> synapses = Synapses(cells, cells, 'w : 1', on_pre='v_post += w')
    >>> synapses.connect('i != j')
    >>> synapses.w = '0.1*j'
    >>> len(synapses)
    6
    """

    add_to_magic_network = True
    pre: SynapticPathway  # if on_pre is given as text
    post: SynapticPathway

    if TYPE_CHECKING:  # pyright wants both in the class itself, or G.v = '...' makes G.v a str

        def __getattr__(self, name: str) -> VariableView: ...
        def __setattr__(self, name: str, value: object) -> None: ...

    def __init__(
        self,
        source: Group,
        target: Group | None = None,
        model: str | Equations | None = None,
        on_pre: str | Mapping[str, str] | None = None,
        pre: str | Mapping[str, str] | None = None,
        on_post: str | Mapping[str, str] | None = None,
        post: str | Mapping[str, str] | None = None,
        connect: Any = None,
        delay: Any = None,
        on_event: str | Mapping[str, str] = "spike",
        multisynaptic_index: str | None = None,
        namespace: Mapping[str, Any] | None = None,
        dtype: Any = None,
        codeobj_class: Any = None,
        dt: Any = None,
        clock: Clock | None = None,
        order: int = 0,
        method: MethodChoice | Sequence[MethodChoice] = ("exact", "euler", "heun"),
        method_options: Mapping[str, object] | None = None,
        name: str = "synapses*",
    ) -> None:
        target = source if target is None else target
        for side, group in (("source", source), ("target", target)):
            if not isinstance(group, Group):  # pyright: ignore[reportUnnecessaryIsInstance]
                message = f"the {side} of Synapses must be a group of neurons, not {group!r}"
                raise ModelTypeError(f"{message}; Synapses(source, target, equations, ...)")
        if connect is not None:
            raise ModelTypeError("Synapses(connect=...): make the synapses with S.connect(...)")
        on_pre, on_post = _renamed("pre", pre, on_pre), _renamed("post", post, on_post)
        super().__init__(
            source,
            target,
            name,
            order=order,
            dt=dt,
            clock=clock,
            namespace=namespace,
            multisynaptic_index=multisynaptic_index,
        )
        self.add_dependency(source, target)
        self.equations = read_equations("" if model is None else model, self._label)
        check_equations(self, self.equations)
        types = {e.varname: e.var_type for e in self.equations.values()}
        storage = storage_of(dtype, types, self._label)
        self._float_dtype = storage.floats
        add_variables(self, self.equations, storage)
        self._pathways: dict[str, SynapticPathway] = {}
        self._driven = DrivenVariables(self, self.equations)
        self.contained_objects.extend(self._driven.runners)
        self._add_pathways(on_pre, "pre", delay, on_event)
        self._add_pathways(on_post, "post", delay, on_event)
        self._check_pathway_names("delays", delay)
        self._check_pathway_names("events", on_event)
        self._driven.known_to(self.pathways)
        self._add_runners(method, method_options)
        warn_of_attributes(self)
        self._seal()

    def _called_functions(self) -> Collection[str]:
        return called_in(self.equations.expressions())

    def _function(self, name: str, namespace: Mapping[str, Any]) -> FunctionInfo | Fault | None:
        return self._driven.functions.get(name) or super()._function(name, namespace)

    def _adopt_rows(self, targets: Slot, counts: NDArray[np.int64]) -> None:
        super()._adopt_rows(targets, counts)
        self._driven.after_adding(np.zeros(0, np.int32), len(self))

    def _add_runners(
        self,
        method: MethodChoice | Sequence[MethodChoice],
        options: Mapping[str, object] | None,
    ) -> None:
        driven = {e.varname for e in event_driven(self.equations)}
        clocked = [n for n in self.equations.diff_eq_names if n not in driven]
        unmarked = [n for n in clocked if "clock-driven" not in self.equations[n].flags]
        if unmarked:
            topic("clock_driven").info(
                "%s: %s integrated in each step, for every synapse. Mark with (clock-driven) to "
                "say that this is meant; (event-driven) costs less where it is possible.",
                self._label,
                ", ".join(f"'{n}'" for n in unmarked) + (" is" if len(unmarked) == 1 else " are"),
            )
        self.state_updater = StateUpdater(
            self, self.equations, (), frozenset(), method, options, clocked
        )
        self.contained_objects.append(self.state_updater)
        taken: set[object] = set()
        self.summed_updaters = {
            e.varname: add_summed(self, e, taken)
            for e in self.equations.values()
            if "summed" in e.flags
        }
        self.contained_objects.extend(self.summed_updaters.values())
        self.contained_objects.extend(constant_over_dt(self, self.equations))

    # ------------------------------------------------------------ pathways
    @property
    def pathways(self) -> dict[str, SynapticPathway]:
        """The pathways, by name."""
        return self._pathways

    def _add_pathways(
        self, code: Any, side: str, delay: Any, on_event: str | Mapping[str, str]
    ) -> None:
        if code is None:
            return
        named = cast("Mapping[str, str]", code) if _is_mapping(code) else {side: code}
        for name, text in named.items():
            self._check_pathway_name(name)
            # a single delay is that of the presynaptic pathway
            own = delay.get(name) if _is_mapping(delay) else delay if side == "pre" else None
            event = on_event.get(name, "spike") if _is_mapping(on_event) else str(on_event)
            group = self.source if side == "pre" else self.target
            statements = read_statements(text, f"{self._label}, on_{side}", "v_post += w")
            index = Index.PRE if side == "pre" else Index.POST
            pathway = SynapticPathway(
                self, name, statements, index, self._events(group, event), event, own
            )
            self.pathways[name] = pathway
            self.contained_objects.append(pathway)
            if hidden(self, name, "pathway", f"pathways['{name}']"):
                continue
            object.__setattr__(self, name, pathway)

    def _events(self, group: Group, event: str) -> EventSource:
        return events_of(group, event, self._label)

    def _check_pathway_name(self, name: str) -> None:
        if name in self.pathways:
            raise ModelValueError(f"{self._label}: two pathways have the name '{name}'")
        if name in self.variables:
            raise ModelValueError(
                f"{self._label}: a variable and a pathway of the synapses are both called "
                f"'{name}', so that S.{name} could mean either: rename the variable (a{name}, say)"
            )
        if name in dir(type(self)):
            raise ModelValueError(
                f"{self._label}: a pathway cannot be called '{name}', since S.{name} means "
                "something else"
            )

    def _check_pathway_names(self, what: str, given: Any) -> None:
        if what == "delays" and given is not None and not _is_mapping(given):
            given = {"pre": given}
        unknown = set(given) - set(self.pathways) if _is_mapping(given) else set[str]()
        if unknown:
            raise ModelValueError(
                f"{self._label}: {what} are given for {sorted(unknown)}, but the pathways are "
                f"{sorted(self.pathways)}"
            )

    @property
    def delay(self) -> DelayView:
        """The delays of the presynaptic pathway: one for all synapses, or one for each."""
        return self._pre_pathway().delay

    @delay.setter
    def delay(self, value: Any) -> None:
        self._pre_pathway().delay = value

    def _pre_pathway(self) -> SynapticPathway:
        if "pre" not in self.pathways:
            raise AttributeError(f"{self._label} has no pathway 'pre', so it has no 'delay'")
        return self.pathways["pre"]

    @property
    def delay_(self) -> DelayView:
        """The same in seconds."""
        return self._pre_pathway().delay_

    @delay_.setter
    def delay_(self, value: Any) -> None:
        self._pre_pathway().delay_ = value

    @property
    def events(self) -> dict[str, str]:
        """The event of each pathway, by the name of the pathway."""
        return {name: p.event for name, p in self.pathways.items()}

    def _meaning(
        self, name: str, namespace: Mapping[str, Any], index: Reach = Index.OWN
    ) -> Meaning | Fault | Sequence[Fault] | None:
        delays = self._delays_called(name)
        if delays is not None and name not in self.variables and index is Index.OWN:
            return delays.meaning()
        return super()._meaning(name, namespace, index)

    def _delays_called(self, name: str, pathway: SynapticPathway | None = None) -> Delays | None:
        """The delays that a name means: `delay` those of the pathway whose code it is, elsewhere
        S.delay; `pre_delay` those of the pathway 'pre'."""
        if name == "delay":
            found = pathway or self.pathways.get("pre")
        else:
            found = self.pathways.get(name.removesuffix("_delay")) if "_" in name else None
        return None if found is None else found.delays

    def _find_assigned_delays(self) -> None:
        """See which delays code assigns to: those of each event are then looked up by themselves.

        Raises ModelTypeError for a delay that was given as one for all.
        """
        codes = [(p, p.statements) for p in self.pathways.values()]
        regular = [x for x in self.contained_objects if isinstance(x, RegularCode)]
        for pathway, statements in (*codes, *((None, x.statements) for x in regular)):
            for name in {s.target for s in statements} - set(self.variables):
                delays = self._delays_called(name, pathway)
                if delays is None:
                    continue
                if delays.fixed:
                    raise ModelTypeError(
                        f"{self._label}: code assigns to '{name}', but this delay was given as one "
                        "for all synapses. Leave out delay=, and set S.delay after connect()."
                    )
                delays.change_by_code()

    # ------------------------------------------------------------ making synapses
    def connect(
        self,
        condition: str | bool | None = None,
        i: Any = None,
        j: Any = None,
        p: float | str = 1.0,
        n: Any = 1,
        skip_if_invalid: bool = False,
        namespace: Mapping[str, Any] | None = None,
        level: int = 0,
        table: Any = None,
        values: str | None = None,
        dry_run: bool = False,
    ) -> Expected | None:
        """Make synapses; each call adds to those that exist.

        condition   which pairs (i, j): a text, True (all) or False (none)
        i, j        index arrays; or one of them a generator: j='k for k in range(i-1, i+2)'
        p           probability with which a pair is connected, a number or a text
        n           number of synapses for each pair: a number, a text, or an array beside i, j
        skip_if_invalid   leave out generated indices outside the group; take the nearest possible
                    size of a sample
        table       a scipy.sparse matrix (N_pre, N_post), or a table with columns i, j and those
                    of variables, in SI units
        values      the variable that takes the entries of a matrix
        dry_run     make nothing: return how many synapses are expected, and their bytes, in an
                    object that says so when it is printed: `synapses`, `std`, `estimated`,
                    `bytes_each`, `bytes_all`, `parts`

        Raises IndexError for indices outside the groups; ModelError for code that does not fit.
        """
        call = Call(condition, i, j, p, n, skip_if_invalid, namespace, level, table, values)
        if dry_run:
            return expected_synapses(self, call)
        connect(self, call)
        tell(Connected(self, call))
        return None

    # ------------------------------------------------------------ changes during a run
    @property
    def _may_be_held_apart(self) -> bool:
        return super()._may_be_held_apart and all(
            p.may_be_held_apart for p in self.pathways.values()
        )

    @property
    def _entries_are_remembered(self) -> bool:
        return any(p.delays.by_code for p in self.pathways.values())

    def _entries_moved(self, moved: NDArray[np.int64], n: int) -> None:
        super()._entries_moved(moved, n)
        for p in self.pathways.values():
            p.entries_moved(moved, n)

    def _entries_removed(self, entries: NDArray[np.int64]) -> None:
        super()._entries_removed(entries)
        for p in self.pathways.values():
            p.entries_removed(entries)

    def _may_list(self, added: Added) -> bool:
        return all(p.may_list(added) for p in self.pathways.values())

    def _entries_added(self, added: Added) -> None:
        super()._entries_added(added)
        self._driven.entries_added(added.entries)

    def _array(self, name: str) -> ArrayVariable:
        """A variable with a value for each synapse; 'delay' is that of the pathway 'pre'."""
        if name == "delay" and name not in self.variables:
            return self._pre_pathway().delays.variable
        return super()._array(name)

    def _at_birth(self, t: float) -> Mapping[str, float]:
        return self._driven.at_birth(t)

    def _have_own_delays(self) -> None:
        """New synapses may have other delays than those that there are.

        Raises ModelTypeError where one delay was given for all.
        """
        delays = self._pre_pathway().delays
        if delays.fixed:
            raise ModelTypeError(
                f"{self._label}: new synapses are to have delays of their own, but delay= was "
                "given as one for all. Leave it out, and set S.delay after connect()."
            )
        delays.separate_each()

    def _written(self, variable: ArrayVariable) -> None:
        if hasattr(self, "state_updater"):  # not while it is made
            self.state_updater._written(variable)

    def _synaptic_arrays(self) -> list[ArrayVariable]:
        own = super()._synaptic_arrays()
        return own + [p.delays.variable for p in self.pathways.values() if p.delays.separate]

    def _bytes_of_one(self) -> dict[str, int]:
        found = super()._bytes_of_one()
        posts = [p for p in self.pathways.values() if p.side is Index.POST]
        if posts:
            far = any(p.reaches_far for p in posts)
            found["list by target"] = 4 + (bytes_of_number(self.source) if far else 0)
        for name, p in self.pathways.items():
            if p.delays.separate:
                found.pop("delay", None)
                far = bytes_of_number(p.target) if p.side is Index.PRE or p.reaches_far else 0
                found[f"delay of {name}"] = 8 + 4 + far
        return found

    def _before_adding(self) -> None:
        self._driven.before_adding()
        for p in self.pathways.values():
            p.keep_what_is_under_way()
        if len(self._connections):
            self._separate_delays()

    def _separate_delays(self) -> None:
        """New synapses have no delay, unless one was given for all."""
        for p in self.pathways.values():
            if p.delays.slot.data[:1].any():
                p.delays.separate_each()

    def _after_adding(self, moved: NDArray[np.int32]) -> None:
        self._driven.after_adding(moved, len(self._connections))
        for p in self.pathways.values():
            p.renumber(moved, len(self._connections))

    # ------------------------------------------------------------ running
    def _repr_html_(self) -> str:
        title = (
            f"<b>{len(self)} synapses</b> '{self.name}' from '{self.source.name}' to "
            f"'{self.target.name}'"
        )
        code = [(name, "\n".join(p.listing())) for name, p in self.pathways.items()]
        return group_page(title, self.equations, code)

    def _during_run(self) -> None:
        self._driven.between_slices()

    def after_run(self) -> None:
        if self.active:
            self._driven.end()

    def _looks_at(self, kernels: Sequence[Kernel]) -> bool:
        own = [w.kernel for x in self.pathways.values() for w in x._work()]
        return self._driven.look_at(kernels, own)

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        if not self._connected:
            raise ModelTypeError(
                f"{self._label} was never connected: call connect(), or connect(False) if it is to "
                "have no synapses"
            )
        self._find_assigned_delays()
        if self._grows:
            self._separate_delays()
        if self._room is not None:
            self._room.count_in(self.clock.dt_)
        self._driven.prepare(namespace, may_be_shared=self._room is None)


def _renamed(side: str, old: Any, new: Any) -> Any:
    """The code of a side, by whichever of its names it was given."""
    if old is None:
        return new
    if new is not None:
        raise ModelTypeError(f"give on_{side} or its older name {side}, not both")
    topic(f"deprecated_{side}").warning("Synapses(%s=...) is called on_%s now", side, side)
    return old


def _is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)
