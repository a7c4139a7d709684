"""Running somebody's script as `python script.py` would, with `brian2` meaning rheobase."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rheobase.brian2.imports import redirected

__all__ = ["run_script"]


def run_script(script: Path, arguments: Sequence[str]) -> None:
    """Run a script as the main program; its folder is the first place for imports."""
    with redirected(), _command_line(script, arguments):
        runpy.run_path(str(script), run_name="__main__")


@contextmanager
def _command_line(script: Path, arguments: Sequence[str]) -> Generator[None]:
    before = sys.argv, sys.path[:]
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = before
