"""Equations of synapses: event-driven, in each step, and summed; Synapses onto Synapses."""

import logging
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm

from rheobase import (
    DimensionMismatchError,
    EquationError,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    StateMonitor,
    Synapses,
    linked_var,
    ms,
    second,
)

DT = 1e-4
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def trains(numbers, steps, n=2):
    return SpikeGeneratorGroup(n, numbers, np.array(steps) * 0.1 * ms)


def run_pairing(model, on_pre, on_post, pre, post, **constants):
    """One synapse with spikes at given steps on both sides."""
    source, target = trains([0] * len(pre), pre, 1), trains([0] * len(post), post, 1)
    S = Synapses(source, target, model, on_pre=on_pre, on_post=on_post, namespace=constants)
    S.connect()
    Network(source, target, S).run(10 * ms)
    return S


STDP = """
w : 1
dA/dt = -A/ta : 1 (event-driven)
dB/dt = -B/tb : 1 (event-driven)
"""


def test_pair_stdp_adds_up_over_all_pairs_of_spikes():
    """w = sum over pairs of exp(-|t_post - t_pre|/tau), by hand."""
    pre, post = [3, 20, 21, 50], [10, 21, 40]
    S = run_pairing(STDP, "A += 1\nw -= B", "B += 1\nw += A", pre, post, ta=2 * ms, tb=3 * ms)
    plus = sum(np.exp(-(q - p) * DT / 2e-3) for p in pre for q in post if p <= q)
    minus = sum(np.exp(-(p - q) * DT / 3e-3) for p in pre for q in post if q < p)
    assert_allclose(S.w[:], plus - minus, rtol=1e-12)
    assert_allclose(S.lastupdate_[:], 50 * DT)


def test_event_driven_equations_may_drive_each_other_along_a_chain():
    """dx/dt = -y/ms, dy/dt = -y/(2 ms), dz/dt = (1 - z)/(3 ms): closed forms."""
    model = """dx/dt = -y/ms : 1 (event-driven)
               dy/dt = -y/(2*ms) : 1 (event-driven)
               dz/dt = (1 - z)/(3*ms) : 1 (event-driven)"""
    S = run_pairing(model, "y += 1", "", [0, 30], [])
    y = np.exp(-1.5)
    assert_allclose(S.x[:], -2 * (1 - y), rtol=1e-12)
    assert_allclose(S.y[:], y + 1, rtol=1e-12)
    assert_allclose(S.z[:], 1 - np.exp(-1), rtol=1e-12)


def test_an_alpha_function_of_equal_time_constants_is_event_driven(backend):
    """ds/dt = (x - s)/tau, dx/dt = -x/tau: s = u exp(-u) after a spike, u = t/tau, with tau for
    each synapse."""
    model = """ds/dt = (x - s)/tau : 1 (event-driven)
               dx/dt = -x/tau : 1 (event-driven)
               tau : second"""
    source = trains([0, 1, 0, 1], [0, 0, 30, 7])
    S = Synapses(source, NeuronGroup(2, ""), model, on_pre="x += 1")
    S.connect()
    S.tau = "(1 + j)*ms"
    Network(source, S.target, S).run(5 * ms)
    u = np.array([3.0, 1.5, 0.7, 0.35])
    assert_allclose(S.s[:], u * np.exp(-u), rtol=1e-12)


# equations, and the rows of the matrix that is their meaning: factors of x, y, z in SI, constant
A, B, C = 2e-3, 5e-3, 0.7e-3
SYSTEMS = {
    "an oscillator": (
        "dx/dt = y/a : 1|dy/dt = (1 - x - 0.2*y)/b : 1",
        [[0, 1 / A, 0], [-1 / B, -0.2 / B, 1 / B]],
    ),
    "a loop of three": (
        "dx/dt = (y - x)/a : 1|dy/dt = (z - y)/b : 1|dz/dt = (x/2 - z)/c : 1",
        [[-1 / A, 1 / A, 0, 0], [0, -1 / B, 1 / B, 0], [0.5 / C, 0, -1 / C, 0]],
    ),
    "a chain of three": (
        "dx/dt = (y - x)/a : 1|dy/dt = (z - y)/b : 1|dz/dt = (2 - z)/b : 1",
        [[-1 / A, 1 / A, 0, 0], [0, -1 / B, 1 / B, 0], [0, 0, -1 / B, 2 / B]],
    ),
    "two units": (
        "dx/dt = y*volt/a : volt|dy/dt = -x/volt/b : 1|dz/dt = (x/volt - z)/c : 1",
        [[0, 1 / A, 0, 0], [-1 / B, 0, 0, 0], [1 / C, 0, -1 / C, 0]],
    ),
}


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("last", [21, 4000])
def test_event_driven_systems_agree_with_the_matrix_exponential(backend, name, last):
    """One unit more of x at irregular times, against the exponential of scipy."""
    text, rows = SYSTEMS[name]
    n = len(rows)
    matrix = np.zeros((n + 1, n + 1))
    matrix[:n] = rows
    steps = [3, 4, 15, last]
    source = trains([0] * 4, steps, 1)
    model = "\n".join(f"{line} (event-driven)" for line in text.split("|"))
    one = "1*volt" if "volt" in text else "1"
    namespace = {"a": A * second, "b": B * second, "c": C * second}
    S = Synapses(source, source, model, on_pre=f"x += {one}", namespace=namespace)
    S.connect()
    Network(source, S).run((last + 1) * 0.1 * ms)
    state, before = np.append(np.zeros(n), 1.0), 0
    for step in steps:
        state = expm(matrix * DT * (step - before)) @ state
        state[0] += 1
        before = step
    found = [S.state(v, use_units=False)[0] for v in "xyz"[:n]]
    assert_allclose(found, state[:n], rtol=1e-10, atol=1e-13)


def test_event_driven_and_clock_driven_equations_agree_at_events():
    """The same trace, advanced in steps by the exact method."""
    results = []
    for flag in ("event-driven", "clock-driven"):
        model = f"dA/dt = -A/tau : 1 ({flag})\nseen : 1\ntau : second (constant)"
        source = trains([0, 1, 0, 1], [2, 5, 30, 31])
        S = Synapses(source, NeuronGroup(2, ""), model, on_pre="seen = A\nA += 1")
        S.connect()
        S.tau = "(1 + j)*ms"
        Network(source, S.target, S).run(5 * ms)
        results.append(S.seen[:])
    assert_allclose(results[0], results[1], rtol=1e-10)


def test_clock_driven_equations_read_both_neurons():
    """dw/dt = (u_pre - 2*u_post)/ms with constants: a straight line for each pair."""
    source, target = NeuronGroup(3, "u : 1"), NeuronGroup(2, "u : 1")
    source.u, target.u = "i", "1 + i"
    S = Synapses(source, target, "dw/dt = (u_pre - 2*u_post)/ms : 1 (clock-driven)")
    S.connect("i != j")
    Network(source, target, S).run(2 * ms)
    assert_allclose(S.w[:], 2 * (S.i[:] - 2 * (1 + S.j[:])))


def test_synapses_added_between_runs_are_integrated_too():
    G = NeuronGroup(2, "u : 1")
    S = Synapses(G, G, "dw/dt = -w/tau : 1 (clock-driven)\ntau : second (constant)")
    net = Network(G, S)
    S.connect(i=1, j=1)
    S.w, S.tau = 1, 1 * ms
    net.run(1 * ms)
    S.connect(i=0, j=0)
    S.w[1], S.tau[1] = 1, 2 * ms
    net.run(1 * ms)
    assert_allclose(S.w[:], [np.exp(-2), np.exp(-0.5)])


def test_equations_without_a_flag_are_mentioned(caplog):
    G = NeuronGroup(1, "u : 1")
    with caplog.at_level(logging.INFO, "rheobase"):
        Synapses(G, G, "dw/dt = -w/ms : 1")
    assert "clock-driven" in caplog.text


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (
            "dx/dt = -x/ms : 1 (event-driven)\ns = x : 1\ndz/dt = s/ms : 1 (clock-driven)",
            EquationError,
            "through 's' on 'x'",
        ),
        (
            "dx/dt = -y/ms : 1 (event-driven)\ndy/dt = -y/ms : 1 (clock-driven)",
            EquationError,
            "'x' is event-driven, but depends on 'y'",
        ),
        ("dx/dt = -x/ms : 1 (event-driven)\nu_post = x : 1 (summed)", EquationError, "'x'"),
        ("u_post = 1 : 1 (summed)\nu_pre = 1 : 1 (summed)", EquationError, "same variable"),
        ("v_post = 1 : 1 (summed)", EquationError, "only a parameter"),
        ("u_post = 1*ms : second (summed)", DimensionMismatchError, "the sum is in|The sum is in"),
        ("u = 1 : 1 (summed)", EquationError, "end in _post or _pre"),
        ("u : 1", EquationError, "is a variable of"),
        ("N_incoming : 1", EquationError, "all Synapses have"),
    ],
)
def test_equations_that_cannot_work_are_refused(model, error, message):
    G = NeuronGroup(2, "u : 1\ndv/dt = -v/ms : 1", threshold="False", reset="")
    with pytest.raises(error, match=message):
        Synapses(G, G, model, on_pre="u_post += 1")


# ------------------------------------------------------------------ sums
def test_summed_variables_are_matrix_products_in_each_step():
    source = NeuronGroup(3, "du/dt = 1/ms : 1")
    target = NeuronGroup(4, "total : 1\ncount : integer")
    source.u = [1, 2, 4]
    S = Synapses(source, target, "w : 1\ntotal_post = w*u_pre : 1 (summed)")
    S.connect("i != j")
    S.w = "1 + i + 10*j"
    M = StateMonitor(target, "total", record=True)
    Network(source, target, S, M).run(0.3 * ms)
    W = np.array([[(1 + i + 10 * j) * (i != j) for j in range(4)] for i in range(3)])
    u = np.array([1, 2, 4])[:, None] + 0.1 * np.arange(3)
    # before the target's state update: it sees the values of the step's beginning
    assert_allclose(M.total[:, 1:], (W.T @ u)[:, :2])


@pytest.mark.parametrize("when, lag", [("groups", 1), ("after_groups", 0), ("end", 0)])
def test_a_sum_is_made_where_in_the_step_the_script_says(when, lag):
    """The sum of u, recorded at the end of a step: of u before the state update, or after it."""
    source, target = NeuronGroup(2, "du/dt = 1/ms : 1"), NeuronGroup(1, "total : 1")
    S = Synapses(source, target, "total_post = u_pre : 1 (summed)")
    S.connect()
    S.summed_updaters["total_post"].when = when
    M = StateMonitor(target, "total", record=0, when="after_end")
    Network(source, target, S, M).run(0.5 * ms)
    assert_allclose(M.total[0], 2 * 0.1 * (np.arange(5) + 1 - lag), atol=1e-12)


def test_several_synapses_may_sum_into_one_variable_and_parts_of_it():
    source, target = NeuronGroup(2, "u : 1"), NeuronGroup(5, "total : 1")
    source.u = [1, 10]
    whole = Synapses(source, target, "total_post = u_pre : 1 (summed)")
    whole.connect()
    part = Synapses(source, target[2:4], "total_post = 100*u_pre : 1 (summed)")
    part.connect(i=0, j=[0, 1])
    Network(source, target, whole, part).run(0.2 * ms)
    assert_allclose(target.total[:], [11, 11, 111, 111, 11])


def test_a_sum_reaches_a_variable_through_a_link_too():
    """Cleared and filled in the order of the group that has it, whichever name it goes by."""
    source, target = NeuronGroup(2, "u : 1"), NeuronGroup(3, "total : 1")
    linked = NeuronGroup(3, "seen : 1 (linked)", order=5)
    linked.seen = linked_var(target.total)
    source.u = [1, 10]
    own = Synapses(source, target, "total_post = u_pre : 1 (summed)")
    own.connect()
    other = Synapses(source, linked, "seen_post = 100*u_pre : 1 (summed)")
    other.connect("i == 0 and j > 0")
    Network(source, target, linked, own, other).run(0.2 * ms)
    assert_allclose(target.total[:], [11, 111, 111])


@pytest.mark.parametrize("index", [None, [0, 0, 1]])
def test_a_sum_through_a_link_to_nothing_or_to_chosen_elements_is_refused(index):
    G, H = NeuronGroup(3, "u : 1"), NeuronGroup(3, "seen : 1 (linked)")
    if index:
        H.seen = linked_var(G.u, index=index)
    with pytest.raises(EquationError, match="not one to one"):
        Synapses(G, H, "seen_post = 1 : 1 (summed)")


def test_a_gap_junction_couples_both_neurons():
    cells = NeuronGroup(2, "dv/dt = (I - v)/(10*ms) : 1\nI : 1", method="exact")
    cells.v = [1, 0]
    gap = Synapses(cells, cells, "w : 1\nI_post = w*(v_pre - v_post) : 1 (summed)")
    gap.connect("i != j")
    gap.w = 0.5
    Network(cells, gap).run(20 * ms)
    # the sum v0 + v1 decays with 10 ms, the difference with 5 ms
    total, difference = np.exp(-2), np.exp(-4)
    assert_allclose(cells.v[0] + cells.v[1], total, rtol=0.02)
    assert_allclose(cells.v[0] - cells.v[1], difference, rtol=0.05)


def test_sums_onto_the_presynaptic_side():
    source, target = NeuronGroup(3, "total : 1"), NeuronGroup(2, "u : 1")
    target.u = [1, 10]
    S = Synapses(source, target, "total_pre = u_post : 1 (summed)")
    S.connect("i >= j")
    Network(source, target, S).run(0.1 * ms)
    assert_allclose(source.total[:], [1, 11, 11])


# ------------------------------------------------------------------ Synapses onto Synapses
def test_synapses_are_targets_and_sources_in_the_order_of_their_user():
    """Those of the first were made in another order than that of memory."""
    G = NeuronGroup(3, "u : 1")
    inner = Synapses(G, G, "w : 1\ngot : 1")
    inner.connect(i=[2, 0, 1, 0], j=[0, 2, 1, 0])
    inner.w = [1, 2, 3, 4]
    source = trains([0, 1], [0, 1])
    outer = Synapses(source, inner, on_pre="got_post += 10*(i + 1) + w_post")
    outer.connect("w_post > 1.5 and j != 2")
    assert outer.j[:].tolist() == [1, 3, 1, 3]
    assert outer.i_post[:].tolist() == [0, 0, 0, 0]
    assert outer.j_post[:].tolist() == [2, 0, 2, 0]
    back = Synapses(inner, G, "u_post = w_pre : 1 (summed)")
    back.connect(j="i % 3")
    Network(G, inner, source, outer, back).run(0.5 * ms)
    assert_allclose(inner.got[:], [0, 34, 0, 38])
    assert_allclose(G.u[:], [1 + 4, 2, 3])


# ------------------------------------------------------------------ examples
@pytest.mark.parametrize("name", ["stdp", "short_term_plasticity"])
def test_examples_of_plasticity_run(backend, name, capsys):
    namespace: dict = {"__name__": "example"}
    exec(compile((EXAMPLES / f"{name}.py").read_text(), name, "exec"), namespace)
    namespace["main"](["--duration", "0.1", "--no-plot", "--backend", backend])
    assert name in capsys.readouterr().out


def test_released_fractions_approach_their_stationary_values():
    namespace: dict = {"__name__": "example"}
    text = (EXAMPLES / "short_term_plasticity.py").read_text()
    text = text.replace("defaultclock.dt = 0.1 * ms", "defaultclock.dt = 1 * ms")  # spikes: 50 ms
    exec(compile(text, "short_term_plasticity", "exec"), namespace)
    _, synapses, *_ = namespace["simulate"](5000 * ms)
    limits = [
        namespace["stationary"](float(r), float(f), float(u), 20.0)
        for r, f, u in zip(namespace["TAU_REC"], namespace["TAU_FACIL"], namespace["USE"])
    ]
    assert_allclose(synapses.used[:], limits, rtol=1e-3)
