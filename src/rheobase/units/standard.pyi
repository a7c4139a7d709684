# Written by scripts/stubs.py
from rheobase.units.quantity import Unit

__all__ = [
    "Gamp",
    "Gcoulomb",
    "Gfarad",
    "Ggram",
    "Ggramme",
    "Ghertz",
    "Gjoule",
    "Gliter",
    "Glitre",
    "Gmeter",
    "Gmetre",
    "Gmolar",
    "Gmole",
    "Gohm",
    "Gpascal",
    "Gsecond",
    "Gsiemens",
    "Gvolt",
    "Gwatt",
    "Hz",
    "MHz",
    "Mamp",
    "Mcoulomb",
    "Mfarad",
    "Mgram",
    "Mgramme",
    "Mhertz",
    "Mjoule",
    "Mliter",
    "Mlitre",
    "Mmeter",
    "Mmetre",
    "Mmolar",
    "Mmole",
    "Mohm",
    "Mpascal",
    "Msecond",
    "Msiemens",
    "Mvolt",
    "Mwatt",
    "Tamp",
    "Tcoulomb",
    "Tfarad",
    "Tgram",
    "Tgramme",
    "Thertz",
    "Tjoule",
    "Tliter",
    "Tlitre",
    "Tmeter",
    "Tmetre",
    "Tmolar",
    "Tmole",
    "Tohm",
    "Tpascal",
    "Tsecond",
    "Tsiemens",
    "Tvolt",
    "Twatt",
    "amp",
    "cm",
    "cm2",
    "cm3",
    "cmeter",
    "cmetre",
    "coulomb",
    "farad",
    "gram",
    "gramme",
    "hertz",
    "joule",
    "kHz",
    "kamp",
    "kcoulomb",
    "kelvin",
    "kfarad",
    "kgram",
    "kgramme",
    "khertz",
    "kilogram",
    "kjoule",
    "kliter",
    "klitre",
    "kmeter",
    "kmetre",
    "kmolar",
    "kmole",
    "kohm",
    "kpascal",
    "ksecond",
    "ksiemens",
    "kvolt",
    "kwatt",
    "liter",
    "litre",
    "mA",
    "mM",
    "mS",
    "mV",
    "mamp",
    "mcoulomb",
    "meter",
    "metre",
    "mfarad",
    "mgram",
    "mgramme",
    "mhertz",
    "mjoule",
    "mliter",
    "mlitre",
    "mm",
    "mm2",
    "mm3",
    "mmeter",
    "mmetre",
    "mmolar",
    "mmole",
    "mohm",
    "molar",
    "mole",
    "mpascal",
    "ms",
    "msecond",
    "msiemens",
    "mvolt",
    "mwatt",
    "nA",
    "nF",
    "nM",
    "nS",
    "namp",
    "ncoulomb",
    "nfarad",
    "ngram",
    "ngramme",
    "nhertz",
    "njoule",
    "nliter",
    "nlitre",
    "nmeter",
    "nmetre",
    "nmolar",
    "nmole",
    "nohm",
    "npascal",
    "nsecond",
    "nsiemens",
    "nvolt",
    "nwatt",
    "ohm",
    "pA",
    "pF",
    "pamp",
    "pascal",
    "pcoulomb",
    "pfarad",
    "pgram",
    "pgramme",
    "phertz",
    "pjoule",
    "pliter",
    "plitre",
    "pmeter",
    "pmetre",
    "pmolar",
    "pmole",
    "pohm",
    "ppascal",
    "psecond",
    "psiemens",
    "pvolt",
    "pwatt",
    "second",
    "siemens",
    "uA",
    "uF",
    "uM",
    "uS",
    "uamp",
    "ucoulomb",
    "ufarad",
    "ugram",
    "ugramme",
    "uhertz",
    "ujoule",
    "uliter",
    "ulitre",
    "um",
    "um2",
    "um3",
    "umeter",
    "umetre",
    "umolar",
    "umole",
    "uohm",
    "upascal",
    "us",
    "usecond",
    "usiemens",
    "uvolt",
    "uwatt",
    "volt",
    "watt",
]

Gamp: Unit
Gcoulomb: Unit
Gfarad: Unit
Ggram: Unit
Ggramme: Unit
Ghertz: Unit
Gjoule: Unit
Gliter: Unit
Glitre: Unit
Gmeter: Unit
Gmetre: Unit
Gmolar: Unit
Gmole: Unit
Gohm: Unit
Gpascal: Unit
Gsecond: Unit
Gsiemens: Unit
Gvolt: Unit
Gwatt: Unit
Hz: Unit
MHz: Unit
Mamp: Unit
Mcoulomb: Unit
Mfarad: Unit
Mgram: Unit
Mgramme: Unit
Mhertz: Unit
Mjoule: Unit
Mliter: Unit
Mlitre: Unit
Mmeter: Unit
Mmetre: Unit
Mmolar: Unit
Mmole: Unit
Mohm: Unit
Mpascal: Unit
Msecond: Unit
Msiemens: Unit
Mvolt: Unit
Mwatt: Unit
Tamp: Unit
Tcoulomb: Unit
Tfarad: Unit
Tgram: Unit
Tgramme: Unit
Thertz: Unit
Tjoule: Unit
Tliter: Unit
Tlitre: Unit
Tmeter: Unit
Tmetre: Unit
Tmolar: Unit
Tmole: Unit
Tohm: Unit
Tpascal: Unit
Tsecond: Unit
Tsiemens: Unit
Tvolt: Unit
Twatt: Unit
amp: Unit
cm: Unit
cm2: Unit
cm3: Unit
cmeter: Unit
cmetre: Unit
coulomb: Unit
farad: Unit
gram: Unit
gramme: Unit
hertz: Unit
joule: Unit
kHz: Unit
kamp: Unit
kcoulomb: Unit
kelvin: Unit
kfarad: Unit
kgram: Unit
kgramme: Unit
khertz: Unit
kilogram: Unit
kjoule: Unit
kliter: Unit
klitre: Unit
kmeter: Unit
kmetre: Unit
kmolar: Unit
kmole: Unit
kohm: Unit
kpascal: Unit
ksecond: Unit
ksiemens: Unit
kvolt: Unit
kwatt: Unit
liter: Unit
litre: Unit
mA: Unit
mM: Unit
mS: Unit
mV: Unit
mamp: Unit
mcoulomb: Unit
meter: Unit
metre: Unit
mfarad: Unit
mgram: Unit
mgramme: Unit
mhertz: Unit
mjoule: Unit
mliter: Unit
mlitre: Unit
mm: Unit
mm2: Unit
mm3: Unit
mmeter: Unit
mmetre: Unit
mmolar: Unit
mmole: Unit
mohm: Unit
molar: Unit
mole: Unit
mpascal: Unit
ms: Unit
msecond: Unit
msiemens: Unit
mvolt: Unit
mwatt: Unit
nA: Unit
nF: Unit
nM: Unit
nS: Unit
namp: Unit
ncoulomb: Unit
nfarad: Unit
ngram: Unit
ngramme: Unit
nhertz: Unit
njoule: Unit
nliter: Unit
nlitre: Unit
nmeter: Unit
nmetre: Unit
nmolar: Unit
nmole: Unit
nohm: Unit
npascal: Unit
nsecond: Unit
nsiemens: Unit
nvolt: Unit
nwatt: Unit
ohm: Unit
pA: Unit
pF: Unit
pamp: Unit
pascal: Unit
pcoulomb: Unit
pfarad: Unit
pgram: Unit
pgramme: Unit
phertz: Unit
pjoule: Unit
pliter: Unit
plitre: Unit
pmeter: Unit
pmetre: Unit
pmolar: Unit
pmole: Unit
pohm: Unit
ppascal: Unit
psecond: Unit
psiemens: Unit
pvolt: Unit
pwatt: Unit
second: Unit
siemens: Unit
uA: Unit
uF: Unit
uM: Unit
uS: Unit
uamp: Unit
ucoulomb: Unit
ufarad: Unit
ugram: Unit
ugramme: Unit
uhertz: Unit
ujoule: Unit
uliter: Unit
ulitre: Unit
um: Unit
um2: Unit
um3: Unit
umeter: Unit
umetre: Unit
umolar: Unit
umole: Unit
uohm: Unit
upascal: Unit
us: Unit
usecond: Unit
usiemens: Unit
uvolt: Unit
uwatt: Unit
volt: Unit
watt: Unit
