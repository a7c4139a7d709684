"""From text to syntax trees.

Python's `ast` reads the text; the nodes of the model language, and nothing else, are taken from
it. Every node gets the place where it stands in the source; every text that is not in the
language a `ModelSyntaxError` that says what was met and what to write instead.
"""

from __future__ import annotations

import ast
import keyword
import math
from collections.abc import Callable
from typing import Final

from rheobase.errors import Fault, FaultList, ModelSyntaxError, Source, Span, raise_faults
from rheobase.lang.nodes import (
    Assign,
    Binary,
    BinaryOp,
    Call,
    Compare,
    CompareOp,
    Conditional,
    Expr,
    Logic,
    Name,
    Not,
    Number,
    Unary,
)
from rheobase.lang.tokens import (
    ASSIGNMENTS,
    Token,
    check_tokens,
    diagnose,
    split_statements,
    tokenize,
)

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "parse_expression", "parse_statements"]

MAX_LENGTH: Final = 20_000  # characters of one expression or statement
MAX_TEXT: Final = 500_000  # characters of a block of statements
MAX_DEPTH: Final = 150  # nodes from the root to a leaf: the passes over trees are recursive

_BINARY: Final[dict[type[ast.operator], BinaryOp]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
_COMPARE: Final[dict[type[ast.cmpop], CompareOp]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_BIT_OPERATORS: Final[dict[type[ast.operator], tuple[str, str]]] = {
    ast.BitXor: ("'^' has no meaning here", "Use ** for powers."),
    ast.BitAnd: ("'&' has no meaning here", "Use and."),
    ast.BitOr: ("'|' has no meaning here", "Use or; the absolute value is abs(x)."),
    ast.LShift: ("'<<' has no meaning here", "Use * 2**n."),
    ast.RShift: ("'>>' has no meaning here", "Use // 2**n."),
    ast.MatMult: ("'@' has no meaning here", "Use * to multiply."),
}
# what else Python knows: what it is, what to write instead
_FOREIGN: Final[dict[type[ast.expr], tuple[str, str]]] = {
    ast.Subscript: ("indexing has no meaning here", "A variable stands for its own element."),
    ast.Lambda: ("a lambda has no meaning here", ""),
    ast.List: ("a list has no meaning here", ""),
    ast.Tuple: ("a comma has no meaning outside a call", "Decimals are written with a point."),
    ast.Dict: ("braces have no meaning here", "Use parentheses."),
    ast.Set: ("braces have no meaning here", "Use parentheses."),
    ast.ListComp: ("a comprehension has no meaning here", ""),
    ast.SetComp: ("a comprehension has no meaning here", ""),
    ast.DictComp: ("a comprehension has no meaning here", ""),
    ast.GeneratorExp: ("a generator has no meaning here", ""),
    ast.NamedExpr: ("':=' has no meaning here", "An expression cannot assign."),
    ast.Await: ("'await' has no meaning here", ""),
    ast.Yield: ("'yield' has no meaning here", ""),
    ast.YieldFrom: ("'yield' has no meaning here", ""),
    ast.JoinedStr: ("a text in quotes has no meaning here", ""),
    ast.Starred: ("'*' before an argument has no meaning here", ""),
    ast.Slice: ("a slice has no meaning here", ""),
}


def parse_expression(text: str, source: Source | None = None, offset: int = 0) -> Expr:
    """The tree of one expression; it may run over several lines and hold comments.

    source   the whole text that the expression is a part of; None: `text` itself
    offset   where in the source `text` begins
    Raises ModelSyntaxError for anything that is not an expression of the model language.

    >>> from rheobase.lang.nodes import render
    >>> from rheobase.lang.parse import parse_expression
    >>> render(parse_expression("(El - v) / tau"))
    '(El - v)/tau'
    """
    piece = _Piece(text, source or Source(text), offset)
    piece.check_length(MAX_LENGTH)
    tokens = piece.tokens()
    tokens = tuple(t for t in tokens if t.kind != "newline" or t.text == ";")
    if not tokens:
        piece.complain(0, len(text), "an expression is missing here", "")
    piece.raise_faults()
    return _expression(piece, tokens)


def parse_statements(text: str, source: Source | None = None) -> tuple[Assign, ...]:
    """The assignments of a block, separated by newlines or ';', with comments.

    A statement runs over several lines inside brackets or after a backslash.
    Raises ModelSyntaxError naming every statement that is not an assignment.

    >>> from rheobase.lang.parse import parse_statements
    >>> [s.target for s in parse_statements("v = El; w += 2  # a reset")]
    ['v', 'w']
    """
    piece = _Piece(text, source or Source(text), 0)
    piece.check_length(MAX_TEXT)
    tokens = piece.tokens()
    piece.raise_faults()
    statements: list[Assign] = []
    for part in split_statements(tokens):
        statement = _statement(piece, part)
        if statement is not None:
            statements.append(statement)
    piece.raise_faults()
    return tuple(statements)


class _Piece:
    """A text on its way through the parser, and what is wrong with it."""

    def __init__(self, text: str, source: Source, offset: int) -> None:
        self.text = text
        self.source = source
        self.offset = offset
        self.faults = FaultList()

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, self.offset + start, self.offset + end)

    def complain(self, start: int, end: int, message: str, hint: str) -> None:
        self.faults.add(ModelSyntaxError, _sentence(message), self.span(start, end), hint)

    def check_length(self, limit: int) -> None:
        if len(self.text) > limit:
            message = f"The text has {len(self.text)} characters, more than {limit}."
            # no span: it would print the whole text
            raise_faults([Fault(ModelSyntaxError, message, None, "", self.source.label)])

    def tokens(self) -> tuple[Token, ...]:
        tokens = tokenize(self.text)
        check_tokens(tokens, self.complain)
        return tokens

    def raise_faults(self) -> None:
        raise_faults(self.faults.faults)


def _sentence(message: str) -> str:
    """With a full stop, and a capital unless it begins with something that is quoted."""
    return message[0].upper() + message[1:] + ("" if message.endswith(".") else ".")


def _expression(piece: _Piece, tokens: tuple[Token, ...]) -> Expr:
    """Parse what the tokens cover; raises all faults of the piece."""
    start, end = tokens[0].start, tokens[-1].end
    # in brackets, Python reads line breaks as blanks
    tree = _python(f"({piece.text[start:end]})", "eval", piece, tokens)
    if isinstance(tree, ast.Expression):
        expr = _Converter(piece, start - 1, f"({piece.text[start:end]})").convert(tree.body)
        piece.raise_faults()
        return expr
    piece.raise_faults()
    raise AssertionError("a text that Python refused has no fault")


def _statement(piece: _Piece, tokens: tuple[Token, ...]) -> Assign | None:
    """Parse one statement; None after a fault."""
    start, end = tokens[0].start, tokens[-1].end
    if end - start > MAX_LENGTH:
        message = f"the statement has more than {MAX_LENGTH} characters"
        piece.complain(start, start + 1, message, "")
        return None
    if _refuse_statement(piece, tokens):
        return None
    place = next(k for k, t in enumerate(tokens) if t.text in ASSIGNMENTS)
    target, operator, right = tokens[0], tokens[place], tokens[place + 1 :]
    n_faults = len(piece.faults.faults)
    code = f"({piece.text[right[0].start : end]})"
    tree = _python(code, "eval", piece, right)
    if not isinstance(tree, ast.Expression):
        return None
    value = _Converter(piece, right[0].start - 1, code).convert(tree.body)
    if len(piece.faults.faults) > n_faults:
        return None
    op: BinaryOp | None = operator.text[:-1] or None  # pyright: ignore
    return Assign(
        _normal(target.text),
        op,
        value,
        span=piece.span(start, end),
        target_span=piece.span(target.start, target.end),
    )


def _normal(name: str) -> str:
    """The name as Python reads it (NFKC)."""
    tree = ast.parse(name, mode="eval").body
    return tree.id if isinstance(tree, ast.Name) else name


def _refuse_statement(piece: _Piece, tokens: tuple[Token, ...]) -> bool:
    """Complain about a statement that is not `name op= something`; say whether it is not."""
    first, last = tokens[0], tokens[-1]

    def refuse(start: Token, end: Token, message: str, hint: str = "") -> bool:
        piece.complain(start.start, end.end, message, hint)
        return True

    if first.kind == "name" and keyword.iskeyword(first.text):
        if len(tokens) > 1 and tokens[1].text in ASSIGNMENTS:
            message = f"'{first.text}' is a word of Python and cannot be a name here"
            return refuse(first, first, message)
        hint = "A conditional value is 'x = a if condition else b'." if first.text == "if" else ""
        return refuse(first, first, f"'{first.text}' cannot begin a statement", hint)
    place = next((k for k, t in enumerate(tokens) if t.text in ASSIGNMENTS), None)
    if place is None:
        return _refuse_without_assignment(tokens, refuse)
    if place == 0:
        return refuse(first, first, f"nothing stands before '{first.text}'")
    if place == len(tokens) - 1:
        return refuse(last, last, f"nothing follows '{last.text}'")
    if place > 1 or first.kind != "name":
        hint = ""
        if any(t.text == "[" for t in tokens[:place]):
            hint = "A variable stands for its own element: leave the index out."
        elif any(t.text == "/" for t in tokens[:place]):
            hint = "Differential equations belong into the equations of the model."
        return refuse(first, tokens[place - 1], "only a variable can be assigned to", hint)
    again = next((t for t in tokens[place + 1 :] if t.text == "="), None)
    if again is not None:
        hint = "Write one statement for each target, or == to compare."
        return refuse(again, again, "a statement has one '='", hint)
    return False


def _refuse_without_assignment(
    tokens: tuple[Token, ...], refuse: Callable[[Token, Token, str, str], bool]
) -> bool:
    first, last = tokens[0], tokens[-1]
    for token in tokens:
        if token.text in ("&=", "|=", "^=", "@=", "<<=", ">>="):
            return refuse(token, token, f"'{token.text}' has no meaning here", "")
        if token.text == ":=":
            return refuse(token, token, "':=' has no meaning here", "Use = to assign.")
    if len(tokens) > 1 and first.kind == "name" and tokens[1].text == "==":
        return refuse(tokens[1], tokens[1], "'==' compares", "Use = to assign.")
    hint = "A statement is 'variable = expression', or with += -= *= /=."
    if len(tokens) > 2 and first.kind == "name" and tokens[-2].text == last.text in "+-":
        hint = f"Write {first.text} {last.text}= 1."
    return refuse(first, last, "this is not an assignment", hint)


def _python(code: str, mode: str, piece: _Piece, tokens: tuple[Token, ...]) -> ast.AST | None:
    """Python's tree of the code, or None after complaining about what the tokens show."""
    start, end = tokens[0].start, tokens[-1].end
    try:
        return ast.parse(code, mode=mode)
    except (MemoryError, RecursionError):
        _too_deep(piece, start)
    except (SyntaxError, ValueError, OverflowError):
        if not diagnose(tokens, piece.complain):
            piece.complain(start, end, "this cannot be read as an expression", "")
    return None


def _too_deep(piece: _Piece, start: int) -> None:
    message = f"the expression is nested more than {MAX_DEPTH} levels deep"
    hint = "Name parts of it: a long sum or a deep formula reads better in several lines."
    piece.complain(start, start + 1, message, hint)


class _Converter:
    """Turns Python's nodes into ours; collects faults and goes on.

    start   where in the text of the piece `code` begins
    """

    def __init__(self, piece: _Piece, start: int, code: str) -> None:
        self.piece = piece
        self.start = start
        self.too_deep = False
        # Python counts columns in bytes of UTF-8, and ends lines at \n, \r\n and \r
        self.lines: list[int] = [0]
        for k, char in enumerate(code):
            if char == "\n" or (char == "\r" and code[k + 1 : k + 2] != "\n"):
                self.lines.append(k + 1)
        self.code = code
        self.is_ascii = code.isascii()

    def position(self, line: int, column: int) -> int:
        """The character of the code at a 1-based line and a column in bytes."""
        first = self.lines[line - 1]
        if self.is_ascii:
            return first + column
        end = self.lines[line] if line < len(self.lines) else len(self.code)
        return first + len(self.code[first:end].encode()[:column].decode(errors="ignore"))

    def span(self, node: ast.expr) -> Span:
        start = self.position(node.lineno, node.col_offset)
        end = self.position(node.end_lineno or node.lineno, node.end_col_offset or 0)
        # the brackets around the code are ours: a tuple would claim them
        start, end = max(start, 1), min(end, len(self.code) - 1)
        return self.piece.span(self.start + start, self.start + end)

    def refuse(self, node: ast.expr, message: str, hint: str = "") -> Expr:
        span = self.span(node)
        self.piece.faults.add(ModelSyntaxError, _sentence(message), span, hint)
        return Number(0, span=span)

    def convert(self, node: ast.expr, depth: int = 0) -> Expr:
        if depth > MAX_DEPTH:
            if not self.too_deep:
                _too_deep(self.piece, self.start + 1)
            self.too_deep = True
            return Number(0)
        depth += 1
        match node:
            case ast.Constant():
                return self.number(node)
            case ast.Name():
                return self.name(node)
            case ast.UnaryOp():
                return self.unary(node, depth)
            case ast.BinOp():
                return self.binary(node, depth)
            case ast.Compare():
                return self.comparison(node, depth)
            case ast.BoolOp(op=op, values=values):
                parts = tuple(self.convert(v, depth) for v in values)
                word = "and" if isinstance(op, ast.And) else "or"
                return Logic(word, parts, span=self.span(node))
            case ast.Call():
                return self.call(node, depth)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                then = self.convert(body, depth)
                condition = self.convert(test, depth)
                otherwise = self.convert(orelse, depth)
                return Conditional(condition, then, otherwise, span=self.span(node))
            case ast.Attribute():
                return self.attribute(node)
            case _:
                return self.refuse(node, *_FOREIGN.get(type(node), ("this has no meaning here",)))

    def number(self, node: ast.Constant) -> Expr:
        value = node.value
        if isinstance(value, bool):
            return Number(value, span=self.span(node))
        if isinstance(value, int):
            if value < 2**63:
                return Number(value, span=self.span(node))
            if value.bit_length() > 1023:
                return self.refuse(node, "this number is too large", "Write inf for infinity.")
            return Number(float(value), span=self.span(node))
        if isinstance(value, float):
            if math.isinf(value):
                return self.refuse(node, "this number is too large", "Write inf for infinity.")
            return Number(value, span=self.span(node))
        if value is None:
            return self.refuse(node, "None has no meaning here")
        if value is Ellipsis:
            return self.refuse(node, "'...' has no meaning here")
        return self.refuse(node, "this is not a number")

    def name(self, node: ast.Name) -> Expr:
        if keyword.iskeyword(node.id):  # after NFKC: a fullwidth 'if'
            return self.refuse(node, f"'{node.id}' is a word of Python and cannot be a name here")
        return Name(node.id, span=self.span(node))

    def unary(self, node: ast.UnaryOp, depth: int) -> Expr:
        operand = self.convert(node.operand, depth)
        match node.op:
            case ast.USub():
                return Unary("-", operand, span=self.span(node))
            case ast.UAdd():
                return Unary("+", operand, span=self.span(node))
            case ast.Not():
                return Not(operand, span=self.span(node))
            case _:
                return self.refuse(node, "'~' has no meaning here", "Use not.")

    def binary(self, node: ast.BinOp, depth: int) -> Expr:
        left, right = self.convert(node.left, depth), self.convert(node.right, depth)
        op = _BINARY.get(type(node.op))
        if op is None:
            return self.refuse(node, *_BIT_OPERATORS[type(node.op)])
        return Binary(op, left, right, span=self.span(node))

    def comparison(self, node: ast.Compare, depth: int) -> Expr:
        """a < b < c becomes (a < b) and (b < c)."""
        operands = [self.convert(x, depth) for x in (node.left, *node.comparators)]
        parts: list[Expr] = []
        for op, left, right in zip(node.ops, operands, operands[1:]):
            known = _COMPARE.get(type(op))
            if known is None:
                is_in = isinstance(op, ast.In | ast.NotIn)
                message = f"'{'in' if is_in else 'is'}' has no meaning here"
                return self.refuse(node, message, "" if is_in else "Use == to compare.")
            parts.append(Compare(known, left, right, span=left.span.to(right.span)))
        if len(parts) > 1:
            return Logic("and", tuple(parts), span=self.span(node))
        return Compare(parts[0].op, operands[0], operands[1], span=self.span(node))  # pyright: ignore

    def call(self, node: ast.Call, depth: int) -> Expr:
        for given in node.keywords:
            name = f"{given.arg}=" if given.arg else "**"
            self.refuse(given.value, f"arguments are given by position, without '{name}'")
        function = node.func
        if isinstance(function, ast.Attribute):
            return self.attribute(function)
        if not isinstance(function, ast.Name):
            return self.refuse(function, "this is not a function", "Is a * missing before the '('?")
        end = self.position(function.end_lineno or function.lineno, function.end_col_offset or 0)
        if not self.code[end:].lstrip(" \t").startswith("("):  # (a)(b)
            return self.refuse(node, "a '*' is missing between these two")
        args = tuple(self.convert(a, depth) for a in node.args)
        return Call(function.id, args, span=self.span(node))

    def attribute(self, node: ast.Attribute) -> Expr:
        """np.exp, math.exp, numpy.random.rand, ..."""
        owner: ast.expr = node
        while isinstance(owner, ast.Attribute):
            owner = owner.value
        if isinstance(owner, ast.Name) and owner.id in ("np", "numpy", "math", "scipy"):
            hint = f"Functions and constants are referred to by their bare name: {node.attr}."
        else:
            hint = "Models know no objects: give the value a name of its own."
        return self.refuse(node, f"'{self.span(node).text}' has no meaning here", hint)
