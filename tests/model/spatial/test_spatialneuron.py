"""Spatial neurons as scripts use them: parts, places, thresholds, faults."""

from __future__ import annotations

import numpy as np
import pytest

import rheobase as rb
from rheobase import cm, ms, mV, nA, nS, siemens, uF, um, volt
from rheobase.errors import (
    DimensionMismatchError,
    EquationError,
    ModelTypeError,
    ModelValueError,
)

NOTHING = "Im = 0*amp/meter**2 : amp/meter**2"
LEAK = "Im = 1e-4*siemens/cm**2*(-v) : amp/meter**2\nI : amp (point current)"


def shape():
    tree = rb.Cylinder(length=50 * um, diameter=10 * um, n=2)
    tree.a = rb.Cylinder(length=50 * um, diameter=10 * um, n=3)
    tree.a.L = rb.Cylinder(length=50 * um, diameter=10 * um, n=4)
    tree.b = rb.Cylinder(length=50 * um, diameter=10 * um, n=5)
    return tree


# ------------------------------------------------------------------ parts


def test_names_are_subtrees_and_main_is_their_first_section():
    neuron = rb.SpatialNeuron(shape(), NOTHING)
    assert list(neuron.indices[:]) == list(range(14))
    assert list(neuron.main.indices[:]) == [0, 1]
    assert list(neuron.a.indices[:]) == [2, 3, 4, 5, 6, 7, 8]
    assert list(neuron.a.main.indices[1:]) == [3, 4]
    assert list(neuron.a.L[2:].indices[:]) == [7, 8]
    neuron.v = "i*volt"
    assert list(neuron.a.main.v_[:]) == [2, 3, 4]
    assert list(neuron.a.L.v_[:]) == [5, 6, 7, 8]
    assert list(neuron.a.L[1:3].v_[:]) == [6, 7]
    assert list(neuron.b.v_[:]) == [9, 10, 11, 12, 13]
    with pytest.raises(AttributeError, match="has no 'c'"):
        _ = neuron.c


def test_places_are_lengths_and_parts_of_the_morphology():
    tree = shape()
    neuron = rb.SpatialNeuron(tree, NOTHING)
    neuron.v = "i*volt"
    assert list(neuron[0 * um : 30 * um].v_[:]) == [0, 1]
    assert list(neuron[tree.a].v_[:]) == [2, 3, 4]
    assert list(neuron.b[25 * um :].v_[:]) == [11, 12, 13]
    assert list(neuron[tree.b[5 * um]].v_[:]) == [9]
    neuron.v[tree.b] = 7 * volt
    assert list(neuron.b.v_[:]) == [7] * 5
    neuron.a.v += 1 * volt
    assert list(neuron.a.v_[:]) == [3, 4, 5, 6, 7, 8, 9]
    with pytest.raises(IndexError, match="does not hold all of"):
        neuron.a[tree.b]


def test_one_compartment_has_one_value_and_a_part_a_row_of_them():
    tree = shape()
    neuron = rb.SpatialNeuron(tree, NOTHING)
    seen = rb.StateMonitor(neuron, "v", record=True)
    rb.Network(neuron, seen).run(0.2 * ms)
    for place in (tree.b[5 * um], tree.b[0], tree.b[0:1], tree.b[0 * um : 5 * um]):
        assert len(place) == 1
        assert neuron.v_[place].shape == ()
        assert seen[place].v_.shape == (2,)
    assert len(tree.b[1:3]) == 2
    assert seen[tree.b[1:3]].v_.shape == (2, 2)
    assert seen[tree.b].v_.shape == (5, 2)
    soma = rb.SpatialNeuron(rb.Soma(10 * um), NOTHING)
    assert soma.v_[soma.morphology].shape == ()


def test_measures_are_those_of_the_morphology():
    tree = shape().generate_coordinates()
    neuron = rb.SpatialNeuron(tree, NOTHING)
    sections = list(tree.sections())
    for name in ("area", "volume", "length", "diameter", "distance", "x", "y", "z"):
        expected = np.concatenate([np.asarray(getattr(s, name) / um) for s in sections])
        np.testing.assert_allclose(np.asarray(getattr(neuron, name) / um), expected, rtol=1e-12)


def test_a_section_attached_later_is_no_part_of_the_neuron():
    tree = shape()
    neuron = rb.SpatialNeuron(tree, NOTHING)
    tree.c = rb.Cylinder(length=50 * um, diameter=10 * um, n=2)
    assert len(neuron) == neuron.morphology.total_compartments == 14


def test_space_and_time_constants_follow_from_the_conductance():
    neuron = rb.SpatialNeuron(shape(), "Im = g*(-v) : amp/meter**2\ng : siemens/meter**2")
    neuron.g = 2 * siemens / rb.meter**2
    np.testing.assert_allclose(neuron.time_constant_[:], 0.009 / 2)
    np.testing.assert_allclose(neuron.space_constant_[:], np.sqrt(1e-5 / (4 * 1.5 * 2)))


# ------------------------------------------------------------------ currents


def test_point_currents_are_spread_over_the_membrane():
    """The potential of one compartment rises by I dt / (area Cm) each step."""
    neuron = rb.SpatialNeuron(
        rb.Soma(10 * um),
        NOTHING + "\nI : amp (point current)\nJ = 1*nA : amp (point current, constant over dt)",
    )
    neuron.I = 2 * nA
    assert "I/area" in neuron.equations["Im"].expr.code
    rb.Network(neuron).run(1 * ms)
    expected = 3e-9 * 1e-3 / (np.pi * 1e-10 * 0.009)
    np.testing.assert_allclose(neuron.v_[:], expected)


def test_capacitance_may_differ_between_compartments():
    tree = rb.Soma(10 * um)
    neuron = rb.SpatialNeuron(tree, NOTHING, Cm=2 * uF / cm**2)
    np.testing.assert_allclose(neuron.Cm_[:], 0.02)
    other = rb.SpatialNeuron(shape(), NOTHING, Cm=np.arange(1, 15) * uF / cm**2)
    np.testing.assert_allclose(other.a.main.Cm_[:], [0.03, 0.04, 0.05])


def test_a_step_with_a_strong_conductance_is_stable():
    """A clamp of 100 S/cm^2 holds its compartment, where an explicit step would explode."""
    eqs = "Im = g*(20*mV - v) : amp/meter**2\ng : siemens/meter**2"
    neuron = rb.SpatialNeuron(shape(), eqs)
    neuron.g[0] = 100 * siemens / cm**2
    rb.Network(neuron).run(100 * ms)
    np.testing.assert_allclose(neuron.v_[:], 0.02, rtol=1e-6)


def test_numbers_may_change_between_runs_and_compile_nothing():
    neuron = rb.SpatialNeuron(shape(), "Im = g*(-v) : amp/meter**2\ng : siemens/meter**2")
    net = rb.Network(neuron)
    net.run(0.1 * ms)
    kernels = [w.kernel for w in neuron.diffusion_state_updater._work()]
    neuron.Ri, neuron.Cm = 1 * rb.ohm * rb.meter, 3 * uF / cm**2
    net.run(0.1 * ms)
    assert all(a is b.kernel for a, b in zip(kernels, neuron.diffusion_state_updater._work()))


def test_a_script_may_call_its_own_numbers_as_the_neuron_does(caplog):
    Cm, diameter = 1 * uF / cm**2, 5 * um
    neuron = rb.SpatialNeuron(rb.Soma(diameter), NOTHING, Cm=Cm)
    rb.Network(neuron).run(0.1 * ms)
    assert "Cm" not in caplog.text
    using = rb.SpatialNeuron(rb.Soma(diameter), "Im = Cm*(-v)/ms : amp/meter**2")
    rb.Network(using).run(0.1 * ms)
    assert "'Cm' is a variable of the group" in caplog.text
    assert "diameter" not in caplog.text


# ------------------------------------------------------------------ spikes and synapses


@pytest.mark.parametrize("place", ["number", "part", "index"])
def test_spikes_are_found_at_one_place(place):
    tree = rb.Soma(10 * um)
    tree.axon = rb.Cylinder(1 * um, n=2, length=20 * um)
    where = {"number": 2, "part": tree.axon[15 * um], "index": tree.axon.indices[15 * um]}[place]
    model = NOTHING + "\nready : boolean"
    neuron = rb.SpatialNeuron(
        tree, model, threshold="ready", reset="ready = False", threshold_location=where
    )
    spikes = rb.SpikeMonitor(neuron)
    neuron.ready = True
    rb.Network(neuron, spikes).run(0.3 * ms)
    assert list(spikes.i) == [2]
    assert list(neuron.ready[:]) == [True, True, False]


def test_refractory_compartments_do_not_spike_again():
    neuron = rb.SpatialNeuron(
        rb.Soma(10 * um), NOTHING, threshold="v > -1*volt", reset="", refractory=0.5 * ms
    )
    spikes = rb.SpikeMonitor(neuron)
    rb.Network(neuron, spikes).run(1 * ms)
    assert len(spikes.i) == 2


def test_synapses_reach_a_place():
    tree = shape()
    neuron = rb.SpatialNeuron(tree, "Im = 0*amp/meter**2 : amp/meter**2\ng : siemens")
    source = rb.SpikeGeneratorGroup(1, [0], [0] * ms)
    synapses = rb.Synapses(source, neuron, on_pre="g += 1*nS")
    synapses.connect(i=0, j=tree.b[15 * um])
    synapses.connect(i=0, j=tree.a)
    rb.Network(neuron, source, synapses).run(0.2 * ms)
    assert list(np.flatnonzero(neuron.g_[:])) == [2, 3, 4, 10]
    assert neuron.b.g[1] == 1 * nS


# ------------------------------------------------------------------ faults


@pytest.mark.parametrize(
    ("model", "error", "text"),
    [
        ("x : 1", ModelTypeError, "no equation for the current through the membrane"),
        ("Im : amp/meter**2", ModelTypeError, "no equation for the current"),
        ("Im = 1*amp : amp", DimensionMismatchError, "'Im' is in amp"),
        (NOTHING + " (constant over dt)", EquationError, "'Im' has no flags"),
        (NOTHING + "\nI : meter (point current)", DimensionMismatchError, "'I' is in metre"),
        (NOTHING + "\nv : volt", EquationError, "v"),
        ("Im = 1*siemens/meter**2*clip(v, 0*mV, 1*mV) : amp/meter**2", ModelTypeError, "clip"),
    ],
)
def test_models_that_are_no_membrane(model, error, text):
    with pytest.raises(error, match=text):
        rb.SpatialNeuron(shape(), model)


def test_arguments_that_make_no_neuron():
    with pytest.raises(AttributeError, match="threshold_location is one compartment"):
        rb.SpatialNeuron(shape(), NOTHING, threshold="v > 0*mV", threshold_location=[2, 3])
    with pytest.raises(ModelValueError, match="no compartment 17 among 14"):
        rb.SpatialNeuron(shape(), NOTHING, threshold="v > 0*mV", threshold_location=17)
    with pytest.raises(ModelValueError, match="without a threshold"):
        rb.SpatialNeuron(shape(), NOTHING, threshold_location=1)
    with pytest.raises(ModelTypeError, match="a morphology is a tree of sections"):
        rb.SpatialNeuron(14, NOTHING)
    with pytest.raises(ModelValueError, match="is a part of a tree"):
        rb.SpatialNeuron(shape().a, NOTHING)
    with pytest.raises(ModelValueError, match="without length or membrane"):
        rb.SpatialNeuron(rb.Cylinder(1 * um, length=0 * um), NOTHING)
    with pytest.raises(DimensionMismatchError, match="'Cm' must be in"):
        rb.SpatialNeuron(shape(), NOTHING, Cm=1 * mV)


# ------------------------------------------------------------------ precision and checkpoints


def test_single_precision_is_that_of_the_variables():
    """Equations and potentials are single, the way through the tree is double."""
    single = rb.SpatialNeuron(shape(), LEAK, dtype=np.float32)
    double = rb.SpatialNeuron(shape(), LEAK)
    for neuron in (single, double):
        neuron.I[0] = 1 * nA
    rb.Network(single, double).run(20 * ms)
    assert single.v_[:].dtype == np.float32
    np.testing.assert_allclose(single.v_[:], double.v_[:], rtol=2e-5)


def test_a_run_that_is_split_equals_the_run_that_is_not():
    neuron = rb.SpatialNeuron(shape(), LEAK)
    neuron.I[0] = 1 * nA
    net = rb.Network(neuron)
    net.store()
    net.run(5 * ms)
    whole = neuron.v_[:].copy()
    net.restore()
    net.run(2 * ms)
    net.store("middle")
    net.run(1 * ms)
    net.restore("middle")
    net.run(3 * ms)
    assert np.array_equal(neuron.v_[:], whole)
