"""Names, ways, numbers and places within a tree of sections."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase import Cylinder, Morphology, Section, Soma, mV, seed, um
from rheobase.errors import (
    DimensionMismatchError,
    ModelIndexError,
    ModelTypeError,
    ModelValueError,
)


def cylinder(n=1, length=10):
    return Cylinder(diameter=1 * um, n=n, length=length * um)


@pytest.fixture
def tree():
    soma = Soma(diameter=30 * um)
    soma.axon = cylinder(4, 40)
    soma.dend = cylinder(3, 30)
    soma.dend.L = cylinder(2, 20)
    soma.dend.R = cylinder(5, 50)
    return soma


def test_letters_and_digits_are_ways_through_the_tree(tree):
    assert tree["2"] is tree.dend
    assert tree["2L"] is tree["21"] is tree.dend["1"] is tree.dend.L
    tree.dend.LR = cylinder()
    assert tree.dend.L.R is tree["2LR"] is tree["211"]
    assert tree.dend.L.R.parent is tree.dend.L


def test_compartments_are_numbered_depth_first(tree):
    sections = [tree, tree.axon, tree.dend, tree.dend.L, tree.dend.R]
    assert list(tree.sections()) == sections
    numbers = np.concatenate([s.indices[:] for s in sections])
    assert np.array_equal(numbers, np.arange(tree.total_compartments))
    assert tree.total_sections == 5
    assert tree.dend.total_compartments == 10


@given(lengths=st.lists(st.floats(1, 30), min_size=1, max_size=8), where=st.floats(0, 1, width=32))
def test_a_place_is_in_the_compartment_that_holds_it(lengths, where):
    n = len(lengths)
    section = Section(diameter=np.ones(n + 1) * um, n=n, length=lengths * um)
    place = where * sum(lengths)
    found = section.indices[place * um]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    assert ends[found] - 1e-6 <= place <= ends[found + 1] + 1e-6


@given(data=st.data(), n=st.integers(1, 10))
def test_a_slice_of_lengths_takes_what_it_touches(data, n):
    """Compartments of 1 um: a slice from a to b takes those k with k < b and k + 1 > a."""
    a = data.draw(st.integers(0, 2 * n - 1)) / 2
    b = data.draw(st.integers(int(2 * a) + 1, 2 * n)) / 2
    taken = cylinder(n, n).indices[a * um : b * um]
    assert list(taken) == [k for k in range(n) if k < b and k + 1 > a]


def test_numbers_count_compartments_of_the_section(tree):
    assert tree.dend.R.indices[-1] == 14
    assert tree.dend.R[1:3].indices[:].tolist() == [11, 12]
    assert tree.dend.R[1:3].indices[1] == 12
    assert tree.dend.indices[30 * um] == 7
    assert tree.axon[:].n == 4


@pytest.mark.parametrize(
    ("item", "error", "text"),
    [
        (slice(0, 4, 2), ModelTypeError, "no step"),
        (slice(0, 3 * um), ModelTypeError, "from length to length"),
        (slice(1.5, 2.5), ModelTypeError, "neither a whole number nor a length"),
        (3 * mV, ModelTypeError, "neither a whole number nor a length"),
        (41 * um, ModelIndexError, r"41\. um is outside: the section is 40\. um long"),
        (-1 * um, ModelIndexError, "is outside"),
        (4, ModelIndexError, "no compartment 4 among 4"),
        (slice(4, 9), ModelIndexError, "No compartment is in"),
        (slice(3 * um, 2 * um), ModelIndexError, "is empty"),
    ],
)
def test_an_index_that_means_nothing_is_refused(tree, item, error, text):
    with pytest.raises(error, match=text):
        tree.axon[item]


def test_what_is_deleted_is_gone_and_free(tree):
    dend = tree.dend
    del tree.dend
    assert tree.total_compartments == 5
    assert dend.parent is None
    with pytest.raises(AttributeError, match="no section 'dend' is attached"):
        del tree["dend"]
    tree.other = dend
    assert tree.other.L.indices[0] == 8


def test_a_section_is_in_one_place(tree):
    with pytest.raises(ModelValueError, match="is in a tree already"):
        tree.axon.copy = tree.dend
    with pytest.raises(ModelValueError, match="is in a tree already"):
        tree.dend.L.loop = tree
    tree.axon.copy = tree.dend.copy_section()
    assert tree.axon.copy.n == 3
    assert tree.axon.copy.total_sections == 1


def test_names_that_cannot_be(tree):
    with pytest.raises(AttributeError, match="'axon' is attached"):
        tree.axon = cylinder()
    with pytest.raises(AttributeError, match="'area' cannot be the name of a section"):
        tree.area = cylinder()
    with pytest.raises(ModelTypeError, match="5 is no section"):
        tree.size = 5
    with pytest.raises(AttributeError, match="Did you mean 'axon'"):
        _ = tree.axom
    with pytest.raises(TypeError, match="total_compartments"):
        len(tree)


def test_children_are_found_by_name_and_place(tree):
    assert tree.children["axon"] is tree.children["1"] is tree.axon
    assert list(tree.children) == [tree.axon, tree.dend]
    assert tree.children.name(tree.dend) == "dend"
    assert tree.dend.L not in tree.children
    with pytest.raises(KeyError, match="no section is called 'apic'"):
        tree.children["apic"]
    with pytest.raises(TypeError, match="sections have names"):
        tree.children[0]


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Soma(10), DimensionMismatchError, "'diameter' must be in metre"),
        (lambda: Soma([1, 2] * um), ModelTypeError, "'diameter' must be one value"),
        (lambda: Cylinder(1 * um, n=0, length=1 * um), ModelValueError, "at least one"),
        (lambda: Cylinder(1 * um, n=1.5, length=1 * um), ModelTypeError, "not 1.5"),
        (lambda: Cylinder(1 * um), ModelTypeError, "neither is given"),
        (lambda: Cylinder(1 * um, length=1 * um, x=[0, 1] * um), ModelTypeError, "both are given"),
        (lambda: Cylinder(1 * um, length=-1 * um), ModelValueError, "must not be negative"),
        (lambda: Section(1 * um, length=[1] * um), ModelTypeError, "must be 2 values"),
    ],
)
def test_arguments_that_make_no_section(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_topology_has_a_line_for_each_section(tree):
    lines = str(tree.topology()).splitlines()
    assert [line.split()[-1] for line in lines] == [
        "[root]",
        ".axon",
        ".dend",
        ".dend.L",
        ".dend.R",
    ]
    assert [line.count("-") for line in lines] == [0, 4, 3, 2, 5]


# ------------------------------------------------------------------ made coordinates


@pytest.mark.parametrize(("section", "compartment"), [(0, 0), (25, 0), (0, 15), (25, 15)])
def test_made_coordinates_keep_lengths(tree, section, compartment):
    placed = tree.generate_coordinates(section, compartment)
    for old, new in zip(tree.sections(), placed.sections(), strict=True):
        np.testing.assert_allclose(new.length, old.length)
        assert type(new) is type(old)
        assert (section or compartment) or not np.any(new.z_)
    for new in list(placed.sections())[1:]:
        steps = np.linalg.norm(np.diff(new.coordinates_, axis=0), axis=1)
        np.testing.assert_allclose(steps, new.shape.lengths)
    np.testing.assert_allclose(np.linalg.norm(placed.axon.coordinates_[0]), 15e-6)


def test_coordinates_that_exist_are_kept_unless_told(tree):
    placed = tree.generate_coordinates(20, 10)
    assert np.array_equal(placed.generate_coordinates(20, 10).axon.x, placed.axon.x)
    other = placed.generate_coordinates(20, 10, overwrite_existing=True)
    assert np.all(other.axon.x_ != placed.axon.x_)


def test_seed_determines_made_coordinates(tree):
    seed(5)
    first = tree.generate_coordinates(20, 10).axon.coordinates_
    seed(5)
    again = tree.generate_coordinates(20, 10).axon.coordinates_
    assert np.array_equal(first, again)
    assert not np.array_equal(first, tree.generate_coordinates(20, 10).axon.coordinates_)


def test_sections_show_what_makes_them():
    made = Cylinder(diameter=1 * um, n=2, x=[0, 10] * um, type="axon")
    assert repr(made).startswith("Cylinder(diameter=1. um, n=2, length=10. um, x=")
    assert repr(Soma(2 * um)) == "Soma(diameter=2. um)"
    assert isinstance(made, Morphology)


def test_one_walk_measures_what_each_section_says_of_itself(tree):
    placed = tree.generate_coordinates(20, 10)
    placed.dend.R.more = cylinder(2, 30)
    for section, found in placed.measured():
        np.testing.assert_allclose(found.distance, section.compartments.distance)
        np.testing.assert_array_equal(found.middle, section.compartments.middle)
