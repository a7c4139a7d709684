"""mkdocs hook: code that pages run has a source, as that of a script has.

Functions in models are compiled from their source, which Python finds in `linecache`.
"""

import linecache
import re
import sys


def _remember(event, arguments):
    if event != "compile":
        return
    source, name = arguments
    if isinstance(source, bytes) and str(name).startswith("<code block: "):
        text = source.decode()
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)


def on_page_content(html, **_):
    """Messages name the place in a script, as they do for readers who run the code."""
    return re.sub(r"&lt;code block: [^&]*&gt;", "script.py", html)


def on_startup(command, dirty):
    sys.addaudithook(_remember)
