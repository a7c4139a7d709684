"""How variables are stored: what `dtype=` of a group asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, cast

import numpy as np

from rheobase.errors import ModelTypeError, did_you_mean
from rheobase.ir.dtypes import BOOL, F32, F64, I32, I64, DType
from rheobase.lang.symbols import Type
from rheobase.preference_names import prefs
from rheobase.records import record
from rheobase.topics import topic

__all__ = ["Storage", "storage_of"]


_FLOATS = {np.dtype(np.float64): F64, np.dtype(np.float32): F32}
_DTYPES: dict[Type, dict[np.dtype[Any], DType]] = {
    Type.FLOAT: _FLOATS,
    Type.INTEGER: {np.dtype(np.int32): I32, np.dtype(np.int64): I64},
    Type.BOOLEAN: {np.dtype(np.bool_): BOOL},
}


@record
class Storage:
    """How the variables of a group are stored.

    floats   floating point variables for which nothing else was asked
    single   variables for which something was
    """

    floats: DType
    single: Mapping[str, DType] = field(default_factory=dict[str, DType])


def storage_of(dtype: Any, types: Mapping[str, Type], label: str) -> Storage:
    """What `dtype` asks for: float32 or float64 for all floating point variables, or {name: dtype}.

    types   of the variables that may be named
    label   of the group, for messages
    Raises ModelTypeError for a dtype that such a variable cannot have; names that are no variable
    get a warning.
    """
    default = _FLOATS[np.dtype(prefs["core.default_float_dtype"])]
    if dtype is None:
        return Storage(default)
    if not isinstance(dtype, Mapping):
        return Storage(_checked(label, "floating point variables", Type.FLOAT, dtype))
    found: dict[str, DType] = {}
    for name, wanted in cast("Mapping[str, Any]", dtype).items():
        if name in types:
            found[name] = _checked(label, f"'{name}'", types[name], wanted)
        else:
            topic("unknown_dtype").warning(
                "%s: dtype names '%s', which is no variable. %s",
                label,
                name,
                did_you_mean(name, types),
            )
    return Storage(default, found)


def _checked(label: str, what: str, kind: Type, dtype: Any) -> DType:
    allowed = _DTYPES[kind]
    try:
        return allowed[np.dtype(dtype)]
    except (TypeError, KeyError):
        names = " or ".join(str(d) for d in allowed)
        raise ModelTypeError(
            f"{label}: {what} can be stored as {names}, not as {dtype!r}"
        ) from None
