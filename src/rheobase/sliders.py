"""Sliders for the numbers of a model, in a notebook."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from io import BytesIO, StringIO
from numbers import Integral
from typing import Any

import numpy as np

from rheobase.errors import ModelTypeError, ModelValueError
from rheobase.magic import magic_network
from rheobase.units import Quantity, have_same_dimensions

__all__ = ["explore"]


def explore(model: Callable[..., object], **ranges: Any) -> Any:
    """Sliders that run a model again at once, and show its figure, whenever one is moved.

    model    a function of the numbers that makes the objects, calls run() and draws with pyplot
    ranges   for each argument that is to have a control:
             (low, high) or (low, high, start)   a slider, of quantities or numbers (whole ones: in
                                                 whole steps)
             a list                              a choice
             True or False                       a box to tick

    run() within `model` begins at t = 0 and sees the objects of `model` only; other simulations of
    the notebook are not touched. What it prints is shown, too, as is an error that it raises.
    Numbers change nothing that is compiled, so only the first run takes longer. For the same noise
    at each setting call seed(1) in `model`.

    Needs ipywidgets and matplotlib: pip install rheobase[notebook]. Returns a widget; as the last
    value of a cell it shows itself. Raises ModelValueError for a range that is none.

    >>> from rheobase import NeuronGroup, SpikeMonitor, explore, mV, ms, run
    >>> from rheobase.plotting import raster
    >>> def model(drive, tau):
    ...     cell = NeuronGroup(1, 'dv/dt = (drive - v)/tau : volt', threshold='v > 10*mV',
    ...                        reset='v = 0*mV')
    ...     spikes = SpikeMonitor(cell)
    ...     run(100*ms)
    ...     raster(spikes)
    >>> widget = explore(model, drive=(5*mV, 30*mV, 20*mV), tau=(5*ms, 20*ms))
    >>> widget.controls['drive'].description
    'drive (mV)'
    """
    widgets: Any = import_module("ipywidgets")
    escape: Any = import_module("html").escape
    made = {name: _control(widgets, name, given) for name, given in ranges.items()}
    image, text = widgets.Image(format="png"), widgets.HTML()
    image.layout.align_self = "flex-start"  # its own size, not that of the page

    def show() -> None:
        values = {name: control.value_of(control.widget.value) for name, control in made.items()}
        picture, printed = _run(model, values)
        image.value, image.layout.display = picture, "" if picture else "none"
        text.value = f"<pre>{escape(printed)}</pre>" if printed else ""

    def changed(_: object) -> None:
        try:
            show()
        except Exception as error:  # the next setting may be a good one
            text.value = f"<pre>{escape(f'{type(error).__name__}: {error}')}</pre>"

    show()
    for control in made.values():
        control.widget.observe(changed, "value")
    controls = {name: control.widget for name, control in made.items()}
    box = widgets.VBox([*controls.values(), text, image])
    box.controls, box.image, box.text = controls, image, text
    return box


def _run(model: Callable[..., object], values: Mapping[str, Any]) -> tuple[bytes, str]:
    """Run the model beside all other simulations: its figure as PNG, and what it printed."""
    pyplot: Any = import_module("matplotlib.pyplot")
    before = set(pyplot.get_fignums())
    printed, picture = StringIO(), BytesIO()
    try:
        with magic_network.aside(), redirect_stdout(printed):
            model(**values)
        if set(pyplot.get_fignums()) - before:
            pyplot.savefig(picture, format="png", bbox_inches="tight")
    finally:
        for number in set(pyplot.get_fignums()) - before:
            pyplot.close(number)
    return picture.getvalue(), printed.getvalue()


class _Control:
    """A widget, and what its values mean."""

    def __init__(self, widget: Any, unit: Any = 1) -> None:
        self.widget = widget
        self.unit = unit

    def value_of(self, shown: Any) -> Any:
        return shown if self.unit is None else shown * self.unit


def _control(widgets: Any, name: str, given: Any) -> _Control:
    style = {"style": {"description_width": "8em"}, "layout": {"width": "30em"}}
    if isinstance(given, bool):
        return _Control(widgets.Checkbox(given, description=name), None)
    if isinstance(given, list):
        return _Control(widgets.Dropdown(options=given, description=name, **style), None)
    if not isinstance(given, tuple) or len(given) not in (2, 3):  # pyright: ignore
        raise ModelTypeError(
            f"explore: {name} is (low, high), (low, high, start), a list or True or False, not "
            f"{given!r}"
        )
    return _slider(widgets, name, given, style)  # pyright: ignore[reportUnknownArgumentType]


def _slider(widgets: Any, name: str, given: Sequence[Any], style: dict[str, Any]) -> _Control:
    low, high = given[:2]
    if not all(have_same_dimensions(low, x) for x in given):
        raise ModelValueError(f"explore: the ends of {name} have different units: {given!r}")
    start = given[2] if len(given) == 3 else (low + high) / 2
    if not low < high or not low <= start <= high:
        raise ModelValueError(f"explore: {name} must have low <= start <= high, not {given!r}")
    if all(isinstance(x, Integral) for x in given):
        slider = widgets.IntSlider(
            int(start), min=int(low), max=int(high), description=name, **style
        )
        return _Control(slider, None)
    unit: Any = 1
    if isinstance(high, Quantity) and not high.is_dimensionless:
        unit = high.get_best_unit()
        name = f"{name} ({unit})"
    first, last, now = (float(np.asarray(x / unit)) for x in (low, high, start))
    slider = widgets.FloatSlider(
        now, min=first, max=last, step=_step(last - first), description=name, **style
    )
    return _Control(slider, unit)


def _step(span: float) -> float:
    """A round number, of which 100 to 1000 make the span."""
    return 10.0 ** math.floor(math.log10(span / 100))
