"""`import brian2` made to mean rheobase, for scripts that stay as they are.

A finder answers for `brian2` and for its public modules. Those that exist here (`brian2.only`,
`brian2.numpy_`, `brian2.units` ...) are ours; any other has every public name, wherever that name
stands here, so that `from brian2.core.network import Network` finds it. The same goes for
brian2tools, as far as its names exist here (`rheobase.brian2tools`).

>>> from rheobase.brian2.imports import redirected
>>> with redirected():
...     from brian2.core.network import Network
>>> Network.__module__
'rheobase.network'
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["Redirection", "redirected"]

_THEIRS, _OURS = "brian2", "rheobase.brian2"
_TOOLS = "brian2tools"
_PACKAGES = {  # of Brian 2 2.9, with the modules that scripts import public names from
    "codegen": "",
    "core": "base clocks functions magic names namespace network operations preferences "
    "spikesource tracking variables",
    "devices": "cpp_standalone device",
    "equations": "codestrings equations",
    "groups": "group neurongroup subgroup",
    "importexport": "importexport",
    "input": "binomial poissongroup poissoninput spikegeneratorgroup timedarray",
    "monitors": "ratemonitor spikemonitor statemonitor",
    "numpy_": "",
    "only": "",
    "spatialneuron": "morphology spatialneuron",
    "stateupdaters": "GSL base exact explicit exponential_euler",
    "synapses": "synapses",
    "units": "allunits constants fundamentalunits stdunits unitsafefunctions",
    "utils": "logger stringtools",
}
_PUBLIC_MODULES = {f"{p}.{m}" for p, modules in _PACKAGES.items() for m in modules.split()}
_PLACES = (_OURS, "rheobase.units", "rheobase.units.dimensions", "rheobase.units.quantity")


class _Names(ModuleType):
    """A module that exists nowhere: it has the public names of the whole package."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            for place in _PLACES:
                module = importlib.import_module(place)
                if hasattr(module, name):
                    return getattr(module, name)
        raise AttributeError(
            f"'{self.__name__}' has no '{name}' here: rheobase has no public object of this name"
        )


class _Loader(Loader):
    """Gives a module of ours under its other name; the module itself stays as it is."""

    def __init__(self) -> None:
        self._own: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        ours = _OURS + spec.name.removeprefix(_THEIRS)
        try:
            module = importlib.import_module(ours)
            self._own = module.__spec__
            return module
        except ModuleNotFoundError as error:
            if error.name is None or not ours.startswith(error.name):
                raise
            return _Names(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """The module is complete; what the import system has written into it is undone."""
        module.__spec__ = self._own


class Redirection(MetaPathFinder):
    """Finds `brian2` and what is below it; stands first in sys.meta_path."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, below = fullname.partition(".")
        if package == _TOOLS and _exists(_OURS + fullname.removeprefix(_THEIRS)):
            return importlib.util.spec_from_loader(fullname, _Loader(), is_package=True)
        if package != _THEIRS or (below and below not in {*_PACKAGES, *_PUBLIC_MODULES}):
            return None
        return importlib.util.spec_from_loader(fullname, _Loader(), is_package=True)


@contextmanager
def redirected() -> Generator[None]:
    """Within it, `import brian2` imports rheobase, also where Brian 2 is installed."""
    before = {name: module for name, module in sys.modules.items() if _is_theirs(name)}
    _forget()
    finder = Redirection()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _forget()
        sys.modules.update(before)


def _is_theirs(name: str) -> bool:
    return name.partition(".")[0] in (_THEIRS, _TOOLS)


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # not even what is above it
        return False


def _forget() -> None:
    for name in [name for name in sys.modules if _is_theirs(name)]:
        del sys.modules[name]
