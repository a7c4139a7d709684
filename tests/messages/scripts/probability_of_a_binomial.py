from rheobase import *

BinomialFunction(10, 1.5)
