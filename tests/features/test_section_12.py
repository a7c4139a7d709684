"""Section 12 of the contract, network and run loop, sentence by sentence.

What other files test already:

    schedule, slots, order, names                 tests/network/test_network.py
    the same beside Brian 2, several steps        tests/reference/test_groups.py
    store and restore, in memory and to a file    tests/network/test_checkpoints.py
    random networks split over processes          tests/fuzz/test_checkpoints.py
    reports, summaries, profiles, stop(), Ctrl-C  test_network.py, test_interrupts.py
    devices                                       test_devices.py
    threads                                       test_threads.py
"""

from __future__ import annotations

import inspect
import logging
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rheobase as rb
from rheobase import (
    Clock,
    EventClock,
    MagicError,
    Network,
    NetworkOperation,
    NeuronGroup,
    PoissonGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    collect,
    defaultclock,
    get_device,
    magic_network,
    ms,
    run,
    second,
    seed,
    start_scope,
)
from rheobase.magic import MagicNetwork

SLOTS = ["start", "groups", "thresholds", "synapses", "resets", "end"]


@pytest.fixture(autouse=True)
def scope():
    rb.restore_initial_state()
    yield
    rb.restore_initial_state()


def said(caplog):
    """The names of messages; objects of other tests may be gone just now."""
    return {r.name.rpartition(".")[2] for r in caplog.records} - {"unused_brian_object"}


def growing(**options):
    return NeuronGroup(1, "dv/dt = 1/ms : 1", method="euler", **options)


# Network(*objs, name): objects, containers of containers, values of dicts.
def test_a_network_takes_objects_out_of_containers():
    a, b, c = growing(name="a"), growing(name="b"), growing(name="c")
    net = Network(a, [{"one": b}, (c,)], name="mine")
    assert net.name == "mine"
    assert {x.name for x in net.objects} == {"a", "b", "c"}
    assert net["b"] is b
    assert "c" in net
    assert len(net) == len(list(net)) == len(net.sorted_objects) == 6  # with their state updaters
    del net["b"]
    net.remove(c)
    assert "b" not in net
    assert {x.name for x in net.objects} == {"a"}
    net.add(b)
    assert "b" in net
    with pytest.raises(KeyError, match="no object 'z'"):
        net["z"]
    with pytest.raises(TypeError, match="holds groups"):
        net.add(3)


# t, t_; the schedule and its default, which is a preference.
def test_time_and_schedule():
    net = Network(growing())
    assert (net.t_, net.schedule) == (0, SLOTS)
    net.run(0.3 * ms)
    assert_allclose([net.t_, net.t / ms], [0.3e-3, 0.3])
    rb.prefs.core.network.default_schedule = ["groups", "start"]
    assert Network().schedule == ["groups", "start"]


# run(duration, report, report_period, namespace, profile, level).
def test_arguments_of_run():
    given = {
        "report": None, "report_period": 10 * second, "namespace": None, "profile": None,
        "level": 0,
    }  # fmt: skip
    for function in (run, Network(growing()).run):
        found = {n: p.default for n, p in inspect.signature(function).parameters.items()}
        assert list(found)[:6] == ["duration", *given]
        assert {n: found[n] for n in given} == given


# A report is called with 0.0 and 1.0 in any case; its text may be C++, which means nothing here.
def test_a_report_is_told_the_beginning_and_the_end():
    calls = []
    Network(growing()).run(0 * ms, report=lambda *a: calls.append(a[1]))
    assert calls == [0.0, 1.0]


# A negative duration: ValueError; net.stop(); a run can go on.
def test_runs_end_and_go_on():
    group = growing()
    net = Network(group)
    with pytest.raises(ValueError, match="negative"):
        net.run(-1 * ms)
    stopping = NetworkOperation(net.stop, clock=EventClock([0.2] * ms))
    net.add(stopping)
    net.run(1 * ms)
    assert_allclose(net.t / ms, 0.3)
    net.run(0.7 * ms)
    assert_allclose([net.t / ms, group.v[0]], [1, 1])


# All clocks with the least time go on together; within a step: slot, order, name.
def test_the_order_of_steps_and_of_what_is_in_them():
    seen = []

    def noting(text):
        return lambda t: seen.append(f"{text}{t / ms:.1f}")

    places = [
        ("b", 0.2, "start", 0), ("a", 0.1, "start", 0), ("c", 0.1, "start", -1),
        ("d", 0.3, "before_start", 5),
    ]  # fmt: skip
    operations = [
        NetworkOperation(noting(n), dt=dt * ms, when=when, order=order, name=n)
        for n, dt, when, order in places
    ]
    Network(operations).run(0.4 * ms)
    assert " ".join(seen) == ("d0.0 c0.0 a0.0 b0.0 c0.1 a0.1 c0.2 a0.2 b0.2 d0.3 c0.3 a0.3")


# store and restore: variables, synapses, delays, spikes under way, clocks, by name.
def test_a_stored_network_comes_back_in_all_that_it_has(tmp_path):
    seed(1)
    source = PoissonGroup(20, "300*Hz", name="source")
    target = NeuronGroup(20, "dv/dt = -v/(5*ms) : 1", name="target", dt=0.05 * ms)
    synapses = Synapses(source, target, "w : 1", on_pre="v_post += w; w += 0.01", name="synapses")
    synapses.connect(p=0.5)
    synapses.delay = "rand()*3*ms"
    spikes, states = SpikeMonitor(source), StateMonitor(target, "v", record=True)
    net = Network(source, target, synapses, spikes, states)
    net.run(5 * ms)
    net.store("there", filename=tmp_path / "there")
    net.store("there")
    net.run(5 * ms)
    expected = states.v.copy(), spikes.i[:].copy(), synapses.w[:].copy()
    for filename in (None, tmp_path / "there"):
        synapses.delay = "1*ms"
        target.v = 77
        net.restore("there", filename=filename, restore_random_state=True)
        assert_allclose(net.t / ms, 5)
        net.run(5 * ms)
        for met, wanted in zip((states.v, spikes.i, synapses.w[:]), expected):
            assert_array_equal(met, wanted)
    with pytest.raises(KeyError, match="'never'"):
        net.restore("never")
    with pytest.raises(KeyError, match="target"):
        Network(growing(name="other")).restore("there", filename=tmp_path / "there")


# get_states and set_states of a network, by object.
def test_states_of_a_network():
    a, b = growing(name="a"), growing(name="b")
    net = Network(a, b)
    net.set_states({"a": {"v": 3}, "b": {"v": [4]}})
    states = net.get_states(units=False, read_only_variables=False)
    assert {n: s["v"].tolist() for n, s in states.items()} == {"a": [3], "b": [4]}


# All new: from t = 0; all known: go on; a mixture: MagicError; what is in containers is not found.
def test_what_run_makes_of_objects():
    one = growing()
    run(1 * ms)
    run(1 * ms)
    assert_allclose([magic_network.t / ms, one.v[0]], [2, 2])
    two = growing()
    with pytest.raises(MagicError, match="begin again"):
        run(1 * ms)
    start_scope()
    three, hidden = growing(), [growing()]
    assert collect() == {three}
    run(1 * ms)
    assert_allclose([magic_network.t / ms, one.v[0], two.v[0], three.v[0]], [1, 2, 0, 1])
    assert hidden[0].v[0] == 0
    with pytest.raises(ValueError, match="one magic network"):
        MagicNetwork()
    with pytest.raises(MagicError, match="make a Network"):
        magic_network.add(one)


# No object in two networks: RuntimeError; what needs another: ValueError, or with magic a warning.
def test_networks_and_what_belongs_to_them(caplog):
    group = growing()
    Network(group).run(1 * ms)
    kept = Network(growing(name="kept"))
    kept.run(0 * ms)
    with pytest.raises(RuntimeError, match="each network has a time of its own"):
        Network(kept["kept"]).run(1 * ms)

    def watched():
        return StateMonitor(growing(), "v", record=True)

    alone = watched()
    with pytest.raises(ValueError, match="which it needs"):
        Network(watched()).run(0 * ms)
    del group
    with caplog.at_level(logging.WARNING):
        run(1 * ms)
    assert not alone.active
    assert "dependency_warning" in said(caplog)


def test_what_belongs_to_a_run_and_is_not_seen_is_named_once(caplog):
    cells, hidden = growing(name="seen"), []
    hidden.append(StateMonitor(cells, "v", record=True, name="hidden"))
    hidden.append(StateMonitor(growing(name="elsewhere"), "v", record=True))
    with caplog.at_level(logging.WARNING):
        run(1 * ms)
        run(1 * ms)
    texts = [r.getMessage() for r in caplog.records if r.name.endswith("unseen_object")]
    assert len(texts) == 1
    assert re.match(r"StateMonitor 'hidden' .* belongs to NeuronGroup 'seen'", texts[0])


def test_a_time_called_defaultclock_sets_no_step(caplog):
    cells, defaultclock = growing(), 0.2 * ms
    with caplog.at_level(logging.WARNING):
        run(1 * ms)
    assert (cells.clock.dt, defaultclock) == (0.1 * ms, 0.2 * ms)
    assert "replaced_clock" in said(caplog)


# Clocks: dt of defaultclock at any time, dt and clock of objects, t, timestep; a new dt must
# divide t; more than 2 * 10^9 steps; a run that is no whole number of steps warns.
def test_clocks(caplog):
    defaultclock.dt = 0.5 * ms
    shared = Clock(0.25 * ms, name="quarter")
    usual, own, with_shared = growing(), growing(dt=0.1 * ms), growing(clock=shared)
    net = Network(usual, own, with_shared)
    net.run(1 * ms)
    assert [g.clock.timestep for g in (usual, own, with_shared)] == [2, 10, 4]
    assert_allclose([shared.t / ms, shared.dt / ms, shared.t_], [1, 0.25, 1e-3])
    defaultclock.dt = 0.3 * ms
    with pytest.raises(ValueError, match="Choose a dt that divides t"):
        net.run(1 * ms)
    defaultclock.dt = 0.2 * ms
    net.run(1 * ms)
    assert_allclose([g.v[0] for g in (usual, own, with_shared)], [2, 2, 2])
    assert said(caplog) == set()
    with caplog.at_level(logging.WARNING):
        Network(growing()).run(0.25 * ms)
        Clock(1e-9 * ms).set_interval(0 * second, 1e4 * second)
    assert said(caplog) == {"fractional_steps", "many_timesteps"}
    with pytest.raises(ValueError, match="not both"):
        growing(dt=1 * ms, clock=shared)


# seed(None | int); get_random_state, set_random_state.
def test_random_numbers_begin_again():
    group = NeuronGroup(5, "x : 1")

    def drawn():
        group.x = "rand()"
        return group.x[:].tolist()

    seed(3)
    state, first = get_device().get_random_state(), drawn()
    second_ = drawn()
    assert first != second_
    seed(3)
    assert [drawn(), drawn()] == [first, second_]
    get_device().set_random_state(state)
    assert drawn() == first
    seed()
    assert drawn() != first


# profile=True: profiling_info, profiling_summary(net, show).
def test_a_profile_is_asked_for():
    net = Network(growing(name="cells"), growing(name="others"))
    net.run(1 * ms, profile=True)
    assert {n for n, _ in net.profiling_info} >= {"cells_stateupdater", "others_stateupdater"}
    text = str(rb.profiling_summary(net, show=1))
    assert ("cells" in text) != ("others" in text)
    with pytest.raises(ValueError, match="profile=True"):
        rb.profiling_summary(Network(growing()))


# scheduling_summary() of the script and of a network.
def test_the_schedule_is_shown():
    cells = growing(name="cells")
    assert [e.name for e in rb.scheduling_summary().entries] == ["cells_stateupdater"]
    assert str(Network(cells).scheduling_summary()) == str(rb.scheduling_summary())


# A run in parts is the run.
@pytest.mark.parametrize("backend", ["llvm", "numpy"])
def test_a_run_in_parts_is_the_whole_run_on_each_backend(backend):
    rb.set_backend(backend)
    results = []
    for parts in ([4], [1, 3], [0, 2, 0.1, 1.9]):
        seed(5)
        cells = NeuronGroup(
            3, "dv/dt = (2 - v)/ms + 0.3*xi/ms**0.5 : 1", threshold="v > 1", reset="v = 0",
            method="euler", refractory=0.3 * ms,
        )  # fmt: skip
        spikes = SpikeMonitor(cells)
        net = Network(cells, spikes)
        for part in parts:
            net.run(part * ms)
        results.append(
            (cells.v[:].tolist(), spikes.i[:].tolist(), np.round(spikes.t / ms, 6).tolist())
        )
    rb.set_backend("llvm")
    assert results[0] == results[1] == results[2]
