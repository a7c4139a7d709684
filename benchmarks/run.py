"""Time rheobase beside C programs of the same models, Brian 2 and NEST; print the table.

    python benchmarks/run.py                         all rows, all simulators that are there
    python benchmarks/run.py cuba brunel --sides c rheobase-1 --repeat 5
    python benchmarks/run.py --only-table            what has been measured before

Brian 2 and NEST may live in environments of their own: --brian and --nest take the path of a Python
interpreter. Each run is a process of its own; the sides of a row run in turns, so that what
disturbs the machine disturbs all of them. Every run is a line of JSON at the end of --results, and
the table shows medians of the lines that are there; `limits` (bandwidth of the memory, a bare loop
that adds to random targets) is measured with each row.

What is timed is the simulation alone, without building the network, compiling and reporting. All
sides integrate the same equations with the same step, draw random connections of their own and keep
the cell and time of every spike. A row counts only if their rates agree.
"""

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rows import ROWS
from sides import CFLAGS, HERE, SIDES, RunError, Tools, build, call_json
from table import table, write_into


def interpreter_with(package, given):
    """The given interpreter, this one, or None: the first that has the package."""
    for python in (given, sys.executable):
        if python is None:
            continue
        found = subprocess.run([python, "-c", f"import {package}"], capture_output=True)
        if found.returncode == 0:
            return python
    return None


class Results:
    """Lines of JSON in a file: one for each run."""

    def __init__(self, path):
        self.path = path

    def add(self, row, side, result):
        line = {"row": row, "side": side, "at": datetime.datetime.now().isoformat("T", "seconds")}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**line, **result}) + "\n")

    def read(self):
        if not self.path.exists():
            return []
        return [json.loads(x) for x in self.path.read_text(encoding="utf-8").splitlines()]


def measure(row, sides, args, tools, results):
    """Prepare all sides of a row, then run them in turns."""
    for side in sides:
        side.prepare(row, tools)
    if args.prepare:
        return
    for k in range(args.repeat):
        results.add(row.name, "limits", call_json([build("limits", tools.cc, tools.cflags)]))
        for side in sides:
            if k > 0 and side.name == "memory":
                continue
            seed = args.seed + k
            result = side.run(row, seed, tools)
            full = {"duration": row.duration, "seed": seed, **result}
            results.add(row.name, side.name, full)
            seconds = full.get("loop_seconds", full["process_seconds"])
            print(f"{row.name:17} {side.name:16} {seconds:9.4f} s  {full.get('rates', '')}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=" ".join(ROWS))
    parser.add_argument("--sides", nargs="*", choices=list(SIDES), default=list(SIDES))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; then +1 each")
    parser.add_argument("--results", type=Path, default=HERE / "results.jsonl")
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    parser.add_argument("--cflags", default=CFLAGS)
    parser.add_argument("--brian", help="a Python interpreter that has Brian 2")
    parser.add_argument("--nest", help="a Python interpreter that has NEST")
    parser.add_argument("--prepare", action="store_true", help="build the programs only")
    parser.add_argument("--docs", action="store_true", help="tables into docs/performance.md")
    parser.add_argument("--only-table", action="store_true", help="measure nothing")
    args = parser.parse_args()
    unknown = sorted(set(args.rows) - set(ROWS))
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if args.repeat < 1:
        parser.error("--repeat must be at least 1")
    return args


def main():
    args = arguments()
    results = Results(args.results)
    if not args.only_table:
        brian, nest = interpreter_with("brian2", args.brian), interpreter_with("nest", args.nest)
        cc = args.cc if shutil.which(args.cc) else sys.exit(f"no C compiler {args.cc}")
        for name in args.rows or ROWS:
            with tempfile.TemporaryDirectory(prefix="rheobase-bench-") as cache:
                tools = Tools(cc, args.cflags, brian, nest, cache)
                sides = [SIDES[s] for s in args.sides if SIDES[s].available(ROWS[name], tools)]
                try:
                    measure(ROWS[name], sides, args, tools, results)
                except RunError as failure:
                    print(failure, file=sys.stderr)
    print(table(results.read()))
    if args.docs:
        write_into(HERE.parent / "docs" / "performance.md", results.read())


if __name__ == "__main__":
    main()
