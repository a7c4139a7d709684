"""What all monitors share: variables with units, their export, and who makes events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelTypeError, ModelValueError, UnsupportedError, did_you_mean
from rheobase.ir.dtypes import F32, F64, I32, DType
from rheobase.model.base import SimulationObject
from rheobase.model.clock import Clock, seconds
from rheobase.model.code import Runner
from rheobase.model.group import Group
from rheobase.model.monitors.recordings import StoredValues
from rheobase.model.monitors.streams import Stream
from rheobase.model.spikes import EventSource, spikes_of
from rheobase.model.states import exported
from rheobase.model.variables import ArrayVariable, PositionVariable, Variable, dtype_of
from rheobase.units import Quantity
from rheobase.units.dimensions import Dimension

__all__ = [
    "Monitor",
    "bin_starts",
    "event_source",
    "float_dtype",
    "recorded_dtype",
    "steps_in_bin",
    "with_unit",
]


class Monitor(Runner):
    """Base of objects that record.

    source      what is recorded
    variables   what has been recorded, by name
    """

    add_to_magic_network = True
    invalidates_magic_network = False
    source: Group
    _stream: Stream | None = None

    def before_run(self, n_steps: int) -> None:
        if self._stream is not None:
            self._stream.begin()

    def _during_run(self) -> None:
        if self._stream is not None:
            self._stream.write_if_due()

    def after_run(self) -> None:
        if self._stream is not None:
            self._stream.write()

    @property
    def variables(self) -> Mapping[str, Variable]:
        raise NotImplementedError

    def reinit(self) -> NoReturn:
        """Recorded values are never cleared."""
        raise UnsupportedError(
            f"{self._label}: what a monitor has recorded stays. Make a new monitor for a new "
            "recording, or use store() and restore()."
        )

    def get_states(
        self,
        vars: str | Sequence[str] | None = None,
        units: bool = True,
        format: str = "dict",
        subexpressions: bool = False,
        read_only_variables: bool = True,
        level: int = 0,
    ) -> Any:
        """What has been recorded, by name.

        vars     names; None: everything
        units    whether values have units; a table of pandas has none
        format   'dict': arrays, times first; 'pandas': a DataFrame with a row for each entry

        The further arguments are those of groups; nothing here depends on them.
        Raises ModelValueError for unknown names, NotImplementedError for unknown formats.
        """
        names = (
            [vars] if isinstance(vars, str) else list(self.state_names() if vars is None else vars)
        )
        for name in names:
            if name not in self.state_names():
                near = did_you_mean(name, self.state_names())
                raise ModelValueError(f"{self._label} has recorded no '{name}'. {near}".rstrip())
        if format == "dict":
            return {n: self.state_value(n, units) for n in names}
        if format != "pandas":
            return exported(self, names, units, format, level)
        if units:
            raise UnsupportedError(
                f"{self._label}: tables of pandas have no units; ask for units=False to get "
                "numbers in SI units"
            )
        return self._frame(names)

    def state(self, name: str, use_units: bool = True, level: int = 0) -> RecordedView:
        """A recorded variable, as plug-in formats read it."""
        return RecordedView(self.state_value(name, use_units))

    def _view_indices(self, item: Any) -> NDArray[Any]:
        """(n,) element numbers for anything that users index with, text aside."""
        return self.source._view_indices(item)

    def _select(self, condition: str, level: int = 0) -> NDArray[Any]:
        """(n,) the elements for which a condition holds."""
        return self.source._select(condition, level)

    def state_names(self) -> Sequence[str]:
        """What get_states exports."""
        raise NotImplementedError

    def state_value(self, name: str, units: bool) -> Any:
        """A recorded variable; with time along the first axis."""
        raise NotImplementedError

    def _frame(self, names: Sequence[str]) -> Any:
        import pandas  # pyright: ignore[reportMissingTypeStubs]  (an extra, slow to import)

        table: dict[Any, Any] = {}
        for name in names:
            values = np.asarray(self.state_value(name, units=False))
            if values.ndim == 1 and name != "count":
                table[name] = values
            elif values.ndim == 2:
                table.update({(name, int(k)): v for k, v in zip(self.element_numbers(), values.T)})
        return pandas.DataFrame(table)

    def element_numbers(self) -> NDArray[Any]:
        """The elements behind the columns of two-dimensional values."""
        raise NotImplementedError


class RecordedView:
    """Recorded values, read like a variable of a group."""

    def __init__(self, values: Any) -> None:
        self._values = values

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self._values)

    def get_item(self, item: Any, level: int = 0) -> Any:
        return self._values[item] if self.shape else self._values


def with_unit(values: Any, dim: Dimension, wanted: bool = True) -> Any:
    """Values in SI units as a quantity, if they have a dimension and it is wanted."""
    if not wanted or dim.is_dimensionless:
        return values
    if isinstance(values, StoredValues):
        return values.in_unit_of(dim)
    return Quantity(values, dim=dim)


def recorded_dtype(variable: Variable) -> DType:
    """How a variable is stored when it is recorded: as the variable itself."""
    match variable:
        case ArrayVariable(slot=slot):
            return slot.dtype
        case PositionVariable():
            return I32
        case _:
            return dtype_of(variable.type, F64)


def event_source(source: Any, event: str, label: str) -> EventSource:
    """The events of a group; `label` is who wants them.

    Raises ModelTypeError for what never has events, ModelValueError for an unknown event.
    """
    if event == "spike":
        return spikes_of(source, label)
    sources: dict[str, EventSource] = dict(getattr(source, "_event_sources", None) or {})
    if event in sources:
        return sources[event]
    what = source._label if isinstance(source, SimulationObject) else repr(source)
    if not isinstance(source, Group):
        raise ModelTypeError(f"{label}: {what} has no events")
    known = ", ".join(f"'{n}'" for n in sources) or "none"
    near = did_you_mean(event, sources)
    message = f"{label}: {what} has no event '{event}'; the events that it has: {known}. {near}"
    raise ModelValueError(message.rstrip())


# ------------------------------------------------------------------ bins of time
def steps_in_bin(bin_size: Any, clock: Clock) -> int:
    """How many steps a bin has; ModelValueError if it is no whole number >= 1."""
    length = seconds(bin_size, "bin_size")
    steps = round(length / clock.dt_)
    if steps < 1 or abs(length / clock.dt_ - steps) > 1e-6 * max(steps, 1):
        raise ModelValueError(f"bin_size must be a multiple of dt = {clock.dt}, not {bin_size}")
    return steps


def bin_starts(n: int, steps: int, clock: Clock) -> NDArray[np.float64]:
    """(n,) where bins of so many steps begin, s."""
    return np.arange(n, dtype=np.float64) * np.float64(steps * clock.dt_)


def float_dtype(dtype: Any, label: str) -> DType | None:
    """How floats are to be stored: F64, F32, or None for None; ModelTypeError for another type."""
    if dtype is None:
        return None
    wanted = np.dtype(dtype).name
    if wanted not in ("float64", "float32"):
        raise ModelTypeError(f"{label}: dtype is float64 or float32, not {wanted}")
    return F64 if wanted == "float64" else F32
