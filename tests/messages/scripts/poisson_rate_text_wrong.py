from rheobase import *

inputs = PoissonGroup(10, rates="50*i")
run(1 * ms)
