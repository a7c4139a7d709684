"""Pathways that are looked up together: the same as call after call, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import rheobase as rb
from rheobase import Network, NeuronGroup, SpikeMonitor, Synapses, ms
from rheobase.backends.llvm import executable, runs, tables
from rheobase.ir.domains import Elementwise, Events, Index, Propagate
from rheobase.ir.dtypes import F64, I64
from rheobase.ir.kernels import Array, Kernel
from rheobase.ir.partition import partition
from rheobase.ir.program import Call
from tests.backends.build import Code, index_list, part, slot, synapse_rows
from tests.network.all_threads import Always


def many_pathways() -> Network:
    """300 cells in two parts; 22 pathways with delays of 0, 1, ... steps, in which any
    number of the cells of a part spike, more than one batch and more events than are asked for."""
    rb.seed(3)
    draw = np.random.default_rng(3)
    n = 300
    cells = NeuronGroup(
        n, "dv/dt = (1.2 - v)/(10*ms) + 0.2*xi*(10*ms)**-0.5 : 1\nx : 1",
        threshold="v > 1", reset="v = 0", method="euler",
    )  # fmt: skip
    cells.v["i > 150"] = "0.999"  # they spike together
    objects: list[object] = [cells, SpikeMonitor(cells)]
    for k, part_ in enumerate((cells[:90], cells[90:])):
        for d in range(11):
            code = {"on_post": "x_pre += w"} if d == 7 else {"on_pre": "v_post += w; x_post += 1"}
            name = f"pathway_{k}_{d:02}"  # pathways are in the order of names
            delay = d * 0.1 * ms if d != 7 else None
            S = Synapses(part_, cells, "w : 1", delay=delay, name=name, **code)
            S.connect(i=draw.integers(0, len(part_), 600), j=np.sort(draw.integers(0, n, 600)))
            S.w = "0.01*rand()"
            if d == 9 and k == 1:
                S.delay = "0.7*ms*rand()"
            objects.append(S)
    return Network(*objects)


def outcome(threads: int) -> dict[str, np.ndarray]:
    rb.prefs.core.threads = threads
    net = many_pathways()
    try:
        net.run(20 * ms)
    finally:
        rb.prefs.core.threads = 0
    cells = net.objects[0]
    spikes = next(x for x in net.objects if isinstance(x, SpikeMonitor))
    assert len(spikes.i) > 300
    return {"v": cells.v[:], "x": cells.x[:], "i": spikes.i[:], "t": spikes.t_[:]}


def test_results_are_those_of_one_call_after_the_other(monkeypatch):
    """On one thread and on several."""
    monkeypatch.setattr(executable, "Pace", Always)
    found: list[list[int]] = []

    def spied(*given: object) -> list[int]:
        found.append(runs.run_ends(*given))
        return found[-1]

    with monkeypatch.context() as patched:
        patched.setattr(tables, "run_ends", spied)
        met = [outcome(threads) for threads in (1, 2)]
    networks = [ends for ends in found if len(ends) > 20]
    assert len(networks) >= 2
    assert all(max(e - k for k, e in enumerate(ends)) > runs.BATCH for ends in networks)
    monkeypatch.setattr(tables, "run_ends", lambda calls, *_: [0] * len(calls))
    wanted = outcome(1)
    for result in met:
        for name, values in wanted.items():
            np.testing.assert_array_equal(result[name], values, err_msg=name)


def pathway(**changes: object) -> Kernel:
    """w of each synapse is added to the neuron that it reaches."""
    code = Code()
    code.accumulate(1, code.load(0))
    rows, others, _ = synapse_rows(np.array([[0, 1], [2, 0]]), 3, Index.PRE)
    domain = Propagate(Events(index_list([0])), part(0, 3), Index.PRE, rows, others)
    arrays = Array(slot(F64, [0.1, 0.2]), Index.OWN), Array(TARGETS, Index.POST)
    return replace(Kernel("pathway", domain, arrays, body=tuple(code.ops)), **changes)


TARGETS = slot(F64, np.zeros(3))


def test_a_run_ends_where_something_else_begins():
    """Another kind of call, another clock, and code that has an effect in each step."""
    code = Code()
    code.store(0, code.const(1.0))
    everywhere = Kernel(
        "all", Elementwise(part(0, 3)), (Array(TARGETS, Index.OWN),), body=tuple(code.ops)
    )
    step = Code()
    step.store(2, step.const(1, I64))
    shared = (*pathway().arrays, Array(slot(I64, [0]), Index.SHARED))
    effect = pathway(arrays=shared, once=tuple(step.ops), body=())
    kernels = [*[pathway() for _ in range(4)], everywhere, pathway(), effect]
    calls = [Call(k, 0) for k in kernels] + [Call(pathway(), c) for c in (0, 0, 0, 0, 1, 1, 1, 0)]
    alone = partition([])
    n = len(calls)
    alone = replace(alone, divisions=[None] * n, waits=[False] * (n + 1))
    may = [runs.looked_up(c.kernel) for c in calls]
    assert may == [True] * 4 + [False, True, False] + [True] * 8
    assert runs.run_ends(calls, may, alone, [0] * n) == [4, *[0] * 6, 11, *[0] * 7]
    assert runs.run_ends(calls[:4], may, alone, [0, 0, 0, 1]) == [0] * 4
    waiting = replace(alone, waits=[True, False, True, False])
    assert runs.run_ends(calls[:4], may, waiting, [0] * 4) == [0] * 4
