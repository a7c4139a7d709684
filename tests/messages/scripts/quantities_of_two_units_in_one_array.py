from rheobase import *

Quantity([1 * mV, 2 * ms])
