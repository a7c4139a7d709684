"""Every wrong text of this folder gets exactly the message that is written beside it."""

from __future__ import annotations

import runpy
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import rheobase as rb
from rheobase.errors import FaultList, ModelError, RheobaseError, raise_faults
from rheobase.lang.check import check_statements, infer
from rheobase.lang.parse import parse_expression, parse_statements
from rheobase.lang.symbols import Symbol, Type
from rheobase.units.registry import lookup_unit

HERE = Path(__file__).parent
SCRIPTS = sorted((HERE / "scripts").glob("*.py"))


def _dim(unit: str):
    found = lookup_unit(unit)
    assert found is not None
    return found.dim


# what the short texts may use
SCOPE = {
    s.name: s
    for s in (
        Symbol("v", Type.FLOAT, _dim("volt")),
        Symbol("I", Type.FLOAT, _dim("amp")),
        Symbol("x", Type.FLOAT),
        Symbol("k", Type.INTEGER),
        Symbol("b", Type.BOOLEAN),
        Symbol("s", Type.FLOAT, _dim("volt"), shared=True),
        Symbol("t", Type.FLOAT, _dim("second"), shared=True, read_only=True),
        Symbol("tau", Type.FLOAT, _dim("second"), shared=True, constant=True, value=0.01),
        Symbol("p", Type.FLOAT, read_only=True, meaning=parse_expression("2*x")),
    )
}


def _check_expression(text: str) -> None:
    faults = FaultList()
    infer(parse_expression(text), SCOPE, faults)
    raise_faults(faults.faults)


def _check_statements(text: str) -> None:
    faults = FaultList()
    check_statements(parse_statements(text), SCOPE, faults)
    raise_faults(faults.faults)


@pytest.mark.parametrize(
    "name, check", [("expressions", _check_expression), ("statements", _check_statements)]
)
def test_short_text_gets_its_message(
    name: str, check: Callable[[str], None], golden: Callable[[Path, str], None]
) -> None:
    """Each text of the file raises a ModelError whose class and text stand below it."""
    path = HERE / f"{name}.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    met: list[str] = []
    for line in lines:
        if not line.startswith(">>> "):
            continue
        text = line[4:].replace(r"\n", "\n")
        with pytest.raises(ModelError, match=r"\S") as caught:
            check(text)
        met.append(f"{line}\n{type(caught.value).__name__}:\n{caught.value}\n")
    golden(path, "\n".join(met).rstrip())


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a new process: no object has a name yet, and the clock has its first step."""
    names: weakref.WeakValueDictionary[str, object] = weakref.WeakValueDictionary()
    monkeypatch.setattr("rheobase.model.base._objects", names)
    rb.start_scope()
    rb.defaultclock.dt = 0.1 * rb.ms
    yield
    rb.start_scope()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_script_gets_its_message(script: Path, golden: Callable[[Path, str], None]) -> None:
    """A wrong script raises the exception that its text file holds."""
    with pytest.raises((RheobaseError, IndexError, AttributeError), match=r"\S") as caught:
        runpy.run_path(str(script), run_name="__main__")
    text = f"{type(caught.value).__name__}:\n{caught.value}"
    golden(script.with_suffix(".txt"), text.replace(str(script), script.name))
