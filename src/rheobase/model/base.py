"""What every object of a simulation has: a name, a place in the schedule, a clock."""

from __future__ import annotations

import inspect
import itertools
import keyword
import sys
import weakref
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rheobase.errors import ModelTypeError, ModelValueError, did_you_mean
from rheobase.ir.domains import Python
from rheobase.ir.kernels import Kernel
from rheobase.ir.slots import Slot
from rheobase.model.callers import caller_place
from rheobase.model.clock import Clock, defaultclock
from rheobase.preference_names import prefs
from rheobase.records import record
from rheobase.topics import topic

if TYPE_CHECKING:
    import uuid

__all__ = [
    "SimulationObject",
    "Work",
    "current_scope",
    "free_name",
    "living_objects",
    "new_scope",
    "objects_so_far",
    "own_scope",
    "serial_number",
    "take_name",
]

_objects: weakref.WeakValueDictionary[str, object] = weakref.WeakValueDictionary()
_numbers = itertools.count(1)
_numbered: weakref.WeakValueDictionary[int, object] = weakref.WeakValueDictionary()
_scopes = itertools.count(1)
_scope = 0


def current_scope() -> int:
    """The number of the present scope; magic networks hold objects of one scope only."""
    return _scope


def new_scope() -> None:
    """Leave all objects made so far out of the magic network."""
    global _scope
    _scope = next(_scopes)


def living_objects() -> list[SimulationObject]:
    """The objects of the present scope that still exist."""
    found = (x for x in list(_objects.values()) if isinstance(x, SimulationObject))
    return sorted((x for x in found if x._scope == _scope), key=lambda x: x.name)


@contextmanager
def own_scope() -> Generator[None, None, None]:
    """Objects made within are in a scope of their own; afterwards the one before is the present."""
    global _scope
    before, _scope = _scope, next(_scopes)
    try:
        yield
    finally:
        _scope = before


@record
class Work:
    """What an object does in each step: a kernel, or a call of Python.

    full   makes room for so many entries in a Record kernel's buffers; None: they grow
    """

    kernel: Kernel
    python: Callable[[], None] | None = None
    full: Callable[[int], None] | None = None


_IF_MISSING: Final = {"record": "record=True records all elements, record=[0, 7] those two."}


class _Making(type):
    """Notes that an object is complete: one whose making failed is not missed in any run."""

    if not TYPE_CHECKING:  # type checkers then take the arguments and the result from the class

        def __call__(cls, *args: Any, **options: Any) -> Any:
            try:
                made = super().__call__(*args, **options)
            except TypeError as error:
                cls._explain(error, args, options)
                raise
            made._unused = True
            return made

    def _explain(cls, error: TypeError, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Raise a better error if Python could not even call __init__."""
        takes = cls.__signature__
        try:
            takes.bind(*args, **options)
        except TypeError as wrong:
            unknown = [name for name in options if name not in takes.parameters]
            hints = [did_you_mean(name, takes.parameters) for name in unknown]
            hints += [hint for name, hint in _IF_MISSING.items() if f"'{name}'" in str(wrong)]
            message = f"{cls.__name__}: {wrong}. {' '.join(hints)}"
            raise ModelTypeError(message.rstrip()) from None

    @property
    def __signature__(cls) -> inspect.Signature:
        """The arguments that making one takes, for help() and editors: those of its __init__."""
        made = inspect.signature(cls.__init__)
        return made.replace(parameters=list(made.parameters.values())[1:])


class SimulationObject(metaclass=_Making):
    """Base of everything that a Network holds.

    name    unique; 'cells*' takes the first of cells, cells_1, ... that is free
    when    slot of the schedule
    order   position within the slot; then the name decides
    dt, clock   the object's own step, or a clock that it shares; default: defaultclock

    >>> from rheobase import NeuronGroup, SpikeMonitor, Synapses
    >>> kinds = NeuronGroup, SpikeMonitor, Synapses
    >>> all(issubclass(kind, SimulationObject) for kind in kinds)
    True
    """

    add_to_magic_network = False
    invalidates_magic_network = True
    _event_sources: Any = MappingProxyType[str, Any]({})  # the kinds of events that it makes
    _python_work: Work | None = None
    _id: uuid.UUID | None = None
    _unused = False  # True from when it is made until a network has simulated it

    def __init__(
        self,
        name: str = "brianobject*",
        when: str = "start",
        order: int = 0,
        dt: Any = None,
        clock: Clock | None = None,
    ) -> None:
        if dt is not None and clock is not None:
            raise ModelValueError("give either dt or clock, not both")
        self.name = take_name(name, self)
        self._place = caller_place()
        self._scope = _scope
        self.when = when
        self.order = int(order)
        self.clock = clock if clock is not None else Clock(dt) if dt is not None else defaultclock
        self._active = True
        self._contained: list[SimulationObject] = []
        self._depends_on: list[SimulationObject] = []
        self._network_ref: weakref.ref[Any] | None = None

    @property
    def contained_objects(self) -> list[SimulationObject]:
        """Objects that belong to this one, and are simulated with it; add to it, if you must."""
        return self._contained

    @property
    def active(self) -> bool:
        """Whether it does anything in a run; setting it sets that of contained objects, too."""
        return self._active

    @active.setter
    def active(self, value: bool) -> None:
        self._active = bool(value)
        for x in self._contained:
            x.active = self._active

    @property
    def id(self) -> uuid.UUID:
        """A number of its own that no other object has, in this process or any other."""
        if self._id is None:
            import uuid  # few ask for it

            self._id = uuid.uuid4()
        return self._id

    @property
    def _network(self) -> Any:
        """The network that has simulated it, if that still exists."""
        return None if self._network_ref is None else self._network_ref()

    def _simulated_by(self, network: object) -> None:
        """A network has taken it: no other one may."""
        self._unused = False
        if self._network_ref is None or self._network_ref() is not network:
            self._network_ref = weakref.ref(network)

    def add_dependency(self, *others: SimulationObject) -> None:
        """Objects without which this one cannot be simulated."""
        self._depends_on.extend(others)

    def _dependencies(self) -> Sequence[SimulationObject]:
        """The objects without which this one cannot be simulated."""
        return self._depends_on

    def add_attribute(self, name: str) -> None:
        """Allow a script to keep a value of its own under this name."""
        vars(self)[name] = None

    @property
    def _label(self) -> str:
        """How messages call it: \"neurongroup 'cells' (model.py:12)\"."""
        where = f" ({self._place})" if self._place else ""
        return f"{type(self).__name__} '{self.name}'{where}"

    def _settle(self) -> None:
        """Called before any object is prepared or stored: do what has been put off."""

    def _prepare(self, namespace: Mapping[str, Any]) -> None:
        """Called before each run: look up names, check, fill tables."""

    def _work(self) -> Sequence[Work]:
        """What to do in each step; called after `prepare` of all objects."""
        if type(self).run is SimulationObject.run:
            return ()
        if self._python_work is None:
            self._python_work = Work(Kernel(f"{self.name} run", Python()), self.run)
        return (self._python_work,)

    def _does_something(self) -> bool:
        """Whether it may do something in a step: whether its class defines _work(), or run()."""
        cls = type(self)
        return cls._work is not SimulationObject._work or cls.run is not SimulationObject.run

    def _finds_written(self, slots: Collection[Slot]) -> bool:
        """Look at which slots the code of the run writes; True: prepare once more, knowing that."""
        del slots
        return False

    def _looks_at(self, kernels: Sequence[Kernel]) -> bool:
        """Look at all kernels of the run; True: prepare once more, knowing them."""
        del kernels
        return False

    def _idle_work(self) -> Sequence[Work]:
        """What to do in each step while it is not active."""
        return ()

    def run(self) -> None:
        """Called in each step, if a class of a script's own defines it."""

    def _restored(self) -> None:
        """Called when a checkpoint has been put back into the object's slots."""

    def before_run(self, n_steps: int) -> None:
        """Called last before the first of `n_steps` steps of the object's clock."""

    def _during_run(self) -> None:
        """Called between slices of native code, some fifty times a second of real time."""

    def after_run(self) -> None:
        """Called when a run has ended, also by an error."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self.name}'>"

    def __reduce__(self) -> Any:
        """Raises ModelTypeError: objects of a simulation share memory that runs write to."""
        raise ModelTypeError(
            f"{self._label} cannot be pickled or copied. Make the model in the process that runs "
            "it, and hand over numbers: parameters, and results such as G.v[:]. "
            "store(filename=...) and restore(filename=...) carry a state."
        )

    def __del__(self) -> None:
        if self._unused and self.add_to_magic_network and not sys.is_finalizing():
            self._warn_unused()

    def _warn_unused(self) -> None:
        if prefs["logging.warn_for_unused_objects"]:
            topic("unused_brian_object").warning(
                "%s is gone, and no run has ever simulated it. If it stood in a list or was made "
                "in a function, put it into a Network.",
                self._label,
            )


def take_name(name: str, owner: object) -> str:
    """The name for an object or network; 'cells*' takes the first that no living one has.

    Raises ModelValueError if it is no identifier.
    """
    chosen = free_name(name)
    _objects[chosen] = owner
    vars(owner)["_serial"] = number = next(_numbers)
    _numbered[number] = owner
    return chosen


def serial_number(x: object) -> int:
    """Which object, network, ... of this process it is, in the order in which they were made."""
    return vars(x)["_serial"]


def objects_so_far() -> dict[int, object]:
    """All that has a name and still exists, by serial number."""
    return dict(_numbered)


def free_name(name: str) -> str:
    if not name.endswith("*"):
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ModelValueError(
                f"'{name}' cannot be the name of an object: use letters, digits and underscores, "
                "and begin with a letter"
            )
        return name
    stem = name[:-1]
    if stem not in _objects:
        return stem
    k = 1
    while f"{stem}_{k}" in _objects:
        k += 1
    return f"{stem}_{k}"
