"""Functions of time whose values hold for fixed intervals, against the steps of a group."""

from __future__ import annotations

from typing import Final

from rheobase.lang.functions import FunctionInfo
from rheobase.topics import topic

__all__ = ["GridWarnings", "holds_during_steps"]


_GRID_SLACK: Final = 1e-4  # relative: as two times count as equal


def holds_during_steps(grid: float, dt: float) -> bool:
    """Whether what changes at multiples of `grid` is constant during each step of length dt."""
    ratio = grid / dt
    return round(ratio) >= 1 and abs(ratio - round(ratio)) < _GRID_SLACK * ratio


class GridWarnings:
    """Says once for each function and dt that the steps of a group do not fit its grid."""

    def __init__(self) -> None:
        self._said: set[tuple[FunctionInfo, float]] = set()

    def check(self, name: str, info: FunctionInfo, dt: float, label: str) -> None:
        if info.grid is None or (info, dt) in self._said:
            return
        grid = info.grid()
        self._said.add((info, dt))
        if grid > dt and not holds_during_steps(grid, dt):
            topic("unaligned_steps").warning(
                "%s: the steps of '%s' (%g ms) are no multiple of dt (%g ms): their times do not "
                "coincide",
                label, name, grid * 1e3, dt * 1e3,
            )  # fmt: skip
