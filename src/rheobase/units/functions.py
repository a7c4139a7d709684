"""What each numpy function (other than ufuncs) does to units.

A rule is one line of the table below: the functions, the units of their parameters, the unit of
the result. Parameters with the same letter must have the same unit; `u+` is a sequence of arrays
that share it; `_` may have any unit, which plays no part; parameters that are not listed must be
plain numbers. The few functions that fit no such line are written out. A function without a
rule raises TypeError: no unit is ever dropped in silence. (Files hold SI numbers: numpy.save,
savez and savetxt store them.)
"""

# a table about untyped functions of numpy: their arguments and results are Any
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from rheobase.errors import DimensionMismatchError
from rheobase.units.dimensions import DIMENSIONLESS, Dimension
from rheobase.units.si import common_dimension, fits_any_unit, plain

__all__ = ["Tagged", "call", "has_unit", "known_functions", "stripped"]

Function: TypeAlias = Callable[..., Any]


class Tagged(NamedTuple):
    """SI numbers and their dimension: what a quantity will be made of."""

    value: Any
    dim: Dimension


_TABLE: Final = """
reshape ravel transpose flip fliplr flipud rot90 roll rollaxis moveaxis swapaxes squeeze | a:u | u
matrix_transpose linalg.matrix_transpose expand_dims broadcast_to tile repeat take | a:u | u
take_along_axis delete resize sort partition sort_complex trim_zeros sliding_window_view | a:u | u
lib.stride_tricks.sliding_window_view fft.fftshift fft.ifftshift unstack array_split split | a:u | u
hsplit vsplit dsplit diagonal linalg.diagonal diag diagflat triu tril trace linalg.trace | a:u | u
copy real imag real_if_close fix round around require ascontiguousarray asfortranarray | a:u | u
astype median nanmedian asarray asanyarray array | a:u | u
amax amin max min nanmax nanmin ptp | a:u initial:u | u
sum nansum cumsum nancumsum cumulative_sum | a:u initial:u | u
mean nanmean | a:u | u
std nanstd | a:u ddof:_ mean:u | u
var nanvar | a:u ddof:_ mean:u | u**2
percentile quantile nanpercentile nanquantile | a:u q:v weights:_ | u
average | a:u axis:_ weights:_ | u
zeros_like ones_like empty_like | a:u | u
full_like | a:_ fill_value:u | u
concatenate concat hstack vstack row_stack dstack column_stack stack | a:u+ | u
append | arr:u values:u | u
insert | arr:u obj:_ values:u | u
pad | array:u pad_width:1 mode:_ constant_values:u end_values:u | u
clip | a:u a_min:u a_max:u out:_ min:u max:u | u
choose | a:1 choices:u+ | u
select | condlist:_ choicelist:u+ default:u | u
extract compress | condition:_ arr:u | u
nan_to_num | x:u copy:_ nan:u posinf:u neginf:u | u
diff | a:u n:1 axis:_ prepend:u append:u | u
ediff1d | ary:u to_end:u to_begin:u | u
linspace | start:u stop:u | u
geomspace | start:u stop:u | u
unwrap | p:u discont:u axis:_ period:u | u
interp | x:u xp:u fp:v left:v right:v period:u | v
trapezoid trapz | y:u x:v dx:v | u*v
cross linalg.cross dot inner outer linalg.outer vdot kron tensordot | a:u b:v | u*v
linalg.tensordot convolve correlate linalg.matmul linalg.vecdot | a:u b:v | u*v
linalg.norm linalg.vector_norm linalg.matrix_norm linalg.svdvals linalg.eigvals | a:u | u
linalg.eigvalsh | a:u | u
linalg.inv linalg.pinv linalg.tensorinv | a:u | 1/u
linalg.solve linalg.tensorsolve | a:u b:v | v/u
linalg.lstsq | a:u b:v | v/u,v**2,1,u
linalg.eig linalg.eigh | a:u | u,1
linalg.qr | a:u | 1,u
linalg.cholesky | a:u | u**0.5
linalg.cond linalg.matrix_rank | a:_ p:1 tol:_ rtol:1 | 1
fft.fft fft.ifft fft.fft2 fft.ifft2 fft.fftn fft.ifftn fft.rfft fft.irfft fft.rfft2 | a:u | u
fft.irfft2 fft.rfftn fft.irfftn fft.hfft fft.ihfft | a:u | u
cov | m:u y:u rowvar:_ bias:_ ddof:_ fweights:_ aweights:_ | u**2
corrcoef | x:_ y:_ | 1
allclose isclose | a:u b:u rtol:1 atol:w | 1
array_equal array_equiv isin in1d | a:u b:u | 1
searchsorted | a:u v:u | 1
digitize | x:u bins:u | 1
intersect1d | ar1:u ar2:u assume_unique:_ return_indices:_ | u,1,1
union1d setdiff1d setxor1d | ar1:u ar2:u | u
unique unique_all | a:u | u,1,1,1
unique_counts unique_inverse | x:u | u,1
unique_values | x:u | u
bincount | x:1 weights:u | u
argmax argmin nanargmax nanargmin argsort argpartition argwhere nonzero flatnonzero | a:_ | 1
count_nonzero any all isreal iscomplex isrealobj iscomplexobj isposinf isneginf angle | a:_ | 1
lexsort | keys:_ | 1
shape size ndim shares_memory may_share_memory iscomplexobj common_type | a:_ b:_ | 1
result_type can_cast min_scalar_type | a:_ b:_ c:_ | 1
triu_indices_from tril_indices_from diag_indices_from | a:_ | 1
put_along_axis | arr:u indices:1 values:u | 1
save savetxt | file:_ a:_ | 1
"""


class Rule(NamedTuple):
    """One line of the table."""

    roles: dict[str, str]
    result: str


@cache
def _rules() -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for line in _TABLE.strip().splitlines():
        names, params, result = (part.strip() for part in line.split("|"))
        roles = dict(p.split(":") for p in params.split())
        for name in names.split():
            rules[name] = Rule(roles, result)
    return rules


def known_functions() -> frozenset[str]:
    """The names of all functions with a rule, as 'mean', 'linalg.norm'."""
    return frozenset(_rules()) | frozenset(_special())


def call(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a numpy function of values some of which have units.

    Returns the result with `Tagged` values wherever it has a unit.
    Raises TypeError without a rule, DimensionMismatchError where units do not fit.
    """
    name = _name(func)
    out = kwargs.get("out")
    if out is not None:
        kwargs = {k: v for k, v in kwargs.items() if k != "out"}
    special = _special().get(name)
    if special is not None:
        result = special(func, args, kwargs)
    elif (rule := _rules().get(name)) is not None:
        result = _apply(name, rule, func, args, kwargs)
    else:
        raise TypeError(
            f"numpy.{name} has no rule for values with units; divide by a unit first, or use "
            "numpy.asarray(x) for the SI numbers"
        )
    return result if out is None else _into(out, result)


def _name(func: Function) -> str:
    module = func.__module__.removeprefix("numpy").removeprefix(".")
    return f"{module}.{func.__name__}" if module else func.__name__


def _into(out: Any, result: Any) -> Any:
    """Put a result into an output array of its unit."""
    value, dim = result if isinstance(result, Tagged) else (result, DIMENSIONLESS)
    target, target_dim = plain(out)
    if target_dim is not dim:
        raise DimensionMismatchError("The output array has another unit", target_dim, dim)
    np.copyto(target, value, casting="same_kind")
    return out


# ---------------------------------------------------------------------- table rules


class _Bound:
    """The plain arguments of a call, and the unit behind each letter."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: dict[str, list[tuple[Any, Dimension]]] = {}

    def take(self, role: str, value: Any) -> Any:
        """The plain form of an argument, its unit noted under its letter."""
        if value is None or isinstance(value, (str, bytes)) or value is getattr(np, "_NoValue", 0):
            return value
        if role == "1":
            return self._number(value)
        if role.endswith("+"):
            pairs = [plain(v) for v in value]
            self.parts.setdefault(role[:-1], []).extend(pairs)
            return [p for p, _ in pairs]
        if role == "_":
            return stripped(value)
        pair = plain(value)
        self.parts.setdefault(role, []).append(pair)
        return pair[0]

    def _number(self, value: Any) -> Any:
        if not has_unit(value):
            return stripped(value)
        raise DimensionMismatchError(
            f"numpy.{self.name} takes a plain number here", plain(value)[1]
        )

    def dimension(self, letter: str) -> Dimension:
        return common_dimension(self.parts.get(letter, []), f"apply numpy.{self.name}")


def has_unit(value: Any) -> bool:
    dim = getattr(value, "dim", None)
    if isinstance(dim, Dimension):
        return dim is not DIMENSIONLESS
    return isinstance(value, (list, tuple)) and any(has_unit(v) for v in value)


def stripped(value: Any) -> Any:
    """Any argument without units, nested sequences included."""
    if isinstance(getattr(value, "dim", None), Dimension):
        return np.asarray(value)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(stripped(v) for v in value)
    return value


def _apply(
    name: str, rule: Rule, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    bound = _Bound(name)
    roles = list(rule.roles.values())
    new_args = [bound.take(roles[i] if i < len(roles) else "1", v) for i, v in enumerate(args)]
    new_kwargs: dict[str, Any] = {}
    for key, value in kwargs.items():
        first = not args and not new_kwargs and key not in rule.roles
        role = roles[0] if first else rule.roles.get(key, "1")
        new_kwargs[key] = bound.take(role, value)
    for letter in bound.parts:
        bound.dimension(letter)
    result = func(*new_args, **new_kwargs)
    dims = [_evaluate(text, bound) for text in rule.result.split(",")]
    return _tag(result, dims)


def _evaluate(text: str, bound: _Bound) -> Dimension:
    """The dimension behind 'u', 'u*v', 'v/u', '1/u', 'u**2', '1'."""
    if text == "1":
        return DIMENSIONLESS
    if "**" in text:
        letter, power = text.split("**")
        return bound.dimension(letter) ** float(power)
    if "*" in text:
        a, b = text.split("*")
        return bound.dimension(a) * bound.dimension(b)
    if "/" in text:
        a, b = text.split("/")
        return _evaluate(a, bound) / bound.dimension(b)
    return bound.dimension(text)


def _tag(result: Any, dims: Sequence[Dimension]) -> Any:
    """Attach dimensions: one to everything, or one to each element of a tuple."""
    if len(dims) > 1 and not isinstance(result, tuple):
        dims = dims[:1]
    if len(dims) == 1:
        if isinstance(result, (list, tuple)):
            return _rebuilt(result, [_tag(r, dims) for r in result])
        return result if dims[0] is DIMENSIONLESS else Tagged(result, dims[0])
    return _rebuilt(result, [_tag(r, [d]) for r, d in zip(result, dims)])


def _rebuilt(like: Any, items: list[Any]) -> Any:
    return type(like)(*items) if hasattr(like, "_fields") else type(like)(items)


# ---------------------------------------------------------------------- rules written out


def _each(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Arrays that are reshaped together, each with its own unit."""
    pairs = [plain(a) for a in args]
    result = func(*(p for p, _ in pairs), **kwargs)
    if not isinstance(result, (list, tuple)):
        return _tag(result, [pairs[0][1]])
    return type(result)(_tag(r, [d]) for r, (_, d) in zip(result, pairs))


def _where(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    condition = stripped(args[0])
    pairs = [plain(a) for a in args[1:]]
    if not pairs:
        return func(condition)
    dim = common_dimension(pairs, "choose between two values")
    return _tag(func(condition, *(p for p, _ in pairs)), [dim])


def _product(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    values, dim = plain(args[0])
    result = func(values, *args[1:], **kwargs)
    if dim is DIMENSIONLESS:
        return result
    if kwargs.get("where", True) is not True or (func.__name__ == "nanprod"):
        raise TypeError("the product of a part of the elements has no definite unit")
    axis = args[1] if len(args) > 1 else kwargs.get("axis")
    count = values.size / max(np.size(result), 1) if axis is not None else values.size
    return _tag(result, [dim ** round(count)])


def _only_numbers(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Functions whose results would mix units."""
    for value in (*args, *kwargs.values()):
        if has_unit(value):
            raise TypeError(
                f"numpy.{_name(func)} takes plain numbers: with units its elements would have "
                "different ones; divide by a unit first"
            )
    return func(*stripped(args), **{k: stripped(v) for k, v in kwargs.items()})


def _gradient(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    values, dim = plain(args[0])
    steps = [plain(s) for s in args[1:]]
    result = func(values, *(s for s, _ in steps), **kwargs)
    if not isinstance(result, (list, tuple)):
        return _tag(result, [dim / steps[0][1] if steps else dim])
    if len(steps) <= 1:
        steps = steps * len(result)
    dims = [dim / d for _, d in steps] or [dim] * len(result)
    return type(result)(_tag(r, [d]) for r, d in zip(result, dims))


def _einsum(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not isinstance(args[0], str):
        raise TypeError("numpy.einsum of values with units needs its subscripts as a string")
    pairs = [plain(a) for a in args[1:]]
    dim = math.prod((d for _, d in pairs), start=DIMENSIONLESS)
    return _tag(func(args[0], *(p for p, _ in pairs), **kwargs), [dim])


def _multi_dot(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    pairs = [plain(a) for a in args[0]]
    dim = math.prod((d for _, d in pairs), start=DIMENSIONLESS)
    return _tag(func([p for p, _ in pairs], **kwargs), [dim])


def _det(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    values, dim = plain(args[0])
    return _tag(func(values), [dim ** np.shape(values)[-1]])


def _matrix_power(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    values, dim = plain(args[0])
    return _tag(func(values, *args[1:], **kwargs), [dim ** int(args[1])])


def _svd(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    values, dim = plain(args[0])
    result = func(values, *args[1:], **kwargs)
    if not isinstance(result, tuple):
        return _tag(result, [dim])
    return _tag(result, [DIMENSIONLESS, dim, DIMENSIONLESS])


def _block(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    pairs: list[tuple[Any, Dimension]] = []

    def bare(part: Any) -> Any:
        if isinstance(part, list):
            return [bare(p) for p in part]
        pairs.append(plain(part))
        return pairs[-1][0]

    nested = bare(args[0])
    return _tag(func(nested), [common_dimension(pairs, "assemble a block array")])


def _histogram(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Counts (per unit if `density`) and edges in the unit of the data."""
    bound = _Bound("histogram")
    names = ("a", "bins", "range", "density", "weights")
    given = dict(zip(names, args)) | kwargs
    bins = given.get("bins", 10)
    roles = {
        "a": "u",
        "bins": "u" if np.ndim(stripped(bins)) else "1",
        "range": "u",
        "weights": "w",
    }
    bare = {k: bound.take(roles.get(k, "1"), v) for k, v in given.items()}
    data, weight = bound.dimension("u"), bound.dimension("w")
    result = func(**bare)
    if func.__name__ == "histogram_bin_edges":
        return _tag(result, [data])
    return _tag(result, [DIMENSIONLESS / data if given.get("density") else weight, data])


def _histogram2d(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Counts and edges; bins are given as numbers of bins, or with the units of the data."""
    (x, dx), (y, dy) = plain(args[0]), plain(args[1])
    rest = [*args[2:], *kwargs.values()]
    if any(has_unit(r) and not _fits_pair(r, dx, dy) for r in rest):
        raise DimensionMismatchError(
            "numpy.histogram2d: bins and range need the data's units", dx, dy
        )
    density = kwargs.get("density") or (len(args) > 4 and args[4])
    counts, ex, ey = func(x, y, *stripped(args[2:]), **{k: stripped(v) for k, v in kwargs.items()})
    dim = DIMENSIONLESS / (dx * dy) if density else DIMENSIONLESS
    return _tag(counts, [dim]), _tag(ex, [dx]), _tag(ey, [dy])


def _fits_pair(value: Any, dx: Dimension, dy: Dimension) -> bool:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return dx is dy and plain(value)[1] is dx
    return plain(value[0])[1] in (dx, DIMENSIONLESS) and plain(value[1])[1] in (dy, DIMENSIONLESS)


def _writes(target: int, source: int) -> Function:
    """Functions that put values into an array: the two must have the same unit."""

    def rule(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        into, dim = plain(args[target])
        values, other = plain(args[source])
        if dim is not other and not (other is DIMENSIONLESS and fits_any_unit(values)):
            raise DimensionMismatchError(f"numpy.{_name(func)} would mix units", dim, other)
        bare = list(stripped(args))
        bare[target], bare[source] = into, values
        return func(*bare, **{k: stripped(v) for k, v in kwargs.items()})

    return rule


def _text(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    return repr(args[0]) if func.__name__ == "array_repr" else str(args[0])


def _saves(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return func(*stripped(args), **{k: stripped(v) for k, v in kwargs.items()})


def _arange(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    raise TypeError("use rheobase.units.unitsafe.arange for ranges with units")


def _along_axis(func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    raise TypeError(
        f"numpy.{_name(func)} cannot know the unit of what the function returns; apply it to "
        "plain numbers"
    )


@cache
def _special() -> dict[str, Function]:
    table: dict[Function, str] = {
        _each: "atleast_1d atleast_2d atleast_3d broadcast_arrays meshgrid ix_",
        _where: "where",
        _product: "prod nanprod",
        _only_numbers: "cumprod nancumprod cumulative_prod poly polyadd polyder polydiv polyfit "
        "polyint polymul polysub polyval roots vander i0 sinc logspace linalg.slogdet packbits "
        "unpackbits ravel_multi_index unravel_index histogramdd",
        _gradient: "gradient",
        _einsum: "einsum",
        _multi_dot: "linalg.multi_dot",
        _det: "linalg.det",
        _matrix_power: "linalg.matrix_power",
        _svd: "linalg.svd",
        _block: "block",
        _histogram: "histogram histogram_bin_edges",
        _histogram2d: "histogram2d",
        _writes(0, 1): "copyto fill_diagonal",
        _writes(0, 2): "put place putmask",
        _text: "array_repr array_str array2string",
        _saves: "savez savez_compressed einsum_path",
        _arange: "arange",
        _along_axis: "apply_along_axis apply_over_axes piecewise",
    }
    return {name: rule for rule, names in table.items() for name in names.split()}
