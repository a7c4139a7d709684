"""Initial value problems from the literature, as data.

    DETEST   non-stiff: Hull, Enright, Fellen & Sedgwick 1972, SIAM J. Numer. Anal. 9:603-637;
             classes A (single), B (small systems), C (larger ones: the first three), D (orbits) and
             E (of higher order), over 0 <= t <= 20
    STIFF    van der Pol (mu = 1000), Robertson (1966), HIRES (Schaefer 1975), as in Hairer & Wanner
             1996, Solving Ordinary Differential Equations II, IV.10

Everything is dimensionless; t counts seconds. `solution` is scipy's at a tolerance far below what
is tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from rheobase import NeuronGroup


@dataclass(frozen=True)
class Problem:
    """slopes: dy1/dt, dy2/dt, ... in terms of y1, y2, ... and t; start: their values at t = 0."""

    slopes: tuple[str, ...]
    start: tuple[float, ...]
    end: float = 20.0
    stiff: bool = False

    def group(self, times: Any = 0.0, starts: Any = None, **arguments: Any) -> NeuronGroup:
        """An element for each of the times, with starts[:, k] as its state then."""
        times = np.atleast_1d(times)
        starts = np.array([self.start]).T if starts is None else starts
        lines = [f"dy{k}/dt = ({f})*Hz : 1" for k, f in enumerate(self.slopes, start=1)]
        model = "\n".join([*map(_timed, lines), "begin : 1 (constant)"])
        made = NeuronGroup(len(times), model, **arguments)
        made.begin = times
        for k, y in enumerate(starts, start=1):
            setattr(made, f"y{k}", y)
        return made

    def values(self, group: NeuronGroup) -> np.ndarray:
        """(n_variables, n_elements)"""
        return np.array([getattr(group, f"y{k}")[:] for k in range(1, len(self.start) + 1)])


def _timed(line: str) -> str:
    """With t in seconds wherever the problem says t."""
    left, right = line.split("=", 1)
    spaced = right.replace("sqrt(", "SQRT").replace("dt", "DT")
    out = "".join(
        "(begin + t/second)" if c == "t" and not (a.isalnum() or b.isalnum()) else c
        for a, c, b in zip(" " + spaced, spaced, spaced[1:] + " ")
    )
    return f"{left}={out.replace('SQRT', 'sqrt(').replace('DT', 'dt')}"


N_STRETCHES = 100


@cache
def stretches(problem: Problem, n: int = N_STRETCHES) -> tuple[np.ndarray, np.ndarray]:
    """n + 1 times over the interval, and the solution there, (n_variables, n + 1), to 1e-12."""
    names = {"sin": np.sin, "cos": np.cos, "sqrt": np.sqrt}
    code = compile(f"({', '.join(problem.slopes)},)", "problem", "eval")
    keys = [f"y{k}" for k in range(1, len(problem.start) + 1)]

    def slopes(t: float, y: np.ndarray) -> Any:
        return eval(code, names, {"t": t, **dict(zip(keys, y))})

    times = np.linspace(0, problem.end, n + 1)
    method = "LSODA" if problem.stiff else "DOP853"
    options: dict[str, Any] = {"rtol": 1e-12 if problem.stiff else 1e-13, "atol": 1e-14}
    found = solve_ivp(
        slopes, (0, problem.end), problem.start, method=method, t_eval=times, **options
    )
    assert found.success
    return times, found.y


def solution(problem: Problem) -> np.ndarray:
    """(n_variables,)  at problem.end."""
    return stretches(problem)[1][:, -1]


def _orbit(e: float) -> Problem:
    r = "(sqrt(y1**2 + y2**2)**3)"
    return Problem(
        ("y3", "y4", f"-y1/{r}", f"-y2/{r}"), (1 - e, 0.0, 0.0, ((1 + e) / (1 - e)) ** 0.5)
    )


_R = "sqrt(y1**2 + y2**2)"
_START_10 = (1.0,) + (0.0,) * 9

DETEST: dict[str, Problem] = {
    "A1": Problem(("-y1",), (1.0,)),
    "A2": Problem(("-y1**3/2",), (1.0,)),
    "A3": Problem(("y1*cos(t)",), (1.0,)),
    "A4": Problem(("y1/4*(1 - y1/20)",), (1.0,)),
    "A5": Problem(("(y1 - t)/(y1 + t)",), (4.0,)),
    "B1": Problem(("2*(y1 - y1*y2)", "-(y2 - y1*y2)"), (1.0, 3.0)),
    "B2": Problem(("-y1 + y2", "y1 - 2*y2 + y3", "y2 - y3"), (2.0, 0.0, 1.0)),
    "B3": Problem(("-y1", "y1 - y2**2", "y2**2"), (1.0, 0.0, 0.0)),
    "B4": Problem((f"-y2 - y1*y3/{_R}", f"y1 - y2*y3/{_R}", f"y1/{_R}"), (3.0, 0.0, 0.0)),
    "B5": Problem(("y2*y3", "-y1*y3", "-0.51*y1*y2"), (0.0, 1.0, 1.0)),
    "C1": Problem(("-y1", *(f"y{k - 1} - y{k}" for k in range(2, 10)), "y9"), _START_10),
    "C2": Problem(
        ("-y1", *(f"{k - 1}*y{k - 1} - {k}*y{k}" for k in range(2, 10)), "9*y9"), _START_10
    ),
    "C3": Problem(
        ("-2*y1 + y2", *(f"y{k - 1} - 2*y{k} + y{k + 1}" for k in range(2, 10)), "y9 - 2*y10"),
        _START_10,
    ),
    **{f"D{k}": _orbit(0.2 * k - 0.1) for k in range(1, 6)},
    "E1": Problem(
        ("y2", "-(y2/(t + 1) + (1 - 0.25/(t + 1)**2)*y1)"),
        (0.6713967071418030, 0.09540051444747446),
    ),
    "E2": Problem(("y2", "(1 - y1**2)*y2 - y1"), (2.0, 0.0)),
    "E3": Problem(("y2", "y1**3/6 - y1 + 2*sin(2.78535*t)"), (0.0, 0.0)),
    "E4": Problem(("y2", "0.032 - 0.4*y2**2"), (30.0, 0.0)),
    "E5": Problem(("y2", "sqrt(1 + y2**2)/(25 - t)"), (0.0, 0.0)),
}

STIFF: dict[str, Problem] = {
    "van der Pol": Problem(("y2", "1000*(1 - y1**2)*y2 - y1"), (2.0, 0.0), 2000.0, True),
    "Robertson": Problem(
        (
            "-0.04*y1 + 1e4*y2*y3",
            "0.04*y1 - 1e4*y2*y3 - 3e7*y2**2",
            "3e7*y2**2",
        ),
        (1.0, 0.0, 0.0),
        1e4,
        True,
    ),
    "HIRES": Problem(
        (
            "-1.71*y1 + 0.43*y2 + 8.32*y3 + 0.0007",
            "1.71*y1 - 8.75*y2",
            "-10.03*y3 + 0.43*y4 + 0.035*y5",
            "8.32*y2 + 1.71*y3 - 1.12*y4",
            "-1.745*y5 + 0.43*y6 + 0.43*y7",
            "-280*y6*y8 + 0.69*y4 + 1.71*y5 - 0.43*y6 + 0.69*y7",
            "280*y6*y8 - 1.81*y7",
            "-280*y6*y8 + 1.81*y7",
        ),
        (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057),
        321.8122,
        True,
    ),
}
