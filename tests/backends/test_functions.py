"""Every function of THE table of one number, on both backends: accuracy, limits, infinities, nan.

A sample of what `python -m tests.fuzz.functions` does densely; a new row is tested at once.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.backends.exact import errors_in_ulp
from tests.fuzz.functions import (
    BACKENDS,
    FORMATS,
    LIMITS,
    NAMES,
    ULPS,
    WRITTEN,
    arguments,
    computed,
    powers,
    worst,
    worst_power,
)

_POINTS = np.array([-np.inf, -0.0, 0.0, np.inf])


@pytest.mark.parametrize("dtype", FORMATS, ids=lambda d: d.value)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NAMES)
def test_function_is_within_two_ulp_of_mpmath(name, backend, dtype):
    """Over the whole range of each format, denormal results and large angles included."""
    error, place = worst(name, arguments(60, 3, dtype), BACKENDS[backend]())
    assert error <= ULPS, f"{error:.2f} ulp at {place!r}"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("text", ["x**y", *(f"x**({k!r})" for k in WRITTEN)])
def test_power_is_within_two_ulp_of_mpmath(text, backend):
    """Of a variable exponent, and of exponents that are written out, some of which are products."""
    x, y = powers(60, seed=3) if "y" in text else (arguments(60, seed=3), None)
    if y is None:
        y = np.full(len(x), float(text[4:-1]))
    error, place = worst_power(text, x, y, BACKENDS[backend]())
    assert error <= ULPS, f"{error:.2f} ulp at {place!r}"


@pytest.mark.parametrize("dtype", FORMATS, ids=lambda d: d.value)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NAMES)
def test_function_has_the_right_limits(name, backend, dtype):
    """At the infinities and at both zeros, whose sign stays where the function is odd."""
    met = computed(f"{name}(x)", BACKENDS[backend](), x=_POINTS.astype(dtype.numpy))
    wanted = np.array(LIMITS[name], dtype.numpy)
    np.testing.assert_array_equal(met, wanted)
    signed = ~np.isnan(wanted)
    if name not in ("abs", "sign"):
        np.testing.assert_array_equal(np.signbit(met[signed]), np.signbit(wanted[signed]))


@pytest.mark.parametrize("dtype", FORMATS, ids=lambda d: d.value)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NAMES)
def test_nan_stays_nan(name, backend, dtype):
    x = np.full(9, np.nan, dtype.numpy)
    assert np.isnan(computed(f"{name}(x)", BACKENDS[backend](), x=x)).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_exprel_is_finite_where_exp_is_not(backend):
    """e**712 is too large for a double, (e**712 - 1)/712 is not."""
    met = computed("exprel(x)", BACKENDS[backend](), x=np.array([712.0, 716.3, 716.4]))
    assert np.isfinite(met).tolist() == [True, True, False]
    singles = np.array([90.0, 93.2, 93.4], np.float32)
    met = computed("exprel(x)", BACKENDS[backend](), x=singles)
    assert np.isfinite(met).tolist() == [True, True, False]


def test_a_result_off_by_three_units_is_found():
    """The yardstick measures: the search would see a wrong digit."""
    x = np.array([0.3, 1.7, 200.0])
    met = np.exp(x)
    shifted = met + 3 * np.spacing(met)
    assert (errors_in_ulp("exp", shifted, x) > 2).all()
