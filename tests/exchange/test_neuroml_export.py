"""Networks as LEMS files give the same in jNeuroML and PyLEMS."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

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
    ms,
    mV,
    nS,
    pA,
    pF,
)
from rheobase.exchange import to_neuroml

from .simulators import columns, events, run_jneuroml, run_pylems

HODGKIN_HUXLEY = """
dv/dt = (gl*(El - v) - g_na*m**3*h*(v - ENa) - g_kd*n**4*(v - EK) + I)/Cm : volt
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
alpha_m = 0.32*mV**-1*4*mV/exprel((13*mV - v + VT)/(4*mV))/ms : Hz
beta_m = 0.28*mV**-1*5*mV/exprel((v - VT - 40*mV)/(5*mV))/ms : Hz
alpha_h = 0.128*exp((17*mV - v + VT)/(18*mV))/ms : Hz
beta_h = 4/(1 + exp((40*mV - v + VT)/(5*mV)))/ms : Hz
alpha_n = 0.032*mV**-1*5*mV/exprel((15*mV - v + VT)/(5*mV))/ms : Hz
beta_n = 0.5*exp((10*mV - v + VT)/(40*mV))/ms : Hz
I : amp
"""
CONSTANTS = {
    "Cm": 200 * pF, "gl": 10 * nS, "El": -60 * mV, "EK": -90 * mV, "ENa": 50 * mV,
    "g_na": 20000 * nS, "g_kd": 6000 * nS, "VT": -63 * mV,
}  # fmt: skip


EVERY_FUNCTION = """
dx/dt = 0.4/ms : 1
a = clip(x, 2, 5) + sign(x - 3)*floor(x/2) : 1
b = int(x > 4)*log10(1 + x) + abs(3 - x) + expm1(x/10) + log1p(x) : 1
c = (2*mV if x > 3 and not (x > 6 or b < 0) else -1*mV) : volt
dv/dt = (c - v)/(2*ms) + a*mV/ms - sqrt(b)*mV/ms : volt
dw/dt = (x**2 - w + pi*x**-1.5*int(x > 1))/(3*ms) + ceil(x)/ms : 1
"""


def test_neurons_in_jneuroml(tmp_path: Path) -> None:
    """Both integrate by explicit Euler; jNeuroML writes 8 digits."""
    cells = NeuronGroup(
        2, HODGKIN_HUXLEY, threshold="v > -40*mV", refractory="v > -40*mV", method="euler",
        name="cells", namespace=CONSTANTS, dt=0.01 * ms,
    )  # fmt: skip
    cells.v, cells.I = -60 * mV, [300, 700] * pA
    trace, spikes = (
        StateMonitor(cells, "v", record=True, name="trace"),
        SpikeMonitor(cells, name="spikes"),
    )
    other = NeuronGroup(1, EVERY_FUNCTION, method="euler", name="other", dt=0.01 * ms)
    other.x = 0.053
    values = StateMonitor(other, ["v", "w"], record=0, name="values")
    net = Network(cells, trace, spikes, other, values)
    to_neuroml(net, tmp_path / "hh.xml", 20 * ms)
    net.run(20 * ms)
    run_jneuroml(tmp_path / "hh.xml")
    theirs = columns(tmp_path / "hh.trace.dat")[:, :-1]
    np.testing.assert_allclose(np.asarray(trace.v), theirs, atol=1e-7)
    v, w = columns(tmp_path / "hh.values.dat")[:, :-1]
    np.testing.assert_allclose(np.asarray(values.v)[0], v, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(np.asarray(values.w)[0], w, rtol=1e-6)
    found = events(tmp_path / "hh.spikes.spikes")
    assert [k for _, k in found] == spikes.i.tolist()
    assert len(found) >= 3
    np.testing.assert_allclose([t for t, _ in found], spikes.t_ + 1e-5, atol=1e-8)


def test_a_network_with_synapses_and_delays_in_jneuroml(tmp_path: Path) -> None:
    """Thresholds, arrivals and ends of refractoriness may each be a step (0.01 ms) later.

    It adds up over spikes, and grows where a threshold is only grazed.
    """
    rng = np.random.default_rng(3)
    drive = SpikeGeneratorGroup(
        6, rng.integers(0, 6, 120), np.arange(120) * 0.83 * ms, name="drive", dt=0.01 * ms
    )
    cells = NeuronGroup(
        4,
        """dv/dt = (-60*mV - v + g)/tau : volt (unless refractory)
           dg/dt = -g/(3*ms) : volt
           da/dt = -a/(50*ms) : volt
           tau : second""",
        threshold="v > -52*mV + a", reset="v = -60*mV\na += 0.5*mV", refractory=3 * ms,
        method="euler", name="cells", dt=0.01 * ms,
    )  # fmt: skip
    cells.v, cells.tau = -60 * mV, [8, 10, 12, 10] * ms
    feed = Synapses(drive, cells, "w : volt", on_pre="g += w\na_post += 0.02*w", name="feed")
    feed.connect("(i + j) % 2 == 0")
    feed.w = "(9 + i)*mV"
    back = Synapses(cells, cells[1:], on_pre="g_post -= 2*mV", name="back")
    back.connect()
    back.delay = "1*ms + 0.5*ms*i"
    kicks = SpikeGeneratorGroup(1, [0] * 4, [1, 3, 7.5, 9] * ms, name="kicks", dt=0.01 * ms)
    kicked = NeuronGroup(
        1, "dv/dt = 0/ms : 1 (unless refractory)\nk : 1", threshold="v > 0.9", reset="v = 0",
        refractory=5 * ms, name="kicked", dt=0.01 * ms,
    )  # fmt: skip
    kick = Synapses(kicks, kicked, on_pre="v_post += 1\nk_post += 1", name="kick")
    kick.connect()
    answers = SpikeMonitor(kicked, name="answers")
    counted = StateMonitor(kicked, "k", record=0, name="counted")
    noise = PoissonGroup(20, 100 * Hz, name="noise")
    trace = StateMonitor(cells, ["v", "a"], record=[0, 3], name="trace")
    spikes, hiss = SpikeMonitor(cells, name="spikes"), SpikeMonitor(noise, name="hiss")
    net = Network(drive, cells, feed, back, trace, spikes, noise, hiss)
    net.add(kicks, kicked, kick, answers, counted)
    to_neuroml(net, tmp_path / "net.xml", 100 * ms)
    net.run(100 * ms)
    run_jneuroml(tmp_path / "net.xml")
    found = events(tmp_path / "net.spikes.spikes")
    mine = sorted(zip(spikes.t_.tolist(), spikes.i.tolist()))
    assert len(mine) > 20
    order = lambda x: (x[1], x[0])  # noqa: E731
    found, mine = sorted(found, key=order), sorted(mine, key=order)
    assert [k for _, k in found] == [k for _, k in mine]
    late = np.abs([a - b for (a, _), (b, _) in zip(found, mine)])
    assert np.median(late) < 5e-5
    assert late.max() < 4e-4
    theirs = columns(tmp_path / "net.trace.dat")[:, :-1]
    np.testing.assert_allclose(theirs[2:].mean(axis=1), np.asarray(trace.a).mean(axis=1), rtol=5e-3)
    answered = [t for t, _ in events(tmp_path / "net.answers.spikes")]  # not while refractory
    np.testing.assert_allclose(answered, answers.t_, atol=1.5e-4)
    assert answers.num_spikes == 2
    assert columns(tmp_path / "net.counted.dat")[0, -1] == 4
    assert abs(len(events(tmp_path / "net.hiss.spikes")) - 200) < 5 * np.sqrt(200)


IZHIKEVICH = """dv/dt = (0.04/ms/mV)*v**2 + (5/ms)*v + 140*mV/ms - u + I : volt
                du/dt = a*(0.2/ms*v - u) : volt/second
                I : volt/second"""


def test_neurons_in_pylems(tmp_path: Path) -> None:
    """PyLEMS integrates by explicit Euler and records the end of a step under its beginning."""
    cells = NeuronGroup(
        2, IZHIKEVICH, threshold="v >= 30*mV", reset="v = -65*mV; u += 8*mV/ms", method="euler",
        name="cells", dt=0.05 * ms, namespace={"a": 0.02 / ms},
    )  # fmt: skip
    cells.v, cells.u, cells.I = -65 * mV, -13 * mV / ms, [10, 15] * mV / ms
    tired = NeuronGroup(
        1, "dv/dt = (25*mV - v)/(10*ms) : volt (unless refractory)\ndx/dt = 1/second : 1",
        threshold="v > 20*mV and x <= 0.1", reset="v = 0*mV", refractory=5 * ms, name="tired",
        method="euler", dt=0.05 * ms,
    )  # fmt: skip
    traces = [StateMonitor(g, "v", record=True, name=f"{g.name}_v") for g in (cells, tired)]
    net = Network(cells, tired, traces)
    to_neuroml(net, tmp_path / "cells.xml", 100 * ms)
    net.run(100 * ms)
    run_pylems(tmp_path / "cells.xml")
    theirs = columns(tmp_path / "cells.cells_v.dat")
    mine = np.asarray(traces[0].v)
    assert (np.diff(mine) < -0.05).sum() >= 8
    np.testing.assert_allclose(theirs[:, :1999], mine[:, 1:], atol=1e-12)
    theirs, mine = columns(tmp_path / "cells.tired_v.dat")[0, :1999], np.asarray(traces[1].v)[0, 1:]
    falls = [np.flatnonzero(np.diff(v) < -0.01) for v in (theirs, mine)]
    assert len(falls[1]) >= 4
    np.testing.assert_allclose(falls[0], falls[1], atol=len(falls[1]))  # a step in each pause


def kind(net: Network, tmp_path: Path) -> ElementTree.Element:
    to_neuroml(net, tmp_path / "model.xml", 1 * ms)
    return ElementTree.parse(tmp_path / "model.xml").getroot()


def test_units_are_those_of_the_core_or_defined(tmp_path: Path) -> None:
    cells = NeuronGroup(
        2,
        """dv/dt = (g*(El - v) + q*v**2)/C : volt
           g : siemens (constant)
           q : siemens/volt
           k : kilogram""",
        name="cells", namespace={"El": -70 * mV, "C": 100 * pF},
    )  # fmt: skip
    cells.g, cells.q = 10 * nS, 2 * nS / mV
    lems = kind(Network(cells), tmp_path)
    dims = {p.get("name"): p.get("dimension") for p in lems.iter("Parameter")}
    assert dims["g"] == "conductance"
    assert dims["q"] == "conductance_per_voltage"
    assert dims["El"] == "voltage"
    assert dims["C"] == "capacitance"
    own = lems.find("Dimension")
    assert own is not None
    assert own.attrib == {"name": dims["k"], "m": "1"}
    component = lems.find("cells_type")
    assert component is not None
    assert component.get("C") == "1e-10 F"
    assert float(str(component.get("q")).split()[0]) == pytest.approx(2e-6)
    population = lems.find("network/population")
    assert population is not None
    assert population.attrib == {"id": "cells", "component": "cells_cell", "size": "2"}


def test_neurons_that_differ_make_populations(tmp_path: Path) -> None:
    cells = NeuronGroup(5, "dv/dt = -v/tau : 1\ntau : second", name="cells")
    cells.tau = [1, 2, 1, 3, 2] * ms
    trace = StateMonitor(cells, "v", record=[2, 4], name="trace")
    lems = kind(Network(cells, trace), tmp_path)
    sizes = {p.get("id"): p.get("size") for p in lems.iter("population")}
    assert sizes == {"cells_0": "2", "cells_1": "2", "cells_2": "1"}
    paths = [c.get("quantity") for c in lems.iter("OutputColumn")]
    assert paths == ["cells_0[1]/v", "cells_1[1]/v"]


def lif(**more: Any) -> NeuronGroup:
    given = {"model": "dv/dt = -v/(10*ms) : 1", "threshold": "v > 1", "reset": "v = 0"} | more
    return NeuronGroup(2, **given, name="cells")


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (lambda: lif(model="dv/dt = -v/ms + xi/ms**0.5 : 1"), "no noise"),
        (lambda: lif(model="dv/dt = arctan(v)/ms : 1"), "no function 'arctan'"),
        (lambda: lif(model="dv/dt = (v % 2)/ms : 1"), "no operator '%'"),
        (lambda: lif(model="dv/dt = v/dt : 1"), "no 'dt'"),
        (lambda: lif(events={"low": "v < 0"}), "no events other than spikes"),
        (lambda: PoissonGroup(2, "10*Hz*(1 + sin(t/ms))"), "'rates' changes during a run"),
        (
            lambda: rb.SpatialNeuron(rb.Soma(10 * rb.um), "Im = 0*amp/metre**2 : amp/metre**2"),
            "A neuron with a shape",
        ),
        (lambda: lif(model="dv/dt = v/ms : volt**0.5\nx : 1", threshold="x > 1"), "whole powers"),
        (
            lambda: lif(model="dv/dt = -v/ms : 1\nw : 1", reset="z = v; v = w; w = z"),
            "exchanges the values",
        ),
    ],
)
def test_what_lems_cannot_say_is_refused(group: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(rb.UnsupportedError, match=message):
        kind(Network(group()), tmp_path)


def test_code_that_runs_regularly_is_refused(tmp_path: Path) -> None:
    cells = lif()
    links = Synapses(cells, cells, "w : 1", on_pre="v += w", name="links")
    links.connect()
    links.run_regularly("w *= 0.9", dt=1 * ms)
    with pytest.raises(rb.UnsupportedError, match=r"(?s)'links'.*no code that runs regularly"):
        kind(Network(cells, links), tmp_path)


@pytest.mark.parametrize(
    ("model", "code", "message"),
    [
        ("w : 1", {"on_pre": "v += w*v_post"}, "'v' changes during a run"),
        ("w : 1", {"on_pre": "v += w; w += 1"}, "only code that adds to variables of targets"),
        ("w : 1", {"on_pre": "v += w", "on_post": "w = 0"}, "'post' is not that of spikes"),
        ("x = v_pre : 1", {"on_pre": "v += x"}, "synapses that stay as they are"),
    ],
)
def test_synapses_that_change_are_refused(
    model: str, code: dict[str, str], message: str, tmp_path: Path
) -> None:
    cells = lif()
    links = Synapses(cells, cells, model, **code, name="links")
    links.connect()
    with pytest.raises(rb.UnsupportedError, match=f"(?is)links.*{message}"):
        kind(Network(cells, links), tmp_path)
