"""Quantities as a type checker sees them."""

from typing import Any, assert_type

from rheobase import *

tau = 10 * ms
assert_type(mV, Unit)
assert_type(nS / cm**2, Unit)
assert_type(tau, Quantity)
assert_type(tau + 1 * ms, Quantity)
assert_type(0 * ms - tau, Quantity)
assert_type(-tau, Quantity)
assert_type(abs(tau), Quantity)
assert_type(2 * tau, Quantity)
assert_type(tau / 2, Quantity)
assert_type(1 / tau, Quantity)
assert_type(tau / ms, Any)  # a number here, a quantity for other units
times = Quantity([1 * ms, 2 * ms])
assert_type(times[0], Quantity)
for t in times:
    assert_type(t, Quantity)
assert_type(tau.in_unit(ms), str)
assert_type(f"{tau / ms:.1f}", str)
assert_type(get_unit((2 * volt / second).dim), Unit)
tau += 1 * ms
assert_type(tau, Quantity)


@check_units(g=siemens, v=volt, result=amp)
def current(g: Quantity, v: Quantity) -> Any:
    return g * v


current(2 * nS, tau / ms * mV)
trace = [1.0, 2.0]  # the names of functions are free
