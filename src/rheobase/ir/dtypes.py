"""The types of values and of the elements of arrays."""

from __future__ import annotations

from enum import Enum

import numpy as np

__all__ = ["BOOL", "F32", "F64", "I32", "I64", "U16", "DType"]


class DType(Enum):
    """An element type; its value is its printed name.

    BOOL is one byte in memory (0 or 1) and one bit as a value. U16 holds numbers of elements, where
    there are so few.
    """

    F64 = "f64"
    F32 = "f32"
    I64 = "i64"
    I32 = "i32"
    U16 = "u16"
    BOOL = "bool"

    @property
    def numpy(self) -> np.dtype[np.generic]:
        return _NUMPY[self]

    @property
    def is_float(self) -> bool:
        return self in (DType.F64, DType.F32)

    @property
    def is_integer(self) -> bool:
        return self in (DType.I64, DType.I32, DType.U16)


F64, F32, I64, I32, U16, BOOL = tuple(DType)

_NUMPY: dict[DType, np.dtype[np.generic]] = {
    F64: np.dtype(np.float64),
    F32: np.dtype(np.float32),
    I64: np.dtype(np.int64),
    I32: np.dtype(np.int32),
    U16: np.dtype(np.uint16),
    BOOL: np.dtype(np.bool_),
}
