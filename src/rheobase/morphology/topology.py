"""A tree of sections, drawn with letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

__all__ = ["Topology"]


class Topology:
    """The branches of a tree: a line for each section, as long as it has compartments.

    Made by Morphology.topology(); its text is the drawing.
    """

    def __init__(self, lines: list[tuple[int, str, str]]) -> None:
        """lines: (depth, path, mark) of each section, depth first."""
        self._lines = lines

    def __str__(self) -> str:
        return "\n".join(_line(*line) for line in self._lines) + "\n"

    __repr__ = __str__


def _line(depth: int, path: str, mark: str) -> str:
    branch = "" if depth == 0 else "    " * (depth - 1) + "   `"
    return f"{branch}{mark}  {path or '[root]'}"
