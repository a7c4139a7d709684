"""The delays of a pathway: one for all synapses, or one for each."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelTypeError, ModelValueError
from rheobase.ir.builder import Element
from rheobase.ir.domains import Index
from rheobase.ir.dtypes import F64
from rheobase.ir.slots import Slot
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.lookups import structure_changed
from rheobase.model.variables import ArrayVariable, Meaning
from rheobase.model.views import VariableView, ViewOwner
from rheobase.runtime.delays import whole_steps
from rheobase.units import Quantity, second

__all__ = ["DelayView", "Delays", "are_delays"]

_AT_ONCE = 1 << 20  # synapses: what their steps take in passing is small


class Delays:
    """How long events of a pathway take, in seconds.

    fixed      given when the pathway was made: one delay for all synapses, for good
    separate   each synapse has a delay of its own in memory; else one number stands for all
    by_code    code of the model assigns to them, so that each event may find other delays
    """

    def __init__(self, owner: ViewOwner, fixed: bool) -> None:
        self.owner = owner
        self.fixed = fixed
        self.separate = False
        self.by_code = False
        slot = Slot("delay", F64)
        self.variable = ArrayVariable("delay", Type.FLOAT, second.dim, slot, fixed)

    @property
    def slot(self) -> Slot:
        return self.variable.slot

    def separate_each(self) -> None:
        """From now on, each synapse has a delay of its own."""
        if self.separate or self.fixed:
            return
        structure_changed()
        value = self.slot.data[0]
        self.slot.assign(np.full(self.owner._view_size(), value))
        self.separate = True

    def change_by_code(self) -> None:
        """From now on, code of the model may assign to them, each its own."""
        self.by_code = True
        self.separate_each()

    def set_all(self, value: float) -> None:
        """The same delay for all synapses.

        Memory for each stays, since code that has been prepared may still reach it.
        """
        if self.separate:
            self.slot.data[:] = value
        else:
            self.slot.assign([value])

    def meaning(self) -> Meaning:
        """What `delay` is to code of the synapses."""
        each = self.separate
        symbol = Symbol("delay", Type.FLOAT, second.dim, shared=not each, read_only=self.fixed)
        return Meaning(symbol, Element(self.slot, Index.OWN if each else Index.SHARED))

    def steps(self, dt: float) -> NDArray[np.int64]:
        """(n,) by entry if separate, else (1,): delays in whole steps."""
        values = self.slot.data
        steps = np.empty(len(values), np.int64)
        for begin in range(0, len(values), _AT_ONCE):
            part = slice(begin, begin + _AT_ONCE)
            steps[part] = whole_steps(values[part], dt)
        return steps

    def steps_of(self, entries: NDArray[Any], dt: float) -> NDArray[np.int64]:
        """(n,) delays of some entries in whole steps, as code has left them.

        Raises ModelValueError if code has assigned what is no delay.
        """
        values = self.slot.data[entries]
        bad = ~(np.isfinite(values) & (values >= 0))
        if bad.any():
            met = Quantity(values[bad][0], dim=second.dim)
            raise ModelValueError(
                f"{self.owner._label}: code has set a delay to {met}; a delay must be a finite "
                "time and cannot be negative. Bound it, for example with clip(delay, 0*ms, 10*ms)."
            )
        return whole_steps(values, dt)

    def saved_state(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint."""
        return {"delay": self.slot.data, "separate": np.array(self.separate)}

    def restore_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint."""
        self.separate = bool(state["separate"])
        self.slot.assign(state["delay"])

    def key(self) -> tuple[object, ...]:
        """Changes when the delays do."""
        data = self.slot.data
        return (
            self.separate,
            len(data),
            zlib.crc32(data.data),
        )

    def view(self, with_unit: bool = True) -> DelayView:
        return DelayView(self, self.owner, self.variable, with_unit)


def are_delays(values: NDArray[Any]) -> bool:
    """Whether numbers can all be delays."""
    return bool((np.isfinite(values) & (values >= 0)).all())


class DelayView(VariableView):
    """`S.delay`: like any variable of the synapses; memory for each is taken when they differ."""

    def __init__(
        self, delays: Delays, owner: ViewOwner, variable: ArrayVariable, with_unit: bool
    ) -> None:
        super().__init__(owner, variable, with_unit)
        self._delays = delays

    def _values(self, indices: NDArray[Any] | None, level: int) -> NDArray[Any]:
        if self._delays.fixed or self._delays.separate:
            return super()._values(indices, level)
        n = self._owner._view_size() if indices is None else len(indices)
        return np.full(n, self._delays.slot.data[0])

    def _write(self, item: Any, value: Any, level: int) -> None:
        """Raises ModelValueError for negative delays, ModelTypeError for several where there is
        one."""
        delays = self._delays
        before = delays.separate, delays.slot.data.copy()
        is_code = isinstance(value, str) and not delays.fixed
        if isinstance(value, str) and delays.fixed:
            super()._write(item, value, level)
            value = delays.slot.data[0] * second
        number = np.asarray(0.0 if is_code else self._si(delays.variable, value))
        if delays.fixed and number.size != 1:
            raise ModelTypeError(
                f"{self._owner._label}: this delay was given as one for all synapses, so it can "
                "only be changed to one time. Leave out delay= to have one for each synapse."
            )
        self._owner._view_indices(slice(0, 0))  # refuses before connect()
        everything = isinstance(item, slice) and item == slice(None)
        if not is_code and number.size == 1 and (everything or delays.fixed):
            delays.set_all(float(number.reshape(-1)[0]))
        else:
            delays.separate_each()
            super()._write(item, value, level)
        data = delays.slot.data
        if not delays.by_code and not np.array_equal(data, before[1]):
            structure_changed()  # in a run: events of the next step set out with the new delays
        if not are_delays(data):
            delays.separate = before[0]
            delays.slot.assign(before[1])
            raise ModelValueError(
                f"{self._owner._label}: a delay must be a finite time and cannot be negative"
            )
