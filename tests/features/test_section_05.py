"""Section 5 of the contract, units: sentences that tests/units leaves open."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import rheobase
from rheobase import DimensionMismatchError, NeuronGroup, Quantity, Unit, ms, mV, nS, units, volt
from rheobase.units import allunits, constants

STEMS = [
    "amp",
    "kelvin",
    "kilogram",
    "metre",
    "meter",
    "second",
    "mole",
    "coulomb",
    "farad",
    "gram",
    "gramme",
    "hertz",
    "joule",
    "liter",
    "litre",
    "molar",
    "pascal",
    "ohm",
    "siemens",
    "volt",
    "watt",
]
PREFIXES = ["", *"pnumkMGT"]
SHORT = [
    "mV",
    "mA",
    "uA",
    "nA",
    "pA",
    "pF",
    "uF",
    "nF",
    "nS",
    "uS",
    "mS",
    "ms",
    "us",
    "Hz",
    "kHz",
    "MHz",
    "cm",
    "cm2",
    "cm3",
    "mm",
    "mm2",
    "mm3",
    "um",
    "um2",
    "um3",
    "mM",
    "uM",
    "nM",
]
CONSTANTS = [
    "avogadro_constant",
    "boltzmann_constant",
    "electric_constant",
    "electron_mass",
    "elementary_charge",
    "faraday_constant",
    "gas_constant",
    "magnetic_constant",
    "molar_mass_constant",
    "zero_celsius",
]
MORE = (
    "ampere mol kilogramme candle radian steradian newton weber tesla henry lumen lux "
    "becquerel gray sievert katal"
)
ALL_PREFIXES = [
    "y",
    "z",
    "a",
    "f",
    "p",
    "n",
    "u",
    "m",
    "c",
    "d",
    "da",
    "h",
    "k",
    "M",
    "G",
    "T",
    "P",
    "E",
    "Z",
    "Y",
]


@pytest.mark.parametrize("stem", STEMS)
def test_a_star_import_brings_each_stem_with_its_prefixes(stem):
    prefixes = [""] if stem in ("kilogram", "kelvin") else PREFIXES
    prefixes = [*prefixes, "c"] if stem in ("metre", "meter") else prefixes
    assert not [p + stem for p in prefixes if p + stem not in rheobase.__all__]


def test_a_star_import_brings_the_short_names_and_no_letter():
    assert not [n for n in SHORT if n not in rheobase.__all__]
    assert not [n for n in rheobase.__all__ if len(n) == 1]
    assert not hasattr(rheobase, "celsius")


@pytest.mark.parametrize("stem", MORE.split())
def test_all_units_know_every_prefix_squares_and_cubes(stem):
    for prefix in ["", *ALL_PREFIXES] if stem != "kilogramme" else [""]:
        unit = getattr(allunits, prefix + stem)
        assert getattr(allunits, f"{prefix}{stem}2") == unit**2
        assert getattr(allunits, f"{prefix}{stem}3") == unit**3


def test_equations_know_all_units():
    group = NeuronGroup(1, "x = 2*Gnewton/dametre2 : pascal")
    assert np.asarray(group.x[:])[0] == pytest.approx(2e9 / 100)


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_are_quantities(name):
    assert isinstance(getattr(constants, name), Quantity)


@pytest.mark.parametrize("neutral", [0, np.inf, -np.inf])
def test_zero_and_infinities_fit_any_unit(neutral):
    assert (3 * mV + neutral).dim is volt.dim
    assert (3 * mV < neutral) == (neutral > 3e-3)
    with pytest.raises(DimensionMismatchError, match="volt"):
        3 * mV + 1


def test_exponents_are_scalars():
    with pytest.raises((TypeError, ValueError), match="exponent"):
        ([1, 2] * mV) ** [1, 2]


def test_the_extras_of_a_quantity():
    v = [1, 2.5] * mV
    assert v.dim is v.dimensions is volt.dim
    assert not v.is_dimensionless
    assert v.has_same_dimensions(volt)
    assert Quantity.with_dimensions(2, volt.dim) == 2 * volt
    assert (2 * mV).in_unit(volt, precision=4) == "0.002 V"
    assert eval((2 * mV).in_unit(volt, python_code=True), {"volt": volt}) == 2 * mV
    assert (2 * mV).in_best_unit() == "2. mV"
    assert (2 * mV).get_best_unit() is mV
    assert f"{2 * mV}" == "2. mV"
    assert pickle.loads(pickle.dumps(v)).dim is volt.dim
    assert copy.deepcopy(v).dim is volt.dim
    assert "mathrm" in v._repr_latex_()
    assert v.tolist() == [1 * mV, 2.5 * mV]


def test_arrays_change_in_place_and_scalars_do_not():
    array, scalar = [1, 2] * mV, 1 * mV
    same, other = array, scalar
    array += 1 * mV
    scalar += 1 * mV
    assert same is array
    assert same.tolist() == [2 * mV, 3 * mV]
    assert other == 1 * mV
    assert scalar == 2 * mV


def test_functions_about_units():
    assert units.get_dimensions(3 * mV) is volt.dim
    assert units.get_unit(volt.dim) == volt
    assert units.is_dimensionless(3)
    assert units.have_same_dimensions(3 * mV, volt)
    assert units.in_unit(3 * mV, mV) == "3. mV"
    assert units.in_best_unit(3 * mV) == "3. mV"
    assert units.get_or_create_dimension(length=1) is rheobase.metre.dim
    squid = Unit.create(nS.dim, "squid", "sq", scale=-3)
    assert 1 * squid == 1e6 * nS
    assert Unit.create_scaled_unit(volt, "m") is mV


FUNCTIONS = [
    "log",
    "log10",
    "exp",
    "expm1",
    "log1p",
    "exprel",
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
    "arccosh",
    "arctanh",
    "diagonal",
    "ravel",
    "trace",
    "dot",
    "where",
    "ones_like",
    "zeros_like",
    "arange",
    "linspace",
    "ptp",
    "concatenate",
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numpy_functions_that_mind_units_are_exported(name):
    assert callable(getattr(units, name))


def test_concatenation_keeps_the_unit():
    joined = units.concatenate([[1, 2] * mV, [3] * mV])
    assert joined.tolist() == [1 * mV, 2 * mV, 3 * mV]
    with pytest.raises(DimensionMismatchError, match="volt and second"):
        units.concatenate([[1] * mV, [3] * ms])
