"""griffe extension: the project's docstrings, laid out in columns by hand, as Markdown.

name    what it is,             becomes a list of names and explanations
        over several lines
>>> code                        becomes a block of code
"""

import re
from itertools import pairwise

import griffe

_COLUMN = re.compile(r"^(?P<name>\S(?:.{0,38}?\S)?)(?:  +)(?P<text>\S.*)$")


def markdown(text):
    """A docstring as Markdown, paragraph by paragraph."""
    return "\n\n".join(_paragraph(p) for p in re.split(r"\n\s*\n", text) if p.strip())


def _paragraph(text):
    lines = text.strip("\n").splitlines()
    if lines[0].lstrip().startswith(">>>"):
        return "```pycon\n" + "\n".join(lines) + "\n```"
    if _COLUMN.match(lines[0]) and not lines[0].startswith(" "):
        return _list(lines)
    if all(line.startswith("    ") for line in lines):
        return text.rstrip("\n")  # a block of code
    return _plain("\n".join(lines))


def _plain(text):
    """Asterisks are products, not emphasis; in `code` they stand as they are."""
    parts = text.split("`")
    parts[::2] = [part.replace("*", "\\*") for part in parts[::2]]
    return "`".join(parts)


def _explanation(column, lines):
    """The lines of an explanation as text; those that are set in from its column stay, as code."""
    text = lines[0]
    for before, line in pairwise(lines):
        if line.startswith(" " * (column + 2)):
            text += f"<br>`{line.strip()}`"
        else:
            text += ("<br>" if before.startswith(" " * (column + 2)) else " ") + line.strip()
    return _plain(text)


def _list(lines):
    """Names with explanations; what follows the columns stays a paragraph."""
    items, rest = [], []
    for line in lines:
        found = _COLUMN.match(line)
        if rest or (not found and not line.startswith(" ")):
            rest.append(line)
        elif found and not line.startswith(" "):
            items.append((found["name"], found.start("text"), [found["text"]]))
        else:
            items[-1][2].append(line)
    listed = "\n".join(f"- `{name}` — {_explanation(*of)}" for name, *of in items)
    return listed + ("\n\n" + _plain("\n".join(rest)) if rest else "")


class Columns(griffe.Extension):
    """Rewrites the docstring of every object before it is rendered."""

    def on_object(self, *, obj, **_):
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)
