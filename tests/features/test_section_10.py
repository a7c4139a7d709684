"""Section 10 of the contract, neurons with a shape, sentence by sentence.

What other files test already:

    areas, volumes, resistances, coordinates      tests/morphology/test_geometry.py
    ways through a tree, slices, topology         test_tree.py
    points and files                              test_points.py
    parts by name and place, thresholds, faults   tests/model/spatial/test_spatialneuron.py
    cable theory, any tree against dense matrices test_cable.py
    a branched neuron against Brian 2             tests/reference/test_spatial.py
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    Clock,
    Cylinder,
    DimensionMismatchError,
    Morphology,
    Network,
    Section,
    Soma,
    SpatialNeuron,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    cm,
    defaultclock,
    ms,
    mV,
    nA,
    nS,
    ohm,
    second,
    siemens,
    uF,
    um,
)

REQUIRED = inspect.Parameter.empty
GIVEN = {
    Soma: {"diameter": REQUIRED, "x": None, "y": None, "z": None},
    Cylinder: {
        "diameter": REQUIRED, "n": 1, "length": None, "x": None, "y": None, "z": None, "type": None,
    },
    Section: {
        "diameter": REQUIRED, "n": 1, "length": None, "x": None, "y": None, "z": None,
        "start_diameter": None, "origin": None, "type": None,
    },
}  # fmt: skip
NEURON = {
    "morphology": REQUIRED, "model": REQUIRED, "threshold": None, "refractory": False,
    "reset": None, "events": None, "threshold_location": None, "dt": None, "clock": None,
    "order": 0, "Cm": 0.9 * uF / cm**2, "Ri": 150 * ohm * cm, "name": "spatialneuron*",
    "dtype": None, "namespace": None,
    "method": ("exact", "exponential_euler", "rk2", "heun"), "method_options": None,
}  # fmt: skip
LEAK = "Im = 1*siemens/meter**2*(-70*mV - v) : amp/meter**2"

pytestmark = pytest.mark.usefixtures("backend")


def tree() -> Morphology:
    """A soma, an axon of 10 compartments that goes on in a thin end, a dendrite of 5."""
    soma = Soma(diameter=30 * um)
    soma.axon = Cylinder(diameter=1 * um, n=10, length=100 * um)
    soma.dend = Cylinder(diameter=2 * um, n=5, length=50 * um, type="dend")
    soma.axon.end = Section(diameter=[1, 0.5, 0.25] * um, n=2, length=[10, 10] * um)
    return soma


def arguments(made):
    return {n: p.default for n, p in inspect.signature(made).parameters.items()}


# ------------------------------------------------------------------ morphologies


def test_arguments_of_sections():
    for made, given in GIVEN.items():
        found = arguments(made)
        assert list(found)[: len(given)] == list(given), made
        assert {n: found[n] for n in given} == given, made


# Section: start_diameter and origin are where diameters and coordinates begin.
def test_a_section_that_begins_with_its_start_diameter_and_origin():
    whole = Section(
        diameter=[4, 3, 2] * um, n=2, x=[5, 15, 30] * um, y=[0, 1, 1] * um, z=[2, 0, 0] * um
    )
    begun = Section(
        diameter=[3, 2] * um, n=2, x=[15, 30] * um, y=[1, 1] * um,
        start_diameter=4 * um, origin=[5, 0, 2] * um,
    )  # fmt: skip
    for name in ("area", "volume", "length", "start_diameter", "end_diameter", "coordinates"):
        assert_array_equal(getattr(begun, name), getattr(whole, name), err_msg=name)
    soma = Soma(diameter=30 * um, x=100 * um)
    soma.axon = begun
    assert_allclose(soma.axon.start_x / um, [105, 115])
    with pytest.raises(TypeError, match="'diameter' must be 2 values"):
        Section(diameter=[4, 3, 2] * um, n=2, length=[1, 1] * um, start_diameter=4 * um)
    with pytest.raises(TypeError, match="'origin' is where coordinates begin"):
        Section(diameter=[4, 3, 2] * um, n=2, length=[1, 1] * um, origin=[1, 2, 3] * um)
    with pytest.raises(DimensionMismatchError, match="start_diameter"):
        Section(diameter=[3, 2] * um, n=2, length=[1, 1] * um, start_diameter=4)
    with pytest.raises(ValueError, match="'start_diameter' must not be negative"):
        Section(diameter=[3, 2] * um, n=2, length=[1, 1] * um, start_diameter=-4 * um)


# The tree by attributes and by ['name']; L, R and 1-9 shorten ways.
def test_names_and_short_ways():
    soma = Soma(diameter=30 * um)
    soma["L"] = Cylinder(diameter=1 * um, length=10 * um)
    soma.R = Cylinder(diameter=1 * um, length=10 * um)
    soma.L.R = Cylinder(diameter=1 * um, length=10 * um)
    soma.L.R.L = Cylinder(diameter=1 * um, length=10 * um)
    assert soma.LRL is soma["L"]["R"]["L"] is soma["111"]
    assert soma.R is soma["2"]
    assert soma.LRL.parent is soma.L.R
    assert (soma.total_sections, soma.total_compartments) == (5, 5)
    with pytest.raises(AttributeError, match="no section 'L' is attached"):
        _ = soma.LL


# Measures of a section; r_length_1/2: the conductance of each half is r_length / Ri.
def test_measures_of_a_section():
    end = tree().axon.end
    assert_allclose(end.diameter / um, [0.75, 0.375])
    assert_allclose(end.length / um, [10, 10])
    assert_allclose(end.distance / um, [105, 115])
    assert end.end_distance / um == pytest.approx(120)
    middle = np.array([0.75, 0.375])
    start, last = np.array([1, 0.5]), np.array([0.5, 0.25])
    assert_allclose(end.r_length_1 / um, np.pi / 4 * start * middle / 5)
    assert_allclose(end.r_length_2 / um, np.pi / 4 * middle * last / 5)
    assert end.x is end.start_x is end.end_z is end.coordinates is None


# Slices by numbers, by lengths, by names.
def test_parts_of_sections():
    soma = tree()
    assert list(soma.axon.indices[2:4]) == [3, 4]
    assert list(soma.axon[20 * um : 40 * um].indices[:]) == [3, 4]
    assert list(soma["axon"].indices[:]) == list(range(1, 11))
    assert soma.axon.indices[25 * um] == 3
    assert list(soma.axon[80 * um : 300 * um].indices[:]) == [9, 10]  # not beyond its end


def test_made_coordinates_of_a_whole_tree():
    soma = tree().generate_coordinates(section_randomness=20, compartment_randomness=5)
    ends = soma.axon.coordinates
    assert_allclose(np.linalg.norm(np.diff(ends / um, axis=0), axis=1), 10)
    kept = soma.generate_coordinates()
    assert_array_equal(kept.axon.coordinates, soma.axon.coordinates)
    made_anew = soma.generate_coordinates(overwrite_existing=True)
    assert not np.allclose(made_anew.axon.coordinates / um, ends / um)


# ------------------------------------------------------------------ neurons


def test_arguments_of_a_spatial_neuron():
    found = arguments(SpatialNeuron)
    assert list(found) == list(NEURON)
    assert {n: v for n, v in found.items() if n not in ("Cm", "Ri")} == {
        n: v for n, v in NEURON.items() if n not in ("Cm", "Ri")
    }
    assert (found["Cm"], found["Ri"]) == (NEURON["Cm"], NEURON["Ri"])
    neuron = SpatialNeuron(tree(), LEAK, order=3, name="cell", clock=Clock(0.2 * ms))
    assert (neuron.order, neuron.name) == (3, "cell")
    assert neuron.clock.dt == 0.2 * ms
    assert SpatialNeuron(tree(), LEAK, dt=0.05 * ms).clock.dt == 0.05 * ms


# Im is mandatory, in amp/meter**2, without flags.
@pytest.mark.parametrize(
    ("model", "error", "text"),
    [
        ("g : 1", TypeError, "no equation for the current through the membrane"),
        ("Im = 0*amp : amp", DimensionMismatchError, "in amp / metre..2, but 'Im' is in amp"),
        (LEAK + " (constant over dt)", ValueError, "'Im' has no flags"),
        ("dIm/dt = 0*amp/meter**2/second : amp/meter**2", TypeError, "no equation for the current"),
        (LEAK + "\nI : volt (point current)", DimensionMismatchError, "A point current is in amp"),
        (LEAK + "\nv : volt", ValueError, "v"),
    ],
)
def test_models_that_are_refused(model, error, text):
    with pytest.raises(error, match=text):
        SpatialNeuron(tree(), model)


# (point current) on equations, parameters and subexpressions adds I/area to Im.
def test_point_currents_of_all_kinds():
    neuron = SpatialNeuron(
        tree(),
        """Im = 0*amp/meter**2 : amp/meter**2
        dI/dt = -I/(5*ms) : amp (point current)
        J : amp (point current)
        K = 2*nA : amp (point current)
        L = 3*nA : amp (point current, constant over dt)""",
        Cm=1 * uF / cm**2,
    )
    assert neuron.equations["Im"].expr.code.endswith("+ I/area + J/area + K/area + L/area")
    assert neuron.user_equations["Im"].expr.code == "0*amp/meter**2"
    neuron.J = 1 * nA
    neuron.I = 4 * nA
    area = neuron.area[:]
    assert_allclose(neuron.Im[:], 7 * nA / area + [3 * nA] * 18 / area * 0)
    Network(neuron).run(defaultclock.dt)
    assert_allclose(neuron.Im[:], (3 * nA + neuron.I[:] + 3 * nA) / area)
    charge = np.sum(neuron.Ic * area) * defaultclock.dt  # what has come in through all membranes
    entered = 18 * 10 * nA * defaultclock.dt
    assert charge / entered == pytest.approx(1, rel=0.02)  # I falls by 2 % in a step


# v, Cm of each compartment, Ri shared; gtot__private, constants of space and time.
def test_variables_of_compartments():
    neuron = SpatialNeuron(
        tree(),
        """Im = g*(-70*mV - v) + h*(50*mV - v) : amp/meter**2
        g : siemens/meter**2
        h : siemens/meter**2""",
        Cm=np.arange(1, 19) * uF / cm**2,
        Ri=100 * ohm * cm,
    )
    neuron.g, neuron.axon.h = 1 * siemens / cm**2, 2 * siemens / cm**2
    total = np.where((neuron.i[:] >= 1) & (neuron.i[:] <= 12), 3e4, 1e4)
    assert_allclose(neuron.gtot__private_[:], total)
    capacitance = np.arange(1, 19) * 0.01
    assert_allclose(neuron.Cm_[:], capacitance)
    assert_allclose(neuron.time_constant_[:], capacitance / total)
    assert_allclose(neuron.space_constant_[:], np.sqrt(neuron.diameter_[:] / (4 * total)))
    neuron.dend.Cm = 5 * uF / cm**2
    neuron.Ri = 80 * ohm * cm
    assert_allclose(neuron.Cm_[-5:], 0.05)
    assert float(neuron.Ri_[:]) == 0.8
    with pytest.raises(IndexError, match="shared"):
        neuron.Ri[3]
    assert neuron.N == 18
    with pytest.raises(AttributeError, match="x"):  # this tree has no coordinates
        _ = neuron.x


# Subtrees; main; places by length and by parts of the morphology; synapses at a place.
def test_parts_of_a_neuron():
    shape = tree()
    neuron = SpatialNeuron(shape, LEAK + "\ng : siemens")
    assert list(neuron.axon.indices[:]) == list(range(1, 13))
    assert list(neuron.axon.main.indices[:]) == list(range(1, 11))
    assert list(neuron.axon.end.indices[:]) == [11, 12]
    assert list(neuron[shape.axon].indices[:]) == list(range(1, 11))
    assert list(neuron.axon[10 * um : 50 * um].indices[:]) == [2, 3, 4, 5]
    assert list(neuron.main.indices[:]) == [0]
    cable = SpatialNeuron(Cylinder(diameter=1 * um, n=10, length=100 * um), LEAK)
    assert list(cable[10 * um : 50 * um].indices[:]) == [1, 2, 3, 4]
    inputs = SpikeGeneratorGroup(1, [0], [0] * ms)
    synapses = Synapses(inputs, neuron, on_pre="g += 1*nS")
    synapses.connect(i=0, j=shape.axon[30 * um])
    synapses.connect(i=0, j=shape.dend[10 * um : 30 * um])
    assert list(synapses.j) == [4, 14, 15]
    Network(neuron, inputs, synapses).run(1 * ms)
    assert_allclose(neuron.g / nS, np.isin(np.arange(18), [4, 14, 15]))


# Thresholds at a place, refractoriness, resets, events.
def test_spikes_and_events_of_compartments():
    shape = tree()
    model = "Im = I : amp/meter**2\nI : amp/meter**2\ncount : 1"
    neuron = SpatialNeuron(
        shape, model, threshold="v > -0.5*mV", refractory="v > -0.5*mV",
        threshold_location=shape.axon[35 * um], events={"low": "v < -65.5*mV"},
    )  # fmt: skip
    neuron.run_on_event("low", "count += 1")
    neuron.v = -70 * mV
    neuron.I = 0.9 * (uF / cm**2) * 10 * mV / ms  # 1 mV in a step
    spikes = SpikeMonitor(neuron)
    seen = StateMonitor(neuron, ["v", "Im"], record=shape.axon[35 * um])
    Network(neuron, spikes, seen).run(10 * ms)
    assert list(spikes.i) == [4]
    assert spikes.t[0] / ms == pytest.approx(6.9)
    assert_array_equal(neuron.count[:], np.full(18, 4))  # at -69, -68, -67 and -66 mV
    assert seen.v.shape == (1, 100)


# One implicit step is one solution of the whole tree: any step is stable.
def test_a_step_of_a_second_is_the_steady_state():
    neuron = SpatialNeuron(tree(), LEAK, dt=1 * second)
    neuron.v = 30 * mV
    Network(neuron).run(5 * second)
    assert_allclose(neuron.v / mV, -70, rtol=1e-8)
