"""From the text of equations to single equations.

A line is one of
    dx/dt = expression : unit (flags)
    x = expression : unit (flags)
    x : unit (flags)
An expression may go on over several lines, up to the colon of its unit. Comments begin with '#'.

Goals: every fault of the text is found, located in it, and raised together with all others.
Not here: whether the names in expressions exist, and whether units fit (lang.check, per object).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rheobase.equations.declared import Declared, read_unit
from rheobase.equations.single import EquationType, SingleEquation
from rheobase.errors import (
    EquationError,
    Fault,
    FaultList,
    ModelError,
    ModelTypeError,
    Source,
    Span,
)
from rheobase.lang.habits import derivative_hint
from rheobase.lang.nodes import Expr
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Type

__all__ = ["parse_lines", "read_expression"]

_COMMENT: Final = re.compile(r"#[^\n]*")
_NAME: Final = re.compile(r"[^\W\d]\w*")
_DIFFERENTIAL: Final = re.compile(r"d\s*([^\W\d]\w*)\s*/\s*dt")
_OTHER_DERIVATIVE: Final = re.compile(r"d\s*([^\W\d]\w*)\s*/\s*d\s*(\w+)")
_FLAGGED: Final = re.compile(r"([^\W\d]\w*)\s*[(\[]([\w\s,-]+)[)\]]")
_PRIMED: Final = re.compile(r"([^\W\d]\w*)\s*'")
# '=' that is not part of ==, <=, >=, !=
_EQUALS: Final = re.compile(r"(?<![=<>!])=(?!=)")
# where an operand is over, and where one begins
_OPERAND_ENDS: Final = re.compile(
    r"(?<!\band)(?<!\bor)(?<!\bnot)(?<!\bif)(?<!\belse)(?<=[\w).])\s*\Z"
)
_OPERAND_BEGINS: Final = re.compile(r"\s*(?!(?:and|or|if|else)\b)[\w.]")
# the beginning of an equation: a name or a derivative, then '='
_BEGINNING: Final = re.compile(r"\s*(?:d\s*[^\W\d]\w*\s*/\s*d\s*\w+|[^\W\d]\w*)\s*=(?!=)")


def parse_lines(source: Source) -> tuple[list[SingleEquation], list[Fault]]:
    """Every equation of a text, in its order, and every fault that was found on the way."""
    faults = FaultList()
    # comments become blanks, so that offsets stay
    text = _COMMENT.sub(lambda m: " " * len(m[0]), source.text)
    found: list[SingleEquation] = []
    for start, end in _chunks(text):
        equation = _Chunk(source, text, start, end, faults).read()
        if equation is not None:
            found.append(equation)
    return found, faults.faults


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """Where each equation begins and ends: (start, end) without blanks around."""
    pending: list[tuple[int, int]] = []
    position = 0
    for line in text.splitlines(keepends=True):
        start, end = position, position + len(line)
        position = end
        if not line.strip():
            continue
        if pending and _is_new(text[pending[0][0] : pending[-1][1]], line):
            yield _trimmed(text, pending[0][0], pending[-1][1])
            pending = []
        pending.append((start, end))
    if pending:
        yield _trimmed(text, pending[0][0], pending[-1][1])


def _is_new(before: str, line: str) -> bool:
    """Whether a line begins another equation, rather than going on with the text before it."""
    expression, colon, behind = before.partition(":")
    if colon:
        # a unit goes on in an open parenthesis, or with its flags on a line of their own
        is_open = behind.count("(") > behind.count(")") and not re.search("[:=]", line)
        return not is_open and not line.lstrip().startswith("(")
    if _BEGINNING.match(line):
        return True
    if not _EQUALS.search(expression):
        return not line.lstrip().startswith(("=", ":"))
    # two operands side by side are never one expression
    is_complete = before.count("(") <= before.count(")") and _OPERAND_ENDS.search(before)
    return bool(is_complete and _OPERAND_BEGINS.match(line))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    chunk = text[start:end]
    return start + len(chunk) - len(chunk.lstrip()), start + len(chunk.rstrip())


def read_expression(source: Source, text: str, start: int, end: int) -> tuple[str, Expr]:
    """The expression in text[start:end]: as one line of text, and as nodes with their places.

    text   like source.text, but without comments
    Raises ModelError (all faults of the expression).
    """
    piece = text[start:end]
    flat = re.sub(r"[\r\n\t]", " ", piece)  # same length: the parser's places stay right
    leading = len(flat) - len(flat.lstrip())
    expr = parse_expression(flat.strip(), source, start + leading)
    return re.sub(r"\s*\n\s*", " ", piece.strip()), expr


@dataclass
class _Chunk:
    """The text of one equation, being read."""

    source: Source
    text: str
    start: int
    end: int
    faults: FaultList

    def span(self, start: int, end: int) -> Span:
        start, end = _trimmed(self.text, start, end)
        return Span(self.source, start, max(start, end))

    def read(self) -> SingleEquation | None:
        colon = self.text.find(":", self.start, self.end)
        head_end = self.end if colon < 0 else colon
        before = len(self.faults.faults)
        head = self._head(head_end, complete=colon >= 0)
        if colon < 0:
            if len(self.faults.faults) == before:
                self._no_unit(head)
            return None
        if self._colon_in_brackets(head_end):
            return None  # what follows is no unit
        declared = self._unit(colon + 1)
        if head is None or declared is None:
            return None
        kind, name, expr, code = head
        if kind == "differential equation" and declared.type is not Type.FLOAT:
            self._not_float(name, declared, colon)
        flags = self._flags(declared.end)
        if len(self.faults.faults) > before:
            return None
        return SingleEquation(
            type=kind,
            varname=unicodedata.normalize("NFKC", name.text),  # as names in expressions
            dim=declared.dim,
            var_type=declared.type,
            expr=expr,
            flags=tuple(" ".join(f.text.split()) for f in flags),
            code=code,
            span=self.span(self.start, self.end),
            name_span=name,
            flag_spans=flags,
        )

    # ---------------------------------------------------------------- what stands before the colon
    def _head(self, end: int, complete: bool) -> tuple[EquationType, Span, Expr | None, str] | None:
        equals = _EQUALS.search(self.text, self.start, end)
        if equals is None:
            return self._parameter(end)
        left = self.span(self.start, equals.start())
        kind, name = self._left_side(left)
        right = self.span(equals.end(), end)
        if not right.text.strip():
            self.faults.add(
                EquationError,
                "Nothing stands between '=' and ':'." if complete else "Nothing follows the '='.",
                Span(self.source, equals.start(), equals.end()),
                "Write an expression there, or leave the '=' out to declare a parameter.",
            )
            return None
        try:
            code, expr = read_expression(self.source, self.text, right.start, right.end)
        except ModelError as problem:
            self.faults.faults.extend(problem.faults)
            return None
        if name is None:
            return None
        return kind, name, expr, code

    def _parameter(self, end: int) -> tuple[EquationType, Span, Expr | None, str] | None:
        left = self.span(self.start, end)
        text = left.text
        if not text:
            message = "Nothing stands in front of this colon."
            colon = Span(self.source, self.start, self.start + 1)
            self.faults.add(EquationError, message, colon, "Write a name there: v : volt")
            return None
        if _NAME.fullmatch(text):
            return "parameter", left, None, ""
        if match := _OTHER_DERIVATIVE.fullmatch(text):
            message = "This derivative has no right-hand side."
            hint = f"Write d{match[1]}/dt = expression : unit"
        elif match := _DIFFERENTIAL.match(text):
            message = "A '=' is missing behind this derivative."
            left = Span(self.source, left.start, left.start + match.end())
            hint = f"Write {match[0]} = expression : unit"
        elif match := _FLAGGED.fullmatch(text):
            message = f"'{_shortened(text)}' is not a name: flags stand behind the unit."
            hint = f"Write {match[1]} : unit ({match[2]})"
        elif "=" in text:
            message = "This is a comparison, not an equation."
            hint = "An equation has one '='."
        else:
            message = f"'{_shortened(text)}' is not a name: a parameter is declared with a name."
            hint = "Forms: dx/dt = expression : unit    x = expression : unit    x : unit"
            if (joined := re.sub(r"\s*[-.]\s*", "_", text)).isidentifier():
                hint = f"Write {joined} : unit"
        self.faults.add(EquationError, message, left, hint)
        return None

    def _left_side(self, left: Span) -> tuple[EquationType, Span | None]:
        text = left.text
        if match := _DIFFERENTIAL.fullmatch(text):
            place = Span(self.source, left.start + match.start(1), left.start + match.end(1))
            return "differential equation", place
        if _NAME.fullmatch(text):
            return "subexpression", left
        message, hint = _left_fault(text)
        place = left if text else Span(self.source, left.start, left.start + 1)
        self.faults.add(EquationError, message, place, hint)
        return "subexpression", None

    def _colon_in_brackets(self, colon: int) -> bool:
        """Whether the expression has a fault because its unit seems to begin in brackets."""
        before, behind = self.text[self.start : colon], self.text[colon : self.end]
        return before.count("(") > before.count(")") and behind.count(")") > behind.count("(")

    # ---------------------------------------------------------------- what stands behind it
    def _no_unit(self, head: tuple[EquationType, Span, Expr | None, str] | None) -> None:
        span = self.span(self.start, self.end)
        name = head[1].text if head else span.text
        place = Span(self.source, span.end - 1, span.end)
        self.faults.add(
            EquationError,
            f"The equation for '{_shortened(name)}' has no unit: every equation ends in a colon "
            "and a unit.",
            place,
            "Add for example ': volt', or ': 1' for a number without unit.",
        )

    def _unit(self, start: int) -> Declared | None:
        if not self.text[start : self.end].strip():
            self.faults.add(
                EquationError,
                "No unit follows this colon.",
                Span(self.source, start - 1, start),
                "Write volt, amp, second, ... , or 1, boolean or integer.",
            )
            return None
        # comments must not be seen by the unit, places must be those of the source
        blanked = Source(self.text, self.source.label)
        declared = read_unit(blanked, start, self.end)
        if isinstance(declared, Declared):
            return declared
        span = declared.span and Span(self.source, declared.span.start, declared.span.end)
        self.faults.add(declared.error, declared.message, span, declared.hint)
        return None

    def _not_float(self, name: Span, declared: Declared, colon: int) -> None:
        self.faults.add(
            ModelTypeError,
            f"'{name.text}' changes continuously, so it cannot be {declared.type.value}.",
            self.span(colon + 1, declared.end),
            "A differential equation declares a unit, or 1.",
        )

    def _flags(self, start: int) -> tuple[Span, ...]:
        rest = self.span(start, self.end)
        if not rest.text:
            return ()
        closing = self.text.find(")", rest.start, self.end)
        if closing < 0:
            opened = Span(self.source, rest.start, rest.start + 1)
            self.faults.add(EquationError, "This parenthesis of flags is never closed.", opened)
            return ()
        behind = self.span(closing + 1, self.end)
        if behind.text:
            message = f"'{_shortened(behind.text)}' stands behind the flags, where nothing may."
            hint = "Each equation begins on a line of its own; comments begin with '#'."
            self.faults.add(EquationError, message, behind, hint)
            return ()
        return tuple(self._split_flags(rest.start + 1, closing))

    def _split_flags(self, start: int, end: int) -> Iterator[Span]:
        seen: set[str] = set()
        while True:
            comma = self.text.find(",", start, end)
            stop = end if comma < 0 else comma
            flag = self.span(start, stop)
            if not re.fullmatch(r"[^\W\d][\w\s-]*", flag.text):
                message = (
                    f"'{flag.text}' is not a flag." if flag.text else "A flag is missing here."
                )
                place = flag if flag.text else Span(self.source, stop, stop + 1)
                hint = "Flags are words such as 'unless refractory', separated by commas."
                self.faults.add(EquationError, message, place, hint)
            elif flag.text in seen:
                self.faults.add(EquationError, f"The flag '{flag.text}' stands here twice.", flag)
            else:
                seen.add(flag.text)
                yield flag
            if comma < 0:
                return
            start = comma + 1


def _left_fault(text: str) -> tuple[str, str]:
    """Why a left side is none, and what to write."""
    if not text:
        return "Nothing stands in front of the '='.", "Write a name or a derivative: dv/dt"
    if match := _OTHER_DERIVATIVE.fullmatch(text):
        return (
            f"This is a derivative with respect to '{match[2]}': only time is known.",
            f"Write d{match[1]}/dt.",
        )
    if match := _PRIMED.fullmatch(text):
        return "A prime has no meaning here.", f"Write d{match[1]}/dt for the derivative."
    if hint := derivative_hint(text):
        return f"'{_shortened(text)}' is neither a name nor a derivative.", hint
    if text[-1] in "+-*/%":
        return (
            "An equation defines a variable: it cannot change one in place.",
            "In-place operations belong into reset, on_pre and other statements.",
        )
    return (
        f"'{_shortened(text)}' is neither a name nor a derivative.",
        "The left side of an equation is x or dx/dt.",
    )


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else flat[:37] + "..."
