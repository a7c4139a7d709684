from rheobase import *

x = sin(3 * mV)
