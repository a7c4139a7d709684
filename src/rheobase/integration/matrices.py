"""Matrix exponentials, for one matrix or many at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["expm", "propagator"]

Matrices = NDArray[np.float64]

# Pade approximant of degree 13: accurate to double precision up to this norm
_THETA = 5.371920351148152
_PADE = (
    *(64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0),
    *(129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0),
    *(40840800.0, 960960.0, 16380.0, 182.0, 1.0),
)
_SWEEPS = 12  # of the balancing; it is only a scaling, so it need not converge


def expm(a: Matrices) -> Matrices:
    """The exponential of each matrix.

    a   (..., n, n)
    Returns (..., n, n); nan throughout where an entry is not finite. The error is a few units of
    rounding of the norm of the balanced matrix.
    Source: Higham 2005, The scaling and squaring method for the matrix exponential revisited,
    SIAM J. Matrix Anal. Appl. 26:1179-1193; balancing as in Parlett & Reinsch 1969.
    """
    usable = np.asarray(np.isfinite(a).all(axis=(-2, -1), keepdims=True))
    safe = np.where(usable, a, 0.0)
    with np.errstate(all="ignore"):
        scale = _balance(safe)
        balanced = safe * scale[..., None, :] / scale[..., :, None]
        result = _scaled_squared(balanced) * scale[..., :, None] / scale[..., None, :]
    return np.where(usable, result, np.nan)


def propagator(a: Matrices) -> tuple[Matrices, Matrices]:
    """exp(a) and phi(a) = (exp(a) - 1)/a, the integral of exp(a*s) over 0 < s < 1.

    a   (..., n, n)   coefficients times dt
    The solution of dx/dt = (a/dt) x + b after dt is exp(a) x + phi(a) b dt. Both are blocks of the
    exponential of [[a, 1], [0, 0]], so a singular `a` is no special case.
    """
    n = a.shape[-1]
    if n == 1:
        return _scalar_propagator(a)
    augmented = np.zeros((*a.shape[:-2], 2 * n, 2 * n))
    augmented[..., :n, :n] = a
    augmented[..., :n, n:] = np.eye(n)
    result = expm(augmented)
    return result[..., :n, :n], result[..., :n, n:]


def _scalar_propagator(a: Matrices) -> tuple[Matrices, Matrices]:
    with np.errstate(all="ignore"):
        small = np.where(a == 0, 1.0, a)
        phi = np.where(a == 0, 1.0, np.expm1(small) / small)
        return np.exp(a), phi


def _balance(a: Matrices) -> Matrices:
    """(..., n)  powers of two d for which a[i, j]*d[j]/d[i] has no needlessly large entries.

    In models, volts meet amperes: entries differ by 1e9 without any of them mattering more.
    """
    n = a.shape[-1]
    size: Matrices = np.abs(a) * (1 - np.eye(n))
    largest: Matrices = np.abs(a).diagonal(axis1=-2, axis2=-1).max(-1)
    floor = np.maximum(largest, 1.0)
    scale: Matrices = np.ones(a.shape[:-1])
    uneven = np.asarray(size.max((-2, -1), initial=0.0) > floor)
    if not uneven.any():
        return scale
    for _ in range(_SWEEPS):
        before = scale.copy()
        for i in range(n):
            column: Matrices = (size[..., :, i] / scale).max(-1) * scale[..., i]
            row: Matrices = (size[..., i, :] * scale).max(-1) / scale[..., i]
            ratio = _unless_zero(row, column, floor) / _unless_zero(column, row, floor)
            power = np.rint(np.log2(np.where(ratio > 0, ratio, 1.0)) / 2)
            scale[..., i] *= np.exp2(np.clip(power, -400, 400))
        if np.array_equal(scale, before):
            break
    # whatever else is in the batch: a matrix has one result
    return np.where(uneven[..., None], scale, 1.0)


def _unless_zero(size: Matrices, other: Matrices, floor: Matrices) -> Matrices:
    """A row or column that is all zero leaves the other free: it goes below the diagonal."""
    return np.where(size > 0, size, np.minimum(other, floor**2 / np.maximum(other, 1e-300)))


def _scaled_squared(a: Matrices) -> Matrices:
    norm: Matrices = np.abs(a).sum(-2).max(-1, initial=0.0)
    squarings = np.clip(np.ceil(np.log2(np.maximum(norm, 1e-300) / _THETA)), 0, 1000).astype(int)
    result = _pade(a * np.exp2(-squarings)[..., None, None])
    for k in range(int(squarings.max(initial=0))):
        more = (squarings > k)[..., None, None]
        result = np.where(more, result @ result, result)
    return result


def _pade(a: Matrices) -> Matrices:
    b = _PADE
    one = np.eye(a.shape[-1])
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    odd = a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2)
    u = a @ (odd + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one)
    even = a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2)
    v = even + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * one
    # (v - u)^-1 (v + u), but exact for a = 0 and closer for small a
    return one + 2 * np.asarray(np.linalg.solve(v - u, u), np.float64)
