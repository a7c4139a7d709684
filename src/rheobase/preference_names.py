"""The preferences that there are: name, default, what it does.

Scripts written for Brian 2 set many that choose a compiler or a code generator. Models are
compiled here by LLVM inside this process, so those are accepted, checked, and change nothing;
their text says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from rheobase.preferences import BrianPreference, Preferences

__all__ = ["changes_nothing", "prefs"]

SCHEDULE = ("start", "groups", "thresholds", "synapses", "resets", "end")
LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG", "DIAGNOSTIC")
_ACCEPTED = "Accepted for scripts that set it;"
_NOT_HERE = f"{_ACCEPTED} it changes nothing: models are compiled by LLVM."
_NOT_DONE = f"{_ACCEPTED} it changes nothing: this is not done here."


def _kept(default: Any, validator: Callable[[Any], Any] | None = None) -> BrianPreference:
    """A preference that means nothing here."""
    return BrianPreference(default, _NOT_HERE, validator)


def changes_nothing(preference: BrianPreference) -> bool:
    """Whether a preference is accepted and checked, but means nothing here.

    >>> from rheobase.preference_names import changes_nothing, prefs
    >>> changes_nothing(prefs.known["codegen.target"])
    True
    """
    return preference.docs.startswith(_ACCEPTED)


def _one_of(default: Any, choices: tuple[Any, ...], docs: str) -> BrianPreference:
    listed = ", ".join(map(repr, choices))
    return BrianPreference(default, f"{docs} One of {listed}.", lambda v: v in choices)


def _dtype(default: type, kinds: tuple[type, ...], docs: str) -> BrianPreference:
    names = " or ".join(k.__name__ for k in kinds)
    return BrianPreference(
        default, f"{docs} {names}.", lambda v: v in kinds, lambda v: np.dtype(v).name
    )


def _optional(default: Any, kind: type | tuple[type, ...]) -> BrianPreference:
    return _kept(default, lambda v: v is None or isinstance(v, kind))


def is_schedule(value: Any) -> bool:
    """Whether a value is a list of names of slots, none of them before_ or after_ another."""
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        return False
    names: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
    return all(isinstance(n, str) and not n.startswith(("before_", "after_")) for n in names)


prefs = Preferences()

prefs.register_preferences(
    "core",
    "What all objects share",
    default_float_dtype=_dtype(
        np.float64, (np.float64, np.float32), "How floating point variables are stored:"
    ),
    default_integer_dtype=_dtype(
        np.int32,
        (np.int32, np.int64),
        f"{_ACCEPTED} integers are stored in 32 bits, counts of steps in 64:",
    ),
    outdated_dependency_error=_kept(True),
    threads=BrianPreference(
        0,
        "How many threads a run may use; 0: as many as there are processors. Results do not depend "
        "on it. A run uses them as long as it is faster than with one thread.",
        lambda v: type(v) is int and v >= 0,
    ),
    steps_ahead=BrianPreference(
        64,
        "How many steps elements that do not hear of each other may go ahead of others, at most; "
        "1: none. Results do not depend on it: it is there to measure, and to look for mistakes.",
        lambda v: type(v) is int and v >= 1,
    ),
    stop_on_keyboard_interrupt=BrianPreference(
        True, "Whether Ctrl-C ends a run after its present step, so that it can go on from there."
    ),
)
prefs.register_preferences(
    "core.network",
    "Networks",
    default_schedule=BrianPreference(
        list(SCHEDULE), "The slots of a step, in order; a list of names.", is_schedule
    ),
)
prefs.register_preferences(
    "legacy",
    "How earlier versions of Brian 2 did it",
    refractory_timing=BrianPreference(
        False,
        "Whether the end of a refractory time is found by comparing times, with their rounding, "
        "and not by counting whole steps.",
    ),
)
prefs.register_preferences(
    "logging",
    "Messages",
    console_log_level=_one_of("WARNING", LEVELS, "From which level on messages are shown."),
    file_log=BrianPreference(False, "Whether messages are also written to a temporary file."),
    file_log_level=_one_of("DIAGNOSTIC", LEVELS, "From which level on they are written there."),
    file_log_max_size=BrianPreference(
        10_000_000, "The size of the file, in bytes, at which a second one is begun."
    ),
    delete_log_on_exit=BrianPreference(True, "Whether the file is deleted when Python ends."),
    warn_for_unused_objects=BrianPreference(
        True, "Whether there is a warning when an object goes that no run has ever simulated."
    ),
    save_script=BrianPreference(True, _NOT_DONE),
    std_redirection=BrianPreference(True, _NOT_DONE),
    std_redirection_to_file=BrianPreference(True, _NOT_DONE),
    display_brian_error_message=BrianPreference(True, _NOT_DONE),
)
prefs.register_preferences(
    "codegen",
    "Code generation",
    target=_one_of(
        "auto",
        ("auto", "numpy", "cython", "cpp", "weave"),
        f"{_ACCEPTED} every target is LLVM. See set_backend().",
    ),
    string_expression_target=_one_of("auto", ("auto", "numpy", "cython", "cpp"), _NOT_HERE),
    synapse_connect_target=_one_of("auto", ("auto", "numpy", "cython", "cpp"), _NOT_HERE),
    loop_invariant_optimisations=_kept(True),
    max_cache_dir_size=BrianPreference(
        500,
        "MB of compiled kernels that are kept on disk; those that have gone unused for longest "
        "leave first. 0: no bound.",
        lambda v: isinstance(v, int) and v >= 0,
    ),
)
prefs.register_preferences(
    "codegen.cpp",
    "C++ compilers",
    compiler=_kept(""),
    extra_compile_args=_optional(None, list),
    extra_compile_args_gcc=_kept(["-w", "-O3"]),
    extra_compile_args_msvc=_kept(["/Ox", "/w"]),
    extra_link_args=_kept(list[str]()),
    include_dirs=_kept(list[str]()),
    library_dirs=_kept(list[str]()),
    runtime_library_dirs=_kept(list[str]()),
    libraries=_kept(list[str]()),
    headers=_kept(list[str]()),
    define_macros=_kept(list[Any]()),
    msvc_vars_location=_kept(""),
    msvc_architecture=_kept(""),
)
prefs.register_preferences("codegen.runtime", "Code that runs in this process")
prefs.register_preferences("codegen.runtime.numpy", "numpy", discard_units=_kept(False))
prefs.register_preferences(
    "codegen.runtime.cython",
    "Cython",
    multiprocess_safe=_kept(True),
    cache_dir=_optional(None, str),
    delete_source_files=_kept(True),
)
prefs.register_preferences("codegen.generators", "Generators of code")
prefs.register_preferences(
    "codegen.generators.cpp",
    "C++",
    restrict_keyword=_kept("__restrict"),
    flush_denormals=_kept(False),
)
prefs.register_preferences("GSL", "The GNU scientific library", directory=_optional(None, str))
prefs.register_preferences("devices", "Devices")
prefs.register_preferences(
    "devices.cpp_standalone",
    "C++ standalone",
    openmp_threads=BrianPreference(
        0,
        "Another name of core.threads, for scripts that set it; 0: that one counts.",
        lambda v: isinstance(v, int) and v >= 0,
    ),
    openmp_spatialneuron_strategy=_optional(None, str),
    make_cmd_unix=_kept("make"),
    run_cmd_unix=_kept("./main", lambda v: isinstance(v, (str, list))),
    extra_make_args_unix=_kept(["-j"]),
    extra_make_args_windows=_kept(list[str]()),
    run_environment_variables=_kept(
        {"LD_BIND_NOW": "1"} if sys.platform != "win32" else dict[str, str]()
    ),
)
prefs.load_preferences()
prefs._backup()  # pyright: ignore[reportPrivateUsage]
