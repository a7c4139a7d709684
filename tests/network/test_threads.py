"""Runs on several threads: the same numbers, bit for bit, as on one."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

import rheobase as rb
from rheobase import (
    Network,
    NeuronGroup,
    PoissonGroup,
    PopulationRateMonitor,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    defaultclock,
    ms,
    network_operation,
    prefs,
    second,
    seed,
)
from rheobase.backends.llvm import executable
from rheobase.backends.llvm.pace import Pace
from tests.network.all_threads import Always

THREADS = (2, 3, 7)


@pytest.fixture(autouse=True)
def native(backend, monkeypatch):
    """The reference always runs on one thread; native code here on all of them."""
    if backend != "llvm":
        pytest.skip("threads are for native code")
    monkeypatch.setattr(executable, "Pace", Always)


def states(net: Network) -> dict[str, np.ndarray]:
    """Everything that a run has computed: variables of all objects, and what monitors have seen."""
    found = {}
    for name, values in net.get_states(units=False).items():
        if "_subgroup" not in name:  # whose names count up, and whose variables are the group's
            found |= {f"{name}.{k}": np.asarray(v) for k, v in values.items()}
    return found


def same_on_all(build, *, threads=THREADS, duration=20 * ms) -> dict[str, np.ndarray]:
    """Run a model on 1 and on several threads; fails unless all is equal bit for bit."""
    results = []
    for n in (1, *threads):
        prefs.core.threads = n
        seed(5)
        net = build()
        net.run(duration / 2)
        net.run(duration / 2)
        results.append(states(net))
    for other in results[1:]:
        assert other.keys() == results[0].keys()
        for name, wanted in results[0].items():
            np.testing.assert_array_equal(other[name], wanted, err_msg=name)
    return results[0]


def cells(n: int, noise: bool = True) -> NeuronGroup:
    xi = " + 0.4*xi*tau**-0.5" if noise else ""
    group = NeuronGroup(
        n,
        f"""dv/dt = (1.1 + g - v)/tau{xi} : 1 (unless refractory)
        dg/dt = -g/(5*ms) : 1
        total : 1
        bias : 1
        tau : second""",
        threshold="v > 1",
        reset="v = 0.1*rand(); bias += 1",
        refractory="1*ms + 1*ms*(i % 3)",
        method="euler",
        name="cells",
    )
    group.v = "rand()"
    group.tau = "(8 + 4*rand())*ms"
    return group


@pytest.mark.parametrize("n", [1, 13, 150])
def test_noise_resets_and_recurrent_synapses(n):
    def build():
        group = cells(n)
        synapses = Synapses(
            group, group, "w : 1", on_pre="g_post += w*(1 + 0.1*rand())", name="syn"
        )
        synapses.connect(p=min(1.0, 20 / n))
        synapses.w = "0.3*randn()"
        monitors = SpikeMonitor(group, name="spikes"), PopulationRateMonitor(group, name="rate")
        return Network(group, synapses, monitors)

    found = same_on_all(build)
    assert found["spikes.N"] >= n


@pytest.mark.parametrize("first", [3, 8])
def test_normal_numbers_of_a_part_that_begins_anywhere(first):
    """Pairs of elements share their draws: no block of a thread may begin within a pair."""

    def build():
        group = cells(1100)
        part = group[first:1000]
        part.run_regularly("bias += randn()", dt=0.2 * ms)
        return Network(group, part)

    same_on_all(build, duration=2 * ms)


def test_delays_of_one_time_and_of_many():
    def build():
        group = cells(90)
        one = Synapses(group, group, on_pre="g_post += 0.1", delay=0.7 * ms, name="one")
        many = Synapses(group, group, on_pre="g_post += 0.05; bias_post -= 1", name="many")
        one.connect(p=0.2)
        many.connect(p=0.3)
        many.delay = "2*ms*rand()"
        return Network(group, one, many, SpikeMonitor(group, name="spikes"))

    same_on_all(build)


def test_plasticity_with_both_pathways():
    def build():
        inputs = PoissonGroup(70, 200 * rb.Hz, name="inputs")
        group = cells(50)
        plastic = Synapses(
            inputs,
            group,
            """w : 1
            dapre/dt = -apre/(20*ms) : 1 (event-driven)
            dapost/dt = -apost/(20*ms) : 1 (event-driven)""",
            on_pre="g_post += w; apre += 0.01; w = clip(w + apost, 0, 1)",
            on_post="apost -= 0.011; w = clip(w + apre, 0, 1)",
            name="plastic",
        )
        plastic.connect(p=0.5)
        plastic.w = "rand()"
        plastic.post.delay = 0.4 * ms
        return Network(
            inputs, group, plastic, StateMonitor(plastic, "w", record=[0, 5], name="states")
        )

    found = same_on_all(build)
    assert len(np.unique(found["plastic.w"])) > 100


def test_synapses_whose_code_looks_at_no_target():
    """What a thread owns of their targets follows from the numbers of the targets alone."""

    def build():
        source = PoissonGroup(100, 200 * rb.Hz, name="source")
        target = NeuronGroup(100, "", name="target")
        synapses = Synapses(source, target, "x : 1", on_pre="x = x + 1", name="synapses")
        synapses.connect("i != j", p=0.5)
        return Network(source, target, synapses)

    same_on_all(build)


def test_sums_gap_junctions_and_synapses_with_a_clock():
    def build():
        group = cells(60)
        gap = Synapses(group, group, "total_post = 0.1*(v_pre - v_post) : 1 (summed)", name="gap")
        gap.connect(p=0.3)
        slow = Synapses(
            group,
            group,
            """ds/dt = -s/(10*ms) : 1 (clock-driven)
            bias_post = s : 1 (summed)""",
            on_pre="s += 0.1",
            name="slow",
        )
        slow.connect(p=0.2)
        group.run_regularly("g += 0.2*total + 0.01*bias", dt=0.3 * ms)
        return Network(
            group, gap, slow, StateMonitor(group, ["v", "total"], record=True, name="states")
        )

    same_on_all(build)


def test_subgroups_links_and_what_one_thread_must_do():
    """Writes to the source, shared counts, and Python between them."""

    def build():
        group = cells(100)
        left, right = group[:40], group[37:]
        back = Synapses(left, right, on_pre="bias_pre += 1; g_post += 0.1", name="back")
        back.connect(p=0.2)
        counter = NeuronGroup(30, "dx/dt = 1/ms : 1\nn : 1 (shared)", name="counter")
        counter.run_regularly("n += rand()", dt=1 * ms)
        follower = NeuronGroup(
            100, "u : 1 (linked)\ndy/dt = (u - y)/ms : 1", method="euler", name="follower"
        )
        follower.u = rb.linked_var(group, "v")
        right.run_regularly("v += 0.01*rand()", dt=0.5 * ms)

        @network_operation(dt=1 * ms, name="nudge")
        def nudge():
            group.v_[3] = 0.5

        return Network(group, left, right, back, counter, follower, nudge)

    same_on_all(build)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types_of_storage(dtype):
    def build():
        prefs.core.default_float_dtype = dtype
        group = cells(200)
        synapses = Synapses(group, group, on_pre="g_post += 0.1", name="syn")
        synapses.connect(p=0.1)
        return Network(group, synapses, SpikeMonitor(group, name="spikes"))

    same_on_all(build, threads=(2,))


def test_connections_that_change_between_runs_are_divided_anew():
    """As many synapses as before, but others: pieces of rows must follow."""
    totals = []
    for n in (1, 2):
        prefs.core.threads = n
        source = NeuronGroup(40, "x : 1", threshold="True", name="source")
        target = NeuronGroup(40, "total : 1", name="target")
        synapses = Synapses(source, target, on_pre="total_post += 1 + 0.5*i", name="synapses")
        synapses.connect(i=np.arange(40), j=np.arange(40))
        net = Network(source, target, synapses)
        net.store()
        net.run(0.3 * ms)
        net.restore()
        synapses.connect(i=[3, 4], j=[39, 0])
        net.run(0.3 * ms)
        totals.append(target.total[:].copy())
    np.testing.assert_array_equal(totals[1], totals[0])
    assert totals[0].sum() > 0


def test_a_run_that_goes_on_with_other_threads_is_the_same_run():
    ends = []
    for numbers in ((1, 1, 1), (2, 1, 3)):
        seed(3)
        group = cells(80)
        net = Network(group)
        for n in numbers:
            prefs.core.threads = n
            net.run(5 * ms)
        ends.append(group.v[:].copy())
    np.testing.assert_array_equal(ends[1], ends[0])


def test_a_profile_of_several_threads_names_each_object():
    prefs.core.threads = 2
    net = Network(cells(100))
    net.run(5 * ms, profile=True)
    assert {"cells_stateupdater", "cells_spike_resetter"} <= {n for n, _ in net.profiling_info}


def test_two_networks_may_run_on_threads_at_the_same_time():
    prefs.core.threads = 2
    seed(1)
    nets = [Network(cells(64)) for _ in range(2)]
    runs = [
        threading.Thread(target=net.run, args=(5 * ms,), kwargs={"namespace": {}}) for net in nets
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert not any(run.is_alive() for run in runs)
    assert all(net.t == 5 * ms for net in nets)


def test_threads_wait_without_cost_while_python_is_at_work():
    """They stay in native code during a run, but sleep there; and they are woken."""
    prefs.core.threads = 2
    group = cells(1000)

    @network_operation(dt=1 * ms)
    def think():
        time.sleep(0.05)

    net = Network(group, think)
    begun, used = time.perf_counter(), time.process_time()
    net.run(10 * ms)
    assert time.perf_counter() - begun > 0.5
    assert time.process_time() - used < 0.4
    assert net.t == 10 * ms


def test_threads_go_back_after_a_run_even_if_it_fails():
    prefs.core.threads = 2
    group = cells(1000)

    @network_operation(dt=5 * ms)
    def fail():
        if defaultclock.t > 1 * ms:
            raise ValueError("enough")

    net = Network(group, fail)
    before = threading.active_count()
    for _ in range(3):
        with pytest.raises(ValueError, match="enough"):
            net.run(20 * ms)
    assert threading.active_count() <= before + 1


@pytest.mark.skipif(os.name == "nt", reason="signals to oneself")
def test_ctrl_c_stops_a_run_on_threads():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells' background jobs ignore it
    prefs.core.threads = 2
    net = Network(cells(1000))
    asked = []

    def interrupt():
        time.sleep(0.3)
        asked.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    net.run(10_000 * second)
    assert time.perf_counter() - asked[0] < 30  # not the hours that the run would take
    reached = net.t
    assert reached > 0 * second
    net.run(1 * defaultclock.dt)
    assert net.t > reached


# ------------------------------------------------------------------ when threads are used
class Alternating(Pace):
    """Changes between one thread and all at every return from native code."""

    def note(self, steps: int, seconds: float) -> None:
        self.team = not self.team


def test_a_run_may_change_between_one_thread_and_all_at_any_return(monkeypatch):
    """Growing buffers and calls of Python return in the middle of a step."""

    def build():
        group = cells(150)

        @network_operation(dt=0.5 * ms, name="nudge")
        def nudge():
            group.v_[3] = 0.5

        recording = StateMonitor(group, "v", record=True, name="states")
        return Network(group, nudge, recording, SpikeMonitor(group, name="spikes"))

    monkeypatch.setattr(executable, "Pace", Alternating)
    same_on_all(build)


def chosen(pace: Pace, alone: float, together: float, seconds: float) -> float:
    """The part of `seconds` that a pace spends with all threads, for given times of a step."""
    spent = {False: 0.0, True: 0.0}
    while sum(spent.values()) < seconds:
        step = together if pace.team else alone
        slice_ = pace.longest if pace.team else 0.001
        n = max(1, round(slice_ / step))
        spent[pace.team] += n * step
        pace.note(n, n * step)
    return spent[True] / seconds


def test_the_faster_way_is_kept():
    assert chosen(Pace(), 100e-6, 55e-6, 5) > 0.95
    assert 0 < chosen(Pace(), 100e-6, 300e-6, 5) < 0.05


def test_small_networks_never_try_threads():
    assert chosen(Pace(), 5e-6, 1e-6, 5) == 0


def test_a_neighbour_who_takes_a_processor_ends_the_use_of_threads_at_once():
    pace = Pace()
    chosen(pace, 100e-6, 55e-6, 1)
    assert pace.team
    assert chosen(pace, 100e-6, 2000e-6, 1) < 0.06
    assert chosen(pace, 100e-6, 55e-6, 8) > 0.7


@pytest.mark.parametrize("alone", [20e-6, 100e-6, 5e-3])
def test_a_trial_that_goes_badly_is_short(alone):
    """Beside a busy neighbour a step of all threads may take a hundred times as long."""
    pace, cost = Pace(), 0.0
    for _ in range(100_000):
        step = alone * (100 if pace.team else 1)
        seconds = max(1, round((pace.longest if pace.team else 0.001) / step)) * step
        n = round(seconds / step)
        cost += seconds if pace.team else 0
        pace.note(n, seconds)
        if cost and not pace.team:
            break
    assert 0 < cost <= max(0.06, 2 * 100 * alone)
