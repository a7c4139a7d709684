"""Every numpy ufunc has a rule for units, or raises."""

import numpy as np
import pytest

from rheobase.errors import DimensionMismatchError
from rheobase.units import Quantity, amp, mV, second, volt
from rheobase.units.dimensions import DIMENSIONLESS
from rheobase.units.si import plain, to_si
from rheobase.units.ufuncs import UFUNC_RULES

UFUNCS = sorted({f.__name__ for f in vars(np).values() if isinstance(f, np.ufunc)})
WITHOUT_MEANING = {
    "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_count", "invert", "left_shift",
    "right_shift", "gcd", "lcm",
}  # fmt: skip

DEPEND_ON_THE_UNIT = {
    "floor", "ceil", "trunc", "rint", "floor_divide", "spacing", "nextafter", "isnat",
}  # fmt: skip


def operands(ufunc, unit):
    """Square matrices, as matmul needs them, in [1, 4] of a unit."""
    base = np.array([[1.0, 2.0], [3.0, 4.0]])
    return [Quantity(base + k, unit) for k in range(ufunc.nin)]


@pytest.mark.parametrize("name", UFUNCS)
def test_every_ufunc_has_a_rule_or_refuses_units(name):
    """With units it gives the numbers of the plain operation, or raises; it never drops a unit."""
    ufunc = getattr(np, name)
    given = operands(ufunc, volt.dim)
    bare = [np.asarray(x) for x in given]
    try:
        results = ufunc(*given)
    except (TypeError, DimensionMismatchError):
        return
    wanted = ufunc(*bare)
    if ufunc.nout == 1:
        results, wanted = (results,), (wanted,)
    for result, numbers in zip(results, wanted):
        np.testing.assert_array_equal(to_si(result)[0], numbers)


@pytest.mark.parametrize("name", UFUNCS)
def test_a_ufunc_without_rule_raises_type_error(name):
    known = name in UFUNC_RULES
    assert known != (name in WITHOUT_MEANING)
    if not known:
        ufunc = getattr(np, name)
        with pytest.raises(TypeError, match=f"numpy.{name} has no meaning for values with units"):
            ufunc(*operands(ufunc, volt.dim))


@pytest.mark.parametrize("name", sorted(set(UFUNCS) & set(UFUNC_RULES)))
def test_results_scale_with_the_unit(name):
    """Changing the unit by a factor changes the numbers as the claimed dimension says."""
    ufunc = getattr(np, name)
    if ufunc.nout != 1 or name in DEPEND_ON_THE_UNIT:
        return
    given = operands(ufunc, volt.dim)
    if name in ("power", "float_power", "ldexp"):
        given[1] = 2
    try:
        _, dim = plain(ufunc(*given))
    except DimensionMismatchError:
        assert UFUNC_RULES[name].__name__ in ("_number", "_heaviside")
        return
    scaled = [x * 16 if isinstance(x, Quantity) else x for x in given]
    factor = 16.0 ** (dim.get_dimension("kilogram"))
    np.testing.assert_allclose(
        to_si(ufunc(*scaled))[0], np.asarray(to_si(ufunc(*given))[0]) * factor, rtol=1e-13
    )


def test_reductions_keep_the_unit_or_raise():
    x = np.arange(1, 4) * volt
    assert np.add.reduce(x).dim is volt.dim
    assert np.maximum.reduce(x, initial=5 * volt) == 5 * volt
    assert np.add.accumulate(x).dim is volt.dim
    assert np.multiply.reduce(x).dim is (volt**3).dim
    assert np.multiply.reduce(np.ones((2, 5)) * volt, axis=1).dim is (volt**5).dim
    assert np.multiply.outer(x, np.arange(2) * amp).dim is (volt * amp).dim
    assert not isinstance(np.logical_and.reduce(x), Quantity)
    with pytest.raises(TypeError, match=r"multiply\.accumulate over values in volt"):
        np.multiply.accumulate(x)
    with pytest.raises(DimensionMismatchError, match="initial value"):
        np.add.reduce(x, initial=5 * amp)


def test_at_changes_elements_in_their_unit():
    x = np.zeros(3) * volt
    np.add.at(x, [0, 0, 2], 1 * mV)
    np.testing.assert_array_equal(np.asarray(x), [0.002, 0, 0.001])
    with pytest.raises(DimensionMismatchError, match="Cannot add"):
        np.add.at(x, [0], 1 * amp)
    with pytest.raises(DimensionMismatchError, match=r"multiply\.at would change the unit"):
        np.multiply.at(x, [0], 1 * amp)


def test_outputs_must_have_the_unit_of_the_result():
    x = np.arange(3) * volt
    out = np.zeros(3) * volt
    assert np.add(x, x, out=out) is out
    np.testing.assert_array_equal(np.asarray(out), [0, 2, 4])
    with pytest.raises(DimensionMismatchError, match="The output array has another unit"):
        np.multiply(x, x, out=out)
    with pytest.raises(DimensionMismatchError, match="would lose that of the result"):
        np.add(x, x, out=np.zeros(3))


def test_functions_of_plain_numbers_refuse_units_but_take_ratios():
    assert np.exp(3 * volt / volt) == np.exp(3.0)
    with pytest.raises(DimensionMismatchError, match="exp takes plain numbers; divide by a unit"):
        np.exp(3 * volt)


def test_angles_and_signs_are_plain():
    assert np.arctan2(3 * volt, 3 * volt) == np.pi / 4
    assert np.sign(-3 * volt) == -1.0
    assert not isinstance(np.isnan(3 * volt), Quantity)
    with pytest.raises(DimensionMismatchError, match="arctan2"):
        np.arctan2(3 * volt, 3 * amp)


def test_objects_that_decline_arrays_get_their_turn():
    class Declines:
        __array_ufunc__ = None

        def __radd__(self, other):
            return "mine"

        __rmul__ = __radd__

    assert 3 * second + Declines() == "mine"
    assert second * Declines() == "mine"
    assert plain(3)[1] is DIMENSIONLESS
