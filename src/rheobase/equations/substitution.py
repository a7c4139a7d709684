"""Names in equations replaced by other names or by values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

import numpy as np

from rheobase.equations.single import SingleEquation
from rheobase.errors import EquationError, Fault, ModelError, ModelSyntaxError, Source, Span
from rheobase.lang.parse import parse_expression

__all__ = ["Replacement", "replace_names", "replacement_texts", "substituted_equations"]

Replacement: TypeAlias = Any  # str (another name), or a scalar number or quantity

# a number is one token, so that the e of 1e3 is not taken for a name
_TOKEN: Final = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[^\W\d]\w*")


def replacement_texts(
    replacements: Mapping[str, Replacement],
) -> tuple[dict[str, str], list[Fault]]:
    """What stands in the place of each name, and faults for what cannot.

    A value becomes its repr in parentheses; so does text that is more than a name.
    """
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    for name, value in replacements.items():
        if isinstance(value, str):
            texts[name] = value if value.isidentifier() else f"({value})"
        elif not _is_number(value):
            met = "an array" if np.ndim(value) else f"of type {type(value).__name__}"
            message = f"The replacement of '{name}' is {met}: one number or a name is needed."
            faults.append(Fault(ModelSyntaxError, message))
        else:
            texts[name] = f"({_printed(value)})"
    return texts, faults


def _is_number(value: Replacement) -> bool:
    array = np.asarray(value)
    return array.ndim == 0 and array.dtype.kind in "biuf"


def _printed(value: Replacement) -> str:
    # numpy >= 2 writes np.float64(3.0): the text must be in the model language
    return repr(value.item()) if type(value).__module__ == "numpy" else repr(value)


def replace_names(code: str, texts: Mapping[str, str]) -> str:
    """The text with every name of `texts` replaced, all at once."""

    def replaced(match: re.Match[str]) -> str:
        return texts.get(unicodedata.normalize("NFKC", match[0]), match[0])

    return _TOKEN.sub(replaced, code)


def substituted_equations(
    equations: Iterable[SingleEquation], replacements: Mapping[str, Replacement]
) -> tuple[list[SingleEquation], list[Fault]]:
    """The equations with names replaced, and the faults that this makes."""
    texts, faults = replacement_texts(replacements)
    found: list[SingleEquation] = []
    for eq in equations:
        renamed = texts.get(eq.varname, eq.varname)
        if not renamed.isidentifier():
            error, rule = EquationError, "no value can replace it"
            if isinstance(replacements[eq.varname], str):
                error, rule = ModelSyntaxError, f"'{replacements[eq.varname]}' is no name for it"
            message = f"'{eq.varname}' is a variable of the equations: {rule}."
            hint = f"Another name can replace it: {eq.varname}='other'."
            faults.append(Fault(error, message, eq.name_span, hint))
            renamed = eq.varname
        try:
            found.append(_rewritten(eq, renamed, texts))
        except ModelError as problem:
            faults.extend(problem.faults)
    return found, faults


def _rewritten(eq: SingleEquation, name: str, texts: Mapping[str, str]) -> SingleEquation:
    """The equation under another name and with names replaced; its places are in its new text."""
    code = replace_names(eq.code, texts)
    draft = replace(eq, varname=name, code=code)
    source = Source(str(draft), eq.span.source.label)
    whole = Span(source, 0, len(source.text))
    first = 1 if eq.type == "differential equation" else 0
    expr = None
    if eq.expr is not None:
        expr = parse_expression(code, source, source.text.index(" = ") + 3)
    return replace(
        draft,
        expr=expr,
        span=whole,
        name_span=Span(source, first, first + len(name)),
        flag_spans=_flag_spans(whole, eq.flags),
    )


def _flag_spans(whole: Span, flags: tuple[str, ...]) -> tuple[Span, ...]:
    """Where the flags stand at the end of a printed equation."""
    position = len(whole.source.text) - len(", ".join(flags)) - 1
    spans: list[Span] = []
    for flag in flags:
        spans.append(Span(whole.source, position, position + len(flag)))
        position += len(flag) + 2
    return tuple(spans)
