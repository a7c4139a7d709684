"""The tokens of the model language, and what is wrong with a text that does not parse.

Python's own parser decides what an expression is; this page looks at the text before it (brackets,
strings, characters without a meaning) and finds words for it after it has refused.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from rheobase.lang.habits import character_hint
from rheobase.records import record
from rheobase.units.specs import find_spec

__all__ = [
    "ASSIGNMENTS",
    "Complain",
    "Token",
    "check_tokens",
    "diagnose",
    "split_statements",
    "tokenize",
]

TokenKind = Literal["name", "number", "string", "operator", "open", "close", "newline", "other"]

# called with start, end (in the text), the message and a hint
Complain: TypeAlias = Callable[[int, int, str, str], None]


@record
class Token:
    """Characters start <= k < end of the text; comments and blanks are no tokens."""

    kind: TokenKind
    text: str
    start: int
    end: int


_PATTERN: Final = re.compile(
    r"""
      (?P<blank>(?:[ \t\f]|\\(?:\r\n|\r|\n))+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<newline>\r\n|\r|\n|;)
    | (?P<number>0[xX][0-9a-fA-F_]+ | 0[bB][01_]+ | 0[oO][0-7_]+
        | (?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)
    | (?P<name>(?:[A-Za-z_]|[^\x00-\x7f])(?:\w|[^\x00-\x7f])*)
    | (?P<string>["'])
    | (?P<operator>\*\*=|//=|<<=|>>=|\*\*|//|<<|>>|<=|>=|==|!=|<>|=<|=>|:=|->|&&|\|\||
        [-+*/%@&|^]=|[-+*/%<>=.,:@&|^~!])
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

MAX_BRACKETS: Final = 80  # Python's parser itself gives up at about 90

_NOTHING: Final = Token("newline", "", 0, 0)
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_KEYWORDS: Final = frozenset(keyword.kwlist) - {"and", "or", "not", "if", "else", "True", "False"}
_WORD_OPERATORS: Final = ("and", "or", "not", "if", "else")

_INSTEAD: Final = {
    "^": ("'^' has no meaning here", "Use ** for powers."),
    "&&": ("'&&' has no meaning here", "Use and."),
    "||": ("'||' has no meaning here", "Use or."),
    "&": ("'&' has no meaning here", "Use and."),
    "|": ("'|' has no meaning here", "Use or; the absolute value is abs(x)."),
    "~": ("'~' has no meaning here", "Use not."),
    "!": ("'!' has no meaning here", "Use not."),
    "<>": ("'<>' is no comparison", "Use !=."),
    "=<": ("'=<' is no comparison", "Use <=."),
    "=>": ("'=>' is no comparison", "Use >=."),
    ":=": ("':=' has no meaning here", "An expression cannot assign."),
    ":": ("':' has no meaning here", ""),
    "@": ("'@' has no meaning here", "Use * to multiply."),
}

_CONDITIONAL: Final = "A conditional value is 'a if condition else b'."
ASSIGNMENTS: Final = ("=", "+=", "-=", "*=", "/=", "//=", "%=", "**=")


def tokenize(text: str) -> tuple[Token, ...]:
    """The tokens of a text, in order; every character that is not blank or comment is in one."""
    found: list[Token] = []
    for m in _PATTERN.finditer(text):
        kind = m.lastgroup
        if kind not in ("blank", "comment"):
            found.append(Token(kind, m.group(), m.start(), m.end()))  # pyright: ignore
    return tuple(found)


def check_tokens(tokens: tuple[Token, ...], complain: Complain) -> None:
    """Complain about strings, odd characters, joined numbers and names, and open brackets."""
    stack: list[Token] = []
    previous = _NOTHING
    for token in tokens:
        if token.kind == "string":
            complain(token.start, token.end, "a text in quotes has no meaning here", "")
            return  # what follows may be inside the quotes
        if token.kind in ("other", "name") and not token.text.isidentifier():
            at = _odd_place(token.text)
            message = _odd_character(token.text[at])
            hint = character_hint(token.text[at])
            complain(token.start + at, token.start + at + 1, message, hint)
            return  # where the next token begins is a guess now
        if token.kind == "name" and _is_number_at(previous, token.start):
            complain(previous.start, token.end, *_joined(previous, token))
        elif token.text == ";" and stack:
            complain(token.start, token.end, "';' cannot stand inside brackets", "")
            return
        elif token.kind == "open":
            stack.append(token)
            if len(stack) > MAX_BRACKETS:
                complain(token.start, token.end, f"more than {MAX_BRACKETS} brackets are open", "")
                return
        elif token.kind == "close":
            if not stack:
                message = f"this '{token.text}' closes nothing"
                complain(token.start, token.end, message, "")
                return
            opened = stack.pop()
            if _CLOSING[opened.text] != token.text:
                message = f"'{token.text}' cannot close the '{opened.text}' before it"
                complain(token.start, token.end, message, "")
                return
        previous = token
    for opened in stack[-1:]:
        complain(opened.start, opened.end, f"this '{opened.text}' is never closed", "")


def _is_number_at(token: Token, end: int) -> bool:
    return token.kind == "number" and token.end == end


def _odd_place(text: str) -> int:
    """Where the first character stands that no name can hold."""
    for at in range(len(text)):
        if not text[: at + 1].isidentifier():
            return at
    return 0


def _odd_character(char: str) -> str:
    name = unicodedata.name(char, "")
    visible = char if char.isprintable() and not char.isspace() else ""
    known = f"U+{ord(char):04X}" + (f" {name}" if name else "")
    return (
        f"the character '{visible}' ({known}) has no meaning here"
        if visible
        else (f"the invisible character {known} has no meaning here")
    )


def _joined(number: Token, name: Token) -> tuple[str, str]:
    if name.text in ("j", "J"):
        return "there are no complex numbers here", ""
    return (
        f"a number and a name stand together: '{number.text}{name.text}'",
        f"Write {number.text}*{name.text} for a product.",
    )


def split_statements(tokens: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """The tokens of each statement: they end at a newline or ';' outside brackets.

    Newlines inside brackets are left out. The brackets must match.
    """
    statements: list[tuple[Token, ...]] = []
    current: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind != "newline":
            current.append(token)
        elif depth == 0 or token.text == ";":
            statements.append(tuple(current))
            current = []
    statements.append(tuple(current))
    return [s for s in statements if s]


def diagnose(tokens: tuple[Token, ...], complain: Complain) -> bool:
    """Complain about the first thing that the parser may have stumbled over; say if there was one.

    tokens   of one expression, or of the right-hand side of a statement
    """
    tokens = tuple(t for t in tokens if t.text not in ("\n", "\r", "\r\n"))
    before: Token | None = None
    for token in tokens:
        fault = (
            _split_comparison(before, token)
            or _fault_of(token)
            or _unit_without_colon(before, token, tokens[-1])
            or _fault_between(before, token)
        )
        if fault:
            start = before.start if before and fault[2] else token.start
            complain(start, token.end, fault[0], fault[1])
            return True
        before = token
    words = [t for t in tokens if t.text in ("if", "else")]
    if words and words[-1].text == "if":
        complain(words[-1].start, words[-1].end, "this 'if' has no 'else'", _CONDITIONAL)
        return True
    if before is not None and _wants_operand(before):
        complain(before.start, before.end, f"nothing follows '{before.text}'", "")
        return True
    return False


def _split_comparison(before: Token | None, token: Token) -> tuple[str, str, bool] | None:
    if before is None or token.text != "=" or before.text not in ("<", ">", "!", "="):
        return None
    return f"a blank divides '{before.text}='", f"Write {before.text}= without it.", True


def _unit_without_colon(
    before: Token | None, token: Token, last: Token
) -> tuple[str, str, bool] | None:
    """At the end of an equation, its unit may stand without the colon."""
    if token is not last or token.kind != "name" or not _ends_operand(before):
        return None
    if find_spec(token.text) is None:
        return None
    hint = _hint_between(before, token)
    if before is not None and before.kind != "number":
        hint = "Is a * missing, or the colon in front of a unit?"
    return "an operator is missing between these two", hint, True


def _fault_of(token: Token) -> tuple[str, str, bool] | None:
    if token.text == "elif":
        return "'elif' has no meaning here", "Write a if p else (b if q else c).", False
    if token.kind == "name" and token.text in _KEYWORDS:
        return f"'{token.text}' is a word of Python and cannot be a name here", "", False
    if token.text == ";":
        return "';' has no meaning in an expression", "", False
    if token.text in ASSIGNMENTS:
        hint = "Use == to compare." if token.text == "=" else ""
        return f"an expression cannot hold '{token.text}'", hint, False
    if token.text in _INSTEAD:
        return (*_INSTEAD[token.text], False)
    return None


def _fault_between(before: Token | None, token: Token) -> tuple[str, str, bool] | None:
    """What is wrong with two neighbours: the last entry says whether both are meant."""
    if _ends_operand(before) and _begins_operand(token):
        if token.kind == "open" and token.text != "(":
            return None
        if before is not None and before.kind == "number" and token.kind == "open":
            return f"a number cannot be called: '{before.text}('", "Is a * missing?", True
        if token.kind != "open":
            return "an operator is missing between these two", _hint_between(before, token), True
    starts = before is None or before.kind == "open" or _wants_operand(before)
    if starts and (_is_infix(token) or token.kind == "close"):
        if before is None or before.kind == "open":
            if token.kind == "close":
                return None  # a call without arguments
            hint = _CONDITIONAL if token.text == "if" else ""
            return f"nothing stands before '{token.text}'", hint, False
        return f"nothing stands between '{before.text}' and '{token.text}'", "", True
    return None


def _hint_between(before: Token | None, token: Token) -> str:
    """What to try where two operands meet; a number and its unit are what an f-string writes."""
    if before is None or before.kind != "number" or find_spec(token.text) is None:
        return "Is a * missing?"
    return (
        f"Write {before.text}*{token.text}; if an f-string wrote it, write the name of the "
        "quantity without braces: names of the script are known here."
    )


def _ends_operand(token: Token | None) -> bool:
    if token is None:
        return False
    return token.kind in ("number", "close") or (
        token.kind == "name" and token.text not in _WORD_OPERATORS
    )


def _begins_operand(token: Token) -> bool:
    return token.kind in ("number", "open") or (
        token.kind == "name" and token.text not in _WORD_OPERATORS
    )


def _wants_operand(token: Token) -> bool:
    return token.kind == "operator" or (token.kind == "name" and token.text in _WORD_OPERATORS)


def _is_infix(token: Token) -> bool:
    if token.kind == "operator":
        return token.text not in ("-", "+", "~", ".")
    return token.kind == "name" and token.text in ("and", "or", "if", "else")
