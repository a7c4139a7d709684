"""The inference of types and dimensions behind `check`."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from rheobase.errors import (
    DimensionMismatchError,
    FaultList,
    ModelError,
    ModelSyntaxError,
    ModelTypeError,
    ModelValueError,
    UnknownNameError,
    did_you_mean,
)
from rheobase.lang.evaluate import evaluate, is_natural
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.habits import function_hint, name_hint
from rheobase.lang.nodes import (
    NOWHERE,
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
    names_in,
    walk,
)
from rheobase.lang.scope import CONSTANTS, default_symbol
from rheobase.lang.symbols import Symbol, Type
from rheobase.lang.wording import VERBS, factor_hint, is_in, place, text_of, unlike
from rheobase.records import record
from rheobase.units.dimensions import DIMENSIONLESS, Dimension

__all__ = ["Found", "Inference"]


@record
class Found:
    """A kind that may be partly unknown, after a fault.

    fits_all   a literal 0 or inf: of every dimension
    """

    type: Type | None
    dim: Dimension | None
    shared: bool = True
    constant: bool = True
    stateless: bool = True
    fits_all: bool = False


_UNKNOWN: Final = Found(None, None)
_BOOLEAN: Final = Found(Type.BOOLEAN, DIMENSIONLESS)


class Inference:
    """One walk over an expression.

    unknown   names and functions of which nothing is known, yet or because of an earlier fault:
              they make no faults, and what is known beside them is checked
    """

    def __init__(
        self,
        scope: Mapping[str, Symbol],
        faults: FaultList,
        functions: Mapping[str, FunctionInfo],
        unknown: Collection[str] = (),
    ) -> None:
        self.scope = scope
        self.faults = faults
        self.functions = functions
        self.unknown = set(unknown)

    def lookup(self, name: str) -> Symbol | None:
        return self.scope.get(name) or default_symbol(name)

    def refuse(self, error: type[ModelError], message: str, node: Expr, hint: str = "") -> None:
        self.faults.add(error, message, place(node.span), hint)

    def of(self, node: Expr) -> Found:
        match node:
            case Number(value=value):
                return Found(_type_of_literal(value), DIMENSIONLESS, fits_all=_is_zero(value))
            case Name():
                return self.name(node)
            case Unary():
                return self.unary(node)
            case Binary(op="**"):
                return self.power(node)
            case Binary():
                return self.binary(node)
            case Compare(op=op, left=a, right=b):
                left, right = self.of(a), self.of(b)
                self.same_dimension(a, left, b, right, f"compared by '{op}'")
                return _joined(_BOOLEAN, (left, right))
            case Logic():
                return self.logic(node)
            case Not(operand=x):
                found = self.of(x)
                self.want_boolean(x, found, "not")
                return _joined(_BOOLEAN, (found,))
            case Conditional():
                return self.conditional(node)
            case Call():
                return self.call(node)

    # -------------------------------------------------------- leaves
    def name(self, node: Name) -> Found:
        if node.id in self.unknown:
            return _UNKNOWN
        symbol = self.lookup(node.id)
        if symbol is None:
            self.unknown_name(node)
            self.unknown.add(node.id)  # said once
            return _UNKNOWN
        is_infinite = (
            isinstance(symbol.value, float)
            and math.isinf(symbol.value)
            and symbol.dim is DIMENSIONLESS
        )
        return Found(
            symbol.type,
            symbol.dim,
            symbol.shared,
            symbol.constant,
            symbol.stateless
            and (symbol.meaning is None or self.is_stateless(symbol.meaning, {node.id})),
            fits_all=is_infinite,
        )

    def unknown_name(self, node: Name) -> None:
        if node.id in self.functions:
            message = f"'{node.id}' is a function: it wants arguments, {node.id}(...)."
            self.refuse(ModelSyntaxError, message, node)
            return
        message = f"'{node.id}' is unknown: it is no variable, no constant and no unit."
        known = [*self.scope, *CONSTANTS, *_COMMON_UNITS]
        near = name_hint(node.id) or did_you_mean(node.id, known)
        self.refuse(UnknownNameError, message, node, near)

    def is_stateless(self, expr: Expr, seen: set[str]) -> bool:
        """Whether a subexpression, and those in it, draw no random numbers."""
        for node in walk(expr):
            if isinstance(node, Call):
                info = self.functions.get(node.function)
                if info is not None and not info.stateless:
                    return False
            if isinstance(node, Name) and node.id not in seen:
                seen.add(node.id)
                symbol = self.scope.get(node.id)
                if symbol and symbol.meaning and not self.is_stateless(symbol.meaning, seen):
                    return False
        return True

    # -------------------------------------------------------- arithmetic
    def unary(self, node: Unary) -> Found:
        found = self.of(node.operand)
        if found.type is Type.BOOLEAN:
            message = f"{text_of(node.operand)} is true or false: it has no sign."
            hint = f"Use int({text_of(node.operand)}), or not."
            self.refuse(ModelTypeError, message, node, hint)
            return replace(found, type=None)
        return found

    def binary(self, node: Binary) -> Found:
        a, b = node.left, node.right
        left, right = self.of(a), self.of(b)
        dim: Dimension | None
        fits_all = False
        if node.op == "*":
            dim = left.dim * right.dim if left.dim and right.dim else None
        elif node.op == "/":
            dim = left.dim / right.dim if left.dim and right.dim else None
        elif node.op == "//":
            self.pure(a, left, "'//' divides pure numbers", "Use floor(a/b).")
            self.pure(b, right, "'//' divides pure numbers", "Use floor(a/b).")
            dim = DIMENSIONLESS
        else:
            dim = self.same_dimension(a, left, b, right, VERBS[node.op])
            fits_all = left.fits_all and right.fits_all
        found = Found(_arithmetic_type(node.op, left, right), dim, fits_all=fits_all)
        return _joined(found, (left, right))

    def power(self, node: Binary) -> Found:
        a, b = node.left, node.right
        base, exponent = self.of(a), self.of(b)
        self.pure(b, exponent, "an exponent is a pure number", "")
        types = (base.type, exponent.type)
        type_: Type | None = None
        if None not in types:
            whole = Type.FLOAT not in types and is_natural(b)
            type_ = Type.INTEGER if whole else Type.FLOAT
        return _joined(Found(type_, self.power_dim(a, base, b)), (base, exponent))

    def power_dim(self, a: Expr, base: Found, b: Expr) -> Dimension | None:
        if base.dim is None or base.dim is DIMENSIONLESS:
            return base.dim
        if names_in(b) & self.unknown:
            return None
        value = self.constant_value(b)
        if value is not None:
            return base.dim**value
        if all(self.lookup(name) is not None for name in names_in(b)):
            message = (
                f"{is_in(text_of(a), base.dim)}: its exponent must be known before the run, "
                f"but {text_of(b)} is not."
            )
            hint = "Use a number or a constant, or divide by a unit first."
            self.refuse(DimensionMismatchError, message, b, hint)
        return None

    def constant_value(self, expr: Expr) -> float | None:
        """The finite value of an expression of literals and constants, or None."""
        values: dict[str, float | int | bool] = {}
        for name in names_in(expr):
            symbol = self.lookup(name)
            if symbol is None or symbol.value is None:
                return None
            values[name] = symbol.value
        try:
            value = float(evaluate(expr, values, self.functions))
        except ModelError:  # a random number, or a fault that is already in the list
            return None
        return value if math.isfinite(value) else None

    # -------------------------------------------------------- conditions
    def logic(self, node: Logic) -> Found:
        found = [self.of(x) for x in node.operands]
        for x, kind in zip(node.operands, found):
            self.want_boolean(x, kind, node.op)
        for x, y in zip(node.operands, node.operands[1:]):
            self.drawn_once(x, y)
        return _joined(_BOOLEAN, found)

    def drawn_once(self, x: Expr, y: Expr) -> None:
        """In a < b < c, b stands in two comparisons: it must not be random."""
        if not (isinstance(x, Compare) and isinstance(y, Compare)):
            return
        middle = x.right
        if middle.span is NOWHERE or middle.span != y.left.span:
            return
        if not self.is_stateless(middle, set()):
            message = f"{text_of(middle)} would be drawn twice in this chain of comparisons."
            self.refuse(ModelTypeError, message, middle, "Give it a name in a statement before.")

    def want_boolean(self, node: Expr, found: Found, op: str) -> None:
        if found.type in (None, Type.BOOLEAN):
            return
        message = f"'{op}' wants true or false, but {text_of(node)} is a number."
        self.refuse(ModelTypeError, message, node, "Compare it with something, e.g. x > 0.")

    def conditional(self, node: Conditional) -> Found:
        condition, then, otherwise = map(self.of, (node.condition, node.then, node.otherwise))
        if condition.type not in (None, Type.BOOLEAN):
            message = f"'if' wants true or false, but {text_of(node.condition)} is a number."
            self.refuse(ModelTypeError, message, node.condition)
        dim = self.same_dimension(
            node.then, then, node.otherwise, otherwise, "two values of one conditional"
        )
        type_ = then.type
        if then.type is not otherwise.type:
            type_ = _arithmetic_type("+", then, otherwise)
        fits_all = then.fits_all and otherwise.fits_all
        return _joined(Found(type_, dim, fits_all=fits_all), (condition, then, otherwise))

    # -------------------------------------------------------- calls
    def call(self, node: Call) -> Found:
        found = tuple(self.of(x) for x in node.args)
        info = self.functions.get(node.function)
        if info is None:
            if node.function not in self.unknown:
                self.unknown_function(node)
            return _UNKNOWN
        types = [f.type for f in found if f.type is not None]
        type_ = info.type_of(types)
        result = _joined(Found(type_, None, stateless=info.stateless), found)
        if not info.stateless:
            result = replace(result, constant=False)
        if info.python is None and not info.is_native:
            message = f"{node.function}() cannot be computed inside models."
            self.refuse(ModelTypeError, message, node)
        if len(found) != info.arity:
            # scripts catch a SyntaxError for the language's own functions, else a ValueError
            own = FUNCTIONS.get(node.function) is info
            error = ModelSyntaxError if own else ModelValueError
            self.refuse(error, _arity_message(node.function, info, len(found)), node)
            return replace(result, dim=self.fixed_dim(info))
        if info.result_type == "highest" and len(types) < info.arity:
            result = replace(result, type=None)
        if info.result_dim is None:
            return self.inlined(info, node, found, result)
        return replace(result, dim=self.call_dim(info, node, found))

    def inlined(
        self, info: FunctionInfo, node: Call, found: tuple[Found, ...], result: Found
    ) -> Found:
        """The call of a function whose units follow from its code."""
        if any(f.type is None or f.dim is None for f in found):
            return _UNKNOWN
        scope = dict(info.symbols)
        for name, arg in zip(info.parameters, found):
            scope[name] = Symbol(name, arg.type or Type.FLOAT, arg.dim or DIMENSIONLESS)
        assert info.expansion is not None
        inner = Inference(scope, FaultList(), info.functions or self.functions)
        for statement in info.body:
            value = inner.of(statement.value)
            if value.type is None or value.dim is None:
                break
            scope[statement.target] = Symbol(statement.target, value.type, value.dim)
        value = _UNKNOWN if inner.faults.faults else inner.of(info.expansion)
        for fault in inner.faults.faults[:1]:
            message = f"in {node.function}(): {fault.message}"
            self.refuse(fault.error, message, node, fault.hint)
        return replace(result, type=value.type, dim=value.dim)

    def unknown_function(self, node: Call) -> None:
        symbol = self.lookup(node.function)
        if symbol is not None:
            message = f"'{node.function}' is no function."
            self.refuse(ModelSyntaxError, message, node, "Is a * missing before the '('?")
            return
        names = [name for name in self.functions if not name.startswith("_")]
        hint = function_hint(node.function) or did_you_mean(node.function, names)
        self.refuse(UnknownNameError, f"The function '{node.function}' is unknown.", node, hint)

    def fixed_dim(self, info: FunctionInfo) -> Dimension | None:
        return info.result_dim if isinstance(info.result_dim, Dimension) else None

    def call_dim(
        self, info: FunctionInfo, node: Call, found: tuple[Found, ...]
    ) -> Dimension | None:
        """The dimension of the value, after checking those of the arguments."""
        dims = [f.dim for f in found]
        for k, (wanted, arg, kind) in enumerate(zip(info.dims, node.args, found)):
            if wanted is None or kind.dim is None:
                continue
            if isinstance(wanted, str):
                first = info.parameters.index(wanted)
                verb = f"arguments of one {node.function}()"
                common = self.same_dimension(node.args[first], found[first], arg, kind, verb)
                dims[first] = dims[k] = common
            elif kind.dim is not wanted and not kind.fits_all:
                name = f"{node.function}()"
                what = "a pure number" if wanted is DIMENSIONLESS else f"a value in {wanted}"
                message = f"{name} takes {what}, but {is_in(text_of(arg), kind.dim)}."
                message += factor_hint(text_of(arg), kind.dim, wanted)
                self.refuse(DimensionMismatchError, message, arg)
        fixed = self.fixed_dim(info)
        if fixed is not None:
            return fixed
        known = tuple(d for d in dims if d is not None)
        return info.dim_of(known) if len(known) == len(dims) else None

    # -------------------------------------------------------- dimensions
    def pure(self, node: Expr, found: Found, rule: str, hint: str) -> None:
        if found.dim is None or found.dim is DIMENSIONLESS:
            return
        message = f"{rule[0].upper()}{rule[1:]}, but {is_in(text_of(node), found.dim)}."
        self.refuse(DimensionMismatchError, message, node, hint)

    def same_dimension(
        self, a: Expr, left: Found, b: Expr, right: Found, verb: str
    ) -> Dimension | None:
        """The common dimension of two values, or None after a fault."""
        if left.fits_all and right.dim is not None:
            return right.dim
        if right.fits_all or left.dim is right.dim:
            return left.dim
        if left.dim is None or right.dim is None:
            known = right if left.dim is None else left
            return None if known.fits_all else known.dim
        message = unlike(text_of(a), left.dim, text_of(b), right.dim, verb)
        span = a.span.to(b.span) if a.span.source is b.span.source else a.span
        self.faults.add(DimensionMismatchError, message, place(span))
        return None


_COMMON_UNITS: Final = (
    *("volt", "mV", "amp", "uA", "nA", "pA", "second", "ms", "us", "siemens", "mS", "uS", "nS"),
    *("farad", "uF", "nF", "pF", "ohm", "Mohm", "hertz", "Hz", "kHz", "metre", "um", "mm", "cm"),
    *("mole", "mM", "uM", "kelvin", "joule", "watt", "coulomb", "kilogram", "pascal"),
)


def _joined(found: Found, parts: Iterable[Found]) -> Found:
    """Shared, constant, stateless where all parts are."""
    parts = (found, *parts)
    return replace(
        found,
        shared=all(p.shared for p in parts),
        constant=all(p.constant for p in parts),
        stateless=all(p.stateless for p in parts),
    )


def _arithmetic_type(op: str, left: Found, right: Found) -> Type | None:
    if op == "/" or Type.FLOAT in (left.type, right.type):
        return Type.FLOAT
    return None if None in (left.type, right.type) else Type.INTEGER


def _type_of_literal(value: float | int | bool) -> Type:
    if isinstance(value, bool):
        return Type.BOOLEAN
    return Type.INTEGER if isinstance(value, int) else Type.FLOAT


def _is_zero(value: float | int | bool) -> bool:
    return not isinstance(value, bool) and (value == 0 or math.isinf(value))


def _arity_message(name: str, info: FunctionInfo, n: int) -> str:
    wanted = f"{info.arity or 'no'} argument{'' if info.arity == 1 else 's'}"
    signature = f"{name}({', '.join(info.parameters)})"
    return f"{signature} takes {wanted}, not {n}."
