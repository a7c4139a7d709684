"""The pictures that tests compare with kept ones: name -> function that draws it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rheobase import (
    Cylinder,
    Network,
    NeuronGroup,
    PopulationRateMonitor,
    Section,
    Soma,
    SpatialNeuron,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    mV,
    nA,
    um,
)
from rheobase.plotting import (
    delays,
    dendrogram,
    f_i_curve,
    morphology,
    new_figure,
    phase_plane,
    plot,
)

MODEL = """
dv/dt = (100*Mohm*I - v)/(10*ms) : volt
I : amp
"""


@cache
def recorded() -> dict[str, Any]:
    """A small network after 100 ms, with what has been recorded of it."""
    cells = NeuronGroup(50, MODEL, threshold="v > 10*mV", reset="v = 0*mV", name="drawn_cells")
    cells.I = np.arange(50) / 50 * 0.5 * nA
    numbers, times = np.arange(30) % 10, np.arange(1, 31) * 3 * ms
    inputs = SpikeGeneratorGroup(10, numbers, times, name="drawn_inputs")
    feed = Synapses(inputs, cells, on_pre="v += 1*mV", name="drawn_feed")
    feed.connect("(i + j) % 3 == 0")
    recurrent = Synapses(cells, cells, "w : volt", on_pre="v += w", name="drawn_recurrent")
    recurrent.connect("abs(i - j) < 5 and i != j")
    recurrent.w = "0.01*mV*i"
    recurrent.delay = "1*ms + (i % 10)*0.1*ms"
    spikes, rate = SpikeMonitor(cells), PopulationRateMonitor(cells)
    states = StateMonitor(cells, "v", record=[10, 40])
    net = Network(cells, inputs, feed, recurrent, spikes, rate, states)
    net.run(100 * ms)
    return {
        "cells": cells,
        "recurrent": recurrent,
        "spikes": spikes,
        "rate": rate,
        "states": states,
        "net": net,
    }


def _phase(ax: Axes) -> Axes:
    cell = NeuronGroup(
        1,
        """dv/dt = (v - v**3/3 - w + 0.5)/ms : 1
           dw/dt = 0.08*(v + 0.7 - 0.8*w)/ms : 1""",
    )
    return phase_plane(cell, ("v", -2, 2), ("w", -1, 2), ax)


@cache
def branched() -> SpatialNeuron:
    """A neuron with an axon and branching dendrites, 2 ms after a current into one of them."""
    shape = Soma(diameter=30 * um)
    shape.axon = Section(diameter=np.linspace(3, 1, 21) * um, n=20, length=[10] * 20 * um)
    shape.dend = Cylinder(diameter=6 * um, n=10, length=80 * um)
    for name, length in (("L", 90), ("R", 60)):
        branch = Cylinder(diameter=3 * um, n=10, length=length * um)
        setattr(shape.dend, name, branch)
        for twig in "LR":
            setattr(branch, twig, Cylinder(diameter=1.5 * um, n=8, length=70 * um))
    model = "Im = 1e-4*siemens/cm**2*(-70*mV - v) : amp/meter**2\nI : amp (point current)"
    neuron = SpatialNeuron(shape, model, name="drawn_neuron")
    neuron.v = -70 * mV
    neuron.dend.L.R.I[35 * um] = 0.1 * nA
    Network(neuron).run(2 * ms)
    return neuron


def _in_space(ax: Axes) -> Axes:
    space = ax.figure.add_subplot(projection="3d")
    ax.remove()
    shape = branched().morphology.generate_coordinates()
    return morphology(shape, ax=space)


PICTURES: dict[str, Callable[[Axes], Axes]] = {
    "raster": lambda ax: plot(recorded()["spikes"], ax),
    "rate": lambda ax: plot(recorded()["rate"], ax),
    "states": lambda ax: plot(recorded()["states"], ax),
    "synapses": lambda ax: plot(recorded()["recurrent"], ax, values="w"),
    "delays": lambda ax: delays(recorded()["recurrent"], ax),
    "network_graph": lambda ax: plot(recorded()["net"], ax),
    "f_i_curve": lambda ax: f_i_curve(recorded()["spikes"], recorded()["cells"].I, ax),
    "phase_plane": _phase,
    "morphology": lambda ax: plot(branched().morphology, ax),
    "morphology_values": lambda ax: plot(branched(), ax),
    "morphology_in_space": _in_space,
    "dendrogram": lambda ax: dendrogram(branched().morphology, ax=ax),
    "dendrogram_values": lambda ax: dendrogram(branched(), "v", ax),
}


def draw(name: str) -> Figure:
    figure = new_figure(4, 3)
    PICTURES[name](figure.subplots())
    return figure
