"""The simulators, as commands: each builds what it needs, and runs a row in a process of its own.

A side gives lines of JSON with at least `loop_seconds` (the simulation alone, without building the
network, compiling and reporting), `rates` (Hz of each population) and `peak_rss_bytes`.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from rows import SMALLEST

HERE = Path(__file__).resolve().parent
BIN = HERE / "bin"
CFLAGS = "-O3 -march=native -ffast-math -mprefer-vector-width=512"


class RunError(Exception):
    """A simulator ended with an error; the text is what it said."""


@dataclass(frozen=True)
class Tools:
    """Where the programs are that are measured.

    cc, cflags      C compiler
    brian, nest     Python interpreters that have them, or None
    cache           a folder for code that rheobase compiles
    """

    cc: str
    cflags: str
    brian: str | None
    nest: str | None
    cache: str


def build(program, cc="cc", cflags=CFLAGS):
    """Compile a program of c/; returns the path of the binary."""
    binary = BIN / program
    BIN.mkdir(exist_ok=True)
    source = HERE / "c" / f"{program}.c"
    command = [cc, *shlex.split(cflags), "-o", binary, source, "-lm"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return binary


def call(command, env=None, cwd=None):
    """Run a program; returns the last line that it prints, or None, and its wall time."""
    began = time.perf_counter()
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True)
    wall = time.perf_counter() - began
    if done.returncode != 0:
        shown = " ".join(map(str, command))
        raise RunError(f"{shown} failed:\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}")
    lines = done.stdout.splitlines()
    return (lines[-1] if lines else None), wall


def call_json(command, env=None):
    """Run a program that prints one line of JSON; adds its wall time as process_seconds."""
    line, wall = call(command, env)
    return {**json.loads(line), "process_seconds": wall}


def _options(row, seed):
    return ["--size", str(row.size), "--duration", str(row.duration), "--seed", str(seed)]


@dataclass(frozen=True)
class C:
    name = "c"

    def available(self, row, tools):
        return (HERE / "c" / f"{row.model}.c").exists()

    def prepare(self, row, tools):
        build(row.model, tools.cc, tools.cflags)

    def run(self, row, seed, tools):
        return call_json([BIN / row.model, *_options(row, seed)])


@dataclass(frozen=True)
class Rheobase:
    threads: int = 1

    @property
    def name(self):
        return f"rheobase-{self.threads}"

    def available(self, row, tools):
        return (HERE / "models" / row.model / "rheobase.py").exists()

    def prepare(self, row, tools):
        pass

    def run(self, row, seed, tools, *extra):
        env = {**os.environ, "RHEOBASE_CACHE_DIR": tools.cache, "OMP_NUM_THREADS": "1"}
        child = [sys.executable, HERE / "child.py", "rheobase", row.model]
        threads = ["--threads", str(self.threads), *extra]
        return call_json([*child, *_options(row, seed), *threads], env)


@dataclass(frozen=True)
class Short(Rheobase):
    """A run of rheobase as short as those of the slow simulators, to compare with them."""

    @property
    def name(self):
        return f"rheobase-short-{self.threads}"

    def run(self, row, seed, tools):
        row = replace(row, duration=row.in_short)
        return {**super().run(row, seed, tools), "duration": row.duration}


@dataclass(frozen=True)
class Memory:
    """A run of rheobase for the memory of its network alone."""

    name = "memory"

    def available(self, row, tools):
        return (HERE / "models" / row.model / "rheobase.py").exists()

    def prepare(self, row, tools):
        pass

    def run(self, row, seed, tools):
        return Rheobase().run(replace(row, duration=10e-3), seed, tools, "--memory")


@dataclass(frozen=True)
class BrianRuntime:
    name = "brian-runtime"

    def available(self, row, tools):
        return tools.brian is not None and row.brian

    def prepare(self, row, tools):
        """Code that is compiled once and kept is not compiled in the run that counts."""
        self.run(replace(row, in_short=1e-3), 1, tools)

    def run(self, row, seed, tools):
        row = replace(row, duration=row.in_short)
        child = [tools.brian, HERE / "child.py", "brian", row.model]
        return {**call_json([*child, *_options(row, seed)]), "duration": row.duration}


@dataclass(frozen=True)
class BrianStandalone:
    """C++ standalone. The program is built once; more runs of it repeat the same seed."""

    threads: int = 1

    @property
    def name(self):
        return f"brian-cpp-{self.threads}"

    def available(self, row, tools):
        return tools.brian is not None and row.brian

    def _folder(self, row):
        return BIN / "brian" / f"{row.name}-{self.threads}"

    def prepare(self, row, tools):
        folder = self._folder(row)
        if (folder / "first.json").exists():
            return
        folder.mkdir(parents=True, exist_ok=True)
        child = [tools.brian, HERE / "child.py", "standalone", row.model, *_options(row, 1)]
        first = call_json([*child, "--threads", str(self.threads), "--folder", str(folder)])
        (folder / "first.json").write_text(json.dumps(first), encoding="utf-8")

    def run(self, row, seed, tools):
        folder = self._folder(row)
        first = json.loads((folder / "first.json").read_text(encoding="utf-8"))
        peak = ["/usr/bin/env", "python3", HERE / "peak.py"]
        line, wall = call([*peak, folder / "main"], cwd=folder)
        took = (folder / "results" / "last_run_info.txt").read_text(encoding="utf-8").split()[0]
        kept = {key: first[key] for key in ("synapses", "rates")}
        peak_bytes = json.loads(line)["peak_rss_bytes"]
        measured = {"loop_seconds": float(took), "process_seconds": wall}
        return {**kept, **measured, "peak_rss_bytes": peak_bytes, "seed": 1}


@dataclass(frozen=True)
class Nest:
    threads: int = 1

    @property
    def name(self):
        return f"nest-{self.threads}"

    def available(self, row, tools):
        model = HERE / "models" / row.model / "nest.py"
        return tools.nest is not None and model.exists()

    def prepare(self, row, tools):
        pass

    def run(self, row, seed, tools):
        part = replace(row, duration=row.in_short, size=row.in_part or row.size)
        child = [tools.nest, HERE / "nest_child.py", row.model]
        env = {**os.environ, "PYTHONPATH": "", "OMP_NUM_THREADS": str(self.threads)}
        threads = ["--threads", str(self.threads)]
        result = call_json([*child, *_options(part, seed), *threads], env)
        scaled = {"loop_seconds": result["loop_seconds"] * row.size / part.size}
        return {**result, **scaled, "duration": part.duration, "size": part.size}


@dataclass(frozen=True)
class Script:
    """The smallest script, from the start of its process to its end.

    cold   with an empty cache of compiled models; byte code of Python is there, as in a package
           that has been installed
    """

    simulator: str
    cold: bool = False

    @property
    def name(self):
        return f"{self.simulator}-{'cold' if self.cold else 'warm'}"

    def available(self, row, tools):
        return row.name == SMALLEST and self._python(tools) is not None

    def _python(self, tools):
        return {"rheobase": sys.executable, "nest": tools.nest}[self.simulator]

    def prepare(self, row, tools):
        self._script(tools, tools.cache)

    def run(self, row, seed, tools):
        with tempfile.TemporaryDirectory(prefix="rheobase-bench-") as empty:
            return {"process_seconds": self._script(tools, empty if self.cold else tools.cache)}

    def _script(self, tools, cache):
        env = {**os.environ, "RHEOBASE_CACHE_DIR": cache}
        env["PYTHONPYCACHEPREFIX"] = str(BIN / "bytecode")
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        return call([self._python(tools), HERE / SMALLEST / f"with_{self.simulator}.py"], env)[1]


SIDES = {
    side.name: side
    for side in (
        C(),
        Rheobase(1),
        Rheobase(2),
        Short(1),
        Short(2),
        Memory(),
        BrianStandalone(1),
        BrianStandalone(2),
        BrianRuntime(),
        Nest(1),
        Nest(2),
        Script("rheobase", cold=True),
        Script("rheobase"),
        Script("nest"),
    )
}
