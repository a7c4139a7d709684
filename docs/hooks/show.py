"""For the code that pages run: print(show(...)) puts the present figure into the page."""

from io import StringIO

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

plt.rcParams.update({"svg.hashsalt": "rheobase", "figure.figsize": (7, 2.8), "font.size": 9})


def show(alt):
    """The figure as HTML; `alt` says in words what is to be seen."""
    buffer = StringIO()
    plt.tight_layout()
    plt.gcf().savefig(buffer, format="svg")  # that of pyplot draws once more, for a window
    plt.close("all")
    svg = buffer.getvalue()
    return f'<div role="img" aria-label="{alt}">{svg[svg.index("<svg") :]}</div>'
