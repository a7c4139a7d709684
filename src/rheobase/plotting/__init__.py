"""Figures of what models do. Needs matplotlib (the extra `plot`), imported on the first call.

Every function takes what it draws and, if you like, matplotlib axes; it returns the axes. `plot`
chooses the function by what it is given.
"""

from rheobase.plotting.accuracy import accuracy
from rheobase.plotting.choose import plot
from rheobase.plotting.connections import delays, network_graph, synapses
from rheobase.plotting.figures import new_figure, tidy
from rheobase.plotting.phase import phase_plane
from rheobase.plotting.raster import raster_and_rate, smooth
from rheobase.plotting.recordings import f_i_curve, raster, rate, states
from rheobase.plotting.trees import dendrogram, morphology

__all__ = [
    "accuracy",
    "delays",
    "dendrogram",
    "f_i_curve",
    "morphology",
    "network_graph",
    "new_figure",
    "phase_plane",
    "plot",
    "raster",
    "raster_and_rate",
    "rate",
    "smooth",
    "states",
    "synapses",
    "tidy",
]
