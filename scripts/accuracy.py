"""How wrong a simulation is: single neurons against scipy, for docs/accuracy.md.

    python scripts/accuracy.py [NAME ...]    writes tables into the page, draws its figures
    python scripts/accuracy.py --print       prints the tables

Each model stands here twice: as equations in text, which rheobase integrates, and as a function of
plain numbers (mV, ms), which scipy's DOP853 integrates with rtol = atol = 1e-12, from reset to
reset. Differences are over the whole run: the root mean square of v at all grid points, and the
greatest of all spike times, k-th spike against k-th spike.
"""

import argparse
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp

import rheobase as rb

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "accuracy.md"
IMAGES = ROOT / "docs" / "images"
STEPS = (0.2, 0.1, 0.05, 0.025, 0.0125)  # ms


@dataclass(frozen=True)
class Model:
    """One neuron.

    slopes      (t, y) -> dy/dt, with t in ms and y as `start` has it
    start       of each variable, with the unit in which `slopes` counts it
    threshold   of v, mV: crossed upwards it is a spike
    after       y after a spike; None: the spike changes nothing
    methods     those of the table
    """

    name: str
    title: str
    source: str
    equations: str
    slopes: Callable
    start: dict
    threshold: float
    duration: float
    methods: tuple
    namespace: dict = field(default_factory=dict)
    after: Callable | None = None
    reset: str | None = None

    def group(self, method, dt, spike_times):
        level = f"v > {self.threshold}*mV"
        kwds = {"reset": self.reset} if self.reset else {"refractory": level}
        options = {}
        if method.startswith(("gsl", "rosenbrock")):
            options = {"method_options": {"absolute_error": 1e-8}}
        cells = rb.NeuronGroup(
            1, self.equations, method=method, threshold=level, dt=dt * rb.ms,
            namespace=self.namespace, spike_times=spike_times, **kwds, **options,
        )  # fmt: skip
        for name, (value, unit) in self.start.items():
            setattr(cells, name, value * unit)
        return cells


# -------------------------------------------------------------------- the models
def hodgkin_huxley(t, y):
    v, m, h, n = y
    am, bm = 1.0 / _exprel(-(v + 40) / 10), 4 * math.exp(-(v + 65) / 18)
    ah, bh = 0.07 * math.exp(-(v + 65) / 20), 1 / (1 + math.exp(-(v + 35) / 10))
    an, bn = 0.1 / _exprel(-(v + 55) / 10), 0.125 * math.exp(-(v + 65) / 80)
    current = 10 - 120 * m**3 * h * (v - 50) - 36 * n**4 * (v + 77) - 0.3 * (v + 54.387)
    return [current, am * (1 - m) - bm * m, ah * (1 - h) - bh * h, an * (1 - n) - bn * n]


def _exprel(x):
    return math.expm1(x) / x if x else 1.0


def adex(t, y):
    v, w = y  # mV, pA; pF, nS
    current = -30 * (v + 70.6) + 30 * 2 * math.exp((v + 50.4) / 2) - w + 1000
    return [current / 281, (4 * (v + 70.6) - w) / 144]


def izhikevich(t, y):
    v, u = y
    return [0.04 * v**2 + 5 * v + 140 - u + 10, 0.02 * (0.2 * v - u)]


def morris_lecar(t, y):
    v, n = y
    m_inf = 0.5 * (1 + math.tanh((v + 1.2) / 18))
    n_inf = 0.5 * (1 + math.tanh((v - 12) / 17.4))
    rate = 0.067 * math.cosh((v - 12) / 34.8)
    current = 45 - 4 * m_inf * (v - 120) - 8 * n * (v + 84) - 2 * (v + 60)
    return [current / 20, rate * (n_inf - n)]


def fitzhugh_nagumo(t, y):
    v, w = y  # mV stands for 1
    return [v - v**3 / 3 - w + 0.5, 0.08 * (v + 0.7 - 0.8 * w)]


HH = """
dv/dt = (I - gNa*m**3*h*(v - ENa) - gK*n**4*(v - EK) - gL*(v - EL))/C : volt
dm/dt = (1/exprel(-(v + 40*mV)/(10*mV))*(1 - m) - 4*exp(-(v + 65*mV)/(18*mV))*m)/ms : 1
dh/dt = (0.07*exp(-(v + 65*mV)/(20*mV))*(1 - h) - h/(1 + exp(-(v + 35*mV)/(10*mV))))/ms : 1
dn/dt = (0.1/exprel(-(v + 55*mV)/(10*mV))*(1 - n) - 0.125*exp(-(v + 65*mV)/(80*mV))*n)/ms : 1
"""
_PER_AREA = rb.siemens / rb.cm**2
MODELS = (
    Model(
        "hodgkin_huxley", "Hodgkin-Huxley", "Hodgkin & Huxley 1952, J. Physiol. 117:500-544",
        HH, hodgkin_huxley,
        {"v": (-65.0, rb.mV), "m": (0.05, 1), "h": (0.6, 1), "n": (0.32, 1)},
        threshold=0.0, duration=100.0,
        methods=("exponential_euler", "euler", "rk2", "rk4", "gsl_rkf45"),
        namespace={
            "C": rb.ufarad / rb.cm**2, "I": 10 * rb.uA / rb.cm**2, "gNa": 0.12 * _PER_AREA,
            "gK": 0.036 * _PER_AREA, "gL": 0.3e-3 * _PER_AREA, "ENa": 50 * rb.mV,
            "EK": -77 * rb.mV, "EL": -54.387 * rb.mV,
        },
    ),
    Model(
        "adex", "Adaptive exponential integrate-and-fire",
        "Brette & Gerstner 2005, J. Neurophysiol. 94:3637-3642",
        """dv/dt = (gL*(EL - v) + gL*DT*exp((v - VT)/DT) - w + I)/C : volt
           dw/dt = (a*(v - EL) - w)/tau_w : amp""",
        adex, {"v": (-70.6, rb.mV), "w": (0.0, rb.pA)}, threshold=-30.0, duration=200.0,
        methods=("euler", "rk2", "rk4", "gsl_rkf45"),
        namespace={
            "gL": 30 * rb.nS, "EL": -70.6 * rb.mV, "DT": 2 * rb.mV, "VT": -50.4 * rb.mV,
            "I": 1 * rb.nA, "C": 281 * rb.pF, "a": 4 * rb.nS, "tau_w": 144 * rb.ms,
        },
        after=lambda y: [-70.6, y[1] + 80.5], reset="v = EL; w += 80.5*pA",
    ),
    Model(
        "izhikevich", "Izhikevich", "Izhikevich 2003, IEEE Trans. Neural Netw. 14:1569-1572",
        """dv/dt = (0.04*v**2/mV + 5*v + 140*mV - u + 10*mV)/ms : volt
           du/dt = 0.02*(0.2*v - u)/ms : volt""",
        izhikevich, {"v": (-65.0, rb.mV), "u": (-13.0, rb.mV)}, threshold=30.0, duration=200.0,
        methods=("euler", "rk2", "rk4", "gsl_rkf45"),
        after=lambda y: [-65.0, y[1] + 8.0], reset="v = -65*mV; u += 8*mV",
    ),
    Model(
        "morris_lecar", "Morris-Lecar",
        "Morris & Lecar 1981, Biophys. J. 35:193-213; values of Rinzel & Ermentrout 1989",
        """dv/dt = (I - gCa*m*(v - 120*mV) - gK*n*(v + 84*mV) - gL*(v + 60*mV))/C : volt
           dn/dt = 0.067*cosh((v - 12*mV)/(34.8*mV))*(n_inf - n)/ms : 1
           m = 0.5*(1 + tanh((v + 1.2*mV)/(18*mV))) : 1
           n_inf = 0.5*(1 + tanh((v - 12*mV)/(17.4*mV))) : 1""",
        morris_lecar, {"v": (-60.0, rb.mV), "n": (0.0, 1)}, threshold=0.0, duration=500.0,
        methods=("euler", "rk2", "rk4", "gsl_rkf45"),
        namespace={
            "C": 20 * rb.ufarad / rb.cm**2, "I": 45 * rb.uA / rb.cm**2,
            "gCa": 4e-3 * _PER_AREA, "gK": 8e-3 * _PER_AREA, "gL": 2e-3 * _PER_AREA,
        },
    ),
    Model(
        "fitzhugh_nagumo", "FitzHugh-Nagumo", "FitzHugh 1961, Biophys. J. 1:445-466",
        """dv/dt = (v - v**3/(3*mV**2) - w + 0.5*mV)/ms : volt
           dw/dt = 0.08*(v + 0.7*mV - 0.8*w)/ms : volt""",
        fitzhugh_nagumo, {"v": (-1.0, rb.mV), "w": (-0.5, rb.mV)}, threshold=1.0, duration=200.0,
        methods=("euler", "rk2", "rk4", "gsl_rkf45"),
    ),
)  # fmt: skip


# -------------------------------------------------------------------- the reference
@dataclass
class Solution:
    """What scipy finds: pieces between resets, and the spikes, ms."""

    pieces: list
    spikes: np.ndarray

    def v(self, times):
        starts = np.array([begin for begin, _ in self.pieces])
        which = np.searchsorted(starts, times, side="right") - 1
        values = np.empty(len(times))
        for k, (_, dense) in enumerate(self.pieces):
            values[which == k] = dense(times[which == k])[0]
        return values


def solved(model):
    """The solution of a model to rounding."""

    def crossing(t, y):
        return y[0] - model.threshold

    crossing.direction = 1
    crossing.terminal = model.after is not None
    t, y = 0.0, [value for value, _ in model.start.values()]
    pieces, spikes = [], []
    while t < model.duration:
        found = solve_ivp(
            model.slopes, (t, model.duration), y, method="DOP853", rtol=1e-12, atol=1e-12,
            events=crossing, dense_output=True,
        )  # fmt: skip
        pieces.append((t, found.sol))
        spikes += list(found.t_events[0])
        t = float(found.t[-1])
        if model.after is not None and len(found.t_events[0]):
            y = model.after(found.y[:, -1])
    return Solution(pieces, np.array(spikes))


# -------------------------------------------------------------------- the comparison
@dataclass(frozen=True)
class Row:
    """One line of a table: v in mV, times in ms; nan where it does not apply."""

    method: str
    dt: float
    n_spikes: int
    v: float
    spikes: float
    spikes_between: float

    def __str__(self):
        shown = [_shown(x) for x in (self.v, self.spikes, self.spikes_between)]
        return f"| `{self.method}` | {self.dt:g} | {self.n_spikes} | " + " | ".join(shown) + " |"


def _shown(x):
    if math.isnan(x):
        return "-"
    return f"{x:.2g}" if x < 1000 else "runs away"


def simulated(model, method, dt, spike_times="grid"):
    """Times and v at the grid points, and the spikes: ms, mV."""
    cells = model.group(method, dt, spike_times)
    spikes = rb.SpikeMonitor(cells)
    states = rb.StateMonitor(cells, "v", record=0, dt=dt * rb.ms)
    rb.Network(cells, spikes, states).run(model.duration * rb.ms)
    return (np.array(x) for x in (states.t / rb.ms, states.v[0] / rb.mV, spikes.t / rb.ms))


def compared(model, solution, method, dt):
    """What a method is wrong by with a step."""
    between = _greatest(list(simulated(model, method, dt, "interpolated"))[2], solution)
    try:
        t, v, spikes = simulated(model, method, dt)
    except rb.IntegrationError:  # a pole within the step
        return Row(method, dt, 0, math.nan, math.nan, between)
    with np.errstate(over="ignore"):
        error = float(np.sqrt(np.mean((v - solution.v(t)) ** 2)))
    return Row(method, dt, len(spikes), error, _greatest(spikes, solution), between)


def _greatest(spikes, solution):
    if len(spikes) != len(solution.spikes):
        return math.nan
    return float(np.abs(spikes - solution.spikes).max())


def rows_of(model, steps=STEPS):
    """The table of a model."""
    solution = solved(model)
    return [compared(model, solution, m, dt) for m in model.methods for dt in steps]


HEAD = (
    "| method | dt (ms) | spikes | v, rms (mV) | spike times (ms) | with `'interpolated'` (ms) |\n"
    "| --- | --- | --- | --- | --- | --- |"
)


def table_of(rows):
    return "\n".join((HEAD, *map(str, rows)))


def with_tables(text, tables):
    """The page with new tables between its marks."""
    for name, table in tables.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{table}\n\n{end}{rest.split(end)[1]}"
    return text


# -------------------------------------------------------------------- figures
def drawn(model, rows):
    """Left, v of the solution and of the first method at 0.1 ms; right, errors of spike times."""
    from rheobase.plotting import new_figure, tidy

    solution = solved(model)
    figure = new_figure(8.5, 2.8)
    left, right = figure.subplots(1, 2, width_ratios=[1.3, 1])
    shown = min(model.duration, 200.0 if model.duration > 200 else 100.0)
    t, v, _ = simulated(model, model.methods[0], 0.1)
    left.plot(t, v, color="#c1440e", lw=0.9, label=f"{model.methods[0]}, 0.1 ms")
    left.plot(t, solution.v(t), color="black", lw=0.9, ls=(0, (4, 2)), label="solve_ivp, 1e-12")
    left.set(xlim=(0, shown), xlabel="time (ms)", ylabel="v (mV)")
    left.legend(frameon=False, fontsize=7, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    colours = ("#1f5a94", "#c1440e", "#3f7d3a", "#7a3f8f", "#555555")
    for method, colour in zip(model.methods, colours):
        own = [r for r in rows if r.method == method]
        dts = [r.dt for r in own]
        right.loglog(dts, [r.spikes for r in own], "o--", color=colour, ms=3, lw=0.8)
        between = [r.spikes_between for r in own]
        right.loglog(dts, between, "o-", color=colour, ms=3, lw=1.1)
        right.plot([], [], color=colour, label=method)
    right.plot([], [], color="black", ls="--", lw=0.8, label="on the grid")
    right.plot([], [], color="black", lw=1.1, label="interpolated")
    right.set(xlabel="dt (ms)", ylabel="error of spike times (ms)")
    right.set_xticks(STEPS, [f"{x:g}" for x in STEPS])
    right.minorticks_off()
    right.legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    tidy(left)
    tidy(right)
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--print", action="store_true", help="print the tables, write nothing")
    parser.add_argument("names", nargs="*", metavar="NAME", help="models; default: all")
    chosen = parser.parse_args()
    models = [m for m in MODELS if not chosen.names or m.name in chosen.names]
    logging.getLogger("rheobase").setLevel(logging.ERROR)
    rows = {model.name: rows_of(model) for model in models}
    tables = {name: table_of(r) for name, r in rows.items()}
    if chosen.print:
        print(*(f"{name}\n{table}\n" for name, table in tables.items()), sep="\n")
        return
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    for model in models:
        drawn(model, rows[model.name]).savefig(IMAGES / f"accuracy_{model.name}.png", dpi=110)


if __name__ == "__main__":
    main()
