"""The modules inside Brian 2's package that scripts import public names from.

Those that exist here are ours (`rheobase.brian2.units`). Any other has the public names of the
whole package, and those of `rheobase.brian2.inner`: where a name stands there is of no concern.

>>> from rheobase.brian2.submodules import submodule
>>> submodule("core.network").Network.__module__
'rheobase.network'
"""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Any, Final

__all__ = ["SUBMODULES", "submodule"]

_OURS: Final = "rheobase.brian2"
_PACKAGES = {  # of Brian 2 2.9, with the modules that scripts import public names from
    "codegen": "cpp_prefs",
    "codegen.runtime": "",
    "codegen.runtime.cython_rt": "cython_rt extension_manager",
    "core": "base clocks functions magic names namespace network operations preferences "
    "spikesource tracking variables",
    "devices": "cpp_standalone device device_module",
    "devices.cpp_standalone": "device",
    "equations": "codestrings equations",
    "groups": "group neurongroup subgroup",
    "importexport": "importexport",
    "input": "binomial poissongroup poissoninput spikegeneratorgroup timedarray",
    "monitors": "ratemonitor spikemonitor statemonitor",
    "numpy_": "",
    "only": "",
    "parsing": "sympytools",
    "spatialneuron": "morphology spatialneuron",
    "stateupdaters": "GSL base exact explicit exponential_euler",
    "synapses": "synapses",
    "units": "allunits constants fundamentalunits stdunits unitsafefunctions",
    "utils": "logger stringtools",
}
SUBMODULES: Final = {*_PACKAGES, *(f"{p}.{m}" for p, ms in _PACKAGES.items() for m in ms.split())}
_WRITTEN = ("numpy_", "only", "units", "units.allunits", "units.constants", "units.stdunits")
_PLACES = (
    _OURS,
    "rheobase.units",
    "rheobase.units.dimensions",
    "rheobase.units.quantity",
    f"{_OURS}.inner",
    f"{_OURS}.symbolic",  # imports sympy, so it comes last
)


class _Names(ModuleType):
    """A module that exists nowhere: it has the public names of the whole package."""

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return importlib.import_module(f"{_OURS}.only").__all__
        below = f"{self.__name__.removeprefix('brian2.')}.{name}"
        if below in SUBMODULES:
            return submodule(below)
        for place in () if name.startswith("__") else _PLACES:
            module = importlib.import_module(place)
            if hasattr(module, name):
                return getattr(module, name)
        functions = importlib.import_module(_OURS).DEFAULT_FUNCTIONS
        if name in functions:
            return functions[name]
        raise AttributeError(
            f"'{self.__name__}' has no '{name}' here: rheobase has no public object of this name"
        )


@cache
def submodule(name: str) -> ModuleType:
    """The one of SUBMODULES that has this name, which is without 'brian2.' in front."""
    if name in _WRITTEN:
        return importlib.import_module(f"{_OURS}.{name}")
    return _Names(f"brian2.{name}")
