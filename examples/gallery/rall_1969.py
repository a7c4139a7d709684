"""A current into the end of a dendrite: how far the potential reaches

W. Rall, "Time constants and electrotonic length of membrane cylinders and neurons", Biophys. J.
9:1483-1508 (1969); the steady state is that of W. Rall, Exp. Neurol. 1:491-527 (1959).

A cylinder with sealed ends carries a steady current away from one end. Long after its onset the
potential falls as cosh((l - x)/lambda): fast in a long cylinder, hardly in a short one. Lines are
this closed form, dots the simulated compartments.
"""

import matplotlib.pyplot as plt
import numpy as np

from rheobase import *

g, Cm, Ri, diameter, current = (
    0.1 * msiemens / cm**2,
    1 * uF / cm**2,
    100 * ohm * cm,
    2 * um,
    10 * pA,
)
space = np.sqrt(diameter / (4 * g * Ri))  # lambda
far = Ri * space * 4 / (np.pi * diameter**2)  # the input resistance if there were no other end

errors = {}
_, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2))
for ratio in (0.5, 1, 2, 4):
    length = ratio * space
    dendrite = Cylinder(diameter=diameter, n=200, length=length)
    cable = SpatialNeuron(
        dendrite,
        "Im = -g*v : amp/meter**2\nI : amp (point current)",
        Cm=Cm,
        Ri=Ri,
        dt=0.05 * ms,
    )
    cable.I[0] = current
    onset = StateMonitor(cable, "v", record=0)
    Network(cable, onset).run(200 * ms)
    x = cable.distance[:]
    expected = current * far * np.cosh((length - x) / space) / np.sinh(ratio)
    errors[ratio] = np.abs(cable.v[:] / expected - 1).max()
    (line,) = left.plot(x / space, expected / mV, lw=1, label=f"l = {ratio} lambda")
    left.plot(x[::10] / space, cable.v[::10] / mV, ".", color=line.get_color())
    right.plot(onset.t / ms, onset.v[0] / mV, color=line.get_color())
print(f"lambda = {space / um:.0f} um; greatest relative error {max(errors.values()):.1e}")

left.set(xlabel="distance (lambda)", ylabel="v - rest (mV)", title="steady state")
left.legend(frameon=False)
right.set(xlabel="time (ms)", xlim=(0, 60), title="at the electrode")
plt.tight_layout()
plt.show()
