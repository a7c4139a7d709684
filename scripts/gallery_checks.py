"""What each script of the gallery must show.

CHECKS has a function for each script, of the names that the script leaves behind. It looks at
numbers that the publication gives, or at what its figure is known for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Names = Mapping[str, Any]


def _fitzhugh(names: Names) -> None:
    """For z = -0.4 the cell oscillates (FitzHugh 1961, fig. 3), about every 11 time units."""
    assert 10 < names["period"] < 12.5


def _brunel_hakim(names: Names) -> None:
    """The population oscillates fast, the cells fire rarely (fig. 1)."""
    assert 100 < names["frequency"] < 200
    assert names["cell_rate"] < names["frequency"] / 5


def _diesmann(names: Names) -> None:
    """A strong packet reaches the last group, a weak one does not (fig. 2)."""
    assert names["survived"] > 80
    assert names["died"] < 30


def _ermentrout_kopell(names: Names) -> None:
    """Rates are sqrt(I)/pi; a burst is fastest in its middle."""
    assert max(abs(names["rates"] - names["exact"])) < 1  # Hz
    assert names["least"] < 0.7 * min(names["first"], names["last"])


def _gerstein_mandelbrot(names: Names) -> None:
    """Intervals have the mean and the spread of the inverse Gaussian."""
    assert abs(names["mean"] / names["expected_mean"] - 1) < 0.02
    assert abs(names["cv"] / names["expected_cv"] - 1) < 0.03


def _hindmarsh_rose(names: Names) -> None:
    """Bursts at I = 2, regular spikes at the largest current."""
    assert max(names["burst"]) > 5 * min(names["burst"])
    steady = names["late"][399]
    assert max(steady) < 1.05 * min(steady)


def _hodgkin_huxley(names: Names) -> None:
    """A spike of about 100 mV (fig. 12), and about 68 Hz at 10 uA/cm2."""
    assert 95 < names["peak"] < 110
    assert 66 < float(names["rate"]) < 70


def _hopfield(names: Names) -> None:
    """A memory is recalled from two thirds of it."""
    assert min(names["overlaps"]) > 0.97


def _izhikevich(names: Names) -> None:
    """The counts by which fig. 2 tells the kinds apart."""
    counts = names["counts"]
    assert counts["regular spiking"] < counts["low-threshold spiking"] < counts["fast spiking"]
    assert counts["chattering"] > 2 * counts["regular spiking"]


def _kuramoto(names: Names) -> None:
    """The order follows sqrt(1 - K_c/K) beyond the critical coupling."""
    differences = abs(names["order"] - names["expected"])
    assert max(differences[names["strengths"] != 1]) < 0.05


def _lapicque(names: Names) -> None:
    """Strengths and rates of the closed forms."""
    assert max(abs(names["weakest"] / names["exact"] - 1)) < 0.02
    assert (
        max(abs(np.asarray(names["rates"]) - names["expected"])) < 2.5
    )  # Hz: spikes lie on the grid


def _mainen_sejnowski(names: Names) -> None:
    """Fluctuations make spikes reliable (fig. 1)."""
    assert names["fluctuating"] > 0.7
    assert names["constant"] < 0.5


def _mirollo_strogatz(names: Names) -> None:
    """In the end all flash as one."""
    assert names["largest"][-1] == 100


def _morris_lecar(names: Names) -> None:
    """Firing starts at zero rate in one class, at a finite one in the other."""
    assert names["onset"]["saddle-node"] < 2.5
    assert names["onset"]["Hopf"] > 6


def _naud(names: Names) -> None:
    """The patterns of fig. 4, told apart by their intervals."""
    intervals = names["intervals"]
    assert intervals["adapting"][-1] > 3 * intervals["adapting"][0]
    assert intervals["delayed accelerating"][-1] < 0.8 * intervals["delayed accelerating"][0]
    assert max(intervals["regular bursting"]) > 10 * min(intervals["regular bursting"])
    assert intervals["tonic"][-1] < 1.1 * intervals["tonic"][0]
    assert len(intervals["transient"]) < 3


def _pikovsky_kurths(names: Names) -> None:
    """Spikes are most regular at an intermediate noise (fig. 2)."""
    variation = names["variation"]
    assert 0 < names["best"] < len(variation) - 1
    assert variation[names["best"]] < 0.7 * min(variation[0], variation[-1])


def _tsodyks(names: Names) -> None:
    """Depression passes on 1/rate; facilitation has a best rate."""
    product = names["product"]
    assert abs(product[-1] / product[19] - 1) < 0.05
    assert 10 < names["best"] < 30


def _wang_buzsaki(names: Names) -> None:
    """All fire together at about 39 Hz (fig. 2)."""
    assert 35 < names["rate"] < 43
    assert names["together"] > 0.9


def _graupner_brunel(names: Names) -> None:
    """Depression at negative lags, potentiation at positive ones ("DP" of fig. 2)."""
    assert names["change"].max() > 1.05
    assert names["change"].min() < 0.95
    assert 0 < names["strongest"] < 30
    assert -40 < names["weakest"] < 0


def _izhikevich_2007(names: Names) -> None:
    """The rewarded synapse is the strongest (fig. 1)."""
    assert names["rank"] <= 2


def _jahr_stevens(names: Names) -> None:
    """The block makes a region of negative slope, and depends on the voltage."""
    assert -40 < names["lowest"] < -10
    assert names["peak"][1] > 2 * names["peak"][0]


def _jeffress(names: Names) -> None:
    """The place follows the angle of the sound."""
    assert names["agreement"] > 0.95


def _nagumo(names: Names) -> None:
    """Constant speed; pulses that meet annihilate, so each cell fires once for either pair."""
    assert names["steps"].std() < 0.06 * names["steps"].mean()
    assert set(names["second_wave"]) == {2}


def _pfister_gerstner(names: Names) -> None:
    """Weak change at low rates, potentiation at both lags at high ones (fig. 4)."""
    later, earlier = names["results"][10], names["results"][-10]
    assert later[1] < 1.1
    assert earlier[1] < 0.8
    assert min(later[-1], earlier[-1]) > 1.6
    for lag, w in names["results"].items():
        expected = [names["theory"](lag, r) for r in (5, 10, 20)]
        np.testing.assert_allclose(w[1:4], expected, rtol=0.03)


def _song_miller_abbott(names: Names) -> None:
    """Inputs that fire together win (fig. 4)."""
    assert names["together"][-1] > 0.8
    assert names["alone"][-1] < 0.5


def _van_rossum(names: Names) -> None:
    """One heap of weights; additive rules push weights to their limits (fig. 3)."""
    assert names["spread"] < 0.3
    assert names["extremes"] > 0.4


def _vogels(names: Names) -> None:
    """Inhibition brings the rate to its target, and firing is irregular."""
    assert names["first"] > 3 * names["last"]
    assert 2.5 < names["last"] < 5.5
    assert names["cv"] > 0.5


def _wang_rinzel(names: Names) -> None:
    """The two alternate."""
    assert names["correlation"] < -0.7
    assert 50 < names["period"] < 200


def _wilson_cowan(names: Names) -> None:
    """A rhythm in a window of drives only."""
    low, high = names["window"]
    assert 0.8 < low < 1.25 < high < 2.2


def _amari(names: Names) -> None:
    """The bump stays where the cue was, with a width of its own."""
    assert abs(names["first"] - 60) < 8
    assert abs(names["last"] - 140) < 15
    assert abs(names["widths"][0] / names["widths"][1] - 1) < 0.15


def _benda_herz(names: Names) -> None:
    """Adaptation lowers the rate and straightens its curve."""
    assert names["onset"][-1] > 3 * names["steady"][-1]
    assert names["bent"] < 0.02


def _bienenstock(names: Names) -> None:
    """Cells become selective, for different patterns."""
    assert names["selectivity"].mean() > names["start"] + 0.3
    assert len(names["favourites"]) > 4


def _connor(names: Names) -> None:
    """The A current lets cells fire at low rates."""
    assert names["slowest"][0] < 15
    assert names["slowest"][1] > 100


def _fourcaud(names: Names) -> None:
    """The exponential cell follows fast inputs less (fig. 8)."""
    slope, gains = names["slope"], names["gains"]
    assert slope["exponential"] < slope["leaky"] < -0.4
    assert gains["exponential"][-1] < 0.4 * gains["exponential"][0]


def _longtin(names: Names) -> None:
    """An intermediate noise is best."""
    signal_to_noise, best = names["signal_to_noise"], names["best"]
    assert 0 < best < 13
    assert signal_to_noise[best] > 5 * signal_to_noise[-1]


def _mihalas_niebur(names: Names) -> None:
    """The patterns of fig. 1, told apart by their spikes."""
    counts, times = names["counts"], names["times"]
    assert counts["rebound spike"] == 1
    assert float(times["rebound spike"][0]) > 0.45
    adapting = np.diff(np.asarray(times["spike frequency adaptation"]))
    assert adapting[-1] > 1.3 * adapting[0]
    bursts = np.diff(np.asarray(times["tonic bursting"]))
    assert max(bursts) > 5 * min(bursts)


def _mongillo(names: Names) -> None:
    """Only what was cued answers, although the rate in the delay is low."""
    assert names["delay"] < 10
    assert names["read_out"][1] > 2.5 * np.delete(names["read_out"], 1).max()


def _oja(names: Names) -> None:
    """Weights of length one along the first principal component."""
    assert names["cosines"].min() > 0.99
    assert abs(names["lengths"] - 1).max() < 0.05


def _smith(names: Names) -> None:
    """Tonic firing from rest at -60 mV, a fast burst from -77 mV."""
    assert len(names["tonic"]) >= 3
    assert len(names["burst"]) >= 2
    assert names["fastest"] < 0.3 * names["regular"]


def _sompolinsky(names: Names) -> None:
    """Activity dies for g < 1, and is chaotic for g > 1."""
    assert names["activity"][0.8] < 1e-3
    assert names["activity"][2.0] > 0.5
    assert names["growth"][2.0][-1] > 100 * names["growth"][2.0][0]


def _van_vreeswijk(names: Names) -> None:
    """Activity is linear in the drive, and inputs cancel."""
    assert names["error"] < 0.02
    assert abs(names["input_of_one"].mean()) < 0.3 * names["drives"][-1] * np.sqrt(names["K"])


def _wong_wang(names: Names) -> None:
    """More evidence, better and faster choices (fig. 3)."""
    correct, time = names["correct"], names["time"]
    assert 0.4 < correct[0] < 0.6
    assert correct[-1] > 0.97
    assert time[-1] < 0.6 * time[0]


def _hodgkin_huxley_axon(names: Names) -> None:
    """18.8 m/s were calculated there, by a method of the time, and 21.2 m/s measured."""
    assert abs(float(names["speed"]) - 18.8) < 0.3
    assert 85 < float(names["peak"]) < 95


def _rall(names: Names) -> None:
    """The steady potential is the closed form's."""
    assert 600 < float(names["space"]) * 1e6 < 800
    assert max(names["errors"].values()) < 2e-4


CHECKS: dict[str, Callable[[Names], None]] = {
    "amari_1977": _amari,
    "benda_herz_2003": _benda_herz,
    "bienenstock_1982": _bienenstock,
    "brunel_hakim_1999": _brunel_hakim,
    "connor_1977": _connor,
    "diesmann_1999": _diesmann,
    "ermentrout_kopell_1986": _ermentrout_kopell,
    "fitzhugh_nagumo_1961": _fitzhugh,
    "fourcaud_2003": _fourcaud,
    "gerstein_mandelbrot_1964": _gerstein_mandelbrot,
    "graupner_brunel_2012": _graupner_brunel,
    "hindmarsh_rose_1984": _hindmarsh_rose,
    "hodgkin_huxley_1952_axon": _hodgkin_huxley_axon,
    "hodgkin_huxley_1952": _hodgkin_huxley,
    "hopfield_1982": _hopfield,
    "izhikevich_2003": _izhikevich,
    "izhikevich_2007": _izhikevich_2007,
    "jahr_stevens_1990": _jahr_stevens,
    "jeffress_1948": _jeffress,
    "kuramoto_1975": _kuramoto,
    "lapicque_1907": _lapicque,
    "longtin_1993": _longtin,
    "mainen_sejnowski_1995": _mainen_sejnowski,
    "mihalas_niebur_2009": _mihalas_niebur,
    "mirollo_strogatz_1990": _mirollo_strogatz,
    "mongillo_2008": _mongillo,
    "morris_lecar_1981": _morris_lecar,
    "nagumo_1962": _nagumo,
    "naud_2008": _naud,
    "oja_1982": _oja,
    "pfister_gerstner_2006": _pfister_gerstner,
    "pikovsky_kurths_1997": _pikovsky_kurths,
    "rall_1969": _rall,
    "smith_2000": _smith,
    "sompolinsky_1988": _sompolinsky,
    "song_miller_abbott_2000": _song_miller_abbott,
    "tsodyks_1998": _tsodyks,
    "van_rossum_2000": _van_rossum,
    "van_vreeswijk_1996": _van_vreeswijk,
    "vogels_2011": _vogels,
    "wang_buzsaki_1996": _wang_buzsaki,
    "wang_rinzel_1992": _wang_rinzel,
    "wilson_cowan_1972": _wilson_cowan,
    "wong_wang_2006": _wong_wang,
}
