"""A run that goes on with an unchanged network costs few calls of Python."""

import sys

import pytest

from rheobase import Network, NeuronGroup, SpikeMonitor, Synapses, exp, ms, prefs


def calls_of(network: Network) -> int:
    """Functions of Python that a run enters."""
    n_calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal n_calls
        n_calls += event == "call"

    sys.setprofile(count)
    try:
        network.run(1 * ms, namespace={"exp": exp})
    finally:
        sys.setprofile(None)
    return n_calls


def plain() -> Network:
    cells = NeuronGroup(2, "dv/dt = (2 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0")
    return Network(cells, SpikeMonitor(cells))


def plastic() -> Network:
    network = plain()
    cells = network.objects[0]
    synapses = Synapses(
        cells,
        cells,
        "w : 1\ndx/dt = -x/(20*ms) : 1 (event-driven)\ndy/dt = -y/(20*ms) : 1 (event-driven)",
        on_pre="v += w; x += 1; w = clip(w - y, 0, 1)",
        on_post="y += 1; w = clip(w + x, 0, 1)",
    )
    synapses.connect()
    network.add(synapses)
    return network


@pytest.mark.parametrize(("make", "most"), [(plain, 420), (plastic, 760)])
def test_an_unchanged_run_makes_few_calls(backend, make, most):
    """Names are not resolved again, also where a script has the name of a function: exp."""
    if backend != "llvm":
        pytest.skip("the reference backend is written in Python")
    prefs.core.threads = 1
    network = make()
    for _ in range(3):
        network.run(1 * ms, namespace={"exp": exp})
    assert calls_of(network) < most
