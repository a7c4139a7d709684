"""Every public function of numpy that takes arrays: none turns a quantity into its SI numbers.

The yardstick needs no list of rules: a plain number that comes out of quantities may not depend on
the unit in which they are measured. Each function is called in many ways with values in a unit,
and again with eight times the values; a plain result must stay as it is. Not here: lists of
quantities, which numpy makes into arrays before any array type is asked (rheobase's own `sin`,
`where`, ... see their units, as does `Quantity([...])`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pytest

from rheobase.units import Quantity, volt

# made to give the memory of an array as it is, and frexp, whose exponent belongs to the number
CONVERSIONS: Final = {
    *("array", "asarray", "asanyarray", "asarray_chkfinite", "ascontiguousarray", "asfortranarray"),
    *("asmatrix", "bmat", "from_dlpack", "frombuffer", "frexp"),
}
_NOT_OF_ARRAYS: Final = ("set", "get", "show", "save", "load", "print", "test")
_MODULES: Final = {"": np, "linalg.": np.linalg, "fft.": np.fft}
_VALUES: Final = np.array([[3.0, 1.0, 2.0], [2.0, 5.0, 1.0], [1.0, 1.0, 4.0]])


def _functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for prefix, module in _MODULES.items():
        for name in sorted(dir(module)):
            function = getattr(module, name)
            if name.startswith(("_", *_NOT_OF_ARRAYS)) or isinstance(function, type):
                continue
            if callable(function):
                yield prefix + name, function


FUNCTIONS: Final = dict(_functions())


def _calls(f: Callable[..., Any], factor: float) -> Iterator[Callable[[], Any]]:
    """Ways to call a function with quantities."""
    q = Quantity(_VALUES * factor, volt.dim)
    row, rows, flags = q[0], [0, 0, 0], [True, False, True]
    yield lambda: f(q)
    yield lambda: f(row)
    yield lambda: f(q, q)
    yield lambda: f(row, row)
    yield lambda: f(q, 1)
    yield lambda: f(row, 1)
    yield lambda: f(1, row)
    yield lambda: f(row, [0, 1, 2])
    yield lambda: f(flags, row)
    yield lambda: f(row, row, row)
    yield lambda: f(row, 0, row)
    yield lambda: f(row, [0, 1], 0)
    yield lambda: f(q, rows, [1, 1, 1])
    yield lambda: f(row[0], row[1], 3)


def _plain(result: Any) -> Iterator[np.ndarray]:
    """The numbers without unit in a result."""
    if isinstance(result, (tuple, list)):
        for part in result:
            yield from _plain(part)
    elif not isinstance(result, (Quantity, str, np.dtype, type(None))):
        array = np.asarray(result)
        if array.dtype.kind in "biufc":
            yield array


def _outcome(call: Callable[[], Any]) -> list[np.ndarray] | None:
    try:
        return list(_plain(call()))
    except Exception:
        return None


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n not in CONVERSIONS])
def test_a_plain_result_does_not_depend_on_the_unit(name: str) -> None:
    function = FUNCTIONS[name]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for k, (once, again) in enumerate(zip(_calls(function, 1), _calls(function, 8))):
            first, second = _outcome(once), _outcome(again)
            if first is not None and second is not None:
                for a, b in zip(first, second):
                    close = np.allclose(a, b, rtol=1e-9, equal_nan=True)
                    assert close, f"call {k} of numpy.{name} drops the unit"


def test_the_yardstick_finds_a_dropped_unit() -> None:
    first, second = (
        next(_outcome(call) for call in _calls(np.asarray, factor)) for factor in (1.0, 8.0)
    )
    assert first is not None
    assert second is not None
    assert not np.allclose(first[0], second[0])
    assert len(FUNCTIONS) > 350
