"""Networks become graphs of NIR, and graphs come back as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rheobase as rb
from rheobase import (
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    ms,
    mV,
    nA,
    second,
)
from rheobase.exchange import from_nir, to_nir

nir = pytest.importorskip("nir")


def some(rng: np.random.Generator, kind: str, n: int) -> Any:
    """A node of a kind with random parameters."""

    def u(a: float, b: float) -> Any:
        return rng.uniform(a, b, n)

    spiking = {"v_threshold": u(0.5, 2), "v_reset": u(-1, 0)}
    leaky = {"tau": u(0.005, 0.02), "r": u(0.5, 3), "v_leak": u(-0.3, 0.3)}
    cuba = {"tau_mem": leaky["tau"], "r": leaky["r"], "v_leak": leaky["v_leak"]}
    cuba |= {"tau_syn": u(0.001, 0.004), "w_in": u(0.5, 2)}
    known = {
        "LI": leaky,
        "LIF": leaky | spiking,
        "I": {"r": u(0.5, 3)},
        "IF": {"r": u(0.5, 3)} | spiking,
        "CubaLI": cuba,
        "CubaLIF": cuba | spiking,
    }
    return getattr(nir, kind)(**known[kind])


def same(a: Any, b: Any) -> None:
    """Equal nodes (numbers up to rounding) and equal edges, in any order."""
    assert a.nodes.keys() == b.nodes.keys()
    assert sorted(a.edges) == sorted(b.edges)
    for name, node in a.nodes.items():
        first, second_ = node.to_dict(), b.nodes[name].to_dict()
        assert first.keys() == second_.keys(), name
        for key, value in first.items():
            if key in ("type", "metadata"):
                assert value == second_[key], name
            else:
                np.testing.assert_allclose(second_[key], value, rtol=1e-12, err_msg=f"{name} {key}")


@pytest.mark.parametrize("kind", ["LIF", "IF", "CubaLIF"])
def test_graphs_of_spiking_nodes_come_back_as_they_were(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    graph = nir.NIRGraph(
        {
            "input": nir.Input(np.array([3])),
            "fc": nir.Affine(rng.normal(size=(4, 3)), rng.normal(size=4)),
            "cells": some(rng, kind, 4),
            "recurrent": nir.Linear(rng.normal(size=(4, 4))),
            "scale": nir.Scale(rng.normal(size=4)),
            "second": some(rng, kind, 4),
            "readout": nir.Linear(rng.normal(size=(2, 4))),
            "readout_delay": nir.Delay(rng.uniform(1e-3, 2e-3, 4)),
            "li": some(rng, "LI", 2),
            "output": nir.Output(np.array([2])),
        },
        [
            *(("input", "fc"), ("fc", "cells"), ("cells", "recurrent"), ("recurrent", "cells")),
            *(("cells", "scale"), ("scale", "second"), ("cells", "second")),
            *(("second", "readout_delay"), ("readout_delay", "readout"), ("readout", "li")),
            ("li", "output"),
        ],
    )
    back = to_nir(from_nir(graph, dt=0.1 * ms))
    same(graph, back)
    nir.write(tmp_path / "back.nir", back)
    same(graph, nir.read(tmp_path / "back.nir"))


@pytest.mark.parametrize("kind", ["LI", "I", "CubaLI"])
def test_graphs_of_signals_come_back_as_they_were(kind: str) -> None:
    rng = np.random.default_rng(4)
    graph = nir.NIRGraph(
        {
            "input": nir.Input(np.array([3])),
            "fc": nir.Affine(rng.normal(size=(4, 3)), rng.normal(size=4)),
            "cells": some(rng, kind, 4),
            "linear": nir.Linear(rng.normal(size=(5, 4))),
            "threshold": nir.Threshold(rng.normal(size=5)),
            "scale": nir.Scale(rng.normal(size=5)),
            "second": some(rng, kind, 5),
            "output": nir.Output(np.array([5])),
        },
        [
            *(("input", "fc"), ("fc", "cells"), ("cells", "linear"), ("linear", "threshold")),
            *(("threshold", "scale"), ("scale", "second"), ("second", "output")),
        ],
    )
    ramp = TimedArray(np.ones((2, 3)), dt=1 * second)
    same(graph, to_nir(from_nir(graph, inputs={"input": ramp})))


def test_the_graph_of_a_network_simulates_as_the_network_does() -> None:
    """A balanced network with units and delays, and the network that its graph makes."""
    rng = np.random.default_rng(6)
    n = 30
    drive = SpikeGeneratorGroup(n, rng.integers(0, n, 400), np.arange(400) * 0.2 * ms, name="drive")
    cells = NeuronGroup(
        n,
        """dv/dt = (El - v + g)/tau : volt
           dg/dt = -g/(2*ms) : volt
           tau : second (constant)""",
        threshold="v > -54*mV",
        reset="v = -60*mV",
        name="cells",
        namespace={"El": -60 * mV},
    )
    cells.v = -60 * mV
    cells.tau = "(8 + 0.2*i)*ms"
    feed = Synapses(drive, cells, "w : volt", on_pre="g += w", name="feed")
    feed.connect(p=0.3)
    feed.w = "(10 + 3*rand())*mV"
    e = Synapses(cells[:20], cells, on_pre="g += 2*mV", delay=1 * ms, name="e")
    e.connect(p=0.2)
    i = Synapses(cells[20:], cells, on_pre="g_post -= 3*mV", name="i")
    i.connect("i != j - 20")
    for s in (feed, e, i):
        s.pathways["pre"].when = "after_resets"
    spikes = SpikeMonitor(cells, name="output")
    net = Network(drive, cells, feed, e, i, spikes)
    graph = to_nir(net)
    assert {n: type(x).__name__ for n, x in graph.nodes.items()} == {
        "drive": "Input",
        "cells": "CubaLIF",
        "feed": "Linear",
        "e": "Linear",
        "e_delay": "Delay",
        "i": "Linear",
        "output": "Output",
    }
    again = from_nir(graph)
    again["cells"].v = -0.06
    drawn = rng.integers(0, n, 400)
    for x in (drive, again["drive"]):
        x.set_spikes(drawn, np.arange(400) * 0.2 * ms)
    net.run(80 * ms)
    again.run(80 * ms)
    mine = again["output"]
    assert spikes.num_spikes > 50
    np.testing.assert_array_equal(mine.i, spikes.i)
    np.testing.assert_array_equal(mine.t_, spikes.t_)


def test_the_weight_of_a_model_without_a_resistance_is_its_own() -> None:
    """R = tau/dt, as snnTorch writes it: a spike of weight w adds w to v."""
    noise = PoissonGroup(2, 10 * Hz, name="noise")
    cells = NeuronGroup(
        3, "dv/dt = -v/(10*ms) : 1", threshold="1 < v", reset="v = 0", name="cells", dt=0.5 * ms
    )
    links = Synapses(noise, cells, "w : 1", on_pre="v += w", name="links")
    links.connect()
    links.w = "0.1*i + j"
    graph = to_nir(Network(noise, cells, links))
    assert graph.nodes["cells"].r == pytest.approx(20)
    np.testing.assert_allclose(graph.nodes["links"].weight.T, np.reshape(links.w, (2, 3)))
    dirac = to_nir(Network(noise, cells, links), spike_area=1 * second)
    assert dirac.nodes["cells"].r == pytest.approx(0.01)


def test_an_input_current_has_a_resistance_and_a_bias() -> None:
    R = 50 * rb.Mohm
    cells = NeuronGroup(
        2, "dv/dt = (-70*mV - v + R*I)/(10*ms) : volt\nI : amp", name="cells", namespace={"R": R}
    )
    cells.I = [0.1, 0.2] * nA
    states = StateMonitor(cells, "v", record=True, name="out")
    alone = to_nir(Network(cells, states)).nodes["cells"]
    assert alone.r == pytest.approx(5e7)
    assert alone.v_leak == pytest.approx([-0.065, -0.060])
    noise = PoissonGroup(2, 10 * Hz, name="noise")
    links = Synapses(noise, cells, on_pre="v += 1*mV", name="links")
    links.connect()
    graph = to_nir(Network(cells, states, noise, links))
    assert graph.nodes["cells"].v_leak == pytest.approx(-0.070)
    assert graph.nodes["links"].bias == pytest.approx([1e-10, 2e-10])


def cells(equations: str, **more: Any) -> NeuronGroup:
    return NeuronGroup(2, equations, name="cells", **more)


SPIKES = {"threshold": "v > 1", "reset": "v = 0"}
LIF = "dv/dt = -v/(10*ms) : 1"


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (lambda: cells("dv/dt = -v**3/(10*ms) : 1"), "NIR has linear equations"),
        (lambda: cells("dv/dt = v/(10*ms) : 1"), r"must decay \(dv/dt = -v/tau"),
        (lambda: cells("dv/dt = 1/(10*ms) : 1"), r"only as R\*I"),
        (lambda: cells("dv/dt = -v/(10*ms) + xi/sqrt(ms) : 1"), "no noise"),
        (lambda: cells("dv/dt = sin(t/ms)/ms - v/ms : 1"), "changes with time"),
        (lambda: cells(LIF, **SPIKES, refractory=2 * ms), "no refractoriness"),
        (lambda: cells(LIF, threshold="v > 1", reset="v -= 1"), "resets of the form 'v = x'"),
        (lambda: cells(LIF, threshold="v >= 1", reset="v = 0"), "thresholds of the form 'v > x'"),
        (lambda: cells(LIF, events={"low": "v < 0"}), r"events other than spikes.*\['low'\]"),
        (
            lambda: cells("dv/dt = (a + b - v)/ms : 1\nda/dt = -a/ms : 1\ndb/dt = -b/ms : 1"),
            "at most one synaptic current",
        ),
        (
            lambda: cells("dv/dt = (a - v)/ms : 1\nda/dt = (v - a)/ms : 1"),
            "at most one synaptic current",
        ),
        (lambda: cells("dv/dt = (a - v)/ms : 1\nda/dt = (1 - a)/ms : 1"), "must decay to 0"),
    ],
)
def test_what_nir_has_no_primitive_for_is_refused(group: Any, message: str) -> None:
    with pytest.raises(rb.UnsupportedError, match=message):
        to_nir(Network(group()))


def test_all_that_is_refused_is_said_at_once() -> None:
    a = NeuronGroup(1, LIF, **SPIKES, refractory=1 * ms, name="a")
    b = NeuronGroup(1, "dv/dt = -v**2/ms : 1", name="b")
    with pytest.raises(rb.UnsupportedError, match=r"(?s)'a'.*refractor.*'b'.*linear.*like a Poi"):
        to_nir(Network(a, b, rb.PoissonInput(a, "v", 1, 1 * Hz, 0.1)))


@pytest.mark.parametrize(
    ("model", "code", "message"),
    [
        ("w : 1", {"on_pre": "v_pre += w"}, "a spike adds to 'v'"),
        ("w : 1", {"on_pre": "v += w", "on_post": "w += 1"}, "no code for spikes of targets"),
        ("dw/dt = -w/ms : 1 (event-driven)", {"on_pre": "v += w"}, "without differential"),
        ("s_post = v_pre : 1 (summed)", {}, "for each spike of their source"),
    ],
)
def test_synapses_that_nir_does_not_have_are_refused(
    model: str, code: dict[str, str], message: str
) -> None:
    group = NeuronGroup(2, "dv/dt = (s - v)/(10*ms) : 1\ns : 1", **SPIKES, name="cells")
    links = Synapses(group, group, model, **code, name="links")
    links.connect()
    with pytest.raises(rb.UnsupportedError, match=f"(?s)links.*{message}"):
        to_nir(Network(group, links))


def test_delays_of_each_synapse_are_refused() -> None:
    group = NeuronGroup(2, LIF, **SPIKES, name="cells")
    links = Synapses(group, group, on_pre="v += 1", name="links")
    links.connect()
    links.delay = [1, 2, 3, 4] * ms
    with pytest.raises(rb.UnsupportedError, match="Each synapse has a delay of its own"):
        to_nir(Network(group, links))
