"""Section 2 of the contract, equation strings: what tests/equations and tests/lang leave open."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import (
    DimensionMismatchError,
    EquationError,
    Equations,
    Expression,
    ModelSyntaxError,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    Statements,
    StateMonitor,
    Synapses,
    mM,
    ms,
    mV,
    second,
    volt,
)


def first(group, name):
    return np.asarray(getattr(group, name)[:]).tolist()


def test_the_unit_of_a_differential_equation_is_that_of_the_variable():
    group = NeuronGroup(1, "dv/dt = 1*mV/ms : volt", method="euler")
    Network(group).run(1 * ms)
    assert group.v[0] / mV == pytest.approx(1)


def test_concentrations_are_declared_in_their_base_unit():
    group = NeuronGroup(1, "c : mM\nd : mmolar")
    group.c = 3 * mM
    group.d = "c"
    assert group.d[0] == 3 * mM


def test_bool_in_place_of_a_unit_is_a_type_error():
    with pytest.raises(TypeError, match="boolean"):
        Equations("b : bool")


def test_special_units_decide_the_type_of_what_is_stored():
    group = NeuronGroup(1, "x : 1\nn : integer\nb : boolean")
    kinds = [np.asarray(getattr(group, name)[:]).dtype.kind for name in "xnb"]
    assert kinds == ["f", "i", "b"]


def test_division_is_true_and_floor_division_is_floor():
    group = NeuronGroup(4, "x = i/2 : 1\nn = i//2 : integer")
    assert first(group, "x") == [0, 0.5, 1, 1.5]
    assert first(group, "n") == [0, 0, 1, 1]


@pytest.mark.parametrize(
    "code", ["x = x + 2; x *= 3", "x += 2\nx *= 3  # both", "y = x + 2\nx = 3*y", "\nx = 6\n\n"]
)
def test_statements_stand_on_lines_or_between_semicolons(code):
    group = NeuronGroup(1, "x : 1", threshold="True", reset=code)
    Network(group).run(0.1 * ms)
    assert first(group, "x") == [6]


@pytest.mark.parametrize(
    ("op", "value"), [("+", 9), ("-", 5), ("*", 14), ("/", 3.5), ("//", 3), ("%", 1), ("**", 49)]
)
def test_every_in_place_form(op, value):
    group = NeuronGroup(1, "x : 1", threshold="True", reset=f"x {op}= 2")
    group.x = 7
    Network(group).run(0.1 * ms)
    assert first(group, "x") == [value]


def test_temporaries_take_the_unit_and_the_type_of_their_expression():
    reset = "step = 2*mV\nn = 3\nv = n//2*step"
    group = NeuronGroup(1, "v : volt", threshold="True", reset=reset)
    Network(group).run(0.1 * ms)
    assert group.v[0] == 2 * mV
    with pytest.raises(DimensionMismatchError, match="volt"):
        NeuronGroup(1, "v : volt", threshold="True", reset="step = 2*ms\nv = step")


FLAGS = {
    "dx/dt = -x/second : 1": ["unless refractory"],
    "x : 1": ["constant", "shared", "linked"],
    "x = t/second : 1": ["shared", "constant over dt"],
}


@pytest.mark.parametrize(("line", "flag"), [(k, f) for k, flags in FLAGS.items() for f in flags])
def test_flags_of_neurons_stand_where_they_are_legal(line, flag):
    assert flag in NeuronGroup(1, f"{line} ({flag})").equations["x"].flags


def test_an_illegal_flag_is_a_value_error_that_lists_the_legal_ones():
    with pytest.raises(ValueError, match=r"\(constant\), \(linked\), \(shared\)"):
        NeuronGroup(1, "x : 1 (summed)")
    with pytest.raises(ValueError, match="exclude each other"):
        NeuronGroup(1, "x : 1 (linked, constant)")


SYNAPTIC_FLAGS = {
    "dx/dt = -x/second : 1": ["event-driven", "clock-driven"],
    "x : 1": ["constant", "shared", "linked"],
    "x = t/second : 1": ["shared", "constant over dt"],
    "s_post = x : 1": ["summed"],
}


@pytest.mark.parametrize(
    ("line", "flag"), [(k, f) for k, flags in SYNAPTIC_FLAGS.items() for f in flags]
)
def test_flags_of_synapses_stand_where_they_are_legal(line, flag):
    model = f"{line} ({flag})" + ("\nx : 1" if "summed" in flag else "")
    synapses = Synapses(NeuronGroup(1, ""), NeuronGroup(1, "s : 1"), model)
    assert any(flag in e.flags for e in synapses.equations.values())


def test_special_symbols_of_neurons_can_be_read():
    group = NeuronGroup(
        3,
        "step = t_in_timesteps : integer\nnumber = i : integer\nsize = N : integer\n"
        "time = t : second\nlength = dt : second\nfree = not_refractory : boolean\n"
        "since = t - lastspike : second",
        threshold="False",
        refractory=1 * ms,
        dt=0.5 * ms,
    )
    Network(group).run(2 * ms)
    assert [first(group, n)[1] for n in ("step", "number", "size", "free")] == [4, 1, 3, True]
    assert [first(group, n)[1] for n in ("time", "length")] == pytest.approx([2e-3, 5e-4])
    assert first(group, "since")[1] > 100


def test_special_symbols_of_synapses_can_be_read():
    synapses = Synapses(NeuronGroup(2, "v : 1"), NeuronGroup(3, "v : 1"), "w : 1")
    synapses.connect()
    for code, values in {
        "i + 10*j": [0, 10, 20, 1, 11, 21],
        "N_pre": [2] * 6,
        "N_post": [3] * 6,
        "N": [6] * 6,
        "N_incoming": [2] * 6,
        "N_outgoing": [3] * 6,
    }.items():
        synapses.w = code
        assert first(synapses, "w") == values, code


def test_lastupdate_is_the_time_of_the_last_event():
    source = SpikeGeneratorGroup(1, [0], [1 * ms])
    target = NeuronGroup(1, "")
    synapses = Synapses(source, target, "da/dt = -a/second : 1 (event-driven)", on_pre="a += 1")
    synapses.connect()
    Network(source, target, synapses).run(3 * ms)
    assert synapses.lastupdate[0] / ms == pytest.approx(1)


def test_equal_suffixes_are_one_noise_and_neurons_are_independent():
    eqs = "\n".join(f"d{v}/dt = xi_{s}*second**-0.5 : 1" for v, s in zip("abc", "ppq"))
    group = NeuronGroup(50, eqs, method="euler")
    Network(group).run(0.1 * ms)
    a, b, c = (np.asarray(getattr(group, n)[:]) for n in "abc")
    assert (a == b).all()
    assert (a != c).all()
    assert len(set(a)) == 50


def test_a_random_subexpression_is_evaluated_once_a_step_before_its_start():
    group = NeuronGroup(2, "x = rand() : 1 (constant over dt)\na : 1\nb : 1")
    group.run_regularly("a = x", when="start")
    group.run_regularly("b = x", when="end")
    monitor = StateMonitor(group, ["a", "b", "x"], record=True, when="end", order=1)
    Network(group, monitor).run(0.5 * ms)
    assert (monitor.a == monitor.b).all()
    assert (monitor.a == monitor.x).all()
    assert len(np.unique(monitor.a)) == monitor.a.size
    assert group.subexpression_updater.when == "before_start"
    with pytest.raises(SyntaxError, match="constant over dt"):
        NeuronGroup(1, "x = rand() : 1")


def test_codes_stand_wherever_a_text_does():
    above = Expression("v > limit", limit=0.5 * volt)
    down = Statements("v = rest", rest=-1 * mV)
    group = NeuronGroup(
        4, "v : volt\nn : 1", threshold=above, reset=down, events={"low": "v < 0*mV"}
    )
    group.run_on_event("low", Statements("n += 1"))
    group.run_regularly(Statements("v += 1*volt"), when="start", dt=1 * ms)
    group.v = Expression("i*unit", unit=mV)
    assert first(group, "v") == pytest.approx([0, 1e-3, 2e-3, 3e-3])
    assert np.asarray(group.v[Expression("i > k", k=2)]).tolist() == pytest.approx([3e-3])
    synapses = Synapses(
        group, group, "w : 1", on_pre=Statements("w += 1"), on_post=Statements("w += 2")
    )
    synapses.connect(Expression("i == j + k", k=1), p=Expression("x", x=1))
    assert list(zip(synapses.i[:], synapses.j[:])) == [(1, 0), (2, 1), (3, 2)]
    Network(group, synapses).run(0.2 * ms)
    assert first(group, "v") == pytest.approx([-1e-3] * 4)
    assert first(group, "n") == [1] * 4
    assert first(synapses, "w") == [3] * 3
    with pytest.raises(ValueError, match="assigned"):
        Statements("g += k*w", g=3)
    assert Statements("g += k*w", g="g_ampa", k=0.3).code == "g_ampa += (0.3)*w"


def test_small_differences_survive_the_integration_of_equations():
    """expm1 and exprel of a tiny number are exact to the last digits, in the solution too."""
    group = NeuronGroup(1, "dx/dt = (expm1(a) - x)/(1*ms) : 1\na : 1 (constant)", method="exact")
    group.a = 1e-12
    Network(group).run(50 * ms)
    assert first(group, "x")[0] == pytest.approx(1e-12 + 0.5e-24, rel=1e-14)


def test_integers_and_booleans_keep_their_meaning_in_integrated_equations():
    group = NeuronGroup(
        4, "dx/dt = (k + int(b))/(1*ms) : 1\nk = i//2 : integer\nb = i % 2 == 1 : boolean",
        method="euler",
    )  # fmt: skip
    Network(group).run(1 * ms)
    assert first(group, "x") == pytest.approx([0, 1, 1, 2])


def test_equations_added_twice_are_an_equation_error():
    eqs = Equations("dv/dt = -v/(10*ms) : volt")
    eqs += Equations("w : 1")
    assert list(eqs) == ["v", "w"]
    with pytest.raises(EquationError, match="defined twice"):
        eqs += Equations("w : 1")
    assert eqs["v"].unit == volt
    assert eqs.dimensions["v"] is volt.dim
    assert eqs["v"].dim is volt.dim
    assert (second**-0.5).dim is (1 / second).dim ** 0.5


def test_python_words_are_refused_as_names():
    with pytest.raises(ModelSyntaxError, match="keyword"):
        Equations("class : 1")
