"""Whether a run goes on with one thread or with all: whichever has been faster of late.

Both compute the same numbers, so a run may change at every return from native code. A guess from
the size of the network would be wrong in both directions: a processor that somebody else keeps
busy makes threads wait for each other, and no size says so.

Numbers are times of one step. One thread begins; where a step takes long enough to be shared, all
threads are tried for a while, and the faster is kept. The other is tried again from time to time,
and at once when the one that is kept becomes slower than the other was.
"""

from __future__ import annotations

__all__ = ["Pace"]

WORTH_SHARING = 10e-6  # s a step: what two waits cost, some ten times
BEFORE_FIRST = 0.006  # s with one thread before all are tried: waking threads costs time, too
PATIENCE = 5  # what dividing costs is a fifth of the run at most, should threads be of no use
WARM_UP = 0.003  # s, which do not count: where others run, a thread that wakes has to wait its turn
TRIAL = 0.004  # s
REVIEW = 0.02  # s over which the time of a step is looked at
# s from one trial to the next, by choice; doubled if nothing changes. Short after all threads have
# been slower: somebody who wanted a processor for 5 ms looks like somebody who wants it for long.
FIRST_HOLD = {False: 0.05, True: 0.2}
LONGEST_HOLD = 2.0
GAIN = 0.93  # all threads are kept if their step takes less than this part of one thread's


class Pace:
    """Chooses between one thread (False) and all (True).

    team       what to use now
    ready_in   s: what it costs to have all threads ready for the first time
    """

    def __init__(self) -> None:
        self.team = False
        self.ready_in = 0.0
        self._known: dict[bool, float] = {}  # the last time of a step, by choice
        self._spent, self._steps = 0.0, 0  # since the time of a step was last looked at
        self._held = 0.0  # since the last trial
        self._hold = 0.0
        self._trial = False
        self._is_warm = False  # whether what is tried has gone on for WARM_UP

    @property
    def longest(self) -> float | None:
        """How long to go on until the next `note`, s; None: as long as anybody likes.

        All threads may turn out to be very slow, and a run must stop soon after Ctrl-C even so.
        """
        if self._trial:
            return TRIAL if self._is_warm else WARM_UP
        if self.team:
            return REVIEW
        is_first = not self._known and self._spent > WORTH_SHARING * self._steps
        return self._before_first if is_first else None

    @property
    def _before_first(self) -> float:
        """s with one thread before all are tried."""
        return max(BEFORE_FIRST, PATIENCE * self.ready_in)

    def note(self, steps: int, seconds: float) -> None:
        """So many steps have taken so long, with the present choice."""
        self._steps += steps
        self._spent += seconds
        self._held += seconds
        if not self._is_enough():
            return
        if self._trial and not self._is_warm and self._spent < WARM_UP + TRIAL:
            self._is_warm = True
            self._spent, self._steps = 0.0, 0
            return
        self._known[self.team] = self._spent / self._steps
        self._spent, self._steps = 0.0, 0
        if self._trial:
            self._decide()
        elif self._wants_trial():
            self._trial, self.team = True, not self.team
            self._is_warm = not self.team

    def _is_enough(self) -> bool:
        """Whether the present choice has gone on for long enough to know the time of its step."""
        if self._trial:
            return self._steps > 0 and self._spent >= (TRIAL if self._is_warm else WARM_UP)
        return self._steps > 1 and self._spent >= (REVIEW if self._known else self._before_first)

    def _wants_trial(self) -> bool:
        now, other = self._known[self.team], self._known.get(not self.team)
        if not self.team and now < WORTH_SHARING:
            return False
        if other is None:
            return True
        return self._held >= self._hold or (self.team and now * GAIN > other)

    def _decide(self) -> None:
        before = not self.team  # the trial is of the other
        self.team = self._known[True] < GAIN * self._known[False]
        same = self.team == before
        longer = min(2 * self._hold, LONGEST_HOLD) if same else 0.0
        self._hold = max(longer, FIRST_HOLD[self.team])
        self._held = 0.0
        self._trial = False
