"""Names of units: what they are worth, and what a star import brings."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import rheobase.units as units
from rheobase.units import (
    DimensionMismatchError,
    Unit,
    allunits,
    amp,
    constants,
    metre,
    mV,
    stdunits,
    unitsafe,
    volt,
)
from rheobase.units.dimensions import (
    DERIVED,
    DIMENSIONLESS,
    Dimension,
    base_unit_name,
    factorise,
)
from rheobase.units.registry import lookup_unit
from rheobase.units.specs import PREFIXES, STEMS, all_names, find_spec

BRIAN = json.loads((Path(__file__).parent / "data" / "brian2.json").read_text())


@pytest.mark.parametrize("name", BRIAN["units"])
def test_units_are_worth_what_they_are_in_brian(name):
    value, exponents = BRIAN["units"][name]
    unit = lookup_unit(name)
    assert float(unit) == pytest.approx(value, rel=1e-15)
    assert unit.dim.exponents == tuple(exponents)


@pytest.mark.parametrize("name", BRIAN["constants"])
def test_constants_are_those_of_brian(name):
    value, exponents = BRIAN["constants"][name]
    constant = getattr(constants, name)
    assert float(constant) == pytest.approx(value, rel=1e-15)
    assert constant.dim.exponents == tuple(exponents)


def test_zero_celsius_is_in_kelvin():
    assert str(constants.zero_celsius) == "273.15 K"
    with pytest.raises(AttributeError, match=r"celsius is no unit.*zero_celsius"):
        allunits.celsius  # noqa: B018


@pytest.mark.parametrize("stem", STEMS)
def test_prefixed_units_are_exact_powers_of_ten(stem):
    """Every prefix, square and cube has the double nearest to its decimal value."""
    scale = STEMS[stem][2]
    for prefix, power in PREFIXES.items():
        for exponent, mark in ((1, ""), (2, "2"), (3, "3")):
            spec = find_spec(prefix + stem + mark)
            if spec is None:
                assert stem in ("liter", "litre")
                assert mark
                continue
            exact = Fraction(10) ** ((scale + power) * exponent)
            assert float(lookup_unit(prefix + stem + mark)) == float(exact)
            assert spec.dim is STEMS[stem][1] ** exponent


@pytest.mark.parametrize(
    "name",
    ["V", "m", "s", "A", "F", "celsius", "mvolt4", "xvolt", "kkilogram", "candela", "liter2", ""],
)
def test_other_names_are_no_units(name):
    assert lookup_unit(name) is None


def test_each_name_has_one_unit():
    assert lookup_unit("mV") is lookup_unit("mvolt") is units.mV is stdunits.mV is allunits.mvolt
    assert len(set(all_names())) == len(all_names()) > 2000


def test_a_star_import_brings_the_stems_with_their_prefixes():
    stems = [
        "amp",
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
    wanted = {p + s for s in stems for p in ("", *"pnumkMGT")}
    wanted |= (
        {"kelvin", "kilogram", "cmetre", "cmeter"} | set(stdunits.__all__) | set(unitsafe.__all__)
    )
    wanted |= {
        "DimensionMismatchError",
        "Quantity",
        "Unit",
        "check_units",
        "get_dimensions",
        "get_or_create_dimension",
        "get_unit",
        "have_same_dimensions",
        "in_best_unit",
        "in_unit",
        "is_dimensionless",
        "is_scalar_type",
        "register_new_unit",
    }
    assert set(units.__all__) == wanted
    assert len(units.__all__) == len(wanted)
    space = {}
    exec("from rheobase.units import *", space)
    assert wanted <= set(space)
    assert not {n for n in space if len(n) == 1}


def test_all_names_can_be_imported():
    space = {}
    exec("from rheobase.units.allunits import *", space)
    assert set(allunits.__all__) <= set(space)
    with pytest.raises(AttributeError, match="has no unit 'mV'"):
        allunits.mV  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        units.nonsense  # noqa: B018


@pytest.mark.parametrize("name", DERIVED)
def test_derived_units_are_recognised(name):
    assert base_unit_name(DERIVED[name][1]) == name


@pytest.mark.parametrize(
    ("unit", "name", "symbol"),
    [
        ("amp/metre**2", "amp / metre**2", "A/m^2"),
        ("volt/second", "volt / second", "V/s"),
        ("volt/second**0.5", "volt / second**0.5", "V/s^0.5"),
        ("farad/metre**2", "farad / metre**2", "F/m^2"),
        ("siemens/metre**2", "siemens / metre**2", "S/m^2"),
        ("ohm*metre", "ohm * metre", "ohm m"),
        ("siemens/volt", "amp / volt**2", "A/V^2"),
        ("volt**2", "volt**2", "V^2"),
        ("second**-0.5", "second**-0.5", "s^-0.5"),
        ("metre/second", "metre / second", "m/s"),
        ("joule/mole/kelvin", "joule / (kelvin * mole)", "J/(K mol)"),
        ("mmolar/second", "mmolar / second", "mM/s"),
        ("volt/volt", "1", "1"),
    ],
)
def test_dimensions_have_readable_names(unit, name, symbol):
    dim = eval(unit, {n: lookup_unit(n) for n in [*STEMS, "mmolar"]}).dim
    assert (str(dim), dim.name, dim.symbol) == (name, name, symbol)


def test_names_of_dimensions_mean_the_dimension():
    """The named factors multiply to the dimension, whatever its exponents."""
    rng = np.random.default_rng(1)
    base = {n: spec[1] for n, spec in STEMS.items()} | {n: d for n, (_, d) in DERIVED.items()}
    base["kilogram"] = Dimension((0, 1, 0, 0, 0, 0, 0))
    for exponents in rng.integers(-3, 4, size=(40, 7)):
        dim = Dimension(tuple(exponents / 2))
        product = DIMENSIONLESS
        for long, _, power in factorise(dim):
            product = product * base[long] ** power
        assert product is dim


def test_importing_units_loads_nothing_slow():
    """numpy, and no other package beyond the standard library."""
    code = (
        "import sys, types, numpy; before = set(sys.modules)\n"
        "package = types.ModuleType('rheobase'); package.__path__ = [sys.argv[1]]\n"
        "sys.modules['rheobase'] = package\n"
        "import rheobase.units\n"
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    folder = str(Path(units.__file__).parents[1])
    shown = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True
    ).stdout
    assert {m for m in shown.split() if m not in sys.stdlib_module_names} <= {"rheobase", "numpy"}


def test_units_are_equal_or_not_whatever_their_dimension():
    """Packages look a unit up among others: in lists, as keys."""
    assert volt not in (amp, metre)
    assert (amp == volt) is False
    assert (amp != volt) is True
    assert mV != volt
    assert {volt: "U", amp: "I", mV: "u"}[volt] == "U"
    assert hash(Unit(1)) == hash(1.0)
    with pytest.raises(DimensionMismatchError, match="units differ"):
        _ = amp == 3 * volt
