"""Numbers with units: `Quantity`, an ndarray that holds SI values and knows their dimension.

Scalars are 0-d arrays that behave as numbers: arithmetic makes new ones, in-place operators
rebind. Arrays mutate in place. A result without dimension is a plain number or array. What each
numpy function does to units is in `ufuncs` and `functions`; without a rule there it raises.
"""

# numpy's stubs describe dtypes and shapes, not units: an override cannot match them
# pyright: reportIncompatibleMethodOverride=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, overload

import numpy as np

from rheobase.errors import DimensionMismatchError
from rheobase.units import formatting, functions
from rheobase.units.dimensions import DIMENSIONLESS, Dimension
from rheobase.units.methods import ArrayMethods
from rheobase.units.operators import Operators, defers
from rheobase.units.si import (
    fail_for_dimension_mismatch,
    get_or_create_dimension,
    have_same_dimensions,
    plain,
)
from rheobase.units.specs import UnitSpec, named_spec, spec_of_dimension
from rheobase.units.ufuncs import output_dimensions

MYPY = False  # mypy takes this name for true; a list times anything but an index it refuses

__all__ = ["Quantity", "Unit", "quantity_with_dimensions"]

_Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
_array = np.array
_item = np.ndarray.item
_MOST_TYPESET = 10  # values that a notebook sets as a formula


class Quantity(Operators, ArrayMethods, _Array):
    """A number or array with a unit.

    arr     anything numeric: a number, an array, a nested list that may hold quantities
    dim     the dimension of the values, which are in SI; None takes that of `arr`
    dtype   as in numpy.array
    copy    copy the data even if it need not be

    Raises DimensionMismatchError for elements of different units, TypeError for what is not
    numeric.

    >>> from rheobase.units import mV, ms, volt, Quantity
    >>> 10 * mV
    10. * mvolt
    >>> Quantity([1 * mV, 2 * volt])
    array([1.e+00, 2.e+03]) * mvolt
    >>> 3 * mV + 2 * ms
    Traceback (most recent call last):
        ...
    rheobase.errors.DimensionMismatchError: Cannot add: the units differ (units are volt and second).
    """  # noqa: E501

    __slots__ = ("dim",)
    dim: Dimension

    if TYPE_CHECKING:  # what operators give; Any where the units may cancel, which leaves a number
        if not MYPY:
            __index__: None  # or [1, 2] * mV would be a longer list

        def __add__(self, other: Any) -> Quantity: ...
        def __radd__(self, other: Any) -> Quantity: ...
        def __sub__(self, other: Any) -> Quantity: ...
        def __rsub__(self, other: Any) -> Quantity: ...
        def __mod__(self, other: Any) -> Quantity: ...
        def __iadd__(self, other: Any) -> Quantity: ...
        def __isub__(self, other: Any) -> Quantity: ...
        def __neg__(self) -> Quantity: ...
        def __pos__(self) -> Quantity: ...
        def __abs__(self) -> Quantity: ...
        @overload
        def __mul__(self, other: float) -> Quantity: ...
        @overload
        def __mul__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        @overload
        def __rmul__(self, other: float | Sequence[Any]) -> Quantity: ...
        @overload
        def __rmul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        @overload
        def __truediv__(self, other: float) -> Quantity: ...
        @overload
        def __truediv__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Quantity: ...
        def __iter__(self) -> Iterator[Quantity]: ...

    def __new__(
        cls,
        arr: Any,
        dim: Dimension | None = None,
        dtype: Any = None,
        copy: bool = False,
        force_quantity: bool = False,
    ) -> Quantity:
        values, found = plain(arr)
        array = np.array(values, dtype=dtype) if copy else np.asarray(values, dtype=dtype)
        if array.dtype.kind not in "biufc":
            raise TypeError(f"a quantity needs numbers, not {array.dtype}: {arr!r}")
        return _with_dim(array, found if dim is None else dim)

    def __array_finalize__(self, obj: Any) -> None:
        self.dim = getattr(obj, "dim", DIMENSIONLESS)

    # ------------------------------------------------------------------ numpy's two protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        for x in (*inputs, *options.get("out", ())):
            if defers(x):
                return NotImplemented
        if inputs and ufunc in (np.equal, np.not_equal) and method == "__call__":
            return _equality(ufunc, inputs, options)
        ops = [plain(x) for x in inputs]
        if method == "at":  # (target, indices, values): the indices have no unit
            output_dimensions(ufunc, method, ops, options)
            ufunc.at(*(x for x, _ in ops))
            return None
        _check_initial(ops, options)
        dims = output_dimensions(ufunc, method, ops, options)
        given = options.pop("out", None)
        if given is not None:
            options["out"] = tuple(_checked_out(o, d, inputs) for o, d in zip(given, dims))
        result = getattr(ufunc, method)(*(x for x, _ in ops), **options)
        if given is not None and given[0] is not None and isinstance(given[0], Quantity):
            return given[0] if len(given) == 1 else given
        if isinstance(result, tuple):
            return tuple(_wrapped(r, d) for r, d in zip(result, dims))
        return _wrapped(result, dims[0])

    def __array_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: Any, kwargs: Any
    ) -> Any:
        return _untag(functions.call(func, args, kwargs))

    __hash__ = None  # pyright: ignore  (as every array; == may raise)

    # ------------------------------------------------------------------ elements

    def __getitem__(self, key: Any) -> Quantity:
        found = _Array.__getitem__(self, key)
        return _with_dim(np.asarray(found), self.dim)

    def __setitem__(self, key: Any, value: Any) -> None:
        _Array.__setitem__(self, key, self._fitting(value))

    @staticmethod
    def _number(value: float, dim: Dimension) -> Any:
        """A scalar; a plain number if it has no unit."""
        if dim is DIMENSIONLESS:
            return value
        q = _array(value).view(Quantity)
        q.dim = dim
        return q

    @staticmethod
    def _made(values: Any, dim: Dimension) -> Quantity:
        return _with_dim(np.asarray(values), dim)

    def _fitting(self, value: Any) -> Any:
        """The SI numbers of a value that may stand beside those of this array."""
        values, dim = plain(value)
        if dim is not self.dim:
            fail_for_dimension_mismatch(
                self,
                value,
                "Cannot put {value} into an array in {unit}",
                value=value,
                unit=self.dim,
            )
        return values

    # ------------------------------------------------------------------ the unit

    @property
    def dimensions(self) -> Dimension:
        """The same as `dim`."""
        return self.dim

    @dimensions.setter
    def dimensions(self, dim: Dimension) -> None:
        self.dim = dim

    @property
    def is_dimensionless(self) -> bool:
        """Whether these are plain numbers.

        >>> from rheobase.units import mV
        >>> (3 * mV).is_dimensionless
        False
        """
        return self.dim is DIMENSIONLESS

    def has_same_dimensions(self, other: Any) -> bool:
        """Whether another value is in units of the same dimension."""
        return have_same_dimensions(self, other)

    @staticmethod
    def with_dimensions(value: Any, *args: Any, **exponents: float) -> Quantity:
        """SI values with a dimension given as such, as seven exponents, or by names.

        >>> from rheobase.units import Quantity
        >>> Quantity.with_dimensions(3, metre=1, second=-1)
        3. * metre / second
        """
        return Quantity(value, get_or_create_dimension(*args, **exponents))

    def _spec(self) -> UnitSpec:
        return formatting.best_spec(_values(self), self.dim)

    def in_unit(self, u: Any, precision: int | None = None, python_code: bool = False) -> str:
        """The value in a unit of your choice, as text.

        u           a Unit, or any quantity: 10*ms makes it a multiple of that
        precision   digits after the point; None for numpy's print options
        Raises DimensionMismatchError.

        >>> from rheobase.units import mV, volt
        >>> (10.12345 * mV).in_unit(volt, precision=3)
        '0.01 V'
        """
        fail_for_dimension_mismatch(self, u, "{x} cannot be shown in {u}", x=self, u=u)
        spec = u.spec if isinstance(u, Unit) else None
        if spec is None:
            return self._in_multiples(u, precision, python_code)
        text = formatting.python_text if python_code else formatting.value_text
        return text(_values(self), spec, precision)

    def _in_multiples(self, u: Any, precision: int | None, python_code: bool) -> str:
        """As in_unit, for a quantity that is no unit: '1500. (2. mV)'."""
        size = Quantity(u)
        number = formatting.number_text(np.asarray(_values(self) / _values(size)), precision)
        if size.is_dimensionless and _values(size) == 1:
            return number
        return f"{number} * ({size!r})" if python_code else f"{number} ({size})"

    def get_best_unit(self, *units: Any) -> Unit:
        """The unit in which the value reads best: of those given, if any fits, or of all.

        >>> from rheobase.units import volt
        >>> (0.01 * volt).get_best_unit()
        mvolt
        """
        offered = [u.spec for u in units if isinstance(u, Unit)] if units else None
        return Unit.from_spec(formatting.best_spec(_values(self), self.dim, offered))

    def in_best_unit(
        self, precision: int | None = None, python_code: bool = False, *units: Any
    ) -> str:
        """The value in the unit that suits its size, as text.

        >>> from rheobase.units import volt
        >>> (0.00123456 * volt).in_best_unit(precision=2)
        '1.23 mV'
        """
        return self.in_unit(self.get_best_unit(*units), precision, python_code)

    # ------------------------------------------------------------------ text

    def __repr__(self) -> str:
        return formatting.python_text(_values(self), self._spec())

    def __str__(self) -> str:
        return formatting.value_text(_values(self), self._spec())

    def __format__(self, spec: str) -> str:
        """As str(); with a format: the plain SI number of a scalar in that format.

        Divide by a unit to choose what is shown: f"{v / mV:.2f} mV".

        >>> from rheobase.units import mV
        >>> f"{3 * mV}, {3 * mV:.4f}"
        '3. mV, 0.0030'
        """
        if not spec:
            return str(self)
        if self.ndim:
            raise TypeError(
                f"an array cannot be formatted by '{spec}'; use in_unit(unit, precision=...)"
            )
        return format(_item(self), spec)

    def _repr_latex_(self) -> str | None:
        if self.size > _MOST_TYPESET:
            return None  # a notebook shows the text instead, whose rows end where the page does
        return f"${formatting.latex_text(_values(self), self._spec())}$"

    # ------------------------------------------------------------------ pickling

    def __reduce__(self) -> Any:
        return (_rebuilt, (_values(self), self.dim))

    def __deepcopy__(self, memo: Any) -> Quantity:
        return _with_dim(_values(self).copy(), self.dim)


class Unit(Quantity):
    r"""A quantity of size 1 with a name of its own: volt, mV, nS/cm**2.

    Products, quotients and powers of units are units; a number times a unit is a Quantity.

    name        Python code that makes the unit: 'nsiemens / cmetre**2'
    dispname    for reading: 'nS/cm^2'
    latexname   '\frac{\mathrm{n}\mathrm{S}}{\mathrm{c}\mathrm{m}^{2}}'
    scale       1 of this unit is 10**scale in SI

    >>> from rheobase.units import cm, nS, Unit
    >>> (nS / cm**2).dispname
    'nS/cm^2'
    """

    __slots__ = ("spec",)
    spec: UnitSpec

    def __new__(  # one number, unlike its base
        cls,
        arr: Any,
        dim: Dimension | None = None,
        scale: float = 0,
        name: str | None = None,
        dispname: str | None = None,
        latexname: str | None = None,
    ) -> Unit:
        dim = DIMENSIONLESS if dim is None else dim
        if name is None:
            spec = spec_of_dimension(dim)
            spec = UnitSpec(dim, scale, spec.factors)
        else:
            spec = named_spec(dim, scale, name, dispname or name, latexname or "")
        if not np.isclose(float(arr), spec.value, rtol=1e-12, atol=0):
            raise ValueError(f"a unit of scale {scale} has the value {spec.value!r}, not {arr!r}")
        return cls.from_spec(spec)

    def __eq__(self, other: object) -> Any:
        """Two units are equal or not; with anything else it is a comparison of quantities."""
        if isinstance(other, Unit) and other.dim is not self.dim:
            return False
        return super().__eq__(other)

    def __ne__(self, other: object) -> Any:
        if isinstance(other, Unit) and other.dim is not self.dim:
            return True
        return super().__ne__(other)

    def __hash__(self) -> int:
        """Of the value and the dimension, so that units may be keys and members of sets."""
        value = self.spec.value
        return hash(value) if self.dim is DIMENSIONLESS else hash((self.dim, value))

    @classmethod
    def from_spec(cls, spec: UnitSpec) -> Unit:
        """The one unit that a spec describes."""
        known = _UNITS.get(spec)
        return cls._new(spec) if known is None else known

    @classmethod
    def _new(cls, spec: UnitSpec) -> Unit:
        unit = _array(spec.value).view(cls)
        unit.dim = spec.dim
        unit.spec = spec
        unit.flags.writeable = False
        return _UNITS.setdefault(spec, unit)

    @classmethod
    def create(
        cls, dim: Dimension, name: str, dispname: str, latexname: str | None = None, scale: int = 0
    ) -> Unit:
        """A unit with a name of its own, worth 10**scale in SI.

        >>> from rheobase.units import metre, Unit
        >>> 3 * Unit.create(metre.dim, "angstrom", "A", scale=-10)
        300. * pmetre
        """
        return cls.from_spec(named_spec(dim, scale, name, dispname, latexname or ""))

    @classmethod
    def create_scaled_unit(cls, baseunit: Unit, scalefactor: str) -> Unit:
        """A unit with an SI prefix.

        >>> from rheobase.units import Unit, volt
        >>> Unit.create_scaled_unit(volt, "m")
        mvolt
        """
        return cls.from_spec(baseunit.spec.with_prefix(scalefactor))

    def __array_finalize__(self, obj: Any) -> None:
        self.dim = getattr(obj, "dim", DIMENSIONLESS)
        spec = getattr(obj, "spec", None)
        if spec is not None:
            self.spec = spec

    @property
    def name(self) -> str:
        """Python code that makes the unit: 'nsiemens / cmetre**2'."""
        return self.spec.name

    @property
    def dispname(self) -> str:
        """For reading: 'nS/cm^2'."""
        return self.spec.symbol

    @property
    def latexname(self) -> str:
        """In LaTeX."""
        return self.spec.latex

    @property
    def scale(self) -> float:
        """1 of this unit is 10**scale in SI."""
        return self.spec.scale

    @property
    def iscompound(self) -> bool:
        """Whether it is a product or power of named units."""
        return len(self.spec.factors) != 1 or self.spec.factors[0].power != 1

    @overload
    def __mul__(self, other: Unit) -> Unit: ...
    @overload
    def __mul__(self, other: float) -> Quantity: ...
    @overload
    def __mul__(self, other: Any) -> Any: ...
    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Unit):
            return Unit.from_spec(self.spec.times(other.spec))
        return super().__mul__(other)

    @overload
    def __truediv__(self, other: Unit) -> Unit: ...
    @overload
    def __truediv__(self, other: float) -> Quantity: ...
    @overload
    def __truediv__(self, other: Any) -> Any: ...
    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Unit):
            return Unit.from_spec(self.spec.times(other.spec.to_power(-1)))
        return super().__truediv__(other)

    def __rtruediv__(self, other: Any) -> Any:
        if type(other) in (int, float) and other == 1:
            return Unit.from_spec(self.spec.to_power(-1))
        if isinstance(other, Quantity):  # Python asks the subclass first
            return Quantity.__truediv__(other, self)
        return super().__rtruediv__(other)

    def __pow__(self, other: float, modulo: None = None) -> Unit:
        if type(other) in (int, float) and np.isfinite(other):
            return Unit.from_spec(self.spec.to_power(other))
        return super().__pow__(other)

    def __repr__(self) -> str:
        return self.name if self.spec.factors else "Unit(1)"

    def __str__(self) -> str:
        return self.dispname

    def __format__(self, spec: str) -> str:
        return format(self.dispname, spec)

    def _repr_latex_(self) -> str:
        return f"${self.latexname}$"

    def _refuse(self, other: Any) -> Any:
        raise TypeError(f"the unit {self} cannot be changed in place; write x = {self} * ...")

    __iadd__ = __isub__ = __imul__ = __itruediv__ = _refuse
    __ifloordiv__ = __imod__ = __ipow__ = __imatmul__ = _refuse

    def __copy__(self) -> Unit:
        return self

    def __deepcopy__(self, memo: Any) -> Unit:
        return self

    def __reduce__(self) -> Any:
        return (Unit.from_spec, (self.spec,))


_UNITS: Final[dict[UnitSpec, Unit]] = {}


def quantity_with_dimensions(floatval: Any, dims: Dimension) -> Quantity:
    """SI values with a dimension."""
    return Quantity(floatval, dims)


# ---------------------------------------------------------------------- making quantities


def _with_dim(array: Any, dim: Dimension) -> Quantity:
    q = array.view(Quantity)
    q.dim = dim
    return q


def _wrapped(result: Any, dim: Dimension) -> Any:
    if dim is DIMENSIONLESS:
        return result
    return _with_dim(np.asarray(result), dim)


def _untag(result: Any) -> Any:
    """The result of a function rule, with its tagged values as quantities."""
    if isinstance(result, functions.Tagged):
        return _wrapped(result.value, result.dim)
    if isinstance(result, (list, tuple)):
        made = [_untag(r) for r in result]
        if hasattr(result, "_fields"):
            return type(result)(*made)
        return type(result)(made)
    return result


def _rebuilt(values: Any, dim: Dimension) -> Quantity:
    return _with_dim(np.asarray(values), dim)


def _values(q: Quantity) -> Any:
    return q.view(np.ndarray)


# ---------------------------------------------------------------------- operators


def _equality(ufunc: np.ufunc, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """== and != ; what is not numeric equals nothing."""
    try:
        ops = [plain(x) for x in inputs]
    except TypeError:
        return ufunc is np.not_equal
    output_dimensions(ufunc, "__call__", ops, options)
    return ufunc(*(x for x, _ in ops), **options)


def _checked_out(out: Any, dim: Dimension, inputs: tuple[Any, ...]) -> Any:
    """The array behind an output argument, if its unit fits."""
    if out is None:
        return None
    if isinstance(out, Quantity):
        if out.dim is not dim:
            raise DimensionMismatchError("The output array has another unit", out.dim, dim)
        return _values(out)
    if dim is DIMENSIONLESS or out is inputs[0]:  # x *= volt on a plain x gives a quantity
        return out
    raise DimensionMismatchError(
        "The output array has no unit and would lose that of the result", DIMENSIONLESS, dim
    )


def _check_initial(ops: list[tuple[Any, Dimension]], options: dict[str, Any]) -> None:
    """`initial` of a reduction must have the unit of the elements."""
    initial = options.get("initial")
    if initial is None or initial is getattr(np, "_NoValue", None):
        return
    fail_for_dimension_mismatch(
        Quantity(ops[0][0], ops[0][1]), initial, "The initial value has another unit"
    )
    options["initial"] = plain(initial)[0]
