"""Scripts that draw with brian2tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from rheobase import (
    Cylinder,
    Hz,
    NeuronGroup,
    PopulationRateMonitor,
    Soma,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    mV,
    run,
    um,
)
from rheobase.brian2tools import brian_plot, plot_morphology, plot_synapses
from rheobase.cli.scripts import run_script
from rheobase.plotting import new_figure

SCRIPT = """
import matplotlib
matplotlib.use("agg")
from brian2 import *
from brian2tools import *
from brian2tools.plotting import plot_raster as same
assert same is plot_raster
cells = NeuronGroup(3, "dv/dt = (2 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0")
spikes = SpikeMonitor(cells)
run(30*ms)
axes = brian_plot(spikes)
add_background_pattern(axes)
assert len(axes.lines[0].get_xdata()) == spikes.num_spikes > 0
"""


def test_a_script_that_imports_brian2tools_runs(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    run_script(script, ())


def test_brian_plot_draws_what_was_recorded() -> None:
    cells = NeuronGroup(
        3, "dv/dt = (20*mV - v)/(10*ms) : volt", threshold="v > 10*mV", reset="v = 0*mV"
    )
    synapses = Synapses(cells, cells, on_pre="v += 0*mV")
    synapses.connect("i != j")
    spikes, rate, states = (
        SpikeMonitor(cells),
        PopulationRateMonitor(cells),
        StateMonitor(cells, "v", record=True),
    )
    run(20 * ms)
    lines = brian_plot(states, new_figure().subplots()).lines
    np.testing.assert_allclose(lines[1].get_ydata(), states.v[1] / mV)
    (line,) = brian_plot(states[2], new_figure().subplots()).lines
    np.testing.assert_allclose(line.get_ydata(), states.v[2] / mV)
    (line,) = brian_plot(rate, new_figure().subplots()).lines
    np.testing.assert_allclose(line.get_ydata(), rate.smooth_rate(width=1 * ms) / Hz)
    (dots,) = brian_plot(synapses, new_figure().subplots()).collections
    assert len(dots.get_offsets()) == 6
    assert len(brian_plot(spikes, new_figure().subplots()).lines[0].get_xdata()) == spikes.N
    with pytest.raises(NotImplementedError, match="brian_plot draws monitors"):
        brian_plot(3)


def test_values_of_a_morphology_have_the_scale_that_was_asked_for() -> None:
    neuron = Soma(20 * um)
    neuron.axon = Cylinder(diameter=1 * um, n=3, length=100 * um)
    axes = plot_morphology(
        neuron, values=[1, 2, 3, 4] * mV, value_norm=(0 * mV, 10 * mV), value_unit=mV,
        axes=new_figure().subplots(),
    )  # fmt: skip
    (drawn,) = (c for c in axes.collections if isinstance(c, PolyCollection))
    assert drawn.get_clim() == (0, 10)
    np.testing.assert_allclose(drawn.get_array(), [1, 2, 3, 4])


def test_variables_and_delays_of_synapses_are_drawn_as_an_image() -> None:
    cells = NeuronGroup(3, "v : 1", threshold="v > 1", reset="")
    synapses = Synapses(cells, cells, "w : volt", on_pre="v += 0")
    synapses.connect("i != j")
    synapses.w, synapses.delay = "(1 + i)*mV", "(2 + j)*ms"
    axes = brian_plot(synapses.w, new_figure().subplots())
    np.testing.assert_allclose(axes.images[0].get_array(), [[0, 2, 3], [1, 0, 3], [1, 2, 0]])
    axes = brian_plot(synapses.delay, new_figure().subplots())
    np.testing.assert_allclose(axes.images[0].get_array(), [[0, 2, 2], [3, 0, 3], [4, 4, 0]])


@pytest.mark.parametrize("space", [False, True])
@pytest.mark.parametrize("diameter", [False, True])
def test_sections_have_the_colours_of_their_order(space: bool, diameter: bool) -> None:
    neuron = Soma(20 * um)
    neuron.a = Cylinder(diameter=1 * um, n=3, length=100 * um)
    neuron.a.b = Cylinder(diameter=1 * um, n=2, length=50 * um)
    axes = new_figure().add_subplot(projection="3d" if space else None)
    plot_morphology(
        neuron, colors=("r", "b"), show_diameter=diameter, show_compartments=True, axes=axes
    )
    if space or diameter:
        drawn = axes.collections[0]
        colours = drawn.get_edgecolor() if space else drawn.get_facecolor()
        red, blue = (1, 0, 0, 1), (0, 0, 1, 1)
        assert [tuple(c) for c in colours] == [red, *[blue] * 3, *[red] * 2]
    else:
        assert [line.get_color() for line in axes.lines if line.get_lw() == 2] == ["r", "b", "r"]
    dots = [line for line in axes.lines if line.get_marker() == "."]
    assert [len(line.get_xdata()) for line in dots] == [3, 2]
    assert [line.get_color() for line in dots] == (["k", "k"] if diameter else ["b", "r"])


def test_several_synapses_of_a_pair_are_counted_in_an_image() -> None:
    axes = plot_synapses([0, 0, 1], [1, 1, 0], plot_type="image", axes=new_figure().subplots())
    np.testing.assert_array_equal(axes.images[0].get_array(), [[0, 1], [2, 0]])
    with pytest.raises(ValueError, match="'scatter', 'image' or 'hexbin'"):
        plot_synapses([0], [1], plot_type="matrix", axes=new_figure().subplots())
