"""Currents along branches against dense matrices and closed forms of cable theory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rheobase as rb
from rheobase import cm, ms, mV, nA, ohm, siemens, uF, um
from rheobase.model.spatial.cable import cable

PASSIVE = """
Im = gL*(EL - v) : amp/meter**2
gL : siemens/meter**2
EL : volt
I : amp (point current)
"""
CM, RI, GL, EL = 1 * uF / cm**2, 150 * ohm * cm, 1e-4 * siemens / cm**2, -70 * mV


def passive(tree):
    neuron = rb.SpatialNeuron(tree, PASSIVE, Cm=CM, Ri=RI)
    neuron.gL, neuron.EL, neuron.v = GL, EL, EL
    return neuron


# ------------------------------------------------------------------ any tree


@st.composite
def trees(draw):
    """Trees of up to seven sections of cones, the root maybe a sphere."""
    size = st.floats(0.5, 5)

    def section():
        n = draw(st.integers(1, 4))
        diameters = draw(st.lists(size, min_size=n + 1, max_size=n + 1))
        lengths = draw(st.lists(st.floats(5, 40), min_size=n, max_size=n))
        return rb.Section(diameter=diameters * um, n=n, length=lengths * um)

    root = rb.Soma(diameter=draw(size) * 5 * um) if draw(st.booleans()) else section()
    sections = [root]
    for k in range(draw(st.integers(0, 6))):
        parent = draw(st.sampled_from(sections))
        made = section()
        setattr(parent, f"s{k}", made)
        sections.append(made)
    return root


def laplacian(tree):
    """Conductances times Ri, from Kirchhoff's laws: half compartments are edges, their middles
    (first) and their ends are nodes."""
    sections = list(tree.sections())
    n = sum(s.n for s in sections)
    starts = np.cumsum([0] + [s.n for s in sections])
    first = {id(s): int(k) for s, k in zip(sections, starts)}
    far = {}  # the node at the end of each compartment
    edges, nodes = [], n
    for s in sections:
        near = None if s.parent is None else far[first[id(s.parent)] + s.parent.n - 1]
        for k, (r1, r2) in enumerate(zip(s.compartments.r_length_1, s.compartments.r_length_2)):
            if near is not None:
                edges.append((near, first[id(s)] + k, r1))
            near = far[first[id(s)] + k] = nodes
            edges.append((first[id(s)] + k, nodes, r2))
            nodes += 1
    full = np.zeros((nodes, nodes))
    for a, b, g in edges:
        full[[a, b], [a, b]] += g
        full[[a, b], [b, a]] -= g
    return full


@settings(suppress_health_check=list(HealthCheck))
@given(tree=trees(), data=st.data())
def test_a_step_solves_the_equations_of_all_compartments(backend, tree, data):
    """Backward Euler with a dense matrix, for any tree, potentials and currents."""
    rb.start_scope()
    neuron = passive(tree)
    n = len(neuron)
    v = np.array(data.draw(st.lists(st.floats(-0.1, 0.05), min_size=n, max_size=n)))
    current = np.array(data.draw(st.lists(st.floats(-1e-10, 1e-10), min_size=n, max_size=n)))
    neuron.v_, neuron.I_ = v, current
    area, dt = neuron.area_[:], 1e-4
    rb.Network(neuron).run(0.1 * ms)
    matrix = laplacian(tree) / 1.5
    matrix[range(n), range(n)] += area * (0.01 / dt + 1.0)
    right = np.zeros(len(matrix))
    right[:n] = area * (0.01 / dt * v - 0.07) + current
    expected = np.linalg.solve(matrix, right)[:n]
    rounding = 1e-15 * np.linalg.cond(matrix) * np.max(np.abs(expected))  # of the dense solution
    np.testing.assert_allclose(neuron.v_[:], expected, rtol=1e-12, atol=rounding)
    np.testing.assert_allclose(neuron.Ic_[:], 0.01 * (neuron.v_[:] - v) / dt, rtol=1e-9, atol=1e-9)


@given(tree=trees())
def test_nodes_come_after_their_parents_and_keep_the_numbers_of_the_tree(tree):
    nodes = cable(tree, "")
    place = np.empty(len(nodes.order), int)
    place[nodes.order] = np.arange(len(nodes.order))
    assert np.array_equal(np.sort(nodes.order), np.arange(len(nodes.order)))
    assert np.all(place[nodes.parents[1:]] < place[1:])
    assert nodes.n == tree.total_compartments
    branches = sum(len(s.children) > 1 for s in tree.sections())
    assert len(nodes.order) == nodes.n + branches


def test_charge_is_kept_where_no_membrane_leaks(backend):
    tree = rb.Soma(diameter=20 * um)
    tree.a = rb.Cylinder(diameter=1 * um, n=5, length=100 * um)
    tree.b = rb.Cylinder(diameter=2 * um, n=5, length=50 * um)
    neuron = rb.SpatialNeuron(tree, "Im = 0*amp/meter**2 : amp/meter**2")
    neuron.v = "-70*mV + i*mV"
    rb.defaultclock.dt = 1 * ms
    area = neuron.area_[:]
    before = np.sum(area * neuron.v_[:])
    rb.Network(neuron).run(500 * ms)
    np.testing.assert_allclose(np.sum(area * neuron.v_[:]), before, rtol=1e-10)
    np.testing.assert_allclose(neuron.v_[:], before / area.sum(), rtol=1e-9)


# ------------------------------------------------------------------ cable theory


def test_a_finite_cable_has_the_steady_state_of_the_closed_form(backend):
    """V(x) = Ra la I cosh((l - x)/la) / sinh(l/la) for a current at a sealed end (Rall 1977, 3.16);
    the error shrinks with the compartments."""
    errors = []
    rb.defaultclock.dt = 100 * ms  # ten time constants; the steady state does not depend on it
    for n in (50, 100):
        neuron = passive(rb.Cylinder(diameter=1 * um, n=n, length=300 * um))
        neuron.I[0] = 0.01 * nA
        rb.Network(neuron).run(2000 * ms)
        la = np.sqrt(1e-6 / (4 * 1.5 * 1.0))
        np.testing.assert_allclose(neuron.space_constant_[:], la)
        x = neuron.distance_[:]
        resistance = la * 4 * 1.5 / (np.pi * 1e-12)
        expected = resistance * 1e-11 * np.cosh((3e-4 - x) / la) / np.sinh(3e-4 / la)
        errors.append(np.max(np.abs(neuron.v_[1:] + 0.07 - expected[1:])))
    assert errors[1] < 1e-3 * np.max(expected)
    assert errors[0] / errors[1] > 1.7


@pytest.mark.parametrize("k", [0, 1, 2])
def test_modes_of_a_sealed_cable_decay_with_their_time_constants(backend, k):
    """cos(k pi x/l) decays with tau / (1 + (k pi la / l)^2) (Rall 1969, Biophys. J. 9:1483)."""
    rb.defaultclock.dt = 0.005 * ms
    neuron = passive(rb.Cylinder(diameter=1 * um, n=100, length=1000 * um))
    mode = np.cos(k * np.pi * neuron.distance_[:] / 1e-3)
    neuron.v_ = -0.07 + 0.01 * mode
    rb.Network(neuron).run(0.5 * ms)
    squared = 1e-6 / (4 * 1.5)  # of the space constant
    rate = (1 + (k * np.pi / 1e-3) ** 2 * squared) / 0.01
    got = (neuron.v_[:] + 0.07) / mode
    np.testing.assert_allclose(got, 0.01 * np.exp(-5e-4 * rate), rtol=1.25e-6 * rate)
    # what backward Euler makes of compartments, to rounding
    rate = (1 + 2 * (1 - np.cos(k * np.pi / 100)) / 1e-5**2 * squared) / 0.01
    np.testing.assert_allclose(got, 0.01 * (1 + 5e-6 * rate) ** -100, rtol=1e-9)


@pytest.mark.parametrize("ratio", [0.3, 0.5])
def test_branches_by_the_three_halves_rule_are_one_cable(backend, ratio):
    """d^(3/2) = d1^(3/2) + d2^(3/2) and equal electrotonic lengths: each branch has the potential
    of the equivalent cylinder (Rall 1959, Exp. Neurol. 1:491), to rounding where lengths of
    compartments are equal in space constants."""
    rb.defaultclock.dt = 1 * ms
    d1 = ratio
    d2 = (1 - d1**1.5) ** (1 / 1.5)
    tree = rb.Cylinder(diameter=1 * um, n=20, length=200 * um)
    tree.L = rb.Cylinder(diameter=d1 * um, n=10, length=100 * np.sqrt(d1) * um)
    tree.R = rb.Cylinder(diameter=d2 * um, n=10, length=100 * np.sqrt(d2) * um)
    branched, single = passive(tree), passive(rb.Cylinder(diameter=1 * um, n=30, length=300 * um))
    branched.I[0] = single.I[0] = 0.01 * nA
    rb.Network(branched, single).run(20 * ms)
    np.testing.assert_allclose(branched.main.v_[:], single.v_[:20], rtol=1e-10)
    np.testing.assert_allclose(branched.L.v_[:], single.v_[20:], rtol=1e-10)
    np.testing.assert_allclose(branched.R.v_[:], single.v_[20:], rtol=1e-10)


def test_a_long_cable_answers_a_pulse_as_the_greens_function(backend):
    """V(x, t) = Q / (2 pi d la Cm) (pi t / tau)^(-1/2) exp(-t/tau - x^2 tau / (4 la^2 t))."""
    rb.defaultclock.dt = 0.01 * ms
    neuron = passive(rb.Cylinder(diameter=1 * um, n=101, length=2020 * um))
    neuron.I[50] = 0.1 * nA
    net = rb.Network(neuron)
    net.run(0.01 * ms)
    neuron.I = 0 * nA
    net.run(3.99 * ms)
    la, tau, t = np.sqrt(1e-6 / 6.0), 0.01, 4e-3
    x = neuron.distance_[:] - neuron.distance_[50]
    scale = 1e-15 / (2 * np.pi * 1e-6 * la * 0.01) / np.sqrt(np.pi * t / tau)
    expected = scale * np.exp(-t / tau - x**2 * tau / (4 * la**2 * t))
    near = np.abs(x) < 5e-4
    np.testing.assert_allclose(neuron.v_[:][near] + 0.07, expected[near], rtol=1e-2)


def test_check_halves_the_error_of_the_potential_with_the_step(backend):
    """Network.check() sees the potential; backward Euler is of first order."""
    neuron = passive(rb.Cylinder(diameter=1 * um, n=10, length=300 * um))
    neuron.I[0] = 0.05 * nA
    found = rb.Network(neuron).check(5 * ms, refinements=2)
    (v,) = (d for d in found.variables if d.variable == "v")
    assert v.method == "backward Euler"
    assert 0.9 < v.order < 1.1
