"""Lowering: from expressions and statements of the model language to the code of a kernel.

    builder = KernelBuilder(bindings)
    builder.assign(statement)                    # once for each statement, in order
    condition = builder.value(expression)        # a value that the domain consumes
    kernel = builder.finish("cells threshold", domain, (condition,), stream)

`bindings` says for each name what it is in memory. Checking is done (lang/check): what arrives
here has types and dimensions that fit. The result is simplified and hoisted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from rheobase.ir.domains import Domain, Index
from rheobase.ir.dtypes import BOOL, F32, F64, I32, I64, U16, DType
from rheobase.ir.kernels import Array, At, Kernel, Linked, Repeat, Stream
from rheobase.ir.ops import Op, has_effect, is_random
from rheobase.ir.passes import optimize
from rheobase.ir.slots import Slot
from rheobase.lang.fold import fold
from rheobase.lang.functions import FUNCTIONS, FunctionInfo
from rheobase.lang.nodes import (
    Assign,
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
from rheobase.records import record

__all__ = ["Alias", "Binding", "Element", "Entry", "KernelBuilder", "Literal", "Position"]


@record
class Element:
    """An element of a slot.

    index   which one; another Element (of an integer slot) gives its number: a linked variable
    weak    a constant from outside: adapts to the precision of what it meets
    guard   name of a boolean binding; where it is false, writing has no effect
    clipped   the number may lie outside the slot: it is clipped to it (for reading only)
    """

    slot: Slot
    index: Index | At | Element
    weak: bool = False
    guard: Element | None = None
    clipped: bool = False


@record
class Literal:
    """A number that is part of the structure: a unit, pi."""

    value: float | int | bool


@record
class Position:
    """The number of the element itself, less an offset: i, j, and a generator's variable.

    which    'own', 'pre', 'post' or 'k'
    offset   the first element of the part that numbers count from
    """

    which: str
    offset: Slot | None = None


@record
class Alias:
    """An expression that stands behind a name, with the meaning of its own names."""

    expr: Expr
    bindings: Mapping[str, Binding]
    functions: Mapping[str, FunctionInfo] = field(default_factory=lambda: FUNCTIONS)


@record
class Entry:
    """The element of a slot whose number is computed; read only.

    position   what the number is
    offset     is added to it: the first element of the part that numbers count from
    """

    slot: Slot
    position: Binding
    offset: Slot | None = None


Binding: TypeAlias = Element | Literal | Position | Alias | Entry

MAX_POWER = 64  # of ipow: repeated products
MAX_FACTORS = 4  # of floats: products are right to 2 ulp, of more factors to 5; pow to 1.3
_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "//": "floordiv", "%": "mod"}
_COMPARISON = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}


@record
class _Frame:
    """What names mean in one piece of code.

    values   temporaries and arguments: numbers of values that exist already
    is_body  of a function: what it draws is F64, since it counts on the digits
    """

    bindings: Mapping[str, Binding]
    functions: Mapping[str, FunctionInfo]
    values: dict[str, int] = field(default_factory=dict[str, int])
    is_body: bool = False


@dataclass
class _OpenLoop:
    """The loop of a kernel, as far as it is written.

    first, end   numbers of its first operation and of the one after its last
    before       the temporaries when it began, with the carries
    """

    first: int
    carried: tuple[str, ...]
    limit: int
    before: dict[str, int]
    next: tuple[int, ...] = ()
    again: int = 0
    end: int = 0

    def made(self, ops: Sequence[Op]) -> Repeat:
        code, after = tuple(ops[self.first : self.end]), tuple(ops[self.end :])
        return Repeat(code, self.next, self.again, self.limit, after)


class KernelBuilder:
    """Writes the code of one kernel.

    bindings       what each name is
    scatters       the domain may meet an element more than once (Propagate, Reduce, Indexed):
                   `x += y` through another index than own accumulates
    float_dtype    of literals and of results that nothing else decides
    functions      what each called name is
    """

    def __init__(
        self,
        bindings: Mapping[str, Binding],
        scatters: bool = False,
        float_dtype: DType = F64,
        functions: Mapping[str, FunctionInfo] = FUNCTIONS,
    ) -> None:
        self.bindings = bindings
        self.scatters = scatters
        self.float_dtype = float_dtype
        self._ops: list[Op] = []
        self._weak: set[int] = set()
        self._arrays: list[Array] = []
        self._array_numbers: dict[tuple[int, object], int] = {}
        self._current: dict[int, int] = {}  # array -> value that stands in it now
        self._top = _Frame(bindings, functions)
        self._aliases: dict[tuple[int, int], int] = {}
        self._n_draws = 0
        self._loop: _OpenLoop | None = None
        self._guard: int | None = None  # what must be true for anything to be written

    # ------------------------------------------------------------ ops
    def op(
        self,
        name: str,
        *args: int,
        dtype: DType | None = None,
        attr: float | int | bool | str | None = None,
    ) -> int:
        """Append one operation; its value number."""
        self._ops.append(Op(name, args, dtype, attr))
        value = len(self._ops) - 1
        if args and all(a in self._weak for a in args):
            self._weak.add(value)
        return value

    def const(self, value: float | int | bool) -> int:
        dtype = BOOL if isinstance(value, bool) else I64 if isinstance(value, int) else F64
        number = self.op("const", dtype=dtype, attr=value)
        self._weak.add(number)
        return number

    def dtype(self, value: int) -> DType:
        dtype = self._ops[value].dtype
        assert dtype is not None, f"operation {self._ops[value]} has no value"
        return dtype

    def cast(self, value: int, dtype: DType) -> int:
        if self.dtype(value) is dtype:
            return value
        return self.op("cast", value, dtype=dtype)

    def draw(self, name: str, dtype: DType = F64) -> int:
        """A random number: 'uniform' or 'normal'."""
        self._n_draws += 1
        return self.op(name, dtype=dtype, attr=self._n_draws - 1)

    def draw_discrete(self, table: Slot) -> int:
        """How many entries of a table a random number reaches; see ir/kernels.Stream."""
        self._n_draws += 2
        number = self.const(self._n_draws - 2)
        return self.op("discrete", number, dtype=I64, attr=self.array(table, Index.SHARED))

    # ------------------------------------------------------------ memory
    def array(self, slot: Slot, index: Index | At | Element) -> int:
        """The number of the array, added when it is new."""
        reached: Index | At | Linked
        if isinstance(index, Element):
            reached = Linked(self.array(index.slot, index.index))
        else:
            reached = index
        key = (id(slot), reached)
        if key not in self._array_numbers:
            self._array_numbers[key] = len(self._arrays)
            self._arrays.append(Array(slot, reached))
        return self._array_numbers[key]

    def load(self, element: Element) -> int:
        if isinstance(element.index, Element) and _is_computed(element):
            where = self.cast(self.load(element.index), I64)
            array = self.array(element.slot, At(0))
            return self.op("load_at", where, dtype=element.slot.dtype, attr=array)
        number = self.array(element.slot, element.index)
        if number not in self._current:
            value = self.op("load", dtype=element.slot.dtype, attr=number)
            if element.weak:
                self._weak.add(value)
            self._current[number] = value
        return self._current[number]

    def store(self, element: Element, value: int) -> None:
        """element = value, in the slot's own type; nothing where the guard is false."""
        value = self._to_dtype(value, element.slot.dtype)
        for guard in self._guards(element):
            value = self.op("select", guard, value, self.load(element), dtype=element.slot.dtype)
        number = self.array(element.slot, element.index)
        self.op("store", value, attr=number)
        self._forget(element.slot, but=number)
        self._current[number] = value

    def accumulate(self, element: Element, value: int) -> None:
        """element += value, in order of iteration."""
        value = self._to_dtype(value, element.slot.dtype)
        for guard in self._guards(element):
            zero = self._to_dtype(self.const(0.0), element.slot.dtype)
            value = self.op("select", guard, value, zero, dtype=element.slot.dtype)
        self.op("accumulate", value, attr=self.array(element.slot, element.index))
        self._forget(element.slot)

    def write_where(self, condition: Expr) -> None:
        """From now on, write only where a condition holds; it is looked at once, now."""
        self._guard = self.typed(condition, BOOL)

    def _guards(self, element: Element) -> list[int]:
        """What must be true for an element to be written."""
        own = [] if element.guard is None else [self.load(element.guard)]
        return own if self._guard is None else [*own, self._guard]

    def _forget(self, slot: Slot, but: int = -1) -> None:
        """Values loaded from the slot may be out of date now."""
        for number, array in enumerate(self._arrays):
            if number != but and (array.slot is slot or self._passes(array, slot)):
                self._current.pop(number, None)
        self._aliases.clear()

    def _passes(self, array: Array, slot: Slot) -> bool:
        return isinstance(array.index, Linked) and self._arrays[array.index.array].slot is slot

    # ------------------------------------------------------------ statements
    def assign(self, statement: Assign) -> None:
        """Write one statement."""
        binding = self.bindings.get(statement.target)
        if binding is None or statement.target in self._top.values:
            self._top.values[statement.target] = self.value(_full_value(statement))
            return
        assert isinstance(binding, Element), f"{statement.target} cannot be assigned to"
        if self._accumulates(statement, binding):
            value = self.value(statement.value)
            value = self._number(value)
            self.accumulate(binding, value if statement.op == "+" else self._negated(value))
        else:
            self.store(binding, self.value(_full_value(statement)))

    def _accumulates(self, statement: Assign, element: Element) -> bool:
        return (
            self.scatters
            and statement.op in ("+", "-")
            and element.index is not Index.OWN
            and element.slot.dtype in (F64, F32, I64)
        )

    def _negated(self, value: int) -> int:
        return self.op("neg", value, dtype=self.dtype(value))

    # ------------------------------------------------------------ expressions
    def value(self, expr: Expr) -> int:
        """The value of an expression."""
        return self._value(fold(expr), self._top)

    def typed(self, expr: Expr, dtype: DType) -> int:
        """The value of an expression, as a given type."""
        return self._to_dtype(self.value(expr), dtype)

    def _value(self, expr: Expr, scope: _Frame) -> int:
        match expr:
            case Number(value=value):
                return self.const(value)
            case Name(id=name):
                return self._name(name, scope)
            case Unary(op="-", operand=x):
                return self._negated(self._number(self._value(x, scope)))
            case Unary(operand=x):
                return self._number(self._value(x, scope))
            case Binary():
                return self._binary(expr, scope)
            case Compare(op=op, left=a, right=b):
                left, right = self._unify(self._value(a, scope), self._value(b, scope))
                return self.op(_COMPARISON[op], left, right, dtype=BOOL)
            case Logic(op=op, operands=xs):
                values = [self._to_dtype(self._value(x, scope), BOOL) for x in xs]
                result = values[0]
                for value in values[1:]:
                    result = self.op(op, result, value, dtype=BOOL)
                return result
            case Not(operand=x):
                return self.op("not", self._to_dtype(self._value(x, scope), BOOL), dtype=BOOL)
            case Conditional(condition=c, then=a, otherwise=b):
                condition = self._to_dtype(self._value(c, scope), BOOL)
                left, right = self._unify(
                    self._value(a, scope), self._value(b, scope), logical=True
                )
                return self.op("select", condition, left, right, dtype=self.dtype(left))
            case Call():
                return self._call(expr, scope)

    def _name(self, name: str, scope: _Frame) -> int:
        if name in scope.values:
            return scope.values[name]
        return self._bound(scope.bindings[name])

    def _bound(self, binding: Binding) -> int:
        match binding:
            case Element():
                return self.load(binding)
            case Literal(value=value):
                return self.const(value)
            case Position(which=which, offset=offset):
                value = self.op("index", dtype=I64, attr=which)
                if offset is None:
                    return value
                first = self.load(Element(offset, Index.SHARED))
                return self.op("sub", value, first, dtype=I64)
            case Entry(slot=slot, position=position, offset=offset):
                number = self._number(self._bound(position))
                if offset is not None:
                    first = self.load(Element(offset, Index.SHARED))
                    number = self.op("add", number, first, dtype=I64)
                return self._entry(slot, number)
            case Alias(expr=meant, bindings=bindings, functions=functions):
                key = (id(binding), len(self._top.values))
                if key not in self._aliases:
                    self._aliases[key] = self._value(fold(meant), _Frame(bindings, functions))
                return self._aliases[key]

    def _binary(self, expr: Binary, scope: _Frame) -> int:
        if expr.op == "**":
            return self._power(expr, scope)
        left, right = self._value(expr.left, scope), self._value(expr.right, scope)
        if expr.op == "/":
            left, right = self._unify(self._float(left), self._float(right))
            return self.op("div", left, right, dtype=self.dtype(left))
        left, right = self._unify(left, right)
        return self.op(_ARITHMETIC[expr.op], left, right, dtype=self.dtype(left))

    def _power(self, expr: Binary, scope: _Frame) -> int:
        base = self._number(self._value(expr.left, scope))
        exponent = _literal(expr.right)
        if isinstance(exponent, int) and exponent >= 0 and not self.dtype(base).is_float:
            return self._whole_power(base, exponent)
        base = self._float(base)
        if exponent == -1:
            one = self._to_dtype(self.const(1.0), self.dtype(base))
            return self.op("div", one, base, dtype=self.dtype(base))
        if exponent is not None and exponent == int(exponent) and 1 <= exponent <= MAX_FACTORS:
            return self.op("ipow", base, dtype=self.dtype(base), attr=int(exponent))
        if exponent == 0.5:
            return self.op("sqrt", base, dtype=self.dtype(base))
        other = self._float(self._value(expr.right, scope))
        left, right = self._unify(base, other)
        return self.op("pow", left, right, dtype=self.dtype(left))

    def _whole_power(self, base: int, exponent: int) -> int:
        """An integer to a literal power >= 0: an integer, modulo 2**64."""
        if exponent == 0:
            return self.const(1)
        if exponent <= MAX_POWER:
            return self.op("ipow", base, dtype=I64, attr=exponent)
        times, rest = divmod(exponent, MAX_POWER)
        power = self._whole_power(self._whole_power(base, MAX_POWER), times)
        if not rest:
            return power
        return self.op("mul", power, self._whole_power(base, rest), dtype=I64)

    def _call(self, call: Call, scope: _Frame) -> int:
        function = scope.functions[call.function]
        assert function.is_native, f"no kernel computes {call.function}"
        if function.draws is not None:
            return self.draw(function.draws, F64 if scope.is_body else self.float_dtype)
        args = [self._value(a, scope) for a in call.args]
        if function.op == "discrete":
            return self.draw_discrete(function.data["table"])
        if function.op == "load_at":
            return self._entry(function.data["table"], args[0])
        if function.op is not None:
            return self._apply(function.op, args)
        assert function.expansion is not None
        # arguments are evaluated once, then named: the expansion may use them twice
        values = dict(zip(function.parameters, args))
        inner = _Frame(function.data, function.functions or FUNCTIONS, values, is_body=True)
        for statement in function.body:
            values[statement.target] = self._value(fold(_full_value(statement)), inner)
        return self._value(function.expansion, inner)

    def _entry(self, table: Slot, position: int) -> int:
        """The entry of a table at a computed position, clipped to its length."""
        number = self.array(table, Index.SHARED)
        return self.op("load_at", self._number(position), dtype=table.dtype, attr=number)

    def _apply(self, name: str, args: list[int]) -> int:
        if name == "int":
            return self.cast(args[0], I64)
        if name in ("abs", "sign", "min", "max"):
            values = [self._number(a) for a in args]
        else:
            values = [self._float(a) for a in args]
        if len(values) == 2:
            values = list(self._unify(values[0], values[1]))
        return self.op(name, *values, dtype=self.dtype(values[0]))

    # ------------------------------------------------------------ types
    def _number(self, value: int) -> int:
        """As a type of arithmetic: f64, f32 or i64."""
        return self.cast(value, I64) if self.dtype(value) in (BOOL, I32, U16) else value

    def _float(self, value: int) -> int:
        if self.dtype(value).is_float:
            return value
        result = self.cast(value, self.float_dtype)
        self._weak.add(result)
        return result

    def _unify(self, a: int, b: int, logical: bool = False) -> tuple[int, int]:
        """Both in the type that holds both."""
        left, right = self.dtype(a), self.dtype(b)
        if left is BOOL and right is BOOL and logical:
            return a, b
        if not (left.is_float or right.is_float):
            return self._number(a), self._number(b)
        if left.is_float and right.is_float:
            if left is right:
                return a, b
            dtype = F32 if (a if left is F64 else b) in self._weak else F64
        else:
            dtype = left if left.is_float else right
        return self._to_dtype(a, dtype), self._to_dtype(b, dtype)

    def _to_dtype(self, value: int, dtype: DType) -> int:
        """As the type of a variable: numbers are true where they are not zero."""
        met = self.dtype(value)
        if met is dtype:
            return value
        if dtype is BOOL:
            number = self._number(value)
            zero = self._to_dtype(self.const(0), self.dtype(number))
            return self.op("ne", number, zero, dtype=BOOL)
        return self.cast(value, dtype)

    # ------------------------------------------------------------ the loop
    def begin_loop(self, carried: Sequence[str], limit: Expr) -> None:
        """What is assigned from here on is repeated; `carried` are temporaries that pass from one
        time to the next, `limit` says how often at most."""
        assert self._loop is None, "a kernel has one loop"
        most = self.cast(self.value(limit), I64)
        values = self._top.values
        first = len(self._ops)
        for name in carried:
            values[name] = self.op("carry", values[name], dtype=self.dtype(values[name]))
        self._loop = _OpenLoop(first, tuple(carried), most, dict(values))

    def end_loop(self, again: Expr) -> None:
        """The loop ends here; it is gone through again while `again` holds."""
        loop = self._loop
        assert loop is not None, "there is no loop to end"
        values = self._top.values
        loop.next = tuple(
            self._to_dtype(values[n], self.dtype(loop.before[n])) for n in loop.carried
        )
        loop.again = self._to_dtype(self.value(again), BOOL)
        loop.end = len(self._ops)
        # what it has made means nothing outside, except for what is carried
        values.clear()
        values.update(loop.before)
        self._current = {k: n for k, n in self._current.items() if n < loop.first}
        self._aliases.clear()

    # ------------------------------------------------------------ the kernel
    def finish(
        self,
        name: str,
        domain: Domain,
        results: tuple[int, ...] = (),
        stream: Stream | None = None,
        *,
        as_written: bool = False,
    ) -> Kernel:
        """The kernel, simplified and hoisted (not if `as_written`)."""
        random = any(is_random(op) for op in self._ops)
        kernel = Kernel(
            name,
            domain,
            tuple(self._arrays),
            body=tuple(self._ops if self._loop is None else self._ops[: self._loop.first]),
            results=results,
            stream=stream,
            repeat=None if self._loop is None else self._loop.made(self._ops),
        )
        if not random and not kernel.domain_draws:
            kernel = replace(kernel, stream=None)
        return kernel if as_written else optimize(kernel)

    @property
    def writes(self) -> bool:
        """Whether any statement has an effect."""
        return any(has_effect(op) for op in self._ops)


def _is_computed(element: Element) -> bool:
    """Whether the place of an element, or of one that leads to it, has to be clipped."""
    if element.clipped:
        return True
    return isinstance(element.index, Element) and _is_computed(element.index)


def _full_value(statement: Assign) -> Expr:
    """The right-hand side with an in-place operator written out."""
    if statement.op is None:
        return statement.value
    target = Name(statement.target, span=statement.target_span)
    return Binary(statement.op, target, statement.value, span=statement.span)


def _literal(expr: Expr) -> float | int | None:
    match expr:
        case Number(value=value) if not isinstance(value, bool):
            return value
        case Unary(op="-", operand=Number(value=value)) if not isinstance(value, bool):
            return -value
        case _:
            return None
