"""matplotlib draws quantities as their SI numbers and labels the axis with the unit.

matplotlib asks a registry of its own how to draw unknown types, and only it can load that
registry; importing it here would cost every script half a second. So a finder waits on
sys.meta_path for matplotlib.units to be imported, adds the converter, and goes away.
"""

# matplotlib is optional and, in part, untyped
# pyright: reportMissingImports=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingModuleSource=false, reportUntypedBaseClass=false

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

import numpy as np

from rheobase.units.dimensions import DIMENSIONLESS, Dimension
from rheobase.units.quantity import Quantity
from rheobase.units.si import plain

__all__ = ["install"]

_AWAITED: Final = "matplotlib.units"


class _Awaiting:  # no importlib.abc.MetaPathFinder: importing that takes 10 ms
    """Lets matplotlib.units be found as usual, and has it finished by `_register`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _AWAITED:
            return None
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
        spec = find_spec(fullname)
        loader: Any = spec.loader if spec is not None else None
        if loader is None:
            return spec
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _register(module)

        loader.exec_module = exec_module
        return spec


def install() -> None:
    """Have matplotlib draw quantities, whether it is imported before or after; once is enough."""
    module = sys.modules.get(_AWAITED)
    if module is not None:
        _register(module)
    elif not any(type(finder).__name__ == "_Awaiting" for finder in sys.meta_path):
        sys.meta_path.insert(0, _Awaiting())  # pyright: ignore[reportArgumentType]


def _register(module: Any) -> None:
    class QuantityConverter(module.ConversionInterface):
        @staticmethod
        def default_units(x: Any, axis: Any) -> Dimension | None:
            first = x if isinstance(x, Quantity) else next(iter(x), None)
            return getattr(first, "dim", None)

        @staticmethod
        def convert(value: Any, unit: Any, axis: Any) -> Any:
            numbers = plain(value)[0]
            return numbers.item() if np.ndim(numbers) == 0 and np.ndim(value) == 0 else numbers

        @staticmethod
        def axisinfo(unit: Any, axis: Any) -> Any:
            known = isinstance(unit, Dimension) and unit is not DIMENSIONLESS
            return module.AxisInfo(label=unit.symbol) if known else None

    module.registry[Quantity] = QuantityConverter()
