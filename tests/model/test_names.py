"""Names that groups take from variables: those of the documentation.

A variable of such a name is not `G.name` but `G.state('name')`, so each further one is a loss. What
the package wants of a group for itself begins with an underscore.
"""

from __future__ import annotations

import pytest

from rheobase import NeuronGroup, PoissonGroup, SpikeGeneratorGroup, Synapses, ms

DOCUMENTED = frozenset(
    [
        "active",
        "add_attribute",
        "add_dependency",
        "add_to_magic_network",
        "after_run",
        "before_run",
        "clock",
        "contained_objects",
        "equations",
        "events",
        "get_states",
        "id",
        "indices",
        "invalidates_magic_network",
        "name",
        "namespace",
        "order",
        "resetter",
        "run",
        "run_at",
        "run_on_clock",
        "run_on_event",
        "run_regularly",
        "set_event_schedule",
        "set_states",
        "spike_times",
        "spikes",
        "state",
        "state_updater",
        "subexpression_updater",
        "thresholder",
        "user_equations",
        "variables",
        "when",
        "source",
        "start",
        "stop",
        "neuron_index",
        "spike_time",
        "period",
        "set_spikes",
        "gaps",
        "N_incoming_post",
        "N_outgoing_pre",
        "connect",
        "delay",
        "delay_",
        "grow",
        "multisynaptic_index",
        "pathways",
        "pre",
        "prune",
        "summed_updaters",
        "target",
    ]
)


def groups():
    cells = NeuronGroup(3, "v : 1", threshold="v > 1", reset="v = 0", refractory=1 * ms)
    synapses = Synapses(cells, cells, on_pre="v += 1")
    synapses.connect()
    inputs = PoissonGroup(2, 0 * cells.clock.dt**-1), SpikeGeneratorGroup(2, [0], [1] * ms)
    return [cells, cells[:2], synapses, *inputs]


@pytest.mark.parametrize("k", range(5))
def test_a_group_takes_no_further_name_from_variables(k):
    group = groups()[k]
    names = {n for n in {*dir(type(group)), *vars(group)} if not n.startswith("_")}
    assert names <= DOCUMENTED, names - DOCUMENTED
