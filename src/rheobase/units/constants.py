"""Physical constants (CODATA 2014, the values of Brian 2, so that models give equal numbers).

>>> from rheobase.units.constants import faraday_constant, gas_constant, zero_celsius
>>> (gas_constant * (zero_celsius + 0 * zero_celsius) / faraday_constant).in_best_unit(precision=3)
'23.538 mV'
"""

from __future__ import annotations

import math
from typing import Final

from rheobase.units.dimensions import DERIVED, Dimension
from rheobase.units.quantity import Quantity

__all__ = [
    "avogadro_constant",
    "boltzmann_constant",
    "electric_constant",
    "electron_mass",
    "elementary_charge",
    "faraday_constant",
    "gas_constant",
    "magnetic_constant",
    "molar_mass_constant",
    "zero_celsius",
]

_METRE: Final = Dimension((1, 0, 0, 0, 0, 0, 0))
_KILOGRAM: Final = Dimension((0, 1, 0, 0, 0, 0, 0))
_KELVIN: Final = Dimension((0, 0, 0, 0, 1, 0, 0))
_MOLE: Final = Dimension((0, 0, 0, 0, 0, 1, 0))


def _derived(name: str) -> Dimension:
    return DERIVED[name][1]


avogadro_constant: Final = Quantity(6.022140857e23, _MOLE**-1)
boltzmann_constant: Final = Quantity(1.38064852e-23, _derived("joule") / _KELVIN)
electric_constant: Final = Quantity(8.854187817e-12, _derived("farad") / _METRE)
electron_mass: Final = Quantity(9.10938356e-31, _KILOGRAM)
elementary_charge: Final = Quantity(1.6021766208e-19, _derived("coulomb"))
faraday_constant: Final = Quantity(96485.33289, _derived("coulomb") / _MOLE)
gas_constant: Final = Quantity(8.3144598, _derived("joule") / _KELVIN / _MOLE)
magnetic_constant: Final = Quantity(4e-7 * math.pi, _derived("henry") / _METRE)
molar_mass_constant: Final = Quantity(1e-3, _KILOGRAM / _MOLE)
zero_celsius: Final = Quantity(273.15, _KELVIN)
