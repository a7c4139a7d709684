"""Names of Brian 2's modules that packages built on it use, and that no star import brings.

Only what is small and means something here: the rest of Brian's inside has no counterpart.

>>> from rheobase.brian2.inner import get_identifiers
>>> sorted(get_identifiers("3e-9*sin(v) > w or not s"))
['s', 'sin', 'v', 'w']
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn, cast

import numpy as np

from rheobase.devices import Device, RuntimeDevice, StandaloneDevice
from rheobase.equations.single import EquationType, SingleEquation
from rheobase.errors import UnsupportedError
from rheobase.lang.symbols import Type
from rheobase.model.functions import timestep
from rheobase.model.monitors.states import StateMonitorView
from rheobase.model.pathways import SynapticPathway
from rheobase.model.stateupdater import StateUpdater
from rheobase.model.synapticviews import SynapticSubgroup
from rheobase.model.views import VariableView
from rheobase.preference_names import prefs

__all__ = [
    "BOOLEAN",
    "DIFFERENTIAL_EQUATION",
    "FLOAT",
    "INTEGER",
    "PARAMETER",
    "SUBEXPRESSION",
    "CPPStandaloneDevice",
    "Device",
    "RuntimeDevice",
    "StateMonitorView",
    "StateUpdater",
    "SynapticPathway",
    "SynapticSubgroup",
    "VariableView",
    "cython_extension_manager",
    "get_compiler_and_args",
    "get_dtype",
    "get_identifiers",
    "replace",
    "timestep",
    "word_substitute",
]

DIFFERENTIAL_EQUATION: Final[EquationType] = "differential equation"
SUBEXPRESSION: Final[EquationType] = "subexpression"
PARAMETER: Final[EquationType] = "parameter"
FLOAT, INTEGER, BOOLEAN = Type.FLOAT, Type.INTEGER, Type.BOOLEAN
CPPStandaloneDevice = StandaloneDevice
cython_extension_manager: Final = None  # CythonCodeObject.is_available() says so
_WORDS = ("and", "or", "not", "if", "else", "True", "False")


def get_identifiers(expr: str, include_numbers: bool = False) -> set[str]:
    """The names in a piece of code, of variables and of functions; with numbers if wanted.

    >>> sorted(get_identifiers("2*v_2 + 1e3", include_numbers=True))
    ['1e3', '2', 'v_2']
    """
    names = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", expr)) - {*_WORDS}
    numbers = re.findall(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", expr)
    return names | set(numbers) if include_numbers else names


def word_substitute(expr: str, substitutions: Mapping[str, str]) -> str:
    """The code with whole words replaced, all at the same time.

    >>> word_substitute("v + v2*w", {"v": "w", "w": "v"})
    'w + v2*v'
    """
    return re.sub(r"\b[A-Za-z_]\w*\b", lambda m: str(substitutions.get(m[0], m[0])), expr)


def replace(text: str, substitutions: Mapping[str, str]) -> str:
    """The text with pieces replaced, one after the other.

    >>> replace("v_post + 1", {"_post": "", "v": "u"})
    'u + 1'
    """
    for old, new in substitutions.items():
        text = text.replace(old, new)
    return text


def get_dtype(equation: SingleEquation, dtype: Any = None) -> np.dtype[Any]:
    """The dtype of the variable that an equation defines.

    dtype   for float variables: one for all, or one for each name; None: the preference

    >>> from rheobase import Equations
    >>> get_dtype(Equations("n : integer")["n"])
    dtype('int32')
    """
    if isinstance(dtype, Mapping):
        dtype = cast("Mapping[str, Any]", dtype).get(equation.varname)
    if equation.var_type is not Type.FLOAT:
        return np.dtype(np.int32 if equation.var_type is Type.INTEGER else np.bool_)
    return np.dtype(prefs.core.default_float_dtype if dtype is None else dtype)


def get_compiler_and_args() -> NoReturn:
    """Raises UnsupportedError: no compiler is used here, so none is known."""
    raise UnsupportedError(
        "get_compiler_and_args(): there is no C++ compiler here with which a package could "
        "compile code of its own"
    )
