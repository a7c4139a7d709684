"""Blocks of steps: who goes ahead, and the same numbers, bit for bit, as step by step."""

from __future__ import annotations

import numpy as np
import pytest

import rheobase as rb
from rheobase import (
    EventMonitor,
    Network,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    PopulationRateMonitor,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    ms,
    network_operation,
    prefs,
    seed,
)
from rheobase.backends.llvm import blocks, executable, snapshots
from rheobase.ir.ahead import ahead_of
from rheobase.network import watching
from tests.network.all_threads import Always
from tests.network.test_threads import Alternating, states


@pytest.fixture(autouse=True)
def native(backend, monkeypatch):
    """Chunks of a few dozen elements, and all threads from the first step on."""
    if backend != "llvm":
        pytest.skip("the reference makes one step after the other")
    monkeypatch.setattr(executable, "Pace", Always)
    monkeypatch.setattr(blocks, "CHUNK", 1000)
    monkeypatch.setattr(blocks, "CHUNK_IN_ROWS", 1000)
    monkeypatch.setattr(blocks, "MOST_PIECES", 100)


WAYS = (1, 64), (1, 5), (2, 64), (3, 5), (7, 64)


def same_in_blocks(build, *, ways=WAYS, duration=20 * ms) -> set[str]:
    """Run a model step by step on one thread, and in blocks; fails unless all is equal bit for bit.

    ways   numbers of threads and of steps that elements may go ahead


    The run has three parts, the first and last of which are no multiples of a block.
    Returns the names of the kernels that go ahead.
    """
    ahead: set[str] = set()

    def note(_, program):
        found = ahead_of(program.calls)
        ahead.update(program.calls[k].kernel.name for k in (found.calls if found else ()))

    results = []
    for n, steps in ((1, 1), *ways):
        prefs.core.threads, prefs.core.steps_ahead = n, steps
        seed(5)
        net = build()
        with watching(note):
            for part in (0.7 * ms, duration - 1 * ms, 0.3 * ms):
                net.run(part)
        results.append(states(net))
    for other in results[1:]:
        assert other.keys() == results[0].keys()
        for name, wanted in results[0].items():
            np.testing.assert_array_equal(other[name], wanted, err_msg=name)
    return ahead


def cells(n: int, name: str = "cells", noise: bool = True) -> NeuronGroup:
    xi = " + 0.4*xi*tau**-0.5" if noise else ""
    group = NeuronGroup(
        n,
        f"""dv/dt = (1.1 + g - v)/tau{xi} : 1 (unless refractory)
        dg/dt = -g/(5*ms) : 1
        bias : 1
        tau : second""",
        threshold="v > 1",
        reset="v = 0.1*rand(); bias += 1",
        refractory="1*ms + 1*ms*(i % 3)",
        method="euler",
        name=name,
    )
    group.v = "rand()"
    group.tau = "(8 + 4*rand())*ms"
    return group


@pytest.mark.parametrize("n", [1, 70, 1500])
def test_cells_without_synapses_and_what_hears_their_spikes(n):
    def build():
        group = cells(n)
        return Network(
            group,
            SpikeMonitor(group, name="spikes"),
            SpikeMonitor(group, record=False, name="counts"),
            PopulationRateMonitor(group, name="rate"),
        )

    ahead = same_in_blocks(build)
    assert "cells state update + cells threshold" in ahead
    assert {"cells reset", "counts count"} <= ahead
    assert not any(name.startswith(("spikes", "rate")) for name in ahead)


def test_groups_of_several_sizes_input_and_functions_of_time():
    stimulus = TimedArray(np.arange(40) % 3, dt=1 * ms)

    def build():
        small, large = cells(50, "small", noise=False), cells(900, "large")
        group = NeuronGroup(
            300, "dx/dt = (stimulus(t) - x + 0.1*sin(t/ms))/(3*ms) : 1", method="euler", name="x"
        )
        group.run_regularly("x += 0.01*rand()")
        return Network(
            small,
            large,
            group,
            PoissonInput(large[16:400], "g", 10, 50 * rb.Hz, 0.1, name="input"),
            SpikeMonitor(small, name="a"),
            SpikeMonitor(large[100:], name="b"),
            namespace_of(stimulus=stimulus),
        )

    ahead = same_in_blocks(build)
    assert {"input input", "small reset", "large reset"} <= ahead


def namespace_of(**names: object) -> list[object]:
    """Names that equations of this module see."""
    globals().update(names)
    return []


def test_an_event_of_several_kinds_keeps_its_order():
    def build():
        group = NeuronGroup(
            400,
            "dv/dt = (2 + rand_ - v)/(10*ms) : 1\nrand_ : 1\nhits : 1",
            threshold="v > 1.2",
            reset="v = 0",
            events={"half": "v > 0.6 and v < 0.65"},
            method="euler",
            name="group",
        )
        group.rand_ = "rand()"
        group.run_on_event("half", "hits += 1")
        return Network(
            group,
            EventMonitor(group, "half", name="halves"),
            SpikeMonitor(group, name="spikes"),
        )

    ahead = {part for name in same_in_blocks(build) for part in name.split(" + ")}
    assert {"group threshold", "group event 'half'", "group code of event 'half'"} <= ahead


@pytest.mark.parametrize("delay", [0.1, 0.2, 0.7, 3])
def test_delays_bound_the_block(delay):
    """Threads exchange spikes once a block; what comes back within it is never too late."""

    def build():
        left, right = cells(90, "left"), cells(130, "right", noise=False)
        there = Synapses(left, right, on_pre="g_post += 0.3", delay=delay * ms, name="there")
        back = Synapses(right, left, "w : 1", on_pre="g_post += w", delay=1.5 * ms, name="back")
        there.connect(p=0.2)
        back.connect(p=0.2)
        back.w = "0.2*rand()"
        return Network(left, right, there, back, SpikeMonitor(right, name="spikes"))

    assert {"there_pre", "left reset"} <= same_in_blocks(build)


def test_delays_of_many_lengths_that_change_between_runs():
    def build():
        group = cells(90)
        many = Synapses(group, group, on_pre="g_post += 0.05; bias_post -= 1", name="many")
        many.connect(p=0.3)
        many.delay = "0.6*ms + 2*ms*rand()"
        return Network(group, many, SpikeMonitor(group, name="spikes"))

    assert "many_pre" in same_in_blocks(build)
    counts = []
    for steps in (1, 64):
        prefs.core.threads, prefs.core.steps_ahead = 2, steps
        seed(5)
        net = build()
        net.run(3 * ms)
        net["many"].delay = "0.3*ms*rand()"
        net.run(5 * ms)
        counts.append(net["spikes"].t_[:].copy())
    np.testing.assert_array_equal(counts[1], counts[0])


def test_synapses_without_delay_keep_their_cells_together():
    def build():
        group = cells(90)
        synapses = Synapses(group, group, on_pre="g_post += 0.1", name="synapses")
        synapses.connect(p=0.1)
        return Network(group, synapses, cells(200, "alone"), SpikeMonitor(group, name="spikes"))

    ahead = same_in_blocks(build)
    assert "alone reset" in ahead
    assert not {"cells reset", "synapses_pre"} & ahead


def test_input_without_delay_is_not_overtaken():
    def build():
        inputs = PoissonGroup(70, 200 * rb.Hz, name="inputs")
        group = cells(50)
        synapses = Synapses(inputs, group, on_pre="g_post += 0.1", name="synapses")
        synapses.connect(p=0.5)
        return Network(inputs, group, synapses, SpikeMonitor(group, name="spikes"))

    assert not same_in_blocks(build)


@pytest.mark.parametrize("when", ["start", "after_groups", "before_resets", "end"])
def test_what_is_recorded_of_few_cells_is_what_they_were_in_that_step(when):
    """Of every type, also of a part of a group, together with recurrent synapses."""

    def build():
        group = cells(300)
        far = Synapses(group, group, on_pre="g_post += 0.1", delay=1 * ms, name="far")
        far.connect(p=0.05)
        record = {"record": [0, 2, 170, 299], "when": when}
        states = StateMonitor(group, ["v", "not_refractory", "bias"], **record, name="states")
        part = StateMonitor(group[100:180], ["v", "lastspike"], record=[3, 79], name="part")
        return Network(group, far, states, part, SpikeMonitor(group, name="spikes"))

    assert {"cells reset", "far_pre"} <= same_in_blocks(build)


def test_records_of_all_cells_keep_them_together():
    def build():
        group = cells(300)
        return Network(group, StateMonitor(group, "v", record=True, name="states"))

    assert not any("cells" in name for name in same_in_blocks(build))


def test_variables_with_spikes_are_those_of_the_spike():
    """Before the reset and after it."""

    def build():
        group = cells(300)
        return Network(
            group,
            SpikeMonitor(group, variables=["v", "g"], name="spikes"),
            SpikeMonitor(group[40:200], variables="v", when="end", name="later"),
        )

    assert "cells reset" in same_in_blocks(build)


def test_many_snapshots_shorten_the_block(monkeypatch):
    monkeypatch.setattr(snapshots, "MOST_BYTES", 40_000)

    def build():
        group = cells(300)
        return Network(group, SpikeMonitor(group, variables=["v", "g"], name="spikes"))

    assert "cells reset" in same_in_blocks(build)


def test_a_reset_before_the_threshold_takes_the_spikes_of_the_step_before():
    def build():
        group = cells(300)
        group.resetter["spike"].when = "start"
        return Network(group, SpikeMonitor(group, name="spikes", when="start"))

    same_in_blocks(build)


def test_values_that_all_share_may_change_in_between():
    def build():
        group = NeuronGroup(
            200,
            "dv/dt = (drive - v)/(10*ms) : 1\ndrive : 1 (shared)",
            threshold="v > 1",
            reset="v = 0",
            method="euler",
            name="group",
        )
        group.run_regularly("drive = 1 + rand()", dt=0.1 * ms)
        return Network(group, SpikeMonitor(group, name="spikes"))

    same_in_blocks(build)


@pytest.mark.parametrize("dt", [0.05, 0.1, 0.3, 0.47, 1])
def test_other_clocks_see_all_cells_at_their_time(dt):
    """Also where they are faster, or come between two steps."""

    def build():
        group = cells(300)
        slow = NeuronGroup(40, "dx/dt = -x/ms : 1", method="exact", dt=dt * ms, name="slow")
        slow.x = 1

        @network_operation(dt=dt * ms, name="nudge")
        def nudge():
            group.v_[7] = 0.5

        group.run_regularly("bias += 0.1*rand()", dt=3 * dt * ms)
        states = StateMonitor(group, ["v", "bias"], record=[0, 299], dt=dt * ms, name="states")
        return Network(group, slow, states, nudge, SpikeMonitor(group, name="spikes"))

    assert "cells reset" in same_in_blocks(build, ways=((1, 64), (3, 64)), duration=10 * ms)


def test_python_is_called_in_every_step():
    def build():
        group = cells(200)

        @network_operation(name="nudge")
        def nudge():
            group.v_[7] = 0.5

        return Network(group, nudge, SpikeMonitor(group, name="spikes"))

    assert not same_in_blocks(build)


def test_a_run_may_change_threads_while_buffers_grow_within_a_block(monkeypatch):
    monkeypatch.setattr(executable, "Pace", Alternating)

    def build():
        group = NeuronGroup(1500, "v : 1", threshold="(i + t/dt) % 3 < 1", name="group")
        synapses = Synapses(group, group, on_pre="v_post += 1", delay=2 * ms, name="synapses")
        synapses.connect("j == (7*i) % N_pre")
        return Network(group, synapses, SpikeMonitor(group, name="spikes"))

    assert same_in_blocks(build, ways=((2, 64), (3, 64)))


def test_a_run_that_stops_has_made_the_same_step_everywhere():
    """Between blocks; the rest follows as if it had not stopped."""
    ends = []
    for steps in (1, 64):
        prefs.core.steps_ahead = steps
        seed(3)
        group = cells(1500)
        spikes = SpikeMonitor(group, name="spikes")
        net = Network(group, spikes)
        run_until_stopped(net)
        net.run(60 * ms - net.t)
        ends.append((group.v_[:].copy(), spikes.t_[:].copy(), float(net.t)))
    np.testing.assert_array_equal(ends[1][0], ends[0][0])
    np.testing.assert_array_equal(ends[1][1], ends[0][1])
    assert ends[1][2] == ends[0][2]


def run_until_stopped(net: Network) -> None:
    net.run(50 * ms, report=lambda elapsed, done, start, length: done and net.stop())
