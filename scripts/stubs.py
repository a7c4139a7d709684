"""Write the stubs that tell type checkers what is made when first used: the names of units.

python scripts/stubs.py

Run it when what rheobase or rheobase.units export, or the names of units, have changed; a test
compares. Checkers need the names one by one: they do not follow `__all__ += units.__all__`.
"""

import ast
from pathlib import Path

from rheobase.units import standard, stdunits

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "rheobase"
HEAD = "# Written by scripts/stubs.py\n"


def stub_of_units(module):
    """The stub of a module that makes units by name."""
    names = sorted(module.__all__)
    listed = "".join(f'    "{name}",\n' for name in names)
    declared = "".join(f"{name}: Unit\n" for name in names)
    unit = "from rheobase.units.quantity import Unit\n"
    return f"{HEAD}{unit}\n__all__ = [\n{listed}]\n\n{declared}"


def stub_of_package(path, star):
    """The stub of an __init__.py: what it imports by name, and all of another module."""
    imports = [node for node in ast.parse(path.read_text()).body if _is_own(node)]
    lines = [f"from {n.module} import {a.name} as {a.name}\n" for n in imports for a in n.names]
    return f"{HEAD}from {star} import *\n{''.join(sorted(lines))}"


def _is_own(node):
    return isinstance(node, ast.ImportFrom) and node.module.startswith("rheobase.")


def stubs():
    """Path and text of each."""
    yield PACKAGE / "units" / "standard.pyi", stub_of_units(standard)
    yield PACKAGE / "units" / "stdunits.pyi", stub_of_units(stdunits)
    units = PACKAGE / "units" / "__init__"
    yield (
        units.with_suffix(".pyi"),
        stub_of_package(units.with_suffix(".py"), "rheobase.units.standard"),
    )
    top = PACKAGE / "__init__"
    text = stub_of_package(top.with_suffix(".py"), "rheobase.units")
    yield top.with_suffix(".pyi"), text + "\n__version__: str\n"


if __name__ == "__main__":
    for path, text in stubs():
        path.write_text(text, encoding="utf-8")
        print(path)
