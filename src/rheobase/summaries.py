"""Summaries of a network, as text and as tables in notebooks: what runs when, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rheobase.records import record
from rheobase.units import Quantity, second

__all__ = [
    "ProfileEntry",
    "ProfilingSummary",
    "SchedulingEntry",
    "SchedulingSummary",
    "html_table",
    "text_table",
]


@record
class SchedulingEntry:
    """One object that runs in a step.

    owner   name of the object to which it belongs, or ''
    pace    how often it runs: dt, or the number of times of an EventClock
    """

    name: str
    type: str
    owner: str
    when: str
    order: int
    dt: Any
    pace: str
    clock: str
    active: bool

    def row(self) -> tuple[str, ...]:
        part = f"{self.name} ({self.type}{f' of {self.owner}' if self.owner else ''})"
        if not self.active:
            part += ", inactive"
        return part, self.when, str(self.order), f"{self.pace} ({self.clock})"


class SchedulingSummary:
    """What runs in a step, in order.

    entries   SchedulingEntry, first to last
    """

    def __init__(self, entries: Sequence[SchedulingEntry]) -> None:
        self.entries = list(entries)

    def _rows(self) -> list[tuple[str, ...]]:
        return [("object", "slot", "order", "step"), *(e.row() for e in self.entries)]

    def __str__(self) -> str:
        return text_table(self._rows())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self._rows())


@record
class ProfileEntry:
    """A kernel, and the seconds spent in it."""

    name: str
    seconds: float


class ProfilingSummary:
    """What the kernels of a run cost, the dearest first, and what it cost outside of them.

    entries   ProfileEntry of each kernel
    show      how many of them; None: all
    outside   the rest of the run's time, by what it went into

    Its `total`, in seconds, is the time of the whole run.
    """

    def __init__(
        self,
        entries: Sequence[ProfileEntry],
        show: int | None = None,
        outside: Sequence[ProfileEntry] = (),
    ) -> None:
        ordered = sorted(entries, key=lambda e: -e.seconds)
        self.total = sum(e.seconds for e in (*ordered, *outside))
        self.entries = ordered if show is None else ordered[:show]
        self.outside = tuple(outside)

    def _rows(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("kernel", "time", "share")]
        for e in (*self.entries, *self.outside):
            share = 100 * e.seconds / self.total if self.total else 0.0
            time = Quantity(e.seconds, dim=second.dim).in_best_unit(precision=3)
            rows.append((e.name, time, f"{share:.1f} %"))
        return rows

    def __str__(self) -> str:
        return text_table(self._rows())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self._rows())


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as aligned columns; the first row is the head."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def html_table(rows: Sequence[Sequence[str]]) -> str:
    """The same as a table of HTML."""
    import html  # only notebooks ask for it

    def line(row: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"

    head, *body = rows
    return "<table>" + line(head, "th") + "".join(line(r, "td") for r in body) + "</table>"
