"""Devices: when a run that the script asks for happens.

There is one way of running here, so a device only decides when: 'runtime' at once;
'cpp_standalone' at once or, with build_on_run=False, when the script calls device.build(). Scripts
written for Brian 2's C++ standalone mode run unchanged, device.run(run_args=...) included.

    set_device('cpp_standalone', build_on_run=False)
    ...
    run(1*second)                                  recorded
    device.build(run=False)
    for tau in taus:
        device.run(run_args={group.tau: tau})      from the state before the first run
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from rheobase.errors import ModelValueError, UnsupportedError, did_you_mean
from rheobase.forks import send_to_forks
from rheobase.model.base import SimulationObject
from rheobase.model.timedarray import TimedArray
from rheobase.model.views import VariableView
from rheobase.runtime import random
from rheobase.runtime.deferred import Queue, at_once, record_into
from rheobase.runtime.journal import listen
from rheobase.topics import topic

__all__ = [
    "Asked",
    "Device",
    "RuntimeDevice",
    "StandaloneDevice",
    "all_devices",
    "device",
    "get_device",
    "reinit_devices",
    "reset_device",
    "runtime_device",
    "set_device",
]


class Simulated(Protocol):
    """What a device needs of a network: to go back to where it is now.

    way_back   a function that does it; its argument: whether random numbers repeat, too
    """

    def way_back(self) -> Callable[[bool], None]: ...


class Asked(Protocol):
    """What run() was asked for.

    length      in seconds
    namespace   names of external constants
    """

    @property
    def length(self) -> float: ...

    @property
    def namespace(self) -> Mapping[str, Any]: ...


class Device:
    """Runs networks at once.

    network_schedule   the only schedule that it can do, or None: it can do all
    build_on_run       whether run() runs
    build_options      what build() was told by set_device()
    """

    network_schedule: Sequence[str] | None = None

    def __init__(self) -> None:
        self._last_run_time: float | None = None
        self._last_run_completed_fraction: float | None = None
        self._maximum_run_time: Any = None
        self.build_on_run = True
        self.build_options: dict[str, Any] = {}

    def activate(self, build_on_run: bool = True, **build_options: Any) -> None:
        """Called by set_device, with what it was given."""
        self.build_on_run = build_on_run
        self.build_options = dict(build_options)

    def reinit(self) -> None:
        """Forget what was recorded, and how long a run may take."""
        self._maximum_run_time = None

    def submit(self, network: Simulated, action: Callable[[], None], asked: Asked) -> None:
        """A network is to run: do it now, or later."""
        action()

    def has_run(self, seconds: float, fraction: float) -> None:
        """A run is over: what it took in real time, and how much of it was simulated, 0 to 1.

        Scripts read these under the names that they have in Brian 2.
        """
        self._last_run_time = seconds
        self._last_run_completed_fraction = fraction

    def gives_up(self, seconds: float) -> bool:
        """Whether a run that has taken so long is to end: scripts set `_maximum_run_time`, a time,
        by the name that it has in Brian 2."""
        return self._maximum_run_time is not None and seconds > float(self._maximum_run_time)

    def readable_report(self, report: Any) -> Any:
        """What run(report=...) was given, as it can be done here."""
        return report

    def build(self, **options: Any) -> None:
        """Nothing to do: everything has run."""

    def delete(
        self,
        code: bool = True,
        data: bool = True,
        run_args: bool = True,
        directory: bool = True,
        force: bool = False,
    ) -> None:
        """Accepted: there is nothing to delete."""

    def insert_code(self, slot: str, code: str) -> None:
        """Raises UnsupportedError: code in another language has no place here."""
        raise UnsupportedError(
            f"device.insert_code('{slot}', ...): there is no C++ program into which code could be "
            "put; a network_operation runs Python code in each step"
        )

    def get_random_state(self) -> dict[str, Any]:
        """The state of the random numbers; see set_random_state."""
        return random.get_state()

    def set_random_state(self, state: Mapping[str, Any]) -> None:
        """Go back: from here on come the numbers that came after get_random_state()."""
        random.set_state(state)

    def seed(self, seed: int | None = None) -> None:
        """Start the random numbers again; see rheobase.seed."""
        random.seed(seed)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> tuple[Callable[[str], Device], tuple[str]]:
        """Each process has its own device of this name."""
        return _device_of_name, (next(n for n, x in all_devices.items() if x is self),)


class RuntimeDevice(Device):
    """Runs networks when run() is called: the default."""


class StandaloneDevice(Device):
    """Records runs until build(), if build_on_run=False; see the module."""

    def __init__(self) -> None:
        super().__init__()
        self._forget()

    def _forget(self) -> None:
        self._queue = Queue()
        self._networks: list[Simulated] = []
        self._ways_back: list[Callable[[bool], None]] = []
        self.has_been_run = False

    def activate(self, build_on_run: bool = True, **build_options: Any) -> None:
        super().activate(build_on_run, **build_options)
        record_into(None if build_on_run else self._queue)

    def reinit(self) -> None:
        super().reinit()
        self._forget()
        record_into(None)

    def readable_report(self, report: Any) -> Any:
        """The body of a C++ function stands for 'text', with a warning."""
        if isinstance(report, str) and ";" in report:
            topic("report_in_cpp").warning(
                "report: code in C++ cannot run here; report='text' does"
            )
            return "text"
        return report

    @property
    def project_dir(self) -> str:
        """The folder that build() was told; nothing is written there."""
        return str(self.build_options.get("directory") or "output")

    def submit(self, network: Simulated, action: Callable[[], None], asked: Asked) -> None:
        if network not in self._networks:
            self._networks.append(network)
            self._ways_back.append(network.way_back())
        self._queue.actions.append(action)
        if self.build_on_run:
            self.has_been_run = True
            action()
        else:
            send_to_forks((SimulationObject, TimedArray, type(network)))

    def build(
        self,
        directory: str | None = "output",
        results_directory: str | None = "results",
        compile: bool = True,
        run: bool = True,
        debug: bool = False,
        clean: bool = False,
        with_output: bool = True,
        additional_source_files: Sequence[str] | None = None,
        run_args: Any = None,
        direct_call: bool = True,
        **others: Any,
    ) -> None:
        """Do what was recorded.

        run         False: wait for device.run()
        run_args    values for variables; see run
        directory, results_directory, compile, debug, clean, with_output
                    accepted: nothing is written, and no compiler is called

        Raises UnsupportedError for source files in another language; RuntimeError for a call by
        the script when run() has run already (build_on_run=True).
        """
        if additional_source_files:
            raise UnsupportedError(
                f"device.build: {list(additional_source_files)} cannot be compiled here; write "
                "the function in Python"
            )
        if self.build_on_run:
            if direct_call:
                raise RuntimeError(
                    "device.build() after run() has run already: leave it out, or record with "
                    "set_device(..., build_on_run=False)"
                )
            return
        if self.has_been_run and run:
            raise RuntimeError(
                "this was built and run before: call device.reinit() and device.activate() "
                "before building another simulation, or device.run() to run it again"
            )
        self.build_options["directory"] = directory
        if run:
            self.run(run_args=run_args)

    def run(
        self,
        directory: str | None = None,
        results_directory: str | None = None,
        with_output: bool = True,
        run_args: Any = None,
    ) -> None:
        """Do what was recorded, from the state before the first run.

        run_args   {group.variable: value, timed_array: values} that hold for this run; other
                   arguments, those of a C++ program, are accepted and have no meaning
        """
        if self.has_been_run:
            for go_back in self._ways_back:
                go_back(random.is_seeded())
        self.has_been_run = True
        with at_once():
            changed = _apply(run_args)
            try:
                self._queue.perform()
            finally:
                for undo in changed:
                    undo()

    def apply_run_args(self) -> None:
        """Accepted: run_args are applied before the first run."""


def _apply(run_args: Any) -> list[Callable[[], None]]:
    """Set variables and values of timed arrays; how to undo the latter."""
    undo: list[Callable[[], None]] = []
    if not isinstance(run_args, Mapping):
        return undo
    pairs: Mapping[Any, Any] = run_args  # pyright: ignore[reportUnknownVariableType]
    for what, value in pairs.items():
        if isinstance(what, VariableView):
            what.set_item(slice(None), value)
        elif isinstance(what, TimedArray):
            undo.append(partial(setattr, what, "values", what.values.copy()))
            what.values = value
        else:
            raise ModelValueError(
                f"run_args: {what!r} is neither a variable (group.v) nor a TimedArray"
            )
    return undo


runtime_device = RuntimeDevice()
all_devices: dict[str, Device] = {
    "runtime": runtime_device,
    "cpp_standalone": StandaloneDevice(),
}


def _device_of_name(name: str) -> Device:
    return all_devices[name]


class _Current:
    """Which device is active, and which were before."""

    def __init__(self) -> None:
        self.active: Device = runtime_device
        self.options: tuple[bool, dict[str, Any]] = (True, {})
        self.previous: list[tuple[Device, tuple[bool, dict[str, Any]]]] = []

    def activate(self, chosen: Device, build_on_run: bool, options: dict[str, Any]) -> None:
        record_into(None)
        listen(None)
        self.active = chosen
        self.options = (build_on_run, options)
        chosen.activate(build_on_run, **options)


_current = _Current()


def get_device() -> Device:
    """The active device.

    >>> from rheobase import get_device
    >>> get_device()
    <RuntimeDevice>
    """
    return _current.active


def set_device(device: str | Device, build_on_run: bool = True, **options: Any) -> None:
    """Choose when runs happen.

    device         'runtime' (at once), 'cpp_standalone', or a Device
    build_on_run   False: record runs, until device.build()
    options        for device.build(); accepted as scripts give them

    Raises ModelValueError for an unknown name.

    >>> from rheobase import set_device
    >>> set_device('runtime')
    """
    chosen = _find(device)
    if chosen is not _current.active:
        _current.previous.append((_current.active, _current.options))
    _current.activate(chosen, build_on_run, options)


def reset_device(device: str | Device | None = None) -> None:
    """Go back to the device before, or to the given one.

    >>> from rheobase import reset_device
    >>> reset_device()
    """
    if device is None:
        before, options = runtime_device, (True, dict[str, Any]())
        if _current.previous:
            before, options = _current.previous.pop()
        _current.activate(before, *options)
        return
    wanted = _find(device)
    while _current.previous:
        earlier, options = _current.previous.pop()
        if earlier is wanted:
            _current.activate(earlier, *options)
            return
    _current.activate(wanted, True, {})


def reinit_devices() -> None:
    """All devices forget what they have recorded; 'runtime' is active.

    >>> from rheobase import get_device, set_device
    >>> from rheobase.brian2 import reinit_devices
    >>> set_device('cpp_standalone')
    >>> reinit_devices()
    >>> get_device() is all_devices['runtime']
    True
    """
    for each in all_devices.values():
        each.reinit()
    _current.previous.clear()
    _current.activate(runtime_device, True, {})


def _find(device: str | Device) -> Device:
    if isinstance(device, Device):
        return device
    if device not in all_devices:
        known = ", ".join(f"'{d}'" for d in all_devices)
        raise ModelValueError(
            f"there is no device '{device}'; there are {known}. {did_you_mean(device, all_devices)}"
        )
    return all_devices[device]


class _ActiveDevice:
    """`device`: whichever device is active when it is used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_current.active, name)

    def __repr__(self) -> str:
        return repr(_current.active)


device = _ActiveDevice()
