"""The drop-in module gives a script what a star import of Brian 2 gives it."""

from __future__ import annotations

import builtins
import subprocess
import sys
from typing import Any

import numpy
import pytest

import rheobase
from rheobase import DimensionMismatchError, mV
from rheobase.brian2.imports import redirected
from rheobase.brian2.symbolic import str_to_sympy, sympy_to_str
from rheobase.lang.evaluate import evaluate


@pytest.fixture(scope="module")
def star() -> dict[str, Any]:
    pytest.importorskip("matplotlib").use("Agg")
    names: dict[str, Any] = {}
    exec("from rheobase.brian2 import *", names)
    return names


def test_every_public_name_of_rheobase_is_there(star):
    for name in rheobase.__all__:
        if name == "seed":  # which seeds numpy, too
            continue
        if name in ("NeuronGroup", "SpatialNeuron"):  # whose faults wait for run()
            assert issubclass(star[name], getattr(rheobase, name)), name
        else:
            assert star[name] is getattr(rheobase, name), name


@pytest.mark.parametrize(
    "model, options, error",
    [
        ("dv/dt = -v : 1", {}, DimensionMismatchError),
        ("v : 1", {"threshold": "v > 1*mV", "reset": "v = 0"}, DimensionMismatchError),
        ("v : 1", {"threshold": "v >", "reset": "v = 0"}, SyntaxError),
        ("v : 1", {"threshold": "v > 1", "reset": "0"}, SyntaxError),
        ("v : 1\nw = rand() : 1", {}, SyntaxError),
        ("v : 1", {"events": {"up": 10 * mV}}, TypeError),
        ("rate : Hz", {"threshold": "rate > 1*Hz", "reset": "", "refractory": "rate"}, TypeError),
    ],
)
def test_code_of_a_group_is_judged_when_it_is_to_run(star, model, options, error):
    """As in Brian 2, where a script may make groups that it never runs."""
    with pytest.raises(error, match="NeuronGroup 'neurongroup"):
        rheobase.NeuronGroup(3, model, **options)
    group = star["NeuronGroup"](3, model, **options)
    assert group._repr_html_()
    seen = [star["EventMonitor"](group, event) for event in group.events]
    network = star["Network"](group, seen)
    with pytest.raises(star["BrianObjectException"], match=r"test_dropin\.py") as found:
        network.run(0 * rheobase.ms)
    assert found.errisinstance(error)


def test_a_constant_of_the_namespace_may_be_mended_before_the_run(star):
    group = star["NeuronGroup"](1, "dv/dt = -v/tau : 1", namespace={"tau": 5})
    group.namespace["tau"] = 5 * rheobase.ms
    group.v = 1
    star["Network"](group).run(5 * rheobase.ms)
    assert group.v[0] == pytest.approx(numpy.exp(-1))


def test_what_is_said_at_once_in_both(star):
    """Flags, and shared subexpressions of what differs between neurons."""
    for made in (rheobase.NeuronGroup, star["NeuronGroup"]):
        with pytest.raises(SyntaxError, match="but 'x' differs between them"):
            made(2, "x : 1\ny = 2*x : 1 (shared)")
        with pytest.raises(ValueError, match="flag"):
            made(2, "x : 1 (event-driven)")


@pytest.mark.parametrize("dv", ["dv/dt = B/ms : 1", "v : 1"])
def test_whether_a_linked_variable_is_shared_is_known_when_it_is_linked(star, dv):
    one, three = (star["NeuronGroup"](n, "x : 1") for n in (1, 3))
    one.x = 3
    group = star["NeuronGroup"](3, f"B = 2*x : 1 (shared)\nx : 1 (linked)\n{dv}", method="euler")
    group.x = star["linked_var"](one, "x")
    assert group.B[:] == 6
    group.x = star["linked_var"](three, "x")
    seen = star["StateMonitor"](group, "B", record=0)
    with pytest.raises(SyntaxError, match="differs between them"):
        star["Network"](group, three, seen).run(0.1 * rheobase.ms)


def test_pylab_and_numpy_are_there(star):
    assert {"plot", "figure", "plt", "rand", "randn", "array", "mean", "fft", "pi"} <= set(star)


def test_packages_are_among_the_names_and_take_what_is_set(star):
    exec("codegen.target = 'numpy'; volts = units.volt", star)
    assert star["volts"] is rheobase.volt
    assert {"core", "stateupdaters"} <= set(star)


@pytest.mark.parametrize(
    "text, value",
    [
        ("trapz([0, 2, 2]*mV, [0, 1, 3]*ms)/(mV*ms)", 5),
        ("np.trapz([0, 2, 2], [0, 1, 3])", 5),
        ("in1d([[1, 2], [3, 4]], [2, 3])", [False, True, True, False]),
        ("sum(k*ms for k in range(4))/ms", 6),
        ("sum([[1, 2], [3, 4]], axis=0)", [4, 6]),
        ("np.product([2, 3])", 6),
        ("infty", numpy.inf),
    ],
)
def test_names_that_newer_numpy_has_given_up_mean_what_they_meant(star, text, value):
    numpy.testing.assert_allclose(eval(text, star), value)


def test_functions_of_equations_can_be_imported_from_where_they_stand(star):
    names: dict[str, Any] = {}
    with redirected():
        exec("from brian2.core.functions import timestep", names)
    assert names["timestep"](1 * rheobase.ms, 0.1 * rheobase.ms) == 10


def test_builtin_functions_stay_what_pylab_leaves_them(star):
    for name in ("abs", "max", "min", "pow", "round", "bool", "bytes", "open", "range", "input"):
        assert star.get(name, getattr(builtins, name)) is getattr(builtins, name), name


def test_np_is_numpy_with_functions_that_mind_units(star):
    np = star["np"]
    assert np is star["numpy"]
    assert np.random is numpy.random
    assert np.float64 is numpy.float64
    with pytest.raises(DimensionMismatchError, match="log"):
        np.log(3 * mV)
    with pytest.raises(DimensionMismatchError, match="exp"):
        star["exp"](3 * mV)


def test_seed_repeats_numpy_too(star):
    star["seed"](3)
    first = numpy.random.rand(4)
    star["seed"](3)
    assert (numpy.random.rand(4) == first).all()


def test_without_a_seed_of_its_own_a_script_is_seeded_by_that_of_numpy(star):
    """As in Brian 2, whose simulations draw from numpy's global generator."""
    star["seed"]()
    group = star["NeuronGroup"](3, "dx/dt = -x/ms + xi*ms**-0.5 : 1", method="euler")
    network = star["Network"](group)
    network.store()

    def simulated():
        network.restore()
        group.x = "rand()"
        network.run(0.5 * rheobase.ms)
        return list(group.x)

    def seeded(seed):
        numpy.random.seed(seed)
        return simulated(), simulated(), numpy.random.rand()

    first = seeded(3)
    assert seeded(3) == first
    assert seeded(4) != first
    assert first[0] != first[1]  # what follows the seed goes on
    star["seed"](5)  # from here on, this one counts
    own = simulated()
    numpy.random.seed(3)
    star["seed"](5)
    assert simulated() == own
    star["seed"]()


def test_numpy_is_left_alone_where_nothing_is_random(star):
    star["seed"]()
    group = star["NeuronGroup"](1, "dx/dt = -x/ms : 1", method="exact")
    numpy.random.seed(3)
    star["Network"](group).run(0.5 * rheobase.ms)
    drawn = numpy.random.rand()
    numpy.random.seed(3)
    assert drawn == numpy.random.rand()


def test_errors_of_models_are_brian_object_exceptions(star):
    star["start_scope"]()
    group = star["NeuronGroup"](1, "dv/dt = -v/unheard_of : 1")
    network = star["Network"](group)
    with pytest.raises(star["BrianObjectException"], match="unheard_of"):
        network.run(0 * star["ms"])
    with pytest.raises(KeyError, match="unheard_of"):
        network.run(0 * star["ms"])


def test_only_brings_no_pylab():
    names: dict[str, Any] = {}
    exec("from rheobase.brian2.only import *", names)
    assert "NeuronGroup" in names
    assert "DEFAULT_UNITS" in names
    assert "plot" not in names


NAMES = """
    BinomialFunction BrianLogger BrianObject BrianObjectException BrianPreference Clock
    CodeRunner CythonCodeObject DEFAULT_CONSTANTS DEFAULT_FUNCTIONS DEFAULT_UNITS Equations
    EventClock EventMonitor ExplicitStateUpdater Expression Function Group ImportExport
    MagicError MagicNetwork Nameable Network NetworkOperation NeuronGroup NumpyCodeObject
    PoissonGroup PoissonInput PopulationRateMonitor PreferenceError SpikeGeneratorGroup
    SpikeMonitor SpikeSource StateMonitor StateUpdateMethod Statements Subgroup Synapses
    TimedArray Trackable VariableOwner all_devices brian_prefs collect declare_types
    defaultclock device euler exact exponential_euler get_device get_local_namespace
    get_logger heun implementation independent linear linked_var magic_network milstein
    network_operation prefs profiling_summary restore restore_initial_state rk2 rk4 run
    scheduling_summary seed set_device start_scope std_silent stop store test
"""


def test_only_has_the_names_that_scripts_import():
    """Those that Brian 2 exports; integrators of the GSL and neurons with shape aside."""
    from rheobase.brian2 import only

    assert not [n for n in NAMES.split() if not hasattr(only, n) or n not in only.__all__]


def test_units_and_constants_are_where_scripts_look():
    names: dict[str, Any] = {}
    exec(
        "from rheobase.brian2.units import *\n"
        "from rheobase.brian2.units.allunits import Gnewton\n"
        "from rheobase.brian2.units.stdunits import mM\n"
        "from rheobase.brian2.units.constants import *\n",
        names,
    )
    assert names["faraday_constant"] == rheobase.units.constants.faraday_constant


def test_default_units_are_found_by_name():
    from rheobase.brian2.only import DEFAULT_UNITS

    assert DEFAULT_UNITS["mV"] is mV
    assert "Gnewton" in DEFAULT_UNITS
    assert len(list(DEFAULT_UNITS)) == len(DEFAULT_UNITS)
    with pytest.raises(KeyError, match="mVolt"):
        DEFAULT_UNITS["mVolt"]


def test_without_matplotlib_numpy_takes_the_place_of_pylab():
    code = (
        "import sys; sys.modules['pylab'] = None\n"
        "from rheobase.brian2 import *\n"
        "assert 'matplotlib' not in sys.modules\n"
        "print(rand(3).shape, array([1]).sum(), inv(eye(2)).shape, np.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "(3,) 1 (2, 2) rheobase.brian2.numpy_", done.stderr


def test_integration_methods_are_objects_too(star):
    star["start_scope"]()
    group = star["NeuronGroup"](1, "dx/dt = 1/ms : 1", method=star["rk4"])
    star["run"](star["ms"])
    assert abs(group.x_[0] - 1) < 1e-12
    assert star["linear"] is star["exact"]


def test_the_cache_of_compiled_code_is_counted_and_cleared(star, tmp_path, monkeypatch):
    monkeypatch.setenv("RHEOBASE_CACHE_DIR", str(tmp_path))
    assert star["check_cache"]("cython") == (0, 0.0)
    (tmp_path / "native").mkdir()
    (tmp_path / "native" / "kernel").write_bytes(bytes(1000))
    assert star["check_cache"]() == (1, 0.001)
    star["clear_cache"]("cython")
    assert star["check_cache"]() == (0, 0.0)


def test_old_base_classes_and_targets_are_there(star):
    star["start_scope"]()
    group = star["NeuronGroup"](1, "x : 1")
    for name in ("Nameable", "Trackable", "SpikeSource", "BrianObject", "VariableOwner"):
        assert isinstance(group, star[name]), name
    group.run_regularly("x += 1", codeobj_class=star["NumpyCodeObject"])
    star["run"](0.1 * star["ms"])
    assert group.x_[0] == 1


def test_the_installation_tests_itself(monkeypatch, capsys):
    """With the examples of two modules: one right, one wrong."""
    from types import ModuleType, SimpleNamespace

    from rheobase.brian2 import legacy

    right, wrong = ModuleType("right", ">>> 1 + 1\n2\n"), ModuleType("wrong", ">>> 1 + 1\n3\n")
    modules = {"rheobase.right": right}
    monkeypatch.setattr(
        legacy.pkgutil, "walk_packages", lambda *a: [SimpleNamespace(name=n) for n in modules]
    )
    monkeypatch.setattr(legacy.importlib, "import_module", lambda name: modules[name])
    assert legacy.test("cython", long_tests=True)
    modules["rheobase.wrong"] = wrong
    assert not legacy.test()
    assert "1 of 2 lines of examples are right" in capsys.readouterr().out


def test_a_session_imports_packages_of_brian2_once_it_has_been_said(tmp_path):
    """brian2 and its modules, as a package written for Brian 2 reaches them."""
    (tmp_path / "lab_package.py").write_text(
        "import brian2 as b2, brian2.only\n"
        "import brian2.units.fundamentalunits as fundamentalunits\n"
        "from brian2.monitors import *\n"
        "assert b2.units.fundamentalunits.Quantity is fundamentalunits.Quantity\n"
        "assert b2.core.network.Network is b2.Network\n"
        "assert SpikeMonitor is b2.SpikeMonitor\n"
    )
    code = (
        "import rheobase.brian2\n"
        "rheobase.brian2.install(); rheobase.brian2.install()\n"
        "import lab_package, brian2\n"
        "assert brian2 is rheobase.brian2\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_brian_itself_is_not_replaced_where_it_is_in_use(tmp_path):
    (tmp_path / "brian2.py").write_text("")
    code = "import brian2, rheobase.brian2; rheobase.brian2.install()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert "call rheobase.brian2.install() before" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "2*v**3/(w + 1) - v % w",
        "exp(-v)*ceil(w) + arctan(v) + exprel(w)",
        "v if v > w and not w > 2 else -w if v == w else 3*w",
        "abs(v - 0.5) + sqrt(w) + int(v > 1) + v // 2",
    ],
)
def test_an_expression_survives_the_way_to_sympy_and_back(text):
    """As packages do that derive equations of a model by a parameter: the values stay."""
    back = rheobase.Expression(sympy_to_str(str_to_sympy(text)))
    values = [
        float(evaluate(expr, {"v": v, "w": w}))
        for expr in (rheobase.Expression(text).expr, back.expr)
        for v, w in [(1.7, 0.6), (0.3, 0.4), (0.4, 0.4), (2.1, 3.2)]
    ]
    assert values[:4] == pytest.approx(values[4:], rel=1e-14)


def test_names_that_only_modules_of_brian_have(star):
    """What packages import from below brian2."""
    text = (
        "from brian2.core.functions import timestep\n"
        "from brian2.equations.equations import DIFFERENTIAL_EQUATION, PARAMETER, SUBEXPRESSION\n"
        "from brian2.groups.group import get_dtype\n"
        "from brian2.utils.stringtools import get_identifiers, word_substitute\n"
        "from brian2.devices.device import RuntimeDevice, get_device\n"
        "from brian2.codegen.runtime.cython_rt.cython_rt import CythonCodeObject\n"
    )
    names: dict[str, Any] = {}
    with redirected():
        exec(text, names)
    equations = star["Equations"]("dv/dt = w/ms : 1\nw = 2 : 1\nn : integer")
    kinds = [names[k] for k in ("DIFFERENTIAL_EQUATION", "SUBEXPRESSION", "PARAMETER")]
    assert [eq.type for eq in equations.values()] == kinds
    dtypes = [names["get_dtype"](equations[n], {"v": numpy.float32}) for n in "vwn"]
    assert dtypes == [numpy.float32, numpy.float64, numpy.int32]
    assert names["get_identifiers"]("v_1 = 1e-3*exp(x.y)") == {"v_1", "exp", "x"}
    assert names["timestep"](0.3 * rheobase.ms, 0.1 * rheobase.ms) == 3
    assert isinstance(names["get_device"](), names["RuntimeDevice"])
    assert not names["CythonCodeObject"].is_available()
