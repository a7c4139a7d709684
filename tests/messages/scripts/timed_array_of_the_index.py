from rheobase import *

drive = TimedArray([1, 2], dt=1 * ms)
cells = NeuronGroup(1, "x = drive(i) : 1", name="cells")
Network(cells).run(0 * ms)
