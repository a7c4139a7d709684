"""Variables of synapses and their neurons, as code reaches them that goes over some synapses.

Code of synapses normally runs row by row, and the loop knows both neurons. A monitor runs over a
list of synapses: there, the neurons' numbers are read from two arrays with an entry for each
synapse, and the neurons' variables are linked through them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Fault
from rheobase.ir.builder import Alias, Binding, Element, Position
from rheobase.ir.domains import Index
from rheobase.ir.dtypes import I32
from rheobase.ir.slots import Slot
from rheobase.lang.nodes import Binary, Name
from rheobase.model.listings import rearranged
from rheobase.model.synapses import Synapses
from rheobase.model.variables import Meaning

__all__ = ["SynapseReach"]


class SynapseReach:
    """The meaning of names for single synapses.

    synapses   whose names
    """

    def __init__(self, synapses: Synapses) -> None:
        self.synapses = synapses
        self._sources = Slot("sources", I32, 0)
        self._needs_sources = False

    def meaning(
        self, name: str, namespace: Mapping[str, Any]
    ) -> Meaning | Fault | Sequence[Fault] | None:
        """What a name of the synapses' code means, where 'own' is the synapse."""
        found = self.synapses._meaning(name, namespace)
        if not isinstance(found, Meaning):
            return found
        return replace(found, binding=self._linked(found.binding))

    def fill(self) -> None:
        """Before a run: the numbers of the source neurons, if anything needs them."""
        if self._needs_sources:
            first = np.int32(self.synapses.source._part.first.data[0])
            self._sources.assign(self.synapses._connections.sources() + first)

    def entries_moved(self, moved: NDArray[np.int64], n: int) -> None:
        """During a run: what was entry e of the synapses is moved[e] of n, or no more (-1)."""
        if self._needs_sources:
            self._sources.assign(rearranged(self._sources.data, moved, n))

    def _linked(self, binding: Binding) -> Binding:
        match binding:
            case Element(index=Index.PRE | Index.POST as side):
                return Element(binding.slot, self._number(side), binding.weak)
            case Element(index=Element() as link):
                reached = self._linked(link)
                assert isinstance(reached, Element)
                return replace(binding, index=reached, guard=None)
            case Position(which="pre" | "post" as which, offset=offset):
                number = self._number(Index(which))
                if offset is None:
                    return number
                first = Element(offset, Index.SHARED)
                less = Binary("-", Name("_number"), Name("_first"))
                return Alias(less, {"_number": number, "_first": first})
            case Alias(bindings=bindings):
                return replace(binding, bindings={n: self._linked(b) for n, b in bindings.items()})
            case _:
                return binding

    def _number(self, side: Index) -> Element:
        """The neuron of the synapse on this side, numbered as in the slots of its group."""
        if side is Index.POST:
            return Element(self.synapses._connections.targets, Index.OWN)
        self._needs_sources = True
        return Element(self._sources, Index.OWN)
