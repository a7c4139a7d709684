"""Every function of one number, and powers, against mpmath, densely, on both backends.

    python -m tests.fuzz.functions --n 20000 --seed 1

Each function is called as a model calls it, on n arguments of each kind: ordinary ones, numbers of
every exponent, numbers next to 1, next to multiples of pi/2, and the edges of the ranges, in double
and in single precision. Prints the largest error of each function on each backend in ulp of the
exact value, and where it is. It is a failure if an error is above 2.
Powers x**y are taken with results of every exponent: from bases of every exponent, from bases next
to 1 with huge exponents, from negative bases with whole exponents; and whole exponents written out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.llvm import LlvmBackend
from rheobase.backends.reference import ReferenceBackend
from rheobase.ir.builder import Element, KernelBuilder
from rheobase.ir.domains import Elementwise, Index, Part
from rheobase.ir.dtypes import F32, F64, I64, DType
from rheobase.ir.program import Backend, Call, Program
from rheobase.ir.slots import Slot
from rheobase.lang.functions import FUNCTIONS
from rheobase.lang.nodes import Assign
from rheobase.lang.parse import parse_expression
from rheobase.runtime.clocks import ClockState
from rheobase.runtime.engine import RunHooks, execute
from tests.backends.exact import SMALLEST, errors_in_ulp
from tests.fuzz.command import search_options

__all__ = [
    "BACKENDS",
    "FORMATS",
    "LIMITS",
    "NAMES",
    "ULPS",
    "WRITTEN",
    "arguments",
    "computed",
    "powers",
    "worst",
    "worst_power",
]

ULPS: Final = 2.0
FORMATS: Final = (F64, F32)
BACKENDS: Final[dict[str, type[Backend]]] = {"llvm": LlvmBackend, "numpy": ReferenceBackend}
NAMES: Final = tuple(
    name for name, f in FUNCTIONS.items() if f.arity == 1 and f.stateless and name != "int"
)
WRITTEN: Final = (-3, -2, -1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 0.5, -0.5, 1.5, 1 / 3)  # exponents
_PI: Final = np.pi
_NAN: Final = float("nan")
_INF: Final = float("inf")
# the value at -inf, -0.0, +0.0 and +inf; at nan, every function is nan
LIMITS: Final[dict[str, tuple[float, float, float, float]]] = {
    "sin": (_NAN, -0.0, 0.0, _NAN),
    "cos": (_NAN, 1.0, 1.0, _NAN),
    "tan": (_NAN, -0.0, 0.0, _NAN),
    "arcsin": (_NAN, -0.0, 0.0, _NAN),
    "arccos": (_NAN, _PI / 2, _PI / 2, _NAN),
    "arctan": (-_PI / 2, -0.0, 0.0, _PI / 2),
    "sinh": (-_INF, -0.0, 0.0, _INF),
    "cosh": (_INF, 1.0, 1.0, _INF),
    "tanh": (-1.0, -0.0, 0.0, 1.0),
    "exp": (0.0, 1.0, 1.0, _INF),
    "expm1": (-1.0, -0.0, 0.0, _INF),
    "exprel": (0.0, 1.0, 1.0, _INF),
    "log": (_NAN, -_INF, -_INF, _INF),
    "log10": (_NAN, -_INF, -_INF, _INF),
    "log1p": (_NAN, -0.0, 0.0, _INF),
    "sqrt": (_NAN, -0.0, 0.0, _INF),
    "ceil": (-_INF, -0.0, 0.0, _INF),
    "floor": (-_INF, -0.0, 0.0, _INF),
    "abs": (_INF, 0.0, 0.0, _INF),
    "sign": (-1.0, 0.0, 0.0, 1.0),
}
_EDGES: Final = (
    *(SMALLEST, 1e-310, 2.0**-1022, 1e-17, 2.0**-53, 2.0**-28, 0.5, 1.0, 2.0**28, 2.0**52),
    *(2.0**53, 1e22, 36.7, 709.78, 709.79, 710.4, 710.5, 745.1, 745.2, 1.7976931348623157e308),
)


def arguments(n: int, seed: int, dtype: DType = F64) -> NDArray[Any]:
    """n finite numbers of each kind."""
    x = _singles(n, seed) if dtype is F32 else _doubles(n, seed)
    return x[np.isfinite(x)]


def _singles(n: int, seed: int) -> NDArray[np.float32]:
    """The kinds of doubles, and what is at the edges of single precision."""
    rng = np.random.default_rng(seed)
    kinds = (
        _doubles(n, seed),
        rng.uniform(-105, 105, n),
        rng.choice((-1.0, 1.0), n) * 2.0 ** rng.uniform(-149, 128, n),
        1.0 + 2.0 ** rng.uniform(-24, -1, n),
        np.array((2.0**-149, 2.0**-126, 1e-45, 87.33, 88.72, 88.73, 89.41, 93.2, 103.9, 3.4e38)),
    )
    with np.errstate(over="ignore", under="ignore"):
        return np.concatenate(kinds).astype(np.float32)


def _doubles(n: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    signs = rng.choice((-1.0, 1.0), n)
    near_one = 1.0 + signs * 2.0 ** rng.uniform(-53, -1, n)
    quarters = rng.integers(1, 2**20, n) * (_PI / 2)
    kinds = (
        rng.uniform(-3, 3, n),
        rng.uniform(-750, 750, n),
        signs * 2.0 ** rng.uniform(-1074, 1024, n),
        signs * 2.0 ** rng.uniform(-30, 10, n),
        near_one,
        -near_one,
        quarters * (1 + signs * 2.0 ** rng.uniform(-53, -20, n)),
        np.array((*_EDGES, *(-x for x in _EDGES))),
    )
    return np.concatenate(kinds)


def powers(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bases and exponents, finite: n pairs of each kind."""
    rng = np.random.default_rng(seed)
    signs = rng.choice((-1.0, 1.0), n)
    wide = 2.0 ** rng.uniform(-1074, 1024, n)
    near_one = 1.0 + signs * 2.0 ** rng.uniform(-53, -1, n)
    wanted = rng.uniform(-1080, 1030, n)  # log2 of the result
    denormal = rng.uniform(-1075, -1022, n)
    whole = rng.integers(-60, 61, n).astype(np.float64)
    edges = np.array(_EDGES)
    with np.errstate(divide="ignore"):
        kinds = (
            (rng.uniform(0, 3, n), rng.uniform(-20, 20, n)),
            (wide, wanted / np.log2(wide)),
            (wide, denormal / np.log2(wide)),
            (near_one, wanted / np.log2(near_one)),
            (near_one, denormal / np.log2(near_one)),
            (rng.uniform(0, 30, n), rng.integers(-9, 10, n) / 2),
            (-(2.0 ** rng.uniform(-18, 18, n)), whole),
            (-near_one, np.rint(wanted / np.log2(near_one))),
            (np.repeat(edges, len(edges)), np.tile(edges, len(edges))),
        )
    x, y = (np.concatenate(column) for column in zip(*kinds))
    finite = np.isfinite(y)
    return x[finite], y[finite]


def computed(text: str, backend: Backend, **arguments: NDArray[Any]) -> NDArray[Any]:
    """The value of an expression, (n,), by a kernel made from it; arguments: (n,) each, of one
    precision, in which it is computed."""
    first = next(iter(arguments.values()))
    n, dtype = len(first), F32 if first.dtype == np.float32 else F64
    slots = [Slot(name, dtype, n) for name in (*arguments, "result")]
    for slot, values in zip(slots, arguments.values()):
        slot.data[:] = values
    builder = KernelBuilder({s.name: Element(s, Index.OWN) for s in slots})
    builder.assign(Assign("result", None, parse_expression(text)))
    part = Part(Slot("first", I64), Slot("size", I64, fill=n))
    kernel = builder.finish("functions", Elementwise(part))
    clock = ClockState(1.0)
    clock.slots.end.data[0] = 1
    program = Program((Call(kernel, 0),), (clock.slots,))
    with np.errstate(all="ignore"):
        execute(program, backend.compile(program), RunHooks({}))
    return slots[-1].data.copy()


def worst(name: str, x: NDArray[Any], backend: Backend) -> tuple[float, float]:
    """The largest error in ulp, and the argument."""
    errors = errors_in_ulp(name, computed(f"{name}(x)", backend, x=x), x)
    k = int(errors.argmax())
    return float(errors[k]), float(x[k])


def worst_power(
    text: str, x: NDArray[np.float64], y: NDArray[np.float64], backend: Backend
) -> tuple[float, tuple[float, float]]:
    """The largest error of a power, written as `text`, in ulp; base and exponent."""
    given = {"x": x, "y": y} if "y" in text else {"x": x}
    errors = errors_in_ulp("pow", computed(text, backend, **given), x, y)
    k = int(errors.argmax())
    return float(errors[k]), (float(x[k]), float(y[k]))


def _search(n: int, seed: int) -> Iterator[str]:
    for dtype, name, (label, backend) in product(FORMATS, NAMES, BACKENDS.items()):
        shown = f"{dtype.value} {name}"
        yield _shown(shown, label, *worst(name, arguments(n, seed, dtype), backend()))
    x = arguments(n, seed)
    bases, exponents = powers(n, seed)
    for label, backend in BACKENDS.items():
        yield _shown("x**y", label, *worst_power("x**y", bases, exponents, backend()))
        for k in WRITTEN:
            y = np.full(len(x), float(k))
            yield _shown(f"x**{k:g}", label, *worst_power(f"x**({k!r})", x, y, backend()))


def _shown(what: str, label: str, error: float, place: object) -> str:
    mark = "" if error <= ULPS else "   <- too much"
    return f"{what:12s} {label:6s} {error:6.3f} ulp at {place!r}{mark}"


def main() -> None:
    given = search_options(__doc__, 2000)
    started = time.perf_counter()
    failed = False
    for line in _search(given.n, given.seed):
        print(line, flush=True)
        failed = failed or line.endswith("too much")
    print(f"{given.n} of each kind, seed {given.seed}, {time.perf_counter() - started:.0f} s")
    sys.exit(failed)


if __name__ == "__main__":
    main()
