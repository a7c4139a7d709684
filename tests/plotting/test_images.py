"""Each picture is the one that somebody has looked at, texts aside: fonts differ by version."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from tests.plotting.pictures import PICTURES, branched, draw, recorded

from rheobase import NeuronGroup, StateMonitor, ms, mV, run
from rheobase.plotting import dendrogram, morphology, new_figure, phase_plane, plot, states

KEPT = Path(__file__).parent / "images"


def save(figure: Figure, path: Path) -> None:
    """Save without texts, small."""
    for axes in figure.axes:
        for text in (*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label):
            if text.get_text():
                text.set_text("")
        axes.set_xticklabels([])
        axes.set_yticklabels([])
        if (legend := axes.get_legend()) is not None:
            legend.remove()
    figure.savefig(path, dpi=80)


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_the_kept_one(name: str, tmp_path: Path) -> None:
    drawn = tmp_path / f"{name}.png"
    with mpl.rc_context():
        save(draw(name), drawn)
    difference = compare_images(str(KEPT / f"{name}.png"), str(drawn), tol=3)
    assert difference is None, difference


def test_axes_carry_names_and_units() -> None:
    axes = plot(recorded()["states"], new_figure().subplots())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (ms)", "v (mV)")
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["v[10]", "v[40]"]


def test_without_axes_the_present_ones_are_used() -> None:
    """One line in a notebook is enough."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    _, axes = pyplot.subplots()
    assert plot(recorded()["rate"]) is axes
    pyplot.close("all")


def test_a_graph_names_groups_with_their_sizes() -> None:
    axes = plot(recorded()["net"], new_figure().subplots())
    texts = {t.get_text() for t in axes.texts}
    assert {"drawn_cells\n50", "drawn_inputs\n10", "drawn_recurrent\n380"} <= texts


def test_what_cannot_be_drawn_is_named() -> None:
    group = NeuronGroup(1, "v : 1")
    with pytest.raises(
        TypeError, match="plot\\(\\) draws monitors, synapses, networks and morphologies"
    ):
        plot(group)
    with pytest.raises(ValueError, match="no differential equation for v"):
        phase_plane(group, ("v", 0, 1), ("w", 0, 1))


def test_variables_of_different_units_need_axes_of_their_own() -> None:
    cells = NeuronGroup(1, "dv/dt = -v/(10*ms) : volt\ndn/dt = -n/(10*ms) : 1")
    monitor = StateMonitor(cells, ["v", "n"], record=0)
    cells.v = 1 * mV
    run(1 * ms)
    with pytest.raises(ValueError, match="v, n have different units"):
        states(monitor, ["v", "n"], new_figure().subplots())


def test_a_dendrogram_ends_where_the_longest_branch_does() -> None:
    """80 + 90 + 70 um from the soma."""
    axes = dendrogram(branched(), ax=new_figure().subplots())
    highest = max(path.vertices[:, 1].max() for path in axes.collections[-1].get_paths())
    others = (p.vertices[:, 1].max() for c in axes.collections for p in c.get_paths())
    assert max(highest, *others) == pytest.approx(240)


def test_morphologies_need_a_value_for_each_compartment() -> None:
    with pytest.raises(ValueError, match="there are 83 compartments, but values of shape"):
        morphology(branched(), [1, 2, 3], new_figure().subplots())
    with pytest.raises(ValueError, match="'xy', 'xz' or 'yz'"):
        morphology(branched(), plane="zy", ax=new_figure().subplots())
