"""Methods of one's own, under the names that scripts know."""

from __future__ import annotations

from typing import Literal

from rheobase.integration.choose import register
from rheobase.integration.scheme import Check, Scheme
from rheobase.integration.system import Method
from rheobase.integration.written import Statements

__all__ = ["ExplicitStateUpdater", "StateUpdateMethod"]


class ExplicitStateUpdater(Scheme):
    """An explicit method, written as in a textbook.

    description    lines k = ..., the last one x_new = ..., of x, t, dt, f(x, t), g(x, t) and dW,
                   where dx/dt = f(x, t) + g(x, t)*xi and dW is the increment of the noise
    stochastic     what noise it can treat: None, 'additive' (factors that do not change during a
                   step) or 'multiplicative' (any, in the sense of Stratonovich)
    custom_check   custom_check(equations, symbols) is false, or raises UnsupportedEquationsError,
                   for equations that the method cannot treat

    Raises ModelSyntaxError for a description that is none.

    >>> from rheobase import ExplicitStateUpdater, NeuronGroup, ms, run
    >>> midpoint = ExplicitStateUpdater('''
    ...     x_mid = x + dt/2*f(x, t)
    ...     x_new = x + dt*f(x_mid, t + dt/2)''')
    >>> cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1', method=midpoint, dt=1*ms)
    >>> cells.v = 1
    >>> run(1*ms)
    >>> float(cells.v[0])
    0.905
    """

    def __init__(
        self,
        description: str,
        stochastic: Literal["additive", "multiplicative"] | None = None,
        custom_check: Check | None = None,
        name: str = "explicit",
    ) -> None:
        super().__init__(name, description, stochastic, check=custom_check)


class StateUpdateMethod:
    """Where methods of one's own are registered; a base for classes that are such methods.

    A subclass defines __call__(equations, variables, method_options), which returns the statements
    of one step as text.

    >>> from rheobase import ExplicitStateUpdater, StateUpdateMethod
    >>> StateUpdateMethod.register('my_euler', ExplicitStateUpdater('x_new = x + dt*f(x, t)'))
    """

    @staticmethod
    def register(name: str, updater: Method | Statements) -> None:
        """Let models give `updater` as method=name.

        Raises ModelValueError if the name is taken, ModelTypeError for what is no method.
        """
        register(name, updater)
