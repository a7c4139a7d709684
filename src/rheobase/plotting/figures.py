"""The look of all figures, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["new_figure", "tidy"]


def new_figure(width: float = 8.0, height: float = 5.0) -> Figure:
    """An empty figure that needs no display: it belongs to no window and is drawn when saved.

    width, height   inches; 150 dots per inch when saved

    Raises ImportError with what to install if matplotlib is missing.

    >>> from rheobase.plotting import new_figure
    >>> figure = new_figure(6, 3)
    >>> axes = figure.subplots()
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "plotting needs matplotlib, which is not installed: pip install 'rheobase[plot]'"
        ) from error
    return Figure(figsize=(width, height), dpi=150, layout="constrained")


def tidy(axes: Axes) -> None:
    """Leave only the left and the lower spine of a plot.

    >>> from rheobase.plotting import new_figure, tidy
    >>> axes = new_figure().subplots()
    >>> tidy(axes)
    >>> axes.spines["top"].get_visible()
    False
    """
    axes.spines[["top", "right"]].set_visible(False)
