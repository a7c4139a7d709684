"""Looking out for numbers that have run away while a run goes on.

'warn' looks between slices, rarely (runaway.Spacing), and after the run. What it finds may be
thousands of steps old; so it goes back to the last look and runs up to the step in which it
happened (runtime/rewind.py), explains it there, and goes on to the present. 'stop' and 'raise' look
after every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from rheobase.errors import IntegrationError
from rheobase.ir.program import Control
from rheobase.model.base import SimulationObject
from rheobase.model.runaway import RunAway, Spacing
from rheobase.model.stateupdater import StateUpdater
from rheobase.runtime.rewind import Rewind

__all__ = ["OnNonfinite", "Watch"]

_LITTLE: Final = 1_000_000  # bytes, which are kept in no time
_MANY: Final = 2000  # steps

OnNonfinite: TypeAlias = Literal["warn", "stop", "raise"]


class Watch:
    """Looks for numbers that have run away during a run.

    stepwise   whether it has to be asked after every step
    """

    def __init__(self, objects: Sequence[SimulationObject], on_nonfinite: OnNonfinite) -> None:
        self._updaters = [
            x for x in objects if isinstance(x, StateUpdater) and x.active and x.integrates
        ]
        self._action = on_nonfinite
        self._spacing = Spacing()
        self._stops = False
        self._rewind: Rewind | None = None
        self._control = Control()
        self._kept_at = 0  # steps of the run when the way back was kept
        self.stepwise = on_nonfinite != "warn" and bool(self._updaters)
        if self.stepwise:
            self._keep()

    @property
    def wants_rewind(self) -> bool:
        """Whether it could use a way back."""
        return self._action == "warn" and bool(self._updaters)

    def begin(self, control: Control, rewind: Rewind | None, steps: int) -> None:
        """A program is about to run so many steps under `control`.

        The way back leads to here, unless it would cost more than some thousandths of the run:
        to keep a state takes the time of five steps or so. Then it begins at the first look.
        """
        self._control, self._rewind = control, rewind
        self._kept_at = control.taken
        if rewind is not None:
            rewind.is_kept = False
            if rewind.n_bytes <= _LITTLE or steps >= _MANY:
                rewind.keep()

    def _keep(self) -> None:
        for x in self._updaters:
            x.keep_state()

    def check_finished(self) -> None:
        """Raise IntegrationError if an element could not finish a step of its own choice."""
        for x in self._updaters:
            x.check_finished()

    def sees_runaway(self) -> bool:
        """Look, and say what there is; whether the run is to stop.

        Raises IntegrationError if that was asked for.
        """
        if self.stepwise:
            self._look()
            self._keep()
        else:
            self._spacing.look(self._look_back)
        return self._stops

    def end(self, whole: bool) -> None:
        """The run is over: look once more, and back if it has made whole steps."""
        if not whole:
            self._rewind = None
        self._look_back(goes_on=False)

    def _look(self) -> None:
        for x, found in self._found():
            if self._action == "raise":
                raise IntegrationError(str(found))
            x.warn_of(found, stopped=True)
            self._stops = True

    def _look_back(self, goes_on: bool = True) -> None:
        if self._is_bad():
            steps = self._control.taken - self._kept_at
            if self._rewind is not None and self._rewind.is_kept and steps:
                go_on = self._rewind.replay(steps, self._is_bad, self._keep)
                first = self._found()
                go_on()
                _say(first)
            _say(self._found())  # what followed from it
        if self._rewind is not None and goes_on:
            self._rewind.keep()
            self._kept_at = self._control.taken

    def _is_bad(self) -> bool:
        return any(x.runs_away() for x in self._updaters)

    def _found(self) -> list[tuple[StateUpdater, RunAway]]:
        return [(x, found) for x in self._updaters for found in x.ran_away()]


def _say(found: Sequence[tuple[StateUpdater, RunAway]]) -> None:
    for x, runaway in found:
        x.warn_of(runaway)
