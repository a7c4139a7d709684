"""Preferences: settings by name, checked when they are set, readable from files.

    prefs['core.default_float_dtype'] = float32      by item
    prefs.core.default_float_dtype = float32         by attribute, category by category

A file holds lines `name = value`; `[category]` begins a category whose names follow without it.
Values are written as in Python: numbers, texts, lists, quantities (5*mV) and names of dtypes.
Nothing of a file is evaluated as a program. `load_preferences` reads, in this order,
~/.brian/user_preferences and ./brian_preferences, where they exist.

What the preferences are, and which of them change something, is in `preference_names`.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np

from rheobase.errors import RheobaseError, did_you_mean
from rheobase.records import record
from rheobase.units import Quantity, get_dimensions, have_same_dimensions, lookup_unit

__all__ = ["BrianPreference", "PreferenceError", "PreferenceView", "Preferences"]

_FILES = (Path("~/.brian/user_preferences"), Path("brian_preferences"))
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


class PreferenceError(RheobaseError, ValueError):
    """A preference that does not exist, or a value that it does not take.

    >>> from rheobase import PreferenceError, prefs
    >>> try:
    ...     prefs['core.threads'] = -1
    ... except PreferenceError as error:
    ...     print(isinstance(error, ValueError))
    True
    """


class UnknownPreferenceError(PreferenceError, KeyError):
    """A name that no preference has."""


class BrianPreference:
    """One preference.

    default      its value until it is set
    docs         what it does
    validator    whether a value will do; default: of the default's type (and dimension)
    representor  the text of a value in a file; default: repr

    >>> from rheobase.preferences import BrianPreference
    >>> BrianPreference(3, "how many").validator("three")
    False
    """

    def __init__(
        self,
        default: Any,
        docs: str,
        validator: Callable[[Any], Any] | None = None,
        representor: Callable[[Any], str] = repr,
    ) -> None:
        self.default = default
        self.docs = docs
        self.validator = validator if validator is not None else _like(default)
        self.representor = representor


def _like(default: Any) -> Callable[[Any], bool]:
    """Whether a value is of the kind of the default: its class, and its dimension."""

    def validator(value: Any) -> bool:
        if isinstance(default, Quantity):
            return isinstance(value, Quantity) and have_same_dimensions(value, default)
        if isinstance(default, bool):
            return isinstance(value, bool)
        if isinstance(default, (int, float)) and isinstance(value, (int, float)):
            return isinstance(default, int) or not isinstance(value, int)
        return isinstance(value, type(default)) and (
            not isinstance(default, np.ndarray) or get_dimensions(value).is_dimensionless
        )

    return validator


@record
class _Node:
    """What stands at a name: the text about a category."""

    docs: str


class Preferences(MutableMapping[str, Any]):
    """All preferences, by full name ('core.network.default_schedule').

    Raises PreferenceError, which is a KeyError for an unknown name, and AttributeError where a
    name is used as an attribute.

    >>> from rheobase import prefs
    >>> prefs.core.stop_on_keyboard_interrupt
    True
    >>> prefs['core.stop_on_keyboard_interrupt'] = 'yes'
    Traceback (most recent call last):
        ...
    rheobase.preferences.PreferenceError: 'core.stop_on_keyboard_interrupt' cannot be 'yes': ...
    """

    def __init__(self) -> None:
        self.__dict__["prefs"] = dict[str, Any]()
        self.__dict__["known"] = dict[str, BrianPreference]()
        self.__dict__["categories"] = dict[str, _Node]()
        self.__dict__["unclaimed"] = dict[str, Any]()
        self.__dict__["_kept"] = dict[str, Any]()
        self.__dict__["_watchers"] = dict[str, Callable[[], None]]()

    prefs: dict[str, Any]
    known: dict[str, BrianPreference]
    categories: dict[str, _Node]
    unclaimed: dict[str, Any]  # set by a file before anyone has registered them
    _kept: dict[str, Any]
    _watchers: dict[str, Callable[[], None]]

    # ------------------------------------------------------------ registering
    def register_preferences(self, base: str, docs: str, /, **preferences: BrianPreference) -> None:
        """Make preferences known: those of a package of one's own, too.

        base   the category; what files have already said about it is checked now
        """
        if base in self.known or any(_parent(k, base) for k in self.known):
            raise PreferenceError(f"'{base}' is a preference: it cannot be a category, too")
        for name, preference in preferences.items():
            full = f"{base}.{name}"
            if name.startswith("_") or hasattr(MutableMapping, name):
                raise PreferenceError(f"'{name}' cannot be the name of a preference")
            if any(full == c or _parent(full, c) for c in self.categories):
                raise PreferenceError(f"'{full}' is a category: it cannot be a preference, too")
            self.known[full] = preference
            self.prefs[full] = preference.default
        self.categories[base] = _Node(docs)
        self._claim(base)

    def _claim(self, base: str) -> None:
        for full in [k for k in self.unclaimed if k.rpartition(".")[0] == base]:
            self[full] = self.unclaimed.pop(full)

    # ------------------------------------------------------------ mapping
    def __getitem__(self, name: str) -> Any:
        if name in self.prefs:
            return self.prefs[name]
        if self._is_category(name):
            return PreferenceView(self, name)
        raise UnknownPreferenceError(
            f"there is no preference '{name}'. {did_you_mean(name, self.prefs)}"
        )

    def __setitem__(self, name: str, value: Any) -> None:
        if self._is_category(name):
            raise PreferenceError(f"'{name}' is a category of preferences: set one of {name}.*")
        if name not in self.known:
            raise UnknownPreferenceError(
                f"there is no preference '{name}'. {did_you_mean(name, self.prefs)}"
            )
        preference = self.known[name]
        if not preference.validator(value):
            about = " ".join(preference.docs.split())
            raise PreferenceError(
                f"'{name}' cannot be {value!r}: {about} "
                f"(default: {preference.representor(preference.default)})"
            )
        self._put(name, value)

    def _put(self, name: str, value: Any) -> None:
        changed = self.prefs[name] is not value
        self.prefs[name] = value
        if changed and name in self._watchers:
            self._watchers[name]()

    def watch(self, name: str, function: Callable[[], None]) -> None:
        """Call a function whenever the value of a preference has changed."""
        self._watchers[name] = function

    def __delitem__(self, name: str) -> None:
        raise PreferenceError(f"preferences cannot be deleted ('{name}'); see reset_to_defaults()")

    def __iter__(self) -> Iterator[str]:
        return iter(self.prefs)

    def __len__(self) -> int:
        return len(self.prefs)

    def __contains__(self, name: object) -> bool:
        return name in self.prefs

    def _is_category(self, name: str) -> bool:
        return name in self.categories or any(_parent(name, c) for c in self.categories)

    # ------------------------------------------------------------ attributes
    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            try:
                return self[name]
            except KeyError as error:
                raise AttributeError(str(error)) from None
        raise AttributeError(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *(c.partition(".")[0] for c in self.categories)})

    # ------------------------------------------------------------ back to what was
    def reset_to_defaults(self) -> None:
        """All preferences as they are when nothing has set them."""
        for name, preference in self.known.items():
            self._put(name, preference.default)

    def restore_initial(self) -> None:
        """All preferences as they were at the last _backup(): after import, unless called again."""
        self._restore()

    def _backup(self) -> None:
        self._kept = dict(self.prefs)

    def _restore(self) -> None:
        for name, value in self._kept.items():
            self._put(name, value)

    # ------------------------------------------------------------ files
    @property
    def as_file(self) -> str:
        """The preferences as the text of a preference file."""
        return self._text(self.prefs)

    @property
    def defaults_as_file(self) -> str:
        """The defaults as the text of a preference file."""
        return self._text({n: p.default for n, p in self.known.items()})

    def _text(self, values: Mapping[str, Any]) -> str:
        lines: list[str] = []
        for category in sorted(self.categories):
            names = [n for n in values if n.rpartition(".")[0] == category]
            lines += [f"\n# {self.categories[category].docs}", f"[{category}]"]
            for full in names:
                preference = self.known[full]
                lines += ["", *_comment(preference.docs)]
                lines.append(f"{full.rpartition('.')[2]} = {preference.representor(values[full])}")
        return "\n".join(lines).strip() + "\n"

    def get_documentation(self, category: str | None = None) -> str:
        """What the preferences do, one paragraph each."""
        found: list[str] = []
        for name, preference in self.known.items():
            if category is None or name.startswith(category + "."):
                default = preference.representor(preference.default)
                found.append(f"{name} = {default}\n" + "\n".join(_comment(preference.docs, "    ")))
        return "\n\n".join(found)

    def read_preference_file(self, file: str | Path | TextIO) -> None:
        """Set what a file says; PreferenceError for a line that is none, or a wrong value."""
        if isinstance(file, (str, Path)):
            text, name = Path(file).read_text("utf-8"), str(file)
        else:
            text, name = file.read(), str(getattr(file, "name", "preferences"))
        category = ""
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("[") and line.endswith("]"):
                category = line[1:-1].strip() + "."
                continue
            key, equals, value = line.partition("=")
            if not equals or not key.strip().replace(".", "").isidentifier():
                raise PreferenceError(
                    f"{name}, line {number}: '{line}' is neither 'name = value' nor '[category]'"
                )
            self._set_preference(category + key.strip(), _read(value.strip(), name, number))

    def _set_preference(self, name: str, value: Any) -> None:
        """Set a preference that may be registered later."""
        if name in self.known or self._is_category(name):
            self[name] = value
        else:
            self.unclaimed[name] = value

    def load_preferences(self) -> None:
        """Read the files of the user and of the present folder, if there are any."""
        for path in _FILES:
            if path.expanduser().is_file():
                self.read_preference_file(path.expanduser())

    def __repr__(self) -> str:
        return f"<Preferences: {', '.join(sorted(self.categories))}>"


class PreferenceView(MutableMapping[str, Any]):
    """The preferences of one category, by name within it: prefs.core."""

    def __init__(self, preferences: Preferences, base: str) -> None:
        self.__dict__["_preferences"] = preferences
        self.__dict__["_basename"] = base

    _preferences: Preferences
    _basename: str

    def __getitem__(self, name: str) -> Any:
        return self._preferences[f"{self._basename}.{name}"]

    def __setitem__(self, name: str, value: Any) -> None:
        self._preferences[f"{self._basename}.{name}"] = value

    def __delitem__(self, name: str) -> None:
        del self._preferences[f"{self._basename}.{name}"]

    def __iter__(self) -> Iterator[str]:
        start = self._basename + "."
        return (n.removeprefix(start) for n in self._preferences if n.startswith(start))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(str(error)) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __dir__(self) -> list[str]:
        start = self._basename + "."
        below = [
            *self,
            *(c.removeprefix(start) for c in self._preferences.categories if c.startswith(start)),
        ]
        return sorted({*object.__dir__(self), *(n.partition(".")[0] for n in below)})

    def __repr__(self) -> str:
        return "\n".join(f"{self._basename}.{n} = {v!r}" for n, v in self.items())


def _parent(name: str, of: str) -> bool:
    return of.startswith(name + ".")


def _comment(text: str, begin: str = "# ") -> list[str]:
    return textwrap.wrap(" ".join(text.split()), 98, initial_indent=begin, subsequent_indent=begin)


# ------------------------------------------------------------------ values in files
def _read(text: str, name: str, number: int) -> Any:
    try:
        return _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, TypeError) as error:
        raise PreferenceError(
            f"{name}, line {number}: '{text}' is not a value: write a number, a text in quotes, a "
            f"list, a quantity such as 5*mV, or the name of a dtype ({error})"
        ) from None


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=word):
            return _named(word)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left), _value(right))
        case ast.List(elts=parts):
            return [_value(p) for p in parts]
        case _:
            return ast.literal_eval(node)


def _named(word: str) -> Any:
    unit = lookup_unit(word)
    if unit is not None:
        return unit
    dtype = getattr(np, word, None)
    if isinstance(dtype, type) and issubclass(dtype, np.generic):
        return cast(Any, dtype)
    raise ValueError(f"'{word}' is neither a unit nor a dtype")
