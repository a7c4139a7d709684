"""Reports of the progress of a run."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from rheobase.errors import ModelTypeError, ModelValueError
from rheobase.units import Quantity, second

__all__ = ["Report", "make_report"]

ReportFunction = Callable[[Quantity, float, Quantity, Quantity], None]


class Report:
    """Calls a function at the beginning, every so often, and at the end of a run.

    function   of (elapsed real time, completed fraction, start, duration); None: no report
    period     s of real time between calls
    """

    def __init__(
        self, function: ReportFunction | None, period: float, start: float, duration: float
    ) -> None:
        self.function = function
        self.period = period
        self.start = start
        self.duration = duration
        self.began = self.last = time.perf_counter()
        self._has_begun = False

    def _call(self, completed: float) -> None:
        if self.function is None:
            return
        self.function(_time(self.elapsed), completed, _time(self.start), _time(self.duration))

    @property
    def elapsed(self) -> float:
        """Real time since the run was called, s."""
        return time.perf_counter() - self.began

    def begin(self) -> None:
        """The model is ready, and the first step comes; counts once."""
        if not self._has_begun:
            self._has_begun = True
            self._call(0.0)

    def _completed(self, t: float) -> float:
        return (t - self.start) / self.duration if self.duration > 0 else 1.0

    def at(self, t: float) -> None:
        """The simulation has come to time t."""
        now = time.perf_counter()
        done = self._completed(t) > 1 - 1e-9  # the end is said by end()
        if now - self.last >= self.period and self.duration > 0 and not done:
            self.last = now
            self._call(self._completed(t))

    def end(self, t: float) -> None:
        """The run has ended at time t, its end or where it was stopped."""
        del t
        self._call(1.0)


class OwnReport(Report):
    """A report of ours, which says where a run was stopped.

    stopped   is called with the elapsed time, s, and the completed fraction
    """

    def __init__(
        self,
        function: ReportFunction,
        stopped: Callable[[float, float], None],
        period: float,
        start: float,
        duration: float,
    ) -> None:
        super().__init__(function, period, start, duration)
        self._stopped = stopped

    def end(self, t: float) -> None:
        completed = self._completed(t)
        if completed < 1 - 1e-9:
            self._stopped(self.elapsed, completed)
        else:
            super().end(t)


def make_report(
    report: str | Callable[..., None] | None, period: float, start: float, duration: float
) -> Report:
    """The report that run(report=...) asks for; ModelValueError for an unknown name."""
    if report is None:
        return Report(None, period, start, duration)
    if callable(report):
        return Report(report, period, start, duration)
    if not isinstance(report, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ModelTypeError(f"report must be a name or a function, not {report!r}")
    if report == "bar":
        show, stopped = _bar()
        return OwnReport(show, stopped, min(period, 0.1), start, duration)
    streams: dict[str, TextIO] = {
        "text": sys.stdout,
        "stdout": sys.stdout,
        "stderr": sys.stderr,
    }
    if report not in streams:
        raise ModelValueError(
            f"report must be 'text', 'stdout', 'stderr', 'bar', a function or None, not {report!r}"
        )
    write, stopped = _text_report(streams[report], _time(duration))
    return OwnReport(write, stopped, period, start, duration)


def _text_report(
    stream: TextIO, whole: Quantity
) -> tuple[ReportFunction, Callable[[float, float], None]]:
    def write(elapsed: Quantity, completed: float, start: Quantity, duration: Quantity) -> None:
        if completed == 0.0:
            say(f"Simulating {duration} from t = {start}")
            return
        line = f"{completed * duration} ({completed:.0%}) simulated in {_plain(float(elapsed))}"
        if completed < 1:
            remaining = float(elapsed) * (1 - completed) / completed
            line += f", about {_plain(remaining)} to go"
        say(line)

    def stopped(elapsed: float, completed: float) -> None:
        say(f"Stopped at {completed * whole} ({completed:.0%}) after {_plain(elapsed)}")

    def say(line: str) -> None:
        stream.write(line + "\n")
        stream.flush()

    return write, stopped


def _bar() -> tuple[ReportFunction, Callable[[float, float], None]]:
    """A progress bar, in a terminal or a notebook; ImportError without the package tqdm."""
    try:
        tqdm: Any = importlib.import_module("tqdm.auto").tqdm
    except ImportError:
        raise ImportError(
            "report='bar' needs the package tqdm: pip install rheobase[progress]; "
            "report='text' does not"
        ) from None
    bars: list[Any] = []

    def show(elapsed: Quantity, completed: float, start: Quantity, duration: Quantity) -> None:
        if completed == 0.0:
            form = "{l_bar}{bar}| {n:.6g}/{total:.6g} s [{elapsed}<{remaining}]"
            bars.append(tqdm(total=float(duration), bar_format=form))
            return
        bars[0].update(completed * float(duration) - bars[0].n)
        if completed == 1.0:
            bars[0].close()

    def stopped(elapsed: float, completed: float) -> None:
        bars[0].update(completed * bars[0].total - bars[0].n)
        bars[0].close()

    return show, stopped


def _time(value: float) -> Quantity:
    return Quantity(value, dim=second.dim)


def _plain(value: float) -> str:
    """A real time for people: '0.25 s', '3 min 20 s', '2 h 5 min'."""
    if value < 60:
        return f"{value:.2g} s" if value < 10 else f"{value:.0f} s"
    if value < 3600:
        return f"{value // 60:.0f} min {value % 60:.0f} s"
    return f"{value // 3600:.0f} h {value % 3600 // 60:.0f} min"
