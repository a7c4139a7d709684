"""A network as a dict for programs that describe models, in the form that brian2tools gives it.

Texts are the script's own, numbers have their units, and names of groups stand for the groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from rheobase.equations import Equations
from rheobase.equations.single import SingleEquation
from rheobase.exchange.reading import numbers_in_root
from rheobase.ir.domains import Index
from rheobase.lang.functions import called_in
from rheobase.lang.nodes import Assign, Expr, names_in
from rheobase.lang.parse import parse_expression, parse_statements
from rheobase.lang.scope import default_symbol
from rheobase.lang.symbols import Symbol
from rheobase.model.base import SimulationObject
from rheobase.model.callers import caller_namespace
from rheobase.model.clock import Clock, EventClock
from rheobase.model.code import Runner, listed
from rheobase.model.connect import expressions_of
from rheobase.model.creation import is_false, listed_pairs, request_of
from rheobase.model.delays import DelayView
from rheobase.model.group import Group
from rheobase.model.lazy import read
from rheobase.model.monitors.base import Monitor
from rheobase.model.monitors.spikes import EventMonitor
from rheobase.model.monitors.states import Recorder
from rheobase.model.namespace import find_external, find_function
from rheobase.model.neurongroup import NeuronGroup
from rheobase.model.pathways import SynapticPathway
from rheobase.model.poissongroup import PoissonGroup
from rheobase.model.poissoninput import PoissonInput
from rheobase.model.runregularly import RegularCode
from rheobase.model.spikegenerator import SpikeGeneratorGroup
from rheobase.model.subgroup import Subgroup
from rheobase.model.synapses import Synapses
from rheobase.model.timedarray import TimedArray
from rheobase.model.variables import Subexpression
from rheobase.runtime.journal import Assigned, Connected
from rheobase.units import Quantity, second

__all__ = ["Entry", "components", "deed_entry", "run_entry"]

Entry = dict[str, Any]


def run_entry(
    objects: Iterable[SimulationObject],
    seconds: float,
    namespace: Mapping[str, Any],
    deeds: Sequence[Entry] = (),
) -> Entry:
    """One run: how long, of what, and what the script did to that before."""
    found = list(objects)
    entry: Entry = {"duration": seconds * second, "components": components(found, namespace)}
    pathways = [p for x in found if isinstance(x, Synapses) for p in x.pathways.values()]
    idle = [x.name for x in (*pathways, *found) if not x.active]
    more = {"initializers_connectors": list(deeds), "inactive": idle}
    return entry | {key: value for key, value in more.items() if value}


def components(
    objects: Iterable[SimulationObject], namespace: Mapping[str, Any]
) -> dict[str, list[Entry]]:
    """Objects by kind, 'neurongroup', 'synapses', ...; the key is the class in small letters.

    namespace   external names of the script, behind those of a group's own
    """
    found: dict[str, list[Entry]] = {}
    for x in objects:
        describe = next((f for kind, f in _KINDS if isinstance(x, kind)), _object)
        found.setdefault(type(x).__name__.lower(), []).append(describe(x, namespace))
    return found


# ------------------------------------------------------------------ what a script does
def deed_entry(deed: Assigned | Connected) -> Entry:
    """A variable that was set, or synapses that were made."""
    return _connector(deed) if isinstance(deed, Connected) else _initializer(deed)


def _initializer(deed: Assigned) -> Entry:
    view, index, value = deed.view, deed.index, read(deed.value)
    value = copy(value)  # scripts go on with their arrays
    group: Any = view.group
    texts = [x for x in (index, value) if isinstance(x, str)]
    exprs = [parse_expression(text) for text in texts if text not in ("True", "False")]
    names = caller_namespace(deed.level)
    used = _identifiers(group, exprs, names)
    if any("N" in names_in(e) for e in exprs):
        used["N"] = len(group)
    if isinstance(index, slice) and index == slice(None):
        index = "True" if isinstance(value, str) else True
    elif not isinstance(index, str):
        index = np.atleast_1d(group._view_indices(index))
    entry: Entry = {"type": "initializer", "source": _owner(view), "variable": view.name}
    return entry | {"index": index, "value": value} | _unless_empty(identifiers=used)


def _owner(view: Any) -> Any:
    """The group of a variable; the pathway, for a delay."""
    if isinstance(view, DelayView) and isinstance(view.group, Synapses):
        pathways = view.group.pathways.values()
        return next(p.name for p in pathways if p.delays.variable is view.variable)
    owner: Any = view.group
    return _reference(owner)


def _connector(deed: Connected) -> Entry:
    synapses, call = deed.synapses, deed.call
    entry = {"type": "connect", "synapses": synapses.name} | _sides(synapses)
    given: Entry = {"i": call.i, "j": call.j, "condition": call.condition}
    used: Entry = {}
    if call.table is not None:
        pairs, _ = listed_pairs(synapses, call)
        given = {"i": pairs.sources, "j": pairs.targets}
    elif call.generates and not is_false(call.condition):
        request = request_of(synapses, call)
        skipped = {request.generator.variable}
        used = _identifiers(synapses, expressions_of(request), call.names(), skipped)
    entry |= {key: read(value) for key, value in given.items() if value is not None}
    return (
        entry | {"probability": call.p, "n_connections": call.n} | _unless_empty(identifiers=used)
    )


# ------------------------------------------------------------------ objects
def _object(x: Any, namespace: Mapping[str, Any]) -> Entry:
    """What can be said of anything."""
    clock: Clock = x.clock
    found: Entry = {"name": x.name, "when": x.when, "order": x.order}
    found |= {"times": clock.times} if isinstance(clock, EventClock) else {"dt": clock.dt}
    source = getattr(x, "source", None)
    return found | ({"source": _reference(source)} if isinstance(source, Group) else {})


def _neurons(group: NeuronGroup, namespace: Mapping[str, Any]) -> Entry:
    group._prepare(namespace)  # raises what is wrong with its code
    codes: list[Expr] = list(group.user_equations.expressions())
    codes += [parse_expression(text) for text in group.events.values()]
    events = {name: _event(group, name) for name in group.events}
    for event in events.values():
        codes += _values(event.get("reset", {}).get("code", ""))
    if group._refractory_code is not None and "spike" in events:
        fixed = "_refractory" in group.variables
        codes += [] if fixed else [group._refractory_code]
        held = group.state("_refractory")[:] if fixed else str(group._refractory_code)
        events["spike"]["refractory"] = held
    found: Entry = {
        "name": group.name,
        "N": len(group),
        "user_method": _method(group.state_updater.method_choice),
        "when": "groups",
        "order": group.order,
    }
    return (
        found | _model(group, group.user_equations, codes, namespace) | _unless_empty(events=events)
    )


def _event(group: NeuronGroup, name: str) -> Entry:
    def code(text: str, x: Any) -> Entry:
        return {"code": text, "when": x.when, "order": x.order, "dt": group.clock.dt}

    found = {"threshold": code(group.events[name], group._event_sources[name])}
    runner = group.resetter.get(name)
    if runner is not None:
        found["reset"] = code("\n".join(runner.listing()), runner)
    elif name == "spike" and group._reset:  # spike_times='interpolated'
        found["reset"] = code(str(group._reset), group.state_updater)
    return found


def _model(
    group: Group, equations: Equations, codes: Sequence[Expr], namespace: Mapping[str, Any]
) -> Entry:
    """Equations, regular code, and the constants that these and other pieces of code name."""
    regular = [x for x in group.contained_objects if isinstance(x, RegularCode)]
    written = [s.value for x in regular for s in x.statements]
    kept = {e.varname: _equation(e) for e in equations.values() if "summed" not in e.flags}
    return _unless_empty(
        equations=kept,
        run_regularly=[_object(x, {}) | {"code": _text(x.statements)} for x in regular],
        identifiers=_identifiers(group, [*codes, *written], namespace),
    )


def _equation(equation: SingleEquation) -> Entry:
    found = {
        "type": equation.type,
        "unit": equation.unit,
        "var_type": equation.var_type.value,
    }
    return found | _unless_empty(expr=equation.code, flags=list(equation.flags))


def _synapses(synapses: Synapses, namespace: Mapping[str, Any]) -> Entry:
    codes = list(synapses.equations.expressions())
    codes += [s.value for p in synapses.pathways.values() for s in p.statements]
    summed = [e for e in synapses.equations.values() if "summed" in e.flags]
    entry: Entry = {"name": synapses.name} | _sides(synapses)
    updater = getattr(synapses, "state_updater", None)
    method = None if updater is None else _method(updater.method_choice)
    entry |= _unless_empty(user_method=method)
    return (
        entry
        | _model(synapses, synapses.equations, codes, namespace)
        | _unless_empty(
            pathways=[_pathway(p) for p in synapses.pathways.values()],
            summed_variables=[_summed(synapses, e) for e in summed],
        )
    )


def _pathway(pathway: SynapticPathway) -> Entry:
    entry = _object(pathway, {}) | {"code": _text(pathway.statements), "event": pathway.event}
    entry["prepost"] = "pre" if pathway.side is Index.PRE else "post"
    entry["target"] = _reference(pathway.target)
    fixed = pathway.delays.fixed
    return entry | ({"delay": float(pathway.delays.slot.data[0]) * second} if fixed else {})


def _summed(synapses: Synapses, equation: SingleEquation) -> Entry:
    name = f"{synapses.name}_summed_variable_{equation.varname}"
    runner = next(x for x in synapses.contained_objects if x.name == name)
    side = synapses.source if equation.varname.endswith("_pre") else synapses.target
    return _object(runner, {}) | {"code": equation.code, "target": _reference(side)}


def _poisson(group: PoissonGroup, namespace: Mapping[str, Any]) -> Entry:
    rates, entry = group.variables["rates"], {"name": group.name, "N": len(group)}
    if isinstance(rates, Subexpression):
        used = _identifiers(group, [rates.expr], namespace)
        return entry | {"rates": str(rates.expr)} | _unless_empty(identifiers=used)
    return entry | {"rates": _single(group.rates[:])}


def _generator(group: SpikeGeneratorGroup, namespace: Mapping[str, Any]) -> Entry:
    entry: Entry = {"name": group.name, "N": len(group), "indices": group.neuron_index}
    return entry | {"times": group.spike_time, "period": group.period}


def _input(x: PoissonInput, namespace: Mapping[str, Any]) -> Entry:
    entry = _object(x, {}) | {"target": _reference(x.group), "target_var": x.target_var}
    entry |= {"N": x.N, "rate": x.rate, "weight": x.weight}
    used = isinstance(x.weight, str) and _identifiers(
        x.group, [parse_expression(x.weight)], namespace
    )
    return entry | _unless_empty(identifiers=used)


def _events(x: EventMonitor, namespace: Mapping[str, Any]) -> Entry:
    more = {"event": x.event, "variables": list(x.variables), "record": x.record}
    return _object(x, {}) | more | {"source_size": len(x.source)}


def _recorder(x: Recorder, namespace: Mapping[str, Any]) -> Entry:
    more: Entry = {"variables": list(x.record_variables), "n_indices": len(x.indices)}
    return _object(x, {}) | more | {"record": True if x._records_all else x.indices}


# the first that fits; anything else is described by its place in the step
_KINDS: Sequence[tuple[type, Callable[[Any, Mapping[str, Any]], Entry]]] = (
    (NeuronGroup, _neurons),
    (Synapses, _synapses),
    (PoissonGroup, _poisson),
    (SpikeGeneratorGroup, _generator),
    (PoissonInput, _input),
    (EventMonitor, _events),
    (Recorder, _recorder),
    (Monitor, _object),
    (Runner, _object),
)


# ------------------------------------------------------------------ parts
def _identifiers(
    group: Group,
    codes: Sequence[Expr],
    namespace: Mapping[str, Any],
    skipped: Iterable[str | None] = (),
) -> Entry:
    """What names from outside the group stand for: numbers, TimedArrays, functions."""
    names = frozenset[str]().union(*map(names_in, codes)) - set(skipped)
    names -= set(group.variables) if not isinstance(group, Synapses) else set(group._known_names())
    last_run, found = group._constants.values(), dict[str, Any]()
    for name in sorted(names):
        symbol = find_external(name, group.namespace, namespace)
        if isinstance(symbol, Symbol) and default_symbol(name) is None:
            assert symbol.value is not None
            plain = symbol.dim.is_dimensionless
            found[name] = symbol.value if plain else Quantity(symbol.value, dim=symbol.dim)
        elif name in last_run:
            found[name] = last_run[name]
    for name in sorted(called_in(codes)):
        value = group.namespace.get(name, namespace.get(name))
        if value is not None and find_function(name, {}, {}) is None:
            found[name] = _function(value)
    return found


def _function(value: Any) -> Entry:
    if not isinstance(value, TimedArray):
        found = {"type": "custom_func", "arg_units": getattr(value, "_arg_units", None)}
        return found | {"return_unit": getattr(value, "_return_unit", None)}
    return {
        "type": "timedarray",
        "name": value.name,
        "ndim": value.ndim,
        "dt": value.dt * second,
        "values": Quantity(value.values, dim=value.dim),
    }


def _reference(group: Group) -> Any:
    """The name of a group; of a part of one, which elements, to the last: all between, or some."""
    if not isinstance(group, Subgroup):
        return group.name
    found: Entry = {"group": group.source.name, "start": group.start, "stop": group.stop - 1}
    elements = numbers_in_root(group, np.arange(len(group)))
    is_range = len(elements) == group.stop - group.start
    return found if is_range else found | {"indices": elements}


def _sides(synapses: Synapses) -> Entry:
    return {"source": _reference(synapses.source), "target": _reference(synapses.target)}


def _method(choice: Any) -> str | None:
    """The method that the script chose; None if it left the choice."""
    name = getattr(choice, "name", choice)
    return name if isinstance(name, str) else None


def _text(statements: Iterable[Assign]) -> str:
    return "\n".join(line.replace("  ", " ") for line in listed(statements))


def _values(code: str) -> list[Expr]:
    return [s.value for s in parse_statements(code)] if code.strip() else []


def _single(values: Any) -> Any:
    """One number if all are equal."""
    return values[0] if len(values) and (values == values[0]).all() else values


def _unless_empty(**entries: Any) -> Entry:
    return {key: value for key, value in entries.items() if value}
