"""Whether it is stability, not accuracy, that keeps the steps of an explicit method short.

An explicit method stays bounded only while h*|Re lambda| is below a limit of 2.5 (order 3) to 6,
for every eigenvalue lambda of the Jacobian. Where accuracy rules, h*|Re lambda| is well below it;
where the solution has become smooth but a fast component could still grow, the control of the error
holds h right at the limit. So the state of one element tells: many steps in a dt, at that limit.
Source: Hairer & Wanner 1996, Solving Ordinary Differential Equations II, IV.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from rheobase.errors import ModelError
from rheobase.lang.fold import derivative, evaluate
from rheobase.lang.functions import FunctionInfo
from rheobase.lang.nodes import Expr
from rheobase.records import record

__all__ = ["Stiffness", "find_stiffness"]

_AT_THE_LIMIT: Final = 2.0
_MANY: Final = 10  # steps in a dt


@record
class Stiffness:
    """What was found.

    variable   the one that returns fastest to where the others pull it
    rate       at which it does, 1/s
    """

    variable: str
    rate: float


def find_stiffness(
    equations: Mapping[str, Expr],
    functions: Mapping[str, FunctionInfo],
    values: Mapping[str, float],
    step: float,
    dt: float,
) -> Stiffness | None:
    """Whether an element that takes steps of this length is kept there by stability.

    values   of all that the equations use, SI; step and dt in s
    Returns None also where it cannot be known: no derivative, no finite value.
    """
    if not 0 < step * _MANY <= dt:
        return None
    try:
        jacobian = np.array(
            [
                [float(evaluate(derivative(f, x, functions), values, functions)) for x in equations]
                for f in equations.values()
            ]
        )
    except (ModelError, KeyError, TypeError):
        return None
    if not np.isfinite(jacobian).all():
        return None
    rate = float(-np.linalg.eigvals(jacobian).real.min())
    if step * rate < _AT_THE_LIMIT:
        return None
    variable = list(equations)[int(np.argmin(np.diag(jacobian)))]
    return Stiffness(variable, rate)
