"""A network in plain words and formulas, as Markdown: for a paper's methods, or a README."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import rheobase
from rheobase.equations.latex import latex_expression, latex_name
from rheobase.exchange.components import Entry, run_entry
from rheobase.lang.parse import parse_expression, parse_statements
from rheobase.model.callers import caller_frame, caller_namespace
from rheobase.model.group import Group
from rheobase.model.neurongroup import NeuronGroup
from rheobase.model.synapses import Synapses
from rheobase.model.variables import ArrayVariable
from rheobase.network import Network
from rheobase.units import Quantity

__all__ = ["MdExpander", "to_markdown"]

# class in small letters: its heading, what Brian calls it
_HEADINGS = {
    "neurongroup": ("Neurons", "NeuronGroup"),
    "spatialneuron": ("Neurons with a shape", "SpatialNeuron"),
    "poissongroup": ("Poisson spike sources", "PoissonGroup"),
    "spikegeneratorgroup": ("Spikes at given times", "SpikeGeneratorGroup"),
    "poissoninput": ("Poisson input", "PoissonInput"),
    "synapses": ("Synapses", "Synapses"),
    "networkoperation": ("Python code in each step", "NetworkOperation"),
    "statemonitor": ("Recorded variables", "StateMonitor"),
    "spikemonitor": ("Recorded spikes", "SpikeMonitor"),
    "eventmonitor": ("Recorded events", "EventMonitor"),
    "populationratemonitor": ("Recorded population rates", "PopulationRateMonitor"),
}
_CHANGES = {"+": "increase {} by {}", "-": "decrease {} by {}", "*": "multiply {} by {}"}


def to_markdown(network: Network, namespace: Mapping[str, Any] | None = None) -> str:
    """A network as Markdown text: equations, parameters, connections, monitors, time simulated.

    network     for what run() simulates: magic_network
    namespace   names of external constants; default: those that the calling script sees, and
                else those of the last run

    Values are those of now: one if all elements have the same, else the least and the greatest.

    >>> from rheobase import Network, NeuronGroup, ms, mV
    >>> from rheobase.exchange import to_markdown
    >>> tau = 10*ms
    >>> net = Network(NeuronGroup(2, 'dv/dt = -v/tau : volt', method='exact', name='cells'))
    >>> net.run(5*ms)
    >>> print(to_markdown(net))
    # Network
    <BLANKLINE>
    ## Neurons
    <BLANKLINE>
    **cells**: 2 neurons
    <BLANKLINE>
    $$\\frac{\\mathrm{d}v}{\\mathrm{d}t} = - \\frac{v}{\\tau}$$
    <BLANKLINE>
    - integrated by the method 'exact'
    - constants: $\\tau = 10\\,\\mathrm{m}\\mathrm{s}$
    - values: $v = 0\\,\\mathrm{V}$
    <BLANKLINE>
    Simulated for 5. ms.
    <BLANKLINE>
    """
    names = caller_namespace() if namespace is None else namespace
    objects = list(network.known_objects)
    run = run_entry(objects, network.t_, names)
    groups = {x.name: x for x in objects if isinstance(x, (NeuronGroup, Synapses))}
    for entry in (e for kind in run["components"].values() for e in kind):
        group = groups.get(entry["name"])
        if group is not None:
            entry["values"] = _values(group)
            updater = getattr(group, "state_updater", None)
            if updater is not None and updater.method is not None:
                entry["user_method"] = updater.method.name  # also if the choice was ours
            if isinstance(group, Synapses):
                entry["n_synapses"] = len(group)
    return MdExpander(include_monitors=True).create_md_string([run])


class MdExpander:
    """Writes the runs that the device 'exporter' collects; to write otherwise, override expand_...

    brian_verbose            call things by their classes: 'NeuronGroup', not 'Neurons'
    include_monitors         say what is recorded
    keep_initializer_order   a section with what the script set and connected, in its order
    author, add_meta         begin with the author; with file, date and version, too
    github_md                accepted: GitHub shows formulas by itself

    >>> from rheobase.exchange import MdExpander
    >>> MdExpander().render_expression('v/tau_m')
    '$\\\\frac{v}{\\\\tau_{m}}$'
    """

    def __init__(
        self,
        brian_verbose: bool = False,
        include_monitors: bool = False,
        keep_initializer_order: bool = False,
        author: str | None = None,
        add_meta: bool = False,
        github_md: bool = False,
    ) -> None:
        self.brian_verbose = brian_verbose
        self.include_monitors = include_monitors
        self.keep_initializer_order = keep_initializer_order
        self.author = author
        self.add_meta = add_meta
        self._deeds: Sequence[Entry] = ()

    def create_md_string(self, net_dict: Sequence[Entry]) -> str:
        """The text for some runs, each a dict as `device.runs` of 'exporter' has it."""
        parts = [*self._meta(), "# Network"]
        for number, run in enumerate(net_dict, 1):
            if len(net_dict) > 1:
                parts.append(f"# Run {number} of {len(net_dict)}")
            parts += self._run(run)
        return "\n\n".join(p for p in parts if p) + "\n"

    def _meta(self) -> list[str]:
        lines = [f"Author: {self.author}"] if self.author else []
        if self.add_meta:
            frame = caller_frame()
            file = Path(frame.f_code.co_filename).name if frame else ""
            lines = [f"File: {file}", *lines, f"Date: {time.strftime('%Y-%m-%d %H:%M')}"]
            lines.append(f"rheobase: {rheobase.__version__}")
        return ["  \n".join(lines)]

    def _run(self, run: Entry) -> list[str]:
        self._deeds = run.get("initializers_connectors", ())
        parts: list[str] = []
        order = [*_HEADINGS, *(k for k in run["components"] if k not in _HEADINGS)]
        for kind in (k for k in order if k in run["components"]):
            plain, brian = _HEADINGS.get(kind, (kind, kind))
            if kind.endswith("monitor") and not self.include_monitors:
                continue
            expand: Callable[[Entry], str] = getattr(self, f"expand_{brian}", self._expand_other)
            entries = [expand(entry) for entry in run["components"][kind]]
            parts += [f"## {brian if self.brian_verbose else plain}", *entries]
        if self.keep_initializer_order and self._deeds:
            done = [f"{k}. {self._deed(d)}" for k, d in enumerate(self._deeds, 1)]
            parts += ["## Values and connections, in order", "\n".join(done)]
        if run.get("inactive"):
            parts.append(f"Inactive in this run: {', '.join(run['inactive'])}.")
        return [*parts, f"Simulated for {run['duration']}."]

    # ------------------------------------------------------------ groups
    def expand_NeuronGroup(self, neurongrp: Entry) -> str:
        """A group of neurons: equations, events, constants, values."""
        return self._neurons(neurongrp, "neuron")

    def expand_SpatialNeuron(self, neuron: Entry) -> str:
        """A neuron of compartments."""
        return self._neurons(neuron, "compartment")

    def _neurons(self, neurongrp: Entry, element: str) -> str:
        head = f"**{neurongrp['name']}**: {_count(neurongrp['N'], element)}"
        events = neurongrp.get("events", {})
        lines = [self.expand_event(name, event) for name, event in events.items()]
        return self._model(head, neurongrp, lines)

    def expand_Synapses(self, synapse: Entry) -> str:
        """Synapses: between what, how they were made, and what spikes do."""
        head = f"**{synapse['name']}**: from {_who(synapse['source'])} to {_who(synapse['target'])}"
        if "n_synapses" in synapse:
            head += f", {_count(synapse['n_synapses'], 'synapse')}"
        made = [d for d in self._deeds if d.get("synapses") == synapse["name"]]
        lines = [f"connected: {self.expand_connector(d)}" for d in made]
        lines += [self.expand_pathway(p) for p in synapse.get("pathways", ())]
        for summed in synapse.get("summed_variables", ()):
            what = summed["name"].partition("_summed_variable_")[2]
            total = self.render_expression(summed["code"])
            lines.append(f"{self.render_expression(what)} of each neuron is the sum of {total}")
        return self._model(head, synapse, lines)

    def _model(self, head: str, entry: Entry, lines: Iterable[str]) -> str:
        found = list(lines)
        if entry.get("user_method"):
            found.insert(0, f"integrated by the method '{entry['user_method']}'")
        for code in entry.get("run_regularly", ()):
            found.append(f"{_pace(code)}: {self._statements(code['code'])}")
        if "identifiers" in entry:
            found.append(f"constants: {self.expand_identifiers(entry['identifiers'])}")
        if entry.get("values"):
            found.append(f"values: {self.expand_identifiers(entry['values'])}")
        own = {entry["name"], *(p["name"] for p in entry.get("pathways", ()))}
        for deed in self._deeds:
            if deed["type"] == "initializer" and _name(deed["source"]) in own:
                found.append(f"at the start: {self.expand_initializer(deed)}")
        formulas = self.expand_equations(entry.get("equations", {}))
        return "\n\n".join(x for x in (head, formulas, _list(found)) if x)

    def expand_PoissonGroup(self, poisngrp: Entry) -> str:
        """Neurons that spike at random."""
        rates = self._value(poisngrp["rates"])
        text = f"**{poisngrp['name']}**: {_count(poisngrp['N'], 'neuron')}, rate {rates}"
        used = poisngrp.get("identifiers")
        return text + (f", where {self.expand_identifiers(used)}" if used else "")

    def expand_SpikeGeneratorGroup(self, spkgen: Entry) -> str:
        """Neurons that spike at given times."""
        text = f"**{spkgen['name']}**: {_count(spkgen['N'], 'neuron')}, "
        text += _count(len(spkgen["times"]), "spike")
        return text + (f", again every {spkgen['period']}" if spkgen["period"] else "")

    def expand_PoissonInput(self, poisinp: Entry) -> str:
        """Poisson trains that add to a variable."""
        trains = f"{_count(poisinp['N'], 'train')} of {self._value(poisinp['rate'])}"
        variable = self.render_expression(poisinp["target_var"])
        return (
            f"{trains} for each of {_who(poisinp['target'])}; "
            f"each spike adds {self._value(poisinp['weight'])} to {variable}"
        )

    # ------------------------------------------------------------ monitors
    def expand_StateMonitor(self, statemon: Entry) -> str:
        """Variables recorded over time."""
        names = ", ".join(self.render_expression(n) for n in statemon["variables"])
        which = "all" if statemon["record"] is True else _numbers(statemon["record"])
        return f"{names} of {_who(statemon['source'])} ({which}), {_pace(statemon)}"

    def expand_SpikeMonitor(self, spikemon: Entry) -> str:
        """Recorded spikes, or how many there were."""
        return self.expand_EventMonitor(spikemon)

    def expand_EventMonitor(self, eventmon: Entry) -> str:
        """Recorded events, or how many there were."""
        names = [n for n in eventmon["variables"] if n not in ("i", "t")]
        what = "times" if eventmon["record"] else "numbers"
        with_them = ", with " + ", ".join(map(self.render_expression, names)) if names else ""
        return f"{what} of {eventmon['event']} events of {_who(eventmon['source'])}{with_them}"

    def expand_PopulationRateMonitor(self, popratemon: Entry) -> str:
        """A recorded rate."""
        return f"rate of {_who(popratemon['source'])}, {_pace(popratemon)}"

    def _expand_other(self, entry: Entry) -> str:
        source = f", of {_who(entry['source'])}" if "source" in entry else ""
        return f"**{entry['name']}**{source}, {_pace(entry)}"

    # ------------------------------------------------------------ parts
    def expand_equations(self, equations: Mapping[str, Entry]) -> str:
        """All equations of a group, then its parameters."""
        return "\n\n".join(self.expand_equation(n, e) for n, e in equations.items())

    def expand_equation(self, var: str, equation: Entry) -> str:
        """One equation: a displayed formula; a parameter: a sentence."""
        flags = [f for f in equation.get("flags", ()) if f not in ("constant", "event-driven")]
        note = f" ({', '.join(flags)})" if flags else ""
        if equation["type"] == "parameter":
            unit = equation["unit"]
            named = equation["var_type"] != "float"
            what = equation["var_type"] if named else f"in {unit}" if unit.dim.symbol != "1" else ""
            return f"Parameter {self.render_expression(var)}{what and f', {what}'}{note}"
        differential = equation["type"] == "differential equation"
        left = self.render_expression(var, differential=differential).strip("$")
        right = self.render_expression(equation["expr"]).strip("$")
        return f"$${left} = {right}$${note}"

    def expand_event(self, event_name: str, event_details: Entry) -> str:
        """When an event happens, and what it does."""
        text = f"{event_name} when {self.render_expression(event_details['threshold']['code'])}"
        if "reset" in event_details:
            text += f"; then {self._statements(event_details['reset']['code'])}"
        if "refractory" in event_details:
            text += f"; refractory: {self._value(event_details['refractory'])}"
        return text

    def expand_pathway(self, pathway: Entry) -> str:
        """What events of one side do."""
        text = (
            f"{pathway['prepost']}synaptic {pathway['event']}: {self._statements(pathway['code'])}"
        )
        return text + (f", after {self._value(pathway['delay'])}" if "delay" in pathway else "")

    def expand_identifiers(self, identifiers: Mapping[str, Any]) -> str:
        """Names and what they stand for."""
        return ", ".join(self.expand_identifier(n, v) for n, v in identifiers.items())

    def expand_identifier(self, ident_key: str, ident_value: Any) -> str:
        """One name, and its number, or what kind of function it is."""
        name = latex_name(ident_key)
        if isinstance(ident_value, Mapping):
            function: Mapping[str, Any] = ident_value  # pyright: ignore[reportUnknownVariableType]
            timed = function["type"] == "timedarray"
            how = f"values in steps of {function['dt']}" if timed else "a Python function"
            return f"${name}$ ({how})"
        if isinstance(ident_value, tuple):
            low, high = (self._value(x).strip("$") for x in ident_value)  # pyright: ignore
            return f"${name}$ from ${low}$ to ${high}$"
        return f"${name} = {self._value(ident_value).strip('$')}$"

    def expand_initializer(self, initializer: Entry) -> str:
        """A variable and the value that the script gave it."""
        value = self._value(initializer["value"])
        name = self.render_expression(initializer["variable"])
        text = f"{name} $=$ {value}"
        index = initializer["index"]
        if isinstance(index, np.ndarray):
            text += f" for {_numbers(index)}"  # pyright: ignore[reportUnknownArgumentType]
        elif index not in (True, "True"):
            text += f" where {self.render_expression(index)}"
        source = initializer["source"]
        text += "" if isinstance(source, str) else f" in {_part(source)}"
        used = initializer.get("identifiers")
        return text + (f", with {self.expand_identifiers(used)}" if used else "")

    def expand_connector(self, connector: Entry) -> str:
        """Which pairs one call of connect() connected."""
        if isinstance(connector.get("i"), str) or isinstance(connector.get("j"), str):
            side = "i" if isinstance(connector.get("i"), str) else "j"
            text = f"`{side} = {connector[side]}`"
        elif "i" in connector:
            text = _count(np.size(connector["i"]), "listed pair")
        else:
            condition = connector.get("condition")
            text = "no pairs" if condition is False else "all pairs"
            if isinstance(condition, str):
                text = f"pairs with {self.render_expression(condition)}"
        if connector["probability"] != 1:
            text += f", with probability {self._value(connector['probability'])}"
        n = connector["n_connections"]
        if np.ndim(n):
            text += f", {np.sum(n)} synapses in all"
        elif n != 1:
            text += f", {self._value(n)} synapses each"
        used = connector.get("identifiers")
        return text + (f", where {self.expand_identifiers(used)}" if used else "")

    def _deed(self, deed: Entry) -> str:
        if deed["type"] == "connect":
            return f"{deed['synapses']}: {self.expand_connector(deed)}"
        return f"{_name(deed['source'])}: {self.expand_initializer(deed)}"

    # ------------------------------------------------------------ formulas
    def render_expression(self, expression: Any, differential: bool = False) -> str:
        """An expression, as text or number, between dollar signs; differential: its derivative."""
        if not isinstance(expression, str):
            return self._value(expression)
        text = latex_expression(parse_expression(expression))
        return rf"$\frac{{\mathrm{{d}}{text}}}{{\mathrm{{d}}t}}$" if differential else f"${text}$"

    def _statements(self, code: str) -> str:
        done: list[str] = []
        for s in parse_statements(code):
            change = _CHANGES.get(
                s.op or "", "set {} to {}" if s.op is None else "{} " + f"{s.op}= {{}}"
            )
            done.append(
                change.format(f"${latex_name(s.target)}$", f"${latex_expression(s.value)}$")
            )
        return ", ".join(done)

    def _value(self, value: Any) -> str:
        if isinstance(value, str):
            return self.render_expression(value)
        if np.size(value) > 1:
            return f"{np.size(value)} values"
        one = value if np.ndim(value) == 0 else value[0]
        return Quantity(one)._repr_latex_() if not isinstance(one, bool) else str(one)  # pyright: ignore


def _values(group: Group) -> dict[str, Any]:
    """The variables of the equations: one value, or the least and the greatest."""
    found: dict[str, Any] = {}
    for name in getattr(group, "equations", {}):
        if name in group.variables and isinstance(group.variables[name], ArrayVariable):
            values = np.atleast_1d(group.state(name)[:])
            if values.size:
                low, high = values.min(), values.max()
                found[name] = low if low == high else (low, high)
    return found


def _count(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")


def _numbers(elements: Any) -> str:
    shown = ", ".join(map(str, elements[:10]))
    return shown if len(elements) <= 10 else f"{len(elements)} elements: {shown}, ..."


def _name(reference: Any) -> str:
    return reference if isinstance(reference, str) else str(reference["group"])


def _who(reference: Any) -> str:
    """A group, or a part of one, by name."""
    if isinstance(reference, str):
        return f"*{reference}*"
    return f"*{reference['group']}* ({_part(reference)})"


def _pace(entry: Entry) -> str:
    if "times" in entry:
        return f"at {_count(len(entry['times']), 'given time')}"
    return f"every {entry['dt']}"


def _part(reference: Entry) -> str:
    if "indices" in reference:
        return _numbers(reference["indices"])
    return f"{reference['start']} to {reference['stop']}"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
