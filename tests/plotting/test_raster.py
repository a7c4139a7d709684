"""Rasters and smoothed rates."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from rheobase.plotting import new_figure, raster_and_rate, smooth


@pytest.fixture
def recording() -> tuple[SimpleNamespace, SimpleNamespace]:
    """300 spikes of 40 neurons in 0.1 s, and their rate."""
    rng = np.random.default_rng(3)
    spikes = SimpleNamespace(i=rng.integers(0, 40, 300), t=rng.uniform(0, 0.1, 300))
    rate = SimpleNamespace(t=np.arange(1000) * 1e-4, rate=np.full(1000, 75.0))
    return spikes, rate


def test_smooth_equals_the_weighted_mean_written_out() -> None:
    """Each value is the Gaussian mean over the values within 4 widths."""
    values, dt, width = np.random.default_rng(1).normal(size=60), 1e-3, 2.5e-3
    k = np.arange(60)
    weights = np.exp(-0.5 * ((k[:, None] - k) * dt / width) ** 2)
    weights[np.abs(k[:, None] - k) > 10] = 0.0
    expected = weights @ values / weights.sum(axis=1)
    np.testing.assert_allclose(smooth(values, dt, width), expected, rtol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_smooth_keeps_constants_and_lengths(n: int) -> None:
    """Also when the window is longer than the values."""
    np.testing.assert_allclose(smooth(np.full(n, 7.0), 1e-3, 10e-3), np.full(n, 7.0))


def test_width_zero_smooths_nothing() -> None:
    """The result equals the values and is a copy."""
    values = np.array([1.0, 5.0, 2.0])
    result = smooth(values, 1e-3, 0.0)
    np.testing.assert_array_equal(result, values)
    assert result is not values


def test_raster_shows_every_spike_of_the_shown_neurons(
    recording: tuple[SimpleNamespace, SimpleNamespace],
) -> None:
    """Populations share the rows in proportion, and keep their order from below."""
    spikes, rate = recording
    figure = raster_and_rate(spikes, rate, {"a": 30, "b": 10}, n_rows=20)
    above, below = figure.axes
    a, b = above.lines
    assert len(a.get_xdata()) == np.count_nonzero(spikes.i < 15)
    assert len(b.get_xdata()) == np.count_nonzero((spikes.i >= 30) & (spikes.i < 35))
    assert np.min(b.get_ydata()) >= 15
    assert above.get_ylabel() == "20 of 40 neurons"
    assert (below.get_xlabel(), below.get_ylabel()) == ("time (ms)", "rate (Hz)")


def test_raster_without_spikes_is_a_figure() -> None:
    """A silent network can be drawn."""
    nothing = np.array([])
    spikes, rate = SimpleNamespace(i=nothing, t=nothing), SimpleNamespace(t=nothing, rate=nothing)
    assert len(raster_and_rate(spikes, rate, {"a": 3}).axes) == 2


def test_no_neurons_is_an_error(recording: tuple[SimpleNamespace, SimpleNamespace]) -> None:
    """All populations empty."""
    with pytest.raises(ValueError, match="at least one neuron"):
        raster_and_rate(*recording, {"a": 0})


def test_missing_matplotlib_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ImportError names the extra."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'rheobase\[plot\]'"):
        new_figure()
