"""The look of all figures, and where they come from."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["needs", "new_figure", "tidy"]


@contextmanager
def needs(package: str) -> Generator[None]:
    """Around an import of an optional package: the ImportError says what to install."""
    try:
        yield
    except ImportError as error:
        raise ImportError(
            f"plotting needs {package}, which is not installed: pip install 'rheobase[plot]'"
        ) from error


def new_figure(width: float = 8.0, height: float = 5.0) -> Figure:
    """An empty figure that needs no display: it belongs to no window and is drawn when saved.

    width, height   inches; 150 dots per inch when saved

    Raises ImportError with what to install if matplotlib is missing.

    >>> from rheobase.plotting import new_figure
    >>> figure = new_figure(6, 3)
    >>> axes = figure.subplots()
    """
    with needs("matplotlib"):
        from matplotlib.figure import Figure
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
