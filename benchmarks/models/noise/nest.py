"""The cells of brunel, each with a normally distributed current that is new in every step."""

import nest

C_m, tau_m, dt = 250.0, 20.0, 0.1  # pF, ms, ms
mu, sigma = 15.0, 5.0  # mV


def build(size):
    cells = nest.Create(
        "iaf_psc_delta",
        size,
        {
            "C_m": C_m, "tau_m": tau_m, "E_L": 0.0, "V_th": 20.0, "V_reset": 10.0, "t_ref": 2.0,
            "I_e": mu * C_m / tau_m, "V_m": nest.random.uniform(10.0, 20.0),
        },
    )  # fmt: skip
    std = sigma * (dt / tau_m) ** 0.5 * C_m / dt
    noise = nest.Create("noise_generator", params={"mean": 0.0, "std": std, "dt": dt})
    nest.Connect(noise, cells)
    return {"cells": cells}
