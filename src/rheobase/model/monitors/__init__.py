"""Objects that record what happens in a run."""

from rheobase.model.monitors.rates import PopulationRateMonitor
from rheobase.model.monitors.recordings import Recording, open_recordings
from rheobase.model.monitors.spikes import EventMonitor, SpikeMonitor
from rheobase.model.monitors.states import StateMonitor
from rheobase.model.monitors.statistics import HistogramMonitor, StatisticsMonitor

__all__ = [
    "EventMonitor",
    "HistogramMonitor",
    "PopulationRateMonitor",
    "Recording",
    "SpikeMonitor",
    "StateMonitor",
    "StatisticsMonitor",
    "open_recordings",
]
