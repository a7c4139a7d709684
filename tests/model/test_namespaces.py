"""Where names come from, in which order, and what is said about names that clash."""

import logging

import numpy as np
import pytest

from rheobase import (
    DimensionMismatchError,
    ModelValueError,
    Network,
    NeuronGroup,
    UnknownNameError,
    get_local_namespace,
    ms,
    mV,
    run,
    second,
    volt,
)

TAU = 5 * ms


def decayed(group, duration=1 * ms, **options):
    """The time constant with which x has decayed from 1, in ms."""
    group.x = 1
    Network(group).run(duration, **options)
    return float(-duration / ms / np.log(group.x[0]))


def decaying(**options):
    return NeuronGroup(1, "dx/dt = -x/TAU : 1", **options)


def messages(caplog):
    return [r.getMessage() for r in caplog.records if "resolution_conflict" in r.name]


def test_names_of_the_group_come_before_those_of_the_run():
    assert decayed(decaying()) == pytest.approx(5)
    assert decayed(decaying(), namespace={"TAU": 7 * ms}) == pytest.approx(7)
    own = decaying(namespace={"TAU": 3 * ms})
    assert decayed(own, namespace={"TAU": 7 * ms}) == pytest.approx(3)


def test_locals_come_before_globals():
    TAU = 2 * ms  # noqa: F841
    assert decayed(decaying()) == pytest.approx(5)  # decayed() itself sees the module only
    group = decaying()
    group.x = 1
    Network(group).run(1 * ms)
    assert group.x[0] == pytest.approx(np.exp(-0.5))


def test_a_group_with_names_of_its_own_also_sees_those_of_the_script():
    group = NeuronGroup(1, "dx/dt = -x/(TAU*factor) : 1", namespace={"factor": 2})
    assert decayed(group) == pytest.approx(10)


def test_names_of_a_group_may_be_changed_between_runs():
    group = decaying(namespace={"TAU": 3 * ms})
    net = Network(group)
    group.x = 1
    net.run(1 * ms)
    group.namespace["TAU"] = 1 * ms
    group.x = 1
    net.run(1 * ms)
    assert group.x[0] == pytest.approx(np.exp(-1))


def test_an_explicit_namespace_of_the_run_hides_the_script():
    with pytest.raises(UnknownNameError, match="'TAU'"):
        decayed(decaying(), namespace={})


def test_level_looks_further_out():
    def wrapper(net):
        TAU = 100 * ms  # noqa: F841
        net.run(1 * ms, level=1)

    TAU = 1 * ms  # noqa: F841
    group = decaying()
    group.x = 1
    wrapper(Network(group))
    assert group.x[0] == pytest.approx(np.exp(-1))


def test_a_constant_may_change_its_unit_between_runs():
    group = NeuronGroup(1, "x : 1\ny = (x*c)/c : 1\ndz/dt = y/second : 1")
    net = Network(group)
    group.x = 1
    for c in (3, 2 * volt, 5 * ms):
        net.run(1 * ms, namespace={"c": c})
    assert group.z[0] == pytest.approx(3e-3)


def test_a_wrong_unit_in_a_later_run_is_refused():
    group = decaying()
    net = Network(group)
    net.run(1 * ms)
    with pytest.raises(DimensionMismatchError, match="dx/dt"):
        net.run(1 * ms, namespace={"TAU": 3 * mV})


def test_values_are_evaluated_with_the_names_of_the_script():
    start = 3 * mV
    group = NeuronGroup(3, "v : volt")
    group.v = "start + i*TAU/second*volt"
    assert group.v_[:] == pytest.approx(0.003 + 0.005 * np.arange(3))
    assert start == 3 * mV


def test_an_array_is_no_constant():
    with pytest.raises(KeyError, match="array of shape"):
        decayed(decaying(), namespace={"TAU": [1, 2] * ms})


def test_an_array_with_one_unit_for_all_is_named_with_its_place():
    group = decaying()
    with pytest.raises(UnknownNameError, match="TAU") as caught:
        Network(group).run(1 * ms, namespace={"TAU": "5*ms"})
    assert "^" in str(caught.value)


def test_names_with_underscores_are_refused_in_namespaces():
    with pytest.raises(ModelValueError, match="underscore"):
        decaying(namespace={"_TAU": 3 * ms})


def test_a_constant_of_group_and_run_is_warned_of_once_if_its_values_differ(caplog):
    group = decaying(namespace={"TAU": 3 * ms})
    net = Network(group)
    with caplog.at_level(logging.WARNING):
        net.run(0.1 * ms, namespace={"TAU": 3 * ms})
        assert not messages(caplog)
        net.run(0.1 * ms)
        net.run(0.1 * ms)
    (said,) = messages(caplog)
    assert "'TAU' is 3. * msecond in its own namespace, and 5. * msecond" in said


def test_a_number_with_the_name_of_a_variable_is_warned_of_once(caplog):
    group = decaying()
    net = Network(group)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            net.run(0.1 * ms, namespace={"TAU": TAU, "x": 3, "t": 5, "i": 2, "N": 1})
    said = messages(caplog)
    assert len(said) == 1
    assert "'x' is a variable" in said[0]


def test_a_number_called_as_the_index_or_the_size_is_warned_of_where_code_uses_them(caplog):
    """Scripts are full of `i` and `N`: only their use in code is worth a word."""
    i, N = 5, 3  # noqa: F841
    group = NeuronGroup(2, "dx/dt = -x/TAU : 1")
    with caplog.at_level(logging.WARNING):
        Network(group).run(0.1 * ms)
        assert not messages(caplog)
        group.x = "i // N"
        group.x = "i // N"
    said = messages(caplog)
    assert [name for name in "iN" for text in said if f"'{name}' is" in text] == ["i", "N"]
    assert group.x[:].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("name", "word"), [("mV", "unit"), ("pi", "constant"), ("exp", "function")]
)
def test_the_language_keeps_its_own_names(caplog, name, word):
    group = NeuronGroup(1, "x = exp(1)*pi*mV/mV : 1\ny : 1")
    with caplog.at_level(logging.WARNING):
        Network(group).run(0.1 * ms, namespace={name: 42})
    said = messages(caplog)
    assert len(said) == 1
    assert word in said[0]


def test_the_same_thing_under_the_same_name_is_no_conflict(caplog):
    group = NeuronGroup(1, "x = exp(1)*pi*mV/mV : 1")
    with caplog.at_level(logging.WARNING):
        Network(group).run(0.1 * ms, namespace={"mV": mV, "pi": np.pi, "exp": np.exp})
        Network(NeuronGroup(3, "dx/dt = N/ms : 1")).run(0.1 * ms, namespace={"N": 3})
    assert not messages(caplog)


def test_the_local_namespace_is_that_of_the_caller():
    here = 3

    def inner():
        here = 4
        return here, get_local_namespace(0)["here"], get_local_namespace(1)["here"]

    assert inner() == (4, 4, here)
    assert get_local_namespace()["TAU"] is TAU


def test_run_takes_the_same_arguments():
    group = decaying()
    group.x = 1
    run(1 * ms, namespace={"TAU": 1 * ms})
    assert group.x[0] == pytest.approx(np.exp(-1))
    assert second == 1000 * ms


def test_an_array_of_the_script_cannot_be_meant_so_it_conflicts_with_nothing(caplog):
    x = np.arange(3)  # noqa: F841
    group = NeuronGroup(1, "dx/dt = -x/(5*ms) : 1")
    Network(group).run(1 * ms)
    assert not messages(caplog)
