"""Scripts that set the device 'neuroml2' write a file, with brian2tools' names as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

import rheobase as rb
import rheobase.exchange
from rheobase import NeuronGroup, ms, mV, run, set_device
from rheobase.cli.scripts import run_script

SCRIPT = """
from brian2 import *
import brian2tools.nmlexport

set_device('neuroml2', filename='cells.xml')
tau = 10*ms
cells = NeuronGroup(3, 'dv/dt = (v0 - v)/tau : volt (unless refractory)\\nv0 : volt',
                    threshold='v > 10*mV', reset='v = 0*mV', refractory=5*ms, method='linear',
                    name='cells')
cells.v0 = '20*mV*i/(N - 1)'
states = StateMonitor(cells, 'v', record=[0, 2])
spikes = SpikeMonitor(cells, record=[0, 2])
run(0.5*second)
assert states.t.size == 0
"""


@pytest.fixture(autouse=True)
def back_to_runtime() -> Iterator[None]:
    yield
    rb.devices.reinit_devices()


def test_a_script_for_brian2tools_writes_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    run_script(tmp_path / "script.py", [])
    lems = ElementTree.parse(tmp_path / "cells.xml").getroot()
    simulation = lems.find("Simulation")
    assert simulation is not None
    assert simulation.get("length") == "0.5 s"
    assert [p.get("size") for p in lems.iter("population")] == ["1", "1", "1"]
    components = [c for c in lems if c.tag == "cells_type"]
    assert [c.get("v0") for c in components] == ["0 V", "0.01 V", "0.02 V"]
    assert {c.get("tau") for c in components} == {"0.01 s"}
    assert len(list(lems.iter("OutputColumn"))) == 2


def test_a_file_holds_one_run(tmp_path: Path) -> None:
    set_device("neuroml2", filename=tmp_path / "one.xml")
    cells = NeuronGroup(1, "dv/dt = -v/(10*ms) : volt", name="cells")
    cells.v = 10 * mV
    run(1 * ms)
    assert cells.v[0] / mV == pytest.approx(10)  # nothing is simulated
    with pytest.raises(rb.UnsupportedError, match="a NeuroML file holds one run"):
        run(1 * ms)


def test_a_file_must_be_named() -> None:
    with pytest.raises(rb.ModelValueError, match="give filename="):
        set_device("neuroml2")
