"""Errors in a notebook: the lines of cells that led there, and what is wrong."""

from __future__ import annotations

import pytest

pytest.importorskip("IPython")

CELLS = """from rheobase import *

def simulate():
    run(1*ms)
""", "G = NeuronGroup(3, 'dv/dt = -v/tauu : volt')\nsimulate()"  # fmt: skip


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    yield InteractiveShell.instance(config=config, colors="nocolor")
    InteractiveShell.clear_instance()


def test_an_error_shows_the_cells_and_not_the_package(shell, capsys):
    for cell in CELLS:
        shell.run_cell(cell, store_history=True)
    shown = capsys.readouterr().out
    begin = shown.index("Cell In[2], line 2")
    lines = [line.rstrip() for line in shown[begin:].splitlines()]
    assert lines[:4] == [
        "Cell In[2], line 2",
        "    simulate()",
        "Cell In[1], line 4, in simulate",
        "    run(1*ms)",
    ]
    assert "UnknownNameError" in lines[4]
    assert "NeuronGroup 'neurongroup" in lines[4]
    assert "(cell [2], line 1), equations" in lines[4]
    assert "'tauu' is unknown" in lines[7]
    assert "rheobase/" not in "".join(lines)


def test_long_arrays_are_text_and_short_ones_are_formulas():
    from rheobase import mV

    assert ([1.0] * 10 * mV)._repr_latex_() is not None
    assert ([1.0] * 11 * mV)._repr_latex_() is None
