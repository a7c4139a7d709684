"""The parser: texts to trees, with the place of every node."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase.errors import ModelSyntaxError, Source
from rheobase.lang.evaluate import evaluate
from rheobase.lang.nodes import Compare, Logic, Name, Number, Unary, render, walk
from rheobase.lang.parse import MAX_DEPTH, MAX_LENGTH, parse_expression, parse_statements

from .strategies import NAMES, anything, typed_numbers


@given(anything())
def test_rendered_tree_parses_to_itself(tree):
    """render is a right inverse of parse_expression."""
    assert parse_expression(render(tree)) == tree


@given(typed_numbers(), st.tuples(*[st.floats(-3, 3)] * len(NAMES)))
def test_value_is_that_of_python(tree, point):
    """A text means what it means in Python with NumPy's functions."""
    text = render(tree)
    values = {n: np.float64(v) for n, v in zip(NAMES, point)}
    functions = {n: getattr(np, n) for n in ("sin", "cos", "tan", "tanh", "exp", "expm1")}
    functions |= {n: getattr(np, n) for n in ("arctan", "sinh", "cosh")}
    functions["exprel"] = lambda x: np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1, x))
    with np.errstate(all="ignore"):
        try:
            expected = eval(text, {"__builtins__": {}}, {**functions, **values})
        except ZeroDivisionError:  # of Python's own numbers
            return
    np.testing.assert_allclose(
        evaluate(parse_expression(text), values).astype(float), float(expected), rtol=1e-12
    )


@pytest.mark.parametrize(
    "text", ["å + βeta*x", "(å +\n  βeta)\n * x", " å\t+ # β\n\n βeta * (x)", "å\r\n+βeta\r*x"]
)
def test_every_name_knows_its_place(text):
    """The span of a name covers that name, also after letters of several bytes and line ends."""
    source = Source("dv/dt = " + text)
    tree = parse_expression(text, source, 8)
    found = [n for n in walk(tree) if isinstance(n, Name)]
    assert [n.span.text for n in found] == ["å", "βeta", "x"]


def test_span_of_an_operation_covers_its_operands():
    tree = parse_expression("a + (b - c)*2")
    assert [n.span.text for n in walk(tree)][:4] == ["a + (b - c)*2", "a", "(b - c)*2", "b - c"]


def test_chain_of_comparisons_is_a_conjunction():
    tree = parse_expression("a < b <= c")
    a, b, c = Name("a"), Name("b"), Name("c")
    assert tree == Logic("and", (Compare("<", a, b), Compare("<=", b, c)))


def test_names_are_normalised_as_in_python():
    """NFKC: a ligature and its letters are one name."""
    assert parse_expression("ﬁ") == Name("fi")
    assert parse_statements("ﬁ = 1")[0].target == "fi"


def test_large_integer_is_a_float():
    assert parse_expression(str(2**63)) == Number(float(2**63))
    assert parse_expression(str(2**63 - 1)) == Number(2**63 - 1)


def test_statements_end_at_newlines_and_semicolons_outside_brackets():
    text = "v = (1 +\n  2)  # set\n\n ;w += \\\n 3; x **= 2\r\n# end"
    found = [(s.target, s.op, render(s.value), s.span.text) for s in parse_statements(text)]
    assert found == [
        ("v", None, "1 + 2", "v = (1 +\n  2)"),
        ("w", "+", "3", "w += \\\n 3"),
        ("x", "**", "2", "x **= 2"),
    ]


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "//", "%", "**"])
def test_every_operator_has_its_in_place_form(op):
    (statement,) = parse_statements(f"v {op}= -w")
    assert (statement.op, statement.value) == (op, Unary("-", Name("w")))
    assert statement.target_span.text == "v"


def test_all_wrong_statements_are_reported():
    with pytest.raises(ModelSyntaxError, match="not an assignment") as caught:
        parse_statements("v\nw = 1\nx[0] = 2\ny = a[1]")
    assert [f.span.text for f in caught.value.faults if f.span] == ["v", "x[0]", "a[1]"]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "x" + ")" * 5000,
        "-" * 15000 + "x",
        "not " * 4000 + "x",
        "x" + "+x" * (MAX_DEPTH + 1),
        "x" + "**x" * 5000,
        "f(" * 60 + "-" * (MAX_DEPTH) + "x" + ")" * 60,
        "x if b else " * 1500 + "x",
        "9" * 6000,
        "x" * (MAX_LENGTH + 1),
        "x\0y",
        "\ud800",
        "x\u00a0+ 1",
        "\u202ex",
        "x + \ufeffy",
        "1_",
        "0777",
        "1__0",
        "\\",
        "x \\ y",
        "",
        " \n # only a comment",
        "__import__('os').system('true')",
    ],
    ids=lambda t: ascii(t[:12]),
)
def test_hostile_text_is_a_syntax_error(text):
    """Deep, long and strange texts are refused; nothing else is raised."""
    with pytest.raises(ModelSyntaxError, match=r"\S"):
        parse_expression(text)


def test_deepest_allowed_sum_is_parsed():
    tree = parse_expression("x" + "+x" * (MAX_DEPTH - 1))
    assert sum(isinstance(n, Name) for n in walk(tree)) == MAX_DEPTH


_SEEDS = (
    "(El - v + R*I)/tau",
    "a if b > 0 else exp(-x**2)",
    "x = 1; y += 2*(a\n + b) # c\nz **= f(1, 2)",
    "not (a and b) or 1 < c < 2",
)
_PIECES = (
    *"()[]{}+-*/%<>=!&|^~@:;,.#'\"\\ \n\r\t\f\0$?é²½０ﬁ\u0301😀",
    *("**", "//", "<<", ":=", "1e9", "if", "else", "and", "lambda", "in", "not", "x", "f("),
    *("0x", "1_", "j", "\ud800", "+="),
)


def test_mutated_text_parses_or_is_a_syntax_error():
    """Whatever is typed: a tree or a ModelSyntaxError whose faults lie in the text."""
    rng = random.Random(1)
    for _ in range(1500):
        chars = list(rng.choice(_SEEDS))
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(chars) + 1)
            chars[at : at + rng.randint(0, 3)] = [rng.choice(_PIECES)]
        text = "".join(chars)
        for parse in (parse_expression, parse_statements):
            for fault in _faults(parse, text):
                assert fault.span is not None
                assert 0 <= fault.span.start <= fault.span.end <= len(text)


def _faults(parse, text):
    try:
        parse(text)
    except ModelSyntaxError as error:
        return error.faults or [None]
    return ()
