"""Reading and writing many variables at once: get_states, set_states, and their formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelValueError, did_you_mean

__all__ = ["ImportExport", "Indices", "exported", "imported"]


class StateOwner(Protocol):
    """A group whose variables are read and written by name."""

    @property
    def _label(self) -> str: ...

    def state(self, name: str, use_units: bool = True, level: int = 0) -> Any: ...

    def _view_indices(self, item: Any) -> NDArray[Any]: ...

    def _select(self, condition: str, level: int = 0) -> NDArray[Any]: ...


class Indices:
    """`G.indices[...]`: the numbers of the elements that an index means."""

    def __init__(self, group: StateOwner) -> None:
        self._group = group

    def __getitem__(self, item: Any) -> NDArray[Any]:
        if isinstance(item, str):
            return self._group._select(item)
        return np.atleast_1d(self._group._view_indices(item))


class ImportExport:
    """A format of get_states and set_states; subclasses are registered under a name.

    >>> from rheobase import ImportExport
    >>> {'dict', 'pandas'} <= set(ImportExport.methods)
    True
    """

    methods: ClassVar[dict[str, ImportExport]] = {}

    name: str = ""  # what users give as format=

    @staticmethod
    def register(importerexporter: ImportExport) -> None:
        """Make a format known under its name; ModelValueError if that is taken."""
        name = importerexporter.name
        if name in ImportExport.methods:
            raise ModelValueError(f"there is a format '{name}' already")
        ImportExport.methods[name] = importerexporter

    @staticmethod
    def export_data(
        group: Any, variables: Sequence[str], units: bool = True, level: int = 0
    ) -> Any:
        """The values of the variables of a group, in this format."""
        raise NotImplementedError

    @staticmethod
    def import_data(group: Any, data: Any, units: bool = True, level: int = 0) -> None:
        """Set variables of a group from data in this format."""
        raise NotImplementedError


class DictFormat(ImportExport):
    """A dict by name."""

    name = "dict"

    @staticmethod
    def export_data(
        group: Any, variables: Sequence[str], units: bool = True, level: int = 0
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in variables:
            values = group.state(name, units).get_item(slice(None), level)
            found[name] = values.copy() if np.ndim(values) else values
        return found

    @staticmethod
    def import_data(group: Any, data: Any, units: bool = True, level: int = 0) -> None:
        for name, values in data.items():
            group.state(name, units).set_item(slice(None), values, level)


class PandasFormat(ImportExport):
    """A pandas DataFrame with a column for each variable; SI numbers."""

    name = "pandas"

    @staticmethod
    def export_data(
        group: Any, variables: Sequence[str], units: bool = True, level: int = 0
    ) -> Any:
        if units:
            raise NotImplementedError("a pandas table has no units: get_states(units=False, ...)")
        import pandas  # pyright: ignore[reportMissingTypeStubs]

        return pandas.DataFrame(DictFormat.export_data(group, variables, False, level))

    @staticmethod
    def import_data(group: Any, data: Any, units: bool = True, level: int = 0) -> None:
        if units:
            raise NotImplementedError("a pandas table has no units: set_states(..., units=False)")
        for name in data.columns:
            view = group.state(name, False)
            values = data[name].to_numpy()
            view.set_item(slice(None), values[0] if not view.shape else values, level)


for _format in (DictFormat(), PandasFormat()):
    ImportExport.register(_format)


def exported(group: StateOwner, names: Sequence[str], units: bool, format: str, level: int) -> Any:
    """What get_states gives."""
    for name in names:
        group.state(name)
    return _method(format).export_data(group, names, units=units, level=level)


def imported(group: StateOwner, values: Any, units: bool, format: str, level: int) -> None:
    """What set_states does."""
    _method(format).import_data(group, values, units=units, level=level)


def _method(format: str) -> ImportExport:
    if format not in ImportExport.methods:
        known = sorted(ImportExport.methods)
        raise NotImplementedError(
            f"there is no format '{format}'; there are {known}. {did_you_mean(format, known)}"
        )
    return ImportExport.methods[format]
