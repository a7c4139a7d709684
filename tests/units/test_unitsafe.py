"""The functions that a star import brings."""

import mpmath
import numpy as np
import pytest

from rheobase import units
from rheobase.errors import DimensionMismatchError
from rheobase.units import amp, ms, mV, second, unitsafe, volt
from rheobase.units.si import to_si

OF_NUMBERS = [
    "log",
    "log10",
    "exp",
    "expm1",
    "log1p",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "arctanh",
]


@pytest.mark.parametrize("name", [*OF_NUMBERS, "arccosh", "exprel"])
def test_functions_of_numbers_refuse_units(name):
    function = getattr(unitsafe, name)
    at = 1.5 if name == "arccosh" else 0.5
    if name != "exprel":
        assert function(at) == getattr(np, name)(at)
        assert function([at, at])[1] == getattr(np, name)(at)
    assert function(at * volt / volt) == function(at)
    for wrong in (3 * volt, [1, 2] * volt, [1 * volt, 2 * volt]):
        with pytest.raises(DimensionMismatchError, match=f"{name} takes plain numbers"):
            function(wrong)


@pytest.mark.parametrize("x", [-800.0, -1.0, -1e-5, -1e-300, 1e-300, 1e-17, 1e-8, 0.3, 1.0, 700.0])
def test_exprel_is_accurate(x):
    exact = mpmath.expm1(mpmath.mpf(x)) / mpmath.mpf(x)
    assert abs(mpmath.mpf(float(units.exprel(x))) - exact) <= 4 * np.finfo(float).eps * abs(exact)


def test_exprel_has_the_right_limits():
    assert list(units.exprel([0, -np.inf, np.inf])) == [1.0, 0.0, np.inf]
    assert np.isnan(units.exprel(np.nan))
    assert np.ndim(units.exprel(1)) == 0


@pytest.mark.parametrize(
    ("got", "numbers", "dim"),
    [
        (units.arange(0 * ms, 3 * ms, 1 * ms), np.arange(0, 0.003, 0.001), second.dim),
        (units.arange(0, 5 * ms, 1 * ms), np.arange(0, 0.005, 0.001), second.dim),
        (units.arange(3 * ms, step=1 * ms), np.arange(0, 0.003, 0.001), second.dim),
        (units.arange(start=1, stop=7, step=2), np.arange(1, 7, 2), (volt / volt).dim),
        (units.arange(4, dtype=float), np.arange(4.0), (volt / volt).dim),
        (units.linspace(0 * mV, 1 * volt, 3), [0, 0.5, 1], volt.dim),
        (units.linspace(0, 1 * volt, 3), [0, 0.5, 1], volt.dim),
        (units.dot([1, 2] * volt, [1, 2] * amp), 5, (volt * amp).dim),
        (units.where([True, False], 1 * volt, 2 * mV), [1, 0.002], volt.dim),
        (units.concatenate([[1 * mV], [2 * mV, 3 * mV]]), [0.001, 0.002, 0.003], volt.dim),
        (units.concat([[1] * volt, [2] * volt]), [1, 2], volt.dim),
        (units.ptp([1 * mV, 3 * mV]), 0.002, volt.dim),
        (units.trace(np.eye(2) * volt), 2, volt.dim),
        (units.diagonal(np.eye(2) * volt), [1, 1], volt.dim),
        (units.ravel([[1 * volt], [2 * volt]]), [1, 2], volt.dim),
        (units.ones_like([1, 2] * volt), [1, 1], (volt / volt).dim),
        (units.zeros_like([1, 2] * volt), [0, 0], (volt / volt).dim),
    ],
    ids=str,
)
def test_functions_mind_units(got, numbers, dim):
    np.testing.assert_allclose(np.asarray(got), numbers, rtol=1e-15)
    assert to_si(got)[1] is dim


@pytest.mark.parametrize(
    "call",
    ["arange(3*ms)", "arange(0*ms, 3*ms)", "linspace(1*ms, 2, 3)", "where([True], 1*ms, 1*volt)",
     "concatenate([[1*ms], [1*volt]])"],
)  # fmt: skip
def test_mixed_units_are_refused(call):
    with pytest.raises(DimensionMismatchError, match=r"\(units are "):
        eval(call, vars(units) | {"ms": ms, "volt": volt})


def test_arange_needs_a_stop():
    with pytest.raises(TypeError, match="arange needs a stop value"):
        units.arange()
    with pytest.raises(TypeError, match="two values for stop"):
        units.arange(1, 2, stop=3)
