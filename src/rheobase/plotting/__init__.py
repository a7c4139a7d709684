"""Figures of spikes and rates. Needs matplotlib (the extra `plot`), imported on the first call."""

from rheobase.plotting.figures import new_figure, tidy
from rheobase.plotting.raster import raster_and_rate, smooth

__all__ = ["new_figure", "raster_and_rate", "smooth", "tidy"]
