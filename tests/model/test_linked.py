"""Variables that stand for those of other groups."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rheobase import (
    DimensionMismatchError,
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    StateMonitor,
    UnknownNameError,
    linked_var,
    ms,
    run,
    volt,
)


def source(n: int) -> NeuronGroup:
    G = NeuronGroup(n, "x : 1\ntwice = 2*x + i : 1\ns : 1 (shared)\nu : volt")
    G.x = "10*(i + 1)"
    return G


def linked(n: int) -> NeuronGroup:
    return NeuronGroup(n, "y : 1 (linked)\nz = y + 1 : 1\nk : integer")


@pytest.mark.parametrize(
    ("n", "index", "seen"),
    [
        (4, None, [10, 20, 30, 40]),
        (4, [3, 2, 1, 0], [40, 30, 20, 10]),
        (6, [0, 0, 1, 1, 3, 3], [10, 10, 20, 20, 40, 40]),
    ],
)
def test_each_element_sees_its_own(n, index, seen):
    G, H = source(4), linked(n)
    H.y = linked_var(G.x, index=None if index is None else np.array(index))
    assert_array_equal(H.y[:], seen)
    assert_array_equal(H.z[:], np.array(seen) + 1)
    assert_array_equal(H.y[1:3], seen[1:3])
    G.x = 5
    assert_array_equal(H.y[:], np.full(n, 5.0))


def test_one_element_and_shared_variables_are_seen_by_all():
    G, H = source(1), linked(3)
    H.y = linked_var(G, "x")
    assert_array_equal(H.z[:], 11.0)
    one = source(4)
    H = linked(3)
    H.y = linked_var(one[2:3].x)
    assert_array_equal(H.z[:], [31, 31, 31])
    one.s = 8
    H.y = linked_var(one.s)
    assert_array_equal(H.z[:], 9.0)


def test_subexpressions_subgroups_and_chains_can_be_linked_to():
    G, H, K = source(4), linked(2), linked(4)
    H.y = linked_var(G[1:3].twice)
    assert_array_equal(H.y[:], [41, 62])  # i of the group that has the equation
    K.y = linked_var(H.y, index=np.array([0, 1, 0, 1]))
    assert_array_equal(K.y[:], [41, 62, 41, 62])


def test_a_chooser_may_change_during_a_run_and_is_kept_in_range():
    G, H = source(4), linked(2)
    H.k = [0, 3]
    H.y = linked_var(G.x, index="k")
    H.run_regularly("k += 1", when="end")
    M = StateMonitor(H, "y", record=True)
    run(0.3 * ms)
    assert_array_equal(M.y, [[10, 20, 30], [40, 40, 40]])
    with pytest.raises(IndexError, match=r"'k' chooses the element of 'y'.*0 to 3"):
        run(0.1 * ms)


def test_linked_variables_follow_groups_with_another_step():
    G = NeuronGroup(1, "dx/dt = 1/ms : 1", dt=0.2 * ms, name="a*")
    H = NeuronGroup(2, "y : 1 (linked)\ndz/dt = y/ms : 1", method="euler", name="b*")
    H.y = linked_var(G.x)
    run(0.4 * ms)
    np.testing.assert_allclose(H.y[:], 0.4, rtol=1e-12)
    # each step of a gives x to both steps of b in it, and comes first by its name
    np.testing.assert_allclose(H.z[:], 0.1 * (0.2 + 0.2 + 0.4 + 0.4), rtol=1e-12)


def test_linking_anew_between_runs_takes_effect():
    G, H = source(2), linked(2)
    H.y = linked_var(G.x)
    M = StateMonitor(H, "y", record=True)
    net = Network(G, H, M)
    net.run(0.1 * ms)
    H.y = linked_var(G.x, index=np.array([1, 0]))
    net.run(0.1 * ms)
    assert_array_equal(M.y, [[10, 20], [20, 10]])


def test_a_reset_may_write_what_is_one_to_one():
    G = source(2)
    H = NeuronGroup(2, "y : 1 (linked)\nv : 1", threshold="v > 1", reset="y += 1; v = 0")
    H.y = linked_var(G.x)
    H.v = [0, 2]
    run(0.1 * ms)
    assert_array_equal(G.x[:], [10, 21])


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (lambda G: linked_var(G.u), DimensionMismatchError, "'y' is in"),
        (lambda G: linked_var(source(3).x), ModelValueError, "3: say with index="),
        (lambda G: linked_var(G.x, "x"), ModelValueError, "says its own name"),
        (lambda G: linked_var(G), ModelValueError, "which variable"),
        (lambda G: linked_var(3), ModelTypeError, "takes a group or a variable"),
        (lambda G: linked_var(G, "no"), UnknownNameError, "no variable 'no'"),
        (lambda G: linked_var(G.x, index=np.ones(4)), ModelTypeError, "whole numbers"),
        (lambda G: linked_var(G.x, index=np.arange(3)), ModelTypeError, "one number for each"),
        (lambda G: linked_var(G.x, index=np.arange(4) + 1), ModelValueError, "0 to 3"),
        (lambda G: linked_var(G.x, index="y"), ModelValueError, "integer variable"),
        (lambda G: 3, ModelValueError, "another group's"),
    ],
)
def test_what_cannot_be_linked_is_refused(value, error, message):
    H = linked(4)
    with pytest.raises(error, match=message):
        H.y = value(source(4))


def test_only_variables_with_the_flag_can_be_linked():
    G = source(4)
    with pytest.raises(ModelTypeError, match=r"needs the flag \(linked\)"):
        G.u = linked_var(source(4).u)
    assert G.u[0] == 0 * volt


def test_a_variable_that_is_linked_to_nothing_cannot_be_used():
    with pytest.raises(ModelTypeError, match=r"'y' .* is linked to nothing yet"):
        linked(2).z[:]


def test_a_circle_of_links_is_refused():
    A, B = linked(2), linked(2)
    A.y = linked_var(B.y)
    with pytest.raises(ModelValueError, match="stand for itself"):
        B.y = linked_var(A.y)
