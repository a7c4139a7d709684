"""Dimensions and units of LEMS: those of the NeuroML core where they exist, own ones elsewhere.

Source: NeuroML2CoreTypes/NeuroMLCoreDimensions.xml of NeuroML 2.3.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, SubElement

from rheobase.errors import Fault, UnsupportedError, raise_faults
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["Dimensions", "number"]

# powers of m, kg, s, A, K, mol, cd -> name and unit of SI
_CORE: Final[dict[tuple[int, ...], tuple[str, str]]] = {
    (0, 0, 1, 0, 0, 0, 0): ("time", "s"),
    (0, 0, -1, 0, 0, 0, 0): ("per_time", "per_s"),
    (2, 1, -3, -1, 0, 0, 0): ("voltage", "V"),
    (-2, -1, 3, 1, 0, 0, 0): ("per_voltage", "per_V"),
    (-2, -1, 3, 2, 0, 0, 0): ("conductance", "S"),
    (-4, -1, 3, 2, 0, 0, 0): ("conductanceDensity", "S_per_m2"),
    (-2, -1, 4, 2, 0, 0, 0): ("capacitance", "F"),
    (-4, -1, 4, 2, 0, 0, 0): ("specificCapacitance", "F_per_m2"),
    (2, 1, -3, -2, 0, 0, 0): ("resistance", "ohm"),
    (0, 0, 1, 1, 0, 0, 0): ("charge", "C"),
    (0, 0, 0, 1, 0, 0, 0): ("current", "A"),
    (-2, 0, 0, 1, 0, 0, 0): ("currentDensity", "A_per_m2"),
    (1, 0, 0, 0, 0, 0, 0): ("length", "m"),
    (2, 0, 0, 0, 0, 0, 0): ("area", "m2"),
    (3, 0, 0, 0, 0, 0, 0): ("volume", "m3"),
    (-3, 0, 0, 0, 0, 1, 0): ("concentration", "mol_per_m3"),
    (0, 0, 0, 0, 0, 1, 0): ("substance", "mol"),
    (1, 0, -1, 0, 0, 0, 0): ("permeability", "m_per_s"),
    (0, 0, 0, 0, 1, 0, 0): ("temperature", "K"),
    (-4, -2, 6, 3, 0, 0, 0): ("conductance_per_voltage", "S_per_V"),
}
_LETTERS: Final = "lmtiknj"  # the attributes of <Dimension> for these powers


class Dimensions:
    """The names that a file uses, and the elements that define those that NeuroML does not have."""

    def __init__(self) -> None:
        self._own: dict[Dimension, tuple[str, str]] = {}

    def name(self, dim: Dimension) -> str:
        """The name of a dimension: 'voltage', 'none'."""
        return self._known(dim)[0]

    def quantity(self, value: float, dim: Dimension) -> str:
        """A value in SI with its unit: '0.01 V', '3'."""
        unit = self._known(dim)[1]
        return f"{number(value)} {unit}" if unit else number(value)

    def define(self, lems: Element) -> None:
        """Add the definitions of own dimensions and units."""
        for dim, (name, unit) in self._own.items():
            powers = {letter: str(int(e)) for letter, e in zip(_LETTERS, dim.exponents) if e}
            SubElement(lems, "Dimension", {"name": name, **powers})
            SubElement(lems, "Unit", symbol=unit, dimension=name, power="0")

    def _known(self, dim: Dimension) -> tuple[str, str]:
        if dim is DIMENSIONLESS:
            return "none", ""
        if any(e != int(e) for e in dim.exponents):
            message = f"LEMS has whole powers of units only, and no '{dim}'."
            raise_faults([Fault(UnsupportedError, message)], "LEMS")
        powers = tuple(int(e) for e in dim.exponents)
        if powers in _CORE:
            return _CORE[powers]
        text = "_".join(
            f"{letter}{e}".replace("-", "m") for letter, e in zip(_LETTERS, powers) if e
        )
        return self._own.setdefault(dim, (f"dimension_{text}", f"unit_{text}"))


def number(value: float) -> str:
    """A number as all programs read it: '0.01', '1e-12'."""
    return (
        repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    )
