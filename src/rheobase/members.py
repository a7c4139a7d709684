"""Which objects a network holds, and in what order they run within a step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rheobase.errors import (
    ModelTypeError,
    ModelValueError,
    NetworkError,
    UnknownNameError,
    did_you_mean,
)
from rheobase.model.base import SimulationObject, take_name
from rheobase.preference_names import is_schedule, prefs
from rheobase.summaries import SchedulingEntry, SchedulingSummary, html_table

__all__ = ["Members", "with_contained"]


def with_contained(objects: Iterable[SimulationObject]) -> list[SimulationObject]:
    """Objects, and those that they contain, each once."""
    found: dict[SimulationObject, None] = {}

    def visit(some: Iterable[SimulationObject]) -> None:
        for x in some:
            if x not in found:
                found[x] = None
                if parts := x.contained_objects:
                    visit(parts)

    visit(objects)
    return list(found)


class Members:
    """Objects with names, and the schedule by which they are sorted: what a network is, at rest.

    name   'network*' takes the first of network, network_1, ... that is free
    """

    def __init__(self, name: str) -> None:
        self.name = take_name(name, self)
        self.objects: list[SimulationObject] = []
        self._schedule: list[str] | None = None

    # ------------------------------------------------------------ objects
    def add(self, *objects: Any) -> None:
        """Add objects, or containers of objects."""
        for x in objects:
            if isinstance(x, SimulationObject):
                self._add_one(x)
            elif isinstance(x, Mapping):
                self.add(*x.values())  # pyright: ignore[reportUnknownArgumentType]
            elif isinstance(x, Iterable) and not isinstance(x, str):
                self.add(*x)  # pyright: ignore[reportUnknownArgumentType]
            else:
                raise ModelTypeError(
                    f"a network holds groups, synapses, monitors and such, not {x!r}"
                )

    def _add_one(self, x: SimulationObject) -> None:
        self.check_free(x)
        if x not in self.objects:
            self.objects.append(x)

    def check_free(self, x: SimulationObject) -> None:
        """Raises NetworkError if another network has simulated x."""
        other = x._network
        if other is not None and other is not self:
            raise NetworkError(
                f"{x._label} has been simulated by {other.name}, and cannot be in {self.name}, "
                "too: each network has a time of its own. Make the object anew for the other one."
            )

    def remove(self, *objects: Any) -> None:
        """Take objects out again.

        Raises ModelTypeError for what no network can hold, KeyError for what it does not hold.
        """
        for x in objects:
            if isinstance(x, SimulationObject):
                if x not in self.objects:
                    raise UnknownNameError(f"{self.name} does not hold {x._label}")
                self.objects.remove(x)
            elif isinstance(x, Iterable) and not isinstance(x, str):
                self.remove(*x)  # pyright: ignore[reportUnknownArgumentType]
            else:
                raise ModelTypeError(f"a network does not hold {x!r}")

    def all_objects(self) -> list[SimulationObject]:
        """The objects and what they contain."""
        return with_contained(self.objects)

    @property
    def sorted_objects(self) -> list[SimulationObject]:
        """All objects in the order in which they run within a step."""
        return sorted(self.all_objects(), key=self.rank)

    def __iter__(self) -> Iterator[SimulationObject]:
        return iter(self.all_objects())

    def __len__(self) -> int:
        return len(self.all_objects())

    def __contains__(self, name: str) -> bool:
        return any(x.name == name for x in self.all_objects())

    def __getitem__(self, name: str) -> Any:
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"a network is indexed with the name of an object, not {name!r}")
        for x in self.all_objects():
            if x.name == name:
                return x
        near = did_you_mean(name, [x.name for x in self.all_objects()])
        raise KeyError(f"{self.name} has no object '{name}'. {near}")

    def __delitem__(self, name: str) -> None:
        self.remove(self[name])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self.name}': {', '.join(x.name for x in self.objects)}>"

    def _repr_html_(self) -> str:
        rows = [(x.name, type(x).__name__, repr(x).strip("<>")) for x in self.objects]
        return f"<b>Network</b> '{self.name}'" + html_table([("object", "kind", "what"), *rows])

    # ------------------------------------------------------------ schedule
    @property
    def schedule(self) -> list[str]:
        """The slots of a step; before_x and after_x go with each x.

        None: those of prefs.core.network.default_schedule (also if that changes).
        """
        if self._schedule is None:
            return list(prefs["core.network.default_schedule"])
        return list(self._schedule)

    @schedule.setter
    def schedule(self, names: Any) -> None:
        if names is None:
            self._schedule = None
            return
        if isinstance(names, (str, set)) or not isinstance(names, Sequence):
            raise ModelTypeError(f"a schedule is a list of names of slots, not {names!r}")
        if not all(isinstance(n, str) for n in names):  # pyright: ignore
            raise ModelTypeError(f"the slots of a schedule have names, but this is {names!r}")
        if not is_schedule(list(names)):  # pyright: ignore[reportUnknownArgumentType]
            raise ModelValueError(
                f"a schedule does not list slots that begin with before_ or after_: {names!r}; "
                "each slot has them by itself"
            )
        self._schedule = list(names)  # pyright: ignore[reportUnknownArgumentType]

    def rank(self, x: SimulationObject) -> tuple[float, int, str]:
        """Where in the step an object runs: slot, order, name."""
        schedule = (
            prefs["core.network.default_schedule"] if self._schedule is None else self._schedule
        )
        if x.when in schedule:
            return schedule.index(x.when), x.order, x.name
        for prefix, shift in (("before_", -0.25), ("after_", 0.25)):
            slot = x.when.removeprefix(prefix)
            if x.when.startswith(prefix) and slot in schedule:
                return schedule.index(slot) + shift, x.order, x.name
        raise ModelValueError(
            f"{x._label}: there is no slot '{x.when}' in the schedule {list(schedule)}"
        )

    def scheduling_summary(self) -> SchedulingSummary:
        """What runs in a step, in order; as text, and as a table in notebooks.

        >>> from rheobase import Network, NeuronGroup
        >>> net = Network(NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1', name='cells'))
        >>> [entry.name for entry in net.scheduling_summary().entries]
        ['cells_stateupdater']
        """
        return SchedulingSummary(self.entries(self.objects))

    def entries(self, objects: Iterable[SimulationObject]) -> list[SchedulingEntry]:
        """What of some objects, and of what they contain, does something in a step, in order."""
        every = with_contained(objects)
        owners = {id(part): x.name for x in every for part in x.contained_objects}
        ordered = sorted((x for x in every if x._does_something()), key=self.rank)
        return [
            SchedulingEntry(
                x.name,
                type(x).__name__,
                owners.get(id(x), ""),
                x.when,
                x.order,
                x.clock.dt,
                x.clock.pace,
                x.clock.name,
                x.active,
            )
            for x in ordered
        ]

    # ------------------------------------------------------------ checks
    def check_dependencies(self, objects: Sequence[SimulationObject]) -> None:
        """Raises ModelValueError if an object is missing without which another cannot run."""
        present = set(map(id, objects))
        for x in objects:
            missing = self.missing_for(x, present)
            if missing is not None:
                raise ModelValueError(
                    f"{x._label} is in {self.name}, but {missing._label}, which it needs, is not: "
                    "add it to the network"
                )

    @staticmethod
    def missing_for(x: SimulationObject, present: Collection[int]) -> SimulationObject | None:
        """An object that x needs and that is not there; `present` are the ids of those that are."""
        for needed in x._dependencies():
            root = needed
            while id(root) not in present and not root.add_to_magic_network:
                source = getattr(root, "source", None)  # a part of a group stands for the group
                if not isinstance(source, SimulationObject) or source is root:
                    break
                root = source
            if id(root) not in present:
                return root
        return None

    def check_names(self, objects: Sequence[SimulationObject]) -> None:
        """Raises ModelValueError if two of the objects have one name."""
        seen: dict[str, SimulationObject] = {}
        for x in objects:
            if x.name in seen:
                raise ModelValueError(
                    f"two objects of the network have the name '{x.name}': {seen[x.name]._label} "
                    f"and {x._label}"
                )
            seen[x.name] = x
