"""Models in the formats of other programs. Each needs the package of its format, as an extra.

NIR       from_nir, to_nir                                     (extra `nir`)
"""

from rheobase.exchange.nir_export import to_nir
from rheobase.exchange.nir_import import from_nir

__all__ = ["from_nir", "to_nir"]
