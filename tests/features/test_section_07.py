"""Section 7 of the contract, NeuronGroup and Group, sentence by sentence.

What other files test already:

    refractory: every form, (unless refractory)   tests/reference/test_groups.py, beside Brian 2
    schedules of events, order of what ties       the same; tests/model/test_group_features.py
    dtype of groups, of single variables          test_group_features.py, test_single_precision.py
    views: every index, arithmetic                test_group_features.py, test_neurongroup.py
    get_states, set_states, plug-in formats       test_group_features.py
    subgroups                                     test_subgroup.py, test_subgroup_uses.py
    linked variables                              test_linked.py
    names of objects, unused objects              tests/network/test_network.py
"""

from __future__ import annotations

import inspect
import logging

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import rheobase as rb
from rheobase import (
    DimensionMismatchError,
    Equations,
    EventClock,
    Network,
    NeuronGroup,
    PoissonGroup,
    SpikeGeneratorGroup,
    StateMonitor,
    Synapses,
    linked_var,
    ms,
    mV,
    run,
    second,
    volt,
)

GIVEN = {
    "N": inspect.Parameter.empty, "model": inspect.Parameter.empty,
    "method": ("exact", "euler", "heun"), "method_options": None, "threshold": None,
    "reset": None, "refractory": False, "events": None, "namespace": None, "dtype": None,
    "dt": None, "clock": None, "order": 0, "name": "neurongroup*", "codeobj_class": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def scope():
    rb.restore_initial_state()
    yield
    rb.restore_initial_state()


def messages(caplog, name):
    return [r for r in caplog.records if r.name.endswith(name)]


# NeuronGroup(N, model, ...): the arguments, in order, with these defaults.
def test_arguments_and_their_defaults():
    found = inspect.signature(NeuronGroup).parameters
    given = {n: p.default for n, p in found.items()}
    assert list(given)[: len(GIVEN)] == list(GIVEN)
    assert {n: given[n] for n in GIVEN} == GIVEN


# threshold: a boolean text; reset runs in the slot 'resets'.
def test_a_reset_runs_in_its_slot():
    group = NeuronGroup(1, "v : 1", threshold="v > 1", reset="v = 0")
    assert group.resetter["spike"].when == "resets"
    assert group.thresholder["spike"].when == "thresholds"


# A threshold without reset and refractory warns, unless it is random, or reset is ''.
@pytest.mark.parametrize(
    ("options", "warned"),
    [
        ({}, 1),
        ({"reset": ""}, 0),
        ({"reset": "v = 0"}, 0),
        ({"refractory": 1 * ms}, 0),
        ({"threshold": "rand() < 0.1"}, 0),
        ({"threshold": "randn() > v"}, 0),
    ],
)
def test_a_threshold_alone_warns_unless_it_is_meant(options, warned, caplog):
    NeuronGroup(1, "v : 1", **{"threshold": "v > 1", **options})
    assert len(messages(caplog, "only_threshold")) == warned


# refractory adds lastspike, at first -10^4 s, and not_refractory.
def test_refractoriness_brings_two_variables():
    group = NeuronGroup(2, "v : 1", threshold="v > 1", reset="", refractory=2 * ms)
    assert_array_equal(group.lastspike[:] / second, -1e4)
    assert group.not_refractory[:].all()
    with pytest.raises(AttributeError, match="no 'lastspike'"):
        _ = NeuronGroup(2, "v : 1", threshold="v > 1", reset="").lastspike


# A time given as text is evaluated again after each spike; it may use rand() or a variable.
@pytest.mark.parametrize("text", ["(1 + i)*ms", "ref", "ref*(1 + 0*rand())"])
def test_a_refractory_time_may_differ_between_neurons(text):
    group = NeuronGroup(2, "ref : second", threshold="True", reset="ref = ref", refractory=text)
    group.ref = "(1 + i)*ms"
    spikes = rb.SpikeMonitor(group)
    Network(group, spikes).run(4 * ms)
    for i, train in spikes.spike_trains().items():
        assert_allclose(np.diff(train / ms), 1 + i)


# legacy.refractory_timing compares times instead of steps.
def test_the_old_timing_of_refractoriness():
    intervals = []
    for legacy in (False, True):
        rb.prefs.legacy.refractory_timing = legacy
        group = NeuronGroup(1, "v : 1", threshold="True", reset="", refractory=0.3 * ms)
        spikes = rb.SpikeMonitor(group)
        Network(group, spikes).run(3 * ms)
        intervals.append(set(np.round(np.diff(spikes.t / (0.1 * ms))).astype(int)))
    assert intervals[0] == {3}
    assert intervals[1] <= {3, 4}


# i, N, t, dt, t_in_timesteps.
def test_standard_variables():
    group = NeuronGroup(3, "x : 1", dt=0.5 * ms)
    run(1 * ms)
    assert_array_equal(group.i[:], [0, 1, 2])
    assert (group.N, group.t_in_timesteps) == (3, 2)
    assert_allclose([group.t / ms, group.dt / ms], [1, 0.5])


# spikes, events, equations, user_equations, state_updater, thresholder, resetter,
# subexpression_updater, contained_objects, len(G), _repr_html_.
def test_what_a_group_is_made_of():
    text = "dv/dt = -v/ms : 1\nheld = rand() : 1 (constant over dt)"
    group = NeuronGroup(2, text, threshold="v > 1", reset="v = 0", events={"low": "v < 0"})
    assert len(group) == 2
    assert group.events == {"spike": "v > 1", "low": "v < 0"}
    assert isinstance(group.equations, Equations)
    assert group.user_equations == Equations(text)
    parts = [
        group.state_updater, group.subexpression_updater, *group.thresholder.values(),
        *group.resetter.values(),
    ]  # fmt: skip
    assert {p.name for p in parts} == {p.name for p in group.contained_objects}
    assert {"spike", "low"} == set(group.thresholder)
    assert "threshold" in group._repr_html_()
    group.v = [2, 0]
    run(0.1 * ms)
    assert_array_equal(group.spikes, [0])


# dtype of all floats by preference; integers by preference.
def test_default_types_are_preferences():
    rb.prefs.core.default_float_dtype = np.float32
    group = NeuronGroup(1, "x : 1\nk : integer\nb : boolean")
    assert (group.x.dtype, group.k.dtype, group.b.dtype) == (np.float32, np.int32, np.bool_)


# In-place operators take no text; an undeclared attribute suggests a spelling.
@pytest.mark.parametrize("operator", ["+=", "-=", "*=", "/=", "//=", "%=", "**="])
def test_operators_in_place(operator):
    group = NeuronGroup(3, "x : 1")
    group.x = expected = np.array([2.0, 3.0, 4.0])
    exec(f"group.x {operator} 2")
    names = {"x": expected.copy()}
    exec(f"x {operator} 2", names)
    assert_array_equal(group.x[:], names["x"])
    with pytest.raises(TypeError, match="in place with a text"):
        exec(f"group.x {operator} 'i'")


def test_a_misspelt_attribute_is_not_made():
    group = NeuronGroup(1, "voltage : volt")
    with pytest.raises(AttributeError, match="Did you mean 'voltage'"):
        group.voltag = 3 * mV
    group.add_attribute("comment")
    group.comment = "mine"
    assert group.comment == "mine"


# Shared variables are only set from shared values.
def test_a_shared_variable_takes_one_value():
    group = NeuronGroup(3, "s : 1 (shared)\nx : 1")
    group.s = "2*N"
    assert group.s[:] == 6
    with pytest.raises(SyntaxError, match="'s' is shared"):
        group.s = "x"
    with pytest.raises(ValueError, match="one value"):
        group.s = [1, 2, 3]
    with pytest.raises(IndexError, match="only"):
        group.s[0] = 1


# G.state(name, use_units, level).
def test_a_variable_is_found_by_its_name():
    group = NeuronGroup(2, "v : volt")
    group.state("v")[:] = 3 * mV
    assert_allclose(group.state("v", use_units=False)[:], 0.003)
    with pytest.raises(KeyError, match="no variable 'w'"):
        group.state("w")


# run_regularly, run_on_clock and run_at return what runs, which belongs to the group; also of
# subgroups and Synapses.
def test_code_in_steps_of_its_own_belongs_to_the_group():
    group = NeuronGroup(4, "x : 1", threshold="False")
    synapses = Synapses(group, group, "w : 1")
    synapses.connect(j="i")
    made = [
        group.run_regularly("x += 1", dt=0.5 * ms, when="end", order=3, name="one"),
        group.run_on_clock("x += 10", rb.Clock(0.25 * ms)),
        group.run_at("x += 100", [0.3, 0.7] * ms),
        group[2:].run_regularly("x += 1000", dt=1 * ms),
        group[2:].run_at("x += 10000", [0.9] * ms),
    ]
    made_of_synapses = [
        synapses.run_regularly("w += 1"), synapses.run_at("w += 100", [0.5] * ms),
        synapses.run_on_clock("w += 1000", EventClock([0.1, 0.35] * ms)),
    ]  # fmt: skip
    assert all(x in group.contained_objects for x in made)
    assert all(x in synapses.contained_objects for x in made_of_synapses)
    assert (made[0].name, made[0].when, made[0].order) == ("one", "end", 3)
    run(1 * ms)
    assert_array_equal(group.x[:], [242, 242, 11242, 11242])
    assert_array_equal(synapses.w[:], 2110)


# Refractoriness is not added to custom events.
def test_a_refractory_neuron_has_other_events():
    group = NeuronGroup(
        1, "x : 1\ny : 1", threshold="True", reset="x += 1", refractory=5 * ms, events={"e": "True"}
    )
    group.run_on_event("e", "y += 1")
    run(1 * ms)
    assert (group.x[0], group.y[0]) == (1, 10)


# run_on_event in after_resets, set_event_schedule in after_thresholds, if nothing is said.
def test_places_of_events_if_nothing_is_said():
    group = NeuronGroup(1, "x : 1", events={"e": "x > 1"}, order=2)
    code = group.run_on_event("e", "x = 0")
    assert (code.when, code.order) == ("after_resets", 2)
    assert group.thresholder["e"].when == "after_thresholds"
    group.set_event_schedule("e", "start")
    group.set_event_schedule("e")
    assert (group.thresholder["e"].when, group.thresholder["e"].order) == ("after_thresholds", 2)


# Subgroups know where they begin and end, and what they are a part of; subgroups of subgroups
# too. PoissonGroup and SpikeGeneratorGroup have parts as well, of any elements.
@pytest.mark.parametrize(
    "make",
    [
        lambda: NeuronGroup(10, "x : 1"),
        lambda: PoissonGroup(10, rates=3 * rb.Hz),
        lambda: SpikeGeneratorGroup(10, [], [] * ms),
    ],
)
def test_parts_of_groups(make):
    group = make()
    part = group[2:8]
    inner = part[1:4]
    assert (part.start, part.stop, len(part), part.source) == (2, 8, 6, group)
    assert (inner.start, inner.stop, inner.source) == (3, 6, group)
    assert_array_equal(inner.i[:], [0, 1, 2])
    assert len(group[[7, 1, 4]]) == 3
    assert len(group[np.arange(10) % 2 == 0]) == 5
    for wrong, error in (
        (10, IndexError), (slice(5, 5), IndexError), ([3, 3], IndexError), (1.5, TypeError),
    ):  # fmt: skip
        with pytest.raises(error, match=r"elements|chosen|once"):
            group[wrong]


# linked_var(group, name) and linked_var(variable); never linked: TypeError; set: ValueError.
def test_links_and_what_is_refused():
    source = NeuronGroup(2, "v : volt\ny = 2*v : volt")
    source.v = [1, 2] * mV
    for value in (linked_var(source, "v"), linked_var(source.v)):
        group = NeuronGroup(2, "l : volt (linked)")
        with pytest.raises(TypeError, match="linked"):
            group.l[:]
        group.l = value
        assert_allclose(group.l[:] / mV, [1, 2])
        with pytest.raises(ValueError, match="another group's"):
            group.l = 3 * volt
    with pytest.raises(DimensionMismatchError, match="stand for"):
        NeuronGroup(2, "l : 1 (linked)").l = linked_var(source, "y")
    with pytest.raises(KeyError, match="no variable 'z'"):
        linked_var(source, "z")


# active, when, order, clock, name, id, add_dependency, before_run/after_run/run,
# contained_objects, add_to_magic_network, invalidates_magic_network.
def test_what_every_object_has():
    seen = []

    class Watcher(type(NeuronGroup(1, "x : 1")).__mro__[-2]):
        def before_run(self, n_steps):
            seen.append("before")

        def run(self):
            seen.append("run")

        def after_run(self):
            seen.append("after")

    watcher = Watcher("watcher", "end", 3, dt=0.5 * ms)
    Network(watcher).run(1 * ms)
    assert seen == ["before", "run", "run", "after"]
    assert (watcher.name, watcher.when, watcher.order) == ("watcher", "end", 3)
    assert watcher.active
    assert (watcher.clock.dt / ms, watcher.contained_objects) == (0.5, [])
    assert (watcher.add_to_magic_network, watcher.invalidates_magic_network) == (False, True)
    group, other = NeuronGroup(1, "x : 1"), NeuronGroup(1, "x : 1", name="needed")
    group.add_dependency(other)
    with pytest.raises(ValueError, match="'needed'"):
        Network(group).run(0 * ms)
    Network(group, other).run(0 * ms)


# Names: neurongroup, neurongroup_1, ...; identifiers only, and one of a kind in a network.
def test_names_of_objects():
    groups = [NeuronGroup(1, "x : 1") for _ in range(3)]
    assert len({g.name for g in groups}) == 3
    assert all(g.name.startswith("neurongroup") for g in groups)
    for wrong in ("1a", "a b", "a-b", ""):
        with pytest.raises(ValueError, match="letters, digits"):
            NeuronGroup(1, "x : 1", name=wrong)
    with pytest.raises(ValueError, match="two objects"):
        Network(NeuronGroup(1, "x : 1", name="a"), NeuronGroup(1, "x : 1", name="a")).run(0 * ms)


# An object that no run has seen warns when it is gone; a preference silences that.
@pytest.mark.parametrize("wanted", [True, False])
def test_unused_objects_are_missed_if_that_is_wanted(wanted, caplog):
    rb.prefs.logging.warn_for_unused_objects = wanted
    with caplog.at_level(logging.WARNING):
        NeuronGroup(1, "x : 1", name="gone").__del__()
    assert bool(messages(caplog, "unused_brian_object")) == wanted


# Subexpressions constant over dt hold for a step.
def test_what_holds_over_a_step():
    group = NeuronGroup(2, "r = rand() : 1 (constant over dt)\nd = r - r : 1")
    states = StateMonitor(group, ["d", "r"], record=True)
    Network(group, states).run(1 * ms)
    assert_array_equal(states.d, 0)
    assert len(np.unique(states.r)) == 20
