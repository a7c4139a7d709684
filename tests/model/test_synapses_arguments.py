"""What Synapses take beside equations: types of memory, old names, values without units."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rheobase import (
    DimensionMismatchError,
    ModelError,
    ModelIndexError,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    Synapses,
    linked_var,
    ms,
    mV,
)


def cells(n=3):
    return NeuronGroup(n, "u : volt\nk : integer", threshold="False")


def test_variables_are_stored_as_dtype_says():
    S = Synapses(cells(), cells(), "w : volt\nx : 1\nn : integer", dtype=np.float32)
    S.connect()
    assert S.w_[:].dtype == np.float32
    T = Synapses(cells(), cells(), "w : volt\nx : 1", dtype={"x": np.float32})
    T.connect()
    assert (T.w_[:].dtype, T.x[:].dtype) == (np.float64, np.float32)
    with pytest.raises(ModelTypeError, match="'x' can be stored as float64 or float32"):
        Synapses(cells(), cells(), "x : 1", dtype={"x": np.int32})


def test_float32_weights_arrive(backend):
    source = SpikeGeneratorGroup(3, [0, 2], [0, 0] * ms)
    target = NeuronGroup(2, "v : 1")
    S = Synapses(source, target, "w : 1", on_pre="v_post += w", dtype=np.float32)
    S.connect()
    S.w = "0.1*(1 + i) + 10*j"
    Network(source, target, S).run(0.1 * ms)
    assert_allclose(target.v[:], [0.4, 20.4], rtol=1e-6)


def test_pre_and_post_are_old_names_of_on_pre_and_on_post(caplog):
    source = SpikeGeneratorGroup(1, [0], [0] * ms)
    S = Synapses(source, source, "a : 1\nb : 1", pre="a += 1", post="b += 2")
    S.connect()
    Network(source, S).run(0.2 * ms)
    assert (S.a[0], S.b[0]) == (1, 2)
    assert "on_pre" in caplog.text
    with pytest.raises(ModelTypeError, match="not both"):
        Synapses(source, source, "a : 1", pre="a += 1", on_pre="a += 1")
    with pytest.raises(ModelTypeError, match=r"S\.connect"):
        Synapses(source, source, connect="i == j")


@pytest.mark.parametrize("make", [lambda: cells(4), lambda: connected()])
def test_the_form_with_an_underscore_takes_expressions_in_any_unit(make):
    """G.v_ = '5' are SI numbers; G.v = '5' has a unit missing."""
    group = make()
    name = "w" if isinstance(group, Synapses) else "u"
    for value, wanted in (("5", 5), ("5*mV", 5e-3), ("2*i", 2 * group.i[:])):
        setattr(group, f"{name}_", value)
        assert_allclose(getattr(group, f"{name}_")[:], wanted + np.zeros(len(group)))
    getattr(group, f"{name}_")["i == 1"] = "7"
    assert_allclose(getattr(group, name)[1], 7000 * mV)
    with pytest.raises(DimensionMismatchError, match="pure number"):
        setattr(group, name, "5")


def connected():
    S = Synapses(cells(4), cells(4), "w : volt")
    S.connect(i=[3, 1, 0, 2], j=[0, 0, 2, 1])
    return S


def test_links_of_synapses_are_chosen_by_a_variable_of_theirs():
    source = NeuronGroup(10, "x : 1")
    source.x = "10*i"
    G = cells(10)
    S = Synapses(G, G, "x : 1 (linked)\nk_syn : integer\nr : 1")
    S.connect(i=[5, 0], j=[6, 3])
    with pytest.raises(ModelTypeError, match="come and go"):
        S.x = linked_var(source.x, index=[0, 1])
    with pytest.raises(ModelTypeError, match="come and go"):
        S.x = linked_var(source.x)
    for name in ("nothing", "u_post"):
        with pytest.raises(ModelValueError, match="the name of an integer variable"):
            S.x = linked_var(source.x, index=name)
    with pytest.raises(ModelTypeError, match="is a float"):
        S.x = linked_var(source.x, index="r")
    S.x = linked_var(source.x, index="k_syn")
    S.k_syn = [3, 5]
    assert S.x[:].tolist() == [30, 50]
    S.connect(i=1, j=1)
    S.k_syn[2] = 7
    assert S.x[:].tolist() == [30, 50, 70]


def test_pairs_outside_the_groups_are_faults_of_the_model():
    for arguments in ({"j": "20"}, {"i": [0], "j": [3]}):
        S = Synapses(cells(), cells())
        with pytest.raises(ModelIndexError, match="3 elements") as caught:
            S.connect(**arguments)
        assert isinstance(caught.value, (ModelError, IndexError))


def test_a_generator_in_the_place_of_a_condition_is_explained():
    S = Synapses(cells(), cells())
    with pytest.raises(ModelValueError, match="is a generator, not a condition"):
        S.connect("k for k in range(1)")
