"""A branched Hodgkin-Huxley neuron, written for `rheobase` and for `brian2` alike."""

import numpy as np

EQUATIONS = """
Im = gl*(El-v) + gNa*m**3*h*(ENa-v) + gK*n**4*(EK-v) : amp/meter**2
I : amp (point current)
Isyn = g*(0*mV-v) : amp (point current)
dg/dt = -g/(5*ms) : siemens
dm/dt = alpham*(1-m) - betam*m : 1
dn/dt = alphan*(1-n) - betan*n : 1
dh/dt = alphah*(1-h) - betah*h : 1
vs = v+65*mV : volt
alpham = 1/exprel((25*mV-vs)/(10*mV))/ms : Hz
betam = 4*exp(-vs/(18*mV))/ms : Hz
alphah = 0.07*exp(-vs/(20*mV))/ms : Hz
betah = 1/(exp((-vs+30*mV)/(10*mV))+1)/ms : Hz
alphan = 0.1/exprel((10*mV-vs)/(10*mV))/ms : Hz
betan = 0.125*exp(-vs/(80*mV))/ms : Hz
gNa : siemens/meter**2
"""


def shape(b):
    um = b.um
    tree = b.Soma(diameter=30 * um)
    tree.axon = b.Cylinder(diameter=1.5 * um, n=20, length=300 * um)
    tree.dend = b.Section(
        diameter=np.linspace(6, 2, 9) * um, n=8, length=np.linspace(10, 25, 8) * um
    )
    tree.dend.L = b.Cylinder(diameter=1 * um, n=6, length=90 * um)
    tree.dend.R = b.Section(diameter=[1.5, 1.2, 0.9, 0.5] * um, n=3, length=[30, 20, 10] * um)
    tree.dend.M = b.Cylinder(diameter=0.8 * um, n=4, length=50 * um)
    tree.axon.a = b.Cylinder(diameter=1 * um, n=5, length=100 * um)
    return tree


def potentials(b, duration):
    """(47, n) potentials in volt, in steps of 0.025 ms; duration in ms."""
    density = b.msiemens / b.cm**2
    namespace = {"El": -54.4 * b.mV, "ENa": 50 * b.mV, "EK": -77 * b.mV}
    namespace |= {"gl": 0.3 * density, "gK": 36 * density}
    b.defaultclock.dt = 0.025 * b.ms
    neuron = b.SpatialNeuron(
        shape(b),
        EQUATIONS,
        Cm=1 * b.uF / b.cm**2,
        Ri=120 * b.ohm * b.cm,
        method="exponential_euler",
        namespace=namespace,
    )
    neuron.v, neuron.m, neuron.h, neuron.n = -65 * b.mV, 0.05, 0.6, 0.32
    neuron.gNa = 120 * density
    neuron.dend.gNa = 10 * density
    neuron.dend.L[40 * b.um : 45 * b.um].g = 2 * b.nS
    neuron.I[0] = 0.3 * b.nA
    monitor = b.StateMonitor(neuron, "v", record=True)
    b.Network(neuron, monitor).run(duration * b.ms)
    return np.asarray(monitor.v_)
