"""Adaptive exponential cells with aeif_psc_delta, which integrates by an adaptive method."""

import nest


def build(size):
    cells = nest.Create(
        "aeif_psc_delta",
        size,
        {
            "C_m": 281.0, "g_L": 30.0, "E_L": -70.6, "V_th": -50.4, "Delta_T": 2.0,
            "tau_w": 144.0, "a": 4.0, "b": 80.5, "V_reset": -70.6, "V_peak": -40.4,
            "I_e": 1000.0, "t_ref": 0.0, "V_m": nest.random.uniform(-70.6, -50.4),
        },
    )  # fmt: skip
    return {"cells": cells}
