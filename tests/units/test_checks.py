"""Looking at units: conversions to SI, comparisons, and @check_units."""

import numpy as np
import pytest

from rheobase.errors import DimensionMismatchError, Fault, ModelError, raise_faults
from rheobase.units import (
    Quantity,
    Unit,
    amp,
    check_units,
    get_dimensions,
    get_or_create_dimension,
    have_same_dimensions,
    is_dimensionless,
    is_scalar_type,
    metre,
    ms,
    mV,
    nA,
    second,
    si,
    volt,
)
from rheobase.units.dimensions import DIMENSIONLESS
from rheobase.units.si import fail_for_dimension_mismatch, set_unit_checking, to_si


class View:
    """Any object with a dim that numpy can read, such as a state variable."""

    dim = volt.dim

    def __array__(self, dtype=None, copy=None):
        return np.array([1.0, 2.0])

    def __repr__(self):  # the id of a test: the same in every process
        return "View()"


@pytest.mark.parametrize(
    ("value", "numbers", "dim"),
    [
        (3, 3, DIMENSIONLESS),
        (True, True, DIMENSIONLESS),
        (3 * mV, 0.003, volt.dim),
        (mV, 0.001, volt.dim),
        (np.float32(2), 2.0, DIMENSIONLESS),
        (np.array(3) * volt, 3.0, volt.dim),
        ([1, 2] * ms, [0.001, 0.002], second.dim),
        ([1 * ms, 2 * ms], [0.001, 0.002], second.dim),
        ([[1 * ms], [0]], [[0.001], [0]], second.dim),
        ([], [], DIMENSIONLESS),
        (View(), [1.0, 2.0], volt.dim),
    ],
    ids=repr,
)
def test_to_si_gives_numbers_and_dimension(value, numbers, dim):
    got, got_dim = to_si(value)
    np.testing.assert_array_equal(got, numbers)
    assert not isinstance(got, Quantity)
    assert np.ndim(got) or isinstance(got, (int, float))
    assert got_dim is dim


def test_quantities_compute_with_any_object_that_has_a_dim():
    assert to_si(3 * volt + View())[1] is volt.dim
    np.testing.assert_array_equal(np.asarray(3 * volt + View()), [4.0, 5.0])
    with pytest.raises(DimensionMismatchError, match="Cannot add"):
        3 * amp + View()


def test_dimensions_of_values():
    assert (
        get_dimensions(3)
        is get_dimensions(np.array([1, 2]))
        is get_dimensions([3])
        is DIMENSIONLESS
    )
    assert get_dimensions([1 * mV, 0]) is volt.dim
    assert get_dimensions(volt.dim) is volt.dim
    assert (is_dimensionless(3 * mV), is_dimensionless(mV / volt)) == (False, True)
    assert (have_same_dimensions(mV, volt), have_same_dimensions(mV, 3)) == (True, False)
    for wrong in ("a", None):
        with pytest.raises(TypeError, match="is not a number"):
            get_dimensions(wrong)


@pytest.mark.parametrize(
    ("value", "scalar"),
    [
        (3, True),
        (3.0, True),
        (np.float64(3), True),
        (True, True),
        (np.array(3), True),
        ([3], False),
    ],
)
def test_scalars_are_told_from_arrays(value, scalar):
    assert is_scalar_type(value) is scalar
    assert not is_scalar_type(3 * mV)
    assert not is_scalar_type("a")


def test_dimensions_from_names_and_exponents():
    assert get_or_create_dimension(m=1, s=-1) is (metre / second).dim
    assert get_or_create_dimension([1, 0, -1, 0, 0, 0, 0]) is (metre / second).dim
    assert get_or_create_dimension(current=1) is amp.dim
    assert volt.dim.get_dimension("mass") == volt.dim.get_dimension("kg") == 1
    with pytest.raises(TypeError, match="a sequence of exactly 7 exponents"):
        get_or_create_dimension([1, 0])
    with pytest.raises(KeyError, match="'foo' is no base quantity"):
        get_or_create_dimension(foo=1)


def test_mismatches_are_reported_with_both_units():
    assert fail_for_dimension_mismatch(3 * volt, 2 * mV) == (volt.dim, volt.dim)
    fail_for_dimension_mismatch(3 * volt, 0)
    fail_for_dimension_mismatch(0, 3 * volt)
    with pytest.raises(
        DimensionMismatchError, match=r"^a is 3 \(units are volt and amp\)\.$"
    ) as caught:
        fail_for_dimension_mismatch(volt, amp, "a is {a}", a=3)
    assert caught.value.dims == (volt.dim, amp.dim)
    with pytest.raises(DimensionMismatchError, match=r"The units differ \(unit is volt\)"):
        fail_for_dimension_mismatch(3 * volt)


def test_the_error_serves_users_and_the_checks_of_models():
    plain = DimensionMismatchError("text")
    assert (str(plain), plain.dims, plain.faults) == ("text", (), ())
    with pytest.raises(ModelError, match="wrong") as caught:
        raise_faults([Fault(DimensionMismatchError, "wrong"), Fault(DimensionMismatchError, "two")])
    assert len(caught.value.faults) == 2
    assert caught.value.dims == ()


def test_checking_can_be_switched_off():
    set_unit_checking(False)
    try:
        assert float(3 * volt + 2) == 5.0
        assert have_same_dimensions(volt, amp)
        assert volt.has_same_dimensions(amp)
    finally:
        set_unit_checking(True)
    assert si.unit_checking
    with pytest.raises(DimensionMismatchError, match="Cannot add"):
        3 * volt + 2


# ---------------------------------------------------------------------- @check_units


@check_units(
    v=volt, current=amp, n=1, flag=bool, name=str, other="v", result=lambda v, i, *_: v / i
)
def resistance(v, current, n=1, flag=True, name="", other=None, *, unchecked=None):
    return v / current


def test_arguments_in_their_units_pass():
    assert resistance(1 * mV, 2 * nA) == 1 * mV / (2 * nA)
    resistance(
        v=1 * mV, current=2 * nA, n=3, flag=np.True_, name="x", other=3 * volt, unchecked="y"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"v": 1 * nA}, r"resistance: 'v' must be in volt, but is 1\. nA \(unit is amp\)"),
        ({"v": 1}, "'v' must be in volt, but is 1"),
        ({"n": 1 * mV}, "'n' must be a plain number"),
        ({"other": 1 * nA}, r"'other' must have the unit of 'v' \(units are amp and volt\)"),
    ],
)
def test_arguments_in_other_units_are_refused(arguments, message):
    with pytest.raises(DimensionMismatchError, match=message):
        resistance(**{"v": 1 * mV, "current": 1 * nA} | arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"flag": 1}, "'flag' must be True or False"), ({"name": 3}, "'name' must be a text")],
)
def test_arguments_of_other_types_are_refused(arguments, message):
    with pytest.raises(TypeError, match=message):
        resistance(**{"v": 1 * mV, "current": 1 * nA} | arguments)


def test_zero_none_and_strings_pass():
    @check_units(v=volt)
    def same(v):
        return v

    assert same(0) == 0
    assert same(None) is None
    assert same("-60*mV") == "-60*mV"


@pytest.mark.parametrize(
    ("result", "value", "error", "message"),
    [
        (volt, 3, DimensionMismatchError, "must return a value in volt, but returned 3"),
        (1, 3 * mV, DimensionMismatchError, r"must return a value in 1, but returned 3\. mV"),
        (bool, 3, TypeError, "must return True or False, but returned 3"),
        (lambda v: v**2, 3 * mV, DimensionMismatchError, r"must return a value in volt\*\*2"),
        ("v", 3 * nA, DimensionMismatchError, "must return a value in volt"),
    ],
)
def test_results_in_other_units_are_refused(result, value, error, message):
    @check_units(v=volt, result=result)
    def function(v):
        return value

    with pytest.raises(error, match=message):
        function(1 * mV)


def test_decorated_functions_keep_name_and_text():
    assert resistance.__name__ == "resistance"
    assert resistance._arg_units[:3] == [volt, amp, 1] or isinstance(resistance._arg_units[0], Unit)
    assert resistance._arg_names[:2] == ["v", "current"]


def test_rows_of_several_dimensions_are_the_same_if_the_same_dimensions_occur():
    assert have_same_dimensions([(1, 2 * ms)], [(3, 4 * ms), (5, 6 * ms)])
    assert not have_same_dimensions([(1, 2 * ms)], [(1, 2 * mV)])
    assert not have_same_dimensions([1, 2 * ms], 2 * ms)
