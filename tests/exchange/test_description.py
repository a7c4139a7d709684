"""Models described as dicts and as text.

The dicts are what brian2tools 0.3 prints for these scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rheobase as rb
from rheobase import EventClock, NetworkOperation, NeuronGroup, get_device, ms, mV, second
from rheobase.brian2 import reinit_devices
from rheobase.cli.scripts import run_script
from rheobase.exchange import MdExpander, to_markdown

NEURONS = """
from brian2 import *
import brian2tools.baseexport

set_device('exporter')
tau, El, Vth = 10*ms, -70*mV, -50*mV
I = TimedArray([1, 2, 3]*mV, dt=10*ms, name='stimulus')
cells = NeuronGroup(10, '''dv/dt = (El - v + I(t) + x*mV)/tau : volt (unless refractory)
                           x : 1 (constant)
                           k : integer (shared)''',
                    threshold='v > Vth', reset='v = El', refractory=5*ms, method='euler',
                    name='cells')
cells.v = El
cells.x = 'rand()*tau/ms'
cells.x[:3] = 4
cells.x['i>2'] = 'i/N'
cells[2:5].v = -60*mV
cells.run_regularly('x += 0.1', dt=1*ms, name='growth')
background = PoissonInput(cells, 'v', 100, 5*Hz, weight=2*mV)
states = StateMonitor(cells, ['v', 'x'], record=[0, 2], name='states')
every = StateMonitor(cells, 'v', record=True, dt=1*ms, name='every')
spikes = SpikeMonitor(cells, name='spikes')
run(100*ms)
"""

SYNAPSES = """
from brian2 import *
import brian2tools.baseexport

set_device('exporter', build_on_run=False)
tau, w0, rmax = 10*ms, 2*mV, 3*Hz
cells = NeuronGroup(10, '''v : volt
                           S : 1''', threshold='v > 1*mV', name='cells', reset='')
steady = PoissonGroup(5, rates=20*Hz, name='steady')
graded = PoissonGroup(5, rates='rmax*i', name='graded')
given = SpikeGeneratorGroup(3, [0, 1], [1, 2]*ms, period=20*ms, name='given')
plastic = Synapses(steady[1:3], cells, '''w : volt
                   S_post = w/mV : 1 (summed)
                   dA/dt = -A/tau : 1 (event-driven)''',
                   on_pre='v_post += w\\nA += 1', on_post='w += w0', delay=2*ms, name='plastic')
plastic.connect(p=0.5)
plastic.w = 'w0*rand()'
pairs = Synapses(given, cells, on_pre='v += 1*mV', name='pairs')
pairs.connect(i=[0, 1], j=[1, 2])
chosen = Synapses(cells, cells, on_pre='v += 1*mV', name='chosen')
chosen.connect(condition='i!=j', n=2)
chosen.connect(j='i+k for k in range(2) if i+k<10')
chosen.pre.delay = '1*ms'
run(100*ms)
chosen.active = False
cells.v = 1*mV
run(50*ms)
device.build()
"""


@pytest.fixture(autouse=True)
def back_to_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    reinit_devices()


def _runs(script: str) -> list[dict[str, Any]]:
    Path("script.py").write_text(script)
    run_script(Path("script.py"), [])
    device: Any = get_device()
    return device.runs


def _same(found: Any, wanted: Any) -> bool:
    """Equal all the way down; arrays by their elements, and 1 is not True."""
    match wanted, found:
        case dict(), dict():
            names: list[str] = sorted(wanted)  # pyright: ignore
            return sorted(found) == names and all(_same(found[n], wanted[n]) for n in names)  # pyright: ignore
        case list(), list():
            return len(found) == len(wanted) and all(map(_same, found, wanted))  # pyright: ignore
        case _:
            pass
    if isinstance(wanted, bool):
        return found is wanted
    return bool(np.all(np.shape(found) == np.shape(wanted)) and np.all(found == wanted))


def test_neurons_as_a_dict() -> None:
    (run,) = _runs(NEURONS)
    step = {"dt": 0.1 * ms, "order": 0}
    equations = {
        "v": {
            "expr": "(El - v + I(t) + x*mV)/tau",
            "flags": ["unless refractory"],
            "type": "differential equation",
            "unit": rb.volt,
            "var_type": "float",
        },
        "x": {"flags": ["constant"], "type": "parameter", "unit": 1, "var_type": "float"},
        "k": {"flags": ["shared"], "type": "parameter", "unit": 1, "var_type": "integer"},
    }
    stimulus = {"name": "stimulus", "dt": 10 * ms, "ndim": 1, "type": "timedarray"}
    (group,) = run["components"].pop("neurongroup")
    assert _same(
        group,
        {
            "N": 10,
            "name": "cells",
            "equations": equations,
            "events": {
                "spike": {
                    "threshold": {"code": "v > Vth", "when": "thresholds"} | step,
                    "reset": {"code": "v = El", "when": "resets"} | step,
                    "refractory": 5 * ms,
                }
            },
            "identifiers": {
                "El": -70 * mV,
                "Vth": -50 * mV,
                "tau": 10 * ms,
                "I": stimulus | {"values": [1, 2, 3] * mV},
            },
            "run_regularly": [
                {"code": "x += 0.1", "dt": 1 * ms, "when": "start", "order": 0} | {"name": "growth"}
            ],
            "user_method": "euler",
            "when": "groups",
            "order": 0,
        },
    )
    del run["components"]["poissoninput"][0]["name"]  # of which brian2tools says nothing
    weight = {"N": 100, "rate": 5 * rb.Hz, "weight": 2 * mV, "target_var": "v", "target": "cells"}
    state = {"source": "cells", "when": "start", "order": 0}
    assert _same(
        run["components"],
        {
            "poissoninput": [weight | step | {"when": "synapses"}],
            "spikemonitor": [
                {"dt": 0.1 * ms, "event": "spike", "name": "spikes", "order": 1, "record": True}
                | {"source": "cells", "source_size": 10, "variables": ["i", "t"]}
                | {"when": "thresholds"}
            ],
            "statemonitor": [
                {"name": "every", "dt": 1 * ms, "variables": ["v"], "record": True}
                | {"n_indices": 10}
                | state,
                {"name": "states", "dt": 0.1 * ms, "variables": ["v", "x"]}
                | {"n_indices": 2, "record": np.array([0, 2])}
                | state,
            ],
        },
    )
    assert run["duration"] == 0.1 * second


def test_what_the_script_sets_in_its_order() -> None:
    (run,) = _runs(NEURONS)
    tau = {"identifiers": {"tau": 10 * ms}}
    part = {"group": "cells", "start": 2, "stop": 4}
    wanted = [
        {"variable": "v", "source": "cells", "index": True, "value": -70 * mV},
        {"variable": "x", "source": "cells", "index": "True", "value": "rand()*tau/ms"} | tau,
        {"variable": "x", "source": "cells", "index": np.array([0, 1, 2]), "value": 4},
        {"variable": "x", "source": "cells", "index": "i>2", "value": "i/N"}
        | {"identifiers": {"N": 10}},
        {"variable": "v", "source": part, "index": True, "value": -60 * mV},
    ]
    assert _same(run["initializers_connectors"], [w | {"type": "initializer"} for w in wanted])


def test_synapses_and_sources_as_dicts() -> None:
    run, after = _runs(SYNAPSES)
    found = run["components"]
    graded = {"N": 5, "name": "graded", "rates": "rmax*i", "identifiers": {"rmax": 3 * rb.Hz}}
    assert _same(found["poissongroup"], [graded, {"N": 5, "name": "steady", "rates": 20 * rb.Hz}])
    spikes = {"indices": np.array([0, 1]), "times": [1, 2] * ms, "period": 20 * ms}
    assert _same(found["spikegeneratorgroup"], [{"N": 3, "name": "given"} | spikes])
    part = {"group": "steady", "start": 1, "stop": 2}
    pathway = {"dt": 0.1 * ms, "event": "spike", "when": "synapses"}
    plastic = next(s for s in found["synapses"] if s["name"] == "plastic")
    assert _same(
        plastic,
        {
            "name": "plastic",
            "source": part,
            "target": "cells",
            "equations": {
                "w": {"type": "parameter", "unit": rb.volt, "var_type": "float"},
                "A": {"expr": "-A/tau", "flags": ["event-driven"], "unit": 1}
                | {"type": "differential equation", "var_type": "float"},
            },
            "identifiers": {"tau": 10 * ms, "w0": 2 * mV},
            "pathways": [
                {"name": "plastic_pre", "prepost": "pre", "code": "v_post += w\nA += 1"}
                | {"source": part, "target": "cells", "delay": 2 * ms, "order": -1}
                | pathway,
                {"name": "plastic_post", "prepost": "post", "code": "w += w0", "order": 1}
                | {"source": "cells", "target": part}
                | pathway,
            ],
            "summed_variables": [
                {"code": "w/mV", "name": "plastic_summed_variable_S_post", "target": "cells"}
                | {"dt": 0.1 * ms, "order": -1, "when": "groups"}
            ],
        },
    )
    assert "inactive" not in run
    assert after["inactive"] == ["chosen_pre", "chosen"]
    assert after["duration"] == 50 * ms
    assert [d["value"] for d in after["initializers_connectors"]] == [1 * mV]


def test_connections_in_their_order() -> None:
    run, _ = _runs(SYNAPSES)
    part = {"group": "steady", "start": 1, "stop": 2}
    once = {"type": "connect", "probability": 1, "n_connections": 1}
    within = once | {"synapses": "chosen", "source": "cells", "target": "cells"}
    start = {"type": "initializer", "index": "True"}
    assert _same(
        run["initializers_connectors"],
        [
            {"type": "initializer", "index": True, "source": "steady", "variable": "rates"}
            | {"value": 20 * rb.Hz},
            once | {"synapses": "plastic", "source": part, "target": "cells", "probability": 0.5},
            start
            | {"source": "plastic", "variable": "w", "value": "w0*rand()"}
            | {"identifiers": {"w0": 2 * mV}},
            once
            | {"synapses": "pairs", "source": "given", "target": "cells"}
            | {"i": [0, 1], "j": [1, 2]},
            within | {"condition": "i!=j", "n_connections": 2},
            within | {"j": "i+k for k in range(2) if i+k<10"},
            start | {"source": "chosen_pre", "variable": "delay", "value": "1*ms"},
        ],
    )


def _markdown(script: str, options: str = "") -> str:
    script = script.replace("baseexport", "mdexport").replace(", build_on_run=False", "")
    _runs(script.replace("'exporter'", f"'markdown', {options}").replace("device.build()", ""))
    device: Any = get_device()
    return device.md_text


def test_a_script_for_brian2tools_writes_its_text() -> None:
    text = _markdown(NEURONS, "filename='model.md'")
    assert Path("model.md").read_text() == text
    lines = text.splitlines()
    assert "**cells**: 10 neurons" in lines
    assert r"$$\frac{\mathrm{d}v}{\mathrm{d}t} = " in text
    assert (
        r"- spike when $v > \mathit{Vth}$; then set $v$ to $\mathit{El}$; "
        r"refractory: $5\,\mathrm{m}\mathrm{s}$"
    ) in lines
    assert "- every 1. ms: increase $x$ by $0.1$" in lines
    assert r"$\tau = 10\,\mathrm{m}\mathrm{s}$" in text
    assert "- at the start: $x$ $=$ $4$ for 0, 1, 2" in lines
    assert lines[-1] == "Simulated for 100. ms."
    assert "Recorded" not in text


def test_text_of_synapses_and_of_two_runs() -> None:
    lines = _markdown(SYNAPSES).splitlines()
    assert "**plastic**: from *steady* (1 to 2) to *cells*" in lines
    assert "- connected: all pairs, with probability $0.5$" in lines
    assert r"- connected: pairs with $i \neq j$, $2$ synapses each" in lines
    assert "- connected: `j = i+k for k in range(2) if i+k<10`" in lines
    assert r"- postsynaptic spike: increase $w$ by $\mathit{w0}$" in lines
    assert "Inactive in this run: chosen_pre, chosen." in lines
    assert [x for x in lines if x.startswith("# Run")] == ["# Run 1 of 2", "# Run 2 of 2"]


def test_an_expander_says_what_is_written() -> None:
    options = "MdExpander(brian_verbose=True, include_monitors=True, author='A. Author', "
    options += "add_meta=True, keep_initializer_order=True)"
    imported = NEURONS.replace(
        "import brian2tools.", "from brian2tools import *\nimport brian2tools."
    )
    lines = _markdown(imported, f"filename='', expander={options}").splitlines()
    assert Path("script.md").exists()
    assert [x.strip() for x in lines[:2]] == ["File: script.py", "Author: A. Author"]
    assert {"## NeuronGroup", "## StateMonitor", "## SpikeMonitor"} <= set(lines)
    assert "$v$, $x$ of *cells* (0, 2), every 100. us" in lines
    assert r"1. cells: $v$ $=$ $-70\,\mathrm{m}\mathrm{V}$" in lines


def test_a_method_of_an_expander_can_be_overridden() -> None:
    class Terse(MdExpander):
        def expand_equation(self, var: str, equation: dict[str, Any]) -> str:
            return self.render_expression(var, equation["type"] == "differential equation")

    runs = _runs(NEURONS)
    text = Terse().create_md_string(runs)
    assert "\n\n" + r"$\frac{\mathrm{d}v}{\mathrm{d}t}$" + "\n\n$x$\n\n$k$\n\n" in text


def test_a_network_that_has_run() -> None:
    tau = 10 * ms
    cells = NeuronGroup(3, "dv/dt = -v/tau : volt\nc : 1", threshold="v > 1*volt", name="cells")
    cells.c = [1, 2, 3]
    times = EventClock([1, 2] * ms)
    cells.run_on_clock("c += 0", times)
    watch = NetworkOperation(lambda: None, clock=times, name="watch")
    synapses = rb.Synapses(cells, cells, on_pre="v += 1*mV", name="synapses")
    synapses.connect(j="i")
    network = rb.Network(cells, synapses, watch, rb.SpikeMonitor(cells, "v", name="spikes"))
    network.run(5 * ms)
    lines = to_markdown(network).splitlines()
    assert r"- values: $v = 0\,\mathrm{V}$, $c$ from $1$ to $3$" in lines
    assert r"- constants: $\tau = 10\,\mathrm{m}\mathrm{s}$" in lines
    assert "- integrated by the method 'exact'" in lines
    assert "- at 2 given times: increase $c$ by $0$" in lines
    assert "**watch**, at 2 given times" in lines
    assert "**synapses**: from *cells* to *cells*, 3 synapses" in lines
    assert "times of spike events of *cells*, with $v$" in lines
    assert lines[-1] == "Simulated for 5. ms."
    del tau
    assert r"\tau = 10" in to_markdown(network)  # as the last run found it
    assert r"\tau = 20" in to_markdown(network, {"tau": 20 * ms})


def test_nothing_is_written_down_once_another_device_is_active() -> None:
    rb.set_device("exporter")
    exporter: Any = get_device()
    cells = NeuronGroup(3, "v : 1", name="cells")
    cells.v = 1
    rb.reset_device()
    cells.v = 2
    rb.run(1 * ms)
    assert [d["value"] for d in exporter._deeds] == [1]
    assert exporter.runs == []


def test_parts_and_numbers_of_synapses_and_compartments() -> None:
    text = _markdown("""
from brian2 import *
import brian2tools.baseexport

set_device('exporter')
k = 3
neuron = SpatialNeuron(Cylinder(diameter=1*um, n=10, length=100*um),
                       'Im = 0*amp/meter**2 : amp/meter**2', name='neuron',
                       Cm=1*uF/cm**2, Ri=100*ohm*cm)
neuron.v = -70*mV
cells = NeuronGroup(5, 'v : 1', threshold='v > 0.5', reset='v = 0', name='cells')
cells[1:3].v = 0.1
synapses = Synapses(cells, cells, on_pre='v += 0.1', name='synapses')
synapses.connect(False)
synapses.connect(i=[0, 1, 2], j=[0, 1, 2], n=[1, 2, 3])
synapses.connect(p='0.1*k')
run(3*ms)
""")
    lines = text.splitlines()
    assert "**neuron**: 10 compartments" in lines
    own = lines[lines.index("## Neurons with a shape") : lines.index("## Synapses")]
    set_there = [x.split("$")[1] for x in own if "at the start" in x]
    assert set_there == [r"\mathit{Cm}", r"\mathit{Ri}", "v"]  # but not its shape
    assert "- at the start: $v$ $=$ $0.1$ in 1 to 2" in lines
    assert "- connected: no pairs" in lines
    assert "- connected: 3 listed pairs, 6 synapses in all" in lines
    assert r"- connected: all pairs, with probability $0.1 \, k$, where $k = 3$" in lines


def test_some_elements_of_a_group() -> None:
    rb.set_device("exporter")
    cells = NeuronGroup(5, "v : 1", name="cells")
    some = cells[[0, 2, 3]]
    some.v = 0.3
    exporter: Any = get_device()
    rb.run(1 * ms)
    (done,) = exporter.runs[0]["initializers_connectors"]
    source = {"group": "cells", "start": 0, "stop": 3, "indices": np.array([0, 2, 3])}
    assert _same(done["source"], source)
    assert "$v$ $=$ $0.3$ in 0, 2, 3" in MdExpander().create_md_string(exporter.runs)
