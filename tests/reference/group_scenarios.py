"""Small deterministic networks, written for Brian 2 and rheobase alike.

Each function gets the package, `b`, and returns what came of it: arrays by name. The networks
are about *when* things happen: refractoriness, schedules of events, order within a step, several
steps. Thresholds are never met exactly, so that rounding decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["SCENARIOS", "plain"]

Result = dict[str, Any]
SCENARIOS: dict[str, Callable[[Any], Result]] = {}


def scenario(function: Callable[[Any], Result]) -> Callable[[Any], Result]:
    SCENARIOS[function.__name__] = function
    return function


def plain(result: Result) -> dict[str, Any]:
    """As JSON keeps it: lists of whole numbers, and of numbers with 9 digits."""
    return {name: _listed(np.asarray(values)) for name, values in result.items()}


def _listed(values: Any) -> Any:
    if values.dtype.kind == "f":
        return [float(f"{x:.9g}") for x in values.ravel()]
    return values.ravel().tolist()


def spikes_of(monitor: Any, dt: float = 1e-4) -> Result:
    return {"i": monitor.i[:], "step": np.round(np.asarray(monitor.t_[:]) / dt).astype(int)}


# ------------------------------------------------------------------ refractoriness
REFRACTORY = {
    "a_time": "0.55*ms",
    "no_whole_number_of_steps": "0.273*ms",
    "a_parameter": "ref",
    "drawn_anew_after_each_spike": "(0.3 + 0.4*k)*ms",
    "a_subexpression": "later",
    "a_condition_on_the_state": "v > 0.31",
    "a_condition_on_time": "(t - lastspike) < 0.449*ms",
    "steps_counted": "timestep(t - lastspike, dt) <= timestep(ref, dt)",
    "a_boolean_variable": "shut",
    "never": "False",
    "zero_time": "0*ms",
}
CELLS = """
dv/dt = (I - v)/(3*ms) : 1{flag}
dw/dt = -w/(2*ms) : 1
later = (0.2 + w)*ms : second
I : 1
ref : second
k : integer
shut : boolean
"""


def refractory_cells(b: Any, refractory: Any, flag: str) -> Result:
    cells = b.NeuronGroup(
        5,
        CELLS.format(flag=flag),
        threshold="v > 0.8137",
        reset="v = 0.4*v; w += 0.31; k += 1; shut = (k % 3 == 1)",
        refractory=refractory,
        method="exact",
        name="cells",
    )
    cells.I = "1.1 + 0.7*i"
    cells.ref = "(0.1 + 0.17*i)*ms"
    spikes = b.SpikeMonitor(cells, variables="w", name="spikes")
    states = b.StateMonitor(cells, "v", record=True, name="states")
    opening = cells.run_regularly("shut = False", dt=1.3 * b.ms, name="opening")
    net = b.Network(cells, spikes, states, opening)
    net.run(12 * b.ms)
    return {**spikes_of(spikes), "w": spikes.w[:], "v": states.v[:, ::7], "k": cells.k[:]}


def _add_refractory(name: str, refractory: str, flag: str, suffix: str) -> None:
    def run(b: Any) -> Result:
        return refractory_cells(b, refractory, flag)

    SCENARIOS[f"refractory_{name}{suffix}"] = run


for _name, _text in REFRACTORY.items():
    _add_refractory(_name, _text, "", "")
    _add_refractory(_name, _text, " (unless refractory)", "_and_clamped")


@scenario
def refractory_as_quantity(b: Any) -> Result:
    return refractory_cells(b, 0.55 * b.ms, " (unless refractory)")


@scenario
def refractory_writes_of_synapses(b: Any) -> Result:
    """Synapses do not write what is clamped; other code of the group does."""
    source = b.SpikeGeneratorGroup(1, [0] * 12, np.arange(12) * 0.4 * b.ms, name="source")
    target = b.NeuronGroup(
        2,
        "dv/dt = -v/(5*ms) : 1 (unless refractory)\ndu/dt = -u/(5*ms) : 1",
        threshold="v > 0.73",
        reset="v = 0.05",
        refractory=1.1 * b.ms,
        method="exact",
        name="target",
    )
    synapses = b.Synapses(source, target, "g : 1", on_pre="v += g; u += g", name="synapses")
    synapses.connect()
    synapses.g = [0.4, 0.9]
    spikes = b.SpikeMonitor(target, name="spikes")
    states = b.StateMonitor(target, ["v", "u", "not_refractory"], record=True, name="states")
    kicks = target.run_regularly("v += 0.21; u += 0.21", dt=0.7 * b.ms, name="kicks")
    b.Network(source, target, synapses, spikes, states, kicks).run(6 * b.ms)
    return {
        **spikes_of(spikes), "v": states.v[:], "u": states.u[:],
        "not_refractory": states.not_refractory[:].astype(int),
    }  # fmt: skip


@scenario
def refractory_set_by_the_script(b: Any) -> Result:
    cells = b.NeuronGroup(
        4, "v : 1", threshold="v > 0.5", reset="", refractory="ref", name="cells",
        namespace={"ref": 0.5 * b.ms},
    )  # fmt: skip
    cells.v = "i"
    spikes = b.SpikeMonitor(cells, name="spikes")
    net = b.Network(cells, spikes)
    cells.lastspike = [-1, -0.2, -0.3, 0] * b.ms
    net.run(1.2 * b.ms)
    cells.namespace["ref"] = 0.2 * b.ms
    net.run(1.2 * b.ms)
    cells.lastspike = 2 * b.ms
    net.run(1 * b.ms)
    return {**spikes_of(spikes), "lastspike": cells.lastspike_[:]}


@scenario
def refractory_after_a_change_of_dt(b: Any) -> Result:
    cells = b.NeuronGroup(
        3, "v : 1", threshold="v > 0.5", reset="", refractory=0.5 * b.ms, name="cells",
        dt=0.1 * b.ms,
    )  # fmt: skip
    cells.v = "i"
    spikes = b.SpikeMonitor(cells, name="spikes")
    net = b.Network(cells, spikes)
    net.run(1.2 * b.ms)
    cells.clock.dt = 0.05 * b.ms
    net.run(1.2 * b.ms)
    return spikes_of(spikes, 0.05e-3)


# ------------------------------------------------------------------ events
EVENTS = {
    "by_default": {},
    "before_groups": {"when": "before_groups"},
    "at_the_start": {"when": "start"},
    "at_the_end": {"when": "end"},
    "before_the_threshold": {"when": "thresholds", "order": -1},
    "after_the_threshold": {"when": "thresholds", "order": 1},
    "after_resets": {"when": "after_resets", "order": 3},
}
CODES = {
    "by_default": {},
    "at_the_start": {"when": "start"},
    "after_thresholds": {"when": "after_thresholds"},
    "before_resets": {"when": "before_resets", "order": 2},
    "at_the_end": {"when": "end", "order": -1},
}


def cells_with_event(b: Any, schedule: dict[str, Any], code: dict[str, Any]) -> Result:
    cells = b.NeuronGroup(
        4,
        "dv/dt = (I - v)/(2*ms) : 1\nI : 1\nx : 1",
        threshold="v > 0.7531",
        reset="v -= 0.6; x = 2*x + 1",
        events={"high": "v > 0.5127 or x > 3.5"},
        method="exact",
        name="cells",
    )
    cells.I = "0.9 + 0.3*i"
    if schedule:
        cells.set_event_schedule("high", **schedule)
    cells.run_on_event("high", "v -= 0.0131; x = 0.5*x + 0.25", **code)
    spikes = b.SpikeMonitor(cells, variables="x", name="spikes")
    events = b.EventMonitor(cells, "high", variables=["v", "x"], name="events")
    states = b.StateMonitor(cells, "v", record=True, when="end", order=5, name="states")
    b.Network(cells, spikes, events, states).run(8 * b.ms)
    return {
        **spikes_of(spikes), "x_at_spikes": spikes.x[:],
        **{f"event_{k}": v for k, v in spikes_of(events).items()},
        "event_v": events.v[:], "event_x": events.x[:], "v": states.v[:, ::9],
    }  # fmt: skip


def _add_event(event: str, code: str) -> None:
    def run(b: Any) -> Result:
        return cells_with_event(b, EVENTS[event], CODES[code])

    SCENARIOS[f"event_found_{event}_code_{code}"] = run


_PAIRS = {(e, "by_default") for e in EVENTS} | {("by_default", c) for c in CODES}
_PAIRS |= {("at_the_end", "at_the_start"), ("at_the_start", "at_the_end")}
for _event, _code in sorted(_PAIRS):
    _add_event(_event, _code)


@scenario
def event_drives_synapses(b: Any) -> Result:
    """Pathways on two events of one group, one of them with a delay."""
    source = b.NeuronGroup(
        3, "dv/dt = I/ms : 1\nI : 1", threshold="v > 0.9513", reset="v = 0",
        events={"half": "v > 0.4517 and v < 0.7519"}, method="euler", name="source",
    )  # fmt: skip
    source.I = "0.31 + 0.2*i"
    source.set_event_schedule("half", when="before_synapses")
    target = b.NeuronGroup(3, "x : 1", name="target")
    synapses = b.Synapses(
        source, target, on_pre={"full": "x = 0.5*x + 1", "part": "x += 0.125*(i + 1)"},
        on_event={"full": "spike", "part": "half"}, delay={"part": 0.3 * b.ms}, name="synapses",
    )  # fmt: skip
    synapses.connect(j="i")
    states = b.StateMonitor(target, "x", record=True, when="end", name="states")
    b.Network(source, target, synapses, states).run(6 * b.ms)
    return {"x": states.x[:]}


@scenario
def events_of_groups_of_different_dt(b: Any) -> Result:
    result: Result = {}
    objects: list[Any] = []
    for k, dt in enumerate((0.1, 0.25, 0.05)):
        cells = b.NeuronGroup(
            2, "dv/dt = (1.5 + i - v)/(2*ms) : 1", threshold="v > 0.7531", reset="v = 0.1",
            events={"e": "v > 0.6127"}, method="exact", dt=dt * b.ms, name=f"cells{k}",
        )  # fmt: skip
        cells.run_on_event("e", "v += 0.0031")
        objects += [cells, b.SpikeMonitor(cells, name=f"spikes{k}")]
        objects += [b.EventMonitor(cells, "e", variables="v", name=f"events{k}")]
    b.Network(objects).run(5 * b.ms)
    for x in objects:
        if not isinstance(x, b.NeuronGroup):
            result |= {f"{x.name}_{key}": v for key, v in spikes_of(x, 0.05e-3).items()}
    return result


# ------------------------------------------------------------------ order within a step
@scenario
def order_of_code_by_slot_order_and_name(b: Any) -> Result:
    """x tells in which order code has run: each piece appends a digit."""
    cells = b.NeuronGroup(1, "x : 1", name="cells")
    places = [
        ("start", 0, "zebra"), ("start", 0, "ape"), ("start", -1, "mouse"), ("end", 0, "ant"),
        ("before_groups", 1, "bee"), ("before_groups", 0, "cat"), ("after_end", 0, "dog"),
        ("groups", 0, "cells_zz"), ("groups", 0, "a"),
    ]  # fmt: skip
    code = [
        cells.run_regularly(f"x = (10*x + {k + 1}) % 1e12", when=when, order=order, name=name)
        for k, (when, order, name) in enumerate(places)
    ]
    states = b.StateMonitor(cells, "x", record=0, when="after_end", order=9, name="states")
    b.Network(cells, code, states).run(0.3 * b.ms)
    return {"x": states.x[0]}


@scenario
def order_in_a_schedule_of_its_own(b: Any) -> Result:
    cells = b.NeuronGroup(
        2, "dv/dt = (1 + i)/ms : 1\nx : 1", threshold="v > 0.4527", reset="v = 0; x += 1",
        method="euler", name="cells",
    )  # fmt: skip
    synapses = b.Synapses(cells, cells, on_pre="x = 2*x", name="synapses")
    synapses.connect(i=[0, 1], j=[1, 0])
    states = b.StateMonitor(cells, ["v", "x"], record=True, name="states")
    net = b.Network(cells, synapses, states)
    net.schedule = ["resets", "synapses", "middle", "thresholds", "start", "groups", "end"]
    code = cells.run_regularly("x += 0.25*v", when="before_middle", name="code")
    net.add(code)
    net.run(3 * b.ms)
    return {"v": states.v[:], "x": states.x[:]}


@scenario
def order_of_groups_by_name(b: Any) -> Result:
    """Each group reads the other through a link: who is first decides what the other sees."""
    result: Result = {}
    for first, second in (("aa", "zz"), ("zz", "aa")):
        equations = "dv/dt = (1 - v + 0.5*other)/(2*ms) : 1\nother : 1 (linked)"
        one = b.NeuronGroup(2, equations, method="euler", name=f"{first}_{second}")
        two = b.NeuronGroup(2, equations, method="euler", name=f"{second}_{first}")
        one.other, two.other = b.linked_var(two, "v"), b.linked_var(one, "v")
        one.v, two.v = [0.1, 0.2], [0.3, 0.4]
        states = b.StateMonitor(one, "v", record=True, name=f"states_{first}")
        b.Network(one, two, states).run(2 * b.ms)
        result[f"v_{first}"] = states.v[:]
    return result


@scenario
def order_of_pathways_by_name(b: Any) -> Result:
    source = b.SpikeGeneratorGroup(1, [0, 0], [0.1, 0.4] * b.ms, name="source")
    target = b.NeuronGroup(1, "x : 1", name="target")
    code = {"late": "x = 2*x", "early": "x += 3", "middle": "x = x*x"}
    synapses = b.Synapses(source, target, on_pre=code, name="synapses")
    synapses.connect()
    target.x = 1
    states = b.StateMonitor(target, "x", record=0, when="end", name="states")
    b.Network(source, target, synapses, states).run(0.4 * b.ms)
    return {"x": states.x[0]}


@scenario
def order_of_monitors_beside_what_they_record(b: Any) -> Result:
    cells = b.NeuronGroup(
        2, "dv/dt = (1 + i)/ms : 1\nx : 1", threshold="v > 0.4527", reset="v = 0; x += 1",
        method="euler", name="cells",
    )  # fmt: skip
    places = [("start", 0), ("groups", -1), ("groups", 1), ("thresholds", 1), ("resets", -1),
              ("resets", 1), ("end", 0)]  # fmt: skip
    states = [
        b.StateMonitor(cells, ["v", "x"], record=True, when=when, order=order, name=f"states{k}")
        for k, (when, order) in enumerate(places)
    ]
    spikes = [
        b.SpikeMonitor(cells, ["v", "x"], name="spikes_default"),
        b.SpikeMonitor(cells, ["v", "x"], when="after_resets", name="spikes_after"),
    ]
    b.Network(cells, states, spikes).run(2 * b.ms)
    found = {f"v{k}": m.v[:] for k, m in enumerate(states)}
    found |= {f"x{k}": m.x[:] for k, m in enumerate(states)}
    return found | {f"{m.name}_{n}": getattr(m, n)[:] for m in spikes for n in ("v", "x")}


# ------------------------------------------------------------------ several steps
def run_at(b: Any, group: Any, variable: str, factor: float, times: Any, **options: Any) -> Any:
    """variable = factor*variable + 1 at given times."""
    if hasattr(group, "run_at"):
        return group.run_at(f"{variable} = {factor}*{variable} + 1", times * b.ms, **options)
    steps = set(np.round(np.asarray(times) / 0.1).astype(int).tolist())

    def change(t: Any) -> None:
        if round(float(np.asarray(t / b.ms)) / 0.1) in steps:
            setattr(group, variable, factor * np.asarray(getattr(group, variable)[:]) + 1)

    return b.NetworkOperation(change, dt=0.1 * b.ms, **options)


@scenario
def code_at_given_times(b: Any) -> Result:
    cells = b.NeuronGroup(
        3, "dv/dt = -v/(2*ms) : 1", threshold="v > 2.517", reset="v = 0.25", method="exact",
        name="cells",
    )  # fmt: skip
    cells.v = "i"
    one = run_at(b, cells, "v", 0.9, np.array([3.1, 0.4, 0.0, 1.7]), name="one")
    two = run_at(b, cells, "v", 1.1, np.array([0.4, 0.5, 3.1]), when="after_synapses", name="two")
    three = run_at(b, cells, "v", 0.7, np.array([0.4, 3.1]), order=-1, name="three")
    spikes = b.SpikeMonitor(cells, name="spikes")
    states = b.StateMonitor(cells, "v", record=True, when="end", name="states")
    net = b.Network(cells, one, two, three, spikes, states)
    net.run(1.5 * b.ms)
    net.run(2.5 * b.ms)
    return {**spikes_of(spikes), "v": states.v[:]}


def two_steps(b: Any, fast: float, slow: float) -> tuple[Any, Any]:
    equations = """
    dv/dt = (1 + 0.1*i - v + 0.3*other)/(2*ms) : 1
    x : 1
    other : 1 (linked)
    total = v + other : 1
    """
    options = {"threshold": "v > 0.9137", "reset": "v = 0.2; x += 1", "method": "exact"}
    quick = b.NeuronGroup(3, equations, dt=fast * b.ms, name="quick", **options)
    lazy = b.NeuronGroup(3, equations, dt=slow * b.ms, name="lazy", **options)
    quick.other, lazy.other = b.linked_var(lazy, "v"), b.linked_var(quick, "v")
    quick.v, lazy.v = [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]
    return quick, lazy


def _different_dt(fast: float, slow: float, watch: float) -> Callable[[Any], Result]:
    def run(b: Any) -> Result:
        quick, lazy = two_steps(b, fast, slow)
        objects: list[Any] = [quick, lazy]
        for group in (quick, lazy):
            for dt in (fast, slow, watch):
                name = f"states_{group.name}_{len(objects)}"
                objects.append(
                    b.StateMonitor(
                        group, ["v", "total", "x"], record=[0, 2], dt=dt * b.ms, name=name
                    )
                )
            objects.append(b.SpikeMonitor(group, name=f"spikes_{group.name}"))
            objects.append(b.PopulationRateMonitor(group, name=f"rate_{group.name}"))
            code = "x = 0.5*x + v"
            objects.append(group.run_regularly(code, dt=watch * b.ms, name=f"code_{group.name}"))
        net = b.Network(objects)
        net.run(4.2 * b.ms)
        quick.v = "v + 0.1*other"
        lazy.v[1:] = "0.5*total"
        net.run(3 * b.ms)
        return _recorded(b, objects)

    return run


def _recorded(b: Any, objects: list[Any]) -> Result:
    found: Result = {}
    for x in objects:
        if isinstance(x, b.StateMonitor):
            found |= {f"{x.name}_{n}": getattr(x, n)[:] for n in ("v", "total", "x")}
            found[f"{x.name}_t"] = x.t_[:]
        elif isinstance(x, b.SpikeMonitor):
            found |= {f"{x.name}_{k}": v for k, v in spikes_of(x, 0.05e-3).items()}
        elif isinstance(x, b.PopulationRateMonitor):
            found |= {f"{x.name}_t": x.t_[:], f"{x.name}_rate": x.rate_[:]}
    return found


for _fast, _slow, _watch in ((0.1, 0.2, 0.3), (0.05, 0.35, 0.1), (0.1, 0.25, 0.6)):
    SCENARIOS[f"steps_of_{_fast}_and_{_slow}"] = _different_dt(_fast, _slow, _watch)


@scenario
def steps_synapses_between_different_dt(b: Any) -> Result:
    quick, lazy = two_steps(b, 0.05, 0.3)
    there = b.Synapses(quick, lazy, on_pre="x += 1; v += 0.0213", delay=0.4 * b.ms, name="there")
    back = b.Synapses(lazy, quick, on_pre="x += 1; v -= 0.0117", delay=0.6 * b.ms, name="back")
    for synapses in (there, back):
        synapses.connect("i != j")
    objects = [
        quick, lazy, there, back,
        b.SpikeMonitor(quick, name="spikes_quick"), b.SpikeMonitor(lazy, name="spikes_lazy"),
        b.StateMonitor(lazy, ["v", "total", "x"], record=True, dt=0.1 * b.ms, name="states"),
    ]  # fmt: skip
    b.Network(objects).run(6 * b.ms)
    return _recorded(b, objects)


@scenario
def steps_changed_between_runs(b: Any) -> Result:
    quick, lazy = two_steps(b, 0.1, 0.2)
    states = b.StateMonitor(lazy, ["v", "total", "x"], record=True, name="states")
    objects = [quick, lazy, states, b.SpikeMonitor(quick, name="spikes_quick")]
    net = b.Network(objects)
    for fast, slow in ((0.1, 0.2), (0.05, 0.4), (0.2, 0.1)):
        quick.clock.dt, lazy.clock.dt = fast * b.ms, slow * b.ms
        net.run(2 * b.ms)
    return _recorded(b, objects)


@scenario
def steps_of_generator_and_array(b: Any) -> Result:
    """A generator with a period and a step of its own; a TimedArray seen at two steps."""
    array = b.TimedArray([0.1, 0.9, 0.3, 0.7], dt=0.6 * b.ms, name="array_of_four")
    source = b.SpikeGeneratorGroup(
        3, [0, 1, 2, 0], [0, 0.4, 0.6, 0.8] * b.ms, dt=0.2 * b.ms, period=1.4 * b.ms, name="source"
    )
    target = b.NeuronGroup(
        3, "dv/dt = (array_of_four(t) - v)/ms : 1\nx : 1\ntotal = v + x : 1", dt=0.3 * b.ms,
        method="euler", name="target", namespace={"array_of_four": array},
    )  # fmt: skip
    synapses = b.Synapses(source, target, on_pre="x = 0.5*x + array_of_four(t)", name="synapses",
                          namespace={"array_of_four": array})  # fmt: skip
    synapses.connect(j="i")
    objects = [
        source, target, synapses, b.SpikeMonitor(source, name="spikes"),
        b.StateMonitor(target, ["v", "total", "x"], record=True, dt=0.1 * b.ms, name="states"),
    ]  # fmt: skip
    b.Network(objects).run(5 * b.ms)
    return _recorded(b, objects)


@scenario
def steps_of_parts_and_constants_over_dt(b: Any) -> Result:
    """Code of a subgroup in a step of its own; what is constant over dt, of which dt."""
    cells = b.NeuronGroup(
        6, "dv/dt = (held - v)/ms : 1\nheld = 0.5*x + t/(5*ms) : 1 (constant over dt)\nx : 1\n"
        "total = v + held : 1", dt=0.2 * b.ms, method="euler", name="cells",
    )  # fmt: skip
    code = cells[2:5].run_regularly("x += 0.3*i + v", dt=0.3 * b.ms, name="code")
    objects = [
        cells, code,
        b.StateMonitor(cells[1:4], ["v", "total", "x"], record=True, dt=0.1 * b.ms, name="states"),
    ]  # fmt: skip
    b.Network(objects).run(3 * b.ms)
    return _recorded(b, objects)
