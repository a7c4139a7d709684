"""stdp with iaf_cond_exp and stdp_synapse; conductances in units of a leak of 10 nS, delays 0.1 ms.
Only cells have plastic inputs in NEST, so each Poisson train goes through a parrot."""

import nest

g_L = 10.0


def build(size):
    cells = nest.Create(
        "iaf_cond_exp",
        size,
        {
            "C_m": 20.0 * g_L, "g_L": g_L, "E_L": -70.0, "E_ex": 0.0, "E_in": -70.0,
            "V_th": -54.0, "V_reset": -60.0, "V_m": -70.0, "t_ref": 0.0,
            "tau_syn_ex": 5.0, "tau_syn_in": 5.0, "tau_minus": 20.0,
        },
    )  # fmt: skip
    inputs = {}
    for name, n, rate in (("exc", 1000, 15.0), ("inh", 200, 10.0)):
        inputs[name] = nest.Create("parrot_neuron", n)
        trains = nest.Create("poisson_generator", n, {"rate": rate})
        nest.Connect(trains, inputs[name], "one_to_one", {"delay": 0.1})
    plastic = {
        "synapse_model": "stdp_synapse", "Wmax": 0.015 * g_L, "mu_plus": 0.0, "mu_minus": 0.0,
        "lambda": 0.005, "alpha": 1.05, "tau_plus": 20.0, "delay": 0.1,
        "weight": nest.random.uniform(0.0, 0.015 * g_L),
    }  # fmt: skip
    nest.Connect(inputs["exc"], cells, "all_to_all", plastic)
    nest.Connect(inputs["inh"], cells, "all_to_all", {"weight": -0.05 * g_L, "delay": 0.1})
    return {"cells": cells}
