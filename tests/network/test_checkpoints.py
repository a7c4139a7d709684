"""Checkpoints: a run that is split, stored and restored is the run that is not, bit for bit.

The long test is left out unless it is asked for:

    HYPOTHESIS_PROFILE=long pytest tests/network/test_checkpoints.py -k random_networks
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import rheobase as rb
from rheobase import ModelValueError, Network, NeuronGroup, StateMonitor, Synapses, checkpoints, ms

from . import networks

SPLITS = settings.default.max_examples // 10


def assert_same(first: Network, other: Network) -> None:
    expected, found = networks.result(first), networks.result(other)
    for name, values in expected.items():
        assert_array_equal(found[name], values, err_msg=name)
    assert len(expected["spikes.t"]) + len(expected["input_spikes.t"]) > 0


def whole(choice: int, steps: int) -> Network:
    net = networks.build(choice)
    net.run(steps * networks.STEP)
    return net


@settings(
    max_examples=SPLITS,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example compiles: no shrinking
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(choice=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 400), min_size=1, max_size=3))
def test_random_networks_split_at_random_points(choice, cuts, tmp_path):
    """Each part begins with objects made anew; the state comes from a file."""
    expected = whole(choice, 400)
    path = tmp_path / "state"
    path.unlink(missing_ok=True)
    net = networks.build(choice)
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), 400]):
        if first:
            net = networks.build(choice)
            net.restore("part", filename=path, restore_random_state=True)
        net.run((last - first) * networks.STEP)
        net.store("part", filename=path)
    assert_same(expected, net)


@pytest.mark.parametrize("choice", range(max(1, SPLITS // 4)))
def test_a_new_process_goes_on_where_another_has_ended(choice, backend, tmp_path):
    expected = whole(choice, 300)
    paths = [str(tmp_path / "first"), str(tmp_path / "second")]
    for steps, before, after in (("123", "-", paths[0]), ("177", *paths)):
        command = [sys.executable, networks.__file__, str(choice), steps]
        subprocess.run([*command, "part", backend, before, after], check=True)
    net = networks.build(choice)
    net.restore("part", filename=paths[1])
    assert_same(expected, net)


def test_what_the_script_has_names_for_is_no_part_of_an_object():
    """An object remembers the names that a run looked up; the state behind them is not its own."""
    rb.start_scope()
    tau = 10 * ms  # noqa: F841
    other = NeuronGroup(1, "w : 1", name="other")
    cells = NeuronGroup(1, "dv/dt = -v/tau : 1", name="cells")
    watch = StateMonitor(cells, "v", record=0, name="watch")
    w = other.variables["w"].slot
    held = [w]  # noqa: F841
    rb.run(1 * ms)
    for x in (cells, watch, *cells.contained_objects):
        assert all(part is not w for _, part in checkpoints.parts_of(x))


def test_a_network_returns_to_snapshots_in_memory_as_often_as_wanted():
    net = networks.build(3)
    net.run(5 * ms)
    net.store()
    net.store("same")
    net.run(10 * ms)
    expected = networks.result(net)
    for name in ("default", "same", "default"):
        net.restore(name, restore_random_state=True)
        assert net.t_ == 5e-3
        net.run(10 * ms)
        for key, values in networks.result(net).items():
            assert_array_equal(values, expected[key], err_msg=key)


def test_random_numbers_repeat_only_if_they_are_to():
    group = NeuronGroup(10, "dv/dt = xi/ms**0.5 : 1", method="euler")
    rb.store()
    rb.run(1 * ms)
    first = group.v_[:].copy()
    rb.restore()
    rb.run(1 * ms)
    assert (group.v_[:] != first).all()
    rb.restore(restore_random_state=True)
    rb.run(1 * ms)
    assert_array_equal(group.v_[:], first)


def test_synapses_come_back_though_nobody_connects_them(tmp_path):
    def make() -> tuple[Network, Synapses]:
        group = NeuronGroup(10, "x : 1", threshold="False", reset="", name="group")
        synapses = Synapses(group, group, "w : 1", on_pre="x += w", name="synapses")
        return Network(group, synapses), synapses

    net, synapses = make()
    synapses.connect(i=[3, 1, 5], j=[6, 4, 2])
    synapses.w = [1, 2, 3]
    synapses.delay = [1, 2, 3] * ms
    net.store(filename=tmp_path / "state")
    net, synapses = make()
    net.restore(filename=tmp_path / "state")
    assert_array_equal(synapses.i[:], [3, 1, 5])
    assert_array_equal(synapses.j[:], [6, 4, 2])
    assert_array_equal(synapses.w[:], [1, 2, 3])
    assert_array_equal(synapses.delay[:] / ms, [1, 2, 3])
    net.run(1 * ms)


def test_dt_comes_back():
    group = NeuronGroup(1, "dv/dt = 1/ms : 1")
    monitor = StateMonitor(group, "v", record=True)
    net = Network(group, monitor)
    rb.defaultclock.dt = 0.5 * ms
    net.store()
    net.run(1 * ms)
    rb.defaultclock.dt = 1 * ms
    net.run(2 * ms)
    net.restore()
    assert len(monitor.t) == 0
    assert rb.defaultclock.dt == 0.5 * ms
    net.run(1 * ms)
    assert_array_equal(monitor.t_, [0, 0.5e-3])


def test_other_names_are_refused_and_listed():
    first = Network(NeuronGroup(1, "v : 1", name="cells"))
    first.store()
    first.add(NeuronGroup(1, "v : 1", name="others"))
    with pytest.raises(KeyError, match="the snapshot lacks: others"):
        first.restore()
    with pytest.raises(KeyError, match=r"stored nothing as 'later'.*default"):
        first.restore("later")


def test_a_file_holds_several_snapshots_and_is_read_without_rheobase(tmp_path):
    path = tmp_path / "state"
    group = NeuronGroup(2, "v : 1", name="cells")
    net = Network(group)
    for k in range(3):
        group.v = k
        net.store(f"number {k}", filename=path)
    group.v = 9
    net.store("number 1", filename=path)
    with zipfile.ZipFile(path) as archive:
        header = json.loads(archive.read("checkpoint.json"))
        assert (header["format"], header["version"]) == ("rheobase checkpoint", 1)
        assert sorted(header["snapshots"]) == [f"number {k}" for k in range(3)]
        arrays = header["snapshots"]["number 1"]["objects"]["cells"]
        with archive.open(arrays["variables.v.slot"]) as file:
            assert_array_equal(np.load(file, allow_pickle=False), [9, 9])
    net.restore("number 2", filename=path)
    assert_array_equal(group.v_[:], [2, 2])
    with pytest.raises(KeyError, match="no snapshot 'number 7'"):
        net.restore("number 7", filename=path)
    assert os.listdir(tmp_path) == ["state"]


def test_a_file_that_is_no_checkpoint_is_refused_and_kept(tmp_path):
    path: Path = tmp_path / "state"
    path.write_text("something else")
    net = Network(NeuronGroup(1, "v : 1"))
    for action in (net.restore, net.store):
        with pytest.raises(ModelValueError, match="is not a checkpoint"):
            action(filename=path)
    assert path.read_text() == "something else"
