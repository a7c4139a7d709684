"""Preferences: names, values, files; and which of them mean something."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest

import rheobase as rb
from rheobase import BrianPreference, PreferenceError, mV, prefs, volt
from rheobase.preferences import Preferences, PreferenceView

# every name that Brian 2 scripts set
NAMES = """
codegen.target codegen.string_expression_target codegen.synapse_connect_target
codegen.loop_invariant_optimisations codegen.max_cache_dir_size codegen.cpp.compiler
codegen.cpp.extra_compile_args codegen.cpp.extra_compile_args_gcc
codegen.cpp.extra_compile_args_msvc codegen.cpp.extra_link_args codegen.cpp.include_dirs
codegen.cpp.library_dirs codegen.cpp.runtime_library_dirs codegen.cpp.libraries codegen.cpp.headers
codegen.cpp.define_macros codegen.cpp.msvc_vars_location codegen.cpp.msvc_architecture
codegen.runtime.numpy.discard_units codegen.runtime.cython.multiprocess_safe
codegen.runtime.cython.cache_dir codegen.runtime.cython.delete_source_files
codegen.generators.cpp.restrict_keyword codegen.generators.cpp.flush_denormals GSL.directory
core.default_float_dtype core.default_integer_dtype core.stop_on_keyboard_interrupt
core.outdated_dependency_error core.network.default_schedule legacy.refractory_timing
logging.delete_log_on_exit logging.file_log logging.file_log_level logging.console_log_level
logging.file_log_max_size logging.save_script logging.std_redirection
logging.std_redirection_to_file logging.display_brian_error_message
logging.warn_for_unused_objects devices.cpp_standalone.openmp_threads
devices.cpp_standalone.openmp_spatialneuron_strategy devices.cpp_standalone.make_cmd_unix
devices.cpp_standalone.run_cmd_unix devices.cpp_standalone.extra_make_args_unix
devices.cpp_standalone.extra_make_args_windows devices.cpp_standalone.run_environment_variables
"""


@pytest.fixture(autouse=True)
def initial():
    yield
    rb.restore_initial_state()


@pytest.fixture
def some():
    found = Preferences()
    found.register_preferences(
        "main",
        "main things",
        count=BrianPreference(3, "How many."),
        voltage=BrianPreference(1 * mV, "How high."),
        positive=BrianPreference(1, "More than nothing.", lambda x: x > 0),
        dtype=BrianPreference(np.float64, "Stored as.", representor=lambda d: d.__name__),
    )
    found.register_preferences("main.sub", "lesser things", name=BrianPreference("x", "Its name."))
    return found


def test_every_name_that_scripts_set_exists_with_documentation():
    own = {"core.threads", "core.steps_ahead"}
    assert set(NAMES.split()) | own == set(prefs)
    for name in NAMES.split():
        assert name in prefs.get_documentation()


def test_items_and_attributes_are_the_same(some):
    some["main.sub.name"] = "y"
    assert some.main.sub.name == some["main"].sub["name"] == "y"
    some.main.sub.name = "z"
    assert dict(some.main.sub) == {"name": "z"}
    assert isinstance(some.main, PreferenceView)
    assert len(some.main) == len(some) == 5
    assert "sub" in dir(some.main)
    assert "main" in dir(some)
    assert "name" in some["main.sub"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("main.count", "three"),
        ("main.count", 2.5j),
        ("main.voltage", 3),
        ("main.positive", -1),
        ("main.dtype", 5),
        ("main.sub.name", None),
    ],
)
def test_a_value_of_another_kind_is_refused(some, name, value):
    before = some[name]
    with pytest.raises(PreferenceError, match=rf"'{name}' cannot be .*default"):
        some[name] = value
    assert some[name] is before


def test_unknown_names_are_refused_with_the_nearest(some):
    with pytest.raises(KeyError, match=r"Did you mean 'main.count'"):
        some["main.cuont"]
    with pytest.raises(PreferenceError, match=r"Did you mean 'main.count'"):
        some["main.cuont"] = 3
    with pytest.raises(AttributeError, match=r"no preference 'main\.shape'"):
        _ = some.main.shape
    assert not hasattr(some, "shape")


def test_categories_are_neither_set_nor_deleted(some):
    with pytest.raises(PreferenceError, match="is a category"):
        some.main.sub = 3
    with pytest.raises(PreferenceError, match="cannot be deleted"):
        del some.main.count
    with pytest.raises(PreferenceError, match="cannot be a preference"):
        some.register_preferences("main", "again", sub=BrianPreference(1, ""))
    with pytest.raises(PreferenceError, match="cannot be a category"):
        some.register_preferences("main.count", "again", x=BrianPreference(1, ""))
    with pytest.raises(PreferenceError, match="cannot be the name"):
        some.register_preferences("other", "", update=BrianPreference(1, ""))


def test_a_file_sets_preferences_and_what_is_registered_later():
    found = Preferences()
    found.read_preference_file(
        StringIO(
            "# comment\nmain.early = 5\n[main]\nlate = [1, 'a']\n\nunit = 5*mV\nkind = float32\n"
        )
    )
    found.register_preferences(
        "main",
        "",
        early=BrianPreference(1, ""),
        late=BrianPreference([0], ""),
        unit=BrianPreference(1 * volt, ""),
        kind=BrianPreference(np.float64, ""),
    )
    assert (found.main.early, found.main.late, found.main.kind) == (5, [1, "a"], np.float32)
    assert found.main.unit == 5 * mV


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("[main", "line 1: .* neither"),
        ("no value", "line 1: .* neither"),
        ("main.count = __import__('os')", "is not a value"),
        ("main.count = 'text'", "cannot be 'text'"),
        ("main.count = unknown", "neither a unit nor a dtype"),
    ],
)
def test_a_file_with_a_wrong_line_is_refused(some, line, text):
    with pytest.raises(PreferenceError, match=text):
        some.read_preference_file(StringIO(line))


def test_what_as_file_writes_reads_back(tmp_path):
    prefs.core.default_float_dtype = np.float32
    prefs.codegen.cpp.extra_compile_args = ["-O2"]
    path = tmp_path / "preferences"
    path.write_text(prefs.as_file, "utf-8")
    changed = dict(prefs)
    prefs.reset_to_defaults()
    assert prefs.as_file == prefs.defaults_as_file
    prefs.read_preference_file(path)
    assert dict(prefs) == changed


def test_a_watcher_hears_of_changes(some):
    heard: list[int] = []
    some.watch("main.count", lambda: heard.append(some.main.count))
    some.main.count = 4
    some.main.sub.name = "other"
    some.reset_to_defaults()
    assert heard == [4, 3]


def test_the_initial_state_has_the_preferences_of_the_import():
    before = dict(prefs)
    prefs.core.network.default_schedule = ["start", "end"]
    rb.restore_initial_state()
    assert dict(prefs) == before


def test_default_float_dtype_decides_how_variables_are_stored():
    prefs.core.default_float_dtype = np.float32
    assert rb.NeuronGroup(1, "v : 1").v[:].dtype == np.float32
