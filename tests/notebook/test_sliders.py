"""explore(): moving a slider runs the model again, beside everything else in the notebook."""

from __future__ import annotations

from typing import Any

import pytest

import rheobase as rb
from rheobase import NeuronGroup, explore, magic_network, ms, mV, run
from rheobase.backends.llvm.jit import jit

pytest.importorskip("ipywidgets")


@pytest.fixture
def calls() -> list[Any]:
    return []


def _decay(calls: list[Any], **fixed: Any) -> Any:
    def model(tau: Any, n: int = 1, exactly: bool = True, start: Any = 1) -> None:
        cells = NeuronGroup(n, "dv/dt = -v/tau : 1", method="exact" if exactly else "euler")
        cells.v = start
        run(10 * ms)
        calls.append((tau, n, exactly, start, float(cells.v[0]), magic_network.t / ms))

    return model


def test_a_slider_shows_its_unit_and_gives_quantities(calls: list[Any]) -> None:
    widget = explore(_decay(calls), tau=(5 * ms, 20 * ms))
    slider = widget.controls["tau"]
    assert (slider.description, slider.min, slider.max, slider.value) == ("tau (ms)", 5, 20, 12.5)
    slider.value = 10
    assert [float(c[0] / ms) for c in calls] == pytest.approx([12.5, 10])
    assert calls[-1][4] == pytest.approx(2.718281828**-1)


def test_whole_numbers_lists_and_boxes(calls: list[Any]) -> None:
    widget = explore(
        _decay(calls), tau=(5 * ms, 20 * ms), n=(1, 5, 2), exactly=True, start=[1, 0.5]
    )
    assert calls[-1][1:4] == (2, True, 1)
    widget.controls["n"].value = 4
    widget.controls["exactly"].value = False
    widget.controls["start"].value = 0.5
    assert calls[-1][1:4] == (4, False, 0.5)
    assert isinstance(calls[-1][1], int)


def test_moving_a_slider_compiles_nothing(calls: list[Any]) -> None:
    widget = explore(_decay(calls), tau=(5 * ms, 20 * ms))
    before = jit().n_compiled, len(jit()._addresses)
    widget.controls["tau"].value = 7
    assert len(calls) == 2
    assert (jit().n_compiled, len(jit()._addresses)) == before


def test_other_simulations_go_on_where_they_were(calls: list[Any]) -> None:
    rb.start_scope()
    mine = NeuronGroup(1, "dv/dt = 1/ms : 1")
    run(3 * ms)
    explore(_decay(calls), tau=(5 * ms, 20 * ms))
    assert calls[-1][5] == pytest.approx(10)  # the model began at 0
    run(1 * ms)
    assert float(mine.v[0]) == pytest.approx(4)
    assert float(magic_network.t / ms) == pytest.approx(4)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ((5 * ms, 1), rb.ModelValueError, "different units"),
        ((20 * ms, 5 * ms), rb.ModelValueError, "low <= start <= high"),
        ((5 * mV, 10 * mV, 20 * mV), rb.ModelValueError, "low <= start <= high"),
        (5 * ms, rb.ModelTypeError, "a list or True or False, not"),
    ],
)
def test_what_is_no_range(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        explore(print, tau=given)


def test_the_figure_is_drawn_again_and_no_other_is_touched() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.close("all")
    mine = pyplot.figure()

    def model(x: float) -> None:
        pyplot.figure()
        pyplot.plot([0, x])
        print("x is", x)

    widget = explore(model, x=(0.0, 2.0))
    first = widget.image.value
    assert bytes(first[:4]) == b"\x89PNG"
    assert widget.text.value == "<pre>x is 1.0\n</pre>"
    widget.controls["x"].value = 2.0
    assert bytes(widget.image.value[:4]) == b"\x89PNG"
    assert widget.image.value != first
    assert pyplot.get_fignums() == [mine.number]
    pyplot.close(mine)


def test_an_error_is_shown_and_the_next_setting_works() -> None:
    def model(x: float) -> None:
        if x > 1.5:
            raise ValueError("too <large>")
        print("fine")

    widget = explore(model, x=(0.0, 2.0))
    widget.controls["x"].value = 2.0
    assert "ValueError: too &lt;large&gt;" in widget.text.value
    widget.controls["x"].value = 0.5
    assert widget.text.value == "<pre>fine\n</pre>"
