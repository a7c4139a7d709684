"""Functions of the script that run in each step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, overload

from rheobase.errors import ModelTypeError
from rheobase.ir.domains import Python
from rheobase.ir.kernels import Kernel
from rheobase.model.base import SimulationObject, Work
from rheobase.model.clock import Clock

__all__ = ["NetworkOperation", "network_operation"]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class NetworkOperation(SimulationObject):
    """Calls a function of the script in each step of its clock.

    function     takes no argument, or one: the time of the step, a quantity
    dt, clock    how often; default: each step of defaultclock
    when, order  where in the step

    The function may read and write any variable, and call stop(). A call costs a few microseconds
    beyond what the function itself takes, since native code is left and entered again.
    Raises ModelTypeError for a function that takes anything else.

    >>> from rheobase import NetworkOperation, ms, run
    >>> times = []
    >>> watch = NetworkOperation(times.append, dt=1*ms)
    >>> run(3*ms)
    >>> times
    [0. * second, 1. * msecond, 2. * msecond]
    """

    add_to_magic_network = True

    def __init__(
        self,
        function: Callable[..., Any],
        dt: Any = None,
        clock: Clock | None = None,
        when: str = "start",
        order: int = 0,
        name: str = "networkoperation*",
    ) -> None:
        takes_time = _takes_time(function)
        super().__init__(name, when, order, dt, clock)
        self.function = function
        call = self._call_with_time if takes_time else function
        self._calls = (Work(Kernel(f"{self.name} call", Python()), call),)

    def _call_with_time(self) -> None:
        self.function(self.clock.t)

    def _work(self) -> Sequence[Work]:
        return self._calls


@overload
def network_operation(function: Callable[..., Any], /) -> NetworkOperation: ...
@overload
def network_operation(
    *,
    dt: Any = None,
    clock: Clock | None = None,
    when: str = "start",
    order: int = 0,
    name: str = "networkoperation*",
) -> Callable[[Callable[..., Any]], NetworkOperation]: ...
def network_operation(
    function: Callable[..., Any] | None = None, /, **options: Any
) -> NetworkOperation | Callable[[Callable[..., Any]], NetworkOperation]:
    """Decorator: the function below runs in each step; see NetworkOperation for the options.

    >>> from rheobase import NeuronGroup, ms, network_operation, run
    >>> cells = NeuronGroup(1, 'v : 1')
    >>> @network_operation(dt=1*ms)
    ... def count(t):
    ...     cells.v += 1
    >>> run(5*ms)
    >>> float(cells.v[0])
    5.0
    """
    if function is not None:
        return NetworkOperation(function)
    return lambda f: NetworkOperation(f, **options)


def _takes_time(function: Any) -> bool:
    """Whether the function wants the time; ModelTypeError if it wants something else."""
    name = getattr(function, "__name__", repr(function))
    if not callable(function):
        raise ModelTypeError(f"a network operation is a function, not {function!r}")
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # a builtin that does not tell
        return False
    positional = [p for p in parameters if p.kind in _POSITIONAL]
    required = [
        p
        for p in parameters
        if p.default is p.empty and (p in positional[1:] or p.kind is p.KEYWORD_ONLY)
    ]
    if required:
        listed = ", ".join(f"'{p.name}'" for p in required)
        raise ModelTypeError(
            f"network operation '{name}' must take no argument, or one: the time. "
            f"Nothing gives it {listed}; a lambda or functools.partial can."
        )
    if positional and positional[0].name == "self":
        raise ModelTypeError(
            f"network operation '{name}' is a method of no object yet: nothing gives it 'self'. "
            f"Make NetworkOperation(self.{name}) where the object is made."
        )
    return bool(positional)
