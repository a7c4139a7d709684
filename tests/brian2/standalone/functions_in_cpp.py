"""A function with code in C++ beside its Python form, and a network that stops early."""

from brian2 import *

set_device("cpp_standalone", build_on_run=False)
prefs.codegen.cpp.headers += ["<iostream>"]


@implementation("cpp", "double rectified(double x) { return x < 0 ? 0 : x; }")
@check_units(x=1, result=1)
def rectified(x):
    return clip(x, 0, inf)


group = NeuronGroup(3, "dv/dt = rectified(v - 0.5)/ms : 1", method="euler")
group.v = [0, 1, 2]
net = Network(group)
net.run(1 * ms)
device.build(directory="x", with_output=False, additional_source_files=[])
assert allclose(group.v[:], [0, 0.5 + 0.5 * 1.1**10, 0.5 + 1.5 * 1.1**10])
