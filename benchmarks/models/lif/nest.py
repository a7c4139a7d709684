"""The cells of cuba without synapses, with iaf_psc_exp."""

import nest


def build(size):
    cells = nest.Create(
        "iaf_psc_exp",
        size,
        {
            "C_m": 200.0, "tau_m": 20.0, "E_L": -49.0, "V_th": -50.0, "V_reset": -60.0,
            "t_ref": 5.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0,
            "V_m": nest.random.uniform(-60.0, -50.0),
        },
    )  # fmt: skip
    return {"cells": cells}
