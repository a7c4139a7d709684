"""Networks: what they hold, in what order it runs, how a run ends."""

from __future__ import annotations

import cProfile
import gc
import logging

import numpy as np
import pytest
from numpy.testing import assert_allclose

import rheobase as rb
from rheobase import (
    EventClock,
    ModelTypeError,
    ModelValueError,
    Network,
    NetworkError,
    NetworkOperation,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    UnknownNameError,
    UnsupportedEquationsError,
    defaultclock,
    ms,
    prefs,
    second,
)
from rheobase.errors import ModelError
from rheobase.model.base import SimulationObject


class Lister(SimulationObject):
    add_to_magic_network = True

    def __init__(self, seen: list[str], **options):
        super().__init__(**options)
        self.seen = seen

    def run(self):
        self.seen.append(self.name)


def order_of(seen, *listers, schedule=None):
    net = Network(*listers)
    if schedule is not None:
        net.schedule = schedule
    net.run(0.1 * ms)
    return "".join(seen)


def test_objects_run_by_slot_then_order_then_name():
    seen: list[str] = []
    listers = [
        Lister(seen, name="e", when="end"),
        Lister(seen, name="d", when="start", order=1),
        Lister(seen, name="c", when="start"),
        Lister(seen, name="b", when="after_start", order=-5),
        Lister(seen, name="a", when="before_start", order=9),
    ]
    assert order_of(seen, *listers) == "acdbe"


def test_what_is_set_between_runs_changes_the_order_of_the_next():
    seen: list[str] = []
    a, b, c = (Lister(seen, name=name) for name in "abc")
    net = Network(a, b, c)
    net.run(0.1 * ms)
    a.when = "end"
    net.run(0.1 * ms)
    b.active = False
    net.run(0.1 * ms)
    b.active, c.order = True, -1
    net.run(0.1 * ms)
    net.schedule = ["end", "start"]
    net.run(0.1 * ms)
    net.remove(b)
    net.run(0.1 * ms)
    assert "".join(seen) == "abc" + "bca" + "ca" + "cba" + "acb" + "ac"


def test_a_network_may_have_slots_of_its_own():
    seen: list[str] = []
    listers = [Lister(seen, name="a", when="late"), Lister(seen, name="b", when="early")]
    assert order_of(seen, *listers, schedule=["early", "late"]) == "ba"
    with pytest.raises(ModelValueError, match="no slot 'late' in the schedule"):
        Network(Lister(seen, name="c", when="late")).run(0 * ms)


def test_the_schedule_follows_the_preference_until_it_is_set():
    net = Network()
    prefs.core.network.default_schedule = ["end", "start"]
    assert net.schedule == ["end", "start"]
    net.schedule = ["start"]
    assert net.schedule == ["start"]
    net.schedule = None
    assert net.schedule == ["end", "start"]


@pytest.mark.parametrize(
    ("schedule", "error", "text"),
    [
        ("start", ModelTypeError, "list of names"),
        ({"start"}, ModelTypeError, "list of names"),
        (["start", 1], ModelTypeError, "have names"),
        (["start", "after_start"], ModelValueError, "by itself"),
    ],
)
def test_a_schedule_is_a_list_of_names(schedule, error, text):
    with pytest.raises(error, match=text):
        Network().schedule = schedule


def test_objects_are_found_and_removed_by_name():
    seen: list[str] = []
    x, y = Lister(seen, name="x"), Lister(seen, name="y")
    net = Network([x, {"why": y}])
    assert net["x"] is x
    assert "y" in net
    assert set(net) == {x, y}
    del net["y"]
    assert "y" not in net
    with pytest.raises(KeyError, match="no object 'z'"):
        net["z"]
    with pytest.raises(TypeError, match="name of an object"):
        net[0]
    net.run(0.1 * ms)
    assert seen == ["x"]


@pytest.mark.parametrize("wrong", ["text", 3, object()])
def test_a_network_holds_objects_of_simulations_only(wrong):
    with pytest.raises(ModelTypeError, match=r"does not hold|holds groups"):
        Network(wrong)


def test_an_object_belongs_to_the_network_that_has_simulated_it():
    x = Lister([], name="x")
    net = Network(x)
    net.run(0.1 * ms)
    with pytest.raises(RuntimeError, match="has been simulated by"):
        Network(x)
    with pytest.raises(NetworkError, match="has been simulated by"):
        rb.run(0.1 * ms)


def test_an_object_is_free_when_its_network_is_gone():
    x = Lister([], name="x")
    Network(x).run(0.1 * ms)
    gc.collect()
    Network(x).run(0.1 * ms)
    assert len(x.seen) == 2


def test_two_objects_of_one_name_are_refused():
    net = Network(Lister([], name="x"), Lister([], name="x"))
    with pytest.raises(ModelValueError, match="have the name 'x'"):
        net.run(0 * ms)


def test_a_monitor_without_its_group_is_refused():
    group = NeuronGroup(1, "v : 1", threshold="v > 1", reset="v = 0", name="cells")
    for monitor in (StateMonitor(group, "v", record=True), SpikeMonitor(group), Synapses(group)):
        with pytest.raises(ModelValueError, match=r"NeuronGroup 'cells'.*, which it needs, is not"):
            Network(monitor).run(0 * ms)


def test_a_run_stopped_by_an_operation_finishes_its_step_and_goes_on_later():
    group = NeuronGroup(1, "dv/dt = 1/ms : 1")
    operation = NetworkOperation(lambda t: net.stop() if t > 0.45 * ms else None)
    net = Network(group, operation)
    net.run(10 * ms)
    assert_allclose([net.t_, group.v_[0]], [0.6e-3, 0.6])
    operation.active = False
    net.run(0.4 * ms)
    assert_allclose([net.t_, group.v_[0]], [1e-3, 1.0])


def test_the_global_stop_ends_the_run_that_goes_on():
    net = Network(NetworkOperation(lambda t: rb.stop()))
    net.run(10 * ms)
    assert_allclose(net.t_, 0.1e-3)


def test_what_is_inactive_does_nothing_and_its_parts_neither():
    group = NeuronGroup(1, "dv/dt = 1/ms : 1", threshold="True", reset="v += 0")
    spikes = SpikeMonitor(group)
    net = Network(group, spikes)
    net.run(0.1 * ms)
    group.active = False
    net.run(1 * ms)
    assert_allclose(group.v_[0], 0.1)
    assert spikes.num_spikes == 1


def test_delayed_spikes_arrive_though_their_source_sleeps():
    source = NeuronGroup(1, "v : 1", threshold="t < 0.05*ms", reset="v += 0")
    target = NeuronGroup(1, "v : 1")
    synapses = Synapses(source, target, on_pre="v_post += 1", delay=2 * ms)
    synapses.connect()
    net = Network(source, target, synapses)
    net.run(1 * ms)
    source.active = False
    net.run(5 * ms)
    assert target.v_[0] == 1


def test_a_run_of_no_time_checks_the_model():
    with pytest.raises(ModelError, match="unheard"):
        Network(NeuronGroup(1, "dv/dt = unheard/ms : 1")).run(0 * ms)
    with pytest.raises(ModelValueError, match="negative"):
        Network().run(-1 * ms)


def test_other_errors_of_preparing_keep_their_type_and_say_where():
    class Odd(SimulationObject):
        def _prepare(self, namespace):
            raise ZeroDivisionError("by nothing")

    net = Network(Odd(name="odd"))
    with pytest.raises(ModelError, match=r"Odd 'odd' \(test_network.py:\d+\).*by nothing"):
        net.run(0 * ms)
    with pytest.raises(ZeroDivisionError, match="by nothing"):
        net.run(0 * ms)


def test_dt_changes_between_runs_where_it_divides_the_time():
    group = NeuronGroup(1, "v : 1")
    monitor = StateMonitor(group, "v", record=True)
    net = Network(group, monitor)
    for dt in (0.1, 0.5, 0.1):
        defaultclock.dt = dt * ms
        net.run(0.5 * ms)
    assert_allclose(
        monitor.t_, np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 1, 1.1, 1.2, 1.3, 1.4]) * 1e-3
    )
    defaultclock.dt = 1 * ms
    with pytest.raises(ModelValueError, match="Choose a dt that divides t"):
        net.run(1 * ms)


def test_runs_shorter_than_a_step_add_up():
    defaultclock.dt = 1 * ms
    group = NeuronGroup(1, "dv/dt = 1/ms : 1")
    monitor = StateMonitor(group, "v", record=True)
    net = Network(group, monitor)
    for _ in range(8):
        net.run(0.25 * ms)
    assert_allclose(monitor.t_, [0, 1e-3])


def test_steps_are_counted_beyond_32_bits():
    group = NeuronGroup(1, "x : 1\nk : integer")
    adding = NetworkOperation(lambda: group.x.__iadd__(1))
    net = Network(group, adding)
    start = (2**31 - 5) * 1e-4 * second
    defaultclock.dt = start
    net.run(start)
    defaultclock.dt = 0.1 * ms
    net.run(0.6 * ms)
    assert group.x_[0] == 7
    assert defaultclock.timestep == 2**31 + 1


def test_what_a_network_does_not_hold_cannot_be_removed():
    with pytest.raises(KeyError, match="does not hold NeuronGroup 'cells'"):
        Network().remove(NeuronGroup(1, "x : 1", name="cells"))


def test_what_is_inactive_is_not_checked():
    cells = NeuronGroup(1, "x : 1", threshold="x > 1", reset="x = 0")
    unconnected, wrong = Synapses(cells, cells, on_pre="x += 1"), cells.run_regularly("x = nowhere")
    net = Network(cells, unconnected)
    unconnected.active = wrong.active = False
    net.run(1 * ms)
    wrong.active = True
    with pytest.raises(UnknownNameError, match="'nowhere' is unknown"):
        net.run(1 * ms)


def test_an_event_clock_ticks_between_the_steps_of_others():
    seen: list[str] = []
    net = Network(
        NetworkOperation(lambda t: seen.append(f"a{t / ms:.2f}"), dt=1 * ms),
        NetworkOperation(
            lambda t: seen.append(f"b{t / ms:.2f}"), clock=EventClock([2, 0.5, 2.25] * ms), order=1
        ),
    )
    net.run(1 * ms)
    net.run(2 * ms)
    assert seen == ["a0.00", "b0.50", "a1.00", "a2.00", "b2.00", "b2.25"]
    with pytest.raises(ModelValueError, match="all different"):
        EventClock([1, 1] * ms)


@pytest.mark.parametrize("times", [[0.9], [0.9, 5000.0], [0.05, 0.0501, 0.9]])
def test_given_times_count_however_far_apart_they_are(times):
    """What lies shortly before the end of a run happens in it, and in order of time."""
    seen: list[str] = []
    one = NetworkOperation(lambda t: seen.append(f"{t / ms:.4f}"), clock=EventClock(times * ms))
    late = EventClock([0.92] * ms)
    two = NetworkOperation(lambda t: seen.append(f"{t / ms:.4f}"), clock=late, when="before_start")
    Network(one, two).run(0.95 * ms)
    assert seen == [f"{t:.4f}" for t in [*times, 0.92] if t < 0.95]


def test_given_times_are_no_steps():
    clock = EventClock([0.2, 0.7] * ms)
    with pytest.raises(ModelTypeError, match="the clock of a group has steps"):
        NeuronGroup(1, "dv/dt = 1/ms : 1", clock=clock)
    group = NeuronGroup(1, "v : 1", name="cells")
    group.run_at("v += 1", [0.2, 0.7] * ms, name="at")
    net = Network(group)
    net.run(1 * ms)
    assert group.v[0] == 2
    assert "2 times (eventclock)" in str(net.scheduling_summary())


def test_a_duration_between_steps_is_warned_of(caplog):
    with caplog.at_level(logging.WARNING):
        Network(NeuronGroup(1, "dv/dt = 1/ms : 1")).run(0.25 * ms)
    names = [r.name.rpartition(".")[2] for r in caplog.records]
    # what earlier tests have left may be collected now
    assert [n for n in names if n != "unused_brian_object"] == ["fractional_steps"]


def test_an_object_that_no_run_has_seen_is_missed(caplog):
    with caplog.at_level(logging.WARNING):
        NeuronGroup(1, "v : 1", name="never_used")
        gc.collect()
    assert any("never_used" in r.getMessage() for r in caplog.records)
    caplog.clear()
    with caplog.at_level(logging.WARNING), pytest.raises(ModelError, match=r"\S"):
        NeuronGroup(1, "dv/dt = 1*volt : 1", name="never_made")
    gc.collect()
    assert not any("never_made" in r.getMessage() for r in caplog.records)


# ------------------------------------------------------------------ reports and summaries
def test_a_report_is_called_at_the_beginning_and_at_the_end():
    calls: list[tuple[float, ...]] = []
    net = Network(NeuronGroup(1, "dv/dt = 1/ms : 1"))
    net.run(1 * ms)
    net.run(2 * ms, report=lambda *a: calls.append(tuple(map(float, a[1:]))))
    assert calls == [(0.0, 0.001, 0.002), (1.0, 0.001, 0.002)]
    with pytest.raises(ModelValueError, match="'text', 'stdout'"):
        net.run(1 * ms, report="unknown")
    with pytest.raises(ModelTypeError, match="a name or a function"):
        net.run(1 * ms, report=3)


@pytest.mark.parametrize("name", ["text", "stdout", "stderr"])
def test_a_report_in_text_goes_where_it_is_sent(name, capsys):
    Network(NeuronGroup(1, "dv/dt = 1/ms : 1")).run(1 * ms, report=name)
    out, err = capsys.readouterr()
    assert "100%" in (err if name == "stderr" else out)
    assert (out if name == "stderr" else err) == ""


def test_a_progress_bar_comes_to_its_end(capsys):
    pytest.importorskip("tqdm")
    Network(NeuronGroup(1, "dv/dt = 1/ms : 1")).run(2 * ms, report="bar")
    assert "100%" in capsys.readouterr().err


def test_a_scheduling_summary_lists_what_runs_in_order():
    group = NeuronGroup(
        1, "dv/dt = -v/ms : 1", threshold="v > 1", reset="v = 0", name="cells", dt=1 * ms
    )
    monitor = StateMonitor(group, "v", record=True, name="watch", when="end")
    monitor.active = False
    summary = Network(monitor, group).scheduling_summary()
    assert [(e.name, e.when, e.active) for e in summary.entries] == [
        ("cells_stateupdater", "groups", True),
        ("cells_spike_thresholder", "thresholds", True),
        ("cells_spike_resetter", "resets", True),
        ("watch", "end", False),
    ]
    assert "watch (StateMonitor), inactive" in str(summary)
    assert summary._repr_html_().count("<tr>") == 5


def test_a_profile_accounts_for_the_time_of_the_run():
    group = NeuronGroup(
        2000, "dv/dt = (1 - sin(v))/ms : 1", threshold="v > 1", reset="v = 0", name="cells"
    )
    net = Network(group)
    net.run(1 * ms)
    with pytest.raises(ModelValueError, match="profile=True"):
        rb.profiling_summary(net)
    net.run(50 * ms, profile=True)
    info = dict(net.profiling_info)
    assert {f"cells_{k}" for k in ("stateupdater", "spike_thresholder", "spike_resetter")} == set(
        info
    )
    report = net.last_run
    assert report is not None
    assert 0 < sum(map(float, info.values())) <= 1.01 * report.native_seconds
    assert len(rb.profiling_summary(net, show=2).entries) == 2


# ------------------------------------------------------------------ the magic network
def test_run_finds_what_the_script_names_and_goes_on_with_it():
    x = Lister([])
    rb.run(1 * ms)
    rb.run(1 * ms)
    assert (len(x.seen), rb.magic_network.t_) == (20, 2e-3)
    y = Lister([])
    with pytest.raises(rb.MagicError, match="go on or to begin again"):
        rb.run(1 * ms)
    del x
    gc.collect()
    x = Lister([])
    rb.run(1 * ms)
    assert (len(x.seen), len(y.seen), rb.magic_network.t_) == (10, 10, 1e-3)


def test_start_scope_leaves_out_what_was_before():
    first = NeuronGroup(1, "v : 1", name="first")
    assert rb.collect() == {first}
    rb.start_scope()
    second_ = NeuronGroup(1, "v : 1", name="second")
    assert rb.collect() == {second_}


def test_the_magic_network_is_one_and_chooses_for_itself():
    with pytest.raises(ModelValueError, match="one magic network"):
        type(rb.magic_network)()
    x = Lister([])
    for change in (rb.magic_network.add, rb.magic_network.remove):
        with pytest.raises(rb.MagicError, match="make a Network"):
            change(x)


def test_run_leaves_out_a_monitor_whose_group_it_cannot_see(caplog):
    def monitor():
        return StateMonitor(NeuronGroup(1, "v : 1", name="hidden"), "v", record=True)

    watch = monitor()
    with caplog.at_level(logging.WARNING):
        rb.run(1 * ms)
    assert any("it needs NeuronGroup 'hidden'" in r.getMessage() for r in caplog.records)
    assert not watch.active


# ------------------------------------------------------------------ states
def test_states_of_all_objects_are_got_and_set():
    group = NeuronGroup(3, "v : volt", name="cells")
    group.v = "i*mV"
    net = Network(group)
    states = net.get_states(read_only_variables=False)
    assert set(states) == {"cells"}
    group.v = 0 * rb.mV
    net.set_states(states)
    assert_allclose(group.v_, [0, 1e-3, 2e-3])
    assert set(rb.magic_network.get_states()) == {"cells"}


def test_an_object_of_a_run_that_could_not_begin_is_free():
    """A network that found its model wrong has simulated nothing: another may have the objects."""
    cells = NeuronGroup(1, "dv/dt = -v**2/tau : 1", method="exact")
    with pytest.raises(UnsupportedEquationsError, match="not linear"):
        Network(cells).run(0 * ms, namespace={"tau": 1 * ms})
    with pytest.raises(UnsupportedEquationsError, match="not linear"):
        Network(cells).run(0 * ms, namespace={"tau": 1 * ms})


def test_an_unchanged_run_is_prepared_with_few_calls():
    """A second run looks whether anything has changed, and no more: the number of calls grows with
    the number of objects, not with its square."""

    def calls(n_groups: int) -> int:
        rb.start_scope()
        cells = [
            NeuronGroup(5, "dv/dt = -v/(10*ms) : 1", threshold="v > 1", reset="v = 0")
            for _ in range(n_groups)
        ]
        synapses = [Synapses(c, c, on_pre="v += 0.1") for c in cells]
        for s in synapses:
            s.connect(j="i")
        monitors = [StateMonitor(c, "v", record=True) for c in cells]
        net = Network(cells, synapses, monitors, [SpikeMonitor(c) for c in cells])
        for _ in range(3):
            net.run(0.1 * ms)
        profile = cProfile.Profile()
        gc.disable()  # what is collected meanwhile counts for nothing
        profile.enable()
        net.run(0.1 * ms)
        profile.disable()
        gc.enable()
        return sum(entry.callcount for entry in profile.getstats())

    one, five = calls(1), calls(5)
    assert one < 1500
    assert five < 5 * one


def test_a_run_that_sees_no_object_says_so(caplog):
    rb.start_scope()

    def simulate():
        listed = [rb.NeuronGroup(1, "v : 1", name="in_a_list")]
        rb.run(1 * ms)
        return listed

    simulate()
    assert "run() sees no object" in caplog.text
    assert "NeuronGroup 'in_a_list' (test_network.py:" in caplog.text


def test_a_network_that_nobody_needs_goes_at_once():
    """Its objects are free again, without waiting for the garbage collector."""
    cells = NeuronGroup(1, "v : 1")
    gc.disable()
    try:
        for _ in range(2):  # NetworkError, if the first network were still there
            Network(cells, NeuronGroup(1, "v : 1", threshold="v > 1")).run(1 * ms)
    finally:
        gc.enable()
