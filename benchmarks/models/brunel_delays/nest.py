"""brunel_delays with iaf_psc_delta and, as its users do, Poisson input, not its diffusion limit."""

import nest


def delays():
    return 0.5 + 0.1 * nest.random.uniform_int(46)


def build(size):
    cells = nest.Create(
        "iaf_psc_delta",
        size,
        {
            "tau_m": 20.0, "E_L": 0.0, "V_th": 20.0, "V_reset": 10.0, "t_ref": 2.0,
            "V_m": nest.random.uniform(10.0, 20.0),
        },
    )  # fmt: skip
    n_exc = size * 4 // 5
    exc, inh = cells[:n_exc], cells[n_exc:]
    for sources, weight in ((exc, 0.1), (inh, -0.5)):
        rule = {"rule": "pairwise_bernoulli", "p": 0.1}
        nest.Connect(sources, cells, rule, {"weight": weight, "delay": delays()})
    drive = nest.Create("poisson_generator", params={"rate": 1000 * 20.0})
    nest.Connect(drive, cells, syn_spec={"weight": 0.1, "delay": 0.1})
    return {"exc": exc, "inh": inh}
