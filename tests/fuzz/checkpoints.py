"""Checkpoints: random networks whose run is split, with a file and a new process in between.

    python -m tests.fuzz.checkpoints --n 200 --seed 1

Each network (random_network.py) runs once as a whole. Then the same steps run in two to four parts,
cut at random; each part is a process of its own, which makes the objects, restores what the last
one has stored, runs, and stores again. All that was recorded and all state must be equal, bit for
bit.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rheobase as rb
from tests.fuzz.random_network import STEP, build, result

__all__ = ["differences", "split"]

STEPS = 200
Result = Mapping[str, NDArray[Any]]


def whole(choice: int) -> Result:
    """What the run makes that is not split."""
    rb.defaultclock.dt = STEP
    net = build(choice)
    net.run(STEPS * STEP)
    return result(net)


def cuts_of(choice: int) -> list[int]:
    """The steps at which the parts begin and end."""
    draw = np.random.default_rng(choice)
    inner = draw.integers(0, STEPS + 1, draw.integers(1, 4))
    return [0, *sorted(inner.tolist()), STEPS]


def split(choice: int, folder: Path, backend: str = "llvm") -> Result:
    """What the same run makes in parts, each in a process of its own."""
    cuts = cuts_of(choice)
    for k, steps in enumerate(np.diff(cuts)):
        arguments = [str(choice), str(steps), str(folder), str(k), backend]
        command = [sys.executable, "-m", "tests.fuzz.checkpoints", "--part", *arguments]
        subprocess.run(command, check=True)
    rb.defaultclock.dt = STEP
    net = build(choice)
    net.restore(filename=folder / str(len(cuts) - 2))
    return result(net)


def run_part(choice: str, steps: str, folder: str, number: str, backend: str) -> None:
    """Go on from the last part, and store where this one ends."""
    rb.BrianLogger.log_level_error()
    rb.set_backend(backend)
    rb.defaultclock.dt = STEP
    net = build(int(choice))
    if int(number):
        last = Path(folder) / str(int(number) - 1)
        net.restore(filename=last, restore_random_state=True)
    net.run(int(steps) * STEP)
    net.store(filename=Path(folder) / number)


def differences(met: Result, expected: Result) -> list[str]:
    """The names of what is not equal, bit for bit."""
    return [
        k
        for k in sorted(set(met) | set(expected))
        if k not in met
        or k not in expected
        or met[k].shape != expected[k].shape
        or met[k].tobytes() != expected[k].tobytes()
    ]


def search(n: int, seed: int) -> int:
    """Compare n networks; how many differ."""
    rb.BrianLogger.log_level_error()
    failed = events = parts = 0
    started = time.perf_counter()
    for choice in range(seed * 1_000_000, seed * 1_000_000 + n):
        expected = whole(choice)
        with tempfile.TemporaryDirectory() as folder:
            found = differences(split(choice, Path(folder)), expected)
        failed += bool(found)
        events += sum(len(v) for k, v in expected.items() if k.endswith(".i"))
        parts += len(cuts_of(choice)) - 1
        if (choice + 1) % 20 == 0:
            print(f"{choice + 1 - seed * 1_000_000} networks, {failed} differ", flush=True)
        if found:
            print(f"{choice}: cut at {cuts_of(choice)}: {found}", flush=True)
    seconds = time.perf_counter() - started
    print(f"{n} networks in {parts} processes, {events} events: {failed} differ ({seconds:.0f} s)")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", nargs=5, help="used by the search itself")
    options = parser.parse_args()
    if options.part:
        run_part(*options.part)
        return 0
    return 1 if search(options.n, options.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
