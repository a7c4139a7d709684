"""Parameters with the flag (constant) that a run changes: each step uses the new value.

The tables of `exact` are computed from constants before a run. Here the same model without the
flag, which needs no table, says what is right.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from rheobase import (
    Hz,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    Synapses,
    ms,
    network_operation,
)
from rheobase.model.base import SimulationObject

MODEL = "dv/dt = (I - v)/(10*ms) : 1\nI : 1{flag}"


def _regularly(G: NeuronGroup) -> list[SimulationObject]:
    G.run_regularly("I *= 0.5", dt=1 * ms)
    return []


def _by_reset(G: NeuronGroup) -> list[SimulationObject]:
    del G
    return []


def _by_synapses(G: NeuronGroup) -> list[SimulationObject]:
    source = SpikeGeneratorGroup(1, [0, 0], [1, 3] * ms)
    S = Synapses(source, G, on_pre="I_post += 1")
    S.connect()
    return [source, S]


def _by_python(G: NeuronGroup) -> list[SimulationObject]:
    @network_operation(dt=1 * ms)
    def change() -> None:
        G.I += 0.5

    return [change]


def _of_a_part_by_python(G: NeuronGroup) -> list[SimulationObject]:
    part = G[1:]

    @network_operation(dt=1 * ms)
    def change() -> None:
        part.I = 7

    return [change]


CHANGES = [_regularly, _by_reset, _by_synapses, _by_python, _of_a_part_by_python]


def _final(
    flag: str, change: Callable[[NeuronGroup], list[SimulationObject]]
) -> NDArray[np.float64]:
    model = MODEL.format(flag=flag)
    G = NeuronGroup(3, model, threshold="v > 1", reset="v = 0; I -= 0.1", method="exact")
    G.I = [1, 5, 20]
    net = Network(G, *change(G))
    net.run(2 * ms)
    net.run(3 * ms)
    return np.concatenate([G.v[:], G.I[:]])


@pytest.mark.parametrize("change", CHANGES)
def test_a_constant_that_is_changed_counts_from_then_on(
    change: Callable[[NeuronGroup], list[SimulationObject]],
) -> None:
    right = _final("", change)
    assert (right[3:] != [1, 5, 20]).any()
    np.testing.assert_allclose(_final(" (constant)", change), right, rtol=1e-12)


def test_a_matrix_of_constants_is_computed_again() -> None:
    def final(flag: str) -> NDArray[np.float64]:
        model = f"dv/dt = (w - v)*rate : 1\ndw/dt = -v*rate : 1\nrate : hertz (shared{flag})"
        G = NeuronGroup(1, model, method="exact" if flag else "rk4")
        G.v, G.rate = 1, 100 * Hz

        @network_operation(dt=1 * ms)
        def faster() -> None:
            G.rate = G.rate * 1.5

        Network(G, faster).run(5 * ms)
        return np.array([G.v[0], G.w[0]])

    np.testing.assert_allclose(final(", constant"), final(""), rtol=1e-5)
