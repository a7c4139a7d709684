"""connect(dry_run=True) against what the same call makes."""

import numpy as np
import pytest

from rheobase import ModelIndexError, NeuronGroup, Synapses, ms, seed

COUNTED = [
    {},
    {"n": 3},
    {"condition": "j < i"},
    {"condition": "i != j and k_post == 1", "n": "k_pre"},
    {"condition": "i != j", "p": "1.0*(k_pre == 2)"},
    {"condition": False},
    {"j": "i"},
    {"j": "i + 3", "skip_if_invalid": True},
    {"j": "k for k in range(i - 2, i + 3) if k != i", "skip_if_invalid": True},
    {"i": "k for k in range(j % 7)"},
    {"j": "k for k in sample(N_post, size=7)"},
    {"j": "k for k in sample(N_post, size=7)", "skip_if_invalid": True},
    {"i": [1, 2, 2], "j": 0, "n": [3, 0, 1]},
    {"i": [1, 2], "j": [0, 3], "n": "i + j"},
    {"i": [1, 200], "j": [0, 3], "skip_if_invalid": True},
    {"table": {"i": np.array([3, 1]), "j": np.array([0, 2]), "w": np.ones(2)}},
]
CHANCE = [
    {"p": 0.1, "n": 2},
    {"p": "0.5*i/N_pre"},
    {"condition": "i != j", "p": 0.3},
    {"condition": "i < j", "p": "0.1 + 0.1*k_post", "n": "1 + k_pre"},
    {"j": "k for k in sample(N_post, p=0.2) if k != i"},
    {"i": "k for k in sample(j, N_pre, p=0.4)"},
    {"i": np.arange(40), "j": 3, "p": 0.5, "n": 3},
    {"i": np.arange(40), "j": np.arange(40), "p": "i/50."},
]
TRIED = [
    {"condition": "rand() < 0.25"},
    {"condition": "i != j", "n": "int(3*rand())"},
    {"j": "k for k in sample(N_post, size=10) if k > i"},
    {"j": "k for k in sample(i, i + 30, size=10)", "skip_if_invalid": True},
]


def make(n_source=40, n_target=50, **arguments):
    groups = [NeuronGroup(n, "k : integer\nx : 1", threshold="x > 1") for n in (n_source, n_target)]
    for group in groups:
        group.k = "i % 3"
    return Synapses(*groups, "w : 1\nc : 1 (shared)", **arguments)


@pytest.fixture
def natively(backend):
    """For what takes long: the backends make the same pairs (test_connect.py)."""
    if backend != "llvm":
        pytest.skip("on native code only")


@pytest.mark.parametrize("call", COUNTED, ids=str)
def test_what_chance_does_not_decide_is_counted(backend, call):
    S = make()
    expected = S.connect(**call, dry_run=True)
    assert len(S) == 0
    S.connect(**call)
    assert (expected.synapses, expected.std, expected.estimated) == (len(S), 0, False)


@pytest.mark.parametrize("call", CHANCE, ids=str)
def test_what_chance_decides_has_the_mean_and_the_deviation_of_many_calls(natively, call):
    """Of 100: mean and variance within 4 and 5 standard errors of those of the calls."""
    seed(3)
    S = make()
    expected, numbers = S.connect(**call, dry_run=True), [0]
    for _ in range(100):
        S.connect(**call)
        numbers.append(len(S))
    made = np.diff(numbers)
    assert not expected.estimated
    assert abs(np.mean(made) - expected.synapses) < 4 * expected.std / np.sqrt(100)
    assert abs(np.var(made) / expected.std**2 - 1) < 5 * np.sqrt(2 / 100)


@pytest.mark.parametrize("call", TRIED, ids=str)
def test_what_a_condition_draws_is_tried_once_and_said_to_be(call):
    seed(4)
    expected, S = make().connect(**call, dry_run=True), make()
    S.connect(**call)
    assert expected.estimated
    assert abs(len(S) - expected.synapses) < 6 * expected.std
    assert f"about {expected.synapses:,.0f} \u00b1" in str(expected)


@pytest.mark.parametrize("n", [2**16, 2**17])
def test_of_too_many_candidates_some_rows_are_counted(natively, n):
    """Half of 2^32 or 2^34 pairs."""
    expected = make(n, n).connect("i < j", dry_run=True)
    assert expected.estimated
    assert expected.synapses == pytest.approx(n * (n - 1) / 2, abs=2 * expected.std)


def test_a_short_range_of_many_neurons_is_counted(natively):
    expected = make(10**5, 10**5).connect(
        j="k for k in range(i - 5, i + 6)", skip_if_invalid=True, dry_run=True
    )
    assert (expected.synapses, expected.std) == (11 * 10**5 - 30, 0)


def test_bytes_are_those_of_the_arrays():
    """Target, variables, the list by target with sources, delays, order."""
    S = make(on_pre="x += w", on_post="w += x_pre")
    expected = S.connect(j="i", dry_run=True)
    assert expected.parts == {"target": 2, "w": 8, "list by target": 6}
    assert expected.bytes_rows == 8 * (41 + 51)
    assert expected.bytes_all == 40 * 16 + expected.bytes_rows
    S.connect(i=[3, 1], j=[0, 2])
    S.delay = [1, 2] * ms
    again = S.connect(j="i", dry_run=True)
    assert again.parts == {**expected.parts, "delay of pre": 14, "order": 4}
    assert (again.existing, again.bytes_rows) == (2, 0)
    unordered = make().connect(i=[3, 1], j=[0, 2], dry_run=True)
    assert unordered.parts == {"target": 2, "w": 8, "order": 4}
    assert make(2, 70_000).connect(dry_run=True).parts["target"] == 4


def test_a_dry_run_says_what_it_found():
    S = make(1000, 1000)
    assert str(S.connect(p=0.1, dry_run=True)) == (
        "connect() would make 100,000 \u00b1 300 synapses.\n"
        "Each takes 10 bytes: target 2, w 8.\n"
        "All take 1.01 MB, with the lists of rows."
    )
    S.connect(i=0, j=0)
    assert str(S.connect(i=1, j=1, dry_run=True)) == (
        "connect() would make 1 synapse.\n"
        "Each takes 14 bytes: target 2, w 8, order 4.\n"
        "All take 14 bytes, with the lists of rows.\n"
        "With the 1 that exist: 28 bytes."
    )
    huge = str(make(10**6, 10**6).connect(p=0.9, dry_run=True))
    assert "All take 10.8 TB" in huge
    assert "of memory that are free." in huge


def test_a_dry_run_refuses_what_the_call_refuses():
    with pytest.raises(ModelIndexError, match="i = 40, but there are only 40 elements"):
        make().connect(i=40, j=0, dry_run=True)
    with pytest.raises(ModelIndexError, match="only 50 elements"):
        make().connect(j="i + 20", dry_run=True)
    assert make().connect(j="k for k in sample(60, p=0.0)", dry_run=True).synapses == 0
