"""Embedded Runge-Kutta pairs: one table each.

k_i = f(x + h*sum_j a[i][j]*k_j, t + c[i]*h);  x_new = x + h*sum_i b[i]*k_i, of order `order`;
h*sum_i e[i]*k_i is the difference to a result of order `order_low`: the estimate of the error.
The step goes on with the better of the two results.

A table refuses to exist if it contradicts itself; tests check the conditions of order for every
rooted tree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from rheobase.records import record

__all__ = [
    "CASH_KARP",
    "CLASSICAL_DOUBLED",
    "FEHLBERG",
    "KUTTA",
    "PRINCE_DORMAND",
    "Tableau",
]

Row = tuple[float, ...]


@record
class Tableau:
    """One pair of explicit methods with s stages.

    a          s rows, row i with i entries
    b, e       (s,)
    order      of the result; order_low of the other one
    Raises ValueError if stages do not fit together or weights do not sum to one (e: to zero).
    """

    a: tuple[Row, ...]
    b: Row
    e: Row
    order: int
    order_low: int

    def __post_init__(self) -> None:
        s = len(self.b)
        if [len(row) for row in self.a] != list(range(s)) or len(self.e) != s:
            raise ValueError(f"{s} weights do not fit rows {[len(row) for row in self.a]}")
        if not math.isclose(math.fsum(self.b), 1, rel_tol=1e-14) or abs(math.fsum(self.e)) > 1e-14:
            raise ValueError(f"weights sum to {math.fsum(self.b)}, errors to {math.fsum(self.e)}")

    @property
    def c(self) -> Row:
        """(s,)  where in the step each slope is taken: the sums of the rows."""
        return tuple(math.fsum(row) for row in self.a)


def _pair(a: Sequence[Sequence[float]], b: Row, other: Row, order: int, low: int) -> Tableau:
    return Tableau(tuple(map(tuple, a)), b, tuple(x - y for x, y in zip(b, other)), order, low)


def _doubled(a: Sequence[Row], b: Row, order: int) -> Tableau:
    """Two half steps of one method, compared with a whole one: they share the first slope.

    The difference is the error of the whole step, as in all pairs that of the worse result.
    """
    s = len(b)
    half = [tuple(x / 2 for x in row) for row in a]
    middle = tuple(x / 2 for x in b)
    second = [middle + row for row in half]
    whole = [(row[0], *(0.0,) * (2 * s - 1), *row[1:]) for row in a[1:]]
    better = middle + middle + (0.0,) * (s - 1)
    other = (b[0], *(0.0,) * (2 * s - 1), *b[1:])
    return _pair((*half, *second, *whole), better, other, order, order)


KUTTA: Final = _pair(
    a=((), (1 / 2,), (-1.0, 2.0)),
    b=(1 / 6, 2 / 3, 1 / 6),
    other=(0.0, 1.0, 0.0),
    order=3,
    low=2,
)
"""3(2): Kutta's method of order 3, with the midpoint rule for comparison.
Source: Kutta 1901, Z. Math. Phys. 46:435-453.
"""

CLASSICAL_DOUBLED: Final = _doubled(
    a=((), (1 / 2,), (0.0, 1 / 2), (0.0, 0.0, 1.0)), b=(1 / 6, 1 / 3, 1 / 3, 1 / 6), order=4
)
"""4, by step doubling: two half steps of the classical method against a whole one.
Source: Kutta 1901; Hairer, Norsett & Wanner 1993, Solving Ordinary Differential Equations I, II.4.
"""

FEHLBERG: Final = _pair(
    a=(
        (),
        (1 / 4,),
        (3 / 32, 9 / 32),
        (1932 / 2197, -7200 / 2197, 7296 / 2197),
        (439 / 216, -8.0, 3680 / 513, -845 / 4104),
        (-8 / 27, 2.0, -3544 / 2565, 1859 / 4104, -11 / 40),
    ),
    b=(16 / 135, 0.0, 6656 / 12825, 28561 / 56430, -9 / 50, 2 / 55),
    other=(25 / 216, 0.0, 1408 / 2565, 2197 / 4104, -1 / 5, 0.0),
    order=5,
    low=4,
)
"""5(4), six stages.
Source: Fehlberg 1969, NASA Technical Report R-315, table III.
"""

CASH_KARP: Final = _pair(
    a=(
        (),
        (1 / 5,),
        (3 / 40, 9 / 40),
        (3 / 10, -9 / 10, 6 / 5),
        (-11 / 54, 5 / 2, -70 / 27, 35 / 27),
        (1631 / 55296, 175 / 512, 575 / 13824, 44275 / 110592, 253 / 4096),
    ),
    b=(37 / 378, 0.0, 250 / 621, 125 / 594, 0.0, 512 / 1771),
    other=(2825 / 27648, 0.0, 18575 / 48384, 13525 / 55296, 277 / 14336, 1 / 4),
    order=5,
    low=4,
)
"""5(4), six stages, smaller error constants than Fehlberg's.
Source: Cash & Karp 1990, ACM Trans. Math. Softw. 16:201-222.
"""

PRINCE_DORMAND: Final = _pair(
    a=(
        (),
        (1 / 18,),
        (1 / 48, 1 / 16),
        (1 / 32, 0.0, 3 / 32),
        (5 / 16, 0.0, -75 / 64, 75 / 64),
        (3 / 80, 0.0, 0.0, 3 / 16, 3 / 20),
        (
            *(29443841 / 614563906, 0.0, 0.0, 77736538 / 692538347, -28693883 / 1125000000),
            23124283 / 1800000000,
        ),
        (
            *(16016141 / 946692911, 0.0, 0.0, 61564180 / 158732637, 22789713 / 633445777),
            *(545815736 / 2771057229, -180193667 / 1043307555),
        ),
        (
            *(39632708 / 573591083, 0.0, 0.0, -433636366 / 683701615, -421739975 / 2616292301),
            *(100302831 / 723423059, 790204164 / 839813087, 800635310 / 3783071287),
        ),
        (
            *(246121993 / 1340847787, 0.0, 0.0, -37695042795 / 15268766246),
            *(-309121744 / 1061227803, -12992083 / 490766935, 6005943493 / 2108947869),
            *(393006217 / 1396673457, 123872331 / 1001029789),
        ),
        (
            *(-1028468189 / 846180014, 0.0, 0.0, 8478235783 / 508512852),
            *(1311729495 / 1432422823, -10304129995 / 1701304382, -48777925059 / 3047939560),
            *(15336726248 / 1032824649, -45442868181 / 3398467696, 3065993473 / 597172653),
        ),
        (
            *(185892177 / 718116043, 0.0, 0.0, -3185094517 / 667107341),
            *(-477755414 / 1098053517, -703635378 / 230739211, 5731566787 / 1027545527),
            *(5232866602 / 850066563, -4093664535 / 808688257, 3962137247 / 1805957418),
            65686358 / 487910083,
        ),
        (
            *(403863854 / 491063109, 0.0, 0.0, -5068492393 / 434740067),
            *(-411421997 / 543043805, 652783627 / 914296604, 11173962825 / 925320556),
            *(-13158990841 / 6184727034, 3936647629 / 1978049680, -160528059 / 685178525),
            *(248638103 / 1413531060, 0.0),
        ),
    ),
    b=(
        *(14005451 / 335480064, 0.0, 0.0, 0.0, 0.0, -59238493 / 1068277825),
        *(181606767 / 758867731, 561292985 / 797845732, -1041891430 / 1371343529),
        *(760417239 / 1151165299, 118820643 / 751138087, -528747749 / 2220607170, 1 / 4),
    ),
    other=(
        *(13451932 / 455176623, 0.0, 0.0, 0.0, 0.0, -808719846 / 976000145),
        *(1757004468 / 5645159321, 656045339 / 265891186, -3867574721 / 1518517206),
        *(465885868 / 322736535, 53011238 / 667516719, 2 / 45, 0.0),
    ),
    order=8,
    low=7,
)
"""8(7), thirteen stages: RK8(7)13M. Its fractions approximate the coefficients to 1e-17.
Source: Prince & Dormand 1981, J. Comput. Appl. Math. 7:67-75, table 2.
"""
