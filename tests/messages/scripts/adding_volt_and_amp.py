from rheobase import *

x = 3 * mV + 2 * nA
