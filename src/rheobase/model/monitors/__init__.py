"""Objects that record what happens in a run."""

from rheobase.model.monitors.rates import PopulationRateMonitor
from rheobase.model.monitors.spikes import EventMonitor, SpikeMonitor
from rheobase.model.monitors.states import StateMonitor

__all__ = ["EventMonitor", "PopulationRateMonitor", "SpikeMonitor", "StateMonitor"]
