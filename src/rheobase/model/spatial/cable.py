"""A tree of sections as a network of nodes with axial resistances between them.

Each compartment is a node, with the number that it has in the tree. Where two or more sections
leave a section, its far end is one more node: it has no membrane, and so no capacitance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault, ModelValueError, raise_faults
from rheobase.morphology import Morphology
from rheobase.records import record

__all__ = ["Cable", "cable"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

NO_WAY = np.full(1, np.inf)  # between two nodes that are one


@record
class Cable:
    """n compartments, then the branch points: m nodes in all.

    order    (m,)  the nodes, each after its parent
    parents  (m,)  the next node on the way to the root; the root is its own
    axial    (m,)  m; divided by Ri, the conductance between a node and its parent; 0 for the root
    """

    n: int
    order: Ints
    parents: Ints
    axial: Floats


def cable(tree: Morphology, label: str) -> Cable:
    """The nodes of a tree. Raises ModelValueError for compartments without length or area."""
    n = tree.total_compartments
    order: list[int] = []
    parents, axial = [0], [0.0]
    extra_parents: list[int] = []
    extra_axial: list[float] = []
    ends = {id(tree): (0, NO_WAY)}  # where the children of a section start, and the way to there
    for section, measured in tree.measured():
        first = 0 if section is tree else len(parents)
        last = first + section.n - 1
        if section.parent is not None:
            above, half = ends[id(section.parent)]
            parents.append(above)
            axial += _in_series(half, measured.r_length_1[:1])
        parents += range(first, last)
        axial += _in_series(measured.r_length_2[:-1], measured.r_length_1[1:])
        order += range(first, last + 1)
        ends[id(section)] = last, measured.r_length_2[-1:]
        if len(section.children) > 1:
            branch = n + len(extra_parents)
            extra_parents.append(last)
            extra_axial.append(float(measured.r_length_2[-1]))
            order.append(branch)
            ends[id(section)] = branch, NO_WAY
        _check(measured.area, section, label)
    up, along = np.array(parents + extra_parents), np.array(axial + extra_axial)
    return Cable(n, np.array(order, np.int32), up.astype(np.int32), along)


def _in_series(one: Floats, other: Floats) -> list[float]:
    """One conductance after the other: infinite ones are no obstacle, zeros let nothing through."""
    with np.errstate(divide="ignore"):
        return (1 / (1 / one + 1 / other)).tolist()


def _check(area: Floats, section: Morphology, label: str) -> None:
    if not np.all(area > 0) or not np.all(section.shape.lengths > 0):
        message = (
            f"{section!r} has compartments without length or membrane: they have no potential."
        )
        raise_faults([Fault(ModelValueError, message)], label)
