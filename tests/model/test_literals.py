"""Numbers in texts that set variables are data: other numbers, the same code."""

import numpy as np
import pytest

from rheobase import NeuronGroup, Synapses, mV
from rheobase.backends.llvm.jit import jit


def test_another_number_in_a_text_compiles_nothing(backend, monkeypatch, tmp_path):
    if backend != "llvm":
        pytest.skip("only one of the backends compiles")
    monkeypatch.setenv("RHEOBASE_CACHE_DIR", str(tmp_path))
    G = NeuronGroup(10, "v : volt\nw : 1")
    S = Synapses(G, G, "a : 1")
    S.connect(j="i")

    def set_all(x):
        G.v = f"{x}*mV + i*mV"
        G.w[f"i > {x}"] = f"exp({x}) + clip(i, 2.5, {x})"
        S.a = f"sin({x}*j)"

    set_all(1.5)
    before = jit().n_compiled
    for x in (2.25, 7.0, -0.5):
        set_all(x)
        np.testing.assert_allclose(G.v / mV, x + np.arange(10), rtol=1e-12)
        np.testing.assert_allclose(S.a, np.sin(x * np.arange(10)), rtol=1e-12)
    assert jit().n_compiled == before


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("3", np.full(6, 3.0)),
        ("-3 + 7//2 - -i", np.arange(6.0)),
        ("i % 3 + i/4 + 1/2", np.arange(6) % 3 + np.arange(6) / 4 + 0.5),
        ("i**2 + 2**i - i**-1.0*0", np.arange(6) ** 2 + 2.0 ** np.arange(6)),
        ("1.5*(i > 2 or not i < 5) + int(i == 4)", [0, 0, 0, 1.5, 2.5, 1.5]),
        ("(2.5 if i < 3 else -1.25)", [2.5] * 3 + [-1.25] * 3),
        ("1e300*1e10*0.0 + 1", np.full(6, np.nan)),
        ("clip(i, 1, 3)", [1, 1, 2, 3, 3, 3]),
    ],
)
def test_numbers_mean_what_they_say(text, wanted):
    G = NeuronGroup(6, "x : 1")
    G.x = text.replace("i**-1.0", "(i + 1)**-1.0")
    np.testing.assert_allclose(G.x, wanted, rtol=1e-14)


def test_single_precision_stays_single():
    G = NeuronGroup(4, "x : 1", dtype=np.float32)
    G.x = "0.1*i + 0.7"
    i = np.arange(4, dtype=np.float32)
    np.testing.assert_array_equal(G.x, np.float32(0.1) * i + np.float32(0.7))
