"""What the commands of this folder share: how they are called."""

from __future__ import annotations

import argparse

__all__ = ["search_options"]


def search_options(doc: str | None, n: int) -> argparse.Namespace:
    """`n`, the size of the search (by default `n`), and `seed`, as the command line gives them.

    doc   the docstring of the module, whose first line says what the command does
    """
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--n", type=int, default=n, help="how many cases")
    parser.add_argument("--seed", type=int, default=1, help="of the first case")
    return parser.parse_args()
