"""Adaptive exponential cells without synapses: Brette & Gerstner 2005."""

from rheobase import *

Cm, gL, a, b = 281 * pF, 30 * nS, 4 * nS, 80.5 * pA
EL, VT, DeltaT, tauw = -70.6 * mV, -50.4 * mV, 2 * mV, 144 * ms
Vcut, Vr, I = -40.4 * mV, -70.6 * mV, 1 * nA

eqs = """
dv/dt = (gL*(EL - v) + gL*DeltaT*exp((v - VT)/DeltaT) + I - w)/Cm : volt
dw/dt = (a*(v - EL) - w)/tauw : amp
"""


def build(size):
    cells = NeuronGroup(size, eqs, threshold="v > Vcut", reset="v = Vr; w += b", method="euler")
    cells.v = "EL + rand()*(VT - EL)"
    spikes = SpikeMonitor(cells)
    return Network(cells, spikes), {"cells": (spikes, 0, size)}, ()
