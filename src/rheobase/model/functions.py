"""Functions of scripts, as models call them: what stands behind a called name.

A Python function is taken over into the model (`inline`) where that is possible, and then costs
what the same formula costs in an equation. Otherwise the kernel stops at the call, and Python is
called with the arguments of all elements.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any, Final, Literal, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rheobase import units
from rheobase.errors import (
    DimensionMismatchError,
    Fault,
    FaultList,
    ModelTypeError,
    ModelValueError,
)
from rheobase.ir.builder import Element
from rheobase.ir.domains import Index
from rheobase.ir.slots import Slot
from rheobase.lang.check import infer
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.symbols import Symbol, Type
from rheobase.model.externals import STORED, external_symbol
from rheobase.model.inline import CannotInlineError, Inlined, inline
from rheobase.model.lookups import structure_changed
from rheobase.topics import topic
from rheobase.units import Quantity, to_si
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = [
    "DEFAULT_FUNCTIONS",
    "Function",
    "ModelFunction",
    "declares_nothing",
    "function_of",
    "parameter_names",
    "timestep",
]


@runtime_checkable
class ModelFunction(Protocol):
    """An object that models can call."""

    def info(self, name: str) -> FunctionInfo | Fault:
        """The function, or why it cannot be called; the same object while its structure is."""
        ...


def function_of(name: str, value: Any) -> FunctionInfo | Fault | None:
    """The function that an object of a namespace is, or None if it is none."""
    if isinstance(value, type):
        return None
    if isinstance(value, ModelFunction):
        return value.info(name)
    if isinstance(value, types.FunctionType):
        return _of_python(value).info(name)
    return None


def declares_nothing(value: Any) -> bool:
    """Whether it is a function of Python that says nothing about units."""
    return isinstance(value, types.FunctionType) and not _of_python(value).has_units


def parameter_names(function: Callable[..., Any]) -> list[str]:
    code = cast("types.FunctionType", function).__code__
    return list(code.co_varnames[: code.co_argcount])


# ------------------------------------------------------------------ Function
@dataclass
class _Implementations:
    """Code of a function for several targets; only 'numpy' is ever used.

    numpy    what is called instead of the function itself, and whether without units
    others   targets for which there is code
    """

    numpy: tuple[Callable[..., Any], bool] | None = None
    others: dict[str, Any] = field(default_factory=dict[str, Any])

    def add_numpy_implementation(
        self,
        wrapped_func: Callable[..., Any],
        dependencies: Any = None,
        discard_units: bool | None = None,
        compiler_kwds: Any = None,
    ) -> None:
        self.numpy = (wrapped_func, bool(discard_units))

    def add_implementation(
        self,
        target: Any,
        code: Any,
        namespace: Any = None,
        dependencies: Any = None,
        availability_check: Any = None,
        name: str | None = None,
        **compiler_kwds: Any,
    ) -> None:
        if target == "numpy" and callable(code):
            self.add_numpy_implementation(code)
            return
        self.others[getattr(target, "class_name", str(target))] = code

    def add_dynamic_implementation(
        self,
        target: Any,
        code: Any,
        namespace: Any = None,
        dependencies: Any = None,
        **options: Any,
    ) -> None:
        self.add_implementation(target, code, namespace, dependencies)


class Function:
    """A function that models can call, made from a Python function.

    pyfunc         the Python function
    arg_units      unit of each argument; None: any; a name: that of another argument
    arg_names      their names, where they cannot be read from the function
    return_unit    unit of the result, or a function of the units of the arguments
    arg_types, return_type   as in declare_types
    stateless      equal arguments give equal results
    auto_vectorise pyfunc takes the numbers of the elements as a further argument
    sympy_func     not needed here

    What is not given is read from the decorators of pyfunc. A function without declared units is
    possible if it can be compiled with the model: its units follow from its code.

    >>> import numpy as np
    >>> from rheobase import Function
    >>> f = Function(np.arctan2, arg_units=[1, 1], arg_names=['y', 'x'], return_unit=1)
    >>> float(f(0, 1))
    0.0
    """

    def __init__(
        self,
        pyfunc: Callable[..., Any],
        sympy_func: Any = None,
        arg_units: Sequence[Any] | None = None,
        arg_names: Sequence[str] | None = None,
        return_unit: Any = None,
        arg_types: Sequence[str] | None = None,
        return_type: str | None = None,
        stateless: bool = True,
        auto_vectorise: bool = False,
    ) -> None:
        self.pyfunc = pyfunc
        self.sympy_func = sympy_func
        self.stateless = stateless
        self.auto_vectorise = auto_vectorise
        declared_units = getattr(pyfunc, "_arg_units", None)
        self.has_units = arg_units is not None or declared_units is not None
        self._arg_units = list(arg_units if arg_units is not None else declared_units or ())
        self._return_unit = return_unit
        if return_unit is None:
            self._return_unit = getattr(pyfunc, "_return_unit", None)
        self._arg_names = _names_of(pyfunc, arg_names, len(self._arg_units), auto_vectorise)
        self._arg_types = list(arg_types or getattr(pyfunc, "_arg_types", ()) or ())
        self._return_type = return_type or getattr(pyfunc, "_return_type", None)
        self.implementations = _Implementations()
        self.__name__ = getattr(pyfunc, "__name__", "function")
        self.__doc__ = getattr(pyfunc, "__doc__", None) or type(self).__doc__
        self._kept: tuple[tuple[object, ...], FunctionInfo | Fault] | None = None
        self._inlined: tuple[Callable[..., Any], Inlined | str] | None = None
        self._slots: dict[tuple[str, Type], Slot] = {}

    def __call__(self, *args: Any) -> Any:
        return self.pyfunc(*args)

    def is_locally_constant(self, dt: float) -> bool:
        """Whether f(t) is constant during each step: not known of a Python function."""
        return False

    # ------------------------------------------------------------ in models
    @property
    def _computed(self) -> tuple[Callable[..., Any], bool]:
        """The Python function that gives values, and whether without units."""
        function, discards = self.implementations.numpy or (self.pyfunc, False)
        return getattr(function, "_orig_func", function), discards

    def info(self, name: str) -> FunctionInfo | Fault:
        """The function as models call it; its constants have their present values."""
        key, data, symbols, functions = self._present()
        if self._kept is None or self._kept[0] != key:
            self._kept = key, self._make_info(name, data, symbols, functions)
            if self.implementations.others:
                targets = ", ".join(sorted(self.implementations.others))
                topic("other_implementations").info(
                    "%s(): its code for %s is not needed, the Python function is used",
                    name, targets,
                )  # fmt: skip
        return self._kept[1]

    def _code(self) -> Inlined | str:
        """The function as code of models, or why there is none."""
        function, _ = self._computed
        if self._inlined is None or self._inlined[0] is not function:
            try:
                if self.auto_vectorise or not self.stateless:
                    raise CannotInlineError("is not a function of its arguments alone")
                self._inlined = function, inline(function)
            except CannotInlineError as problem:
                self._inlined = function, str(problem)
        return self._inlined[1]

    def _present(
        self,
    ) -> tuple[tuple[object, ...], dict[str, Element], dict[str, Symbol], dict[str, Any]]:
        """Constants and functions that the code uses now; the first entry is their structure."""
        code = self._code()
        data: dict[str, Element] = {}
        symbols: dict[str, Symbol] = {}
        functions: dict[str, Any] = {}
        key: list[object] = [self.implementations.numpy]
        if isinstance(code, str):
            return (*key, code), data, symbols, functions
        for name, get in code.constants.items():
            symbol = external_symbol(name, get())
            if not isinstance(symbol, Symbol):
                return (*key, f"uses '{name[3:]}', which is no number"), {}, {}, {}
            slot = self._slots.setdefault((name, symbol.type), Slot(name, STORED[symbol.type]))
            slot.data[0] = symbol.value
            data[name], symbols[name] = Element(slot, Index.SHARED, weak=True), symbol
            key.append((name, symbol.type, symbol.dim))
        for name, called in code.functions.items():
            found = function_of(name[3:], called)
            if not isinstance(found, FunctionInfo) or found.callback:
                return (*key, f"calls {name[3:]}(), which only Python can compute"), {}, {}, {}
            functions[name] = found
            key.append(found)
        return (*key, None), data, symbols, functions

    def _make_info(
        self,
        name: str,
        data: dict[str, Element],
        symbols: dict[str, Symbol],
        functions: dict[str, Any],
    ) -> FunctionInfo | Fault:
        if self.has_units and self._return_unit is None:
            return Fault(
                ModelValueError,
                f"{name}() declares the units of its arguments, but not that of its result.",
                hint="Add it: @check_units(..., result=volt), result=1 for a pure number.",
            )
        code = self._code()
        reason = self._present()[0][-1]
        if not isinstance(code, str) and reason is None:
            made = self._native(name, code, data, symbols, {**FUNCTIONS, **functions})
            reason = self._disagreement(made)
            if reason is None:
                return made
        if not self.has_units:
            return Fault(
                ModelTypeError,
                f"{name}() {reason}, so it cannot be compiled, and its units are not known.",
                hint="Declare them: @check_units(x=volt, result=1).",
            )
        topic("python_function").warning(
            "%s() is called in Python, for all elements at once, in each step: it %s. Assignments, "
            "conditionals and a return would be compiled.",
            name, reason,
        )  # fmt: skip
        return self._callback(name)

    def _native(
        self,
        name: str,
        code: Inlined,
        data: dict[str, Element],
        symbols: dict[str, Symbol],
        functions: dict[str, FunctionInfo],
    ) -> FunctionInfo:
        dims, result_dim, kind = self._signature(code.parameters)
        return FunctionInfo(
            name,
            code.parameters,
            dims,
            result_dim if self.has_units else None,
            kind,
            stateless=all(
                f.stateless for f in functions.values() if FUNCTIONS.get(f.name) is not f
            ),
            python=self._with_units(dims, result_dim),
            expansion=code.expansion,
            body=code.body,
            data=data,
            symbols=symbols,
            functions=functions,
        )

    def _signature(
        self, names: Sequence[str]
    ) -> tuple[tuple[Dimension | str | None, ...], Any, Type | Literal["highest"]]:
        units = self._arg_units if self.has_units else [None] * len(names)
        dims = tuple(_dimension_of(u, names[:k]) for k, u in enumerate(units))
        result, kind = self._return_unit, self._return_type
        if kind is None:
            kind = "boolean" if result is bool else "float"
        result_type = "highest" if kind == "highest" else Type(kind)
        if callable(result) and not hasattr(result, "dim") and result is not bool:
            return dims, partial(_computed_dimension, result), result_type
        if isinstance(result, str):
            return dims, itemgetter(list(names).index(result)), result_type
        return dims, _result_dimension(result), result_type

    def _disagreement(self, info: FunctionInfo) -> str | None:
        """Why the units of the code are not those that are declared."""
        _, discards = self._computed
        if not self.has_units or discards or None in info.dims:
            return None
        dims: list[Dimension] = []
        for dim in info.dims:
            first = info.parameters.index(dim) if isinstance(dim, str) else -1
            dims.append(dims[first] if isinstance(dim, str) else dim or DIMENSIONLESS)
        scope = dict(info.symbols)
        for name, dim in zip(info.parameters, dims):
            scope[name] = Symbol(name, Type.FLOAT, dim)
        faults = FaultList()
        functions = info.functions or FUNCTIONS
        for statement in info.body:
            kind = infer(statement.value, scope, faults, functions)
            scope[statement.target] = Symbol(statement.target, kind.type, kind.dim)
        assert info.expansion is not None
        kind = infer(info.expansion, scope, faults, functions)
        if faults.faults:
            return f"has units that do not fit ({faults.faults[0].message})"
        wanted = info.dim_of(tuple(dims))
        if kind.dim is not wanted and _is_number(info.expansion) is False:
            return f"returns {kind.dim}, not {wanted}"
        return None

    # ------------------------------------------------------------ called in Python
    def _callback(self, name: str) -> FunctionInfo:
        dims, result_dim, kind = self._signature(self._arg_names)
        return FunctionInfo(
            name,
            tuple(self._arg_names),
            dims,
            result_dim,
            kind,
            stateless=self.stateless,
            python=self._with_units(dims, result_dim),
            callback=True,
            indexed=self.auto_vectorise,
        )

    def _with_units(self, dims: Sequence[Dimension | str | None], result_dim: Any) -> Any:
        """The function for SI numbers: units are put on and taken off, unless it discards them."""
        function, discards = self._computed
        if discards:
            return _without_units(function)

        def computed(*args: Any) -> NDArray[Any]:
            given = [_with_dimension(a, d) for a, d in zip(args, dims)]
            result = function(*given, *args[len(dims) :])
            number, dim = to_si(result)
            if isinstance(result_dim, Dimension) and dim is not result_dim and np.any(number):
                raise DimensionMismatchError(
                    f"{self.__name__}() should return a value in {result_dim}, but returned {dim}"
                )
            return np.asarray(number)

        return computed


def _names_of(
    function: Any, given: Sequence[str] | None, n: int, auto_vectorise: bool
) -> list[str]:
    if given is not None:
        return list(given)
    names = getattr(function, "_arg_names", None)
    if names is None and isinstance(function, types.FunctionType):
        names = parameter_names(function)
    if names is None:
        return [f"x{k}" for k in range(n)]
    return list(names)[:n] if n or auto_vectorise else list(names)


def _is_number(expr: Any) -> bool:
    return type(expr).__name__ == "Number"


def _dimension_of(unit: Any, earlier: Sequence[str]) -> Dimension | str | None:
    if unit is None:
        return None
    if isinstance(unit, str):
        return unit if unit in earlier else None
    return _result_dimension(unit)


def _result_dimension(unit: Any) -> Dimension:
    if isinstance(unit, Dimension):
        return unit
    if unit is None or unit is bool:
        return DIMENSIONLESS
    return to_si(unit)[1]


def _computed_dimension(rule: Callable[..., Any], dims: tuple[Dimension, ...]) -> Dimension:
    return _result_dimension(rule(*dims))


def _with_dimension(value: Any, dim: Dimension | str | None) -> Any:
    if not isinstance(dim, Dimension) or dim is DIMENSIONLESS:
        return value
    return Quantity(value, dim=dim)


def _without_units(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with the quantities that it knows by name turned into SI numbers."""
    if not isinstance(function, types.FunctionType):
        return function
    names = {
        k: to_si(v)[0] if isinstance(v, Quantity) else v for k, v in function.__globals__.items()
    }
    return types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )


_functions: weakref.WeakKeyDictionary[Callable[..., Any], Function] = weakref.WeakKeyDictionary()


def _of_python(function: Callable[..., Any]) -> Function:
    """The one Function of a Python function."""
    if function not in _functions:
        _functions[function] = Function(function)
    return _functions[function]


class DefaultFunctions(dict[str, Function]):
    """The functions that every model knows, by name; a script may replace one, or add its own.

    A replaced `randn` is also what noise (xi) draws from: a number that is always the same makes a
    stochastic model repeat.
    """

    def __init__(self, functions: Mapping[str, Function]) -> None:
        super().__init__(functions)
        self._original = dict(functions)

    def __setitem__(self, name: str, function: Function) -> None:
        structure_changed()
        super().__setitem__(name, function)

    def __delitem__(self, name: str) -> None:
        structure_changed()
        super().__delitem__(name)

    def update(self, *args: Any, **kwds: Any) -> None:
        for name, function in dict(*args, **kwds).items():
            self[name] = function

    def given(self, name: str) -> Function | None:
        """What a script has put in for this name."""
        found = self.get(name)
        return None if found is self._original.get(name) else found


def _defaults() -> dict[str, Function]:
    found: dict[str, Function] = {}
    for name, info in FUNCTIONS.items():
        if name.startswith("_"):
            continue
        python = getattr(units, name, None) or info.python or _not_callable
        python = timestep if name == "timestep" else python
        found[name] = Function(
            python, None, info.dims, info.parameters, info.result_dim, stateless=info.stateless
        )
    return found


def timestep(t: Any, dt: Any) -> Any:
    """The number of the step of length dt that begins at t, or in which t lies.

    t, dt   two times, or two plain numbers; t may be an array

    A thousandth of a step is added first, so that k*dt gives k however it was rounded.
    Raises DimensionMismatchError if t and dt differ in unit, or are in another than second.

    >>> from rheobase import ms
    >>> from rheobase.model.functions import timestep
    >>> timestep(0.3*ms, 0.1*ms)
    3
    """
    (time, time_dim), (step, step_dim) = to_si(t), to_si(dt)
    for name, dim, other in (("t", time_dim, step_dim), ("dt", step_dim, time_dim)):
        if dim is not other or dim not in (DIMENSIONLESS, units.second.dim):
            raise DimensionMismatchError(
                f"timestep: '{name}' is in {dim}; t and dt are two times, or two plain numbers"
            )
    numbers = np.floor((np.asarray(time) + 1e-3 * step) / step).astype(np.int64)
    return numbers if numbers.ndim else int(numbers)


def _not_callable(*args: Any) -> Any:
    raise TypeError("random numbers are drawn inside models only")


DEFAULT_FUNCTIONS: Final = DefaultFunctions(_defaults())
