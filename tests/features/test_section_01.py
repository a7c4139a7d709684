"""Section 1 of the contract, imports: what tests/brian2 and tests/test_package leave open."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import rheobase
from rheobase import DimensionMismatchError, mV

# what `only` exports besides its units
NAMES = [
    "get_logger",
    "BrianLogger",
    "std_silent",
    "Trackable",
    "Nameable",
    "SpikeSource",
    "linked_var",
    "DEFAULT_FUNCTIONS",
    "Function",
    "implementation",
    "declare_types",
    "PreferenceError",
    "BrianPreference",
    "prefs",
    "brian_prefs",
    "Clock",
    "EventClock",
    "defaultclock",
    "Equations",
    "Expression",
    "Statements",
    "BrianObject",
    "BrianObjectException",
    "Network",
    "profiling_summary",
    "scheduling_summary",
    "MagicNetwork",
    "magic_network",
    "MagicError",
    "run",
    "stop",
    "collect",
    "store",
    "restore",
    "start_scope",
    "NetworkOperation",
    "network_operation",
    "StateUpdateMethod",
    "linear",
    "exact",
    "independent",
    "milstein",
    "heun",
    "euler",
    "rk2",
    "rk4",
    "ExplicitStateUpdater",
    "exponential_euler",
    "gsl_rk2",
    "gsl_rk4",
    "gsl_rkf45",
    "gsl_rkck",
    "gsl_rk8pd",
    "NumpyCodeObject",
    "CythonCodeObject",
    "get_local_namespace",
    "DEFAULT_UNITS",
    "DEFAULT_CONSTANTS",
    "CodeRunner",
    "Group",
    "VariableOwner",
    "NeuronGroup",
    "Subgroup",
    "Synapses",
    "SpikeMonitor",
    "EventMonitor",
    "StateMonitor",
    "PopulationRateMonitor",
    "ImportExport",
    "BinomialFunction",
    "PoissonGroup",
    "PoissonInput",
    "SpikeGeneratorGroup",
    "TimedArray",
    "set_device",
    "get_device",
    "device",
    "all_devices",
    "seed",
    "restore_initial_state",
    "test",
]  # neurons with shape are another section


@pytest.mark.parametrize("name", NAMES)
def test_only_exports_every_name_of_the_list(name):
    only = importlib.import_module("rheobase.brian2.only")
    assert name in only.__all__
    assert hasattr(only, name)


def test_only_exports_every_unit():
    """All of the names that `rheobase.units` exports."""
    only = importlib.import_module("rheobase.brian2.only")
    assert set(rheobase.units.__all__) <= set(only.__all__)


def test_numpy_with_unit_safe_functions_is_a_module_of_its_own():
    """`import ... numpy_ as np`: units are minded, all else is numpy."""
    module = importlib.import_module("rheobase.brian2.numpy_")
    assert module.linspace(0 * mV, 1 * mV, 3).tolist() == [0 * mV, 0.5 * mV, 1 * mV]
    with pytest.raises(DimensionMismatchError, match="sin"):
        module.sin(1 * mV)
    assert module.fft is np.fft


@pytest.mark.parametrize("name", ["units.constants", "units.allunits", "units.stdunits"])
def test_modules_of_units_can_be_imported(name):
    assert importlib.import_module(f"rheobase.brian2.{name}").__all__


def test_the_drop_in_has_a_version_and_the_helpers_of_the_top_level():
    top = importlib.import_module("rheobase.brian2")
    assert top.__version__[0].isdigit()
    assert callable(top.clear_cache)
    assert callable(top.check_cache)
    assert callable(top.test)
