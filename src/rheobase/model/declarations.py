"""Decorators that tell more about a Python function than its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from rheobase.errors import ModelValueError
from rheobase.model.functions import Function, parameter_names

__all__ = ["declare_types", "implementation"]

F = TypeVar("F", bound=Callable[..., Any])

_TYPE_NAMES: Final = ("any", "float", "integer", "boolean", "highest")


def declare_types(**declared: str) -> Callable[[F], F]:
    """Declare the types of a function's arguments and result.

    name=...     'any', 'float', 'integer' or 'boolean'
    result=...   'float', 'integer', 'boolean', or 'highest': as the arguments

    Raises ModelValueError for other types, and for arguments that the function does not have.

    >>> from rheobase import check_units, declare_types
    >>> @declare_types(a='integer', result='integer')
    ... @check_units(a=1, result=1)
    ... def twice(a):
    ...     return 2 * a
    >>> twice(3)
    6
    """
    for name, kind in declared.items():
        allowed = _TYPE_NAMES if name == "result" else _TYPE_NAMES[:-1]
        if kind not in allowed:
            raise ModelValueError(
                f"declare_types: '{name}' is declared as {kind!r}; there are {', '.join(allowed)}"
            )

    def decorate(function: F) -> F:
        names = getattr(function, "_arg_names", None) or parameter_names(function)
        for name in declared:
            if name != "result" and name not in names:
                raise ModelValueError(
                    f"declare_types: {function.__name__}() has no argument '{name}'"
                )
        described: Any = function
        described._arg_types = [declared.get(n, "any") for n in names]
        described._return_type = declared.get("result", "float")
        return function

    return decorate


def implementation(
    target: str,
    code: Any = None,
    namespace: Mapping[str, Any] | None = None,
    dependencies: Mapping[str, Any] | None = None,
    discard_units: bool | None = None,
    name: str | None = None,
    **compiler_options: Any,
) -> Callable[[Callable[..., Any]], Function]:
    """Give a function code for a target: 'numpy', or a language.

    Code in C++ or Cython is not needed here and not used: the Python function itself is compiled
    with the model, or called. discard_units=True: it works with plain numbers, in SI.

    >>> from rheobase import check_units, implementation
    >>> @implementation('cpp', 'double half(double x) { return 0.5*x; }')
    ... @check_units(x=1, result=1)
    ... def half(x):
    ...     return 0.5 * x
    >>> half(3)
    1.5
    """

    def decorate(function: Callable[..., Any]) -> Function:
        made = function if isinstance(function, Function) else Function(function)
        if target == "numpy" and code is None:
            made.implementations.add_numpy_implementation(
                made.pyfunc, dependencies=dependencies, discard_units=discard_units
            )
        else:
            made.implementations.add_implementation(
                target, code, namespace, dependencies, name=name
            )
        return made

    return decorate
