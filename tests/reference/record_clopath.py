"""The weights of examples/clopath.py in NEST: the same rule, neuron, parameters and pairs.

    python tests/reference/record_clopath.py        (in an environment that has NEST)

One burst of pairs for each rate and order, from rest, as in the example; the change is multiplied
to that of 75 pairs. What comes long after the last pair reads the weight and changes it no more.
"""

import nest
import numpy as np

RATES = (0.1, 10, 20, 30, 40, 50)  # Hz
W_0, RESOLUTION = 0.5, 0.1  # mV, ms
NEURON = {
    "C_m": 281.0, "g_L": 30.0, "E_L": -70.6, "Delta_T": 2.0, "tau_w": 144.0, "a": 4.0, "b": 80.5,
    "I_sp": 400.0, "tau_z": 40.0, "V_th_rest": -50.4, "V_th_max": 30.4, "tau_V_th": 50.0,
    "V_peak": 20.0, "V_reset": -49.6, "V_clamp": 33.0, "t_clamp": 2.0, "t_ref": 0.0,
    "tau_u_bar_minus": 10.0, "tau_u_bar_plus": 7.0, "delay_u_bars": 4.0,
    "theta_minus": -70.6, "theta_plus": -45.3, "A_LTD": 14e-5, "A_LTP": 8e-5,
    "A_LTD_const": True, "V_m": -70.6, "w": 0.0, "u_bar_plus": -70.6, "u_bar_minus": -70.6,
}  # fmt: skip
SYNAPSE = {"synapse_model": "clopath_synapse", "weight": W_0, "tau_x": 15.0, "Wmax": 1e3, "Wmin": 0}


def weight(rate, lag):
    """In % of that before, after 75 pairs."""
    nest.ResetKernel()
    nest.resolution = RESOLUTION
    n_pairs = 1 if rate < 1 else 5
    times = 50 + np.arange(n_pairs) * 1000 / rate
    before, pulses = (np.round(times + max(x, 0), 1) for x in (-lag, lag))
    neuron = nest.Create("aeif_psc_delta_clopath", params=NEURON)
    source, relay, pulse = (
        nest.Create(
            "spike_generator", params={"spike_times": np.append(before, before[-1] + 3000)}
        ),
        nest.Create("parrot_neuron"),
        nest.Create("spike_generator", params={"spike_times": pulses}),
    )
    nest.Connect(source, relay, syn_spec={"delay": RESOLUTION})
    nest.Connect(pulse, neuron, syn_spec={"weight": 80.0, "delay": RESOLUTION})
    nest.Connect(relay, neuron, syn_spec={**SYNAPSE, "delay": RESOLUTION})
    nest.Simulate(float(np.ceil(before[-1] + 3500)))
    change = nest.GetConnections(relay, neuron).weight - W_0
    return 100 * (1 + change / W_0 * 75 / n_pairs)


if __name__ == "__main__":
    nest.set_verbosity("M_ERROR")
    for lag in (10, -10):
        print(f"{lag:+d} ms", [round(float(weight(rate, lag)), 1) for rate in RATES])
