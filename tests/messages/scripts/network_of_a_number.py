from rheobase import *

net = Network(5)
