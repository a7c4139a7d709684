"""The sections that leave a section, by name, and what a name may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

__all__ = ["Children", "is_path"]

T = TypeVar("T")

STEPS: Final = frozenset("LR123456789")


def is_path(name: str) -> bool:
    """Whether a name is a way through the tree: 'L', 'LR2', with one letter for each branch."""
    return bool(name) and STEPS.issuperset(name)


class Children(Generic[T]):
    """The sections that leave a section, in the order in which they were attached.

    Iterating goes over the sections. `children['axon']` looks for a name, and `children['2']` for
    the second section if no section is called so.

    >>> from rheobase import Cylinder, Soma, um
    >>> soma = Soma(30*um)
    >>> soma.axon = Cylinder(diameter=1*um, length=100*um)
    >>> len(soma.children), soma.children.name(soma.axon), soma.axon in soma.children
    (1, 'axon', True)
    """

    def __init__(self) -> None:
        self._by_name: dict[str, T] = {}

    def find(self, name: str) -> T | None:
        """The section of that name or, for a digit, of that place, counted from 1."""
        if name in self._by_name:
            return self._by_name[name]
        place = int(name) if len(name) == 1 and name in STEPS - {"L", "R"} else 0
        return list(self)[place - 1] if 0 < place <= len(self) else None

    def name(self, section: T) -> str:
        """What a section is called here; KeyError if it is not attached here."""
        for name, child in self._by_name.items():
            if child is section:
                return name
        raise KeyError(f"{section!r} is not attached here")

    def names(self) -> list[str]:
        """The names, in order."""
        return list(self._by_name)

    def add(self, name: str, section: T) -> None:
        """Attach a section under a new name."""
        self._by_name[name] = section

    def remove(self, section: T) -> None:
        """Detach a section."""
        del self._by_name[self.name(section)]

    def __getitem__(self, name: str) -> T:
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"sections have names: children['1'] is the first, not {name!r}")
        found = self.find(name)
        if found is None:
            raise KeyError(f"no section is called '{name}': there are {', '.join(self.names())}")
        return found

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._by_name.values()))

    def __contains__(self, section: object) -> bool:
        return any(child is section for child in self)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        listed = ", ".join(f"'{name}': {child!r}" for name, child in self._by_name.items())
        return f"<{len(self)} children: {{{listed}}}>"
