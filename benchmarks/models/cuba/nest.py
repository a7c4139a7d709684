"""cuba with iaf_psc_exp; the shortest delay that NEST has, 0.1 ms, in the place of none."""

import nest

C_m, tau_m = 200.0, 20.0  # pF, ms
we, wi = 1.62 * C_m / tau_m, -9.0 * C_m / tau_m  # mV as pA


def build(size):
    cells = nest.Create(
        "iaf_psc_exp",
        size,
        {
            "C_m": C_m, "tau_m": tau_m, "E_L": -49.0, "V_th": -50.0, "V_reset": -60.0,
            "t_ref": 5.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0,
            "V_m": nest.random.uniform(-60.0, -50.0),
        },
    )  # fmt: skip
    n_exc = size * 4 // 5
    exc, inh = cells[:n_exc], cells[n_exc:]
    for sources, weight in ((exc, we), (inh, wi)):
        rule = {"rule": "pairwise_bernoulli", "p": 80 / size}
        nest.Connect(sources, cells, rule, {"weight": weight, "delay": 0.1})
    return {"exc": exc, "inh": inh}
