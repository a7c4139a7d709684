"""fly with iaf_psc_exp, whose input current goes on through spikes and refractory times."""

import nest

MV = 1.0  # pA that count as a millivolt: C_m / tau_m


def build(size):
    cells = nest.Create(
        "iaf_psc_exp",
        size,
        {
            "C_m": 20.0, "tau_m": 20.0, "E_L": -52.0, "V_m": -52.0, "V_th": -45.0,
            "V_reset": -52.0, "t_ref": 2.2, "tau_syn_ex": 5.0, "tau_syn_in": 5.0,
        },
    )  # fmt: skip
    driven, others = cells[:100], cells[100:]
    for first, sign in ((0, 1.0), (1, 1.0), (2, -1.0)):
        contacts = 5.0 * nest.random.lognormal(0.0, 1.0) + 0.5
        rule = {"rule": "pairwise_bernoulli", "p": 15e6 / 139_000**2}
        synapse = {"weight": sign * 0.275 * MV * contacts, "delay": 1.8}
        nest.Connect(cells[first::3], cells, rule, synapse)
    trains = nest.Create("poisson_generator", 100, {"rate": 150.0})
    nest.Connect(trains, driven, "one_to_one", {"weight": 3000.0, "delay": 0.1})
    return {"driven": driven, "others": others}
