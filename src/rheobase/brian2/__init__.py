"""The drop-in module: a Brian 2 script runs when it imports this in place of `brian2`.

    from rheobase.brian2 import *

brings what `from brian2 import *` brings: all names of rheobase, their legacy names, and those of
pylab (of numpy, if matplotlib is not installed), where numpy's functions are replaced by ones that
mind units. `np` and `numpy` are `rheobase.brian2.numpy_`. Without pylab: `rheobase.brian2.only`.
Packages of Brian 2 are among the names, too: `codegen.target = 'numpy'` was once written so.
After `rheobase.brian2.install()`, `import brian2` means this module in the whole process.

>>> from rheobase.brian2 import *
>>> np.diff([1, 3]*mV)
array([2.]) * mvolt
"""

# star imports over each other, in the order that counts
# pyright: reportWildcardImportFromLibrary=false, reportGeneralTypeIssues=false

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import rheobase
from rheobase.brian2 import numpy_, only
from rheobase.brian2.earlier_numpy import EARLIER
from rheobase.brian2.imports import install as install
from rheobase.brian2.submodules import SUBMODULES, submodule
from rheobase.runtime.random import follow_numpy
from rheobase.topics import BRIAN, call_root
from rheobase.units import unitsafe

__version__ = rheobase.__version__
np = numpy_
numpy = numpy_

_NUMPY = ("numpy", "numpy.fft", "numpy.random", "numpy.linalg")
_BUILTIN = ("abs", "bool", "bytes", "input", "max", "min", "pow", "round")  # Python's own ones stay
_found: dict[str, Any] = {}


def _public(module: str) -> dict[str, Any]:
    """What a star import of a module brings."""
    found = importlib.import_module(module)
    names: list[str] = getattr(found, "__all__", None) or [n for n in vars(found) if n[0] != "_"]
    return {n: getattr(found, n) for n in names}


def _pylab() -> dict[str, Any]:
    """The names of pylab, or without matplotlib those of numpy that it would bring."""
    try:
        names = _public("pylab")
    except ImportError:
        names: dict[str, Any] = {}
        for module in _NUMPY:
            names |= _public(module)
    return {n: x for n, x in names.items() if n not in _BUILTIN and n[0] != "_"}


def _names() -> dict[str, Any]:
    """pylab's names as this module gives them; imported when one is first wanted (0.3 s)."""
    if not _found:
        _found.update(_pylab())
        _found.update(EARLIER)
        _found.update({name: getattr(unitsafe, name) for name in unitsafe.__all__})
        packages = {name for name in SUBMODULES if "." not in name}.difference(_BUILTIN)
        _found.update({name: submodule(name) for name in packages})
        _found.update(np=numpy_, numpy=numpy_)
    return _found


if TYPE_CHECKING:
    from matplotlib.pylab import *  # noqa: F403

    from rheobase.brian2.only import *  # noqa: F403
    from rheobase.units.unitsafe import *  # noqa: F403
else:

    def __getattr__(name: str) -> Any:
        if not name.startswith("__") or name == "__all__":
            call_root(BRIAN)  # the script knows loggers by names such as brian2.core.magic
            follow_numpy()  # and may seed by np.random.seed
        if name in only.__all__:
            return getattr(only, name)
        if name == "__all__":
            return sorted({*_names(), *only.__all__})
        if name in SUBMODULES:
            return submodule(name)
        if not name.startswith("_") and name in _names():
            return _names()[name]
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(only), *_names()})
