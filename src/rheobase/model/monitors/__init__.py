"""Objects that record what happens in a run."""

from rheobase.model.monitors.rates import PopulationRateMonitor
from rheobase.model.monitors.spikes import SpikeMonitor
from rheobase.model.monitors.states import StateMonitor

__all__ = ["PopulationRateMonitor", "SpikeMonitor", "StateMonitor"]
