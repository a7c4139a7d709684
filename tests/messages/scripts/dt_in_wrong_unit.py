from rheobase import *

defaultclock.dt = 0.1 * mV
