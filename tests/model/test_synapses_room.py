"""Synapses that come and go in place, against a list of all that is there."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import settings
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    ModelTypeError,
    ModelValueError,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    StateMonitor,
    StatisticsMonitor,
    Synapses,
    TimedArray,
    defaultclock,
    ms,
    network_operation,
)
from rheobase.model.room import Room

N_STEPS = 40
N_CASES = settings.default.max_examples // 5  # of random rules, in each of four tests


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
    """born: the first step of events that it sees; last: at the end of this step it goes;
    delays: of both directions, in steps."""

    i: int
    j: int
    w: float
    born: int
    last: int
    delays: tuple[int, int]


@dataclass
class Rules:
    """A random model: its numbers.

    period   pairs with (t + 2*i + 3*j) % period == 0 get a synapse
    life     of a synapse: life + (i + 2*j) % 7 steps
    kind     of the delays: one for all, 'each' its own, or also 'code' that assigns to them
    new      the delay of a new synapse, forth: (i + 2*j) % new steps
    offset   of the neurons within the groups that they are parts of
    """

    n_pre: int
    n_post: int
    pairs: list[tuple[int, int]]
    lasts: list[int]
    period: int
    life: int
    kind: str
    delays: list[tuple[int, int]]
    new: int
    offset: int
    fires: tuple[np.ndarray, np.ndarray]


def random_rules(r: random.Random) -> Rules:
    n_pre, n_post = r.randrange(1, 7), r.randrange(1, 7)
    pairs = [(r.randrange(n_pre), r.randrange(n_post)) for _ in range(r.randrange(0, 20))]
    lasts = [r.choice([r.randrange(N_STEPS), 1000]) for _ in pairs]
    fires = tuple(
        np.array([[r.random() < 0.25 for _ in range(n)] for _ in range(N_STEPS)])
        for n in (n_pre, n_post)
    )
    kind = r.choice(["one", "each", "each", "code"])
    delays = [(r.choice([0, 0, 1, 4]), r.choice([0, 0, 2]))] * max(len(pairs), 1)
    if kind != "one":
        delays = [(r.randrange(6), r.randrange(3)) for _ in pairs]
    period, life, new = r.choice([1, 3, 8, 50]), r.choice([1, 4, 30]), r.choice([1, 3, 6])
    offset = r.choice([0, 0, 2])
    return Rules(n_pre, n_post, pairs, lasts, period, life, kind, delays, new, offset, fires)


def expected(rules: Rules):
    """What each step adds on both sides, what the sums are, and the synapses that are left."""
    there = [
        Synapse(i, j, 1.0 + k, 0, last, rules.delays[k])
        for k, ((i, j), last) in enumerate(zip(rules.pairs, rules.lasts))
    ]
    forth = np.zeros((rules.n_post, N_STEPS))
    back, sums = np.zeros((rules.n_pre, N_STEPS)), np.zeros((rules.n_post, N_STEPS))
    counts = []
    for t in range(N_STEPS):
        counts.append(len(there))
        incoming = Counter(s.j for s in there)
        for s in there:
            sums[s.j, t] += s.w + 1000 * incoming[s.j]
            for side, (own, far, into) in enumerate(((s.i, s.j, forth), (s.j, s.i, back))):
                sent = t - s.delays[side]
                if sent >= s.born and sent >= 0 and rules.fires[side][sent, own]:
                    into[far, t] += s.w
        there = [s for s in there if s.last > t]
        present = {(s.i, s.j) for s in there}
        for i in range(rules.n_pre):
            for j in range(rules.n_post):
                if (t + 2 * i + 3 * j) % rules.period == 0 and (i, j) not in present:
                    last = t + rules.life + (i + 2 * j) % 7
                    delays = ((i + 2 * j) % rules.new, 0)
                    if rules.kind == "one":
                        delays = rules.delays[0]
                    there.append(Synapse(i, j, 100.0 + 10 * i + j, t + 1, last, delays))
    return forth, back, sums, counts, there


def group(fires, offset):
    """A group that fires as a table says; a part of one that begins at an offset, and the whole."""
    n = fires.shape[1]
    table = TimedArray(np.pad(fires, ((0, 0), (offset, offset))).astype(float), dt=0.1 * ms)
    model = "x : 1\ntotal : 1\nnow : integer"
    G = NeuronGroup(n + 2 * offset, model, threshold="fires(t, i) > 0", namespace={"fires": table})
    G.run_regularly("now = t_in_timesteps")
    return (G[offset : offset + n] if offset else G), G


def built(rules: Rules):
    source, whole_source = group(rules.fires[0], rules.offset)
    target, whole_target = group(rules.fires[1], rules.offset)
    model = "w : 1\nlast : integer\ntotal_post = w + 1000*N_incoming : 1 (summed)"
    steps = np.array(rules.delays).reshape(-1, 2).T * 0.1 * ms
    one = rules.kind == "one"
    more = "\ndelay = delay" if rules.kind == "code" else ""
    S = Synapses(
        source, target, model, on_pre="x_post += w" + more, on_post="x_pre += w",
        delay={"pre": steps[0, 0], "post": steps[1, 0]} if one else None,
    )  # fmt: skip
    S.connect(i=[i for i, _ in rules.pairs], j=[j for _, j in rules.pairs])
    S.w, S.last = 1.0 + np.arange(len(rules.pairs)), rules.lasts
    if not one:
        S.pre.delay, S.post.delay = steps
    pruning = S.prune("last <= t_in_timesteps")
    values = {
        "w": "100 + 10*i + j",
        "last": f"now_post + {rules.life} + (i + 2*j) % 7",
    }
    if not one:
        values["delay"] = f"(i + 2*j) % {rules.new}*0.1*ms"
    S.grow(f"(now_post + 2*i + 3*j) % {rules.period} == 0", values=values)
    return (source, target), (whole_source, whole_target, S), pruning


@pytest.mark.parametrize("part", range(4))
def test_what_arrives_comes_from_the_synapses_that_are_there(backend, opened, part):
    """Both directions, with delays of all kinds; sums; N and N_incoming; the order that users see;
    monitors; runs in parts, looks at the synapses in between. Some models outgrow their rows, some
    lose all their synapses."""
    n_cases = N_CASES if backend == "llvm" else N_CASES // 2  # of the same models
    for seed in range(N_CASES * part, N_CASES * part + n_cases):
        r = random.Random(seed)
        rules = random_rules(r)
        (source, target), objects, pruning = built(rules)
        S = objects[-1]
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
        known = StateMonitor(S, ["w", "j"], record=True) if rules.pairs else None
        net = Network(*objects, look, *monitors, *([known] if known else []))
        cut = r.choice([0, 13])
        net.run(cut * 0.1 * ms)
        net.run((N_STEPS - cut) * 0.1 * ms)
        assert_array_equal(np.diff(monitors[1].x, axis=1, prepend=0), forth, str(seed))
        assert_array_equal(np.diff(monitors[0].x, axis=1, prepend=0), back, str(seed))
        assert_array_equal(monitors[1].total, sums, str(seed))
        assert [n for _, n, _ in seen] == [counts[t] for t, *_ in seen]
        if known:
            check_known(known, rules, there)
        assert list(zip(S.i[:], S.j[:], S.w[:])) == [(s.i, s.j, s.w) for s in there]
        assert S.N_outgoing_pre.tolist() == [
            sum(s.i == i for s in there) for i in range(len(source))
        ]
        assert pruning.count > 0 or counts[-1] >= counts[0]
    assert len(opened) >= n_cases


def check_known(monitor, rules, there):
    """What was recorded of those that there were in the beginning, and which they are now."""
    steps, lasts = np.arange(N_STEPS), np.array(rules.lasts)
    lives = steps <= lasts[:, None]
    assert_array_equal(monitor.w, np.where(lives, 1.0 + np.arange(len(lasts))[:, None], np.nan))
    assert_array_equal(monitor.j, np.where(lives, np.array(rules.pairs)[:, 1:], 0))
    numbers = {s.w: k for k, s in enumerate(there)}
    wanted = [numbers[1.0 + k] if last >= N_STEPS else -1 for k, last in enumerate(lasts)]
    assert monitor.record.tolist() == wanted


def test_the_copies_of_a_pair_are_counted_while_some_come_and_go(backend, opened):
    """The third index in code: of the synapses of a pair that there are, in order."""
    cells = NeuronGroup(3, "total : 1\nnow : integer")
    cells.run_regularly("now = t_in_timesteps")
    model = "last : integer\ntotal_post = 10**k : 1 (summed)"
    S = Synapses(cells, cells, model, multisynaptic_index="k")
    S.connect(i=[0, 1, 0], j=[0, 1, 0])
    S.last = [1, 9, 9]
    S.prune("last <= t_in_timesteps")
    S.grow("i == j and i < 2", values={"last": "now_post + 2 + 2*i"}, multiple=True, when="start")
    M = StateMonitor(cells, "total", record=True, when="end")
    Network(cells, S, M).run(0.6 * ms)
    # at 0, synapses with last = 1 and 9, and one more each step, whose last is two steps later
    assert M.total[0].tolist() == [11, 111, 111, 111, 111, 111]
    assert M.total[1].tolist() == [1, 11, 111, 1111, 11111, 11111]
    assert M.total[2].tolist() == [0] * 6
    assert len(opened) == 1


def test_new_synapses_have_no_delay_unless_one_was_given_for_all(backend):
    source = NeuronGroup(1, "x : 1", threshold="True", reset="")
    target = NeuronGroup(4, "x : 1")
    S = Synapses(source, target, on_pre="x_post += 1")
    S.connect(j="0")
    S.delay = 0.3 * ms
    S.grow("j == 1 and t_in_timesteps == 1", name="with_none")
    T = Synapses(source, target, on_pre="x_post += 1", delay=0.3 * ms)
    T.connect(j="2")
    T.grow("j == 3 and t_in_timesteps == 1")
    Network(source, target, S, T).run(0.6 * ms)
    # steps 0 to 5: from the first, or from the third on, and with a delay three less
    assert target.x[:].tolist() == [3, 4, 3, 1]


def test_a_trace_of_a_new_synapse_decays_from_its_birth(backend):
    """Value 1 at the end of step 10; the event of step 20 finds exp(-10 dt / tau)."""
    source = SpikeGeneratorGroup(1, [0], [2] * ms)
    target = NeuronGroup(1, "x : 1")
    S = Synapses(source, target, "da/dt = -a/ms : 1 (event-driven)", on_pre="x_post = a")
    S.connect(False)
    S.grow("t_in_timesteps == 10", values={"a": 1})
    Network(source, target, S).run(3 * ms)
    assert_allclose(target.x[0], np.exp(-1))


def test_synapses_of_synapses_come_and_go_in_place(backend, opened):
    """The outer ones change; the inner ones, to which they are connected, stand still."""
    cells = NeuronGroup(3, "x : 1", threshold="True", reset="")
    inner = Synapses(cells, cells, "w : 1")
    inner.connect(i=[2, 0, 1], j=[0, 1, 2])
    outer = Synapses(cells, inner, on_pre="w_post += 1")
    outer.connect("i == j")
    outer.prune("i == 1 and t_in_timesteps == 1")
    outer.grow("i == 0 and j == 2 and t_in_timesteps == 2")
    inner.grow("i == j and t_in_timesteps == 4")
    net = Network(cells, inner, outer)
    net.run(0.4 * ms)
    assert inner.w[:].tolist() == [4, 2, 4 + 1]
    assert len(opened) == 1
    with pytest.raises(ModelValueError, match="other Synapses are connected to these synapses"):
        net.run(0.2 * ms)


def test_statistics_follow_synapses_that_move(backend):
    """Others are removed and made before it in memory."""
    cells = NeuronGroup(4, "x : 1")
    S = Synapses(cells, cells, "w : 1")
    S.connect("i == 2")
    S.w = "10 + j"
    M = StatisticsMonitor(S, "w", record=[2, 3])
    S.prune("i == 2 and j == 0 and t_in_timesteps == 2")
    S.grow("i < 2 and t_in_timesteps == 4")
    net = Network(cells, S, M)
    net.run(1 * ms)
    net.run(1 * ms)
    assert M.minimum("w").tolist() == M.maximum("w").tolist() == [12, 13]
    assert M.record.tolist() == [1, 2]


def test_a_delay_that_cannot_be_is_refused():
    cells = NeuronGroup(2, "x : 1", threshold="False")
    S = Synapses(cells, cells, on_pre="x += 1", delay=1 * ms)
    with pytest.raises(ModelTypeError, match="given as one for all"):
        S.grow("i == j", values={"delay": 1 * ms})
    S = Synapses(cells, cells, on_pre="x += 1")
    S.connect(False)
    S.grow("i == j", values={"delay": "-1*ms"})
    with pytest.raises(ModelValueError, match="delay that is no finite time, or negative"):
        Network(cells, S).run(0.1 * ms)


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
    (_, target), objects, _ = built(rules)
    net, S = Network(*objects), objects[-1]
    net.run(1.5 * ms)
    net.store()
    net.run(1 * ms)
    wanted = list(zip(S.i[:], S.j[:], S.w[:])), target.x[:].tolist()
    net.restore()
    net.run(1 * ms)
    assert (list(zip(S.i[:], S.j[:], S.w[:])), target.x[:].tolist()) == wanted
