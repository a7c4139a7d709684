"""Spikes between grid points: the threshold is crossed at its own time within a step.

A step of dt that ends above the threshold is taken again, with a shorter h, until its end is the
crossing; there the neuron spikes and is reset, and the rest of dt follows. So the time of the spike
and the state after it have the order of the method, whatever the method: nothing is interpolated
by a polynomial of another order. h is found by ITP, which needs no derivative, some eight steps for
a smooth crossing and never more than 2 + log2(1/tolerance) = 46 for any.

Methods that choose their step take trials of their own choice, and shorten the one that ends above.
A neuron spikes at most once in a dt. Refractoriness that is a time ends within the step, too.

Sources: Oliveira & Takahashi 2020, ACM Trans. Math. Softw. 47:5, algorithm 1 (kappa_1 = 0.2 over
what is left of dt, kappa_2 = 2, n_0 = 1); for spikes off the grid, Morrison, Straube, Plesser &
Diesmann 2007, Neural Comput. 19:47-79, and Hanuschkin, Kunkel, Helias, Morrison & Diesmann 2010,
Front. Neuroinform. 4:113.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Final

from rheobase.errors import Fault, Source, UnsupportedEquationsError, raise_faults
from rheobase.integration.control import Adaptive, Slopes, StepSizes, control_refusal, new_name
from rheobase.integration.exact import Exact
from rheobase.integration.system import Loop, Memory, Method, System, Table, Updates
from rheobase.integration.terms import DT, TIME, ZERO, Refusal
from rheobase.lang.functions import FunctionInfo, called_in
from rheobase.lang.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    Logic,
    Name,
    Number,
    names_in,
    substitute,
    transform,
)
from rheobase.lang.parse import parse_statements
from rheobase.lang.symbols import Type
from rheobase.records import record

__all__ = ["LATE", "SPIKED", "BetweenGridPoints", "Spiking"]

SPIKED: Final = "_spiked"  # the variable of the group that says who has spiked in this step
LATE: Final = "_late"  # the memory that counts spikes that had to wait for the next step

_FIXED_TIME: Final = Name("the t of the clock")  # no name of a model has a blank
_FIXED_DT: Final = Name("the dt of the clock")
_H: Final = Name("_h")
_UNMARKED: Final[Mapping[str, Expr]] = {_FIXED_TIME.id: TIME, _FIXED_DT.id: DT}
_PASSAGES: Final = Number(200.0)  # more than one spike can take
_END_OF_TRIAL: Final = Binary("+", Name("_time"), _H)

_BEGIN: Final = """
_left = dt
_seeking = False
_final = False
_fired = False
_low = 0.0
_high = 0.0
_low_distance = 0.0
_high_distance = 0.0
_reach = 0.0
_trial = 0.0
_spike_time = lastspike
"""
_AIM: Final = """
_watching = _active and not _fired
_at_once = _watching and not _seeking and _is_over
_free = not (_at_once or _seeking)
_h = 0.0 if _at_once else (_trial if _seeking else _length)
"""
_JUDGE: Final = """
_is_lost = _distance != _distance and _distance_before == _distance_before
_over = _watching and _good and (_gets_over or _is_lost)
_spikes = _at_once or _final and _gets_over
_takes = _at_once or _final or _good and not (_over or _seeking)
_begins = _over and _free
_low = 0.0 if _begins else (_low if _over else _h)
_low_distance = _distance_before if _begins else (_low_distance if _over else _distance)
_high = _h if _over else _high
_high_distance = _distance if _over else _high_distance
_reach = _h if _begins else 0.5*_reach
_seeking = (_seeking or _begins) and not (_at_once or _final)
"""
_SEEK: Final = """
_width = _high - _low
_middle = 0.5*(_low + _high)
_straight = _low - _width*_low_distance/(_high_distance - _low_distance)
_gap = _middle - _straight
_shift = 0.2*_width*_width/_piece
_aim = _straight + sign(_gap)*_shift if abs(_gap) > _shift else _middle
_radius = _max(_reach - 0.5*_width, 0.0)
_aim = _aim if abs(_aim - _middle) <= _radius else _middle - sign(_gap)*_radius
_final = _seeking and _width <= 1e-13*dt
_trial = _high if _final else _aim
"""
_TAKE: Final = """
_spike_time = _time + _h if _spikes else _spike_time
_fired = _fired or _spikes
_left = (0.0 if _h == _left else _left - _h) if _takes else _left
"""
_END: Final = """
lastspike = _spike_time
_spiked = _fired
_late = _late + 1.0 if _fired and _active and _is_over else _late
"""
_FIXED: Final = """
_good = True
"""
_ADAPTED: Final = """
_good = _good or not _free
_next = _proposed if _free else _next
_refused = not _good if _free else _refused
_n_refused = _n_refused + (0 if _good else 1)
"""
_LENGTH: Final = "_piece if _next >= _piece else (0.5*_piece if _next > 0.5*_piece else _next)"
_CARRIED: Final = (
    "_left", "_seeking", "_final", "_fired", "_low", "_high", "_low_distance", "_high_distance",
    "_reach", "_trial", "_spike_time",
)  # fmt: skip


@record
class Spiking:
    """What makes the neurons of a group spike, and what a spike does; subexpressions put in.

    condition    the threshold
    reset        statements
    refractory   for how long, or while what is true; None: not at all
    is_while     whether `refractory` is true or false
    """

    condition: Expr
    reset: tuple[Assign, ...]
    refractory: Expr | None = None
    is_while: bool = False

    def expressions(self) -> tuple[Expr, ...]:
        """All of its expressions."""
        asked = (self.condition,) if self.refractory is None else (self.condition, self.refractory)
        return (*asked, *(s.value for s in self.reset))


@record
class BetweenGridPoints:
    """A method, with spikes at their own times within its steps.

    method   of any kind; one that chooses its step ends it at a spike, too
    """

    method: Method
    spiking: Spiking

    @property
    def name(self) -> str:
        return self.method.name

    @property
    def options(self) -> Mapping[str, object]:
        return self.method.options

    def refuses(self, system: System) -> str | None:
        return (
            _system_refusal(system)
            or _spiking_refusal(self.spiking, system)
            or self.method.refuses(system)
        )

    def integrate(self, system: System, options: Mapping[str, object]) -> Updates:
        return _Step(self.method, self.spiking, system, options).updates()


# -------------------------------------------------------------------- what cannot be done
def _system_refusal(system: System) -> Refusal | None:
    found = control_refusal(system)
    if found is None:
        return None
    text = f"for a spike between grid points a step is taken again, shorter. {found}"
    return Refusal(text, found.span, "Leave spike_times='interpolated' out.")


def _spiking_refusal(spiking: Spiking, system: System) -> Refusal | None:
    distance = _distance(spiking.condition)
    if isinstance(distance, Refusal):
        return distance
    asked = [spiking.condition, *([spiking.refractory] if spiking.refractory else [])]
    for function, call in called_in(asked).items():
        if not _is_pure(system.functions[function]):
            return Refusal(
                f"'{call.span.text}' has another value whenever a step is taken again.",
                call.span,
                "Draw it in the reset, into a variable.",
            )
    changing = {*system.equations, *(s.target for s in spiking.reset)}
    for statement in spiking.reset:
        for function, call in called_in([statement.value]).items():
            known = system.functions[function]
            if known.callback or (not _is_pure(known) and changing & names_in(call)):
                text = f"'{call.span.text}' in the reset cannot be computed within a step."
                return Refusal(text, call.span, "Leave spike_times='interpolated' out.")
        symbol = system.symbols.get(statement.target)
        if symbol is not None and symbol.shared:
            text = f"'{statement.target}' is shared: a reset within a step cannot change it."
            return Refusal(text, statement.target_span)
    return None


def _is_pure(function: FunctionInfo) -> bool:
    return function.draws is None and function.stateless and not function.callback


def _distance(condition: Expr) -> Expr | Refusal:
    """How far above the threshold a state is: it crosses zero with the condition."""
    match condition:
        case Compare(op=">" | ">=", left=a, right=b):
            return Binary("-", a, b)
        case Compare(op="<" | "<=", left=a, right=b):
            return Binary("-", b, a)
        case Logic(op=op, operands=xs):
            parts = [_distance(x) for x in xs]
            refused = next((p for p in parts if isinstance(p, Refusal)), None)
            name = "_min" if op == "and" else "_max"
            return refused or reduce(lambda a, b: Call(name, (a, b)), map(_expr, parts))
        case _:
            return Refusal(
                f"'{condition.span.text}' in the threshold is no comparison by > or <, so there is "
                "no point at which it is crossed.",
                condition.span,
                "Leave spike_times='interpolated' out.",
            )


def _expr(x: Expr | Refusal) -> Expr:
    assert not isinstance(x, Refusal)
    return x


# -------------------------------------------------------------------- one step of the clock
@record
class _Trials:
    """How the state is taken further within a dt.

    attempt   from `_at_` over `_h` to `_to_`, and whether that is `_good`
    length    of a trial that looks for nothing, at most `_piece`
    taken     what follows when it is known whether the trial counts: whether to go on
    The rest is what the loop needs for it; see Loop and Updates.
    """

    attempt: Sequence[Assign]
    length: str = "_piece"
    taken: str = "_again = _left > 0.0"
    before: Sequence[Assign] = ()
    carried: tuple[str, ...] = ()
    limit: Expr = _PASSAGES
    after: Sequence[Assign] = ()
    tables: tuple[Table, ...] = ()
    memory: tuple[Memory, ...] = ()


class _Step:
    """The statements of one dt.

    at, to   what stands for each variable that changes within the step: where the present trial
             begins, and where it ends
    """

    def __init__(
        self, method: Method, spiking: Spiking, system: System, options: Mapping[str, object]
    ) -> None:
        self.method = method
        self.options = options
        self.system = replace(
            system, equations={n: _marked(e, system) for n, e in system.equations.items()}
        )
        self.draws: list[Assign] = []
        self.spiking = replace(spiking, reset=tuple(map(self._without_draws, spiking.reset)))
        own = [s.target for s in spiking.reset if s.target in system.symbols]
        changing = dict.fromkeys((*system.equations, *own))
        self.at: dict[str, Expr] = {n: Name(f"_at_{n}") for n in changing}
        self.to: dict[str, Expr] = {n: Name(f"_to_{n}") for n in changing}

    def updates(self) -> Updates:
        trials = self._trials()
        before = [*_parsed(_BEGIN), *trials.before, *self.draws, *self._refractory_before()]
        before += [Assign(_id(x), None, Name(n)) for n, x in self.at.items()]
        statements = [
            *self._refractory_now(),
            *_parsed("_time = t + (dt - _left)"),
            *self._measured("_is_over", "_distance_before", self.at, Name("_time")),
            *_parsed(f"_length = {trials.length}"),
            *_parsed(_AIM),
            *trials.attempt,
            *self._measured("_gets_over", "_distance", self.to, _END_OF_TRIAL),
            *_parsed(_JUDGE),
            *_parsed(_SEEK),
            *self._taken(),
            *_parsed(_TAKE),
            *_parsed(trials.taken),
        ]
        after = [
            *self._refractory_now(),
            *self._measured("_is_over", "_distance", self.at, _plus(TIME, DT)),
        ]
        after += [Assign(n, None, x) for n, x in self.at.items()]
        after += [*_parsed(_END), *trials.after]
        if self.spiking.refractory is not None:
            after.append(Assign("not_refractory", None, Name("_active")))
        carried = (*_CARRIED, *self._refractory_carried(), *map(_id, self.at.values()))
        loop = Loop(
            (*carried, *trials.carried), tuple(statements), Name("_again"), trials.limit,
            tuple(after),
        )  # fmt: skip
        memory = (Memory(LATE, Type.FLOAT), *trials.memory)
        return Updates(tuple(before), trials.tables, loop, memory)

    # ------------------------------------------------------------ from _at_ to _to_
    def _trials(self) -> _Trials:
        if isinstance(self.method, Adaptive) and self.options["adaptable_timestep"]:
            return self._adaptive_trials(self.method)
        return _Trials(attempt=[*self._attempted(self._written()), *_parsed(_FIXED)])

    def _attempted(self, written: Sequence[Assign]) -> list[Assign]:
        """A trial of length h, from the statements of a step."""
        renamed: dict[str, Expr] = {**self.at, **{n: self.to[n] for n in self.system.equations}}
        renamed |= {TIME.id: Name("_time"), DT.id: _H, "not_refractory": Name("_active")}
        begun = [Assign(_id(self.to[n]), None, x) for n, x in self.at.items()]
        return begun + _renamed(written, {**renamed, **_UNMARKED})

    def _written(self) -> Sequence[Assign]:
        if isinstance(self.method, Exact):
            return _exact_over(self.method, self.system)
        updates = self.method.integrate(self.system, self.options)
        values = [s.value for s in updates.statements]
        drawn = [f for f in called_in(values) if not _is_pure(self.system.functions[f])]
        if drawn or updates.loop or updates.tables:
            text = (
                f"The method '{self.method.name}' draws random numbers, or makes several steps "
                "in one: spikes between grid points are not found in these."
            )
            raise_faults([Fault(UnsupportedEquationsError, text)])
        return updates.statements

    def _adaptive_trials(self, method: Adaptive) -> _Trials:
        state = {n: self.at[n] for n in self.system.equations}
        sizes = StepSizes(self.system, self.options, state, method.order_low + 1)
        tried = method.attempt(Slopes(self.system), state, Name("_time"), True)
        others = {n: x for n, x in self.at.items() if n not in state}
        names = {**others, "not_refractory": Name("_active"), **_UNMARKED}
        attempt = [*_renamed(tried, names), *sizes.judged, *_parsed(_ADAPTED)]
        for n, x in self.at.items():
            reached = Conditional(Name("_at_once"), x, Name(new_name(n))) if n in state else x
            attempt.append(Assign(_id(self.to[n]), None, reached))
        return _Trials(
            attempt,
            length=_LENGTH,
            taken="_n_taken = _n_taken + (1 if _takes else 0)\n"
            "_again = _left > 0.0 and (_good or _h > _smallest*dt)",
            before=sizes.before,
            carried=sizes.carried,
            limit=_plus(Name("_most"), _PASSAGES),
            after=[*_parsed("_unfinished = _left > 0.0"), *sizes.after],
            tables=(sizes.table,),
            memory=sizes.memory,
        )

    def _measured(
        self, over: str, distance: str, state: Mapping[str, Expr], time: Expr
    ) -> Iterator[Assign]:
        """Whether a state is above the threshold, and how far."""
        values: dict[str, Expr] = {**state, TIME.id: time, "not_refractory": Name("_active")}
        values["lastspike"] = Name("_spike_time")
        condition = self.spiking.condition
        yield Assign(over, None, substitute(condition, values))
        yield Assign(distance, None, substitute(_expr(_distance(condition)), values))

    # ------------------------------------------------------------ the spike
    def _taken(self) -> Iterator[Assign]:
        """The state goes on from the end of the trial, after a spike from what the reset makes."""
        set_to: dict[str, Expr] = {n: Name(f"_set_{n}") for n in self.at}
        for n, x in set_to.items():
            yield Assign(_id(x), None, self.to[n])
        names: dict[str, Expr] = {**set_to, TIME.id: _END_OF_TRIAL, "lastspike": _END_OF_TRIAL}
        names["not_refractory"] = Number(False)
        for s in self.spiking.reset:
            names.setdefault(s.target, Name(f"_set_{s.target}"))
        yield from _renamed(self.spiking.reset, names)
        for n, x in self.at.items():
            gone_on = Conditional(Name("_takes"), self.to[n], x)
            yield Assign(_id(x), None, Conditional(Name("_spikes"), set_to[n], gone_on))
        if self._has_rest:
            assert self.spiking.refractory is not None
            now = {TIME.id: _END_OF_TRIAL, "lastspike": _END_OF_TRIAL}
            wait = substitute(self.spiking.refractory, {**self.at, **now})
            yield from _parsed("_rest = _rest - _h if _takes else _rest")
            yield Assign("_rest", None, Conditional(Name("_spikes"), wait, Name("_rest")))
        elif self.spiking.refractory is not None:
            yield from _parsed("_may = _may and not _spikes")

    def _without_draws(self, statement: Assign) -> Assign:
        """The statement with a name for each random number, which is drawn before the step."""

        def named(node: Expr) -> Expr | None:
            if not isinstance(node, Call) or _is_pure(self.system.functions[node.function]):
                return None
            self.draws.append(Assign(f"_draw_{len(self.draws)}", None, node))
            return Name(self.draws[-1].target)

        return replace(statement, value=transform(statement.value, named))

    # ------------------------------------------------------------ refractoriness
    @property
    def _has_rest(self) -> bool:
        """Whether refractoriness is a time, so that it ends at one."""
        return self.spiking.refractory is not None and not self.spiking.is_while

    def _refractory_before(self) -> list[Assign]:
        if self._has_rest:
            assert self.spiking.refractory is not None
            until = _plus(Name("lastspike"), self.spiking.refractory)
            return [Assign("_rest", None, Binary("-", until, TIME))]
        if self.spiking.refractory is not None:
            return _parsed("_may = not_refractory")
        return []

    def _refractory_carried(self) -> tuple[str, ...]:
        if self.spiking.refractory is None:
            return ()
        return ("_rest",) if self._has_rest else ("_may",)

    def _refractory_now(self) -> list[Assign]:
        """Whether the neuron may spike, and how long the trial may be."""
        if self._has_rest:
            piece = "_piece = _left if _active or _rest > _left else _rest"
            return _parsed(f"_active = _rest <= 0.0\n{piece}")
        active = "_may" if self.spiking.refractory is not None else "True"
        return _parsed(f"_active = {active}\n_piece = _left")


def _marked(expr: Expr, system: System) -> Expr:
    """The right-hand side with names of their own for what keeps its value through all trials."""

    def rule(node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.function in system.still and node.args[0] == TIME:
            return Call(node.function, (_FIXED_TIME, *node.args[1:]), span=node.span)
        return _FIXED_DT if node == DT else None

    return transform(expr, rule)


def _exact_over(method: Exact, system: System) -> Sequence[Assign]:
    """The exact solution after any time; while refractory, that of a system that holds still."""
    active = method.over(system, DT)
    assert not isinstance(active, Refusal), "the method has accepted the system"
    if not system.refractory:
        return active
    equations = {n: ZERO if n in system.refractory else e for n, e in system.equations.items()}
    still = method.over(replace(system, equations=equations), DT)
    assert not isinstance(still, Refusal), "a part of a linear system is linear"
    apart: dict[str, Expr] = {s.target: Name(f"_still_{s.target}") for s in still}
    apart |= {n: Name(f"_still_{n}") for n in system.equations}
    begun = [Assign(f"_still_{n}", None, Name(n)) for n in system.equations]
    chosen = [
        Assign(n, None, Conditional(Name("not_refractory"), Name(n), Name(f"_still_{n}")))
        for n in system.equations
    ]
    return (*begun, *_renamed(still, apart), *active, *chosen)


def _renamed(statements: Iterable[Assign], names: Mapping[str, Expr]) -> list[Assign]:
    """The statements with other names, those they assign to included."""
    return [
        Assign(
            _id(names.get(s.target, Name(s.target))), s.op, substitute(s.value, dict(names))
        )
        for s in statements
    ]  # fmt: skip


def _parsed(text: str) -> list[Assign]:
    return list(parse_statements(text.strip(), Source(text.strip(), "spikes between grid points")))


def _plus(a: Expr, b: Expr) -> Expr:
    return Binary("+", a, b)


def _id(name: Expr) -> str:
    assert isinstance(name, Name)
    return name.id
