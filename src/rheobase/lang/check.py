"""Types and dimensions of expressions and statements.

    infer              the kind of an expression
    check_expression   and whether it has the dimension that is wanted
    check_statements   a block of assignments, in order

Goals: every fault of a text is found in one pass, said once (what follows from a fault is silent),
and said in the user's units. Not here: what names become in a program.

Rules:
- booleans count as 0 and 1 in arithmetic, but have no sign; `and`, `or`, `not` want booleans;
- + - % comparisons and branches want one dimension; a literal 0 and inf have every dimension;
- // wants pure numbers; ** wants a pure exponent, known before the run if the base has a unit;
- integers stay integers under + - * // % and ** with a literal exponent >= 0; / gives a float;
- a variable takes any number: integers are truncated towards zero, booleans are x != 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from rheobase.errors import (
    DimensionMismatchError,
    FaultList,
    ModelSyntaxError,
    ModelTypeError,
    UnknownNameError,
    did_you_mean,
)
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.infer import Found, Inference
from rheobase.lang.nodes import Assign, Binary, Expr, Name
from rheobase.lang.scope import CONSTANTS, default_symbol
from rheobase.lang.symbols import Kind, Symbol, Type
from rheobase.lang.wording import bare_time, factor_hint, is_in, place, text_of
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["check_expression", "check_statements", "infer"]


def infer(
    expr: Expr,
    scope: Mapping[str, Symbol],
    faults: FaultList,
    functions: Mapping[str, FunctionInfo] = FUNCTIONS,
) -> Kind:
    """The type and dimension of an expression, and whether it is shared, constant, stateless.

    scope   what names mean; pi, e, inf and units mean themselves unless it says otherwise
    Adds to `faults`; what they leave open counts as a float without dimension. A random number is
    shared (no variable is in it) and not stateless.

    >>> from rheobase.errors import FaultList
    >>> from rheobase.lang.check import infer
    >>> from rheobase.lang.parse import parse_expression
    >>> str(infer(parse_expression("3*mV / (2*ms)"), {}, FaultList()).dim)
    'volt / second'
    """
    found = Inference(scope, faults, functions).of(expr)
    type_, dim = found.type or Type.FLOAT, found.dim or DIMENSIONLESS
    return Kind(type_, dim, found.shared, found.constant, found.stateless)


def check_expression(
    expr: Expr,
    scope: Mapping[str, Symbol],
    dim: Dimension | None,
    faults: FaultList,
    what: str,
    functions: Mapping[str, FunctionInfo] = FUNCTIONS,
    unknown: Collection[str] = (),
) -> Kind | None:
    """The kind of an expression that should have a dimension; None after a fault.

    dim       None if any dimension will do
    what      what the expression gives a value to: "dv/dt", "the threshold"
    unknown   names and functions that get their meaning later: the rest is checked
    """
    n_faults = len(faults.faults)
    found = Inference(scope, faults, functions, unknown).of(expr)
    kept = found.dim
    if dim is not None and found.dim is not None and found.dim is not dim:
        kept = dim
        if not found.fits_all:
            text = text_of(expr)
            message = f"{is_in(what, dim)}, but {is_in(text, found.dim)}."
            bare = bare_time(expr, found.dim, dim, scope)
            message += bare or factor_hint(text, found.dim, dim)
            faults.add(DimensionMismatchError, message, place(expr.span))
    if len(faults.faults) > n_faults or found.type is None or kept is None:
        return None
    return Kind(found.type, kept, found.shared, found.constant, found.stateless)


def check_statements(
    statements: Sequence[Assign],
    scope: Mapping[str, Symbol],
    faults: FaultList,
    functions: Mapping[str, FunctionInfo] = FUNCTIONS,
    known_names: Collection[str] = (),
    unknown: Collection[str] = (),
) -> dict[str, Symbol]:
    """Check assignments in order; returns the temporaries that they introduce.

    known_names   what else exists, for suggestions: the scope may hold what the block uses only
    unknown       names and functions that get their meaning later: the rest is checked

    A target that the scope does not know becomes a temporary of the type and dimension of its
    first value; a later float makes an integer one a float.
    """
    block = _Block(dict(scope), faults, functions, known_names)
    block.broken |= set(unknown)
    for statement in statements:
        block.check(statement)
    return block.temporaries


def _hint_for_new(name: str) -> str:
    """What to try where '+=' and its like meet a name that has no value."""
    for side, where in (("_pre", "before"), ("_post", "behind")):
        if name.endswith(side):
            return f"The neurons {where} these synapses have no '{name.removesuffix(side)}'."
    return f"Use = to introduce '{name}'."


class _Block:
    """What is known between two statements.

    broken   names of which nothing is known: temporaries because of a fault, others until later
    """

    def __init__(
        self,
        known: dict[str, Symbol],
        faults: FaultList,
        functions: Mapping[str, FunctionInfo],
        known_names: Collection[str],
    ) -> None:
        self.known = known
        self.known_names = known_names
        self.faults = faults
        self.functions = functions
        self.temporaries: dict[str, Symbol] = {}
        self.broken: set[str] = set()

    def check(self, statement: Assign) -> None:
        inference = Inference(self.known, self.faults, self.functions, self.broken)
        name = statement.target
        target = self.known.get(name) or default_symbol(name)
        if target is None and statement.op is not None:
            inference.of(statement.value)
            self.no_value_yet(statement)
        elif target is None:
            self.introduce(name, inference.of(statement.value))
        elif target.read_only:
            inference.of(statement.value)
            self.refuse_target(statement, target)
        elif statement.op is None:
            self.assign(statement, target, inference.of(statement.value))
        elif target.type is Type.BOOLEAN:
            inference.of(statement.value)
            message = f"'{name}' is true or false: '{statement.op}=' cannot change it."
            hint = f"Assign a condition, e.g. {name} = not {name}."
            self.faults.add(ModelTypeError, message, place(statement.span), hint)
        else:
            whole = Binary(
                statement.op,
                Name(name, span=statement.target_span),
                statement.value,
                span=statement.span,
            )
            self.assign(statement, target, inference.of(whole))

    def introduce(self, name: str, value: Found) -> None:
        if value.type is None or value.dim is None:
            self.broken.add(name)
            return
        self.broken.discard(name)
        # one random number for each element: no variable is in it, but it is not shared
        shared = value.shared and value.stateless
        symbol = Symbol(name, value.type, value.dim, shared)
        self.known[name] = self.temporaries[name] = symbol

    def no_value_yet(self, statement: Assign) -> None:
        name = statement.target
        if name in self.broken:
            return
        message = f"'{name}' is unknown, and '{statement.op}=' changes a value that exists."
        near = did_you_mean(name, {*self.known, *self.known_names} - {name})
        span = place(statement.target_span)
        self.faults.add(UnknownNameError, message, span, near or _hint_for_new(name))

    def refuse_target(self, statement: Assign, target: Symbol) -> None:
        name = statement.target
        if target.meaning is not None:
            why = "is a subexpression: its value follows from others"
        elif name in CONSTANTS:
            why = "is a constant"
        elif default_symbol(name) is not None and target.value is not None:
            why = "is a unit"
        else:
            why = "cannot be changed by code"
        hint = "Choose another name." if target.value is not None else ""
        span = place(statement.target_span)
        self.faults.add(ModelSyntaxError, f"'{name}' {why}.", span, hint)

    def assign(self, statement: Assign, target: Symbol, value: Found) -> None:
        name = statement.target
        if value.dim is not None and value.dim is not target.dim and not value.fits_all:
            self.wrong_dimension(statement, target, value)
        is_temporary = name in self.temporaries
        if target.shared and not value.shared and not is_temporary:
            message = (
                f"'{name}' is shared: it has one value for all elements, "
                f"but {text_of(statement.value)} differs between them."
            )
            self.faults.add(ModelSyntaxError, message, place(statement.value.span))
        if is_temporary:
            widest = Type.FLOAT if Type.FLOAT in (target.type, value.type) else target.type
            shared = target.shared and value.shared and value.stateless
            self.known[name] = self.temporaries[name] = replace(target, type=widest, shared=shared)

    def wrong_dimension(self, statement: Assign, target: Symbol, value: Found) -> None:
        wanted = target.dim
        name, text = target.name, text_of(statement.value)
        met = value.dim or DIMENSIONLESS
        if statement.op is None and value.type is Type.BOOLEAN:
            message = f"{is_in(name, wanted)}, but {text} is true or false."
        elif statement.op is None:
            message = f"{is_in(name, wanted)}, but {is_in(text, met)}."
            message += factor_hint(text, met, wanted)
        else:
            message = f"{is_in(name, wanted)}, but '{statement.op}= {text}' makes it "
            message += "a pure number." if met is DIMENSIONLESS else f"one in {met}."
        where = place(statement.span) or place(statement.value.span)
        self.faults.add(DimensionMismatchError, message, where)
