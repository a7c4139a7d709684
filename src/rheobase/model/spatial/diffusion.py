"""The potential of all compartments after a step, with the currents between them.

Backward Euler: for each node k with the neighbours j,

    area (Cm / dt + G) v' - sum_j g_j (v'_j - v') = area (Cm / dt v + I)      Im = I - G v

The matrix is that of a tree. Going from the tips to the root, each node is eliminated from the
equation of its parent; going back, each gets its value: two divisions a node, and no fill-in.
Source: Hines 1984, Int. J. Biomed. Comput. 15:69-76. Not the diagonal is kept of a row but its sum,
the leak: eliminating a node adds its leak, in series with the way to it, to that of its parent.
So nothing is subtracted, and axial conductances may exceed those of the membrane by any factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.ir.builder import Element
from rheobase.ir.domains import Elementwise, Index, Part
from rheobase.ir.dtypes import F64, I32
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Expr
from rheobase.lang.parse import parse_statements
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.code import Block, Runner
from rheobase.model.group import Group, new_part
from rheobase.model.spatial.cable import Cable
from rheobase.model.variables import Meaning

__all__ = ["Diffusion"]

_MEMBRANE = """
_leak = area * (Cm / dt + {conductance})
_right = area * (Cm / dt * v + {current})
"""
_BRANCH_POINT = """
_leak = 0
_right = 0
"""
_ELIMINATE = """
_share = _axial / Ri / (_leak + _axial / Ri)
_leak_above += _share * _leak
_right_above += _share * _right
"""
_ROOT = """
_potential = _right / _leak
"""
_RETURN = """
_potential = (_right + _axial / Ri * _potential_above) / (_leak + _axial / Ri)
"""
_TAKE = """
Ic = Cm * (_potential - v) / dt
v = _potential
"""


class Diffusion(Runner):
    """Takes the potential of a spatial neuron through each step.

    slope, rest   the membrane current is slope * v + rest
    """

    def __init__(self, owner: Group, cable: Cable, slope: Expr, rest: Expr) -> None:
        super().__init__(
            owner,
            f"{owner.name}_diffusion",
            self._make_blocks,
            when="groups",
            order=owner.order + 1,
            clock=owner.clock,
        )
        self._group = owner
        self._slope, self._rest = slope, rest
        m = len(cable.order)
        self._below_root = new_part(0, m - 1)
        self._branch_points = new_part(cable.n, m - cable.n)
        self._own = {
            "_leak": Slot("leak", F64, m),
            "_right": Slot("right", F64, m),
            "_potential": Slot("potential", F64, m),
        }
        self._axial = _slot("axial", cable.axial)
        self._up = self._chain(cable.order[:0:-1], cable)
        self._down = self._chain(cable.order[1:], cable)
        self._blocks_made: tuple[Block, ...] = ()

    def _chain(self, order: NDArray[np.int32], cable: Cable) -> tuple[Element, Element]:
        """The nodes in an order, and the parents of them."""
        nodes, parents = Slot("node", I32, len(order)), Slot("parent", I32, len(order))
        nodes.data[:], parents.data[:] = order, cable.parents[order]
        return Element(nodes, Index.OWN), Element(parents, Index.OWN)

    def _local(self, index: Any = Index.OWN, above: Element | None = None) -> dict[str, Meaning]:
        slots = {**self._own, "_axial": self._axial}
        local = {name: _meaning(name, slot, index) for name, slot in slots.items()}
        if above is not None:
            local |= {f"{n}_above": _meaning(f"{n}_above", s, above) for n, s in self._own.items()}
        return local

    def _make_blocks(self) -> Sequence[Block]:
        if not self._blocks_made:
            self._blocks_made = tuple(self._written())
        return self._blocks_made

    def _written(self) -> Sequence[Block]:
        compartments, below_root = self._group._part, self._below_root
        membrane = _MEMBRANE.format(conductance=f"-({self._slope})", current=f"({self._rest})")
        own, up, down = self._local(), self._local(*self._up), self._local(*self._down)
        written = (
            ("membrane", compartments, membrane, own),
            ("branch points", self._branch_points, _BRANCH_POINT, own),
            ("tips to root", below_root, _ELIMINATE, up),
            ("root", new_part(0, 1), _ROOT, own),
            ("root to tips", below_root, _RETURN, down),
            ("potential", compartments, _TAKE, own),
        )
        return [self._block(*w) for w in written if w[1].size.data[0]]

    def _block(self, name: str, part: Part, code: str, local: dict[str, Meaning]) -> Block:
        name, statements = f"{self._group.name} {name}", parse_statements(code)
        domain = Elementwise(part)
        return Block(name, domain, statements, scatters=True, local=local, checked=True)


def _meaning(name: str, slot: Slot, index: Any) -> Meaning:
    return Meaning(Symbol(name, Type.FLOAT), Element(slot, index))


def _slot(name: str, values: NDArray[np.float64]) -> Slot:
    slot = Slot(name, F64, len(values))
    slot.data[:] = values
    return slot
