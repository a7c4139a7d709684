"""Quantities of other packages; each test needs the package that it names."""

import numpy as np
import pytest

from rheobase.errors import DimensionMismatchError
from rheobase.units import Quantity, metre, mV, nA, nS, second, volt
from rheobase.units.interop import to_astropy, to_pint, to_quantities
from rheobase.units.si import to_si

SAMPLES = [3 * mV, [1, 2, 3] * nA, nS, 2 * volt / second**0.5, 7 * metre**2]


def pint_value(number, unit):
    return pytest.importorskip("pint").UnitRegistry().Quantity(number, unit)


def astropy_value(number, unit):
    return number * pytest.importorskip("astropy.units").Unit(unit)


def quantities_value(number, unit):
    return pytest.importorskip("quantities").Quantity(number, unit)


MAKERS = pytest.mark.parametrize("make", [pint_value, astropy_value, quantities_value])


@MAKERS
def test_their_values_become_quantities(make):
    value = Quantity(make(3.0, "mV"))
    assert type(value) is Quantity
    assert value.dim is volt.dim
    assert float(value) == pytest.approx(0.003, rel=1e-15)
    array = Quantity(make(np.array([1.0, 2.0]), "nA"))
    np.testing.assert_allclose(np.asarray(array), [1e-9, 2e-9], rtol=1e-15)
    assert to_si(make(2.0, "dimensionless" if make is not astropy_value else ""))[
        1
    ].is_dimensionless


@MAKERS
def test_their_values_take_part_in_arithmetic_and_checks(make):
    assert float(1 * volt + make(3.0, "mV")) == pytest.approx(1.003, rel=1e-15)
    assert (2 * mV * make(3.0, "nA")).dim is (mV * nA).dim
    with pytest.raises(DimensionMismatchError, match="Cannot add"):
        1 * volt + make(3.0, "nA")


@pytest.mark.parametrize("value", SAMPLES, ids=str)
@pytest.mark.parametrize(
    ("package", "convert"),
    [("pint", to_pint), ("astropy", to_astropy), ("quantities", to_quantities)],
)
def test_there_and_back_is_the_same_value(package, convert, value):
    pytest.importorskip(package)
    again = Quantity(convert(value))
    assert again.dim is value.dim
    np.testing.assert_allclose(np.asarray(again), np.asarray(value), rtol=1e-15)
