"""SONATA files become groups and synapses; libsonata reads the same from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rheobase as rb
from rheobase import Network, NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, ms, pA
from rheobase.exchange import (
    from_sonata,
    read_sonata_edges,
    read_sonata_nodes,
    read_sonata_spikes,
    write_sonata_spikes,
)

h5py = pytest.importorskip("h5py")

N_V1, N_LGN, N_EDGES = 20, 6, 300


def write_nodes(folder: Path) -> None:
    """v1: excitatory cells (group 0) with V_th each, inhibitory ones (group 1); lgn: virtual."""
    with h5py.File(folder / "v1_nodes.h5", "w") as file:
        v1 = file.create_group("nodes/v1")
        inhibitory = np.arange(N_V1) % 4 == 0
        v1["node_type_id"] = np.where(inhibitory, 200, 100)
        v1["node_group_id"] = inhibitory.astype(np.uint16)
        v1["node_group_index"] = np.where(
            inhibitory, np.cumsum(inhibitory) - 1, np.cumsum(~inhibitory) - 1
        )
        v1["0/dynamics_params/V_th"] = -50 - np.arange((~inhibitory).sum()) * 0.1
        v1["0/x"] = np.arange((~inhibitory).sum(), dtype=np.float32)
        v1["1/layer"] = np.zeros(inhibitory.sum(), np.uint8)
        v1["1/@library/layer"] = np.array(["L4", "L5"], dtype=h5py.string_dtype())
    (folder / "v1_types.csv").write_text(
        "node_type_id population model_type model_template dynamics_params tau_m ei\n"
        '100 v1 point_neuron nest:iaf_psc_exp "exc.json" 20.0 e\n'
        "200 v1 point_neuron nest:iaf_psc_delta NULL 10 i\n"
    )
    (folder / "models").mkdir()
    (folder / "models" / "exc.json").write_text('{"tau_syn_ex": 2.0, "V_th": -40, "note": "x"}')
    with h5py.File(folder / "lgn_nodes.h5", "w") as file:
        lgn = file.create_group("nodes/lgn")
        lgn["node_type_id"] = np.full(N_LGN, 7)
        lgn["node_id"] = np.arange(N_LGN)[::-1] + 10
    (folder / "lgn_types.csv").write_text(
        "node_type_id model_type model_template\n7 virtual NULL\n"
    )


def write_edges(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    made = {
        "i": rng.integers(0, N_V1, N_EDGES),
        "j": rng.integers(0, N_V1, N_EDGES),
        "group": rng.integers(0, 2, N_EDGES),
        "w": rng.uniform(1, 2, N_EDGES),
        "d": rng.integers(1, 20, N_EDGES) * 0.1,
    }
    with h5py.File(folder / "v1_edges.h5", "w") as file:
        edges = file.create_group("edges/v1_to_v1")
        for side, key in (("source", "i"), ("target", "j")):
            edges[f"{side}_node_id"] = made[key].astype(np.uint64)
            edges[f"{side}_node_id"].attrs["node_population"] = "v1"
        edges["edge_type_id"] = np.full(N_EDGES, 1)
        edges["edge_group_id"] = made["group"]
        index = np.zeros(N_EDGES, int)
        for k in range(2):  # the second group without weights of its own
            own = np.flatnonzero(made["group"] == k)
            order = rng.permutation(len(own))
            index[own] = order
            table = {"delay": made["d"]} | ({"syn_weight": made["w"]} if k == 0 else {})
            for name, values in table.items():
                stored = np.empty(len(own))
                stored[order] = values[own]
                edges[f"{k}/{name}"] = stored
        edges["edge_group_index"] = index
        feed = file.create_group("edges/lgn_to_v1")
        feed["source_node_id"], feed["target_node_id"] = [10, 15, 10], [0, 1, 2]
        feed["source_node_id"].attrs["node_population"] = "lgn"
        feed["target_node_id"].attrs["node_population"] = "v1"
        feed["edge_type_id"] = [2, 2, 2]
    (folder / "edge_types.csv").write_text(
        "edge_type_id population model_template syn_weight delay\n"
        "1 v1_to_v1 static_synapse 5.0 NULL\n"
        "2 lgn_to_v1 static_synapse 300 1.5\n"
    )
    made["w"] = np.where(made["group"] == 0, made["w"], 5.0)
    return made


def write_configs(folder: Path) -> None:
    circuit = {
        "manifest": {"$BASE": ".", "$MODELS": "${BASE}/models"},
        "components": {"point_neuron_models_dir": "$MODELS"},
        "networks": {
            "nodes": [
                {"nodes_file": f"$BASE/{n}_nodes.h5", "node_types_file": f"$BASE/{n}_types.csv"}
                for n in ("v1", "lgn")
            ],
            "edges": [
                {"edges_file": "$BASE/v1_edges.h5", "edge_types_file": "$BASE/edge_types.csv"}
            ],
        },
    }
    simulation = {
        "network": "circuit.json",
        "run": {"tstop": 100.0, "dt": 0.1},
        "inputs": {
            "feed": {
                "input_type": "spikes",
                "module": "h5",
                "input_file": "spikes.h5",
                "node_set": "lgn",
            }
        },
    }
    (folder / "circuit.json").write_text(json.dumps(circuit))
    (folder / "simulation.json").write_text(json.dumps(simulation))
    with h5py.File(folder / "spikes.h5", "w") as file:
        file["spikes/lgn/timestamps"] = np.array([30.0, 5.0, 5.0])
        file["spikes/lgn/timestamps"].attrs["units"] = "ms"
        file["spikes/lgn/node_ids"] = np.array([10, 15, 10], np.uint64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_nodes(tmp_path)
    write_configs(tmp_path)
    return tmp_path


EXC = {
    "model": """dv/dt = (-70*mV - v)/tau_m + I/(250*pF) : volt (unless refractory)
                dI/dt = -I/tau_syn : amp
                tau_m : second (constant)
                tau_syn : second (constant)
                V_th : volt (constant)""",
    "threshold": "v > V_th",
    "reset": "v = -70*mV",
    "refractory": 2 * ms,
    "values": {"tau_m": "tau_m*ms", "tau_syn": "tau_syn_ex*ms", "V_th": "V_th*mV", "v": "-70*mV"},
}
INH = {
    "model": "dv/dt = (-70*mV - v)/tau_m + I/(100*pF) : volt\nI : amp\ntau_m : second",
    "threshold": "v > -55*mV",
    "reset": "v = -70*mV",
    "values": {"tau_m": "tau_m*ms", "v": "-70*mV"},
}
MODELS = {"nest:iaf_psc_exp": EXC, "nest:iaf_psc_delta": INH}
STATIC = {"model": "w : amp", "on_pre": "I_post += w", "values": {"w": "syn_weight*pA"}}


def test_attributes_of_groups_come_before_those_of_types(folder: Path) -> None:
    nodes = read_sonata_nodes(folder / "v1_nodes.h5", folder / "v1_types.csv", [folder / "models"])
    a = nodes["v1"].attributes
    inhibitory = np.arange(N_V1) % 4 == 0
    assert a["tau_m"].tolist() == np.where(inhibitory, 10.0, 20.0).tolist()
    assert a["ei"].tolist() == np.where(inhibitory, "i", "e").tolist()
    assert a["V_th"][~inhibitory] == pytest.approx(-50 - np.arange(15) * 0.1)
    assert np.isnan(a["V_th"][inhibitory]).all()
    assert a["layer"][inhibitory].tolist() == ["L4"] * 5
    assert a["layer"][1] is None
    lgn = read_sonata_nodes(folder / "lgn_nodes.h5", folder / "lgn_types.csv")["lgn"]
    assert lgn.ids.tolist() == [15, 14, 13, 12, 11, 10]


def test_attributes_of_edges_are_those_of_their_groups(folder: Path) -> None:
    made = write_edges(folder)
    mine = read_sonata_edges(folder / "v1_edges.h5", folder / "edge_types.csv")["v1_to_v1"]
    assert (mine.source, mine.target, len(mine)) == ("v1", "v1", N_EDGES)
    np.testing.assert_array_equal(mine.sources, made["i"])
    np.testing.assert_array_equal(mine.attributes["delay"], made["d"])
    np.testing.assert_array_equal(mine.attributes["syn_weight"], made["w"])


def test_libsonata_reads_the_same(tmp_path: Path) -> None:
    """From populations of one group, the only ones that it reads."""
    libsonata = pytest.importorskip("libsonata")
    rng = np.random.default_rng(2)
    with h5py.File(tmp_path / "edges.h5", "w") as file:
        edges = file.create_group("edges/e")
        for side in ("source", "target"):
            edges[f"{side}_node_id"] = rng.integers(0, 9, 30).astype(np.uint64)
            edges[f"{side}_node_id"].attrs["node_population"] = f"{side}s"
        edges["edge_type_id"] = np.full(30, -1)
        edges["edge_group_id"], edges["edge_group_index"] = np.zeros(30), np.arange(30)
        edges["0/delay"] = rng.random(30)
        edges["0/dynamics_params/tau"] = rng.random(30)
    mine = read_sonata_edges(tmp_path / "edges.h5")["e"]
    theirs = libsonata.EdgeStorage(str(tmp_path / "edges.h5")).open_population("e")
    every = theirs.select_all()
    np.testing.assert_array_equal(theirs.source_nodes(every), mine.sources)
    np.testing.assert_array_equal(theirs.target_nodes(every), mine.targets)
    assert (theirs.source, theirs.target) == (mine.source, mine.target)
    np.testing.assert_array_equal(theirs.get_attribute("delay", every), mine.attributes["delay"])
    tau = theirs.get_dynamics_attribute("tau", every)
    np.testing.assert_array_equal(tau, mine.attributes["tau"])


def test_a_circuit_becomes_groups_and_synapses_with_its_numbers(folder: Path) -> None:
    made = write_edges(folder)
    net = from_sonata(folder / "circuit.json", models=MODELS, synapses={"*": STATIC}, dt=0.1 * ms)
    inhibitory = np.arange(N_V1) % 4 == 0
    exc, inh = net["v1_nest_iaf_psc_exp"], net["v1_nest_iaf_psc_delta"]
    assert (len(exc), len(inh), len(net["lgn"])) == (15, 5, N_LGN)
    assert exc.tau_syn / ms == pytest.approx(2)
    assert exc.V_th / rb.mV == pytest.approx(-50 - np.arange(15) * 0.1)
    assert inh.tau_m / ms == pytest.approx(10)
    number = np.where(inhibitory, np.cumsum(inhibitory) - 1, np.cumsum(~inhibitory) - 1)
    found = []
    for s in (x for x in net.objects if isinstance(x, Synapses) and x.source is not net["lgn"]):
        i, j = (np.flatnonzero(inhibitory == (g is inh)) for g in (s.source, s.target))
        found += zip(i[s.i], j[s.j], np.asarray(s.w / pA), np.asarray(s.delay / ms))
    want = zip(made["i"], made["j"], made["w"], made["d"])
    np.testing.assert_allclose(sorted(found), sorted(want), rtol=1e-12)
    assert len(number) == N_V1


def test_a_simulation_runs_as_the_same_network_made_by_hand(folder: Path) -> None:
    made = write_edges(folder)
    net = from_sonata(
        folder / "simulation.json",
        models={"v1": {**EXC, "values": {"v": "-70*mV", "tau_m": "tau_m*ms", "V_th": None,
                                         "tau_syn": None}}},
        synapses={"lgn_to_v1": {**STATIC, "values": {"w": "syn_weight*20*pA"}},
                  "static_synapse": STATIC},
    )  # fmt: skip
    cells = net["v1"]
    cells.tau_syn, cells.V_th = 2 * ms, -50 * rb.mV
    spikes = SpikeMonitor(cells)
    net.add(spikes)
    net.run(60 * ms)

    options = {k: v for k, v in EXC.items() if k != "values"}
    G = NeuronGroup(N_V1, **options, dt=0.1 * ms)
    G.v, G.V_th, G.tau_syn = -70 * rb.mV, -50 * rb.mV, 2 * ms
    G.tau_m = np.where(np.arange(N_V1) % 4 == 0, 10, 20) * ms
    lgn = SpikeGeneratorGroup(2, [0, 1, 0], [5, 5, 30] * ms, dt=0.1 * ms)
    feed = Synapses(lgn, G, on_pre="I_post += 6*nA", delay=1.5 * ms)
    feed.connect(i=[0, 0, 1], j=[0, 2, 1])
    S = Synapses(G, G, "w : amp", on_pre="I_post += w")
    S.connect(i=made["i"], j=made["j"])
    S.w, S.delay = made["w"] * pA, made["d"] * ms
    mine = SpikeMonitor(G)
    Network(lgn, G, feed, S, mine).run(60 * ms)
    assert mine.num_spikes >= 5
    np.testing.assert_array_equal(spikes.i, mine.i)
    np.testing.assert_array_equal(spikes.t_, mine.t_)


def test_spikes_are_written_as_libsonata_reads_them(tmp_path: Path) -> None:
    a = SpikeGeneratorGroup(5, [4, 0, 2], [1, 2, 3] * ms, name="a")
    b = SpikeGeneratorGroup(5, [1], [2] * ms, name="b")
    monitors = SpikeMonitor(a), SpikeMonitor(b)
    Network(a, b, *monitors).run(5 * ms)
    write_sonata_spikes(tmp_path / "spikes.h5", *monitors)
    i, t = read_sonata_spikes(tmp_path / "spikes.h5", "a")
    np.testing.assert_array_equal(i, monitors[0].i)
    np.testing.assert_allclose(t / ms, [1, 2, 3])
    libsonata = pytest.importorskip("libsonata")
    population = libsonata.SpikeReader(str(tmp_path / "spikes.h5"))["a"]
    assert [int(n) for n, _ in population.get()] == [4, 0, 2]
    assert [float(x) for _, x in population.get()] == pytest.approx([1, 2, 3])
    assert population.sorting == "by_time"
    with pytest.raises(rb.ModelValueError, match=r"has the populations \['a', 'b'\]: say which"):
        read_sonata_spikes(tmp_path / "spikes.h5")


def test_what_does_not_fit_is_said(folder: Path) -> None:
    write_edges(folder)

    def read(**more: Any) -> Network:
        given = {"models": MODELS, "synapses": {"*": STATIC}} | more
        return from_sonata(folder / "circuit.json", **given)

    with pytest.raises(rb.ModelValueError, match=r"models= says nothing of 'v1'.*iaf_psc_delta"):
        read(models={"nest:iaf_psc_exp": EXC})
    unit = {k: v for k, v in INH.items() if k != "values"}
    with pytest.raises(rb.ModelValueError, match=r"values=\{'tau_m': 'tau_m\*second'\}"):
        read(models={**MODELS, "nest:iaf_psc_delta": unit})
    wrong = {**STATIC, "values": {"w": "syn_weight*nS"}}
    with pytest.raises(rb.DimensionMismatchError, match="syn_weight"):
        read(synapses={"*": wrong})
    misspelt = {**STATIC, "values": {"w": "synweight*pA"}}
    with pytest.raises(rb.UnknownNameError, match="Did you mean 'syn_weight'"):
        read(synapses={"*": misspelt})
    with pytest.raises(rb.ModelValueError, match="do not have the attribute 'tau_syn_ex'"):
        read(models={"v1": EXC})


def test_files_of_another_kind_are_refused(folder: Path) -> None:
    with pytest.raises(rb.ModelValueError, match="is no file of edges"):
        read_sonata_edges(folder / "v1_nodes.h5")
    with pytest.raises(rb.ModelValueError, match=r"There is no file 'exc\.json'"):
        read_sonata_nodes(folder / "v1_nodes.h5", folder / "v1_types.csv")
