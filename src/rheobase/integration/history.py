"""Linear systems whose coefficients change from step to step, over any number of steps.

The coefficients are the same for all elements, so the propagator of each step is computed once,
and with it those of 2, 4, 8, ... steps that begin at a multiple of their number. Any number of
steps is then a product of few: the binary places of the two step numbers say which. What each
element does is a matrix times a vector for every place; nothing is inverted, and nothing overflows
that the solution does not.

What stands still, g, may take part: dx/dt = A x + B g + b, with A, B and b the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import Source
from rheobase.integration.matrices import expm, propagator
from rheobase.lang.nodes import Assign
from rheobase.lang.parse import parse_statements
from rheobase.records import record

__all__ = ["STEPS", "Pattern", "Products"]

_PLACES = 9
STEPS = 2**_PLACES  # that are remembered
_ONE = ""  # the column of b

Place = tuple[str, str]


@record
class Pattern:
    """Which numbers propagators have.

    states   the variables
    still    what stands still
    rates    the (variable, variable or still or "") with a coefficient
    """

    states: tuple[str, ...]
    still: tuple[str, ...]
    rates: tuple[Place, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.states, *self.still, _ONE)

    @property
    def entries(self) -> tuple[Place, ...]:
        """The (variable, column) of a propagator that are not always zero."""
        reached = {x: {x} for x in self.states}
        for _ in self.states:
            for x, y in self.rates:
                for found in reached.values():
                    if x in found:
                        found.add(y)
        return tuple((x, y) for x in self.states for y in self.columns if y in reached[x])

    def propagator(self, rates: Sequence[float], dt: float) -> NDArray[np.float64]:
        """(n_states, n_columns)  of one step, from the coefficients in the order of `rates`."""
        number, n = {c: k for k, c in enumerate(self.columns)}, len(self.states)
        matrix = np.zeros((len(number), len(number)))
        for (x, y), rate in zip(self.rates, rates):
            matrix[number[x], number[y]] = rate
        if n > 1:
            return expm(matrix * dt)[:n]
        p, phi = propagator(matrix[:1, :1] * dt)
        return np.hstack([p, phi * dt * matrix[:1, 1:]])

    def statements(self) -> tuple[Assign, ...]:
        """Bring the variables from step _updated to step _now, both counted in the history.

        _h0, _h1, ... are functions: entry k of the propagator number b is _hk(b).
        """
        entries = self.entries
        lines = ["_at = _updated"]
        levels = [*range(_PLACES), *reversed(range(_PLACES))]
        for turn, level in enumerate(levels):
            steps = 2**level
            fits = f"_at + {steps} <= _now"
            rising = f"(_at // {steps}) % 2 == 1 and {fits}" if turn < _PLACES else fits
            lines.append(f"_fits = {rising}")
            lines.append(f"_block = {_first_block(level)} + _at // {steps}")
            for x in self.states:
                row = [(k, y) for k, (to, y) in enumerate(entries) if to == x]
                terms = (f"_h{k}(_block)" + (f" * {y}" if y else "") for k, y in row)
                lines.append(f"_next_{x} = {' + '.join(terms)}")
            lines += [f"{x} = _next_{x} if _fits else {x}" for x in self.states]
            lines.append(f"_at = _at + {steps} * int(_fits)")
        text = "\n".join(lines)
        return parse_statements(text, Source(text, "event-driven equations"))


def _first_block(level: int) -> int:
    """Where the propagators of 2**level steps begin."""
    return 2 * STEPS - 2 * STEPS // 2**level


class Products:
    """The propagators of all blocks of steps so far, in a table of their entries.

    table   (n_entries, 2 * STEPS)   entry k of the propagator number b is table[k, b]

    >>> pattern = Pattern(("x",), (), (("x", "x"),))
    >>> table = np.zeros((1, 2 * STEPS))
    >>> products = Products(pattern, table)
    >>> for k in range(4):
    ...     products.append(k, np.array([[0.5, 0.0]]))
    >>> table[0, [0, 1, _first_block(1), _first_block(1) + 1, _first_block(2)]].tolist()
    [0.5, 0.5, 0.25, 0.25, 0.0625]
    """

    def __init__(self, pattern: Pattern, table: NDArray[np.float64]) -> None:
        self._table = table
        self._n = len(pattern.states)
        self._shape = self._n, len(pattern.columns)
        numbers: Mapping[str, int] = {c: k for k, c in enumerate(pattern.columns)}
        places = [(numbers[x], numbers[y]) for x, y in pattern.entries]
        self._places = tuple(np.array(places).T)

    def append(self, step: int, propagator: NDArray[np.float64]) -> None:
        """Step number `step` has this propagator; those before it are known."""
        self._table[:, step] = propagator[self._places]
        level = 1
        while (step + 1) % 2**level == 0:
            earlier = 2 * (step // 2**level)
            first, second = self._block(level - 1, earlier), self._block(level - 1, earlier + 1)
            both = second[:, : self._n] @ first
            both[:, self._n :] += second[:, self._n :]
            self._table[:, _first_block(level) + step // 2**level] = both[self._places]
            level += 1

    def _block(self, level: int, number: int) -> NDArray[np.float64]:
        found = np.zeros(self._shape)
        found[self._places] = self._table[:, _first_block(level) + number]
        return found
