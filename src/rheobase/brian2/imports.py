"""`import brian2` made to mean rheobase, for scripts and packages that stay as they are.

A finder answers for `brian2` and for its public modules (`submodules.py`). The same goes for
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

from rheobase.brian2.submodules import SUBMODULES, submodule

__all__ = ["Redirection", "install", "redirected"]

_THEIRS, _TOOLS = "brian2", "brian2tools"


class _Loader(Loader):
    """Gives a module of ours under its other name; the module itself stays as it is."""

    def __init__(self) -> None:
        self._own: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        package, _, below = spec.name.partition(".")
        if package == _THEIRS and below:
            module = submodule(below)
        else:
            module = importlib.import_module(f"rheobase.{spec.name}")
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The module is complete; what the import system has written into it is undone."""
        if self._own is not None:
            module.__spec__ = self._own


class Redirection(MetaPathFinder):
    """Finds `brian2` and what is below it; stands first in sys.meta_path."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, below = fullname.partition(".")
        if package == _THEIRS:
            known = not below or below in SUBMODULES
        else:
            known = package == _TOOLS and _exists(f"rheobase.{fullname}")
        return (
            importlib.util.spec_from_loader(fullname, _Loader(), is_package=True) if known else None
        )


def install() -> None:
    """From now on, `import brian2` means rheobase in this process, for every package too.

    For sessions and test suites, where `rheobase run` is not at hand: call it before anything
    imports brian2. A second call does nothing.
    Raises ImportError if Brian 2 itself has been imported: whoever has its objects keeps them.

    >>> import rheobase.brian2
    >>> rheobase.brian2.install()  # doctest: +SKIP
    >>> import brian2tools  # doctest: +SKIP
    """
    if any(isinstance(finder, Redirection) for finder in sys.meta_path):
        return
    for name in (_THEIRS, _TOOLS):
        if name in sys.modules:
            raise ImportError(
                f"{name} has been imported already, from {sys.modules[name].__file__}: "
                "call rheobase.brian2.install() before anything that imports it"
            )
    sys.meta_path.insert(0, Redirection())


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
