"""The smallest script: one cell, its spikes in 100 ms."""

import nest

cell = nest.Create("iaf_psc_delta", params={"I_e": 750.0, "t_ref": 0.1})
spikes = nest.Create("spike_recorder")
nest.Connect(cell, spikes)
nest.Simulate(100.0)
print(spikes.n_events)
