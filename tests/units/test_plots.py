"""matplotlib and quantities: SI numbers on the axes, the unit beside them."""

import subprocess
import sys

import numpy as np
import pytest

from rheobase.units import ms, mV, plots

matplotlib = pytest.importorskip("matplotlib")


@pytest.fixture
def axes():
    from matplotlib.figure import Figure

    plots.install()
    return Figure().add_subplot()


def test_lines_are_drawn_in_si_with_the_unit_on_the_axis(axes):
    (line,) = axes.plot([1, 2, 3] * ms, [1, 4, 9] * mV)
    np.testing.assert_array_equal(line.get_xdata(orig=False), [0.001, 0.002, 0.003])
    np.testing.assert_array_equal(line.get_ydata(orig=False), np.asarray([1, 4, 9] * mV))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("s", "V")


@pytest.mark.parametrize(
    "draw",
    [
        lambda a: a.scatter([1, 2] * ms, [1, 2] * mV),
        lambda a: a.axhline(3 * mV),
        lambda a: a.axvspan(1 * ms, 2 * ms),
        lambda a: a.fill_between([1, 2] * ms, [1, 2] * mV, [3, 4] * mV),
        lambda a: a.errorbar([1, 2] * ms, [1, 2] * mV, yerr=[0.1, 0.1] * mV),
        lambda a: a.hist([1, 2, 2] * mV),
        lambda a: a.set_xlim(0 * ms, 5 * ms),
        lambda a: a.imshow(np.ones((2, 2)) * mV),
    ],
)
def test_quantities_are_drawn(axes, draw):
    draw(axes)
    axes.figure.canvas.draw()


@pytest.mark.parametrize("first", ["matplotlib.units", "rheobase.units"])
def test_the_order_of_imports_does_not_matter(first):
    second = {"matplotlib.units": "rheobase.units", "rheobase.units": "matplotlib.units"}[first]
    code = (
        f"import {first}, {second}, sys, matplotlib.units as m\n"
        "from rheobase.units import Quantity\n"
        "assert Quantity in m.registry\n"
        "assert not any(type(f).__name__ == '_Awaiting' for f in sys.meta_path)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
