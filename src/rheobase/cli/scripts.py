"""Running what `python script.py` and `python -m module` run, with `brian2` meaning rheobase."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rheobase.brian2.imports import redirected

__all__ = ["run_module", "run_script"]


def run_script(script: Path, arguments: Sequence[str]) -> None:
    """Run a script as the main program; its folder is the first place for imports."""
    with redirected(), _command_line(str(script), arguments, script.resolve().parent):
        runpy.run_path(str(script), run_name="__main__")


def run_module(name: str, arguments: Sequence[str]) -> None:
    """Run a module as `python -m name` would; the folder it is called in comes first."""
    with redirected(), _command_line(name, arguments, Path.cwd()):
        runpy.run_module(name, run_name="__main__", alter_sys=True)


@contextmanager
def _command_line(program: str, arguments: Sequence[str], folder: Path) -> Generator[None]:
    before = sys.argv, sys.path[:]
    sys.argv = [program, *arguments]
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = before
