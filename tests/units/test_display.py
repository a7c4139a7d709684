"""Quantities as text, compared with what Brian 2 prints and with being read back."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase.errors import DimensionMismatchError
from rheobase.units import allunits, formatting, stdunits
from rheobase.units.allunits import *  # noqa: F403
from rheobase.units.quantity import Quantity, Unit
from rheobase.units.registry import get_unit, in_best_unit, in_unit, lookup_unit, register_new_unit
from rheobase.units.specs import SHORT_NAMES

BRIAN = json.loads((Path(__file__).parent / "data" / "brian2.json").read_text())
SPACE = {
    **{n: getattr(stdunits, n) for n in stdunits.__all__},
    **{n: getattr(allunits, n) for n in allunits.__all__},
    "np": np,
    "array": np.array,
    "Quantity": Quantity,
    "Unit": Unit,
}
mV, ms, nS, cm, um, uA = (SPACE[n] for n in ("mV", "ms", "nS", "cm", "um", "uA"))  # noqa: N816
volt, second, farad = (SPACE[n] for n in ("volt", "second", "farad"))


def same_style(text):
    """Both write products; Brian 2 also names squares ('mvolt2') and spaces powers."""
    text = text.replace(" ** ", "**").replace(", shape=(2000,)", "")  # the latter of numpy 2 only
    for power in "23":
        text = text.replace(f"metre{power}", f"metre**{power}").replace(
            f"volt{power}", f"volt**{power}"
        )
    return text


@pytest.mark.parametrize("expression", BRIAN["shown"])
def test_values_print_as_in_brian(expression):
    """str and repr of a value are those that Brian 2 was recorded to give."""
    wanted = [same_style(t) for t in BRIAN["shown"][expression]]
    value = eval(expression, SPACE)
    assert [same_style(str(value)), same_style(repr(value))] == wanted


@pytest.mark.parametrize("name", BRIAN["latex"])
def test_latex_of_units_is_as_in_brian(name):
    assert lookup_unit(name).latexname == BRIAN["latex"][name]


@pytest.mark.parametrize(
    ("expression", "text", "code"),
    [
        ("nS/cm**2", "nS/cm^2", "nsiemens / cmetre**2"),
        ("1*uF/cm**2", "10. mF/m^2", "10. * mfarad / metre**2"),
        ("(volt**2)**2", "V^4", "volt**4"),
        ("mV/mV", "1", "Unit(1)"),
        ("volt*second/metre", "V s/m", "volt * second / metre"),
        ("volt/(second*metre)", "V/(s m)", "volt / (second * metre)"),
        ("3*volt/second", "3. V/s", "3. * volt / second"),
        ("np.inf*mV", "inf V", "inf * volt"),
        ("Quantity(3)", "3.", "Quantity(3.)"),
        ("Quantity([1, 2])", "[1. 2.]", "Quantity(array([1., 2.]))"),
    ],
)
def test_compound_units_print_with_the_fewest_marks(expression, text, code):
    """Where Brian 2 shows base units or nested parentheses, rheobase names derived units."""
    value = eval(expression, SPACE)
    assert (str(value), repr(value)) == (text, code)


numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30).filter(
    lambda x: x == 0 or abs(x) > 1e-30
)
unit_names = st.sampled_from(sorted(set(allunits.__all__) - {"radian", "steradian"}))


@given(number=numbers, name=unit_names)
def test_repr_is_code_that_makes_the_value_again(number, name):
    """eval(repr(x)) is x up to the rounding of one product, in the same dimension."""
    value = Quantity(number, lookup_unit(name).dim)
    again = eval(repr(value), SPACE)
    assert math.isclose(float(again), number, rel_tol=5e-16, abs_tol=0)
    assert again.dim is value.dim


@given(number=numbers, name=unit_names)
def test_best_unit_keeps_digits_readable(number, name):
    """A value shows as 0.31 to 317 of its best unit, unless prefixes run out."""
    value = Quantity(number, lookup_unit(name).dim)
    candidates = formatting.display_candidates(value.dim)
    size = abs(number) / value.get_best_unit().spec.value
    power = candidates[0].factors[0].power if candidates[0].factors else 0
    low, high = min(s.scale for s in candidates), max(s.scale for s in candidates)
    inside = number and 10.0**low <= abs(number) <= 10.0**high and power == 1
    assert not inside or 0.31 <= size <= 317


@given(name=st.sampled_from([*SHORT_NAMES, *allunits.__all__]))
def test_a_unit_name_is_code_that_makes_it(name):
    unit = SPACE[name]
    assert eval(unit.name, SPACE) is unit


def test_in_unit_takes_the_unit_of_your_choice():
    assert (10.12345678 * mV).in_unit(volt) == "0.01012346 V"
    assert (10.12345678 * mV).in_unit(mV, precision=3) == "10.123 mV"
    assert (10.12345678 * mV).in_unit(mV, python_code=True) == "10.12345678 * mvolt"
    assert in_unit(3 * volt, mV) == "3000. mV"
    assert in_unit(3, 1) == "3.0"
    assert (3 * volt).in_unit(2 * mV) == "1500. (2. mV)"


def test_in_unit_refuses_another_dimension():
    with pytest.raises(DimensionMismatchError, match=r"10\. mV cannot be shown in ms"):
        (10 * mV).in_unit(ms)
    with pytest.raises(DimensionMismatchError, match="3 cannot be shown in mV"):
        in_unit(3, mV)


def test_in_best_unit_rounds_and_takes_plain_numbers():
    assert in_best_unit(0.00123456 * volt, precision=2) == "1.23 mV"
    assert in_best_unit(10.3) == "10.3"
    assert in_best_unit(0.0023 * volt, 1) == "2.3 mV"


def test_get_best_unit_chooses_among_the_units_given():
    uV = lookup_unit("uvolt")
    assert (0.5 * volt).get_best_unit(mV, uV) is mV
    assert (0.5 * volt).get_best_unit(ms) is volt


def test_long_arrays_are_judged_by_the_elements_that_print():
    values = np.ones(100_000)
    values[3:-3] = 1e-9
    assert (values * volt).get_best_unit() is volt


def test_a_registered_unit_is_used_for_display():
    register_new_unit(lookup_unit("pfarad") / lookup_unit("umetre") ** 2)
    try:
        assert str(0.01 * farad / SPACE["metre"] ** 2) == "0.01 pF/um^2"
    finally:
        formatting.user_specs.clear()


def test_format_with_a_specification_shows_the_si_number():
    assert f"{3 * mV}|{3 * mV:.4f}|{np.arange(2) * mV}" == "3. mV|0.0030|[0. 1.] mV"
    assert f"{mV}|{mV:>4}" == "mV|  mV"
    with pytest.raises(TypeError, match=r"an array cannot be formatted by '\.2f'"):
        f"{np.arange(2) * mV:.2f}"


def test_latex_typesets_scalars_arrays_and_powers():
    assert (3 * mV)._repr_latex_() == r"$3\,\mathrm{m}\mathrm{V}$"
    assert (1e-30 * volt)._repr_latex_() == r"$1 \times 10^{-6}\,\mathrm{y}\mathrm{V}$"
    row = r"\left[\begin{matrix}0 & 1\end{matrix}\right]\,\mathrm{m}\mathrm{V}"
    assert (np.arange(2) * mV)._repr_latex_() == f"${row}$"
    square = (np.arange(4).reshape(2, 2) * volt)._repr_latex_()
    assert square == r"$\left[\begin{matrix}0 & 1\\2 & 3\end{matrix}\right]\,\mathrm{V}$"
    fraction = r"\frac{\mathrm{n}\mathrm{S}}{\mathrm{c}\mathrm{m}^{2}}"
    assert (nS / cm**2)._repr_latex_() == f"${fraction}$"


def test_get_unit_names_the_si_unit_of_a_dimension():
    assert get_unit((mV / ms).dim).name == "volt / second"
    assert get_unit(mV.dim) is volt
    assert str(get_unit((uA / cm**2).dim)) == "A/m^2"
