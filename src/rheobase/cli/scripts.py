"""Running what `python script.py` and `python -m module` run, with `brian2` meaning rheobase."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from rheobase.brian2.imports import redirected

__all__ = ["errors_shown", "run_module", "run_script"]


def run_script(script: Path, arguments: Sequence[str]) -> None:
    """Run a script as the main program; its folder is the first place for imports."""
    with redirected(), _command_line(str(script), arguments, script.resolve().parent):
        runpy.run_path(str(script), run_name="__main__")


def run_module(name: str, arguments: Sequence[str]) -> None:
    """Run a module as `python -m name` would; the folder it is called in comes first."""
    with redirected(), _command_line(name, arguments, Path.cwd()):
        runpy.run_module(name, run_name="__main__", alter_sys=True)


@contextmanager
def errors_shown(script: Path) -> Generator[None]:
    """An error within is shown as Python does, from the script's own lines on; then it is over."""
    try:
        yield
    except Exception as error:
        error.__traceback__ = _from_script(error.__traceback__, str(script))
        sys.excepthook(type(error), error, error.__traceback__)
        raise SystemExit(1) from None


def _from_script(place: TracebackType | None, script: str) -> TracebackType | None:
    """The part of a traceback that begins in the script; None if no line of it has run."""
    while place is not None and place.tb_frame.f_code.co_filename != script:
        place = place.tb_next
    return place


@contextmanager
def _command_line(program: str, arguments: Sequence[str], folder: Path) -> Generator[None]:
    before = sys.argv, sys.path[:]
    sys.argv = [program, *arguments]
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = before
