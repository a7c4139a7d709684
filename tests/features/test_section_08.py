"""Section 8 of the contract, Synapses, sentence by sentence.

What other files test already:

    conditions, p, n, generators, arrays, tables   tests/fuzz/test_connections.py (pair for pair,
                                                   in order, with the number within each pair),
                                                   tests/model/test_connect.py, test_synapses.py
    indices outside, skip_if_invalid, what         test_connect.py, test_synapses.py,
    cannot be combined                             test_synapses_arguments.py
    delays of all forms, what is under way         test_synapses_delays.py, tests/fuzz
    event-driven equations, and what they          test_synapses_equations.py,
    may not do                                     test_synapses_history.py
    sums onto both sides, several into one         test_synapses_equations.py
    Synapses from and to Synapses                  test_synapses_equations.py, test_linked.py
    older names of arguments                       test_synapses_arguments.py
    a mismatch of clocks                           test_synapses_delays.py
"""

from __future__ import annotations

import inspect
import logging

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    StateMonitor,
    Synapses,
    ms,
    mV,
    second,
    volt,
)

GIVEN = {
    "source": inspect.Parameter.empty, "target": None, "model": None, "on_pre": None, "pre": None,
    "on_post": None, "post": None, "connect": None, "delay": None, "on_event": "spike",
    "multisynaptic_index": None, "namespace": None, "dtype": None, "codeobj_class": None,
    "dt": None, "clock": None, "order": 0, "method": ("exact", "euler", "heun"),
    "method_options": None, "name": "synapses*",
}  # fmt: skip
CONNECT = {
    "condition": None, "i": None, "j": None, "p": 1.0, "n": 1, "skip_if_invalid": False,
    "namespace": None, "level": 0,
}  # fmt: skip


pytestmark = pytest.mark.usefixtures("backend")


def cells(n, **arguments):
    """Neurons with a number each that never spike by themselves."""
    group = NeuronGroup(n, "v : 1\nk : 1", threshold="v > 100", reset="v = 0", **arguments)
    group.k = "10*i"
    return group


def trains(*times):
    """Spikes of neurons 0, 1, ... at times in ms."""
    i = [k for k, own in enumerate(times) for _ in own]
    t = [x for own in times for x in own]
    return SpikeGeneratorGroup(len(times), i, t * ms)


def messages(caplog, name):
    return [r for r in caplog.records if r.name.endswith(name)]


def pairs(S):
    return list(zip(S.i[:].tolist(), S.j[:].tolist()))


# Synapses(source, target, ...): the arguments, in order, with these defaults; so connect().
def test_arguments_and_their_defaults():
    for function, given in ((Synapses.__init__, GIVEN), (Synapses.connect, CONNECT)):
        found = {n: p.default for n, p in inspect.signature(function).parameters.items()}
        del found["self"]
        assert list(found)[: len(given)] == list(given)
        assert {n: found[n] for n in given} == given


# connect= when Synapses are made is an error.
def test_connect_is_no_argument():
    with pytest.raises(ModelTypeError, match="make the synapses with"):
        Synapses(cells(1), connect=True)


# target=None: the source itself.
def test_the_target_is_the_source_by_default():
    G = cells(2)
    S = Synapses(G)
    assert S.source is G
    assert S.target is G


# A name that the synapses do not know is that of the target; _pre and _post say which.
def test_names_mean_the_target_and_endings_say_the_side():
    source, target = trains([1], [1]), cells(2)
    target.k = [3, 5]
    S = Synapses(source, target, "w : 1", on_pre="w = 100*k + k_post + i_pre")
    S.connect(i=[0, 1], j=[1, 0])
    Network(source, target, S).run(2 * ms)
    assert_allclose(S.w[:], [505, 304])


# Both sides can be written to, from the code of both sides.
@pytest.mark.parametrize("side", ["pre", "post"])
def test_code_of_either_side_writes_to_both(side):
    G, H = cells(2), cells(2)
    spiking = G if side == "pre" else H
    spiking.v = [101, 0]
    code = "k_pre += 1 + w; k_post += 2 + w"
    S = Synapses(G, H, "w : 1", **{f"on_{side}": code})
    S.connect(i=[0, 0, 1, 1], j=[0, 1, 0, 1])
    S.w = [1, 10, 100, 1000]
    Network(G, H, S).run(0.1 * ms)
    reached = [0, 1] if side == "pre" else [0, 2]  # the synapses of neuron 0
    wanted = np.array([[0.0, 10.0], [0.0, 10.0]])
    for s in reached:
        wanted[0, S.i[s]] += 1 + S.w[s]
        wanted[1, S.j[s]] += 2 + S.w[s]
    assert_allclose([G.k[:], H.k[:]], wanted)


# Where the order of synapses matters, it is that of events and targets: a plain loop.
def test_what_depends_on_the_order_is_done_in_order():
    source, target = trains([1], [1], [1]), cells(2)
    S = Synapses(source, target, "w : 1", on_pre="v = v/2 + w")
    S.connect(i=[2, 0, 1, 0, 2], j=[0, 0, 1, 1, 0])
    S.w = [1, 2, 3, 4, 5]
    Network(source, target, S).run(2 * ms)
    v = [0.0, 0.0]
    for _, j, _, w in sorted(zip(S.i[:], S.j[:], range(5), S.w[:])):
        v[j] = v[j] / 2 + w
    assert_allclose(target.v[:], v)


# A text makes the pathway 'pre' or 'post', a mapping one for each name; S.name is the pathway.
# It has source, target, synapses, delay, slot 'synapses', order -1 or +1 beside that of S.
def test_pathways_are_groups_of_the_synapses():
    G, H = cells(2, events={"evt": "v > 5"}), cells(3)
    S = Synapses(
        G,
        H,
        "w : 1",
        on_pre={"up": "v += w", "down": "v -= w"},
        on_post="w += 1",
        on_event={"up": "evt"},
        delay={"up": 1 * ms},
        order=3,
        name="both",
    )
    S.connect()
    assert [(p.order, p.when, p.event) for p in (S.up, S.down, S.post)] == [
        (2, "synapses", "evt"), (2, "synapses", "spike"), (4, "synapses", "spike")
    ]  # fmt: skip
    assert S.events == {"up": "evt", "down": "spike", "post": "spike"}
    assert (S.up.source, S.up.target, S.post.source, S.post.target) == (G, H, H, G)
    assert (S.up.name, S.post.name) == ("both_up", "both_post")
    assert len(S.up) == len(S.post) == 6
    assert_array_equal(S.up.i[:], S.i[:])
    S.w = "i + 2*j"
    assert_array_equal(S.down.w[:], S.w[:])
    assert_allclose(S.up.delay[:] / ms, [1])
    with pytest.raises(AttributeError, match="has no attribute 'weight'"):
        S.up.weight  # noqa: B018


def test_a_text_makes_pre_and_post():
    S = Synapses(cells(1), cells(1), on_pre="v += 1", on_post="v += 1")
    assert list(S.pathways) == ["pre", "post"]
    assert S.pathways["pre"] is S.pre
    assert bool(S.pre)


# on_event: one name for all pathways, or one for each.
def test_any_event_runs_a_pathway():
    G = NeuronGroup(1, "v : 1\ngot : 1", threshold="v > 1", events={"low": "v < 1"})
    G.v = 0.5
    all_low = Synapses(G, G, on_pre="got_post += 1", on_post="got_pre += 10", on_event="low")
    one = Synapses(
        G, G, on_pre={"a": "got += 100", "b": "got += 1000"}, on_event={"a": "low", "b": "spike"}
    )
    for S in (all_low, one):
        S.connect()
    Network(G, all_low, one).run(0.1 * ms)
    assert_allclose(G.got[:], [111])


# Delays are rounded to steps of the source's clock; S.path.delay[i, j].
def test_delays_are_whole_steps_and_read_by_pairs():
    source, target = trains([0]), cells(3)
    S = Synapses(source, target, on_pre={"p": "v = t/ms"})
    S.connect()
    S.p.delay = "(j + 0.26)*0.1*ms"
    assert_allclose(S.p.delay[0, 2] / ms, 0.226)
    Network(source, target, S).run(1 * ms)
    assert_allclose(target.v[:], [0, 0.1, 0.2])


# A single delay= belongs to the pathway 'pre'; it can be changed to another single one only.
def test_one_delay_is_that_of_the_presynaptic_pathway():
    S = Synapses(cells(2), cells(2), on_pre="v += 1", on_post="v += 1", delay=2 * ms)
    S.connect()
    assert_allclose(S.pre.delay[:] / ms, 2)
    assert_allclose(S.post.delay[:] / ms, 0)
    S.delay = 3 * ms
    assert_allclose(S.pre.delay[:] / ms, 3)
    with pytest.raises(ModelTypeError, match="given as one for all synapses"):
        S.delay = [1, 2, 3, 4] * ms


# Event-driven equations add lastupdate; without them it may be declared, and set by the code.
def test_lastupdate_is_the_time_of_the_last_event():
    source, target = trains([1, 4], [2]), cells(2)
    driven = Synapses(source, target, "dx/dt = -x/(5*ms) : 1 (event-driven)", on_pre="x += 1")
    own = Synapses(
        source,
        target,
        "x : 1\nlastupdate : second",
        on_pre="x = x*exp(-(t - lastupdate)/(5*ms)) + 1; lastupdate = t",
    )
    for S in (driven, own):
        S.connect(j="i")
    Network(source, target, driven, own).run(6 * ms)
    assert_allclose(driven.lastupdate / ms, [4, 2])
    assert_allclose(own.lastupdate / ms, [4, 2])
    assert_allclose(own.x[:], driven.x[:])
    assert_allclose(own.x[:], [1 + np.exp(-3 / 5), 1])


# Index arrays may be anything with _indices, a group; whole numbers are required.
def test_groups_and_objects_with_indices_stand_for_their_elements():
    class Some:
        def _indices(self):
            return np.array([0, 2])

    G, H = cells(5), cells(3)
    S = Synapses(G, H)
    S.connect(i=G[3:], j=Some())
    assert pairs(S) == [(3, 0), (4, 2)]
    part = Synapses(G[2:], H)
    part.connect(i=G[3:], j=1)
    assert pairs(part) == [(1, 1), (2, 1)]
    with pytest.raises(ModelValueError, match="is no part of"):
        part.connect(i=G[1:], j=1)


# For all-to-all, synapses stand as the elements of a matrix; i=... goes over targets first.
def test_the_order_of_synapses_is_that_of_a_matrix():
    W = np.arange(12.0).reshape(3, 4)
    S = Synapses(cells(3), cells(4), "w : 1")
    S.connect()
    S.w[:] = W.flatten()
    assert_array_equal([[S.w[i, j][0] for j in range(4)] for i in range(3)], W)
    T = Synapses(cells(3), cells(4))
    T.connect(i="k for k in range(2)")
    assert pairs(T) == [(i, j) for j in range(4) for i in range(2)]
    T.connect(i=2, j=0)  # calls append
    assert pairs(T)[-1] == (2, 0)


# Every index of a synaptic variable, for reading and for writing.
def test_synapses_are_reached_by_every_index():
    G, H = cells(4), cells(5)
    S = Synapses(G, H, "w : 1", multisynaptic_index="m")
    S.connect(n=2)
    S.w = "100*i + 10*j + m"
    every = [(i, j, m) for i in range(4) for j in range(5) for m in range(2)]

    def wanted(test):
        return [100 * i + 10 * j + m for i, j, m in every if test(i, j, m)]

    for item, test in (
        ((0, 1), lambda i, j, m: (i, j) == (0, 1)),
        ((0, 1, 1), lambda i, j, m: (i, j, m) == (0, 1, 1)),
        (
            (slice(1, 3), slice(None, None, 2), 0),
            lambda i, j, m: 1 <= i < 3 and not j % 2 and not m,
        ),
        (([0, 3], [1, 2]), lambda i, j, m: i in (0, 3) and j in (1, 2)),
        ((G[1:2], H[2:]), lambda i, j, m: i == 1 and j >= 2),
        ("m > 0 and i < 1", lambda i, j, m: m > 0 and i < 1),
        ("k_pre > k_post", lambda i, j, m: i > j),
        ([3, 4], lambda i, j, m: (i, j, m) in (every[3], every[4])),
        (slice(None), lambda i, j, m: True),
    ):
        assert_array_equal(S.w[item], wanted(test))
        assert_array_equal(S.w[S[item]], wanted(test))
        kept = S.w[:]
        S.w[item] = "-1 - j"
        assert_array_equal(S.w[item], [-1 - j for i, j, m in every if test(i, j, m)])
        assert (S.w[:] < 0).sum() == len(wanted(test))
        S.w = kept
    assert S.w[3] == 11


# A SynapticSubgroup chooses what a monitor records, and is an index of the monitor.
def test_monitors_record_and_are_indexed_by_subgroups():
    G = cells(3)
    S = Synapses(G, G, "dw/dt = (1 + i + 10*j)/ms : 1 (clock-driven)", method="euler")
    S.connect()
    M = StateMonitor(S, "w", record=S[1, :])
    Network(G, S, M).run(0.3 * ms)
    assert_allclose(M.w[:, 1], [0.2, 1.2, 2.2])
    assert_allclose(M[S[1, 2]].w, M.w[2:])
    assert_allclose(M[S[1, 1:]].w, M.w[1:])


# Before connect() nothing can be written, and that is a TypeError.
def test_writing_before_connect_is_a_type_error():
    S = Synapses(cells(2), cells(2), "w : 1", on_pre="v += w")
    for write in ("w", "delay"):
        with pytest.raises(TypeError, match="call connect"):
            setattr(S, write, 0 * second if write == "delay" else 1)


# i, j, N, N_pre, N_post, N_incoming, N_outgoing, S.N_incoming_post, S.N_outgoing_pre, len(S).
def test_numbers_that_all_synapses_have():
    S = Synapses(cells(3), cells(4), "a : 1\nb : 1")
    S.connect(i=[0, 0, 2, 0], j=[1, 3, 3, 1])
    assert (S.N, S.N_pre, S.N_post, len(S)) == (4, 3, 4, 4)
    assert_array_equal(S.N_outgoing[:], [3, 3, 1, 3])
    assert_array_equal(S.N_incoming[:], [2, 2, 2, 2])
    assert_array_equal(S.N_outgoing_pre, [3, 0, 1])
    assert_array_equal(S.N_incoming_post, [0, 2, 0, 2])
    S.a, S.b = "N_incoming/N_outgoing", "N + 10*N_pre + 100*N_post"
    assert_allclose(S.a[:], [2 / 3, 2 / 3, 2, 2 / 3])
    assert_allclose(S.b[:], 434)


# A sum is in its target before the target is integrated, in the slot 'groups', from zero each step.
def test_sums_are_there_before_the_target_is_integrated():
    G = NeuronGroup(2, "u : 1")
    G.u = [1, 2]
    H = NeuronGroup(1, "dv/dt = s/ms : 1\ns : 1", method="euler")
    H.s = 1000
    S = Synapses(G, H, "w : 1\ns_post = w*u_pre : 1 (summed)")
    S.connect()
    S.w = [3, 5]
    Network(G, H, S).run(0.2 * ms)
    assert_allclose(H.s[:], [13])
    assert_allclose(H.v[:], [2.6])


# Synapses that were never connected stop a run with a TypeError that says what to do.
def test_a_run_with_unconnected_synapses_says_what_to_do():
    G = cells(2)
    S = Synapses(G, G, on_pre="v += 1")
    with pytest.raises(TypeError, match=r"never connected: call connect\(\), or connect\(False\)"):
        Network(G, S).run(0.1 * ms)


# Clock-driven equations without the flag are mentioned, those with it are not.
def test_clock_driven_equations_are_marked(caplog):
    caplog.set_level(logging.INFO, "rheobase")
    Synapses(cells(1), cells(1), "dw/dt = -w/ms : 1 (clock-driven)")
    assert not messages(caplog, "clock_driven")
    Synapses(cells(1), cells(1), "dw/dt = -w/ms : volt")
    assert [r.levelno for r in messages(caplog, "clock_driven")] == [logging.INFO]


# Values with units, and the form without.
def test_weights_have_units():
    S = Synapses(cells(1), cells(1), "w : volt")
    S.connect()
    S.w = 3 * mV
    assert S.w[0] == 3 * mV
    assert S.w_[0] == 0.003
    assert S.w[:].dim is volt.dim
