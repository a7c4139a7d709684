"""Records: frozen dataclasses that are quick to define.

`dataclass(frozen=True)` has Python compile six methods for each class, a third of a millisecond;
with 140 of them that was half of what `import rheobase` took. A record has one method of its own,
`__init__`; all share the others. What works on a frozen dataclass works on a record: `replace`,
`fields`, `field`, `match`, pickle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

__all__ = ["record"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a class a record: a class decorator, without options.

    Equality and hash are those of the tuple of fields (without those of compare=False). Methods
    that the class defines itself stay. Assigning to an attribute raises FrozenInstanceError.

    >>> @record
    ... class Point:
    ...     x: float
    ...     y: float = 0.0
    >>> Point(1.0), Point(1.0, y=2.0) == Point(1.0, 2.0), hash(Point(1.0)) == hash(Point(1.0))
    (Point(x=1.0, y=0.0), True, True)
    """
    made: Any = dataclass(init=False, repr=False, eq=False)(cls)
    parts = fields(made)
    for name, method in _methods(parts, hasattr(made, "__post_init__")).items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made


def _methods(parts: Sequence[Field[Any]], is_followed: bool) -> dict[str, Callable[..., Any]]:
    """The methods of a record with these fields; is_followed: __init__ calls __post_init__."""
    compared = _values([part.name for part in parts if part.compare])

    def equals(self: object, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    def digest(self: object) -> int:
        return hash(compared(self))

    return {
        "__init__": _init(parts, is_followed),
        "__repr__": _repr,
        "__eq__": equals,
        "__hash__": digest,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }


def _values(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the attributes of these names, as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda self: ()
    get = attrgetter(*names)
    return lambda self: (get(self),)


def _init(parts: Sequence[Field[Any]], is_followed: bool) -> Callable[..., None]:
    """The method __init__ for these fields."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_MISSING": MISSING}
    positional, keywords, body = ["self"], list[str](), list[str]()
    for k, part in enumerate(parts):
        value = part.name
        argument = part.name
        if part.default is not MISSING:
            known[f"_{k}"] = part.default
            argument += f"=_{k}"
        elif part.default_factory is not MISSING:
            known[f"_{k}"] = part.default_factory
            argument += "=_MISSING"
            value = f"_{k}() if {value} is _MISSING else {value}"
        (keywords if part.kw_only else positional).append(argument)
        body.append(f"_set(self, {part.name!r}, {value})")
    if is_followed:
        body.append("self.__post_init__()")
    arguments = ", ".join([*positional, *(["*", *keywords] if keywords else [])])
    exec(f"def __init__({arguments}):\n " + "\n ".join(body or ["pass"]), known)
    known["__init__"].__annotations__ = {part.name: part.type for part in parts}
    return known["__init__"]


def _repr(self: Any) -> str:
    shown = (f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise FrozenInstanceError(f"{type(self).__name__} is frozen: '{name}' stays as it is")
