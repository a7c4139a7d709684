# Written by scripts/stubs.py
from rheobase.units.quantity import Unit

__all__ = [
    "Hz",
    "MHz",
    "cm",
    "cm2",
    "cm3",
    "kHz",
    "mA",
    "mM",
    "mS",
    "mV",
    "mm",
    "mm2",
    "mm3",
    "ms",
    "nA",
    "nF",
    "nM",
    "nS",
    "pA",
    "pF",
    "uA",
    "uF",
    "uM",
    "uS",
    "um",
    "um2",
    "um3",
    "us",
]

Hz: Unit
MHz: Unit
cm: Unit
cm2: Unit
cm3: Unit
kHz: Unit
mA: Unit
mM: Unit
mS: Unit
mV: Unit
mm: Unit
mm2: Unit
mm3: Unit
ms: Unit
nA: Unit
nF: Unit
nM: Unit
nS: Unit
pA: Unit
pF: Unit
uA: Unit
uF: Unit
uM: Unit
uS: Unit
um: Unit
um2: Unit
um3: Unit
us: Unit
