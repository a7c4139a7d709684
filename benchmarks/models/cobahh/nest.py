"""cobahh with hh_cond_exp_traub, which integrates by an adaptive method. Its conductances cannot be
set, so input of 20 ms starts the activity; delays are 0.1 ms."""

import nest


def build(size):
    cells = nest.Create(
        "hh_cond_exp_traub",
        size,
        {"t_ref": 3.0, "V_T": -63.0, "V_m": nest.random.normal(-65.0, 5.0)},
    )
    n_exc = size * 4 // 5
    exc, inh = cells[:n_exc], cells[n_exc:]
    for sources, weight in ((exc, 6.0), (inh, -67.0)):
        rule = {"rule": "pairwise_bernoulli", "p": 80 / size}
        nest.Connect(sources, cells, rule, {"weight": weight, "delay": 0.1})
    start = nest.Create("poisson_generator", params={"rate": 2500.0, "stop": 20.0})
    nest.Connect(start, cells, syn_spec={"weight": 6.0, "delay": 0.1})
    return {"exc": exc, "inh": inh}
