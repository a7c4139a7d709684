"""Python functions taken over into the language of models.

A function whose body is assignments, conditionals and a return is read, never run: its source
becomes assignments and one expression, which kernels compute like any other. All branches are
computed; what a condition decides is which value is taken.

Goals: the result is what Python computes for each element. What cannot be taken over is refused
with the reason, so that the caller can call Python instead and say why.
Non-goals: loops, arrays, anything with effects.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

import numpy as np

from rheobase import units
from rheobase.errors import ModelError
from rheobase.lang.functions import FUNCTIONS
from rheobase.lang.nodes import Assign, Expr
from rheobase.lang.parse import parse_expression
from rheobase.records import record

__all__ = ["CannotInlineError", "Inlined", "inline"]

_MAX_LINES: Final = 1000  # of the result: returns in nested branches double what follows them


class CannotInlineError(Exception):
    """Why a function cannot be taken over: the end of a sentence that begins with its name."""


@record
class Inlined:
    """A function in the language of models.

    constants   name in the code -> gives the present value of a name or attribute of the script
    functions   name in the code -> a function object of the script
    """

    parameters: tuple[str, ...]
    body: tuple[Assign, ...]
    expansion: Expr
    constants: Mapping[str, Callable[[], Any]]
    functions: Mapping[str, Any]


def inline(function: Callable[..., Any]) -> Inlined:
    """The function as code of models.

    Raises CannotInlineError if its source cannot be found or holds more than models know.
    """
    if not isinstance(function, types.FunctionType):
        raise CannotInlineError("is not written in Python")
    if hasattr(function, "__wrapped__"):
        raise CannotInlineError("is wrapped by another function")
    definition = _definition(function)
    reader = _Reader(function, _parameters(definition))
    try:
        return reader.read(definition)
    except ModelError as problem:
        raise CannotInlineError(f"cannot be read ({problem.faults[0].message})") from None


def _definition(function: types.FunctionType) -> ast.FunctionDef | ast.Lambda:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError):
        raise CannotInlineError("has no source that can be read") from None
    except SyntaxError:
        raise CannotInlineError("stands within a longer statement") from None
    name = function.__name__
    found = [
        node
        for node in ast.walk(tree)
        if (isinstance(node, ast.FunctionDef) and node.name == name)
        or (isinstance(node, ast.Lambda) and name == "<lambda>")
    ]
    if len(found) != 1:
        raise CannotInlineError("is not the only one of that name in its statement")
    return found[0]


def _parameters(definition: ast.FunctionDef | ast.Lambda) -> tuple[str, ...]:
    args = definition.args
    if args.vararg or args.kwarg or args.kwonlyargs:
        raise CannotInlineError("takes more than plain arguments")
    return tuple(a.arg for a in (*args.posonlyargs, *args.args))


# name in models, for functions that scripts reach under other names
_ROWS: Final[dict[Any, str]] = {
    **{getattr(np, n): n for n in FUNCTIONS if isinstance(getattr(np, n, None), np.ufunc)},
    **{getattr(units, n): n for n in FUNCTIONS if hasattr(units, n)},
    **{getattr(math, n): n for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1")},
    **{getattr(math, n): n for n in ("log10", "log1p", "sqrt")},
    math.asin: "arcsin",
    math.acos: "arccos",
    math.atan: "arctan",
    math.fabs: "abs",
    abs: "abs",
    int: "int",
    np.absolute: "abs",
    np.fabs: "abs",
    np.clip: "clip",
    np.minimum: "_min",
    np.maximum: "_max",
}
_CONDITIONS: Final[dict[Any, type[ast.boolop]]] = {np.logical_and: ast.And, np.logical_or: ast.Or}


class _Reader:
    """Walks one function; every name of the result is unique."""

    def __init__(self, function: types.FunctionType, parameters: tuple[str, ...]) -> None:
        self.function = function
        self.parameters = parameters
        self.lines: list[tuple[str, ast.expr]] = []
        self.constants: dict[str, Callable[[], Any]] = {}
        self.functions: dict[str, Any] = {}

    def read(self, definition: ast.FunctionDef | ast.Lambda) -> Inlined:
        env: dict[str, ast.expr] = {p: ast.Name(p) for p in self.parameters}
        if isinstance(definition, ast.Lambda):
            result = self.expression(definition.body, env)
        else:
            found = self.block(definition.body, env)
            if found is None:
                raise CannotInlineError("does not always return a value")
            result = found
        body = tuple(Assign(name, None, _parsed(value)) for name, value in self.lines)
        return Inlined(self.parameters, body, _parsed(result), self.constants, self.functions)

    def refuse(self, node: ast.stmt | ast.expr, what: str) -> NoReturn:
        line = self.function.__code__.co_firstlineno + node.lineno - 1
        raise CannotInlineError(f"has {what} in line {line}")

    # ------------------------------------------------------------ statements
    def block(self, statements: Sequence[ast.stmt], env: dict[str, ast.expr]) -> ast.expr | None:
        """The value that the statements return, or None if they go on; `env` follows them."""
        for k, statement in enumerate(statements):
            match statement:
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    continue
                case ast.Return(value=ast.expr() as value):
                    return self.expression(value, env)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    env[name] = self.named(name, self.expression(value, env))
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    env[name] = self.named(name, self.expression(value, env))
                case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                    whole = ast.copy_location(ast.BinOp(target, op, value), statement)
                    env[name] = self.named(name, self.expression(whole, env))
                case ast.If():
                    rest = statements[k + 1 :]
                    if _returns(statement):
                        return self.either(statement, rest, env)
                    self.merge(statement, env)
                case _:
                    self.refuse(statement, f"a statement '{type(statement).__name__.lower()}'")
        return None

    def named(self, name: str, value: ast.expr) -> ast.expr:
        new = f"_{name}_{len(self.lines)}"
        self.lines.append((new, value))
        if len(self.lines) > _MAX_LINES:
            raise CannotInlineError("has too many branches")
        return ast.Name(new)

    def either(
        self, statement: ast.If, rest: Sequence[ast.stmt], env: dict[str, ast.expr]
    ) -> ast.expr:
        """The value of a conditional of which a branch returns, and of what follows it."""
        test = self.named("if", self.expression(statement.test, env))
        then = self.block([*statement.body, *rest], dict(env))
        otherwise = self.block([*statement.orelse, *rest], dict(env))
        if then is None or otherwise is None:
            raise CannotInlineError("does not always return a value")
        return ast.IfExp(test, then, otherwise)

    def merge(self, statement: ast.If, env: dict[str, ast.expr]) -> None:
        """A conditional that only assigns: what differs between the branches is selected."""
        test = self.named("if", self.expression(statement.test, env))
        then, otherwise = dict(env), dict(env)
        self.block(statement.body, then)
        self.block(statement.orelse, otherwise)
        for name in {*then, *otherwise}:
            if name not in then or name not in otherwise:
                env.pop(name, None)  # not always defined afterwards
            elif then[name] is not otherwise[name]:
                env[name] = self.named(name, ast.IfExp(test, then[name], otherwise[name]))
            else:
                env[name] = then[name]

    # ------------------------------------------------------------ expressions
    def expression(self, node: ast.expr, env: Mapping[str, ast.expr]) -> ast.expr:
        def of(x: ast.expr) -> ast.expr:
            return self.expression(x, env)

        match node:
            case ast.Constant(value=bool() | int() | float()):
                return node
            case ast.Name(id=name) if name in env:
                return env[name]
            case ast.Name() | ast.Attribute():
                return self.constant(node)
            case ast.UnaryOp(op=op, operand=x):
                return ast.UnaryOp(ast.Not() if isinstance(op, ast.Invert) else op, of(x))
            case ast.BinOp(left=a, op=ast.BitAnd() | ast.BitOr() as op, right=b):
                word = ast.And() if isinstance(op, ast.BitAnd) else ast.Or()
                return ast.BoolOp(word, [of(a), of(b)])
            case ast.BinOp(left=a, op=op, right=b):
                return ast.BinOp(of(a), op, of(b))
            case ast.BoolOp(op=op, values=values):
                return ast.BoolOp(op, [of(v) for v in values])
            case ast.Compare(left=a, ops=ops, comparators=others):
                return ast.Compare(of(a), ops, [of(x) for x in others])
            case ast.IfExp(test=c, body=a, orelse=b):
                return ast.IfExp(of(c), of(a), of(b))
            case ast.Call(func=function, args=args, keywords=[]):
                return self.call(node, self.value(function), [of(a) for a in args])
            case _:
                return self.refuse(node, f"'{ast.unparse(node)}'")

    def call(self, node: ast.Call, function: Any, args: list[ast.expr]) -> ast.expr:
        try:
            row = _ROWS.get(function)
            condition = _CONDITIONS.get(function)
        except TypeError:  # not hashable
            row = condition = None
        if row is not None:
            return ast.Call(ast.Name(row), args, [])
        if condition is not None and len(args) == 2:
            return ast.BoolOp(condition(), args)
        if function is np.logical_not and len(args) == 1:
            return ast.UnaryOp(ast.Not(), args[0])
        if function is np.where and len(args) == 3:
            return ast.IfExp(*args)
        if function in (max, min) and len(args) == 2:
            return ast.Call(ast.Name("_max" if function is max else "_min"), args, [])
        if function is np.power and len(args) == 2:
            return ast.BinOp(args[0], ast.Pow(), args[1])
        if not isinstance(function, types.FunctionType) and not hasattr(function, "info"):
            self.refuse(node, f"a call of '{ast.unparse(node.func)}'")
        name = f"_f_{ast.unparse(node.func).replace('.', '_')}"
        self.functions[name] = function
        return ast.Call(ast.Name(name), args, [])

    def constant(self, node: ast.Name | ast.Attribute) -> ast.expr:
        self.value(node)  # it exists
        name = f"_c_{ast.unparse(node).replace('.', '_')}"
        self.constants[name] = lambda: self.value(node)
        return ast.Name(name)

    def value(self, node: ast.expr) -> Any:
        """What a name, or an attribute of one, is to the function at present."""
        if isinstance(node, ast.Attribute):
            owner = self.value(node.value)
            if hasattr(owner, node.attr):
                return getattr(owner, node.attr)
        if isinstance(node, ast.Name):
            scope = inspect.getclosurevars(self.function)
            for names in (scope.nonlocals, self.function.__globals__, scope.builtins):
                if node.id in names:
                    return names[node.id]
        return self.refuse(node, f"'{ast.unparse(node)}', which has no value there,")


def _returns(statement: ast.If) -> bool:
    return any(isinstance(x, ast.Return) for x in ast.walk(statement))


def _parsed(node: ast.expr) -> Expr:
    return parse_expression(ast.unparse(ast.fix_missing_locations(node)))
