"""Trees from points and from files in the SWC format."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import Morphology, Section, Soma, um
from rheobase.errors import ModelValueError, UnsupportedError

NEURON = [
    (1, "soma", 5, 0, 0, 30, -1),
    (2, "axon", 25, 0, 0, 2, 1),
    (3, "axon", 45, 0, 0, 2, 2),
    (4, "axon", 65, 0, 0, 1, 3),
    (5, "axon", 45, 10, 0, 1, 3),
    (6, "dend", 5, 20, 0, 4, 1),
    (7, "dend", 5, -20, 0, 3, 1),
]


def test_sections_are_chains_of_one_name():
    neuron = Morphology.from_points(NEURON)
    assert isinstance(neuron, Soma)
    assert neuron.children.names() == ["axon", "dend", "dend2"]
    assert neuron.axon.children.names() == ["axon", "axon2"]
    assert neuron.total_compartments == 7
    assert neuron.axon.type == "axon"
    np.testing.assert_allclose(neuron.axon.length / um, [20, 20])
    np.testing.assert_allclose(neuron.axon.start_diameter / um, [2, 2])  # not that of the soma
    np.testing.assert_allclose(neuron.axon.axon.start_diameter / um, [2])
    np.testing.assert_allclose(neuron.axon.axon2.coordinates / um, [[45, 0, 0], [45, 10, 0]])


def test_siblings_without_names_are_left_and_right_or_counted():
    root = [(1, None, 0, 0, 0, 1, -1), (2, None, 10, 0, 0, 1, 1)]
    two = [(3, None, 20, 5, 0, 1, 2), (4, None, 20, -5, 0, 1, 2)]
    assert Morphology.from_points(root + two).children.names() == ["L", "R"]
    three = [*two, (5, None, 20, 0, 5, 1, 2)]
    assert Morphology.from_points(root + three).children.names() == ["1", "2", "3"]


def test_a_soma_of_three_points_is_one_sphere():
    points = [
        (1, "soma", 0, 0, 0, 20, -1),
        (2, "soma", 0, 10, 0, 20, 1),
        (3, "soma", 0, -10, 0, 20, 1),
        (4, "dend", 0, 30, 0, 2, 1),
    ]
    neuron = Morphology.from_points(points)
    assert neuron.total_compartments == 2
    np.testing.assert_allclose(neuron.dend.length / um, [30])
    points[2] = (3, "soma", 0, -11, 0, 20, 1)
    with pytest.raises(
        ModelValueError, match=r"radius is 10\.000um, but .* 10\.000um and 11\.000um"
    ):
        Morphology.from_points(points)
    points[2] = (3, "soma", 0, -10, 0, 18, 1)
    with pytest.raises(ModelValueError, match=r"20\.000um, 20\.000um, 18\.000um"):
        Morphology.from_points(points)


def test_a_soma_may_be_made_of_cylinders():
    points = [(1, "soma", 0, 0, 0, 20, -1), (2, "soma", 20, 0, 0, 20, 1), (3, "d", 40, 0, 0, 2, 2)]
    neuron = Morphology.from_points(points, spherical_soma=False)
    assert isinstance(neuron, Section)
    np.testing.assert_allclose(neuron.area / um**2, [np.pi * 20 * 20])
    np.testing.assert_allclose(neuron.d.start_diameter / um, [20])


def test_more_than_one_soma_is_worth_a_warning(caplog):
    points = [(1, "soma", 0, 0, 0, 20, -1), (2, "soma", 20, 0, 0, 20, 1)]
    with caplog.at_level("WARNING"):
        assert Morphology.from_points(points).total_sections == 2
    assert "2 points are somata" in caplog.text


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ([], "There are no points"),
        ([(1, "d", 0, 0, 0, -1)], "has 6 values"),
        ([(1, "d", 0, 0, 0, 1, 7)], "must have the parent -1"),
        ([(1, "d", 0, 0, 0, 1, -1)], "has one point only"),
        ([(1, "d", 0, 0, 0, 1, -1), (1, "d", 0, 0, 0, 1, 1)], "Two points have the number 1"),
        ([(1, "d", 0, 0, 0, 1, -1), (2, "d", 0, 0, 0, 1, 2)], "follows on point 2"),
        ([(1, "d", 0, 0, 0, 1, -1), (2, "d", 0, 0, 0, 1, -1)], "follows on point -1"),
    ],
)
def test_points_that_are_no_tree(points, text):
    with pytest.raises(ModelValueError, match=text):
        Morphology.from_points(points)


def test_a_chain_may_be_long():
    points = [(1, "soma", 0, 0, 0, 10, -1)]
    points += [(k, "axon", 10 * k, 0, 0, 1, k - 1) for k in range(2, 5001)]
    assert Morphology.from_points(points).axon.n == 4999


SWC = """# made by hand
 1 1 5 0 0 15 -1
 2 2 25 0 0 1 1

 3 2 45 0 0 1 2
 4 2 65 0 0 0.5 3
 5 2 45 10 0 0.5 3
 6 3 5 20 0 2 1
 7 3 5 -20 0 1.5 1
"""


def test_a_file_gives_the_tree_of_its_points(tmp_path):
    path = tmp_path / "neuron.swc"
    path.write_text(SWC)
    read, made = Morphology.from_file(path), Morphology.from_points(NEURON)
    assert str(read.topology()) == str(made.topology())
    for one, other in zip(read.sections(), made.sections(), strict=True):
        np.testing.assert_allclose(one.coordinates, other.coordinates)
        np.testing.assert_allclose(one.area, other.area)


def test_files_that_cannot_be_read(tmp_path):
    path = tmp_path / "neuron.swc"
    path.write_text("1 1 0 0 0 5 -1\n2 3 10 0 0 1\n")
    with pytest.raises(ModelValueError, match="Line 2 is '2 3 10 0 0 1'"):
        Morphology.from_swc_file(path)
    with pytest.raises(UnsupportedError, match="files in the SWC format"):
        Morphology.from_file(tmp_path / "neuron.hoc")
