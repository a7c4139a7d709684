"""The examples that come with the package: beside this file, or in a checkout in `examples/`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

__all__ = ["example_path", "load_example"]

_HERE = Path(__file__).resolve().parent
_FOLDERS = (_HERE / "examples", _HERE.parents[2] / "examples")  # as installed; in a checkout


def example_path(name: str) -> Path:
    """The file of an example; FileNotFoundError if the package has been taken apart."""
    for folder in _FOLDERS:
        if (folder / f"{name}.py").is_file():
            return folder / f"{name}.py"
    raise FileNotFoundError(f"the example {name}.py is not part of this installation of rheobase")


def load_example(name: str) -> ModuleType:
    """The example as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"rheobase_example_{name}", example_path(name))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
