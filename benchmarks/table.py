"""The table of results, as Markdown."""

import statistics
from collections import defaultdict

from rows import DT, ROWS, SMALLEST

BEGIN, END = "<!-- results: written by benchmarks/run.py --docs -->", "<!-- end of results -->"


def _median(runs, key):
    return statistics.median(run[key] for run in runs)


def _rates(runs):
    """{population: Hz}, means over the runs."""
    return {k: statistics.mean(run["rates"][k] for run in runs) for k in runs[0]["rates"]}


class Measured:
    """All runs of one row.

    limits   runs of limits.c that were made beside them
    """

    def __init__(self, row, sides):
        self.row, self.sides = row, sides
        self.limits = sides.pop("limits", [])

    def seconds(self, side):
        """The loop, for a second of biological time; None if the side was not measured."""
        runs = self.sides.get(side)
        if not runs:
            return None
        return statistics.median(run["loop_seconds"] / run["duration"] for run in runs)

    def pairs(self, side, base):
        """The ratios of runs that were made in turns; of the medians, if there are not as many."""
        over, under = (
            [run["loop_seconds"] / run["duration"] for run in self.sides.get(s, [])]
            for s in (side, base)
        )
        if not over or not under:
            return []
        if len(over) != len(under):
            return [statistics.median(over) / statistics.median(under)]
        return [a / b for a, b in zip(over, under, strict=True)]

    def units(self):
        """How often the unit of the row happens in a second."""
        if self.row.unit == "synaptic event":
            return self.events(self.sides["rheobase-1"])
        return (self.row.size if self.row.unit == "cell and step" else 1) / DT

    def events(self, runs):
        """Synaptic events in a second."""
        if not runs[0]["synapses"]:
            return 0.0
        return _median(runs, "events") / runs[0]["duration"]

    def nanoseconds(self, side):
        seconds = self.seconds(side)
        return None if seconds is None else 1e9 * seconds / self.units()

    def limit(self):
        """Seconds for a second that moving the state and visiting the synapses would take."""
        if not self.limits:
            return None
        in_cache = self.row.size * self.row.state_bytes < 2e6
        where = "cache_bytes_per_second" if in_cache else "memory_bytes_per_second"
        moved = self.row.size * self.row.state_bytes / DT / _median(self.limits, where)
        gathered = self.events(self.sides["rheobase-1"]) * 1e-9 * _median(self.limits, "gather_ns")
        return moved + gathered

    def agrees(self, side, base):
        """Whether both have the same rates, as far as the row asks."""
        ours, theirs = _rates(self.sides[base]), _rates(self.sides[side])
        pairs = ((ours[k], theirs[k]) for k in ours)
        return all(abs(a - b) <= self.row.tolerance * max(a, b) for a, b in pairs)


def _ratio(m, side, base):
    """How many times the time of `base` a side takes; in brackets if the rates differ."""
    pairs = m.pairs(side, base)
    if not pairs:
        return ""
    text = f"{statistics.median(pairs):.2f}"
    return text if m.agrees(side, base) else f"({text})"


def _number(value, form="{:.2f}"):
    return "" if value is None else form.format(value)


def _spelled(rates):
    return " ".join(f"{rate:.1f}" if rate > 1 else f"{rate:.2g}" for rate in rates.values())


def _times(m):
    limit, ours = m.limit(), m.seconds("rheobase-1")
    return [
        m.row.name,
        m.row.unit,
        _number(m.nanoseconds("c")),
        _number(m.nanoseconds("rheobase-1")),
        _ratio(m, "rheobase-1", "c"),
        _number(ours / limit if limit else None),
        _ratio(m, "rheobase-1", "rheobase-2"),
        _ratio(m, "brian-cpp-1", "rheobase-1"),
        _ratio(m, "brian-cpp-2", "rheobase-2"),
        _ratio(m, "brian-runtime", "rheobase-short-1"),
        _ratio(m, "nest-1", "rheobase-short-1"),
        _ratio(m, "nest-2", "rheobase-short-2"),
    ]


TIMES = (
    "row",
    "unit",
    "C, ns",
    "rheobase, ns",
    "rheobase / C",
    "rheobase / limit",
    "1 thread / 2",
    "Brian C++ / rheobase",
    "the same, 2 threads",
    "Brian runtime / rheobase",
    "NEST / rheobase",
    "the same, 2 threads",
)
SIDES = ("c", "rheobase-1", "brian-cpp-1", "brian-runtime", "nest-1")


def _facts(m):
    rates = [_spelled(_rates(m.sides[s])) if m.sides.get(s) else "" for s in SIDES]
    peaks = [
        _number(_median(m.sides[s], "peak_rss_bytes") / 1e6, "{:.0f}") if m.sides.get(s) else ""
        for s in ("c", "rheobase-1", "brian-cpp-1", "nest-1")
    ]
    each = peak = ""
    if m.sides.get("memory"):
        run = m.sides["memory"][-1]
        if run["synapses"] > 100_000:
            each = f"{run['grown_bytes'] / run['synapses']:.1f}"
        peak = f"{run['grown_peak_bytes'] / run['grown_bytes']:.2f}"
    runs = m.sides["rheobase-1"]
    built = _number(_median(runs, "build_seconds") + _median(runs, "prepare_seconds"))
    return [m.row.name, *rates, each, *peaks, peak, built]


FACTS = (
    "row",
    *(f"{s}, Hz" for s in ("C", "rheobase", "Brian C++", "Brian runtime", "NEST")),
    "bytes a synapse",
    *(f"{s}, MB" for s in ("C", "rheobase", "Brian C++", "NEST")),
    "peak / final",
    "built in, s",
)


def _markdown(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def measured(lines):
    """[Measured] of all rows that rheobase has run, from the lines of a results file."""
    found = defaultdict(lambda: defaultdict(list))
    for line in lines:
        found[line["row"]][line["side"]].append(line)
    rows = [(row, found[name]) for name, row in ROWS.items() if name in found]
    return [Measured(row, sides) for row, sides in rows if sides.get("rheobase-1")]


STARTS = ("rheobase-cold", "rheobase-warm", "nest-warm")


def _starts(lines):
    """One row: the smallest script, in seconds."""
    found = defaultdict(list)
    for line in lines:
        if line["row"] == SMALLEST:
            found[line["side"]].append(line)
    times = [_number(_median(found[s], "process_seconds")) if found[s] else "" for s in STARTS]
    header = ("", "rheobase, nothing compiled, s", "rheobase, s", "NEST, s")
    return _markdown(header, [["smallest script, from start to end", *times]])


def _summary(rows):
    """What the ratios come to, rows with unequal rates left out."""
    said = []
    for side, base, label in (
        ("rheobase-1", "c", "rheobase takes {mean:.2f} of the time of C"),
        ("brian-cpp-1", "rheobase-1", "Brian 2's C++ takes {mean:.1f} times the time of rheobase"),
        ("nest-1", "rheobase-short-1", "NEST takes {mean:.1f} times the time of rheobase"),
    ):
        found = [(m, m.pairs(side, base)) for m in rows]
        ratios = {m.row.name: statistics.median(p) for m, p in found if p and m.agrees(side, base)}
        if ratios:
            low, high = min(ratios, key=ratios.get), max(ratios, key=ratios.get)
            mean = statistics.geometric_mean(ratios.values())
            said.append(
                f"- {label.format(mean=mean)}: geometric mean of {len(ratios)} rows, "
                f"{ratios[low]:.2f} ({low}) to {ratios[high]:.2f} ({high}), one thread each."
            )
    return "\n".join(said)


def table(lines):
    """Three tables: times and ratios; rates and memory; the smallest script. Ratios of simulators
    whose rates differ are in brackets."""
    rows = measured(lines)
    times, facts = [_times(m) for m in rows], [_facts(m) for m in rows]
    parts = [_summary(rows), _markdown(TIMES, times), _markdown(FACTS, facts), _starts(lines)]
    return "\n\n".join(part for part in parts if part)


def write_into(page, lines):
    """Put the tables into a page, between its two marks."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text(f"{before}{BEGIN}\n\n{table(lines)}\n\n{END}{after}", encoding="utf-8")
