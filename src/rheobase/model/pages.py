"""How groups show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Iterable

from rheobase.equations import Equations

__all__ = ["group_page"]


def group_page(title: str, equations: Equations, code: Iterable[tuple[str, str]]) -> str:
    """A title (HTML), equations typeset, and pieces of code with what each is."""
    from html import escape  # only notebooks ask for it

    parts = [title]
    if equations:
        parts.append(equations._repr_latex_())  # pyright: ignore[reportPrivateUsage]
    for what, text in code:
        lines = "<br/>".join(escape(line.strip()) for line in text.strip().splitlines())
        parts.append(f"<b>{escape(what)}</b>: <code>{lines}</code>")
    return "<br/>".join(parts)
