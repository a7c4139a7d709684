"""Measures of compartments against integrals over the cone, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from rheobase import Cylinder, Section, Soma, um

diameters = st.floats(0.1, 50)
lengths = st.floats(0.1, 500)


@given(d1=diameters, d2=diameters, length=lengths)
def test_a_cone_has_the_area_volume_and_resistance_of_its_slices(d1, d2, length):
    """Integrals over slices of the membrane, of the content and of the resistance."""
    cone = Section(diameter=[d1, d2] * um, n=1, length=[length] * um)

    def d(x):
        return d1 + (d2 - d1) * x / length

    slant = np.hypot(1, (d2 - d1) / (2 * length))
    area, _ = quad(lambda x: np.pi * d(x) * slant, 0, length)
    volume, _ = quad(lambda x: np.pi / 4 * d(x) ** 2, 0, length)
    first, _ = quad(lambda x: 4 / (np.pi * d(x) ** 2), 0, length / 2)
    second, _ = quad(lambda x: 4 / (np.pi * d(x) ** 2), length / 2, length)
    np.testing.assert_allclose(cone.area / um**2, area, rtol=1e-8)
    np.testing.assert_allclose(cone.volume / um**3, volume, rtol=1e-8)
    np.testing.assert_allclose(cone.r_length_1 / um, 1 / first, rtol=1e-8)
    np.testing.assert_allclose(cone.r_length_2 / um, 1 / second, rtol=1e-8)


@given(d=diameters, length=lengths, n=st.integers(1, 20))
def test_the_compartments_of_a_cylinder_add_up_to_the_whole(d, length, n):
    many = Cylinder(diameter=d * um, n=n, length=length * um)
    one = Cylinder(diameter=d * um, length=length * um)
    for name in ("area", "volume", "length"):
        np.testing.assert_allclose(np.sum(getattr(many, name)), getattr(one, name)[0], rtol=1e-12)
    resistance = np.sum(1 / np.asarray(many.r_length_1) + 1 / np.asarray(many.r_length_2))
    np.testing.assert_allclose(resistance * 1e-6, 4 * length / (np.pi * d**2), rtol=1e-12)


@given(cuts=st.lists(st.floats(0.01, 0.99), max_size=5, unique=True), d1=diameters, d2=diameters)
def test_a_cone_cut_into_pieces_keeps_its_measures(cuts, d1, d2):
    ends = np.array([0.0, *sorted(cuts), 1.0])
    whole = Section(diameter=[d1, d2] * um, n=1, length=[100] * um)
    cut = Section(
        diameter=(d1 + (d2 - d1) * ends) * um, n=len(ends) - 1, length=np.diff(ends) * 100 * um
    )
    np.testing.assert_allclose(np.sum(cut.area), whole.area[0], rtol=1e-9)
    np.testing.assert_allclose(np.sum(cut.volume), whole.volume[0], rtol=1e-9)
    np.testing.assert_allclose(cut.end_distance, whole.end_distance, rtol=1e-9)


@given(
    step=st.tuples(*[st.floats(-20, 20)] * 3).filter(lambda p: np.linalg.norm(p) > 0.1),
    start=st.tuples(*[st.floats(-20, 20)] * 3),
)
def test_coordinates_give_lengths_and_follow_the_parent(step, start):
    """Points of a child are seen from the end of its parent; lengths are distances of points."""
    parent = Cylinder(diameter=1 * um, **_ends(start, np.add(start, step)))
    parent.next = Cylinder(diameter=1 * um, n=3, **_ends((0, 0, 0), step))
    np.testing.assert_allclose(np.sum(parent.next.length) / um, np.linalg.norm(step))
    np.testing.assert_allclose(parent.coordinates[-1], parent.next.coordinates[0], atol=1e-18)
    expected = np.add(start, np.multiply(2, step))
    np.testing.assert_allclose(parent.next.coordinates[-1] / um, expected, atol=1e-9)


def _ends(start, end):
    return {axis: [a, b] * um for axis, a, b in zip("xyz", start, end, strict=True)}


def test_a_sphere_is_no_part_of_the_way():
    soma = Soma(diameter=20 * um, x=3 * um)
    soma.dend = Cylinder(diameter=1 * um, n=2, length=20 * um)
    np.testing.assert_allclose(soma.area / um**2, [np.pi * 400])
    np.testing.assert_allclose(soma.volume / um**3, [np.pi * 8000 / 6])
    np.testing.assert_allclose(soma.dend.distance / um, [5, 15])
    assert soma.dend.x is None
    assert np.array_equal(soma.y_, [0.0])
    np.testing.assert_allclose(soma.end_x_, [3e-6])


def test_a_tip_without_diameter_lets_no_current_through():
    tip = Section(diameter=[2, 0] * um, n=1, length=[10] * um)
    assert tip.r_length_1[0] > 0 * um
    assert tip.r_length_2[0] == 0 * um


@pytest.mark.parametrize("name", ["length", "diameter"])
def test_parts_have_the_measures_of_their_rows(name):
    section = Section(diameter=[4, 3, 2, 1] * um, n=3, length=[10, 20, 30] * um)
    part = section[1:]
    assert part.n == 2
    assert np.array_equal(getattr(part, name), getattr(section, name)[1:])
