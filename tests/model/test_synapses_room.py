"""Synapses that come and go in place, against a list of all that is there."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rheobase import (
    Network,
    NeuronGroup,
    StateMonitor,
    Synapses,
    TimedArray,
    defaultclock,
    ms,
    network_operation,
)
from rheobase.model.room import Room

N_STEPS = 40


@pytest.fixture
def opened(monkeypatch):
    """The numbers of synapses for which there was made room."""
    found: list[int] = []
    plain = Room.open

    def noted(self):
        plain(self)
        found.append(len(self))

    monkeypatch.setattr(Room, "open", noted)
    return found


@dataclass
class Synapse:
    """born: the first step of events that it sees; last: at the end of this step it goes."""

    i: int
    j: int
    w: float
    born: int
    last: int


@dataclass
class Rules:
    """A random model: its numbers.

    period   pairs with (t + 2*i + 3*j) % period == 0 get a synapse
    life     of a synapse: life + (i + 2*j) % 7 steps
    """

    n_pre: int
    n_post: int
    pairs: list[tuple[int, int]]
    lasts: list[int]
    period: int
    life: int
    delays: tuple[int, int]
    fires: tuple[np.ndarray, np.ndarray]


def random_rules(r: random.Random) -> Rules:
    n_pre, n_post = r.randrange(1, 7), r.randrange(1, 7)
    pairs = [(r.randrange(n_pre), r.randrange(n_post)) for _ in range(r.randrange(0, 20))]
    lasts = [r.choice([r.randrange(N_STEPS), 1000]) for _ in pairs]
    fires = tuple(
        np.array([[r.random() < 0.25 for _ in range(n)] for _ in range(N_STEPS)])
        for n in (n_pre, n_post)
    )
    delays = r.choice([0, 0, 1, 4]), r.choice([0, 0, 2])
    return Rules(
        n_pre, n_post, pairs, lasts, r.choice([1, 3, 8, 50]), r.choice([1, 4, 30]), delays, fires
    )


def expected(rules: Rules):
    """What each step adds on both sides, what the sums are, and the synapses that are left."""
    there = [
        Synapse(i, j, 1.0 + k, 0, last)
        for k, ((i, j), last) in enumerate(zip(rules.pairs, rules.lasts))
    ]
    forth = np.zeros((rules.n_post, N_STEPS))
    back, sums = np.zeros((rules.n_pre, N_STEPS)), np.zeros((rules.n_post, N_STEPS))
    counts = []
    for t in range(N_STEPS):
        counts.append(len(there))
        for s in there:
            sums[s.j, t] += s.w
            for side, (own, far, into) in enumerate(((s.i, s.j, forth), (s.j, s.i, back))):
                sent = t - rules.delays[side]
                if sent >= s.born and sent >= 0 and rules.fires[side][sent, own]:
                    into[far, t] += s.w
        there = [s for s in there if s.last > t]
        present = {(s.i, s.j) for s in there}
        for i in range(rules.n_pre):
            for j in range(rules.n_post):
                if (t + 2 * i + 3 * j) % rules.period == 0 and (i, j) not in present:
                    last = t + rules.life + (i + 2 * j) % 7
                    there.append(Synapse(i, j, 100.0 + 10 * i + j, t + 1, last))
    return forth, back, sums, counts, there


def group(n, fires):
    table = TimedArray(fires.astype(float), dt=0.1 * ms)
    model = "x : 1\ntotal : 1\nnow : integer"
    G = NeuronGroup(n, model, threshold="fires(t, i) > 0", namespace={"fires": table})
    G.run_regularly("now = t_in_timesteps")
    return G


def built(rules: Rules):
    source, target = group(rules.n_pre, rules.fires[0]), group(rules.n_post, rules.fires[1])
    model = "w : 1\nlast : integer\ntotal_post = w : 1 (summed)"
    pre, post = (d * 0.1 * ms for d in rules.delays)
    S = Synapses(
        source, target, model, on_pre="x_post += w", on_post="x_pre += w",
        delay={"pre": pre, "post": post},
    )  # fmt: skip
    S.connect(i=[i for i, _ in rules.pairs], j=[j for _, j in rules.pairs])
    S.w, S.last = 1.0 + np.arange(len(rules.pairs)), rules.lasts
    pruning = S.prune("last <= t_in_timesteps")
    values = {
        "w": "100 + 10*i + j",
        "last": f"now_post + {rules.life} + (i + 2*j) % 7",
    }
    S.grow(f"(now_post + 2*i + 3*j) % {rules.period} == 0", values=values)
    return source, target, S, pruning


@pytest.mark.parametrize("part", range(4))
def test_what_arrives_comes_from_the_synapses_that_are_there(backend, opened, part):
    """Both directions, with delays; sums; N; the order that users see; runs in parts, looks at the
    synapses in between. Some models outgrow their rows, some lose all their synapses."""
    for seed in range(10 * part, 10 * part + 10):
        r = random.Random(seed)
        rules = random_rules(r)
        source, target, S, pruning = built(rules)
        forth, back, sums, counts, there = expected(rules)
        seen = []
        looks = r.choice([[], [], [5, 6, 20]])

        @network_operation(when="before_start")
        def look(t, seen=seen, looks=looks, S=S):
            if round(t / (0.1 * ms)) in looks:
                seen.append((round(t / (0.1 * ms)), len(S), float(np.sum(S.w[:]))))

        monitors = [
            StateMonitor(g, ["x", "total"], record=True, when="end") for g in (source, target)
        ]
        net = Network(source, target, S, look, *monitors)
        cut = r.choice([0, 13])
        net.run(cut * 0.1 * ms)
        net.run((N_STEPS - cut) * 0.1 * ms)
        assert_array_equal(np.diff(monitors[1].x, axis=1, prepend=0), forth, str(seed))
        assert_array_equal(np.diff(monitors[0].x, axis=1, prepend=0), back, str(seed))
        assert_array_equal(monitors[1].total, sums, str(seed))
        assert [(n, total) for _, n, total in seen] == [
            (counts[t], sums[:, t].sum()) for t, *_ in seen
        ]
        assert list(zip(S.i[:], S.j[:], S.w[:])) == [(s.i, s.j, s.w) for s in there]
        assert S.N_outgoing_pre.tolist() == [
            sum(s.i == i for s in there) for i in range(len(source))
        ]
        assert pruning.count > 0 or counts[-1] >= counts[0]
    assert len(opened) >= 10


def test_rows_that_outgrow_their_room_are_held_apart_anew(opened):
    """One row of 2000 targets fills in 100 steps."""
    source = NeuronGroup(3, "x : 1", threshold="False")
    target = NeuronGroup(2000, "x : 1\nnow : integer", threshold="False")
    target.run_regularly("now = t_in_timesteps")
    S = Synapses(source, target, "w : 1", on_post="x_pre += w")
    S.connect(i=[0, 2], j=[5, 7])
    S.grow("i == 1 and j % 100 == now_post", values={"w": "j"})
    Network(source, target, S).run(10 * ms)
    order = [j for step in range(100) for j in range(step, 2000, 100)]
    assert S.j[:].tolist() == [5, 7, *order]
    assert S.w[:].tolist() == [0, 0, *order]
    assert 2 < len(opened) < 12  # room doubles


def test_the_cost_of_a_change_does_not_grow_with_the_number_of_synapses():
    """Entries that are looked at for a change: those of the rows that change, and no others."""
    source = NeuronGroup(400, "x : 1")
    target = NeuronGroup(500, "x : 1", threshold="False")
    S = Synapses(source, target, "w : 1\ngoes : integer", on_post="x_pre += w")
    S.connect()
    S.goes = "5 if i == 3 and j < 10 else 1000"
    S.prune("goes <= t_in_timesteps")
    moved: list[int] = []

    class Counted(Room):
        def _variables(self):
            moved.append(1)
            return super()._variables()

    assert S._room is not None
    S._room.__class__ = Counted
    Network(source, target, S).run(2 * ms)
    assert len(moved) == 1  # when it was opened
    assert len(S) == 400 * 500 - 10


def test_synapses_go_on_when_steps_become_longer(backend):
    """A synapse of step 21 takes part in the sixth of the longer steps, too."""
    source = NeuronGroup(1, "x : 1", threshold="True", reset="")
    target = NeuronGroup(1, "x : 1\nnow : integer")
    target.run_regularly("now = t_in_timesteps")
    S = Synapses(source, target, on_pre="x_post += 1")
    S.connect(False)
    growth = S.grow("now_post == 20")
    net = Network(source, target, S)
    net.run(2.4 * ms)
    assert target.x[0] == 3
    growth.active = False
    defaultclock.dt = 0.4 * ms
    net.run(1.6 * ms)
    assert target.x[0] == 7


def test_synapses_that_are_gone_stand_still(backend):
    """What would run away, had it not been removed in time, does not."""
    cells = NeuronGroup(3, "x : 1")
    S = Synapses(cells, cells, "dw/dt = w/(0.1*ms) : 1 (clock-driven)")
    S.connect()
    S.w = "i + 3*j"
    S.prune("w > 10")
    Network(cells, S).run(100 * ms, on_nonfinite="raise")
    assert list(zip(S.i[:], S.j[:], S.w[:])) == [(0, 0, 0)]


def test_a_checkpoint_finds_synapses_in_order(backend):
    """Stored and restored between and within runs that hold rows apart."""
    rules = random_rules(random.Random(3))
    source, target, S, _ = built(rules)
    net = Network(source, target, S)
    net.run(1.5 * ms)
    net.store()
    net.run(1 * ms)
    wanted = list(zip(S.i[:], S.j[:], S.w[:])), target.x[:].tolist()
    net.restore()
    net.run(1 * ms)
    assert (list(zip(S.i[:], S.j[:], S.w[:])), target.x[:].tolist()) == wanted
