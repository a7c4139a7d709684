"""Random expressions, as text and as trees."""

from __future__ import annotations

from hypothesis import strategies as st

from rheobase.lang.nodes import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    Logic,
    Name,
    Not,
    Number,
    Unary,
)

NAMES = ("x", "y", "z")
SMOOTH = ("sin", "cos", "tan", "tanh", "exp", "expm1", "exprel", "arctan", "sinh", "cosh")

names = st.sampled_from(NAMES).map(Name)
integers = st.integers(0, 9).map(Number)
floats = st.sampled_from((0.5, 1.0, 1.5, 2.0, 3.25, 1e-3)).map(Number)
leaves = st.one_of(names, names, integers, floats)


def arithmetic(leaf: st.SearchStrategy[Expr], functions: tuple[str, ...] = SMOOTH):
    """Expressions of + - * / and functions of one argument."""

    def grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        return st.one_of(
            st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
            st.builds(Unary, st.sampled_from("-+"), inner),
            st.builds(Call, st.sampled_from(functions), st.tuples(inner)),
        )

    return st.recursive(leaf, grow, max_leaves=8)


def anything() -> st.SearchStrategy[Expr]:
    """Any tree that a text can give, well typed or not."""

    def grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        operators = st.sampled_from(("+", "-", "*", "/", "//", "%", "**"))
        comparisons = st.sampled_from(("<", "<=", ">", ">=", "==", "!="))
        return st.one_of(
            st.builds(Binary, operators, inner, inner),
            st.builds(Unary, st.sampled_from("-+"), inner),
            st.builds(Compare, comparisons, inner, inner),
            st.builds(Logic, st.sampled_from(("and", "or")), several),
            st.builds(Not, inner),
            st.builds(Call, st.sampled_from(("f", "exp")), several),
            st.builds(Conditional, inner, inner, inner),
        )

    return st.recursive(st.one_of(leaves, st.booleans().map(Number)), grow, max_leaves=12)


def conditions() -> st.SearchStrategy[Expr]:
    """Well-typed booleans."""
    number = arithmetic(leaves, ("sin", "tanh"))
    compare = st.builds(Compare, st.sampled_from(("<", "<=", ">", ">=")), number, number)

    def grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            st.builds(Logic, st.sampled_from(("and", "or")), several), st.builds(Not, inner)
        )

    return st.recursive(compare, grow, max_leaves=4)


def typed_numbers() -> st.SearchStrategy[Expr]:
    """Well-typed numbers with conditions in them."""
    number = arithmetic(leaves)
    return st.one_of(number, st.builds(Conditional, conditions(), number, number))
