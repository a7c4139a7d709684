"""Lists times units, which are quantities; mypy takes them for longer lists."""

from typing import assert_type

from rheobase import *

assert_type([1, 2] * mV, Quantity)
assert_type([[1, 2], [3, 4]] * mV, Quantity)
assert_type((1, 2.5) * nS, Quantity)
