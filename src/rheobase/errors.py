"""What can go wrong, where it is, and how it is said.

The exception tree (every class also is the built-in that Brian 2 scripts catch):

    RheobaseError
    ├── ModelError                      anything wrong with a model; carries its faults
    │   ├── ModelSyntaxError            + SyntaxError     text that is not in the model language
    │   ├── EquationError               + ValueError      contradicting equations, misplaced flags
    │   ├── UnknownNameError            + KeyError        a name that nothing defines
    │   ├── ModelTypeError              + TypeError       a boolean where a number is needed, ...
    │   ├── ModelValueError             + ValueError      an argument outside its range
    │   ├── ModelIndexError             + IndexError      an element that does not exist
    │   ├── DimensionMismatchError      units that do not fit
    │   ├── UnsupportedError            + NotImplementedError   clear, but nothing here can do it
    │   └── UnsupportedEquationsError   an integration method that cannot treat these equations
    ├── NetworkError + RuntimeError     an object that two networks want
    ├── MagicError                      run() cannot tell which objects are meant
    └── IntegrationError                a step failed numerically

A check collects `Fault`s and raises them together with `raise_faults`; each says where it is
(a `Span` of a `Source`), what was met, what was wanted and what to try.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from rheobase.records import record

__all__ = [
    "DimensionMismatchError",
    "EquationError",
    "Fault",
    "IntegrationError",
    "MagicError",
    "ModelError",
    "ModelIndexError",
    "ModelSyntaxError",
    "ModelTypeError",
    "ModelValueError",
    "NetworkError",
    "RheobaseError",
    "Source",
    "Span",
    "UnknownNameError",
    "UnsupportedEquationsError",
    "UnsupportedError",
    "did_you_mean",
    "labelled",
    "notebook_cells",
    "raise_faults",
]

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


@record
class Source:
    """A text that the user wrote, and what it is.

    text    the whole text, lines separated by newlines
    label   what a reader calls it: "group 'cells' (model.py:12), equation for v"; "" if unknown
    """

    text: str
    label: str = ""


@record
class Span:
    """The characters start <= k < end of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """The span from the beginning of this one to the end of `other`, in the same source."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def show(self, indent: str = "    ") -> str:
        """The line that holds the span, and carets below it."""
        text = self.source.text
        first = text.rfind("\n", 0, self.start) + 1
        last = text.find("\n", self.start)
        line = text[first : len(text) if last < 0 else last]
        stripped = line.lstrip()
        column = max(self.start - first - (len(line) - len(stripped)), 0)
        width = max(1, min(self.end, first + len(line)) - self.start)
        return f"{indent}{stripped.rstrip()}\n{indent}{' ' * column}{'^' * width}"


@record
class Fault:
    """One thing that is wrong.

    error     the exception that it raises when it is alone
    message   what was met and what was wanted, a sentence or two
    span      where, or None when no text is at fault
    hint      what to try; "" if nothing is known
    label     overrides the label of the span's source
    """

    error: type[ModelError]
    message: str
    span: Span | None = None
    hint: str = ""
    label: str = ""

    @property
    def where(self) -> str:
        """What is at fault: "group 'cells' (model.py:12), reset"; "" if unknown."""
        return self.label or (self.span.source.label if self.span else "")

    def show(self) -> str:
        """Place, message and hint, without the label."""
        lines = [] if self.span is None else [self.span.show()]
        lines.append("  " + self.message)
        if self.hint:
            lines.append("  " + self.hint)
        return "\n".join(lines)


class RheobaseError(Exception):
    """Base of every exception that rheobase raises on purpose.

    >>> from rheobase import NeuronGroup, RheobaseError
    >>> try:
    ...     NeuronGroup(1, 'v : 1', threshold='v > ')
    ... except RheobaseError as error:
    ...     print(isinstance(error, SyntaxError))
    True
    """

    def __str__(self) -> str:  # KeyError would show the repr of its text
        return "\n".join(str(a) for a in self.args)


class ModelError(RheobaseError):
    """Something is wrong with a model.

    faults   every fault that the check found, in the order of the text

    >>> from rheobase import ModelError, NeuronGroup
    >>> try:
    ...     NeuronGroup(1, 'dv/dt = -v : volt', threshold='v > 1')
    ... except ModelError as error:
    ...     print(len(error.faults))
    2
    """

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults: tuple[Fault, ...] = tuple(faults)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the lines of the script that led here, and the message.

        The frames of this package say nothing about what is wrong with a model; %debug has them.
        """
        import traceback  # 4 ms that only notebooks need

        lines: list[str] = []
        for frame in traceback.extract_tb(self.__traceback__):
            file = frame.filename
            if file.startswith(_PACKAGE) or f"{os.sep}IPython{os.sep}" in file:
                continue
            cell = notebook_cells().get(file)
            place = f'File "{file}"' if cell is None else f"Cell In[{cell}]"
            within = "" if frame.name == "<module>" else f", in {frame.name}"
            lines += [f"{place}, line {frame.lineno}{within}", f"    {frame.line}"]
        return [*lines, f"\x1b[31m{type(self).__name__}\x1b[0m: {self}"]


def notebook_cells() -> Mapping[str, int]:
    """The cells of a notebook by the names of files that IPython gives them."""
    ipython: Any = sys.modules.get("IPython")
    shell: Any = None if ipython is None else ipython.get_ipython()
    return getattr(getattr(shell, "compile", None), "_filename_map", {})


class ModelSyntaxError(ModelError, SyntaxError):
    """A text is not an expression, a statement or an equation.

    >>> from rheobase import Equations, ModelSyntaxError
    >>> try:
    ...     Equations('dv/dt = (1 - v : 1')
    ... except ModelSyntaxError as error:
    ...     print(isinstance(error, SyntaxError))
    True
    """


class EquationError(ModelError, ValueError):
    """Equations contradict each other, or a flag stands where it has no meaning.

    >>> from rheobase import EquationError, Equations
    >>> try:
    ...     Equations('v : 1') + Equations('v : volt')
    ... except EquationError as error:
    ...     print(isinstance(error, ValueError))
    True
    """


class UnknownNameError(ModelError, KeyError):
    """A name that neither the model nor its namespace defines.

    >>> from rheobase import Network, NeuronGroup, UnknownNameError, ms
    >>> net = Network(NeuronGroup(1, 'dv/dt = -v/membrane_time : 1'))
    >>> try:
    ...     net.run(1*ms)
    ... except UnknownNameError as error:
    ...     print(isinstance(error, KeyError))
    True
    """


class ModelTypeError(ModelError, TypeError):
    """A value of the wrong type: a boolean where a number is needed, or the reverse.

    >>> from rheobase import ModelTypeError, NeuronGroup
    >>> try:
    ...     NeuronGroup(1, 'v : 1', threshold='v + 1')
    ... except ModelTypeError as error:
    ...     print(isinstance(error, TypeError))
    True
    """


class ModelValueError(ModelError, ValueError):
    """An argument outside its range.

    >>> from rheobase import ModelValueError, NeuronGroup
    >>> try:
    ...     NeuronGroup(0, 'v : 1')
    ... except ModelValueError as error:
    ...     print(isinstance(error, ValueError))
    True
    """


class ModelIndexError(ModelError, IndexError):
    """A model names an element of a group that does not exist.

    >>> from rheobase import ModelIndexError
    >>> issubclass(ModelIndexError, IndexError)
    True
    """


class DimensionMismatchError(ModelError):
    """Units that do not fit together.

    dims   the dimensions that met, in the order in which they were given; () in a model's faults

    >>> from rheobase.errors import DimensionMismatchError
    >>> str(DimensionMismatchError("Cannot add", "volt", "amp"))
    'Cannot add (units are volt and amp).'
    """

    def __init__(self, message: str, *details: object) -> None:
        """details: the dimensions; or, from a check, one sequence of faults."""
        faults: tuple[Fault, ...] = ()
        if len(details) == 1 and isinstance(details[0], (tuple, list)):
            faults, details = tuple(details[0]), ()  # pyright: ignore
        units = " and ".join(str(d) for d in details)
        if units:
            message = f"{message} (unit{'s are' if len(details) > 1 else ' is'} {units})."
        super().__init__(message, faults)
        self.dims: tuple[object, ...] = details


class UnsupportedError(ModelError, NotImplementedError):
    """What is asked for has a clear meaning, but nothing here can do it.

    >>> from rheobase import Morphology, UnsupportedError
    >>> try:
    ...     Morphology.from_file('cell.asc')
    ... except UnsupportedError as error:
    ...     print(isinstance(error, NotImplementedError))
    True
    """


class UnsupportedEquationsError(ModelError):
    """An integration method that cannot treat these equations.

    >>> from rheobase import Network, NeuronGroup, UnsupportedEquationsError, ms
    >>> try:
    ...     Network(NeuronGroup(1, 'dv/dt = -v**2/ms : 1', method='exact')).run(0*ms)
    ... except UnsupportedEquationsError as error:
    ...     print("exact" in str(error))
    True
    """


class NetworkError(RheobaseError, RuntimeError):
    """An object cannot be simulated by two networks: each has a time of its own.

    >>> from rheobase import Network, NetworkError, NeuronGroup, ms
    >>> cells = NeuronGroup(1, 'v : 1')
    >>> first = Network(cells)
    >>> first.run(1*ms)
    >>> try:
    ...     Network(cells)
    ... except NetworkError as error:
    ...     print(isinstance(error, RuntimeError))
    True
    """


class MagicError(RheobaseError):
    """run() cannot tell which objects are meant.

    >>> from rheobase import MagicError, NeuronGroup, ms, run
    >>> first = NeuronGroup(1, 'v : 1')
    >>> run(1*ms)
    >>> second = NeuronGroup(1, 'v : 1')
    >>> try:
    ...     run(1*ms)  # go on with the first, or begin again?
    ... except MagicError as error:
    ...     print('begin again' in str(error))
    True
    """


class IntegrationError(RheobaseError):
    """A step of numerical integration failed.

    >>> from rheobase import IntegrationError, RheobaseError
    >>> issubclass(IntegrationError, RheobaseError)
    True
    """


def raise_faults(faults: Iterable[Fault], label: str = "") -> None:
    """Raise all faults as one exception, of the class of the first; return if there are none.

    label   what is being checked, for faults that do not say where they are

    Faults of one text stand together, in the order of the text, and each is said once.
    """
    placed = (f if f.where else replace(f, label=label) for f in faults)
    found = _in_order(dict.fromkeys(placed))
    if not found:
        return
    parts: list[str] = []
    above = ""
    for fault in found:
        header = fault.where
        parts.append(f"{header}\n{fault.show()}" if header != above else fault.show())
        above = header
    raise found[0].error("\n\n".join(parts), found)


def _in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    together: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        text = fault.span.source.text if fault.span else ""
        together.setdefault((fault.where, text), []).append(fault)
    for group in together.values():
        group.sort(key=lambda f: f.span.start if f.span else -1)
    return tuple(f for group in together.values() for f in group)


@contextmanager
def labelled(label: str) -> Generator[None, None, None]:
    """Faults that are raised inside and do not say of what they speak, speak of `label`.

    >>> from rheobase.errors import Fault, ModelValueError, labelled, raise_faults
    >>> with labelled("group 'cells', equations"):
    ...     raise_faults([Fault(ModelValueError, "This is wrong.")])
    Traceback (most recent call last):
        ...
    rheobase.errors.ModelValueError: group 'cells', equations
      This is wrong.
    """
    try:
        yield
    except ModelError as error:
        if not error.faults or all(f.where for f in error.faults):
            raise
        faults = error.faults
    else:
        return
    try:
        raise_faults(faults, label)
    except ModelError as error:
        raise error from None  # the one without a label says nothing more


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """'Did you mean x?' for the nearest of the known names, or ''.

    >>> from rheobase.errors import did_you_mean
    >>> did_you_mean("TAU_m", ["tau", "tau_m"])
    "Did you mean 'tau_m'?"
    """
    names = list(known)
    for side in ("_pre", "_post"):  # v_post is no misspelt t_post: what is like v, with that end?
        if name.endswith(side):
            stems = [n.removesuffix(side) for n in names if n.endswith(side)]
            near = _nearest(name.removesuffix(side), stems)
            return f"Did you mean '{near[0]}{side}'?" if near else ""
    near = _nearest(name, names)
    return f"Did you mean '{near[0]}'?" if near else ""


def _nearest(name: str, names: list[str]) -> list[str]:
    """The nearest of the names alone, or none."""
    import difflib  # only who has misspelt something waits for it

    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return near  # the index of an element is meant by no other letter
    return [other for other in names if other.lower() == name.lower() and other not in "ij"]


@dataclass
class FaultList:
    """Collects faults while a check goes on."""

    faults: list[Fault] = field(default_factory=list[Fault])

    def add(
        self, error: type[ModelError], message: str, span: Span | None = None, hint: str = ""
    ) -> None:
        self.faults.append(Fault(error, message, span, hint))
