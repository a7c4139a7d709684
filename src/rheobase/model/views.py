"""Getting and setting the variables of a group: `G.v`, `G.v[3:5]`, `G.v['i < 5'] = 'rand()*mV'`."""

from __future__ import annotations

import operator
import re
from collections.abc import Collection
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import DimensionMismatchError, ModelTypeError, ModelValueError
from rheobase.lang.symbols import Type
from rheobase.model.lazy import Lazy, read
from rheobase.model.variables import ArrayVariable, LinkedVariable, Variable
from rheobase.runtime.deferred import after_runs
from rheobase.runtime.journal import Assigned, tell
from rheobase.topics import topic
from rheobase.units import Quantity, get_unit, to_si
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["VariableView", "ViewOwner", "indices_of"]


_NAME = re.compile(r"[^\W\d]\w*")


class ViewOwner(Protocol):
    """A group whose variables are seen through views.

    Element numbers here are those that users count: 0 .. size - 1 of this group.
    """

    name: str

    @property
    def _label(self) -> str: ...

    def _view_size(self) -> int: ...

    def _select(self, condition: str, level: int) -> NDArray[Any]:
        """The elements for which a condition holds."""
        ...

    def _evaluate(
        self, variable: Variable, indices: NDArray[Any] | None, level: int
    ) -> NDArray[Any]:
        """The values of a variable without memory, at some elements or all."""
        ...

    def _assign_code(
        self,
        variable: ArrayVariable,
        indices: NDArray[Any] | None,
        code: str,
        level: int,
        any_unit: bool,
    ) -> None:
        """variable[indices] = the value of an expression, element by element."""
        ...

    def _positions_of(self, indices: NDArray[Any]) -> NDArray[Any]:
        """Where in the slots the elements stand."""
        ...

    def _view_indices(self, item: Any) -> NDArray[Any]:
        """Element numbers for anything that users index with, strings aside."""
        ...

    def _dtype_of(self, variable: Variable) -> np.dtype[Any]:
        """How the values of a variable are stored."""
        ...

    def _written(self, variable: ArrayVariable) -> None:
        """Called after the script has written to a variable."""
        ...

    def _doubtful_names(self, item: Any) -> Collection[str]:
        """Names that mean one thing here, and another within the subgroup that is the index."""
        ...


def indices_of(item: Any, size: int, label: str) -> NDArray[Any]:
    """Element numbers for an index, slice, index array or boolean array.

    Raises IndexError for numbers out of range, ModelTypeError for anything else.
    """
    if isinstance(item, slice):
        return np.arange(size)[item]
    if isinstance(item, tuple):
        raise IndexError(f"{label} has one dimension; it takes one index, not {item!r}")
    array = np.asarray(item)
    if array.dtype == bool:
        if array.shape != (size,):
            raise IndexError(
                f"{label} has {size} elements; a boolean index has as many, not {array.shape}"
            )
        return np.flatnonzero(array)
    if array.dtype.kind not in "iu" and array.size:
        raise ModelTypeError(f"{label} cannot be indexed with {item!r}")
    array = array.astype(np.int64)
    if array.size and (array.max(initial=0) >= size or array.min(initial=0) < -size):
        bad = array[(array >= size) | (array < -size)].flat[0]
        message = f"{label} has {size} elements (0 to {size - 1}); there is no element {bad}"
        raise IndexError(message)
    return np.where(array < 0, array + size, array)


class VariableView(Lazy):
    """A variable of a group: reads and writes its state, and calculates like an array.

    Indexing takes numbers, slices, arrays of numbers or truth values, and conditions as text;
    values are numbers with units, arrays, or expressions as text, evaluated for each element.

    >>> from rheobase import NeuronGroup, mV
    >>> G = NeuronGroup(4, 'v : volt')
    >>> G.v = 'i*mV'
    >>> G.v['i > 1'] = 0*mV
    >>> G.v_[:].tolist()
    [0.0, 0.001, 0.0, 0.0]
    """

    def __init__(self, owner: ViewOwner, variable: Variable, with_unit: bool) -> None:
        self._owner = owner
        self._variable = variable
        self._with_unit = with_unit

    # ------------------------------------------------------------ what it is
    @property
    def name(self) -> str:
        return self._variable.name

    @property
    def group(self) -> ViewOwner:
        """The group whose variable it is."""
        return self._owner

    @property
    def variable(self) -> Variable:
        """The description of the variable."""
        return self._variable

    @property
    def dim(self) -> Dimension:
        """The dimension of the values that reading gives."""
        return self._variable.dim if self._with_unit else DIMENSIONLESS

    @property
    def unit(self) -> Quantity:
        """The unit of the values that reading gives."""
        return get_unit(self.dim)

    @property
    def shape(self) -> tuple[int, ...]:
        return () if self._variable.shared else (self._owner._view_size(),)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return self.shape[0] if self.shape else 1

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._owner._dtype_of(self._variable)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"'{self.name}' is shared: one value, without a length")
        return self.shape[0]

    def _values(self, indices: NDArray[Any] | None, level: int) -> NDArray[Any]:
        """Plain SI numbers at some elements, or all."""
        variable = self._variable
        if not isinstance(variable, ArrayVariable):
            return self._owner._evaluate(variable, indices, level)
        if variable.shared:
            return variable.slot.data[0]
        if indices is None:
            indices = np.arange(self._owner._view_size())
        positions = self._owner._positions_of(indices)  # may bring the values into order
        return variable.slot.data[positions]

    def _wrap(self, values: Any) -> Any:
        if not self._with_unit or self._variable.type is not Type.FLOAT:
            return values
        if self._variable.dim.is_dimensionless:
            return values
        return Quantity(values, dim=self._variable.dim)

    def __getitem__(self, item: Any) -> Any:
        if _has_new_axis(item):  # v[:, None], as plots ask for
            return self[:][item]
        return self.get_item(item)

    def get_item(self, item: Any, level: int = 0) -> Any:
        """The values at an index; `level` frames further out is where names are looked up."""
        if self._variable.shared:
            if not _means_all(item):
                raise IndexError(
                    f"'{self.name}' is shared: it has one value, and only [:] means it"
                )
            return self._wrap(self._values(None, level)[()])
        if isinstance(item, str):
            return self._wrap(self._values(self._owner._select(item, level), level))
        indices = self._owner._view_indices(item)
        values = self._values(np.atleast_1d(indices), level)
        return self._wrap(values if np.ndim(indices) else values[0])

    def __rpow__(self, base: Any) -> Any:
        if not self.dim.is_dimensionless:
            raise ModelTypeError(
                f"'{self.name}' is in {self.dim}: an exponent is a plain number; divide by a unit"
            )
        return np.power(base, read(self))

    def __repr__(self) -> str:
        mark = "" if self._with_unit else "_"
        value: Any = self[:]
        if self._variable.shared and self.dim.is_dimensionless:
            value = value.item()  # 3, not np.int64(3)
        return f"<{self._owner.name}.{self.name}{mark}: {value!r}>"

    def __hash__(self) -> int:  # a key of run_args; == compares values
        return id(self._variable)

    def is_same(self, other: object) -> bool:
        """Whether `other` is a view of the same variable of the same group."""
        return (
            isinstance(other, VariableView)
            and other._variable is self._variable
            and other._owner is self._owner
        )

    # ------------------------------------------------------------ writing
    def __setitem__(self, item: Any, value: Any) -> None:
        self.set_item(item, value)

    def set_item(self, item: Any, value: Any, level: int = 0) -> None:
        """Write at an index; `level` frames further out is where names are looked up."""
        if after_runs(lambda: self.set_item(item, value, level)):
            return
        self._write(item, value, level)
        tell(Assigned(self, item, value, level))

    def _write(self, item: Any, value: Any, level: int) -> None:
        variable = self._writable()
        if isinstance(value, str):
            self._set_code(variable, item, value, level)
            return
        values = self._si(variable, value)
        if self._is_one_for_all(variable, item, values):
            self._owner._view_indices(slice(0, 0))  # refuses what has no values yet
            variable.slot.data[:] = values
            self._owner._written(variable)
            return
        indices = self._set_indices(variable, item, level)
        if variable.shared:
            variable.slot.data[0] = _single(values, variable.name)
        else:
            positions = self._owner._positions_of(np.atleast_1d(indices))
            try:
                variable.slot.data[positions] = values
            except ValueError:
                raise ModelValueError(
                    f"{self._owner._label}: {len(positions)} elements of '{variable.name}' cannot "
                    f"take values of shape {np.shape(values)}"
                ) from None
        self._owner._written(variable)

    def _is_one_for_all(self, variable: ArrayVariable, item: Any, values: NDArray[Any]) -> bool:
        """Whether all of the slot becomes one number: no list of elements is needed then."""
        whole = not variable.shared and len(variable.slot) == self._owner._view_size()
        return whole and _means_all(item) and np.ndim(values) == 0

    def _set_indices(self, variable: ArrayVariable, item: Any, level: int) -> NDArray[Any]:
        if variable.shared:
            if _means_all(item):
                return np.zeros(1, np.int64)
            raise IndexError(
                f"'{variable.name}' is shared: it has one value, and only [:] means it"
            )
        if isinstance(item, str):
            return self._owner._select(item, level)
        return self._owner._view_indices(item)

    def _set_code(self, variable: ArrayVariable, item: Any, code: str, level: int) -> None:
        indices = None
        self._warn_of_ambiguity(item, code)
        if not _means_all(item):
            indices = np.atleast_1d(self._set_indices(variable, item, level))
        self._owner._assign_code(variable, indices, code, level, not self._with_unit)
        self._owner._written(variable)

    def _warn_of_ambiguity(self, item: Any, code: str) -> None:
        """G.v[sub] = 'i': is that the number within G, or within the subgroup?"""
        doubtful = self._owner._doubtful_names(item)
        for name in sorted({n for n in _NAME.findall(code) if n in doubtful}):
            topic("ambiguous_string_expression").warning(
                "%s.%s = '%s' with a subgroup as index: '%s' means that of %s. To use the "
                "subgroup's own, set the variable of the subgroup.",
                self._owner.name,
                self.name,
                code,
                name,
                self._owner.name,
            )

    def _writable(self) -> ArrayVariable:
        variable = self._variable
        if isinstance(variable, LinkedVariable):
            raise ModelValueError(
                f"{self._owner._label}: '{variable.name}' is another group's: set it there, or "
                f"link it to something else with linked_var"
            )
        if not isinstance(variable, ArrayVariable):
            raise ModelTypeError(
                f"{self._owner._label}: '{variable.name}' is computed, it cannot be set"
            )
        if variable.read_only:
            raise ModelTypeError(f"{self._owner._label}: '{variable.name}' cannot be set")
        return variable

    def si(self, value: Any) -> Any:
        """A value for the variable as plain numbers, its unit checked."""
        return self._si(self._writable(), value)

    def _si(self, variable: ArrayVariable, value: Any) -> Any:
        """The value as plain numbers, its unit checked."""
        value = read(value)
        number, dim = to_si(value)
        if not self._with_unit and dim.is_dimensionless:
            return number
        if dim is not variable.dim and not _fits_any_unit(number):
            met = "a pure number" if dim.is_dimensionless else f"a value in {dim}"
            simple = dim.is_dimensionless and variable.dim.name.isalpha()
            hint = f". Multiply it by a unit: ...*{variable.dim}" if simple else ""
            raise DimensionMismatchError(
                f"{self._owner._label}: '{variable.name}' is in {variable.dim}, it cannot be set "
                f"to {met}{hint}"
            )
        return number

    def _update(self, operation: str, other: Any) -> VariableView:
        """v op= other, by the name of the operation in the module operator."""
        if isinstance(other, str):
            raise ModelTypeError(
                f"'{self.name}' cannot be changed in place with a text; write "
                f"{self.name} = '{self.name} + ...' instead"
            )
        self[:] = getattr(operator, operation)(self[:], read(other))
        return self

    def __iadd__(self, other: Any) -> VariableView:  # pyright: ignore
        return self._update("add", other)

    def __isub__(self, other: Any) -> VariableView:  # pyright: ignore
        return self._update("sub", other)

    def __imul__(self, other: Any) -> VariableView:  # pyright: ignore
        return self._update("mul", other)

    def __itruediv__(self, other: Any) -> VariableView:  # pyright: ignore
        return self._update("truediv", other)

    def __ifloordiv__(self, other: Any) -> VariableView:  # pyright: ignore
        return self._update("floordiv", other)

    def __imod__(self, other: Any) -> VariableView:  # pyright: ignore
        return self._update("mod", other)

    def __ipow__(self, other: Any) -> VariableView:  # pyright: ignore
        return self._update("pow", other)


def _has_new_axis(item: Any) -> bool:
    return isinstance(item, tuple) and any(x is None for x in cast("tuple[object, ...]", item))


def _means_all(item: Any) -> bool:
    """Whether an index is [:]."""
    return isinstance(item, slice) and item == slice(None)


def _fits_any_unit(number: Any) -> bool:
    """Zero and infinity have every unit."""
    array = np.asarray(number)
    return bool(np.all((array == 0) | np.isinf(array))) if array.dtype.kind in "fiu" else False


def _single(values: Any, name: str) -> Any:
    if np.size(values) != 1:
        raise ModelValueError(f"'{name}' is shared: it takes one value, not {np.size(values)}")
    return np.asarray(values).reshape(())[()]
