"""Graphs of NIR become networks that follow the equations of Pedersen et al. 2024.

Equations: Nat. Commun. 15:8122, Table 1. The references are closed forms and loops of NumPy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rheobase as rb
from rheobase import Network, StateMonitor, TimedArray, ms, second
from rheobase.exchange import from_nir

nir = pytest.importorskip("nir")

DT = 0.1e-3


def array(*values: float) -> Any:
    return np.array(values)


def graph(nodes: dict[str, Any], *edges: tuple[str, str]) -> Any:
    return nir.NIRGraph(nodes, list(edges))


def chain(*nodes: Any) -> Any:
    """Input, a, b, ..., Output."""
    named = {"input": nir.Input(nodes[0].input_type)}
    named |= {f"n{k}": node for k, node in enumerate(nodes)}
    named |= {"output": nir.Output(nodes[-1].output_type)}
    return graph(named, *zip(list(named), list(named)[1:]))


def run(net: Network, duration: Any, *more: Any) -> Network:
    net.add(*more)
    net.run(duration)
    return net


LI = {"tau": array(0.01, 0.02), "r": array(2.0, 0.5), "v_leak": array(0.0, 0.3)}
SPIKES = array(1.0, 4.0, 4.3, 9.0) * 1e-3


def decayed(t: Any, tau: Any) -> Any:
    """(n, time) the sum of exp(-(t - s)/tau) over the spikes that came until t."""
    since = t[:, np.newaxis] - (SPIKES + DT)  # a spike arrives at the end of its step
    kernel = np.where(since > -1e-9, np.exp(-np.maximum(since, 0) / tau[:, None, None]), 0)
    return kernel.sum(axis=2)


def with_spikes(net: Network) -> Network:
    net["input"].set_spikes([0] * len(SPIKES), SPIKES * second)
    return net


def test_a_leaky_integrator_answers_spikes_with_exponentials() -> None:
    """v = v_leak (1 - e^(-t/tau)) + sum of R w area/tau e^(-(t - s)/tau)."""
    w = array(3.0, -1.0)
    net = with_spikes(from_nir(chain(nir.Linear(w[:, None]), nir.LI(**LI)), dt=0.1 * ms))
    seen = run(net, 20 * ms)["output"]
    t, tau = seen.t_, LI["tau"]
    leak = LI["v_leak"][:, None] * -np.expm1(-t / tau[:, None])
    want = leak + (LI["r"] * w * DT / tau)[:, None] * decayed(t, tau)
    np.testing.assert_allclose(np.asarray(seen.v), want, rtol=1e-11, atol=1e-13)


def test_the_dirac_pulse_is_a_spike_of_one_second() -> None:
    linear = nir.Linear(np.ones((2, 1)))
    nets = [
        with_spikes(from_nir(chain(linear, nir.LI(**LI)), dt=0.1 * ms, spike_area=area))
        for area in (None, 1 * second)
    ]
    short, dirac = (np.asarray(run(net, 12 * ms)["output"].v) for net in nets)
    leak = LI["v_leak"][:, None] * -np.expm1(-nets[0]["output"].t_ / LI["tau"][:, None])
    np.testing.assert_allclose((short - leak) / DT, dirac - leak, rtol=1e-9, atol=1e-9)


def test_a_current_based_integrator_answers_with_two_exponentials() -> None:
    """i = sum of j e^(-u/ts); v = sum of R j ts/(ts - tm) (e^(-u/ts) - e^(-u/tm)), u = t - s."""
    ts, tm = array(0.005, 0.002), array(0.01, 0.02)
    node = nir.CubaLI(
        tau_syn=ts, tau_mem=tm, r=LI["r"], v_leak=array(0.0, 0.0), w_in=array(1.5, 2.0)
    )
    net = with_spikes(from_nir(chain(nir.Linear(np.ones((2, 1))), node), dt=0.1 * ms))
    seen = run(net, 20 * ms)["output"]
    jump = array(1.5, 2.0) * DT / ts
    factor = (LI["r"] * jump * ts / (ts - tm))[:, None]
    want = factor * (decayed(seen.t_, ts) - decayed(seen.t_, tm))
    np.testing.assert_allclose(np.asarray(seen.v), want, rtol=1e-9, atol=1e-12)


def test_an_integrator_adds_up() -> None:
    net = with_spikes(from_nir(chain(nir.Linear(np.ones((2, 1))), nir.I(r=array(2.0, -3.0)))))
    seen = run(net, 20 * ms)["output"]
    count = (seen.t_[:, None] - SPIKES - DT > -1e-9).sum(axis=1)
    want = array(2.0, -3.0)[:, None] * count * float(rb.defaultclock.dt_)
    np.testing.assert_allclose(np.asarray(seen.v), want, rtol=1e-12)


def test_signals_are_weighed_and_summed() -> None:
    """LI nodes that see x(t) = c: v = v_leak + R (W c + b - ...) (1 - e^(-t/tau)), in the limit."""
    W, b, c = np.array([[1.0, -2.0], [0.5, 0.0]]), array(0.1, 0.2), array(3.0, 1.0)
    net = from_nir(
        chain(nir.Affine(W, b), nir.LI(**LI)),
        dt=0.1 * ms,
        inputs={"input": TimedArray(c[np.newaxis], dt=1 * second)},
    )
    seen = run(net, 30 * ms)["output"]
    level = LI["v_leak"] + LI["r"] * (W @ c + b)
    want = level[:, None] * -np.expm1(-seen.t_ / LI["tau"][:, None])
    np.testing.assert_allclose(np.asarray(seen.v), want, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("kind", ["LIF", "IF", "CubaLIF"])
def test_spiking_nodes_spike_as_a_loop_does(kind: str) -> None:
    """Explicit Euler with a recurrence, written down from the equations of the node."""
    rng = np.random.default_rng(5)
    n, steps = 6, 400
    p = {
        "r": rng.uniform(0.5, 2, n),
        "v_threshold": rng.uniform(0.5, 1, n),
        "v_reset": rng.uniform(-0.2, 0.2, n),
    }
    if kind == "LIF":
        p |= {"tau": rng.uniform(5e-3, 2e-2, n), "v_leak": rng.uniform(-0.1, 0.1, n)}
    if kind == "CubaLIF":
        p |= {"tau_mem": rng.uniform(5e-3, 2e-2, n), "tau_syn": rng.uniform(1e-3, 4e-3, n)}
        p |= {"v_leak": rng.uniform(-0.1, 0.1, n), "w_in": rng.uniform(0.5, 2, n)}
    scale = {"LIF": 60.0, "IF": 3e3, "CubaLIF": 100.0}[kind]
    W, recurrent = rng.normal(1, 1, (n, 4)) * scale, rng.normal(0, 0.5, (n, n)) * scale
    b = rng.uniform(0, 1, n)
    came = rng.random((steps, 4)) < 0.03
    g = graph(
        {
            "input": nir.Input(array(4)),
            "fc": nir.Affine(W, b),
            "cells": getattr(nir, kind)(**p),
            "back": nir.Linear(recurrent),
            "output": nir.Output(array(n)),
        },
        *(("input", "fc"), ("fc", "cells"), ("cells", "back"), ("back", "cells")),
        ("cells", "output"),
    )
    net = from_nir(g, dt=0.1 * ms, method="euler")
    when, who = np.nonzero(came)
    net["input"].set_spikes(who, when * DT * second)
    run(net, steps * DT * second)

    v = np.zeros(n)
    current, spikes = np.zeros(n), []
    for step in range(steps):
        if kind == "LIF":
            v = v + DT / p["tau"] * (p["v_leak"] - v + p["r"] * b)
        elif kind == "IF":
            v = v + DT * p["r"] * b
        else:
            dv = DT / p["tau_mem"] * (p["v_leak"] - v + p["r"] * current)
            current = current + DT / p["tau_syn"] * (p["w_in"] * b - current)
            v = v + dv
        fired = v > p["v_threshold"]
        spikes += [(step, int(i)) for i in np.flatnonzero(fired)]
        v = np.where(fired, p["v_reset"], v)
        pulse = (W @ came[step] + recurrent @ fired) * DT
        if kind == "CubaLIF":
            current = current + p["w_in"] * pulse / p["tau_syn"]
        else:
            v = v + p["r"] * pulse / (p["tau"] if kind == "LIF" else 1)
    seen = net["output"]
    assert len(spikes) > 30
    got = list(zip(np.rint(seen.t_ / DT).astype(int).tolist(), seen.i.tolist()))
    assert sorted(got) == spikes


def test_a_threshold_of_a_signal_spikes_while_it_is_exceeded() -> None:
    ramp = TimedArray(np.linspace(0, 1, 11), dt=1 * ms)
    g = chain(nir.Scale(array(1.0, 2.0)), nir.Threshold(array(0.55, 0.55)))
    net = run(from_nir(g, dt=0.5 * ms, inputs={"input": ramp}), 10 * ms)
    # the signal is seen in the step after: 0.6 from 6 ms on, 2*0.3 from 3 ms on
    assert net["output"].count.tolist() == [8, 14]


def test_delays_are_those_of_the_elements_on_both_sides() -> None:
    g = chain(
        nir.Delay(array(1e-3, 2e-3)),
        nir.Linear(np.ones((3, 2))),
        nir.Delay(array(0.0, 1e-3, 5e-3)),
        nir.I(r=array(1.0, 1.0, 1.0)),
    )
    net = from_nir(g, dt=0.1 * ms)
    assert net["n1"].delay[:, 1] / ms == pytest.approx([2, 3])
    net["input"].set_spikes([0, 1], [1, 1] * ms)
    seen = run(net, 10 * ms)["output"]
    jumps = [np.flatnonzero(np.diff(np.asarray(v))).tolist() for v in seen.v]
    assert jumps == [[20, 30], [30, 40], [70, 80][:2]]


@pytest.mark.parametrize("padding", ["same", 1, (1, 1)])
def test_images_go_through_convolution_and_pooling(padding: Any, tmp_path: Path) -> None:
    """Against the same sums over padded images; from a file, where numbers become arrays."""
    rng = np.random.default_rng(7)
    w, b = rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)
    x = rng.normal(size=(2, 8, 6))
    g = graph(
        {
            "input": nir.Input(np.array(x.shape)),
            "conv": nir.Conv2d((8, 6), w, (1, 1), padding, (1, 1), 1, b),
            "pool": nir.AvgPool2d(array(2, 2), array(2, 2), array(0, 0)),
            "flat": nir.Flatten(None, 0),
            "li": nir.LI(tau=np.full(36, 0.01), r=np.ones(36), v_leak=np.zeros(36)),
            "output": nir.Output(array(36)),
        },
        *(("input", "conv"), ("conv", "pool"), ("pool", "flat"), ("flat", "li")),
        ("li", "output"),
    )
    nir.write(tmp_path / "graph.nir", g)
    stimulus = TimedArray(x.reshape(1, -1), dt=1 * second)
    net = from_nir(tmp_path / "graph.nir", dt=1 * ms, inputs={"input": stimulus})
    run(net, 300 * ms)
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    full = np.einsum("oikl,irckl->orc", w, windows) + b[:, None, None]
    want = full.reshape(3, 4, 2, 3, 2).mean(axis=(2, 4)).ravel()
    np.testing.assert_allclose(np.asarray(net["li"].v), want, rtol=1e-10, atol=1e-12)


def test_graphs_inside_graphs_are_opened(tmp_path: Path) -> None:
    """As snnTorch writes a recurrent layer: its Input and Output pass on what they get."""
    lif = nir.LIF(tau=array(0.01), r=array(1), v_leak=array(0), v_threshold=array(1))
    inner = graph(
        {
            "input": nir.Input(array(1)),
            "lif": lif,
            "w_rec": nir.Linear(np.array([[-1.0]])),
            "output": nir.Output(array(1)),
        },
        *(("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")),
    )
    outer = graph(
        {
            "input": nir.Input(array(1)),
            "0": nir.Affine(np.array([[1.0]]), array(3.0)),
            "1": inner,
            "output": nir.Output(array(1)),
        },
        *(("input", "0"), ("0", "1"), ("1", "output")),
    )
    nir.write(tmp_path / "graph.nir", outer)
    net = from_nir(tmp_path / "graph.nir", dt=0.1 * ms)
    names = {x.name for x in net.objects}
    assert names == {"input", "node_1_lif", "node_0", "node_1_w_rec", "output"}
    assert run(net, 20 * ms)["output"].num_spikes == 4  # every 10 ms * ln(3/2) and a little more


def test_what_arrives_in_a_spike_is_not_lost_in_the_reset() -> None:
    lif = nir.LIF(tau=array(0.01), r=array(100.0), v_leak=array(0), v_threshold=array(1))
    net = from_nir(chain(nir.Linear(np.array([[2.0]])), lif), dt=0.1 * ms)
    net["input"].set_spikes([0, 0], [0, 0.1] * ms)
    seen = StateMonitor(net["n1"], "v", record=0, when="end")
    v = np.asarray(run(net, 0.3 * ms, seen) and seen[0].v)
    assert v == pytest.approx([2, 2, 0])
    assert net["output"].t_ == pytest.approx([0.1e-3, 0.2e-3])


LIF = nir.LIF(tau=array(0.01), r=array(1), v_leak=array(0), v_threshold=array(1))
LI1 = nir.LI(tau=array(0.01), r=array(1), v_leak=array(0))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (chain(LI1, nir.Delay(array(0.001)), LI1), "only spikes can be delayed"),
        (chain(LIF, nir.Threshold(array(1.0))), "the threshold of an impulse has no meaning"),
        (chain(LIF, nir.Linear(np.array([[2.0]]))), "Output 'output' is a sum, weighs or delays"),
    ],
)
def test_what_has_no_meaning_is_refused(broken: Any, message: str) -> None:
    with pytest.raises(rb.UnsupportedError, match=message):
        from_nir(broken)


def test_inputs_must_fit() -> None:
    with pytest.raises(rb.ModelValueError, match=r"no Input \['x'\]; there are \['input'\]"):
        from_nir(chain(LIF), inputs={"x": None})
    with pytest.raises(rb.ModelTypeError, match="takes a group of 1 elements"):
        from_nir(chain(LIF), inputs={"input": rb.PoissonGroup(2, 1 * rb.Hz)})
    with pytest.raises(rb.ModelTypeError, match=r"takes a nir\.NIRGraph or the path of a file"):
        from_nir(LIF)
