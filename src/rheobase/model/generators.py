"""The generator syntax of connect(): `j='k for k in range(i-3, i+4) if k != i'`."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from rheobase.errors import Fault, ModelSyntaxError, Source, Span, raise_faults
from rheobase.lang.nodes import Expr, Name, Number
from rheobase.lang.parse import parse_expression

__all__ = ["Generator", "parse_generator"]

_FORMS = "EXPR [if COND], EXPR for k in range(...) [if COND], EXPR for k in sample(N, p=...)"


@dataclass(frozen=True)
class Generator:
    """What a generator expression says.

    element          the index of the other neuron
    variable         the loop variable; None: one candidate
    low, high, step  of range or sample
    p                probability of sample; None for range
    condition        None: always
    """

    element: Expr
    variable: str | None
    low: Expr
    high: Expr
    step: Expr
    p: Expr | None = None
    condition: Expr | None = None


def parse_generator(text: str, source: Source) -> Generator:
    """Read a generator expression; raises ModelSyntaxError where it is none."""
    flat = " ".join(text.split("\n"))  # line breaks mean nothing here; offsets stay
    tree = _python_tree(flat, source)
    if isinstance(tree, ast.IfExp) and isinstance(tree.orelse, ast.Constant):
        condition = _sub(tree.test, flat, source)
        return Generator(
            _sub(tree.body, flat, source), None, Number(0), Number(1), Number(1), None, condition
        )
    if not isinstance(tree, ast.ListComp):
        element = parse_expression(flat.strip(), source)
        return Generator(element, None, Number(0), Number(1), Number(1))
    if len(tree.generators) != 1:
        _refuse("only one 'for' is possible", tree.generators[1].target, source)
    loop = tree.generators[0]
    if not isinstance(loop.target, ast.Name):
        _refuse("the loop variable must be one name", loop.target, source)
    if len(loop.ifs) > 1:
        _refuse("give one condition; join several with 'and'", loop.ifs[1], source)
    condition = _sub(loop.ifs[0], flat, source) if loop.ifs else None
    low, high, step, p = _candidates(loop.iter, flat, source)
    assert isinstance(loop.target, ast.Name)
    return Generator(_sub(tree.elt, flat, source), loop.target.id, low, high, step, p, condition)


def _python_tree(text: str, source: Source) -> ast.expr:
    """The tree of the text, with columns counted from its beginning plus one."""
    for candidate in (f"[{text}]", f"({text} else 0)"):
        try:
            tree = ast.parse(candidate, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if isinstance(tree, ast.List):
            return tree.elts[0] if len(tree.elts) == 1 else tree
        return tree
    fault = Fault(
        ModelSyntaxError,
        "this is not a generator expression.",
        Span(source, 0, len(source.text)),
        f"The forms are: {_FORMS}.",
    )
    raise_faults([fault])
    raise AssertionError


def _span(node: ast.expr, source: Source) -> Span:
    start, end = node.col_offset - 1, (node.end_col_offset or node.col_offset) - 1
    return Span(source, start, end)


def _sub(node: ast.expr, text: str, source: Source) -> Expr:
    span = _span(node, source)
    return parse_expression(text[span.start : span.end], source, span.start)


def _candidates(node: ast.expr, text: str, source: Source) -> tuple[Expr, Expr, Expr, Expr | None]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        _refuse("candidates come from range(...) or sample(...)", node, source)
        raise AssertionError
    kind = node.func.id
    args = [_sub(a, text, source) for a in node.args]
    keywords = {k.arg: k.value for k in node.keywords}
    wanted = {"range": set[str | None](), "sample": {"p"}}.get(kind)
    if wanted is None or set(keywords) != wanted or not 1 <= len(args) <= 3:
        _refuse("write range(high), range(low, high, step), or sample(..., p=...)", node, source)
    low, high, step = (Number(0), args[0], Number(1)) if len(args) == 1 else (*args, Number(1))[:3]
    p = _sub(keywords["p"], text, source) if kind == "sample" else None
    return low, high, step, p


def _refuse(message: str, node: ast.expr, source: Source) -> None:
    fault = Fault(ModelSyntaxError, f"{message}.", _span(node, source), f"The forms are: {_FORMS}.")
    raise_faults([fault])


def only_condition(condition: Expr | None) -> Generator:
    """The generator of connect(condition): every element of the other group is a candidate."""
    return Generator(Name("_k"), "_k", Number(0), Name("_n_inner"), Number(1), None, condition)
