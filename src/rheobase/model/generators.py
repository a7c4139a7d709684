"""The generator syntax of connect(): `j='k for k in range(i-3, i+4) if k != i'`."""

from __future__ import annotations

import ast
import re
from typing import NoReturn

from rheobase.errors import (
    Fault,
    FaultList,
    ModelSyntaxError,
    Source,
    Span,
    did_you_mean,
    raise_faults,
)
from rheobase.lang.nodes import Expr, Name, Number
from rheobase.lang.parse import parse_expression
from rheobase.lang.tokens import Token, check_tokens, tokenize
from rheobase.records import record

__all__ = ["Generator", "parse_generator"]

_FORMS = (
    "EXPR [if COND], EXPR for k in range(...) [if COND], EXPR for k in sample(N, p=... or size=...)"
)


@record
class Generator:
    """What a generator expression says.

    element          the index of the other neuron
    variable         the loop variable; None: one candidate
    low, high, step  of range or sample
    p                probability of sample; None for range, and for a sample of a size
    condition        None: always
    size             of sample; None: not given
    """

    element: Expr
    variable: str | None
    low: Expr
    high: Expr
    step: Expr
    p: Expr | None = None
    condition: Expr | None = None
    size: Expr | None = None


def parse_generator(text: str, source: Source) -> Generator:
    """Read a generator expression; raises ModelSyntaxError where it is none."""
    tokens = _tokens(text, source)
    # comments, line breaks and backslashes mean nothing here; offsets stay
    flat = re.sub(r"[\r\n\\]", " ", re.sub(r"#[^\r\n]*", lambda m: " " * len(m[0]), text))
    tree, with_condition = _python_tree(flat)
    if tree is None:
        _explain(flat, tokens, source)
    if with_condition and isinstance(tree, ast.IfExp):
        condition = _sub(tree.test, flat, source)
        element = _sub(tree.body, flat, source)
        return Generator(element, None, Number(0), Number(1), Number(1), None, condition)
    if not isinstance(tree, ast.ListComp):
        element = _part(flat, 0, len(flat), source)
        return Generator(element, None, Number(0), Number(1), Number(1))
    if len(tree.generators) != 1:
        _refuse("only one 'for' is possible", tree.generators[1].target, flat, source)
    loop = tree.generators[0]
    if not isinstance(loop.target, ast.Name):
        _refuse("the loop variable must be one name", loop.target, flat, source)
    if len(loop.ifs) > 1:
        _refuse("give one condition; join several with 'and'", loop.ifs[1], flat, source)
    condition = _sub(loop.ifs[0], flat, source) if loop.ifs else None
    low, high, step, p, size = _candidates(loop.iter, flat, source)
    assert isinstance(loop.target, ast.Name)
    element = _sub(tree.elt, flat, source)
    return Generator(element, loop.target.id, low, high, step, p, condition, size)


def _tokens(text: str, source: Source) -> tuple[Token, ...]:
    """The tokens of the text; ModelSyntaxError for strings, odd characters and open brackets."""
    faults = FaultList()

    def complain(start: int, end: int, message: str, hint: str) -> None:
        message = message[0].upper() + message[1:] + "."
        faults.add(ModelSyntaxError, message, Span(source, start, end), hint)

    tokens = tokenize(text)
    check_tokens(tokens, complain)
    raise_faults(faults.faults)
    return tokens


def _python_tree(text: str) -> tuple[ast.expr | None, bool]:
    """The tree of the text, with columns counted from its beginning plus one, and whether it is
    'EXPR if COND'; None if it is no generator expression."""
    for candidate, with_condition in ((f"[{text}]", False), (f"({text} else 0)", True)):
        try:
            tree = ast.parse(candidate, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if isinstance(tree, ast.List):
            return (tree.elts[0] if len(tree.elts) == 1 else tree), False
        if isinstance(tree, ast.ListComp) or with_condition:
            return tree, with_condition
    return None, False


def _explain(text: str, tokens: tuple[Token, ...], source: Source) -> NoReturn:
    """Raise what is wrong with a text that is no generator expression: its worst part."""
    words = {w: _outside_brackets(tokens, w) for w in ("for", "in", "if")}
    loop, within, condition = words["for"], words["in"], words["if"]
    if loop is None and within is not None:
        _raise("this 'in' has no 'for'", Span(source, within.start, within.end))
    if loop is None:
        end = condition.start if condition else len(text)
        _part(text, 0, end, source)
    else:
        _part(text, 0, loop.start, source)
        if within is None:
            _raise("this 'for' has no 'in'", Span(source, loop.start, loop.end))
    if condition is not None:
        _part(text, condition.end, len(text), source)
    _raise("this is no generator expression", Span(source, 0, len(text)))


def _outside_brackets(tokens: tuple[Token, ...], word: str) -> Token | None:
    """The first token of that text that stands in no brackets."""
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and token.text == word:
            return token
    return None


def _part(text: str, start: int, end: int, source: Source) -> Expr:
    """The expression in text[start:end]."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return parse_expression(piece.strip(), source, start)


def _span(node: ast.expr, text: str, source: Source) -> Span:
    """Where a node stands; Python counts its columns in bytes."""
    line = text.encode()
    first, last = (
        len(line[: column - 1].decode(errors="ignore"))
        for column in (node.col_offset, node.end_col_offset or node.col_offset)
    )
    return Span(source, first, last)


def _sub(node: ast.expr, text: str, source: Source) -> Expr:
    span = _span(node, text, source)
    return parse_expression(text[span.start : span.end], source, span.start)


def _candidates(
    node: ast.expr, text: str, source: Source
) -> tuple[Expr, Expr, Expr, Expr | None, Expr | None]:
    """low, high, step, p and size."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        _refuse("candidates come from range(...) or sample(...)", node, text, source)
    kind = node.func.id
    args = [_sub(a, text, source) for a in node.args]
    keywords = {k.arg: k.value for k in node.keywords}
    wanted = {"range": [set[str | None]()], "sample": [{"p"}, {"size"}]}.get(kind)
    if wanted is None or set(keywords) not in wanted or not 1 <= len(args) <= 3:
        _refuse(_candidate_message(kind), node.func if wanted is None else node, text, source)
    low, high, step = (Number(0), args[0], Number(1)) if len(args) == 1 else (*args, Number(1))[:3]
    given = {str(k): _sub(v, text, source) for k, v in keywords.items()}
    return low, high, step, given.get("p"), given.get("size")


def _candidate_message(kind: str) -> str:
    match kind:
        case "range":
            return "range takes range(high), range(low, high) or range(low, high, step)"
        case "sample":
            return "sample takes the arguments of range and p= or size=: sample(low, high, p=0.1)"
        case _:
            near = did_you_mean(kind, ("range", "sample"))
            message = f"'{kind}' makes no candidates: they come from range(...) or sample(...)"
            return f"{message}. {near}" if near else message


def _refuse(message: str, node: ast.expr, text: str, source: Source) -> NoReturn:
    _raise(message, _span(node, text, source))


def _raise(message: str, span: Span) -> NoReturn:
    message = f"{message[0].upper()}{message[1:]}{'' if message.endswith('?') else '.'}"
    raise_faults([Fault(ModelSyntaxError, message, span, f"The forms are: {_FORMS}.")])
    raise AssertionError


def only_condition(condition: Expr | None) -> Generator:
    """The generator of connect(condition): every element of the other group is a candidate."""
    return Generator(Name("_k"), "_k", Number(0), Name("_n_inner"), Number(1), None, condition)
