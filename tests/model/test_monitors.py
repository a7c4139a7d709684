"""Monitors against the states and events that they record."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    DimensionMismatchError,
    EventMonitor,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    PoissonGroup,
    PopulationRateMonitor,
    Quantity,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    UnknownNameError,
    UnsupportedError,
    defaultclock,
    hertz,
    ms,
    mV,
    nS,
    run,
    second,
    volt,
)

STEPS = np.array([3, 5, 5, 9, 9, 12, 17, 17])
CELLS = np.array([2, 0, 4, 1, 2, 2, 0, 3])


@pytest.fixture
def inputs():
    """Five cells that spike as STEPS and CELLS say."""
    return SpikeGeneratorGroup(5, CELLS, STEPS * 0.1 * ms)


# ------------------------------------------------------------------ events
def test_spikes_are_listed_in_order_of_time_then_of_cell(inputs):
    S = SpikeMonitor(inputs)
    Network(inputs, S).run(2 * ms)
    assert_array_equal(S.i, CELLS)
    assert_allclose(S.t_, STEPS * 1e-4)
    assert S.t.dim is second.dim
    assert_array_equal(S.it[0], S.i)
    assert_array_equal(S.it_[1], S.t_)
    assert_array_equal(S.count, [2, 1, 3, 1, 1])
    assert S.num_spikes == S.num_events == S.N == 8


@pytest.mark.parametrize(
    ("condition", "chosen"),
    [
        ("i == 2", CELLS == 2),
        ("i == wanted", CELLS == 0),
        ("t > 1*ms", STEPS > 10),
        ("i > 0 and t < 0.6*ms", (CELLS > 0) & (STEPS < 6)),
        ("x > 2*volt", CELLS > 2),
        ("True", CELLS >= 0),
    ],
)
def test_recorded_arrays_take_conditions_on_what_was_recorded(condition, chosen):
    wanted = 0  # noqa: F841
    cells = NeuronGroup(5, "x : volt", events={"e": "due(t, i) > 0"}, namespace={"due": _due()})
    cells.x = "i*volt"
    M = EventMonitor(cells, "e", "x")
    Network(cells, M).run(2 * ms)
    assert_array_equal(M.i[condition], CELLS[chosen])
    assert_allclose(M.t[condition] / ms, STEPS[chosen] * 0.1)
    assert_array_equal(M.x[condition] / volt, CELLS[chosen])


def _due():
    table = np.zeros((20, 5))
    table[STEPS, CELLS] = 1
    return TimedArray(table, dt=0.1 * ms)


def test_a_condition_on_recorded_arrays_is_checked(inputs):
    S = SpikeMonitor(inputs)
    with pytest.raises(UnknownNameError, match="'j' is unknown"):
        S.i["j == 2"]
    with pytest.raises(DimensionMismatchError, match="t is in second"):
        S.t["t > 3"]
    with pytest.raises(ModelTypeError, match="true or false"):
        S.t["i"]


def test_what_is_calculated_from_recorded_arrays_is_plain(inputs):
    S = SpikeMonitor(inputs)
    Network(inputs, S).run(2 * ms)
    assert type(S.i + 1) is type(S.i[2:]) is type(pickle.loads(pickle.dumps(S.i))) is np.ndarray
    assert type(S.t + S.t) is type(S.t[2:]) is type(pickle.loads(pickle.dumps(S.t))) is Quantity


def test_trains_are_the_times_of_each_cell(inputs):
    S = SpikeMonitor(inputs)
    Network(inputs, S).run(2 * ms)
    trains = S.spike_trains()
    for cell in range(5):
        assert_allclose(trains[cell] / ms, STEPS[cell == CELLS] * 0.1)
    with pytest.raises(KeyError, match="5"):
        trains[5]
    assert S.event_trains().keys() == trains.keys()


def test_without_recording_only_the_counts_are_kept(inputs):
    S = SpikeMonitor(inputs, record=False)
    part = SpikeMonitor(inputs[1:4], record=False)
    Network(inputs, S, part).run(2 * ms)
    assert_array_equal(S.count, [2, 1, 3, 1, 1])
    assert_array_equal(part.count, [1, 3, 1])
    assert part.num_spikes == 5
    assert set(S.get_states()) == {"count", "N"}
    with pytest.raises(AttributeError, match="record=False: it has no 'i'"):
        S.i  # noqa: B018


@pytest.mark.parametrize("chosen", [slice(1, 4), [4, 0], [False, True, False, True, True]])
def test_parts_of_a_group_have_their_own_numbers(inputs, chosen):
    S = SpikeMonitor(inputs[chosen])
    R = PopulationRateMonitor(inputs[chosen])
    Network(inputs, S, R).run(2 * ms)
    numbers = np.arange(5)[chosen]
    member = np.isin(CELLS, numbers)
    assert_array_equal(numbers[S.i], CELLS[member])
    assert_allclose(S.t_, STEPS[member] * 1e-4)
    assert_array_equal(S.count, [(c == CELLS).sum() for c in numbers])
    rates = np.bincount(STEPS[member], minlength=20) / len(numbers) / 1e-4
    assert_allclose(R.rate_, rates)


def test_variables_are_recorded_as_they_are_before_the_reset_or_later_if_asked():
    G = NeuronGroup(
        2,
        "dv/dt = rate : 1\nrate : Hz\nn : integer\ng : 1 (shared)",
        threshold="v > 0.95",
        reset="v = 0; n += 1",
    )
    G.rate = [1, 0.5] / ms
    G.g = 3
    before = SpikeMonitor(G, ["v", "n", "g", "rate"])
    after = SpikeMonitor(G, "n", when="after_resets")
    run(4.05 * ms)
    assert_array_equal(before.values("n")[0], [0, 1, 2, 3])
    assert_array_equal(before.values("n")[1], [0, 1])
    assert_array_equal(after.all_values()["n"][0], [1, 2, 3, 4])
    assert np.all(before.v > 0.95)
    assert_array_equal(before.g, np.full(6, 3.0))
    assert before.rate.dim is hertz.dim
    assert_array_equal(before.rate_, np.asarray(before.rate))
    with pytest.raises(AttributeError, match="has no 'foo'"):
        before.foo  # noqa: B018


def test_custom_events_are_recorded_by_name():
    G = NeuronGroup(2, "dv/dt = 1/ms : 1", events={"high": "v > 0.5"}, method="euler")
    G.v = [0, 0.3]
    E = EventMonitor(G, "high", variables="v")
    run(1 * ms)
    assert_array_equal(E.count, [5, 8])
    assert_allclose(E.values("v")[0], [0.6, 0.7, 0.8, 0.9, 1.0])


def test_sources_and_names_that_do_not_fit_are_refused():
    silent = NeuronGroup(2, "v : 1")
    G = NeuronGroup(2, "v : 1", threshold="v > 1", reset="v = 0")
    S = Synapses(G, G)
    with pytest.raises(ModelValueError, match="no threshold"):
        SpikeMonitor(silent)
    with pytest.raises(ModelTypeError, match="makes no spikes"):
        SpikeMonitor(S)
    with pytest.raises(ModelValueError, match=r"has no event 'spice'.*Did you mean 'spike'"):
        EventMonitor(G, "spice")
    with pytest.raises(ModelValueError, match="has no variable 'w'"):
        SpikeMonitor(G, "w")
    with pytest.raises(ModelValueError, match="give 'when', too"):
        SpikeMonitor(G, order=1)
    with pytest.raises(UnsupportedError, match="stays"):
        SpikeMonitor(G).reinit()


def test_binned_rates_count_spikes_in_bins_of_whole_steps(inputs):
    S, R = SpikeMonitor(inputs), PopulationRateMonitor(inputs)
    Network(inputs, S, R).run(2.2 * ms)
    starts, rates = S.binned_rate(0.5 * ms)
    population_starts, population = R.binned_rate(0.5 * ms)
    expected = np.zeros((5, 4))
    np.add.at(expected, (CELLS, STEPS // 5), 1 / 0.5e-3)
    assert_allclose(starts / ms, [0, 0.5, 1, 1.5])
    assert_allclose(rates / hertz, expected)
    assert_allclose(population_starts, starts)
    assert_allclose(population / hertz, expected.mean(axis=0))
    with pytest.raises(ModelValueError, match="must be a multiple of dt"):
        S.binned_rate(0.25 * ms)


# ------------------------------------------------------------------ rates
def test_a_smooth_rate_is_a_weighted_mean_around_each_step():
    """A window that is wider than the recording, too: the result has as many entries as `t`."""
    G = SpikeGeneratorGroup(1, [0], [1] * ms)
    R = PopulationRateMonitor(G, dtype=np.float32)
    Network(G, R).run(3 * ms)
    assert R.rate_.dtype == np.float32
    flat = R.smooth_rate("flat", 0.54 * ms)
    assert_allclose(flat[8:13], 0.2 / defaultclock.dt)
    assert_allclose(flat.sum(), R.rate.sum())
    gaussian = R.smooth_rate("gaussian", 0.5 * ms)
    weights = np.exp(-0.5 * (np.arange(-10, 11) / 5) ** 2)
    assert_allclose(gaussian[:21] / hertz, 1e4 * weights / weights.sum(), atol=1e-9)
    assert R.smooth_rate("gaussian", 5 * ms).shape == R.t.shape
    for window, width, error, message in (
        ("flat", None, ModelTypeError, "needs a width"),
        (np.ones(5), 1 * ms, ModelTypeError, "has its own width"),
        (np.ones(4), None, ModelTypeError, "odd number"),
        (object(), None, ModelTypeError, "an array of weights, not"),
        ("square", 1 * ms, UnsupportedError, "no window 'square'"),
    ):
        with pytest.raises(error, match=message):
            R.smooth_rate(window, width)


# ------------------------------------------------------------------ states
def counting(n=4, **options):
    """Cells with v = v0 + t/ms."""
    G = NeuronGroup(n, "dv/dt = 1*volt/ms : volt\nk : integer\nb : boolean", **options)
    G.v = "i*volt"
    G.k = "2*i"
    G.b = "i > 1"
    return G


@pytest.mark.parametrize("record", [True, 2, [3, 1], np.array([0, 2]), slice(1, 3)])
def test_elements_are_recorded_as_they_are_chosen(record):
    G = counting()
    M = StateMonitor(G, ["v", "k", "b"], record=record)
    run(0.5 * ms)
    numbers = np.atleast_1d(np.arange(4)[record if record is not True else slice(None)])
    assert_allclose(M.t / ms, np.arange(5) * 0.1)
    assert_allclose(M.v / volt, numbers[:, None] + np.arange(5) * 0.1)
    assert_array_equal(M.k, np.repeat(2 * numbers[:, None], 5, axis=1))
    assert M.k.dtype == np.int32
    assert M.b.dtype == bool
    first = int(numbers[0])
    assert_array_equal(M[first].v_, M.v_[0])
    assert_array_equal(M[[first]].v, M.v[:1])
    with pytest.raises(AttributeError, match="does not record 'w'"):
        M[first].w  # noqa: B018


def test_what_is_not_recorded_cannot_be_read():
    M = StateMonitor(counting(), "v", record=[1, 2])
    with pytest.raises(IndexError, match="does not record element 3"):
        M[3]
    with pytest.raises(ModelTypeError, match="cannot be indexed"):
        M["v > 0*volt"] if False else M[1.5]
    with pytest.raises(UnknownNameError, match="has no variable 'u'"):
        StateMonitor(M.source, "u", record=True)
    with pytest.raises(ModelTypeError, match="variables are a name"):
        StateMonitor(M.source, 3, record=True)


def test_shared_variables_and_subexpressions_are_recorded_like_others():
    G = NeuronGroup(
        3, "dv/dt = s/ms : 1\ns : 1 (shared)\ntwice = 2*v : 1\nlate = t > 0.15*ms : boolean"
    )
    G.s = 2
    M = StateMonitor(G, True, record=[0, 2])
    nothing = StateMonitor(G, [], record=True)
    none = StateMonitor(G, "v", record=False)
    run(0.3 * ms)
    assert set(M.record_variables) == {"v", "s", "twice", "late"}
    assert_allclose(M.s, np.full((2, 3), 2.0))
    assert_allclose(M[2].s, [2, 2, 2])
    assert_allclose(M.twice, 2 * M.v)
    assert_array_equal(M.late[0], [False, False, True])
    assert nothing.N == none.N == 3
    assert none.v.shape == (0, 3)


def test_float32_halves_the_memory_and_keeps_seven_digits():
    G = counting()
    M = StateMonitor(G, ["v", "k"], record=True, dtype=np.float32)
    run(1 * ms)
    assert M.v_.dtype == np.float32
    assert M.k.dtype == np.int32
    assert_allclose(M.v_, np.arange(4)[:, None] + np.arange(10) * 0.1, rtol=2e-7)
    with pytest.raises(ModelTypeError, match="float64 or float32"):
        StateMonitor(G, "v", record=True, dtype=int)


def test_what_was_read_stays_when_more_is_recorded():
    G = counting(2)
    M = StateMonitor(G, "v", record=True)
    run(0.5 * ms)
    early, trace = M.v, M[0].v
    copy = np.array(early)
    trace[:] = 7 * mV  # a copy: scripts draw spikes into their traces
    for _ in range(30):
        run(0.5 * ms)
    assert_array_equal(np.asarray(early), copy)
    assert M.v.shape == (2, 155)
    assert_allclose(M.v_[0], np.arange(155) * 0.1, atol=1e-9)


def test_one_more_time_can_be_recorded_after_a_run():
    G = counting(1)
    M = StateMonitor(G, "v", record=True)
    with pytest.raises(ModelTypeError, match="no run yet"):
        M.record_single_timestep()
    run(0.5 * ms)
    M.record_single_timestep()
    assert_allclose(M.t / ms, np.arange(6) * 0.1)
    assert_allclose(M.v[0] / volt, np.arange(6) * 0.1)


def test_a_slower_clock_records_every_few_steps():
    G = counting(1)
    fast, slow = StateMonitor(G, "v", True), StateMonitor(G, "v", True, dt=0.5 * ms)
    run(1.1 * ms)
    assert_array_equal(slow.v, fast.v[:, ::5])


def test_synapses_are_recorded_with_what_they_see_of_their_neurons():
    """Subexpressions of both neurons; parts of the synapses, in any order of creation."""
    G = NeuronGroup(4, "x : 1\ny : 1")
    G.x = [1, 2, 3, 4]
    G.y = "10*x"
    S = Synapses(G[:3], G[1:], "w : 1\nsum = w + x_pre + y_post + 100*i + 1000*j : 1")
    S.connect(i=[2, 0, 1, 0], j=[0, 2, 1, 0])
    S.w = [0.1, 0.2, 0.3, 0.4]
    M = StateMonitor(S, ["w", "sum", "x_pre", "y_post", "y"], record=[3, 0, 1])
    run(0.2 * ms)
    i, j, w = np.array([0, 2, 0]), np.array([0, 0, 2]), np.array([0.4, 0.1, 0.2])
    assert_allclose(M.w[:, 1], w)
    assert_allclose(M.x_pre[:, 1], i + 1)
    assert_allclose(M.y_post[:, 1], 10 * (j + 2))
    assert_array_equal(M.y, M.y_post)  # as in code of the synapses: the target's
    assert_array_equal(S.y[[3, 0, 1]], M.y[:, 1])
    assert_allclose(M.sum[:, 1], w + (i + 1) + 10 * (j + 2) + 100 * i + 1000 * j)
    S.connect(i=1, j=0)  # moves the others in memory
    run(0.1 * ms)
    assert_allclose(M.sum[:, 2], M.sum[:, 1])


def test_synapses_may_be_recorded_by_their_neurons():
    G = NeuronGroup(2, "")
    S = Synapses(G, G, "w : siemens")
    S.connect()
    S.w = "(i + 10*j)*nS"
    M = StateMonitor(S, "w", record=S[:, 1])
    run(0.2 * ms)
    assert_allclose(M.w[:, 0] / nS, [10, 11])
    assert_allclose(M[S[1, 1]].w / nS, [[11, 11]])


# ------------------------------------------------------------------ all monitors
def test_states_are_exported_with_time_first(inputs):
    G = counting(3)
    M, S, R = StateMonitor(G, "v", [0, 2]), SpikeMonitor(inputs), PopulationRateMonitor(inputs)
    Network(G, inputs, M, S, R).run(1 * ms)
    states = M.get_states()
    assert set(states) == {"t", "v", "N"}
    assert_array_equal(states["v"].T, M.v)
    assert_array_equal(S.get_states(["i"])["i"], S.i)
    assert_array_equal(R.get_states(units=False)["rate"], R.rate_)
    with pytest.raises(ModelValueError, match="has recorded no 'u'"):
        M.get_states("u")
    with pytest.raises(NotImplementedError, match="no format 'xml'"):
        M.get_states(format="xml")


def test_states_are_exported_to_pandas_without_units(inputs):
    pytest.importorskip("pandas")
    G = counting(3)
    M, S = StateMonitor(G, "v", [0, 2]), SpikeMonitor(inputs)
    Network(G, inputs, M, S).run(1 * ms)
    spikes = S.get_states(units=False, format="pandas")
    assert_array_equal(spikes["i"], S.i)
    assert_array_equal(M.get_states(["t", "v"], False, "pandas")["v", 2], M[2].v_)
    with pytest.raises(UnsupportedError, match="no units"):
        S.get_states(format="pandas")


def test_monitors_come_go_and_rest_between_runs(inputs):
    net = Network(inputs)
    net.run(0.6 * ms)
    late, resting = SpikeMonitor(inputs), SpikeMonitor(inputs)
    resting.active = False
    net.add(late, resting)
    net.run(0.5 * ms)
    resting.active = True
    net.remove(late)
    net.run(0.9 * ms)
    assert_array_equal(late.i, CELLS[(STEPS >= 6) & (STEPS < 11)])
    assert_array_equal(resting.i, CELLS[STEPS >= 11])


def test_a_monitor_keeps_no_copy_of_what_it_shows(inputs):
    G = counting(50)
    M = StateMonitor(G, "v", record=True)
    Network(G, M).run(1 * ms)
    assert np.shares_memory(M.v_, M.v_)


def test_a_script_may_keep_something_of_its_own_with_a_monitor(inputs):
    M = SpikeMonitor(inputs)
    M.add_attribute("took")
    assert M.took is None
    M.took = 3
    assert M.took == 3


def test_monitors_say_what_they_are(inputs):
    P = PoissonGroup(2, 1 * hertz)
    shown = [
        repr(x) for x in (SpikeMonitor(P), PopulationRateMonitor(P), StateMonitor(P, "rates", 0))
    ]
    assert ["SpikeMonitor" in shown[0], "0 times" in shown[1], "rates" in shown[2]] == [True] * 3


def test_a_tuple_of_numbers_says_what_is_recorded():
    cells = NeuronGroup(3, "x : 1")
    cells.x = "i"
    M = StateMonitor(cells, "x", record=(0, 2))
    Network(cells, M).run(0.1 * ms)
    assert_array_equal(M.x, [[0], [2]])
