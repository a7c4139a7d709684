"""More than 2^31 entries, spikes and values: counters are moved there before the run.

Memory that is never touched is never given by the operating system, so this costs megabytes.
"""

import numpy as np
from numpy.testing import assert_array_equal

from rheobase import (
    EventMonitor,
    HistogramMonitor,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    StatisticsMonitor,
    Synapses,
    ms,
)

START = 2**31 - 3
STEPS = np.array([1, 2, 2, 4, 7, 7, 7, 9])
CELLS = np.array([0, 1, 2, 1, 0, 1, 2, 2])


def flashing():
    """b of neuron i in step s is whether (i + s*s) % 3 is 0."""
    cells = NeuronGroup(4, "b : boolean")
    cells.run_regularly("b = (i + t_in_timesteps*t_in_timesteps) % 3 == 0", when="before_start")
    return cells


def test_a_state_monitor_goes_on_beyond_2_to_31_values():
    cells = flashing()
    M = StateMonitor(cells, "b", record=True)
    columns = M._each
    columns.cursor.data[0] = START
    Network(cells, M).run(0.5 * ms)
    assert len(columns) == START + 4 * 5 > 2**31
    step, i = np.mgrid[:5, :4]
    written = columns.column("b")[START:].reshape(5, 4)
    assert_array_equal(written, (i + step**2) % 3 == 0)


def test_an_event_monitor_goes_on_beyond_2_to_31_events():
    cells = NeuronGroup(
        3, "b : boolean", events={"e": "i <= t_in_timesteps % 3"}, threshold="False"
    )
    cells.b = "i == 1"
    M = EventMonitor(cells, "e", variables="b", record=False)
    M._columns.cursor.data[0] = START
    M._columns.reserve(100)  # growing would copy, and so touch, all of it
    M._counts.data[:] = START
    Network(cells, M).run(0.6 * ms)
    assert_array_equal(M._columns.column("b")[START:], [0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0])
    assert_array_equal(M.count, START + np.array([6, 4, 2]))
    assert M.num_events == 3 * START + 12


def test_statistics_go_on_beyond_2_to_31_steps_and_values():
    cells = NeuronGroup(4, "x : 1")
    cells.x = [0, 1, 2, 9]
    S, H = StatisticsMonitor(cells, "x"), HistogramMonitor(cells, "x", 0, 3, bins=3)
    S._n.data[0] = START
    H._counts.data[:] = START
    Network(cells, S, H).run(1 * ms)
    assert S.n == START + 10
    assert_array_equal(H.counts, START + 10)
    assert H.above == START + 10


def test_spikes_are_delivered_after_2_to_31_others():
    """The log of spikes counts all that there ever were."""
    arrived = []
    for offset in (0, START):
        source = SpikeGeneratorGroup(3, CELLS, STEPS * 0.1 * ms)
        target = NeuronGroup(3, "x : 1")
        synapses = Synapses(source, target, on_pre="x = 2*x + 1", delay=0.3 * ms)
        synapses.connect("i <= j")
        spikes, M = SpikeMonitor(source), StateMonitor(target, "x", record=True, when="end")
        net = Network(source, target, synapses, spikes, M)
        net.run(0 * ms)
        log = source._event_sources["spike"].log(source._part)
        assert log is not None
        log.starts.data[:] = offset
        net.run(1.4 * ms)
        assert log.starts.data.max() == offset + len(STEPS)
        arrived.append(M.x)
    assert_array_equal(arrived[0], arrived[1])
    assert arrived[0][2, -1] == 2**8 - 1
