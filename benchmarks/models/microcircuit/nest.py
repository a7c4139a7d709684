"""The microcircuit with iaf_psc_exp; the numbers are those of rheobase.py, beside this file.

Each target population has a synapse model of its own: one holds 134,217,726 connections at most.
"""

import nest
import numpy as np

SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
NAMES = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
K_EXT = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
P = np.array([
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0000, 0.0076, 0.0000],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0000, 0.0042, 0.0000],
    [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0000],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0000, 0.1057, 0.0000],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0000],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0000],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
])  # fmt: skip
RATES = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
V0 = np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43])
V0_SD = np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48])
J, g, rate_ext = 87.81, 4, 8.0


def build(size):
    scale = size / SIZES.sum()
    sizes = np.maximum((SIZES * scale).round().astype(int), 1)
    pairs = np.outer(SIZES, SIZES).astype(float)
    numbers = np.log1p(-P) / np.log1p(-1 / pairs)
    w = np.where(np.arange(8) % 2 == 0, J, -g * J) * np.ones((8, 1))
    w[0, 2] *= 2
    mean_input = (w * numbers / SIZES[:, None] * RATES).sum(1) + J * K_EXT * rate_ext
    populations = {}
    for k, name in enumerate(NAMES):
        cells = populations[name] = nest.Create(
            "iaf_psc_exp",
            int(sizes[k]),
            {
                "C_m": 250.0, "tau_m": 10.0, "E_L": -65.0, "V_th": -50.0, "V_reset": -65.0,
                "t_ref": 2.0, "tau_syn_ex": 0.5, "tau_syn_in": 0.5,
                "I_e": (1 - scale**0.5) * 0.5e-3 * mean_input[k],
                "V_m": nest.random.normal(V0[k], V0_SD[k]),
            },
        )  # fmt: skip
        drive = nest.Create("poisson_generator", params={"rate": K_EXT[k] * scale * rate_ext})
        nest.Connect(drive, cells, syn_spec={"weight": J / scale**0.5, "delay": 1.5})
    parts = list(populations.values())
    for name in NAMES:
        nest.CopyModel("static_synapse", f"to_{name}")
    for s, source in enumerate(parts):
        delay = 1.5 if s % 2 == 0 else 0.75
        for t, target in enumerate(parts):
            n = round(numbers[t, s] * scale**2)
            if n == 0:
                continue
            mean = w[t, s] / scale**0.5
            low, high = (0.0, float("inf")) if mean > 0 else (float("-inf"), 0.0)
            synapse = {
                "synapse_model": f"to_{NAMES[t]}",
                "weight": nest.math.redraw(nest.random.normal(mean, abs(0.1 * mean)), low, high),
                "delay": nest.math.redraw(nest.random.normal(delay, delay / 2), 0.05, 100.0),
            }
            nest.Connect(source, target, {"rule": "fixed_total_number", "N": n}, synapse)
    return populations
