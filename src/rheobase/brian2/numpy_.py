"""numpy, with the functions that mind units in place of numpy's own, and names of earlier versions.

>>> import rheobase.brian2.numpy_ as np
>>> from rheobase import mV
>>> np.linspace(0*mV, 2*mV, 3)
array([0., 1., 2.]) * mvolt
>>> np.ones(2).sum().item()
2.0
"""

# star imports over each other, in the order that counts
# pyright: reportWildcardImportFromLibrary=false, reportGeneralTypeIssues=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from rheobase.brian2.earlier_numpy import EARLIER
from rheobase.units import unitsafe

if TYPE_CHECKING:
    from numpy import *  # noqa: F403

    from rheobase.units.unitsafe import *  # noqa: F403
else:
    __all__ = sorted({*numpy.__all__, *EARLIER, *unitsafe.__all__})
    globals().update(EARLIER)
    globals().update({name: getattr(unitsafe, name) for name in unitsafe.__all__})


def __getattr__(name: str) -> Any:
    """A name of numpy: looked up there, so that what numpy makes when needed is found too."""
    return getattr(numpy, name)


def __dir__() -> list[str]:
    return sorted({*dir(numpy), *EARLIER, *unitsafe.__all__})
