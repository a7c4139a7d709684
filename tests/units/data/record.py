"""Records how Brian 2 values and prints units: run it with a Python that has brian2 (2.9.0).

python tests/units/data/record.py > tests/units/data/brian2.json
"""

import json

import brian2.units.allunits as allunits
import brian2.units.constants as constants
import brian2.units.stdunits as stdunits
import numpy as np
from brian2.units import *  # noqa: F403

STEMS = [
    "metre",
    "meter",
    "kilogram",
    "kilogramme",
    "gram",
    "gramme",
    "second",
    "amp",
    "ampere",
    "kelvin",
    "mole",
    "mol",
    "molar",
    "candle",
    "radian",
    "steradian",
    "hertz",
    "newton",
    "pascal",
    "joule",
    "watt",
    "coulomb",
    "volt",
    "farad",
    "ohm",
    "siemens",
    "weber",
    "tesla",
    "henry",
    "lumen",
    "lux",
    "becquerel",
    "gray",
    "sievert",
    "katal",
    "liter",
    "litre",
]
SAMPLES = (
    "mvolt",
    "umetre2",
    "cmetre3",
    "daohm",
    "Ygram",
    "ysecond",
    "mliter",
    "kmolar",
    "Tfarad2",
)
SHOWN = """
10*mV
-65*mV
1*volt
0.1*nS
2500*mV
0.5*second
0.32*nA
0.31*nA
317*pA
1e-4*second
5*mmetre
3*cm
1e7*volt
1000*volt
0.5*mgram
1*kilogram
1*mM
1*molar
1*uM
1*um2
1*metre**2
1*mm3
10/ms
5*Hz
1*pA*ms
3*nA/mV
1*volt*amp
1*newton
1*joule
1*volt**2
3*mV**2
1*second**-0.5
0*mV
np.nan*mV
np.arange(3)*mV
np.arange(6).reshape(2, 3)*nS
np.array([])*mV
np.linspace(0, 1, 2000)*mV
np.array([1e-12, 1.0])*volt
(1+2j)*volt
mV
ms
Hz
mV*uA
1/ms
ms**-1
mV**2
mV/second
mV**0.5
""".strip().splitlines()


def described(quantity):
    return [float(quantity), [float(e) for e in quantity.dim._dims]]


def main():
    names = vars(allunits) | vars(stdunits)
    space = globals() | {k: v for k, v in names.items() if not k.startswith("_")} | {"np": np}
    units = {n: described(space[n]) for n in (*STEMS, *SAMPLES, *stdunits.__all__)}
    record = {
        "units": units,
        "constants": {
            n: described(getattr(constants, n)) for n in dir(constants) if n.endswith("_constant")
        },
        "shown": {e: [str(eval(e, space)), repr(eval(e, space))] for e in SHOWN},
        "latex": {n: space[n].latexname for n in ("volt", "mvolt", "umetre", "Mohm")},
    }
    print(json.dumps(record, indent=1))


main()
