"""Objects that record what happens in a run."""

from rheobase.model.monitors.counts import BinnedRateMonitor, SpikeStatisticsMonitor
from rheobase.model.monitors.rates import PopulationRateMonitor
from rheobase.model.monitors.recordings import Recording, open_recordings
from rheobase.model.monitors.spikes import EventMonitor, SpikeMonitor
from rheobase.model.monitors.states import StateMonitor
from rheobase.model.monitors.statistics import HistogramMonitor, StatisticsMonitor

__all__ = [
    "BinnedRateMonitor",
    "EventMonitor",
    "HistogramMonitor",
    "PopulationRateMonitor",
    "Recording",
    "SpikeMonitor",
    "SpikeStatisticsMonitor",
    "StateMonitor",
    "StatisticsMonitor",
    "open_recordings",
]
