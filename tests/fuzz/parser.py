"""Texts that nobody should write, and what the parser and the checker do with them.

    python -m tests.fuzz.parser --n 1000000 --seed 1

Valid expressions, statements, equations and generators are spoiled at random (`texts.py`), parsed,
checked and, where they are right, folded and printed. It is a failure if

- anything but the documented exceptions (ModelError) comes out, or a fault without a message;
- one text takes more than a second of processor time;
- Python compiles, executes, opens or imports anything on the way: an audit hook sees all of it.
  The one thing allowed is `ast.parse`, which makes a tree and no code;
- Python's parser warns about the text on the screen of the user.
"""

from __future__ import annotations

import ast
import difflib  # noqa: F401  (messages import it late: not under the eyes of the hook)
import random
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rheobase.equations import Equations
from rheobase.errors import FaultList, ModelError, Source, raise_faults
from rheobase.lang.check import check_expression, check_statements, infer
from rheobase.lang.fold import fold
from rheobase.lang.nodes import render
from rheobase.lang.parse import parse_expression, parse_statements
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.generators import parse_generator
from rheobase.units.registry import lookup_unit
from tests.fuzz.command import search_options
from tests.fuzz.texts import KINDS, spoiled

__all__ = ["FuzzError", "check_text", "search", "watched"]

LIMIT = 1.0  # s of processor time for one text


class FuzzError(Exception):
    """What must not happen; the text that did it."""


class _TookTooLong(BaseException):
    """Raised by the timer: no `except Exception` may swallow it."""


def _symbol(name: str, unit: str = "", type_: Type = Type.FLOAT, **more: object) -> Symbol:
    found = lookup_unit(unit)
    dim = {"dim": found.dim} if found else {}
    return Symbol(name, type_, **dim, **more)  # type: ignore[arg-type]


SCOPE = {
    s.name: s
    for s in (
        _symbol("v", "volt"),
        _symbol("El", "volt", value=-0.07, constant=True, shared=True),
        _symbol("E", "volt"),
        _symbol("I", "amp"),
        _symbol("R", "ohm"),
        _symbol("g", "siemens"),
        _symbol("t", "second", shared=True, read_only=True),
        _symbol("dt", "second", shared=True, read_only=True),
        _symbol("lastspike", "second"),
        _symbol("tau", "second", shared=True, constant=True, value=0.01),
        _symbol("x"),
        _symbol("m"),
        _symbol("h"),
        _symbol("w"),
        _symbol("b", type_=Type.BOOLEAN),
        _symbol("i", type_=Type.INTEGER),
        _symbol("j", type_=Type.INTEGER),
        _symbol("k", type_=Type.INTEGER),
    )
}


def _expression(text: str) -> None:
    expr = parse_expression(text)
    faults = FaultList()
    infer(expr, SCOPE, faults)
    raise_faults(faults.faults)
    if parse_expression(render(expr)) != expr:
        raise FuzzError("printing and parsing gives another tree")
    fold(expr)


def _statements(text: str) -> None:
    faults = FaultList()
    check_statements(parse_statements(text), SCOPE, faults)
    raise_faults(faults.faults)


def _equations(text: str) -> None:
    equations = Equations(text)
    str(equations)
    equations._repr_latex_()
    assert equations.dependencies is not None
    faults = FaultList()
    for name, eq in equations.items():
        if eq.expr is not None:
            check_expression(eq.expr, SCOPE, eq.dim, faults, name)
    raise_faults(faults.faults)
    assert equations.stochastic_type in (None, "additive", "multiplicative")


def _generator(text: str) -> None:
    parse_generator(text, Source(text, "connect"))


CHECKS: dict[str, Callable[[str], None]] = {
    "expression": _expression,
    "statements": _statements,
    "equations": _equations,
    "generator": _generator,
}

# ------------------------------------------------------------------ what Python does meanwhile
_watching = False
_seen: list[str] = []
_FORBIDDEN = (
    *("exec", "compile", "open", "import", "os.", "subprocess.", "socket.", "ctypes."),
    *("marshal.", "pickle.", "code.", "builtins.", "shutil.", "tempfile.", "function."),
)


def _hook(event: str, args: tuple[object, ...]) -> None:
    if not _watching or not event.startswith(_FORBIDDEN):
        return
    caller = sys._getframe(1).f_code
    if event == "compile" and caller is ast.parse.__code__:
        return
    _seen.append(f"{event} {args!r:.100} in {caller.co_filename}:{caller.co_name}")


_hook_added = False


@contextmanager
def watched() -> Iterator[None]:
    """Collect forbidden events and overdue texts. Audit hooks stay for ever: one is added."""
    global _hook_added, _watching
    if not _hook_added:
        sys.addaudithook(_hook)
        _hook_added = True

    def overdue(number: int, frame: FrameType | None) -> None:
        raise _TookTooLong

    previous = signal.signal(signal.SIGPROF, overdue)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = _note_warning  # type: ignore[assignment]
            yield
    finally:
        _watching = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def _note_warning(message: object, *rest: object, **more: object) -> None:
    _seen.append(f"warning: {message}")


def check_text(kind: str, text: str) -> str:
    """'valid', or the class of the exception; FuzzError for anything else. Inside `watched`."""
    global _watching
    _seen.clear()
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    _watching = True
    try:
        outcome = _outcome(kind, text)
    except _TookTooLong:
        raise FuzzError(f"{kind} {text!r}: more than {LIMIT} s") from None
    finally:
        _watching = False
        signal.setitimer(signal.ITIMER_PROF, 0)
    if _seen:
        raise FuzzError(f"{kind} {text!r}: {_seen}")
    return outcome


def _outcome(kind: str, text: str) -> str:
    try:
        CHECKS[kind](text)
    except ModelError as error:
        if not str(error).strip() or not error.faults:
            raise FuzzError(f"{kind} {text!r}: {type(error).__name__} without a message") from error
        return type(error).__name__
    except FuzzError as failure:
        raise FuzzError(f"{kind} {text!r}: {failure}") from None
    except Exception as error:
        raise FuzzError(f"{kind} {text!r}: {type(error).__name__}: {error}") from error
    return "valid"


def search(n: int, seed: int, stop: bool = True) -> tuple[Counter[str], list[str]]:
    """Try n texts; what became of them, and the failures (the first is raised if `stop`)."""
    rng = random.Random(seed)
    outcomes: Counter[str] = Counter()
    failures: list[str] = []
    with watched():
        for kind in KINDS:  # what is loaded lazily is loaded now
            _outcome(kind, "(1")
            _outcome(kind, "qq + mVV^2")
        for _ in range(n):
            kind = rng.choice(KINDS)
            text = spoiled(rng, kind)
            try:
                outcomes[check_text(kind, text)] += 1
            except FuzzError as failure:
                if stop:
                    raise
                outcomes["FAILURE"] += 1
                failures.append(str(failure))
    return outcomes, failures


def main() -> None:
    given = search_options(__doc__, 100_000)
    started = time.perf_counter()
    outcomes, failures = search(given.n, given.seed, stop=False)
    for failure in failures[:50]:
        print(failure[:600])
    for outcome, count in outcomes.most_common():
        print(f"{count:10d}  {outcome}")
    print(f"{given.n} texts, seed {given.seed}, {time.perf_counter() - started:.0f} s")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
