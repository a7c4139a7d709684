from rheobase import *

stimulus = TimedArray([1, 2], dt=1 * ms)
cells = NeuronGroup(1, "dx/dt = stimulus/(10*ms) : 1")
run(1 * ms)
