"""Programs that read what is written: jNeuroML (in Java) and PyLEMS."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray


def jar() -> Path:
    """The jNeuroML that pyNeuroML carries; the test is skipped without it."""
    spec = importlib.util.find_spec("pyneuroml")
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    found = [path for folder in folders for path in Path(folder).glob("lib/jNeuroML*.jar")]
    if not found:
        pytest.skip("needs pyNeuroML")
    return found[0]


def run_jneuroml(file: Path) -> None:
    java = shutil.which("java")
    if java is None:
        pytest.skip("needs Java")
    command = [java, "-Xmx400M", "-jar", str(jar()), file.name, "-nogui"]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True)
    assert "Finished reading, building, running" in done.stdout, done.stdout[-3000:]


def run_pylems(file: Path) -> None:
    pytest.importorskip("lems")
    core = file.parent / "core"
    with zipfile.ZipFile(jar()) as archive:
        archive.extractall(
            core, [n for n in archive.namelist() if n.startswith("NeuroML2CoreTypes/")]
        )
    include = str(core / "NeuroML2CoreTypes")
    code = "import lems.run, sys; sys.argv[0] = 'pylems'; lems.run.main()"
    command = [sys.executable, "-c", code, "-I", include, "-nogui", file.name]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def columns(file: Path) -> NDArray[np.float64]:
    """(columns, times) of an output file, without the times."""
    return np.loadtxt(file)[:, 1:].T


def events(file: Path) -> list[tuple[float, int]]:
    """(time, neuron) of an event file."""
    return sorted((float(t), int(k)) for t, k in np.loadtxt(file, ndmin=2))
