"""Objects that record what happens in a run."""

from rheobase.model.monitors.rates import PopulationRateMonitor
from rheobase.model.monitors.spikes import EventMonitor, SpikeMonitor
from rheobase.model.monitors.states import StateMonitor
from rheobase.model.monitors.statistics import HistogramMonitor, StatisticsMonitor

__all__ = [
    "EventMonitor",
    "HistogramMonitor",
    "PopulationRateMonitor",
    "SpikeMonitor",
    "StateMonitor",
    "StatisticsMonitor",
]
