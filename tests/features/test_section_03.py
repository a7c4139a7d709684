"""Section 3 of the contract, namespaces: sentences that tests/model/test_namespaces leaves open."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from rheobase import Network, NeuronGroup, ms, mV, run, second, volt

tau = 10 * ms  # of this module: what a local name hides
only_global = 3.0


def value_of(group, name="x"):
    return float(np.asarray(getattr(group, name)[:])[0])


def test_variables_come_before_everything_else():
    group = NeuronGroup(1, "tau : 1\nx = 2*tau : 1", namespace={"tau": 7})
    group.tau = 5
    assert value_of(group) == 10


def test_constants_units_and_functions_come_before_the_namespaces():
    names = {"pi": 3, "mV": 5 * volt, "exp": lambda x: x}
    group = NeuronGroup(1, "x = pi*exp(0)*mV/volt : 1", namespace=names)
    assert value_of(group) == pytest.approx(np.pi * 1e-3)


@pytest.mark.parametrize(("code", "value"), [("inf", np.inf), ("-inf", -np.inf), ("e", np.e)])
def test_default_constants_need_no_definition(code, value):
    assert value_of(NeuronGroup(1, f"x = {code} : 1", namespace={})) == value


def test_the_group_comes_before_the_run_and_may_be_changed_later():
    group = NeuronGroup(1, "dx/dt = k/second : 1", method="euler", namespace={"k": 1})
    network = Network(group)
    network.run(1 * second, namespace={"k": 100})
    group.namespace["k"] = 3
    network.run(1 * second, namespace={"k": 100})
    assert value_of(group) == pytest.approx(4)


def test_locals_and_globals_of_the_caller_are_looked_up_when_the_run_is_called():
    group = NeuronGroup(1, "dx/dt = only_global/tau : 1", method="euler")
    network = Network(group)
    tau = 1 * second
    network.run(1 * second)
    assert value_of(group) == pytest.approx(3)
    tau = 0.5 * second
    network.run(1 * second)
    assert value_of(group) == pytest.approx(9)
    assert tau == 0.5 * second


def test_three_ways_to_give_a_constant_are_one():
    def simulated(own, **names):
        group = NeuronGroup(1, "dx/dt = (1 - x)/k : 1", namespace=own)
        Network(group).run(5 * ms, **names)
        return value_of(group)

    k = 3 * ms
    found = {simulated({"k": k}), simulated(None, namespace={"k": k})}
    group = NeuronGroup(1, "dx/dt = (1 - x)/k : 1")
    Network(group).run(5 * ms)
    assert found == {value_of(group)}


def test_level_looks_beyond_a_wrapper():
    def wrapper(network):
        network.run(1 * ms, level=1)

    rate = 1 / ms
    group = NeuronGroup(1, "dx/dt = rate : 1", method="euler")
    wrapper(Network(group))
    assert value_of(group) == pytest.approx(1)
    assert rate == 1 / ms


def test_an_empty_namespace_of_the_run_switches_the_script_off():
    network = Network(NeuronGroup(1, "dx/dt = -x/tau : 1"))
    with pytest.raises(KeyError, match="'tau' is unknown"):
        network.run(1 * ms, namespace={})


def test_an_array_is_a_key_error_that_says_so():
    group = NeuronGroup(2, "dx/dt = -x/k : 1")
    with pytest.raises(KeyError, match=r"'k' is an array"):
        Network(group).run(1 * ms, namespace={"k": [1, 2] * ms})


def test_a_conflict_warns_once(caplog):
    group = NeuronGroup(1, "dv/dt = -v/(10*ms) : 1")
    network = Network(group)
    v = 3.0
    for _ in range(2):
        network.run(0.1 * ms)
    said = [r for r in caplog.records if r.levelno == logging.WARNING and "'v'" in r.getMessage()]
    assert len(said) == 1
    assert v == 3.0


def test_keys_with_an_underscore_are_refused():
    with pytest.raises(ValueError, match="'_k'"):
        NeuronGroup(1, "x : 1", namespace={"_k": 1})


def test_a_text_is_evaluated_with_the_names_of_the_caller():
    group = NeuronGroup(200, "v : volt")
    v_r = -70 * mV
    group.v = "v_r + rand()*5*mV"
    values = np.asarray(group.v[:]) * 1e3
    assert -70 <= values.min() < -69.5
    assert -65.5 < values.max() <= -65
    assert v_r == -70 * mV


def test_run_of_the_magic_network_sees_the_script():
    group = NeuronGroup(1, "dx/dt = speed : 1", method="euler")
    speed = 2 / ms
    run(1 * ms)
    assert value_of(group) == pytest.approx(2)
    assert speed == 2 / ms
