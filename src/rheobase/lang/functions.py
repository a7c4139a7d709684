"""THE table of functions that expressions may call: one row each.

A row says how many arguments there are, which types and dimensions go in and come out, what
the function is in NumPy (for constants, and as the meaning) and in sympy, its partial derivatives,
and how a kernel computes it: by one operation of the IR, or by an expression in other rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rheobase.lang.nodes import Assign, Call, Expr, Number, substitute, walk
from rheobase.lang.parse import parse_expression, parse_statements
from rheobase.lang.symbols import Symbol, Type
from rheobase.units.dimensions import DIMENSIONLESS, Dimension
from rheobase.units.relative import exprel_of_numbers

__all__ = ["FUNCTIONS", "FunctionInfo", "called_in"]

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False)
class FunctionInfo:
    """One function; equal to itself only.

    name         as expressions call it
    parameters   names of the arguments
    dims         for each argument: its dimension, None if any will do, or the name of an earlier
                 argument whose dimension it shares
    result_dim   the dimension of the value, or a function of the dimensions of the arguments;
                 None: type and dimension follow from `body` and `expansion`, for each call anew
    result_type  the type of the value; "highest": integer if all arguments are integers or
                 booleans, else float
    stateless    the same arguments give the same value
    sympy        the name in sympy; "" if sympy has none: `partials` and `python` still hold
    python       the value, from NumPy arrays or scalars; None for random numbers
    partials     the derivative with respect to each argument, an expression in the parameters;
                 None if unknown

    How a kernel computes it is one of the following; if all are None, it cannot:

    op           the operation of the IR ("int": a cast; "load_at": an entry of `data["table"]`;
                 "discrete": how many of its entries a random number reaches)
    draws        the operation of the IR that draws a random number
    expansion    an expression in the parameters, which calls other rows
    callback     Python's: `python` is called with the arguments of all elements, between kernels

    indexed      a callback takes the numbers of the elements as a further argument

    Where an expansion is not enough:

    body         assignments (each target once) that come before the expansion
    data         what further names of the two are in memory: bindings of ir.builder
    symbols      and what checking knows of them
    functions    what they call; None: FUNCTIONS
    grid         gives the length, in s, of the steps during which f(t) keeps its value
    """

    name: str
    parameters: tuple[str, ...]
    dims: tuple[Dimension | str | None, ...]
    result_dim: Dimension | Callable[[tuple[Dimension, ...]], Dimension] | None
    result_type: Type | Literal["highest"]
    stateless: bool = True
    sympy: str = ""
    python: Callable[..., Any] | None = None
    partials: tuple[Expr | None, ...] = ()
    op: str | None = None
    draws: Literal["uniform", "normal"] | None = None
    expansion: Expr | None = None
    callback: bool = False
    indexed: bool = False
    body: tuple[Assign, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    symbols: Mapping[str, Symbol] = field(default_factory=dict[str, Symbol])
    functions: Mapping[str, FunctionInfo] | None = None
    grid: Callable[[], float] | None = None

    @property
    def is_native(self) -> bool:
        """Whether a kernel can compute it."""
        return (self.op, self.draws, self.expansion) != (None, None, None)

    @property
    def arity(self) -> int:
        return len(self.parameters)

    def dim_of(self, dims: tuple[Dimension, ...]) -> Dimension:
        """The dimension of the value, for arguments of these dimensions."""
        if isinstance(self.result_dim, Dimension):
            return self.result_dim
        assert self.result_dim is not None
        return self.result_dim(dims)

    def type_of(self, types: Iterable[Type]) -> Type:
        """The type of the value, for arguments of these types."""
        if self.result_type != "highest":
            return self.result_type
        return Type.FLOAT if Type.FLOAT in types else Type.INTEGER


def _exprel(x: Array) -> Array:
    return exprel_of_numbers(np.asarray(x, np.float64))


def _int(x: Array) -> Array:
    """Truncated towards zero; the nearest 64-bit integer beyond their range, 0 for nan."""
    x = np.asarray(x)
    if x.dtype.kind != "f":
        return x.astype(np.int64)
    limit = 2.0**63
    inside = np.where(np.abs(x) < limit, x, 0.0).astype(np.int64)
    ends = np.iinfo(np.int64)
    return np.where(x >= limit, ends.max, np.where(x <= -limit, ends.min, inside))


def _clip(x: Array, low: Array, high: Array) -> Array:
    return np.minimum(np.maximum(x, low), high)


def _timestep(t: Array, dt: Array) -> Array:
    return np.floor((t + 1e-3 * dt) / dt).astype(np.int64)


def _sign(x: Array) -> Array:
    x = np.asarray(x)
    return np.sign(x.astype(np.int64) if x.dtype == np.bool_ else x)


def _abs(x: Array) -> Array:
    x = np.asarray(x)
    return np.abs(x.astype(np.int64) if x.dtype == np.bool_ else x)


_SECOND: Final = Dimension((0, 0, 1, 0, 0, 0, 0))
_DIMENSIONS: Final[dict[str, Dimension | None]] = {
    "1": DIMENSIONLESS,
    "second": _SECOND,
    "any": None,
}
_TYPES: Final[dict[str, Type | Literal["highest"]]] = {
    "float": Type.FLOAT,
    "integer": Type.INTEGER,
    "highest": "highest",
}


def _root(dims: tuple[Dimension, ...]) -> Dimension:
    return dims[0] ** 0.5


def _first(dims: tuple[Dimension, ...]) -> Dimension:
    return dims[0]


_RESULTS: Final[dict[str, Dimension | Callable[[tuple[Dimension, ...]], Dimension]]] = {
    "1": DIMENSIONLESS,
    "root": _root,
    "first": _first,
}

_ONE: Final = {"x": "1"}  # one pure number
_ANY: Final = {"x": "any"}  # one argument in any unit


def _row(
    name: str,
    args: Mapping[str, str],
    result: str,
    computed: str,
    python: Callable[..., Any] | None,
    sympy: str = "",
    partials: Iterable[str] = (),
) -> FunctionInfo:
    """A row from text.

    args      name -> dimension
    result    "type dimension"
    computed  an op, an expression in brackets, or "" for neither
    """
    result_type, result_dim = result.split()
    is_expression = "(" in computed
    return FunctionInfo(
        name=name,
        parameters=tuple(args),
        dims=tuple(_DIMENSIONS.get(d, d) for d in args.values()),
        result_dim=_RESULTS[result_dim],
        result_type=_TYPES[result_type],
        stateless=python is not None,
        sympy=sympy,
        python=python,
        partials=tuple(parse_expression(p) for p in partials),
        op=None if is_expression or python is None else computed,
        draws=_DRAWS.get(computed),
        expansion=parse_expression(computed) if is_expression else None,
    )


_POISSON_SMALL: Final = 12
_POISSON_TERMS: Final = 50  # a greater value has a probability below 1e-16


def _poisson() -> FunctionInfo:
    """A whole number of mean lam (0 for lam < 0 and nan), from one uniform and one normal.

    lam < 12: inversion, exact: the number of values of the distribution function that the uniform
    reaches. From 12 on: the expansion of the quantile in the normal w around lam + sqrt(lam)*w; its
    distribution function is off by less than 4e-5 at 12, 5e-7 at 100.
    Source: Giles 2016, Algorithm 955, ACM TOMS 42:7, eq. for Q_N3.
    """
    begin = parse_statements(
        f"_u = rand(); _l = _min(_max(lam, 0.0), {_POISSON_SMALL}.0); _p = exp(-_l); _c = _p; "
        "_k = 0.0"
    )
    count, term, total = parse_statements(
        "_k = _k + (1.0 if _u >= _c else 0.0); _p = _p*_l*_r; _c = _c + _p"
    )
    end = parse_statements(
        f"_w = randn(); _m = _max(lam, {_POISSON_SMALL}.0); _s = sqrt(_m); "
        "_q = _m + _s*_w + 1/3 + _w**2/6 - (_w/36 + _w**3/72)/_s "
        "+ (7*_w**2/810 + _w**4/270 - 8/405)/_m"
    )
    terms: list[Assign] = []
    for k in range(1, _POISSON_TERMS + 1):
        value = substitute(term.value, {"_r": Number(1 / k)})
        terms += [count, replace(term, value=value), total]
    return FunctionInfo(
        name="poisson",
        parameters=("lam",),
        dims=(DIMENSIONLESS,),
        result_dim=DIMENSIONLESS,
        result_type=Type.INTEGER,
        stateless=False,
        body=(*begin, *terms, *end),
        expansion=parse_expression(
            f"int(floor(_max(_q, 0.0))) if lam >= {_POISSON_SMALL} else int(_k)"
        ),
    )


_DRAWS: Final[dict[str, Literal["uniform", "normal"]]] = {"uniform": "uniform", "normal": "normal"}
_XAB: Final = {"x": "any", "low": "x", "high": "x"}
_TT: Final = {"t": "second", "dt": "second"}
_PAIR: Final = {"a": "any", "b": "a"}
_INT_STEP: Final = "int(floor((t + 1e-3*dt)/dt))"
_CLIPPED: Final = "_min(_max(x, low), high)"

# fmt: off
_ROWS: Final = (
    #    name      arguments  result           computed by   NumPy        sympy    derivatives
    _row("sin",    _ONE, "float 1",       "sin",    np.sin,    "sin",   ["cos(x)"]),
    _row("cos",    _ONE, "float 1",       "cos",    np.cos,    "cos",   ["-sin(x)"]),
    _row("tan",    _ONE, "float 1",       "tan",    np.tan,    "tan",   ["1 + tan(x)**2"]),
    _row("arcsin", _ONE, "float 1",       "arcsin", np.arcsin, "asin",  ["1/sqrt(1 - x**2)"]),
    _row("arccos", _ONE, "float 1",       "arccos", np.arccos, "acos",  ["-1/sqrt(1 - x**2)"]),
    _row("arctan", _ONE, "float 1",       "arctan", np.arctan, "atan",  ["1/(1 + x**2)"]),
    _row("sinh",   _ONE, "float 1",       "sinh",   np.sinh,   "sinh",  ["cosh(x)"]),
    _row("cosh",   _ONE, "float 1",       "cosh",   np.cosh,   "cosh",  ["sinh(x)"]),
    _row("tanh",   _ONE, "float 1",       "tanh",   np.tanh,   "tanh",  ["1 - tanh(x)**2"]),
    _row("exp",    _ONE, "float 1",       "exp",    np.exp,    "exp",   ["exp(x)"]),
    _row("expm1",  _ONE, "float 1",       "expm1",  np.expm1,  "",      ["exp(x)"]),
    _row("exprel", _ONE, "float 1",       "exprel", _exprel,   "",
         # both quotients lose digits near 0: there, the series 1/2 + x/3 + x**2/8 + ... holds
         ["(exp(x) - exprel(x))/x if abs(x) > 0.05 else "
          "1/2 + x*(1/3 + x*(1/8 + x*(1/30 + x*(1/144 + x*(1/840 + x*(1/5760 + x/45360))))))"]),
    _row("log",    _ONE, "float 1",       "log",    np.log,    "log",   ["1/x"]),
    _row("log10",  _ONE, "float 1",       "log10",  np.log10,  "",      ["0.4342944819032518/x"]),
    _row("log1p",  _ONE, "float 1",       "log1p",  np.log1p,  "",      ["1/(1 + x)"]),
    _row("sqrt",   _ANY, "float root",    "sqrt",   np.sqrt,   "sqrt",  ["1/(2*sqrt(x))"]),
    _row("ceil",   _ANY, "float first",   "ceil",   np.ceil,   "ceiling", ["0"]),
    _row("floor",  _ANY, "float first",   "floor",  np.floor,  "floor", ["0"]),
    _row("abs",    _ANY, "highest first", "abs",    _abs,      "Abs",   ["sign(x)"]),
    _row("sign",   _ANY, "highest 1",     "sign",   _sign,     "sign",  ["0"]),
    _row("int",    _ONE, "integer 1",     "int",    _int,      "",      ["0"]),
    _row("clip",   _XAB, "highest first", _CLIPPED, _clip,     "",
         ["1 if x > low and x < high else 0",
          "1 if x < low and low < high else 0",
          "1 if high < x or high < low else 0"]),
    _row("timestep", _TT, "integer 1",    _INT_STEP, _timestep, "",     ["0", "0"]),
    _row("rand",   {},   "float 1",       "uniform", None),
    _row("randn",  {},   "float 1",       "normal",  None),
    _poisson(),
    # not for users: what other rows expand to
    _row("_min",   _PAIR, "highest first", "min",   np.minimum, "",
         ["1 if a <= b else 0", "0 if a <= b else 1"]),
    _row("_max",   _PAIR, "highest first", "max",   np.maximum, "",
         ["1 if a >= b else 0", "0 if a >= b else 1"]),
)
# fmt: on

FUNCTIONS: Final[Mapping[str, FunctionInfo]] = MappingProxyType({f.name: f for f in _ROWS})


def called_in(expressions: Iterable[Expr]) -> dict[str, Call]:
    """The functions that expressions call: name -> the first call."""
    found: dict[str, Call] = {}
    for expr in expressions:
        for node in walk(expr):
            if isinstance(node, Call):
                found.setdefault(node.function, node)
    return found
