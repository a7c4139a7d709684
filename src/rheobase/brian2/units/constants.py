"""`brian2.units.constants`: see rheobase.units.constants."""

from rheobase.units.constants import *  # noqa: F403
from rheobase.units.constants import __all__ as __all__
