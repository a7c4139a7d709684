"""Traces that are kept once for each neuron: nobody sees a difference, whatever is done to them.

Each case runs twice: as it is, and with a StateMonitor on a trace, which makes each synapse keep
its own. What a case does after its first run must be right in both; most of them make the values
of the synapses of a neuron differ, so that they cannot be kept for the neuron any more.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rheobase import (
    Network,
    SpikeGeneratorGroup,
    StateMonitor,
    Synapses,
    ms,
    network_operation,
    prefs,
    second,
)
from rheobase.backends.llvm import executable
from rheobase.ir.domains import Index
from tests.network.all_threads import Always

PAIR = """w : 1
          dP/dt = -P/tau_P : 1 (event-driven)
          dM/dt = -M/(15*ms) : 1 (event-driven)"""
ON_PRE = "P += 0.02; w = clip(w - M, 0, 1)"
ON_POST = "M += 0.03; w = clip(w + P, 0, 1)"
STATE = ("w", "P", "M", "lastupdate")
N_STEPS = 600
N_SPIKES = 100  # of each group


class Case:
    """A network of plastic synapses between two groups that spike at given times."""

    def __init__(
        self,
        model: str = PAIR,
        on_pre=ON_PRE,
        on_post=ON_POST,
        delay=None,
        monitored: bool = False,
        **options,
    ) -> None:
        rng = np.random.default_rng(4)
        self.pre, self.post = (
            SpikeGeneratorGroup(n, rng.integers(0, n, N_SPIKES), self._times(rng), name=name)
            for n, name in ((12, "sources"), (9, "outputs"))
        )
        self.namespace = {"tau_P": 20 * ms}
        self.S = Synapses(
            self.pre, self.post, model, on_pre, on_post=on_post,
            delay=delay, name="plastic", **options,
        )  # fmt: skip
        self.S.connect(i=rng.integers(0, 12, 70), j=rng.integers(0, 9, 70))
        self.S.w = rng.random(70)
        self.net = Network(self.pre, self.post, self.S)
        if monitored:
            self.net.add(StateMonitor(self.S, "P", record=[0], name="watch"))

    def _times(self, rng):
        return np.sort(rng.choice(N_STEPS, N_SPIKES, replace=False)) * 0.1 * ms

    def run(self, duration) -> None:
        self.net.run(duration, namespace=self.namespace)

    @property
    def sides(self) -> dict[str, Index]:
        """Of the traces that the last run kept for neurons."""
        plan = self.S._driven.traces and self.S._driven.traces.plan
        return dict(plan.sides) if plan else {}

    def state(self, names=STATE) -> dict[str, np.ndarray]:
        return {n: np.array(self.S.state(n, False)[:]) for n in names}


BOTH = {"P": Index.PRE, "M": Index.POST}


def assert_close(met: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    for name, values in wanted.items():
        assert_allclose(met[name], values, rtol=1e-11, atol=1e-15, err_msg=name)


def brute_force(case: Case, n_steps: int, delay: int = 0) -> dict[str, np.ndarray]:
    """The rule, synapse by synapse and step by step."""
    i, j = np.array(case.S.i[:]), np.array(case.S.j[:])
    w, P, M, last = np.array(case.S.w[:]), np.zeros(70), np.zeros(70), np.zeros(70)
    events = {}
    for group, shift in ((case.pre, delay), (case.post, 0)):
        steps = np.rint(np.array(group.spike_time[:]) / 1e-4).astype(int) + shift
        events[group] = list(zip(steps, np.array(group.neuron_index[:]), strict=True))
    for k in range(n_steps):
        for group, side in ((case.pre, i), (case.post, j)):
            for _, neuron in sorted(e for e in events[group] if e[0] == k):
                at = side == neuron
                passed = k * 1e-4 - last[at]
                P[at] *= np.exp(-passed / 20e-3)
                M[at] *= np.exp(-passed / 15e-3)
                last[at] = k * 1e-4
                if group is case.pre:
                    P[at] += 0.02
                    w[at] = np.clip(w[at] - M[at], 0, 1)
                else:
                    M[at] += 0.03
                    w[at] = np.clip(w[at] + P[at], 0, 1)
    return {"w": w, "P": P, "M": M, "lastupdate": last}


@pytest.mark.parametrize("monitored", [False, True])
@pytest.mark.parametrize("delay", [0, 7, 131])
def test_pairs_of_spikes_change_weights_as_the_rule_says(delay, monitored):
    case = Case(delay=delay * 0.1 * ms, monitored=monitored)
    wanted = brute_force(case, N_STEPS, delay)
    case.run(N_STEPS * 0.1 * ms)
    assert case.sides == ({} if monitored else BOTH)
    assert_close(case.state(), wanted)


TRIPLET = """w : 1
             dr1/dt = -r1/(17*ms) : 1 (event-driven)
             dr2/dt = -r2/(100*ms) : 1 (event-driven)
             do1/dt = -o1/(34*ms) : 1 (event-driven)
             do2/dt = -o2/(125*ms) : 1 (event-driven)"""
TRIPLET_PRE = "r1 += 1; w = clip(w - o1*(0.005 + 0.002*r2), 0, 1); r2 += 1"
TRIPLET_POST = "o1 += 1; w = clip(w + r1*(0.005 + 0.003*o2), 0, 1); o2 += 1"
CONSOLIDATED = PAIR + "\ndc/dt = -c/second : 1 (event-driven)"


@pytest.mark.parametrize(
    "options, sides",
    [
        ({"model": TRIPLET, "on_pre": TRIPLET_PRE, "on_post": TRIPLET_POST},
         {"r1": Index.PRE, "r2": Index.PRE, "o1": Index.POST, "o2": Index.POST}),
        ({"model": CONSOLIDATED, "on_pre": ON_PRE + "; c += M", "on_post": ON_POST + "; c += P"},
         BOTH),
        # two pathways, whose events arrive at different times, but for all synapses of a source
        ({"on_pre": {"pre": ON_PRE, "again": "P += 0.01; w += 0.001"},
          "delay": {"pre": 0.3 * ms, "again": 1.1 * ms}}, BOTH),
        # a temporary, the number of the neuron, and a function
        ({"on_pre": "a = 0.01*exp(-i); P += a + P*a; w = clip(w - M - a, 0, 1)"}, BOTH),
        # P is read before it is written and after that: it stays with the synapse
        ({"on_pre": "w -= 0.1*P; P += 0.02; w = clip(w - 0.1*P, 0, 1)"}, {"M": Index.POST}),
        # what is written depends on the synapse, on the other side, on chance
        ({"on_pre": "P += 0.02*w; w = clip(w - M, 0, 1)"}, {"M": Index.POST}),
        ({"on_pre": "P += 0.01*j; w = clip(w - M, 0, 1)"}, {"M": Index.POST}),
        ({"on_pre": "P += M; w = clip(w - M, 0, 1)"}, {"M": Index.POST}),
        ({"on_pre": ON_PRE + "; M += 0.001"}, {"P": Index.PRE}),
        # not all synapses of a source are reached at the same time
        ({"delay": "each"}, {}),
        # the code asks for the time of the synapse
        ({"on_pre": "P += 0.02; w = clip(w - M*(t - lastupdate)/ms, 0, 1)"}, {}),
        # a name stands for a trace
        ({"model": PAIR + "\nboth = P + M : 1",
          "on_pre": "P += 0.02; w = clip(w - both, 0, 1)"}, {}),
        # it does not decay to 0, or by a rate of the synapse
        ({"model": PAIR.replace("-P/tau_P", "(0.01 - P)/tau_P")}, {"M": Index.POST}),
        ({"model": PAIR.replace("-P/tau_P", "-P*w/tau_P")}, {"M": Index.POST}),
        ({"model": PAIR.replace("-P/tau_P", "(M - P)/tau_P")}, {}),
        ({"dtype": np.float32}, {}),
    ],
)  # fmt: skip
def test_it_is_found_in_the_code_which_traces_belong_to_a_neuron(options, sides):
    each = options.get("delay") == "each"
    cases = [Case(**(options | {"delay": None} if each else options)) for _ in range(2)]
    driven = [n for n, e in cases[0].S.equations.items() if "event-driven" in e.flags]
    cases[1].net.add(StateMonitor(cases[1].S, driven, record=[0], name="watch"))
    for case in cases:
        if each:
            case.S.delay = "(j + 1)*0.3*ms"
        case.run(N_STEPS * 0.1 * ms)
    assert cases[0].sides == sides
    assert cases[1].sides == {}
    equal = assert_close if "dtype" not in options else assert_equal
    equal(*(case.state(["w", *driven, "lastupdate"]) for case in cases))


def assert_equal(met: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    for name, values in wanted.items():
        assert_array_equal(met[name], values, err_msg=name)


def set_all(case: Case) -> None:
    case.S.P = 0.3


def set_some(case: Case) -> None:
    case.S.P["i == 3"] = 0.5


def set_each(case: Case) -> None:
    case.S.M = "0.01*i + 0.02*j"


def set_time(case: Case) -> None:
    case.S.lastupdate["j == 2"] = 1 * ms


def connect_more(case: Case) -> None:
    case.S.connect(i=[1, 2, 3], j=[4, 5, 6])
    case.S.w[70:] = 0.5


def change_the_time_constant(case: Case) -> None:
    case.namespace["tau_P"] = 3 * ms


def change_the_delay(case: Case) -> None:
    case.S.pre.delay = 0.7 * ms


def change_the_step(case: Case) -> None:
    case.net.run(0 * ms, namespace=case.namespace)
    case.pre.clock.dt = 0.05 * ms


def nothing(case: Case) -> None:
    pass


def look(case: Case) -> None:
    assert len(case.S.P[:]) == len(case.S.lastupdate[:])


CHANGES: dict[Callable[[Case], None], bool] = {
    nothing: True,
    look: True,
    set_all: False,
    set_some: False,
    set_each: False,
    set_time: False,
    connect_more: False,
    change_the_time_constant: False,
    change_the_delay: True,
    change_the_step: False,
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_what_a_script_does_between_runs_holds_for_each_synapse(change):
    cases = [Case(), Case(monitored=True)]
    for case in cases:
        case.run(31.7 * ms)
        change(case)
        case.run(14 * ms)
        assert bool(case.sides) == (CHANGES[change] and case is cases[0])
        case.run(15 * ms)
    assert_close(cases[0].state(), cases[1].state())


@pytest.mark.parametrize("change", [set_all, set_each], ids=lambda f: f.__name__)
def test_values_that_are_set_before_the_first_run(change):
    """Equal ones for all are taken; others stay with the synapses."""
    cases = [Case(), Case(monitored=True)]
    for case in cases:
        change(case)
        case.run(60 * ms)
    assert bool(cases[0].sides) == (change is set_all)
    assert_close(cases[0].state(), cases[1].state())


def add_regular(case: Case) -> None:
    case.S.run_regularly("P = 0.5*P + 0.001*w", dt=5 * ms)


def add_reader(case: Case) -> None:
    case.S.run_regularly("w = 0.9*w + 0.01*M", dt=5 * ms)


def add_operation(case: Case) -> None:
    @network_operation(dt=5 * ms)
    def change():
        case.S.P[3] = 0.7

    case.net.add(change)


@pytest.mark.parametrize("add", [add_regular, add_reader, add_operation], ids=lambda f: f.__name__)
def test_other_code_of_the_run_finds_the_values_of_each_synapse(add):
    cases = [Case(), Case(monitored=True)]
    for case in cases:
        case.run(20 * ms)
        add(case)
        case.run(40 * ms)
        assert case.sides == {}
    assert_close(cases[0].state(), cases[1].state())


def test_pathways_may_stand_in_different_slots_of_the_step():
    """Each looks at what the others have left at its place."""
    cases = [Case(), Case(monitored=True)]
    for case in cases:
        case.S.post.when, case.S.post.order = "before_start", -3
        case.run(N_STEPS * 0.1 * ms)
    assert cases[0].sides == BOTH
    assert_close(cases[0].state(), cases[1].state())


def test_a_summed_variable_of_traces_is_that_of_each_synapse():
    with pytest.raises(Exception, match="computed in each step"):
        Case(model=PAIR + "\noutput_post = P : 1 (summed)")


def test_a_monitor_that_joins_and_leaves_changes_nothing():
    cases = [Case(), Case(monitored=True)]
    monitor = StateMonitor(cases[0].S, "M", record=True, name="later")
    for case in cases:
        case.run(20 * ms)
    cases[0].net.add(monitor)
    for case in cases:
        case.run(20 * ms)
    cases[0].net.remove(monitor)
    for case in cases:
        case.run(20 * ms)
    assert_close(cases[0].state(), cases[1].state())


def test_a_look_during_the_run_sees_the_present():
    """From a report, between two steps: what was seen then is what a run up to there ends with."""
    case, seen = Case(), []

    def report(elapsed, completed, start, duration):
        seen.append((float(case.net.t), case.state()))

    case.net.run(60 * ms, report=report, report_period=1e-9 * second, namespace=case.namespace)
    assert case.sides == BOTH
    for t, state in seen[1:-1][::7]:
        again = Case(monitored=True)
        again.run(t * 1000 * ms)
        assert_close(state, again.state())


def test_parts_of_a_run_are_the_run_bit_for_bit():
    whole, parts = Case(), Case()
    whole.run(60 * ms)
    for end, begin in ((b, a) for a, b in pairwise((0, 12.8, 12.9, 31.3, 60))):
        parts.run((end - begin) * ms)
        look(parts)
        assert parts.sides == BOTH
    assert_equal(parts.state(), whole.state())


def test_a_checkpoint_goes_on_bit_for_bit(tmp_path):
    """Also one in a file, into a network made anew, and where another history was in between."""
    whole = Case()
    whole.run(60 * ms)
    case = Case()
    case.run(31.3 * ms)
    case.net.store(filename=str(tmp_path / "state"))
    case.run(28.7 * ms)
    assert_equal(case.state(), whole.state())
    set_each(case)
    case.run(10 * ms)
    case.net.restore(filename=str(tmp_path / "state"))
    case.run(28.7 * ms)
    assert case.sides == BOTH
    assert_equal(case.state(), whole.state())
    wanted = whole.state()
    del whole, case
    anew = Case()
    anew.net.restore(filename=str(tmp_path / "state"))
    anew.run(28.7 * ms)
    assert anew.sides == BOTH
    assert_equal(anew.state(), wanted)


def test_synapses_that_did_not_take_part_in_a_run():
    cases = [Case(), Case(monitored=True)]
    for case in cases:
        case.run(20 * ms)
        case.S.active = False
        case.run(20 * ms)
        case.S.active = True
        case.run(20 * ms)
    assert_close(cases[0].state(), cases[1].state())


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_give_the_same_numbers(threads, backend, monkeypatch):
    if backend != "llvm":
        pytest.skip("threads are for native code")
    monkeypatch.setattr(executable, "Pace", Always)
    one = Case()
    one.run(60 * ms)
    wanted = one.state()
    prefs.core.threads = threads
    try:
        many = Case()
        many.run(60 * ms)
    finally:
        prefs.core.threads = 1
    assert_equal(many.state(), wanted)


def test_a_shared_time_constant_that_changes_between_runs_is_noticed():
    model = PAIR.replace("-P/tau_P", "-P/tau") + "\ntau : second (shared, constant)"
    cases = [Case(model=model), Case(model=model, monitored=True)]
    for case in cases:
        case.S.tau = 20 * ms
        case.run(30 * ms)
        assert bool(case.sides) == (case is cases[0])
        case.S.tau = 5 * ms
        case.run(30 * ms)
        assert case.sides == {}
    assert_close(cases[0].state(), cases[1].state())
