"""Shapes of cells from NeuroML files, against SWC files of the same cell and closed forms."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rheobase as rb
from rheobase import Morphology, Soma, SpatialNeuron, um
from rheobase.exchange import morphology_from_neuroml

neuroml = pytest.importorskip("neuroml")
from neuroml import writers  # noqa: E402

# id, name, parent (or None), fraction, proximal, distal: x, y, z, diameter
CELL = [
    (0, "soma", None, 1, (0, 0, 0, 20), (0, 0, 0, 20)),
    (1, "dend a", 0, 1, (0, 0, 0, 3), (0, 30, 0, 3)),
    (2, "dend b", 1, 1, None, (0, 60, 10, 2)),
    (3, "dend c", 2, 1, None, (20, 90, 0, 1)),
    (4, "dend d", 2, 1, None, (-20, 90, 0, 1)),
    (5, "axon", 0, 1, (0, 0, 0, 1), (0, -100, 0, 1)),
    (6, "axon 2", 5, 1, None, (0, -200, 0, 0.5)),
]
SWC = """1 1 0 0 0 10 -1
2 3 0 30 0 1.5 1
3 3 0 60 10 1 2
4 3 20 90 0 0.5 3
5 3 -20 90 0 0.5 3
6 2 0 -100 0 0.5 1
7 2 0 -200 0 0.25 6
"""


def write(path: Path, rows: list[Any], groups: dict[str, Any] | None = None) -> Path:
    morphology = neuroml.Morphology(id="m")
    for k, name, parent, fraction, start, end in rows:
        points = [
            None if p is None else neuroml.Point3DWithDiam(x=p[0], y=p[1], z=p[2], diameter=p[3])
            for p in (start, end)
        ]
        above = None
        if parent is not None:
            above = neuroml.SegmentParent(segments=parent, fraction_along=fraction)
        morphology.segments.append(
            neuroml.Segment(id=k, name=name, parent=above, proximal=points[0], distal=points[1])
        )
    for name, (members, includes) in (groups or {}).items():
        group = neuroml.SegmentGroup(id=name)
        group.members = [neuroml.Member(segments=k) for k in members]
        group.includes = [neuroml.Include(segment_groups=g) for g in includes]
        morphology.segment_groups.append(group)
    document = neuroml.NeuroMLDocument(id="doc")
    document.cells.append(neuroml.Cell(id="cell", morphology=morphology))
    writers.NeuroMLWriter.write(document, str(path))
    return path


def test_a_cell_is_the_same_as_from_swc(tmp_path: Path) -> None:
    (tmp_path / "cell.swc").write_text(SWC)
    theirs = Morphology.from_swc_file(tmp_path / "cell.swc")
    mine = morphology_from_neuroml(write(tmp_path / "cell.nml", CELL)).morphology
    assert str(mine.topology()) == str(theirs.topology())
    for a, b in zip(mine.sections(), theirs.sections(), strict=True):
        assert a.type == b.type
        for measure in ("length", "diameter", "area", "volume", "distance"):
            np.testing.assert_allclose(getattr(a, measure), getattr(b, measure), rtol=1e-12)
        np.testing.assert_allclose(a.compartments.start, b.compartments.start, atol=1e-18)
        np.testing.assert_allclose(a.compartments.end, b.compartments.end, atol=1e-18)


def test_measures_are_those_of_truncated_cones(tmp_path: Path) -> None:
    """Surface pi (r1 + r2) s with the slant s, volume pi L (r1^2 + r1 r2 + r2^2)/3."""
    cell = morphology_from_neuroml(write(tmp_path / "cell.nml", CELL))
    end = cell.morphology.axon
    r, length = np.array([0.5, 0.5, 0.25]), np.array([100.0, 100.0])
    slant = np.hypot(length, np.diff(r))
    np.testing.assert_allclose(end.area / um**2, np.pi * (r[:-1] + r[1:]) * slant)
    volume = np.pi * length * (r[:-1] ** 2 + r[:-1] * r[1:] + r[1:] ** 2) / 3
    np.testing.assert_allclose(end.volume / um**3, volume)
    theirs = neuroml.loaders.read_neuroml2_file(str(tmp_path / "cell.nml")).cells[0]
    surface = sum(theirs.get_segment_surface_area(k) for k in range(1, 7))
    mine = sum(float(np.sum(s.area)) for s in cell.morphology.sections()) / 1e-12 - np.pi * 400
    assert mine == pytest.approx(surface, rel=1e-9)


def test_segments_and_groups_name_compartments_of_spatial_neurons(tmp_path: Path) -> None:
    groups = {
        "soma_group": ([0], []),
        "apical_dendrite": ([1, 2, 3, 4], []),
        "axon_group": ([5, 6], []),
        "tips": ([3, 4, 6], []),
        "all": ([], ["soma_group", "apical_dendrite", "axon_group"]),
    }
    cell = morphology_from_neuroml(write(tmp_path / "cell.nml", CELL, groups))
    neuron = SpatialNeuron(cell.morphology, "Im = 0*amp/metre**2 : amp/metre**2")
    assert cell.groups["all"].tolist() == list(range(7))
    assert len(cell.groups["tips"]) == 3
    length = np.asarray(neuron.length / um)
    assert length[cell.groups["axon_group"]] == pytest.approx([100, 100])
    assert length[cell.segments[2]] == pytest.approx(np.hypot(30, 10))
    assert [s.type for s in cell.morphology.sections()] == ["soma", "dend", "dend", "dend", "axon"]


def test_what_is_attached_within_a_segment_divides_it(tmp_path: Path) -> None:
    rows = [
        (0, "soma", None, 1, (0, 0, 0, 20), (0, 0, 0, 20)),
        (1, "dend", 0, 1, (10, 0, 0, 4), (110, 0, 0, 2)),
        (2, "dend twig", 1, 0.25, None, (35, 40, 0, 1)),
        (3, "dend base", 1, 0, (10, 0, 0, 1), (10, -50, 0, 1)),
    ]
    cell = morphology_from_neuroml(write(tmp_path / "cell.nml", rows))
    dend = cell.morphology.dend
    assert dend.length / um == pytest.approx([25])
    assert sorted(len(k) for k in cell.segments.values()) == [1, 1, 1, 2]
    assert [float(np.sum(c.length) / um) for c in dend.children] == pytest.approx(
        [75, np.hypot(0, 40)]
    )
    assert len(cell.morphology.children) == 2  # what begins at the beginning is beside it
    whole = sum(float(np.sum(s.length)) for s in cell.morphology.dend.sections()) / 1e-6
    assert whole == pytest.approx(25 + 75 + 40)
    first = dend.shape.diameters / 1e-6
    assert first == pytest.approx([4, 3.5])


def test_a_root_as_long_as_wide_is_a_sphere_of_its_surface(tmp_path: Path) -> None:
    rows = [
        (0, "soma", None, 1, (0, 0, 0, 20), (20, 0, 0, 20)),
        (1, "dend", 0, 0.5, (10, 10, 0, 2), (10, 60, 0, 2)),
    ]
    path = write(tmp_path / "cell.nml", rows)
    sphere = morphology_from_neuroml(path).morphology
    assert isinstance(sphere, Soma)
    assert sphere.area / um**2 == pytest.approx(np.pi * 20 * 20)
    np.testing.assert_allclose(sphere.dend.compartments.start[0] / 1e-6, [10, 10, 0], atol=1e-9)
    cylinder = morphology_from_neuroml(path, spherical_soma=False).morphology
    assert cylinder.n == 1
    assert cylinder.total_compartments == 3
    assert sum(float(np.sum(s.area)) for s in cylinder.sections()) == pytest.approx(
        sum(float(np.sum(s.area)) for s in sphere.sections())
    )


def test_a_segment_at_the_beginning_of_the_root_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [
        (0, "soma", None, 1, (0, 0, 0, 10), (30, 0, 0, 10)),
        (1, "dend", 0, 0, (0, 0, 0, 2), (-50, 0, 0, 2)),
    ]
    with caplog.at_level(logging.WARNING):
        cell = morphology_from_neuroml(write(tmp_path / "cell.nml", rows))
    assert "Segment 1 is attached to the beginning of the root" in caplog.text
    assert cell.morphology.dend.length / um == pytest.approx([50])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*CELL, (7, "x", 9, 1, None, (1, 1, 1, 1))], "segment 9, which is not there"),
        ([*CELL, (7, "x", None, 1, (0, 0, 0, 1), (1, 1, 1, 1))], "here are 2"),
        ([*CELL, (7, "x", 6, 1, None, (0, -200, 0, 1))], "Segment 7 has no length"),
    ],
)
def test_segments_that_are_no_tree_are_refused(
    rows: list[Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(rb.ModelValueError, match=message):
        morphology_from_neuroml(write(tmp_path / "cell.nml", rows))


def test_a_cell_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(rb.ModelValueError, match="has no cell 'Cell'; there are: 'cell'"):
        morphology_from_neuroml(write(tmp_path / "cell.nml", CELL), cell="Cell")
