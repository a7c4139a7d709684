"""Random networks: structure, numbers and draws of a network follow from one number.

`build(choice)` makes it, `result(net)` is everything that a run has made. All numbers are drawn
from continuous ranges, so that no comparison stands at a tie; variables stay bounded, so that
rounding does not grow. Whatever runs is given a name, since names decide the order within a step.
What decides about spikes is recorded: `cells0_before.margin` is the distance from the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import rheobase as rb
from rheobase import (
    Clock,
    EventClock,
    EventMonitor,
    HistogramMonitor,
    Network,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    PopulationRateMonitor,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    StatisticsMonitor,
    Subgroup,
    Synapses,
    TimedArray,
    linked_var,
    ms,
)

__all__ = ["STEP", "build", "result"]

STEP = 1e-4 * rb.second

DYNAMICS: dict[str, tuple[tuple[str, ...], str]] = {
    "linear": (
        ("exact", "euler", "exponential_euler", "rk4"),
        "dv/dt = (drive - v + 0.3*w)/({tau}*ms) : 1{flag}\ndw/dt = -w/({tau_w}*ms) : 1",
    ),
    "per neuron": (
        ("exact", "euler", "rk2"),
        "dv/dt = (drive - v)/tau : 1{flag}\ndw/dt = (0.1 - w)/({tau_w}*ms) : 1",
    ),
    "bounded": (
        ("euler", "rk2", "rk4", "heun"),
        "dv/dt = (drive - v + {a}*tanh(v)*w)/({tau}*ms) : 1{flag}\n"
        "dw/dt = (cos(v) - w)/({tau_w}*ms) : 1",
    ),
    "exponential": (
        ("euler", "rk4"),
        "dv/dt = (drive - v + 0.2*exp(clip(v, -3, 1.2)))/({tau}*ms) : 1{flag}\n"
        "dw/dt = (0.1*v - w)/({tau_w}*ms) : 1",
    ),
    "noise": (
        ("euler", "heun", "milstein"),
        "dv/dt = (drive - v)/({tau}*ms) + {a}*xi*({tau}*ms)**-0.5 : 1{flag}\n"
        "dw/dt = -w/({tau_w}*ms) : 1",
    ),
    "two noises": (
        ("euler",),
        "dv/dt = (drive - v)/({tau}*ms) + {a}*xi_v*({tau}*ms)**-0.5 : 1{flag}\n"
        "dw/dt = -w/({tau_w}*ms) + 0.2*xi_w*({tau_w}*ms)**-0.5 : 1",
    ),
    "noise that grows": (
        ("heun", "milstein"),
        "dv/dt = (drive - v)/({tau}*ms) + {a}*v*xi*({tau}*ms)**-0.5 : 1{flag}\n"
        "dw/dt = -w/({tau_w}*ms) : 1",
    ),
    "none": (("euler",), "v : 1\nw : 1"),
}
COMMON = """
drive = I + clip(z, -2, 2) + {g}*clip(l, -3, 3) + common : 1
margin = v - limit : 1
late = {late} : 1 (constant over dt)
I : 1
z : 1
tau : second (constant)
limit : 1
n : integer
on : boolean
common : 1 (shared)
l : 1 (linked)
m : integer
"""


class Maker:
    """Makes the objects of one network; every choice is drawn from `draw`."""

    def __init__(self, choice: int) -> None:
        self.draw = np.random.default_rng(choice)
        self.objects: list[Any] = []
        self.groups: list[NeuronGroup] = []
        self.inputs: list[Any] = []
        self.synapses: list[Synapses] = []
        self.shared_clock = Clock(self.one([1, 4, 5]) * STEP)

    # ------------------------------------------------------------ choices
    def number(self, low: float, high: float) -> float:
        return float(np.round(self.draw.uniform(low, high), 6))

    def one(self, options: Sequence[Any]) -> Any:
        return options[int(self.draw.integers(len(options)))]

    def chance(self, p: float) -> bool:
        return bool(self.draw.random() < p)

    def own_steps(self) -> Any:
        """A dt of its own, now and then."""
        return self.one([None, None, None, 0.5 * STEP, 2 * STEP, 3 * STEP])

    def part(self, group: Any) -> Any:
        """The group, or a part of it: neighbours, a step, numbers in any order, or a mask."""
        n = len(group)
        if n < 3 or self.chance(0.4):
            return group
        chosen = self.one(
            [
                slice(int(self.draw.integers(0, n - 1)), n),
                slice(0, n, 2),
                self.draw.permutation(n)[: int(self.draw.integers(1, n))],
                np.arange(n) % 3 != 1,
            ]
        )
        return group[chosen]

    def add(self, made: Any) -> Any:
        self.objects.append(made)
        return made

    # ------------------------------------------------------------ neurons
    def neurons(self, k: int) -> None:
        kind = self.one(list(DYNAMICS))
        methods, dynamics = DYNAMICS[kind]
        refractory = self.refractory()
        flag = " (unless refractory)" if refractory is not False and self.chance(0.7) else ""
        equations = (dynamics + COMMON).format(
            tau=self.number(2, 12),
            tau_w=self.number(3, 30),
            a=self.number(0.1, 0.4),
            g=self.number(0, 0.2),
            flag=flag,
            late=self.one(["rand()", "0.5*v + randn()", "sin(t/(3*ms)) + I", "v*w"]),
        )
        single = self.chance(0.15)
        group = NeuronGroup(
            int(self.draw.integers(1, 14)),
            equations,
            method=self.one(methods),
            threshold=self.one(
                ["margin > 0", "v > limit", "v > limit and w < 5", "v > limit or v > 7"]
            ),
            reset=self.reset(),
            refractory=refractory,
            events={"low": f"v < {self.number(-0.2, 0.2)} and w > -9"},
            dtype=np.float32 if single else None,
            dt=self.own_steps(),
            order=int(self.draw.integers(-1, 2)),
            namespace={"c_ref": self.number(0.3, 2) * ms, "wave": self.wave(k)},
            name=f"cells{k}",
        )
        self.start(group)
        self.code_of(group)
        self.groups.append(self.add(group))

    def wave(self, k: int) -> TimedArray:
        values = self.draw.uniform(0, 0.8, int(self.draw.integers(2, 20)))
        return TimedArray(values, dt=self.one([1, 2, 5]) * STEP, name=f"wave_of_cells{k}")

    def refractory(self) -> Any:
        return self.one(
            [
                False,
                self.number(0.2, 3) * ms,
                "c_ref",
                "tau*0.31",
                "0.2*ms + 1.5*ms*rand()",
                f"v > {self.number(0.2, 0.9)}",
                f"(t - lastspike) < {self.number(0.31, 0.39)}*ms",
                "on",
            ]
        )

    def reset(self) -> str:
        first = self.one(["v = 0", "v -= limit", "v = -0.3*rand()", "v *= 0.1"])
        second = self.one(["", "; w += 0.1", "; limit += 0.05", "; n += 1", "; on = not on"])
        third = self.one(["", "; x = v + w; w = clip(x, -1, 1)", "; n = (n*3 + i) % 7"])
        return first + second + third

    def start(self, group: NeuronGroup) -> None:
        low = self.number(0.6, 1.2)
        group.I = f"{low} + {self.number(0.1, 1)}*rand()"
        group.v = f"{self.number(-0.3, 0.9)}*rand()"
        group.w = f"{self.number(-0.2, 0.2)}*i/N"
        group.tau = f"({self.number(2, 9)} + i)*ms"
        group.limit = f"1 + {self.number(0.001, 0.05)}*i"
        group.on = f"i % {self.one([2, 3])} == 0"
        group.common = self.number(0, 0.3)
        group.l = self.link(group)

    def link(self, group: NeuronGroup) -> Any:
        """What the linked variable of a group stands for: one of an earlier group, or its own."""
        source: Any = self.one([*self.groups, group])
        n = len(group)
        if self.chance(0.15):
            return linked_var(source, "common")
        name = self.one(["w", "I", "late", *(["margin"] if source is not group else [])])
        part = self.part(source)
        if len(part) == 1 or (len(part) == n and self.chance(0.5)):
            return linked_var(part, name)
        if self.chance(0.5):
            return linked_var(part, name, index=self.draw.integers(0, len(part), n))
        group.m = self.draw.integers(0, len(part), n)
        return linked_var(part, name, index="m")

    def code_of(self, group: NeuronGroup) -> None:
        """Code in steps and on events of its own."""
        if self.chance(0.7):
            code = self.one(
                [
                    "w += 0.01; n += 1",
                    "v = 0.9*v + 0.05; limit = clip(limit + 0.01*late, 0.5, 2)",
                    "n = i",
                ]
            )
            where, order = self.one([("after_resets", 0), self.place()])
            group.run_on_event("low", code, when=where, order=order)
        if self.chance(0.4):
            where, order = self.place()
            group.set_event_schedule("low", where, order=order)
        if self.chance(0.5):
            code = self.one(
                ["I += 0.02*wave(t)", "w = 0.5*w + 0.1*randn()", "common = 0.5*common + 0.1*rand()"]
            )
            where = self.one(["start", "before_groups", "after_synapses", "end"])
            dt = self.one([None, 3 * STEP])
            self.part(group).run_regularly(code, dt, when=where, name=f"{group.name}_regular")
        if self.chance(0.3):
            times = np.unique(np.round(self.draw.uniform(0, 20, 5), 2))
            code = "w += 0.2*rand(); n -= 1"
            where, order = self.place()
            self.part(group).run_at(
                code, times * ms, when=where, order=order, name=f"{group.name}_at"
            )
        if self.chance(0.3):
            where, order = self.place()
            code = self.one(["w = 0.9*w + 0.02*v", "limit += 0.01*rand()", "common *= 0.9"])
            self.part(group).run_on_clock(
                code, self.clock(), when=where, order=order, name=f"{group.name}_on_clock"
            )

    def place(self) -> tuple[str, int]:
        """A place in the step; ties are broken by name."""
        slot = self.one(["start", "groups", "thresholds", "synapses", "resets", "end"])
        return self.one(["", "before_", "after_"]) + slot, int(self.draw.integers(-1, 2))

    def clock(self) -> Clock:
        """A clock of its own, with steps or given times, or one that several share."""
        if self.chance(0.4):
            return self.shared_clock
        if self.chance(0.5):
            return Clock(self.one([0.5, 1, 3, 7]) * STEP)
        times = np.unique(np.round(self.draw.uniform(0, 24, int(self.draw.integers(1, 12))), 3))
        return EventClock(times * ms)

    # ------------------------------------------------------------ inputs
    def poisson(self) -> None:
        n = int(self.draw.integers(1, 9))
        rates = self.one(
            [
                self.number(50, 900) * rb.Hz,
                self.draw.uniform(0, 900, n) * rb.Hz,
                "(300 + 200*sin(t/(5*ms)) + 20*i)*Hz",
                "500*Hz*wave(t)",
                "500*Hz*table(t, i)",
            ]
        )
        table = TimedArray(self.draw.uniform(0, 1, (5, n)), dt=4 * STEP, name="table")
        namespace = {"wave": self.wave(9), "table": table}
        group = PoissonGroup(n, rates, dt=self.own_steps(), namespace=namespace, name="poisson")
        self.inputs.append(self.add(group))

    def generator(self) -> None:
        n, dt = int(self.draw.integers(1, 6)), self.one([None, 2 * STEP])
        step = STEP if dt is None else dt
        cells = np.unique(self.draw.integers(0, 60 * n, 25))
        period = 60 * step if self.chance(0.5) else 0 * ms
        group = SpikeGeneratorGroup(
            n, cells % n, (cells // n) * step, dt=dt, period=period, name="generator"
        )
        self.inputs.append(self.add(group))

    def direct_input(self) -> None:
        group = self.one(self.groups)
        self.add(
            PoissonInput(
                self.part(group),
                self.one(["v", "w", "z"]),
                N=self.one([1, 20, 500]),
                rate=self.number(2, 30) * rb.Hz,
                weight=self.one([self.number(0.001, 0.02), "0.01*w + 0.01"]),
                name="direct",
            )
        )

    # ------------------------------------------------------------ synapses
    def connect(self, k: int, used: set[str]) -> None:
        source = self.part(self.one([*self.groups, *self.inputs]))
        target = self.part(self.one(self.groups))
        spiking = getattr(source, "source", source)
        summed = ""
        whole = getattr(target, "source", target)
        if whole.name not in used and isinstance(spiking, NeuronGroup) and self.chance(0.4):
            used.add(whole.name)
            summed = f"\nz_post = {self.number(0.01, 0.2)}*g*v_pre : 1 (summed)"
        trace = self.one(["trace : 1", "dtrace/dt = -trace/({0}*ms) : 1 ({1})"]).format(
            self.number(3, 20), self.one(["event-driven", "clock-driven"])
        )
        synapses = Synapses(
            source,
            target,
            f"g : 1\n{trace}{summed}",
            on_pre=self.pathways(),
            on_post=self.one([None, "g = clip(g - 0.02*trace, -1, 1)", "trace += g*0.1"]),
            method=self.one(["exact", "euler"]),
            name=f"synapses{k}",
        )
        self.connections(synapses)
        synapses.g = f"{self.number(-0.1, 0.3)}*rand()"
        for name in ("down", "up", "pre"):
            if hasattr(synapses, name):
                pathway = getattr(synapses, name)
                pathway.delay = self.one(
                    ["rand()*2.9*ms", "1.47*ms", "0*ms", "(0.13 + 0.2*(j % 3))*ms"]
                )
        self.synapses.append(self.add(synapses))

    def pathways(self) -> Any:
        pre = self.one(
            [
                "v_post += g; trace += 0.3",
                "w_post += 0.2*g",
                "v_post += g*trace; trace = 1",
                "g = clip(g + 0.01*randn(), -1, 1); v_post += g",
                "I_post += 0.01*g; n_post += 1",
            ]
        )
        return self.one([pre, {"up": pre, "down": "trace -= 0.05; w_post -= 0.03*g"}])

    def connections(self, synapses: Synapses) -> None:
        n, m = len(synapses.source), len(synapses.target)
        match int(self.draw.integers(5)):
            case 0:
                synapses.connect(p=self.number(0.2, 0.9))
            case 1:
                synapses.connect("(i + j) % 3 != 0", n=self.one([1, 2]))
            case 2:
                count = int(self.draw.integers(1, 20))
                synapses.connect(
                    i=self.draw.integers(0, n, count), j=self.draw.integers(0, m, count)
                )
            case 3:
                synapses.connect(j="k for k in range(i, i + 3)", skip_if_invalid=True)
            case _:
                synapses.connect(j="k for k in sample(N_post, p=0.5)")

    # ------------------------------------------------------------ recording
    def monitors(self) -> None:
        for group in self.groups:
            name, own = group.name, group.clock
            extra = self.one([None, "w", ["n", "late"], ["drive", "I"]])
            self.add(SpikeMonitor(group, extra, name=f"{name}_spikes"))
            self.add(EventMonitor(group, "low", self.one([None, "v"]), name=f"{name}_low"))
            self.add(
                StateMonitor(
                    group, ["v", "margin", "w"], record=True, clock=own,
                    when="before_thresholds", order=9, name=f"{name}_before",
                )
            )  # fmt: skip
            part = self.part(group)
            self.add(
                StateMonitor(
                    part,
                    self.one([["z", "common", "l"], ["I", "n", "drive"], ["l", "limit", "late"]]),
                    record=self.one([True, [0], list(range(0, len(part), 2))]),
                    dt=self.own_steps(),
                    when=self.one(["start", "after_resets", "end"]),
                    name=f"{name}_states",
                )
            )
            self.add(
                StateMonitor(
                    self.part(group), ["v", "drive"], record=True, clock=self.clock(),
                    when=self.one(["start", "groups", "end"]), name=f"{name}_at_times",
                )
            )  # fmt: skip
            self.add(PopulationRateMonitor(self.part(group), name=f"{name}_rate"))
            self.add(SpikeMonitor(self.part(group), name=f"{name}_part"))
            self.add(
                StatisticsMonitor(
                    self.part(group), "w", clock=self.clock(), name=f"{name}_statistics"
                )
            )
            self.add(
                HistogramMonitor(
                    self.part(group), "n", -0.5, 9.5, 10, clock=self.clock(),
                    name=f"{name}_histogram",
                )
            )  # fmt: skip
        for group in self.inputs:
            self.add(SpikeMonitor(group, name=f"{group.name}_spikes"))
        for synapses in self.synapses:
            if len(synapses):
                self.add(StateMonitor(synapses, ["g", "trace"], True, dt=5 * STEP,
                                      name=f"{synapses.name}_states"))  # fmt: skip


def build(choice: int) -> Network:
    """A network whose structure, numbers and random draws follow from one number."""
    rb.seed(choice)
    make = Maker(choice)
    for k in range(int(make.draw.integers(1, 4))):
        make.neurons(k)
    inputs: list[Callable[[], None]] = [make.poisson, make.generator, make.direct_input]
    for add in inputs:
        if make.chance(0.4):
            add()
    used: set[str] = set()
    for k in range(int(make.draw.integers(0, 4))):
        make.connect(k, used)
    make.monitors()
    return Network(*make.objects, name="random_network")


# ------------------------------------------------------------------ what came of it
def result(net: Network) -> dict[str, np.ndarray[Any, Any]]:
    """Everything that a run has made: states, spikes, recordings, by 'object.variable'."""
    found: dict[str, Any] = {"t": np.array(net.t_)}
    for x in net.objects:
        values = _values_of(x)
        found |= {f"{x.name}.{name}": np.array(v, copy=True) for name, v in values.items()}
    return found


def _values_of(x: Any) -> dict[str, Any]:
    match x:
        case PopulationRateMonitor():
            return {"t": x.t_, "rate": x.rate_}
        case StatisticsMonitor():
            return {"mean": x.mean("w"), "variance": x.variance("w"), "n": x.n}
        case HistogramMonitor():
            return {"counts": x.counts, "below": x.below, "above": x.above}
        case PoissonInput():
            return {}
        case Synapses() | NeuronGroup() | PoissonGroup() | SpikeGeneratorGroup() | Subgroup():
            return x.get_states(units=False, subexpressions=False)
        case _:
            return x.get_states(units=False)
