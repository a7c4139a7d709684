"""Elementary functions as native code, against mpmath over their whole range."""

from __future__ import annotations

import platform
from functools import cache

import numpy as np
import pytest

from rheobase.backends.llvm import LlvmBackend, executable
from rheobase.backends.llvm.jit import Jit
from rheobase.ir.domains import Elementwise, Index, Indexed
from rheobase.ir.dtypes import F32, F64, DType
from rheobase.ir.kernels import Array, Kernel
from tests.backends.build import Code, index_list, part, run, slot
from tests.backends.exact import SMALLEST, errors_in_ulp

N = 600  # arguments of each kind
LOW = [0.0, SMALLEST, 1e-310, 2.0**-1022, 1e-200, 1e-17, 2.0**-53, 2.0**-27, 0.5, 1 - 2.0**-53]
HIGH = [1.0, 1 + 2.0**-52, 2.0, np.pi / 2, np.pi, 1e5, 2.0**28, 1e22, 2.0**53, 1e300, 1.7e308]
EDGES = np.array([*LOW, *HIGH])
ALL = np.concatenate([EDGES, -EDGES, [np.inf, -np.inf, np.nan]])


def spread(low: float, high: float) -> np.ndarray:
    return np.random.default_rng(1).uniform(low, high, N)


def scales(low: float, high: float) -> np.ndarray:
    """Numbers of both signs, their exponents even between the two."""
    rng = np.random.default_rng(2)
    return 2.0 ** rng.uniform(low, high, N) * rng.choice([-1.0, 1.0], N)


# the largest error in ulp that the docstring states, and arguments
FUNCTIONS: dict[str, tuple[float, list[np.ndarray]]] = {
    "exp": (1.1, [spread(-746, 710), spread(-2, 2), scales(-60, 0), spread(-745.2, -707)]),
    "expm1": (1.4, [spread(-50, 710), spread(-2, 2), scales(-1074, 0)]),
    "exprel": (1.8, [spread(-50, 709), spread(-2, 2), scales(-1074, 0)]),
    "log": (0.9, [np.abs(scales(-1074, 1024)), spread(0, 3), 1 + scales(-52, -1)]),
    "log10": (0.6, [np.abs(scales(-1074, 1024)), spread(0, 3), 1 + scales(-52, -1)]),
    "log1p": (0.9, [np.abs(scales(-1074, 1024)), spread(-1, 3), scales(-60, -1)]),
    "sin": (0.9, [spread(-10, 10), scales(-1074, 1023), np.arange(N) * (np.pi / 2)]),
    "cos": (0.9, [spread(-10, 10), scales(-1074, 1023), np.arange(N) * (np.pi / 2)]),
    "tan": (1.5, [spread(-10, 10), scales(-1074, 1023), np.arange(N) * (np.pi / 2)]),
    "arcsin": (1.2, [spread(-1, 1), scales(-1074, 0), 1 - np.abs(scales(-53, -1))]),
    "arccos": (0.8, [spread(-1, 1), scales(-1074, 0), 1 - np.abs(scales(-53, -1))]),
    "arctan": (1.8, [spread(-5, 5), scales(-1074, 1023)]),
    "sinh": (1.4, [spread(-711, 711), spread(-2, 2), scales(-1074, 0)]),
    "cosh": (1.3, [spread(-711, 711), spread(-2, 2), scales(-1074, 0)]),
    "tanh": (1.5, [spread(-22, 22), spread(-2, 2), scales(-1074, 5)]),
}


def native(name: str, *columns: np.ndarray, dtype: DType = F64, scalar: bool = False) -> np.ndarray:
    """The function of the columns (n,); as vectors, or one element at a time."""
    n, code = len(columns[0]), Code()
    value = code(name, *(code.load(k, dtype) for k in range(len(columns))))
    code.store(len(columns), value)
    slots = [*(slot(dtype, c) for c in columns), slot(dtype, np.zeros(n))]
    domain = Indexed(index_list(np.arange(n)), part(0, n)) if scalar else Elementwise(part(0, n))
    arrays = tuple(Array(s, Index.OWN) for s in slots)
    run(Kernel(name, domain, arrays, body=tuple(code.ops)), LlvmBackend())
    return slots[-1].data


@pytest.mark.parametrize("scalar", [False, True], ids=["vector", "scalar"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_error_is_what_the_docstring_states(name, scalar):
    """Over the whole range, results in the denormal range and near zeros included."""
    ulp, arguments = FUNCTIONS[name]
    x = np.concatenate(arguments)[:: 3 if scalar else 1]
    met = native(name, x, scalar=scalar)
    errors = errors_in_ulp(name, met, x)
    worst = int(errors.argmax())
    assert errors[worst] <= ulp, f"{errors[worst]:.2f} ulp at {x[worst]!r}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_arguments_give_what_numpy_gives(name):
    """Zeros with their signs, denormal and huge numbers, infinities, nan, outside the domain."""
    met = native(name, ALL)
    with np.errstate(all="ignore"):
        if name == "exprel":
            wanted = np.where(ALL == 0, 1.0, np.expm1(ALL) / ALL)
            wanted[np.isposinf(ALL)] = np.inf
        else:
            wanted = getattr(np, name)(ALL)
    np.testing.assert_allclose(met, wanted, rtol=1e-15, atol=0)
    zero = wanted == 0
    np.testing.assert_array_equal(np.signbit(met[zero]), np.signbit(wanted[zero]))


def test_powers_are_within_one_ulp():
    """Of bases and exponents of all sizes, near 1 and in the denormal range too."""
    rng = np.random.default_rng(3)
    base = np.concatenate([np.abs(scales(-1074, 1023)), spread(0, 4), 1 + scales(-50, -1)])
    limit = 1074 / np.maximum(np.abs(np.log2(base)), 1e-16)
    exponent = np.clip(limit, 0, 1e15) * rng.uniform(-1, 1, len(base))
    errors = errors_in_ulp("pow", native("pow", base, exponent), base, exponent)
    assert errors.max() <= 1.0, f"at {base[errors.argmax()]!r} ** {exponent[errors.argmax()]!r}"


def test_special_powers_are_those_of_c():
    """All pairs of zeros, ones, infinities, nan, integers odd and even, fractions."""
    points = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 1e300, 2.0**53, 2.0**53 + 2, SMALLEST, np.inf])
    points = np.concatenate([points, -points, [np.nan]])
    x, y = (a.ravel() for a in np.meshgrid(points, points))
    with np.errstate(all="ignore"):
        wanted = np.power(x, y)
    met = native("pow", x, y)
    np.testing.assert_allclose(met, wanted, rtol=1e-15, atol=0)
    known = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(met[known]), np.signbit(wanted[known]))


def singles(name: str) -> np.ndarray:
    """The arguments of the table as singles, and of every exponent that singles have."""
    with np.errstate(over="ignore", under="ignore"):
        x = np.concatenate([*FUNCTIONS[name][1], scales(-149, 128), spread(-105, 105)])
        return x.astype(np.float32)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_single_precision_has_the_stated_error_too(name):
    """In ulp of F32; against doubles, which are exact at that scale."""
    x = singles(name)
    x = x[np.isfinite(x)]
    with np.errstate(over="ignore", under="ignore"):
        wanted = native(name, x.astype(np.float64))
        nearest = wanted.astype(np.float32)
    met = native(name, x, dtype=F32)
    finite = np.isfinite(nearest)
    np.testing.assert_array_equal(met[~finite], nearest[~finite])
    unit = np.maximum(np.spacing(np.abs(nearest[finite])), np.float32(2.0**-149))
    errors = np.abs(met[finite].astype(np.float64) - wanted[finite]) / unit
    limit = FUNCTIONS[name][0]
    assert errors.max() <= limit, f"{errors.max():.2f} ulp at {x[finite][errors.argmax()]!r}"


def test_single_powers_are_the_rounded_doubles():
    rng = np.random.default_rng(4)
    base = np.abs(np.concatenate([scales(-140, 120), spread(0, 4)])).astype(np.float32)
    exponent = rng.uniform(-3, 3, len(base)).astype(np.float32)
    wanted = native("pow", base.astype(np.float64), exponent.astype(np.float64))
    with np.errstate(over="ignore", under="ignore"):
        wanted = wanted.astype(np.float32)
    met = native("pow", base, exponent, dtype=F32)
    np.testing.assert_allclose(met, wanted, rtol=2.0**-23, atol=2.0**-149)


@pytest.mark.parametrize("dtype", [F64, F32], ids=lambda d: d.value)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_vectors_and_scalars_agree_bit_for_bit(name, dtype):
    """So results do not depend on where in a vector an element stands."""
    with np.errstate(over="ignore", under="ignore"):
        x = np.concatenate([*FUNCTIONS[name][1], ALL]).astype(dtype.numpy)
    met = native(name, x, dtype=dtype), native(name, x, dtype=dtype, scalar=True)
    np.testing.assert_array_equal(*met)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="x86 processors only")
@pytest.mark.parametrize("dtype", [F64, F32], ids=lambda d: d.value)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_processors_without_fma_reach_the_same_accuracy(name, dtype, monkeypatch):
    """The oldest x86-64 has vectors of two doubles, and rounds every product."""
    monkeypatch.setattr(executable, "jit", oldest)
    x = singles(name)[::5] if dtype is F32 else np.concatenate(FUNCTIONS[name][1])[::5]
    x = x[np.isfinite(x)]
    errors = errors_in_ulp(name, native(name, x, dtype=dtype), x)
    limit = FUNCTIONS[name][0]
    assert errors.max() <= limit, f"{errors.max():.2f} ulp at {x[errors.argmax()]!r}"


@cache
def oldest() -> Jit:
    return Jit("x86-64", {})


@pytest.mark.parametrize("scalar", [False, True], ids=["vector", "scalar"])
@pytest.mark.parametrize("dtype", [F64, F32])
def test_a_division_by_exprel_is_what_dividing_by_it_gives(dtype, scalar):
    """It is written with one division; zero, tiny and large numbers and infinities included."""
    x = np.concatenate([spread(-50, 709), spread(-2, 2), scales(-1074, 0), ALL])
    x = x.astype(dtype.numpy) if dtype is F64 else x[np.abs(x) < 88].astype(dtype.numpy)
    n, code = len(x), Code()
    divided = code("div", code.load(0, dtype), code("exprel", code.load(1, dtype)))
    code.store(2, divided)
    y = slot(dtype, np.linspace(1, 2, n))
    slots = [y, slot(dtype, x), slot(dtype, np.zeros(n))]
    domain = Indexed(index_list(np.arange(n)), part(0, n)) if scalar else Elementwise(part(0, n))
    arrays = tuple(Array(s, Index.OWN) for s in slots)
    run(Kernel("divide", domain, arrays, body=tuple(code.ops)), LlvmBackend())
    with np.errstate(all="ignore"):
        wanted = y.data / native("exprel", x, dtype=dtype)
    finite = x < 700
    met = slots[-1].data
    rtol = 4 * np.finfo(dtype.numpy).eps
    np.testing.assert_allclose(met[finite], wanted[finite], rtol=rtol)
    assert (np.abs(met[x >= 700]) < 1e-300).all()
    assert np.isnan(met[np.isnan(x)]).all()
