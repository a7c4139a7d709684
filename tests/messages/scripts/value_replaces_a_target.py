from rheobase import *

Statements("g += k*w", g=3)
