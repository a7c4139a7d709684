"""Expressions in the language of LEMS.

What LEMS has no operator for becomes a derived variable: conditions within numbers, functions.
Source: docs.neuroml.org, "LEMS expressions"; github.com/LEMS/LEMS, examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NoReturn
from xml.etree.ElementTree import Element, SubElement

from rheobase.errors import Fault, FaultList, UnsupportedError, raise_faults
from rheobase.exchange.lems_units import Dimensions, number
from rheobase.lang.check import infer
from rheobase.lang.fold import fold
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
    substitute,
)
from rheobase.lang.parse import parse_expression
from rheobase.lang.symbols import Symbol, Type
from rheobase.units.dimensions import Dimension

__all__ = ["Writer"]

_COMPARE: Final = {
    "<": ".lt.",
    ">": ".gt.",
    ">=": ".geq.",
    "==": ".eq.",
    "!=": ".neq.",
}
_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_SAME: Final = frozenset(
    ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs", "ceil")
)
_WRITTEN_OUT: Final = {
    name: parse_expression(text)
    for name, text in {
        "expm1": "exp(x) - 1",
        "log1p": "log(1 + x)",
        "log10": "0.4342944819032518*log(x)",
        "floor": "-ceil(-x)",
        "exprel": "1 + x/2 if abs(x) < 1e-6 else (exp(x) - 1)/x",
        "sign": "1 if x > 0 else (-1 if x < 0 else 0)",
        "int": "-ceil(-x) if x >= 0 else ceil(x)",
    }.items()
}
_CASES: Final = "ConditionalDerivedVariable"
_CLIP: Final = parse_expression("low if x < low else (high if x > high else x)")


class Writer:
    """Writes expressions; the derived variables that they need are added to a <Dynamics>.

    scope   what names mean: their types and dimensions
    label   the object that is written, for messages
    """

    def __init__(
        self, scope: Mapping[str, Symbol], dimensions: Dimensions, dynamics: Element, label: str
    ) -> None:
        self.scope = dict(scope)
        self.dimensions = dimensions
        self.dynamics = dynamics
        self.label = label
        self._made: dict[Expr, str] = {}

    def value(self, expr: Expr) -> str:
        """A number. Raises UnsupportedError for what LEMS cannot say."""
        match expr:
            case Number(value=bool(x)):
                return "1" if x else "0"
            case Number(value=x):
                return number(x) if x >= 0 else f"(-1 * {number(-x)})"
            case Name(id=name):
                return name
            case Unary(op="-", operand=x):
                return f"(-1 * {self.value(x)})"
            case Unary(operand=x):
                return self.value(x)
            case Binary(op="**", left=a, right=b):
                return self._power(a, b)
            case Binary(op="+" | "-" | "*" | "/" as op, left=a, right=b):
                return f"({self.value(a)} {op} {self.value(b)})"
            case Binary(op=op):
                return self._refuse(f"LEMS has no operator '{op}'.", expr)
            case Compare() | Logic() | Not():
                return self._cases(Conditional(expr, Number(1), Number(0)))
            case Conditional():
                return self._cases(expr)
            case Call():
                return self._call(expr)

    def _power(self, base: Expr, exponent: Expr) -> str:
        """Small whole powers as products: jLEMS finds the dimension of no other."""
        power = fold(exponent)
        x = self.value(base)
        if not isinstance(power, Number) or power.value not in range(-6, 7) or power.value == 0:
            return f"({x} ^ {self.value(exponent)})"
        product = " * ".join([x] * abs(int(power.value)))
        return f"({product})" if power.value > 0 else f"(1 / ({product}))"

    def test(self, expr: Expr, positive: bool = True) -> str:
        """A condition, or its opposite: LEMS has no 'not'."""
        match expr:
            case Compare(op=op, left=a, right=b):
                sign = op if positive else _OPPOSITE[op]
                if sign == "<=":  # PyLEMS does not know .leq.
                    sign, a, b = ">=", b, a
                return f"({self.value(a)} {_COMPARE[sign]} {self.value(b)})"
            case Logic(op=op, operands=xs):
                word = op if positive else {"and": "or", "or": "and"}[op]
                joined = self.test(xs[0], positive)
                for x in xs[1:]:
                    joined = f"({joined} .{word}. {self.test(x, positive)})"
                return joined
            case Not(operand=x):
                return self.test(x, not positive)
            case _:
                return f"({self.value(expr)} {'.neq.' if positive else '.eq.'} 0)"

    def _call(self, expr: Call) -> str:
        if expr.function in _SAME:
            return f"{expr.function}({self.value(expr.args[0])})"
        if expr.function in _WRITTEN_OUT:
            x = self._named(expr.args[0])
            return self.value(substitute(_WRITTEN_OUT[expr.function], {"x": x}))
        if expr.function == "clip":
            x, low, high = map(self._named, expr.args)
            return self.value(substitute(_CLIP, {"x": x, "low": low, "high": high}))
        return self._refuse(f"LEMS has no function '{expr.function}'.", expr)

    def _named(self, expr: Expr) -> Expr:
        """An expression that is used several times, as a name."""
        if isinstance(expr, (Name, Number)):
            return expr
        return Name(self._derived(expr, lambda made: self._give(made, self.value(expr))))

    def _cases(self, expr: Conditional) -> str:
        def fill(made: Element) -> None:
            made.tag = _CASES
            condition, then = self.test(expr.condition), self.value(expr.then)
            SubElement(made, "Case", condition=condition, value=then)
            other, otherwise = self.test(expr.condition, False), self.value(expr.otherwise)
            SubElement(made, "Case", condition=other, value=otherwise)

        return self._derived(expr, fill)

    def define(self, name: str, expr: Expr, dim: Dimension) -> None:
        """A derived variable of its own name."""
        made = Element("DerivedVariable")
        self._give(made, self.value(expr))
        about = {"name": name, "dimension": self.dimensions.name(dim), "exposure": name}
        made.attrib = {**about, **made.attrib}
        self.dynamics.append(made)

    def _give(self, made: Element, value: str) -> None:
        """The value of a derived variable.

        jLEMS looks at variables with cases after all others, so what may use one has cases, too:
        one that always holds. (Each case has a condition, since PyLEMS knows no others.)
        """
        if self.dynamics.find(_CASES) is None:
            made.set("value", value)
        else:
            made.tag = _CASES
            SubElement(made, "Case", condition="1 .gt. 0", value=value)

    def _derived(self, expr: Expr, fill: Callable[[Element], None]) -> str:
        """The name of a new derived variable, behind those that it needs itself."""
        if expr in self._made:
            return self._made[expr]
        kind = infer(expr, self.scope, FaultList())
        made = Element("DerivedVariable")
        fill(made)
        name = f"derived_{len(self._made) + 1}"
        made.attrib = {"name": name, "dimension": self.dimensions.name(kind.dim), **made.attrib}
        self.dynamics.append(made)
        self._made[expr] = name
        self.scope[name] = Symbol(name, Type.FLOAT, kind.dim)
        return name

    def _refuse(self, message: str, expr: Expr) -> NoReturn:
        raise_faults([Fault(UnsupportedError, message, expr.span, label=self.label)])
        raise AssertionError
