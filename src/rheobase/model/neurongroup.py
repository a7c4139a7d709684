"""Groups of neurons that share their equations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from rheobase.equations import Equations, SingleEquation
from rheobase.equations.units import check_equations, check_shared, noise_symbols, unknown_in
from rheobase.errors import (
    EquationError,
    Fault,
    FaultList,
    ModelError,
    ModelTypeError,
    ModelValueError,
    did_you_mean,
    labelled,
    raise_faults,
)
from rheobase.integration import MethodChoice
from rheobase.integration.crossing import SPIKED, Spiking
from rheobase.ir.domains import Elementwise, Indexed, Select
from rheobase.ir.dtypes import BOOL, F64
from rheobase.ir.kernels import Kernel
from rheobase.lang.check import check_statements
from rheobase.lang.functions import FUNCTIONS, FunctionInfo, called_in
from rheobase.lang.nodes import Assign, Expr, Logic, Name, Number, names_in, substitute
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.clock import Clock, seconds
from rheobase.model.code import Block, Result, Runner, check_result
from rheobase.model.group import new_part
from rheobase.model.linked import check_choosers
from rheobase.model.namespace import find_external, find_function, warn_of_attributes
from rheobase.model.pages import group_page
from rheobase.model.recovery import Recovery, recovery_of
from rheobase.model.refractoriness import (
    NEVER,
    check_refractory,
    is_condition,
    mark_spiked,
    refractory_update,
)
from rheobase.model.spikes import EventSource, SpikeFinder
from rheobase.model.stateupdater import StateUpdater
from rheobase.model.storage import storage_of
from rheobase.model.subgroup import EventGroup
from rheobase.model.texts import read_equations, read_expression, read_statements
from rheobase.model.variables import (
    ArrayVariable,
    LinkedVariable,
    Subexpression,
    Variable,
    symbol_of,
)
from rheobase.model.views import VariableView
from rheobase.preference_names import prefs
from rheobase.topics import topic
from rheobase.units import Quantity, second

__all__ = ["NeuronGroup", "SpikeTimes", "group_size"]

SpikeTimes: TypeAlias = Literal["grid", "interpolated"]


_FLAGS = {
    "differential equation": ("unless refractory", "shared"),
    "parameter": ("constant", "shared", "linked"),
    "subexpression": ("shared", "constant over dt"),
}
_EXCLUDING = [{"shared", "linked"}, {"constant", "linked"}, {"shared", "unless refractory"}]


class NeuronGroup(EventGroup):
    """N neurons that share their equations.

    N            number of neurons, >= 1
    model        equations, as text or Equations
    method       integration method: a name, a method object, a function of Equations that writes
                 the statements of a step; or several, of which the first that can is taken
    threshold    condition for a spike
    reset        statements that run for each neuron that has spiked
    refractory   how long a neuron does not spike again: a time, or an expression; an expression
                 that is true or false: refractory while it is true
    events       other events: {name: condition}; see run_on_event
    namespace    names of external constants; None: those where run() is called
    dtype        float32 or float64 for all floating point variables, or {name: dtype}
    dt, clock    the group's own step
    spike_times  'grid': spikes are found at the end of a step, and count at its beginning;
                 'interpolated': a neuron spikes and is reset when it crosses the threshold within
                 the step, to the order of the method (docs/integration.md)
    codeobj_class   accepted for scripts that give one; it has no meaning here

    Raises ModelError (syntax, flags, units, as far as names are known) with all faults at once.

    >>> from rheobase import NeuronGroup, ms
    >>> cells = NeuronGroup(3, 'dv/dt = -v/(10*ms) : 1', threshold='v > 1', reset='v = 0')
    >>> cells.v = [0.1, 0.2, 0.3]
    >>> len(cells)
    3
    """

    add_to_magic_network = True
    _faults_wait = False  # for run(): whether what is wrong with its code is raised there only

    if TYPE_CHECKING:  # pyright wants both in the class itself, or G.v = '...' makes G.v a str

        def __getattr__(self, name: str) -> VariableView: ...
        def __setattr__(self, name: str, value: object) -> None: ...

    def __init__(
        self,
        N: int,
        model: str | Equations,
        method: MethodChoice | Sequence[MethodChoice] = ("exact", "euler", "heun"),
        method_options: Mapping[str, object] | None = None,
        threshold: str | None = None,
        reset: str | None = None,
        refractory: Any = False,
        events: Mapping[str, str] | None = None,
        namespace: Mapping[str, Any] | None = None,
        dtype: Any = None,
        dt: Any = None,
        clock: Clock | None = None,
        order: int = 0,
        name: str = "neurongroup*",
        codeobj_class: Any = None,
        spike_times: SpikeTimes = "grid",
    ) -> None:
        size = group_size(N)
        super().__init__(
            name, new_part(0, size), order=order, dt=dt, clock=clock, namespace=namespace
        )
        self.equations = read_equations(model, self._label)
        with labelled(f"{self._label}, equations"):
            self.equations.check_flags(_FLAGS, _EXCLUDING)
        types = {e.varname: e.var_type for e in self.equations.values()}
        storage = storage_of(dtype, {**types, "lastspike": Type.FLOAT}, self._label)
        self._float_dtype, self._dtypes = storage.floats, storage.single
        self._refractory_code = self._refractory_expression(refractory)
        self.events = self._named_events(threshold, events)
        self._reset = reset
        self.spike_times: SpikeTimes = self._checked_spike_times(spike_times)
        self._add_model_variables()
        own = {n for n, v in self.variables.items() if not _may_be_shared(v)}
        check_shared(self.equations, own, f"{self._label}, equations")
        self._make_event_sources()
        self._fault: ModelError | None = None
        self._recovery: Recovery | None = None
        try:
            self._read_code()
            self._make_runners(method, method_options)
            self._make_event_runners()
        except ModelError as fault:
            if not self._faults_wait:
                raise
            self._fault = fault
        warn_of_attributes(self)
        self._seal()

    @property
    def user_equations(self) -> Equations:
        """The equations as the script gave them."""
        return self.equations

    def _called_functions(self) -> Collection[str]:
        return called_in(self.equations.expressions())

    # ------------------------------------------------------------ variables
    def _refractory_expression(self, value: Any) -> Expr | None:
        if value is False or value is None:
            return None
        if isinstance(value, str):
            return read_expression(value, f"{self._label}, refractory", "v > 0*mV")
        if isinstance(value, Quantity):
            duration = seconds(value, f"{self._label}: refractory")
            self._add_array(
                "_refractory", dim=second.dim, shared=True, constant=True, fill=duration
            )
            return Name("_refractory")
        raise ModelTypeError(
            f"{self._label}: refractory must be a time (5*ms), an expression as text, or False, "
            f"not {value!r}"
        )

    def _add_model_variables(self) -> None:
        not_refractory: ArrayVariable | None = None
        if self._refractory_code is not None:
            not_refractory = self._add_array("not_refractory", Type.BOOLEAN, fill=True)
        if self._refractory_code is not None or self._between_grid_points:
            self._refuse_own("lastspike")
            self._add_array(
                "lastspike", dim=second.dim, fill=NEVER, dtype=self._dtypes.get("lastspike", F64)
            )
        if self._between_grid_points:
            self._add_array(SPIKED, Type.BOOLEAN, fill=False)
        for equation in self.equations.values():
            self._add_equation(equation, not_refractory)

    def _refuse_own(self, name: str) -> None:
        """Raise EquationError if the model declares what refractoriness brings."""
        if name in self.equations:
            place = self.equations[name].name_span
            text = f"'{name}' is a variable of each group with refractoriness: the time of the "
            hint = "Choose another name, or remove it: it is there already."
            fault = Fault(EquationError, text + "last spike.", place, hint)
            raise_faults([fault], f"{self._label}, equations")

    def _add_equation(self, equation: SingleEquation, guard: ArrayVariable | None) -> None:
        name, kind, dim = equation.varname, equation.var_type, equation.dim
        flags = equation.flags
        shared = "shared" in flags
        if "linked" in flags:
            self._add_variable(LinkedVariable(name, kind, dim))
        elif equation.type == "subexpression" and "constant over dt" not in flags:
            assert equation.expr is not None
            self._add_variable(Subexpression(name, kind, dim, equation.expr, shared))
        else:
            self._add_array(
                name,
                kind,
                dim,
                shared=shared,
                constant="constant" in flags,
                read_only=equation.type == "subexpression",
                guard=guard if "unless refractory" in flags else None,
                dtype=self._dtypes.get(name),
            )

    # ------------------------------------------------------------ spikes between grid points
    def _checked_spike_times(self, value: Any) -> SpikeTimes:
        if value not in get_args(SpikeTimes):
            raise ModelValueError(
                f"{self._label}: spike_times is 'grid' or 'interpolated', not {value!r}"
            )
        if value == "grid":
            return "grid"
        if "spike" not in self.events or not self.equations.diff_eq_names:
            missing = "a threshold" if "spike" not in self.events else "differential equations"
            raise ModelValueError(
                f"{self._label}: spike_times='interpolated' says when within a step a threshold is "
                f"crossed; the group has no {missing.removeprefix('a ')}"
            )
        if not self._reset and self._refractory_code is None:
            raise ModelValueError(
                f"{self._label}: with spike_times='interpolated' a spike must change something, or "
                "the threshold would hold at once again; give reset='v = ...' or refractory=..."
            )
        return "interpolated"

    @property
    def _between_grid_points(self) -> bool:
        return self.spike_times == "interpolated"

    def _spiking(self) -> Spiking | None:
        """What the integration has to know to find spikes within a step."""
        if not self._between_grid_points:
            return None
        inner = {
            e.varname: self.equations.substituted(e.varname)
            for e in self.equations.values()
            if e.is_replaced
        }
        reset = read_statements(self._reset or "", f"{self._label}, reset", "v = -70*mV")
        code = self._refractory_code
        return Spiking(
            substitute(self._conditions["spike"], inner),
            tuple(replace(s, value=substitute(s.value, inner)) for s in reset),
            None if code is None else substitute(code, inner),
            code is not None and is_condition(code, self.variables),
        )

    # ------------------------------------------------------------ checking
    def _read_code(self) -> None:
        """Read and check all code, as far as its names are known."""
        with labelled(f"{self._label}, equations"):
            self.equations.check_stateful(lambda f: f in FUNCTIONS and not FUNCTIONS[f].stateless)
        self._conditions = {
            n: read_expression(c, f"{self._label}, {_what_finds(n)}", "v > -50*mV")
            for n, c in self.events.items()
        }
        self._check_known()

    def _check_known(self) -> None:
        """What can be checked before the script's own constants are known."""
        scope: dict[str, Symbol] = {n: symbol_of(v) for n, v in self.variables.items()}
        for n, v in self.variables.items():
            if isinstance(v, LinkedVariable):  # so may be what it will be linked to
                scope[n] = replace(scope[n], read_only=False, shared=True)
        scope |= noise_symbols(self.equations)
        reset = read_statements(self._reset or "", f"{self._label}, reset", "v = -70*mV")
        codes = [*self._conditions.values(), *(s.value for s in reset)]
        codes += [self._refractory_code] if self._refractory_code is not None else []
        names = frozenset[str]().union(*map(names_in, [*self.equations.expressions(), *codes]))
        for name in names - set(scope):
            symbol = default_symbol(name) or find_external(name, self._namespace_now, {})
            if isinstance(symbol, Symbol):
                scope[name] = symbol
        faults = FaultList()
        functions = self._known_functions([*self.equations.expressions(), *codes])
        check_equations(self.equations, scope, faults, functions)
        for event, condition in self._conditions.items():
            result = Result(condition, None, BOOL, f"the {_what_finds(event)}")
            unknown = unknown_in([condition], scope, functions)
            check_result(result, scope, faults, functions, unknown)
        unknown = unknown_in([s.value for s in reset], scope, functions)
        linked = {n: v for n, v in self.variables.items() if isinstance(v, LinkedVariable)}
        scope |= {n: replace(symbol_of(v), read_only=False) for n, v in linked.items()}
        check_statements(reset, scope, faults, functions, self._known_names(), unknown)
        if self._refractory_code is not None and names_in(self._refractory_code) <= set(scope):
            check_refractory(self._refractory_code, scope, functions, faults)
        raise_faults(faults.faults, f"{self._label}, equations")

    @property
    def _namespace_now(self) -> Mapping[str, Any]:
        """What its namespace means already: nothing, where scripts may still change it."""
        return {} if self._faults_wait else self.namespace

    def _known_functions(self, codes: Sequence[Expr]) -> dict[str, FunctionInfo]:
        """Default functions, and those of the group's own namespace."""
        found = {n: find_function(n, self._namespace_now, {}) for n in called_in(codes)}
        own = {n: f for n, f in found.items() if isinstance(f, FunctionInfo)}
        return {**FUNCTIONS, **own}

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        if self._fault is not None:
            raise self._fault.with_traceback(None)
        check_choosers(self)

    def _looks_at(self, kernels: Sequence[Kernel]) -> bool:
        if self._recovery is None:
            return False
        own = {
            id(w.kernel) for x in (self.state_updater, self.thresholder["spike"]) for w in x._work()
        }
        return self._recovery.finds(k for k in kernels if id(k) not in own)

    # ------------------------------------------------------------ what runs
    def _written(self, variable: ArrayVariable) -> None:
        if hasattr(self, "state_updater"):  # not while it is made
            self.state_updater._written(variable)

    def _make_runners(
        self,
        method: MethodChoice | Sequence[MethodChoice],
        options: Mapping[str, object] | None,
    ) -> None:
        refractory = frozenset(
            e.varname for e in self.equations.values() if "unless refractory" in e.flags
        )
        if refractory and self._refractory_code is None:
            topic("no_refractory").warning(
                "%s: nothing ever makes a neuron refractory, so the flag (unless refractory) of "
                "'%s' has no effect; give the group refractory=...",
                self._label,
                "', '".join(sorted(refractory)),
            )
            refractory = frozenset[str]()
        exact_times = bool(prefs["legacy.refractory_timing"])
        spiking = self._spiking()
        code = None if spiking and not spiking.is_while else self._refractory_code
        update = refractory_update(code, self.variables, exact_times)
        if "spike" in self.events and not spiking and not exact_times:
            self._recovery = recovery_of(code, self.variables, self._part, self.clock)
        self.state_updater = StateUpdater(
            self, self.equations, update, refractory, method, options, spiking=spiking,
            recovery=self._recovery,
        )  # fmt: skip
        self._contain(self.state_updater)
        self.subexpression_updater: Runner | None = None
        fixed = [e for e in self.equations.values() if "constant over dt" in e.flags]
        if fixed:
            code = tuple(Assign(e.varname, None, e.expr) for e in fixed if e.expr is not None)
            block = Block(
                f"{self.name} subexpressions", Elementwise(self._part), code, checked=True
            )
            self.subexpression_updater = self._runner(
                "subexpression_update", lambda: (block,), "before_start", self.order
            )

    def _runner(
        self, name: str, blocks: Callable[[], Sequence[Block]], when: str, order: int
    ) -> Runner:
        runner = Runner(
            self, f"{self.name}_{name}", blocks, when=when, order=order, clock=self.clock
        )
        self._contain(runner)
        return runner

    # ------------------------------------------------------------ events
    def _named_events(
        self, threshold: str | None, events: Mapping[str, str] | None
    ) -> dict[str, str]:
        named = dict(events or {})
        for name in named:
            if not isinstance(name, str) or not name.isidentifier():  # pyright: ignore
                raise ModelTypeError(f"{self._label}: {name!r} cannot be the name of an event")
        if threshold is None:
            return named
        if "spike" in named:
            raise ModelValueError(
                f"{self._label}: a threshold and an event 'spike' are the same; give one of them"
            )
        return {"spike": threshold, **named}

    def _make_event_sources(self) -> None:
        self._event_sources = {}
        self.thresholder: dict[str, SpikeFinder] = {}
        self.resetter: dict[str, Runner] = {}
        for event in self.events:
            when = "thresholds" if event == "spike" else "after_thresholds"
            own_time = event == "spike" and self._between_grid_points
            time = "lastspike" if own_time else "t"
            source = EventSource(
                f"{self.name} {event}", len(self), self.clock, when, self.order, time
            )
            self._event_sources[event] = source
        if self._reset not in (None, "") and "spike" not in self.events:
            raise ModelValueError(
                f"{self._label}: a reset needs a threshold, such as threshold='v > -50*mV'"
            )

    def _make_event_runners(self) -> None:
        for event, source in self._event_sources.items():
            self.thresholder[event] = self._finder(event, source)
            self._contain(self.thresholder[event])
        if self._reset not in (None, "") and not self._between_grid_points:
            self.run_on_event("spike", self._reset, when="resets")
        self._warn_of_endless_spikes()

    def _finder(self, event: str, source: EventSource) -> SpikeFinder:
        def blocks() -> Sequence[Block]:
            return self._event_blocks(event)

        return SpikeFinder(self, source, blocks, f"{self.name}_{event}_thresholder")

    def _warn_of_endless_spikes(self) -> None:
        condition = self._conditions.get("spike")
        if condition is None or self._reset is not None or self._refractory_code is not None:
            return
        if any(not FUNCTIONS[f].stateless for f in called_in([condition]) if f in FUNCTIONS):
            return
        topic("only_threshold").warning(
            "%s has a threshold, but neither reset nor refractory: it spikes in every step "
            "in which the threshold holds. If that is meant, say so with reset=''.",
            self._label,
        )

    def _event_blocks(self, event: str) -> Sequence[Block]:
        """Find the neurons with an event; those that spike become refractory."""
        if event == "spike" and self._between_grid_points:
            return self._found_within_step()
        condition = self._conditions[event]
        refractory = event == "spike" and self._refractory_code is not None
        if refractory:
            condition = Logic("and", (condition, Name("not_refractory")))
        current = self._event_sources[event].current
        what = _what_finds(event)
        result = Result(condition, None, BOOL, f"the {what}")
        found = Block(f"{self.name} {what}", Select(self._part, current), results=(result,))
        if not refractory:
            return (found,)
        marked = Block(f"{self.name} refractory", Indexed(current, self._part), mark_spiked())
        if self._recovery is not None and self._recovery.is_known:
            marked = self._recovery.entered(marked)
        return found, marked

    def _found_within_step(self) -> Sequence[Block]:
        """List the neurons that have spiked in the step of the state updater."""
        current = self._event_sources["spike"].current
        result = Result(Name(SPIKED), None, BOOL, "the threshold")
        listed = Block(f"{self.name} threshold", Select(self._part, current), results=(result,))
        forget = Assign(SPIKED, None, Number(False))
        return listed, Block(f"{self.name} listed", Indexed(current, self._part), (forget,))

    def _known_event(self, event: str) -> None:
        if event not in self.events:
            known = ", ".join(f"'{e}'" for e in self.events) or "none, as it has no threshold"
            near = did_you_mean(event, self.events)
            message = f"{self._label} has no event '{event}'; the events that it has: {known}."
            raise ModelValueError(f"{message} {near}".rstrip())

    def run_on_event(
        self,
        event: str,
        code: str,
        when: str = "after_resets",
        order: int | None = None,
    ) -> Runner:
        """Run statements for each neuron with an event; the object that does it.

        event        'spike', or a name of `events`; each runs one piece of code
        when, order  where in the step

        Raises ModelValueError for an unknown event, or one that has code already.

        >>> from rheobase import NeuronGroup, ms, run
        >>> cells = NeuronGroup(2, 'dx/dt = 1/ms : 1', events={'high': 'x > 2'})
        >>> resetting = cells.run_on_event('high', 'x -= 2')
        >>> run(3*ms)
        >>> [round(float(x), 6) for x in cells.x]
        [1.0, 1.0]
        """
        self._known_event(event)
        within_step = event == "spike" and self._between_grid_points and bool(self._reset)
        if event in self.resetter or within_step:
            raise ModelValueError(f"{self._label}: the event '{event}' has code already")
        what = "reset" if event == "spike" else f"code of event '{event}'"
        statements = read_statements(code, f"{self._label}, {what}", "v = -70*mV")
        domain = Indexed(self._event_sources[event].current, self._part)
        block = Block(f"{self.name} {what}", domain, statements, scatters=True)
        place = self.order if order is None else order
        self.resetter[event] = self._runner(f"{event}_resetter", lambda: (block,), when, place)
        return self.resetter[event]

    def set_event_schedule(
        self, event: str, when: str = "after_thresholds", order: int | None = None
    ) -> None:
        """Where in the step an event is found.

        Raises ModelValueError for an unknown event.
        """
        self._known_event(event)
        finder = self.thresholder.get(event)  # none in a group with a fault
        for x in (self._event_sources[event], *([finder] if finder else [])):
            x.when = when
            x.order = self.order if order is None else order

    def _repr_html_(self) -> str:
        code = [(_what_finds(event), str(condition)) for event, condition in self.events.items()]
        if self._reset:
            code.append(("reset", str(self._reset)))
        title = f"<b>{self._size_text()}</b> '{self.name}'"
        return group_page(title, self.user_equations, code)

    def _size_text(self) -> str:
        return f"{len(self)} neurons"


def _may_be_shared(variable: Variable) -> bool:
    return variable.shared or isinstance(variable, LinkedVariable)


def _what_finds(event: str) -> str:
    return "threshold" if event == "spike" else f"event '{event}'"


def group_size(n: Any) -> int:
    """A number of neurons: whole and positive (ModelTypeError, ModelValueError)."""
    try:
        size = int(n)
    except (TypeError, ValueError):
        raise ModelTypeError(
            f"the number of neurons must be a whole number, not {n!r}; "
            "NeuronGroup(N, equations, ...)"
        ) from None
    if size != n:
        raise ModelValueError(f"the number of neurons must be a whole number, not {n!r}")
    if size < 1:
        raise ModelValueError(f"a group has at least one neuron, not {n}")
    return size
