"""Spikes at given times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import (
    DimensionMismatchError,
    ModelTypeError,
    ModelValueError,
    UnsupportedError,
)
from rheobase.ir.domains import Replay
from rheobase.ir.dtypes import I32, I64
from rheobase.ir.program import EPSILON
from rheobase.ir.slots import Slot
from rheobase.model.clock import Clock, seconds
from rheobase.model.code import Block
from rheobase.model.group import new_part
from rheobase.model.spikes import EventSource, SpikeFinder
from rheobase.model.subgroup import EventGroup
from rheobase.model.views import VariableView
from rheobase.topics import topic
from rheobase.units import Quantity, second, to_si
from rheobase.units.dimensions import DIMENSIONLESS

__all__ = ["SpikeGeneratorGroup"]

_BLOCK = 1 << 15
_SLACK = 1e-3  # of a step: a time that is nearly the beginning of a step belongs to it


class SpikeGeneratorGroup(EventGroup):
    """N neurons that spike when the script says.

    N         number of neurons, >= 1
    indices   (n,)  which neuron, 0 <= i < N
    times     (n,)  when, a time >= 0; a spike happens in the step that holds its time
    period    the spikes are repeated with this period, a multiple of dt; 0*second: once
    sorted    the spikes are known to be ordered by time: kept for scripts, order is found anyway

    A neuron spikes at most once in a step.
    Raises ModelValueError for neurons and times out of range, and, when a run starts, for two
    spikes of a neuron in one step.

    >>> from rheobase import SpikeGeneratorGroup, SpikeMonitor, ms, run
    >>> inputs = SpikeGeneratorGroup(3, [0, 2, 0], [1, 1, 2]*ms, period=5*ms)
    >>> spikes = SpikeMonitor(inputs)
    >>> run(10*ms)
    >>> spikes.count
    array([4, 0, 2])
    """

    add_to_magic_network = True

    if TYPE_CHECKING:  # pyright wants both in the class itself, or G.v = '...' makes G.v a str

        def __getattr__(self, name: str) -> VariableView: ...
        def __setattr__(self, name: str, value: object) -> None: ...

    def __init__(
        self,
        N: int,
        indices: Any,
        times: Any,
        dt: Any = None,
        clock: Clock | None = None,
        period: Any = 0 * second,
        when: str = "thresholds",
        order: int = 0,
        sorted: bool = False,
        name: str = "spikegeneratorgroup*",
        codeobj_class: object = None,
    ) -> None:
        size = _size(N)
        super().__init__(name, new_part(0, size), when=when, order=order, dt=dt, clock=clock)
        source = EventSource(self.name, size, self.clock, when, order)
        self._event_sources = {"spike": source}
        self._steps, self._entries = Slot("steps", I64, 0), Slot("neurons", I32, 0)
        self._period_steps = Slot("period", I64)
        self._built_for: tuple[float, ...] | None = None  # dt and spikes of the table
        self._is_new = True  # spikes that no run has seen yet
        self._version = 0
        self.set_spikes(indices, times, period, sorted)
        replay = Replay(
            self._steps,
            self._entries,
            self._period_steps,
            self.clock.state.slots.step,
            source.current,
        )
        block = Block(f"{self.name} spikes", replay, checked=True)
        finder = SpikeFinder(self, source, lambda: (block,), f"{self.name}_replay")
        self.contained_objects.append(finder)
        self._seal()

    # ------------------------------------------------------------ spikes
    def set_spikes(
        self, indices: Any, times: Any, period: Any = 0 * second, sorted: bool = False
    ) -> None:
        """Replace all spikes; times count from t = 0, and those before the present are ignored."""
        numbers = self._checked_indices(indices)
        si, repeat = self._checked_times(times), seconds(period, "period")
        if len(numbers) != len(si):
            raise ModelValueError(
                f"{self._label}: {len(numbers)} indices and {len(si)} times; there must be one of "
                "each for every spike"
            )
        if repeat < 0:
            raise ModelValueError(f"{self._label}: the period cannot be negative ({period})")
        latest = float(si.max(initial=0.0))
        if (
            repeat > 0
            and len(si)
            and _step_of(latest, self.clock.dt_) * self.clock.dt_ >= (repeat * (1 - 1e-12))
        ):
            raise ModelValueError(
                f"{self._label}: the period must be longer than the time of the last spike, but "
                f"with dt = {self.clock.dt} the spike at {latest * second} is in the step that "
                f"begins after {_step_of(latest, self.clock.dt_) * self.clock.dt}, and the "
                f"period is {period}"
            )
        self._numbers, self._times, self._period = numbers, si, repeat
        self._version += 1
        self._is_new = True

    def _checked_indices(self, indices: Any) -> NDArray[np.int32]:
        array = np.atleast_1d(np.asarray(indices))
        if array.ndim != 1 or array.dtype.kind not in "iufb":
            raise ModelTypeError(f"{self._label}: indices are a row of whole numbers")
        if len(array) and (array.min() < 0 or array.max() >= len(self)):
            bad = array[(array < 0) | (array >= len(self))][0]
            raise ModelValueError(
                f"{self._label}: there is no neuron {bad} among {len(self)} (0 to {len(self) - 1})"
            )
        numbers = array.astype(np.int32)
        if array.dtype.kind == "f" and not np.array_equal(numbers, array):
            raise ModelTypeError(f"{self._label}: indices must be whole numbers")
        return numbers

    def _checked_times(self, times: Any) -> NDArray[np.float64]:
        number, dim = to_si(times)
        si = np.atleast_1d(np.asarray(number, float))
        if dim is not second.dim and si.size:
            raise DimensionMismatchError(
                f"{self._label}: times are given with a unit, such as [1, 2]*ms, but these "
                f"are {'pure numbers' if dim is DIMENSIONLESS else f'in {dim}'}"
            )
        if si.ndim != 1:
            raise ModelTypeError(f"{self._label}: times are a row, not of shape {si.shape}")
        if len(si) and not (si.min() >= 0 and np.isfinite(si.max())):
            raise ModelValueError(f"{self._label}: times must be finite and not negative")
        return si.copy() if si is number else si

    @property
    def spike_time(self) -> Quantity:
        """(n,) the times, as they were given."""
        return Quantity(self._times.copy(), dim=second.dim)

    @property
    def neuron_index(self) -> NDArray[np.int32]:
        """(n,) the neuron of each spike, as it was given."""
        return self._numbers.copy()

    @property
    def period(self) -> Quantity:
        """The period, 0*second if there is none."""
        return Quantity(self._period, dim=second.dim)

    # ------------------------------------------------------------ before a run
    def _restored(self) -> None:
        super()._restored()
        self._built_for, self._is_new = None, False

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        key = (self.clock.dt_, float(self._version))
        if key != self._built_for:
            self._period_steps.data[0] = self._whole_period()
            self._build()
            self._built_for = key
        if self._is_new:
            self._warn_of_ignored()
            self._is_new = False

    def _whole_period(self) -> int:
        dt, period = self.clock.dt_, self._period
        if period == 0:
            return 0
        steps = round(period / dt)
        if steps < 1:
            raise ModelValueError(
                f"{self._label}: the period {self.period} is shorter than a step, {self.clock.dt}"
            )
        if abs(period / dt - steps) > max(EPSILON, 1e-12 * steps):
            raise UnsupportedError(
                f"{self._label}: the period {self.period} is not a multiple of dt = "
                f"{self.clock.dt}: it is {period / dt:g} steps. Choose a dt that divides it."
            )
        return steps

    def _build(self) -> None:
        """Fill the table: spikes ordered by step, then by neuron.

        Both are one number at first, step * N + neuron, and stand where the steps will be.
        """
        n = len(self._times)
        self._steps.resize(n)
        self._entries.resize(n)
        keys, entries = self._steps.data, self._entries.data
        if not self._write_keys(keys):
            keys.sort()
        last = -1
        for k in _blocks(n):
            part = keys[k]
            if (part[1:] == part[:-1]).any() or part[0] == last:
                raise self._spikes_twice()
            last = int(part[-1])
            steps = part // len(self)
            np.subtract(part, steps * len(self), out=entries[k], casting="same_kind")
            part[:] = steps

    def _write_keys(self, keys: NDArray[np.int64]) -> bool:
        """step * N + neuron of each spike; whether they ascend."""
        ordered, last = True, -1
        for k in _blocks(len(keys)):
            part = keys[k]
            part[:] = _step_of(self._times[k], self.clock.dt_)
            part *= len(self)
            part += self._numbers[k]
            ordered = ordered and last <= part[0] and bool((part[1:] >= part[:-1]).all())
            last = int(part[-1])
        return ordered

    def _spikes_twice(self) -> ModelValueError:
        keys = np.empty(len(self._times), np.int64)
        if not self._write_keys(keys):
            keys.sort()
        twice = np.flatnonzero(keys[1:] == keys[:-1])
        step, neuron = divmod(int(keys[twice[0]]), len(self))
        return ModelValueError(
            f"{self._label}: neuron {neuron} spikes more than once in the step at "
            f"{step * self.clock.dt} (dt = {self.clock.dt}); {len(twice)} of all spikes are such "
            "repetitions. Choose a smaller dt, or leave them out."
        )

    def _warn_of_ignored(self) -> None:
        now = self.clock.timestep
        if self._period or not now or not len(self._steps):
            return
        n_past = int(np.searchsorted(self._steps.data, now))
        if n_past:
            topic("ignored_spikes").warning(
                "%s: spikes before the present time, %s, are ignored: %d",
                self._label,
                self.clock.t,
                n_past,
            )


def _step_of(times: Any, dt: float) -> Any:
    """The step that holds each time, I64."""
    scaled = times / dt
    scaled += _SLACK
    return np.int64(scaled) if np.ndim(scaled) == 0 else scaled.astype(np.int64)


def _blocks(n: int) -> Iterator[slice]:
    """Slices of n elements that fit into a processor's cache."""
    return (slice(k, min(k + _BLOCK, n)) for k in range(0, n, _BLOCK))


def _size(n: Any) -> int:
    if np.ndim(n) == 0 and np.asarray(n).dtype.kind in "iu" and n >= 1:
        return int(n)
    raise ModelTypeError(
        f"SpikeGeneratorGroup: the number of neurons must be a whole number >= 1, not {n!r}"
    )
