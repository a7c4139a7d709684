"""poisson() and BinomialFunction: their distributions, and the same numbers on both backends."""

import numpy as np
import pytest
from scipy import optimize, stats

import rheobase as rb
from rheobase import BinomialFunction, ModelTypeError, ModelValueError, NeuronGroup
from rheobase.lang.functions import FUNCTIONS

N = 20_000


def drawn(code, n=N, **names):
    group = NeuronGroup(n, "k : integer", namespace=names)
    group.k = code
    return np.array(group.k[:])


def chi_square(sample, distribution):
    """The p-value of the counts, with rare values pooled."""
    edges = np.unique(distribution.ppf(np.linspace(0.005, 0.995, 30)).astype(int))
    probabilities = np.diff(np.concatenate([[0], distribution.cdf(edges), [1]]))
    bins = np.searchsorted(edges, sample, side="left")
    counts = np.bincount(bins, minlength=len(edges) + 1)
    used = probabilities > 0
    assert counts[~used].sum() == 0
    return stats.chisquare(counts[used], probabilities[used] * len(sample)).pvalue


@pytest.mark.parametrize("mean", [0.01, 0.7, 5.0, 11.99, 12.0, 40.0, 1e4])
def test_poisson_numbers_follow_the_poisson_distribution(mean):
    rb.seed(4711)
    assert chi_square(drawn(f"poisson({mean})"), stats.poisson(mean)) > 1e-3


@pytest.mark.parametrize("code", ["poisson(0)", "poisson(-3)", "poisson(0*inf)"])
def test_poisson_of_no_mean_is_zero(code):
    assert drawn(code, 100).tolist() == [0] * 100


@pytest.mark.parametrize(("mean", "error"), [(12, 4e-5), (100, 5e-7), (1e4, 1e-9)])
def test_the_quantile_of_large_means_is_as_exact_as_documented(mean, error):
    """Where the quantile reaches k + 1, the normal and the Poisson distribution agree."""

    def quantile(w):
        terms = mean + np.sqrt(mean) * w + 1 / 3 + w**2 / 6 - (w / 36 + w**3 / 72) / np.sqrt(mean)
        return terms + (7 * w**2 / 810 + w**4 / 270 - 8 / 405) / mean

    spread = 5 * np.sqrt(mean)
    values = np.unique(np.linspace(max(1, mean - spread), mean + spread, 60).astype(int))
    for k in values[(values >= quantile(-5)) & (values < quantile(5))]:
        w = optimize.brentq(lambda w, k=k: quantile(w) - (k + 1), -6, 7)
        assert abs(stats.norm.cdf(w) - stats.poisson.cdf(k, mean)) < error


@pytest.mark.parametrize(
    ("n", "p"), [(1, 0.5), (10, 0.3), (1000, 0.001), (1000, 0.999), (10**6, 0.4), (500, 0.02)]
)
def test_binomial_numbers_follow_the_binomial_distribution(n, p):
    rb.seed(815)
    f = BinomialFunction(n, p, approximate=False)
    assert chi_square(drawn("f()", f=f), stats.binom(n, p)) > 1e-3


@pytest.mark.parametrize("backend", ["llvm"], indirect=True)  # a table is made before
def test_tables_of_many_trials_are_exact(backend):
    assert BinomialFunction(2**31 - 1, 0.5).is_exact
    assert BinomialFunction(10**12, 1e-3).is_exact


def test_where_a_table_would_be_large_the_normal_distribution_stands_in():
    rb.seed(11)
    h = BinomialFunction(10**11, 0.5)
    assert not h.is_exact
    group = NeuronGroup(N, "x : 1", namespace={"h": h})
    group.x = "h() - 5e10"
    deviation = np.sqrt(10**11 / 4)
    assert abs(group.x[:].mean()) < 5 * deviation / np.sqrt(N)
    assert group.x[:].std() == pytest.approx(deviation, rel=0.03)


@pytest.mark.parametrize(("n", "p", "value"), [(0, 0.5, 0), (7, 0.0, 0), (7, 1.0, 7)])
def test_binomial_numbers_without_choice_are_certain(n, p, value):
    assert set(drawn("f()", 50, f=BinomialFunction(n, p)).tolist()) == {value}


def test_a_new_distribution_takes_effect():
    f = BinomialFunction(10, 0.0)
    assert drawn("f()", 10, f=f).max() == 0
    f.set(3, 1.0)
    assert drawn("f()", 10, f=f).tolist() == [3] * 10


def test_both_backends_draw_the_same_numbers():
    f = BinomialFunction(50, 0.1)
    found = []
    for name in ("llvm", "numpy"):
        rb.set_backend(name)
        rb.seed(3)
        found.append((drawn("poisson(0.3*(i % 100))", f=f).tolist(), drawn("f()", f=f).tolist()))
    assert found[0] == found[1]


def test_calls_draw_independently_within_a_statement_and_between_elements():
    rb.seed(5)
    f = BinomialFunction(1, 0.5)
    both = drawn("f() + 2*f()", f=f)
    assert chi_square(both, stats.randint(0, 4)) > 1e-3


def test_calls_in_python_follow_the_seed():
    f = BinomialFunction(100, 0.5)
    rb.seed(1)
    first = f(5).tolist()
    rb.seed(1)
    assert f(5).tolist() == first
    assert 0 <= f() <= 100


@pytest.mark.parametrize(
    ("n", "p", "error", "message"),
    [
        (-1, 0.5, ModelValueError, "whole number"),
        (1.5, 0.5, ModelValueError, "whole number"),
        ("many", 0.5, ModelTypeError, "number of trials"),
        (3, 1.5, ModelValueError, "between 0 and 1"),
    ],
)
def test_wrong_distributions_are_refused(n, p, error, message):
    with pytest.raises(error, match=message):
        BinomialFunction(n, p)


def test_poisson_is_not_constant():
    assert not FUNCTIONS["poisson"].stateless


def test_two_blocks_of_one_object_draw_different_numbers():
    """Threshold and refractory period of one object both draw."""
    rb.seed(9)
    group = NeuronGroup(1000, "x : 1\ny : 1")
    group.x = "rand()"
    group.y = "rand()"
    assert abs(np.corrcoef(group.x[:], group.y[:])[0, 1]) < 0.15


def test_noise_in_a_subexpression_is_noise_of_the_equations_that_use_it():
    """As if it stood there, draw for draw; where there is no equation, it is nothing."""
    inside = "dv/dt = -v/tau + (xi_a + 2*xi_b)*tau**-0.5 : 1\ndw/dt = xi_a*tau**-0.5 : 1"
    apart = """
        dv/dt = -v/tau + slow : 1
        dw/dt = fast : 1
        slow = fast + 2*xi_b*tau**-0.5 : Hz
        fast = xi_a*tau**-0.5 : Hz
    """
    values = []
    for model in (inside, apart):
        rb.seed(4)
        group = NeuronGroup(5, model, method="euler", namespace={"tau": 10 * rb.ms})
        rb.Network(group).run(1 * rb.ms)
        values.append(np.array([group.v[:], group.w[:]]))
    np.testing.assert_allclose(values[0], values[1], rtol=1e-12)
    with pytest.raises(KeyError, match="White noise has a meaning in differential equations only"):
        group.fast[:]
    with pytest.raises(rb.DimensionMismatchError, match=r"'fast' is in 1.second, but"):
        NeuronGroup(1, "dv/dt = fast : 1\nfast = xi_a*tau : Hz", namespace={"tau": 10 * rb.ms})
