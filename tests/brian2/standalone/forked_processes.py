"""A parameter scan in forked processes, which get the recorded simulation as an argument."""

from multiprocessing import get_all_start_methods, get_context
from multiprocessing.pool import MaybeEncodingError

import pytest
from brian2 import *
from brian2.devices import device_module

set_device("cpp_standalone", build_on_run=False)


class Simulation:
    def __init__(self):
        cell = NeuronGroup(
            1,
            """dv/dt = (2 - v)/tau : 1
               tau : second (constant)""",
            threshold="v > 1",
            reset="v = 0",
            method="exact",
            name="cell",
        )
        self.net = Network(cell, SpikeMonitor(cell, name="spikes"))
        self.net.run(100 * ms)
        self.device = get_device()
        self.device.build(run=False, directory=None)

    def rate(self, tau):
        device_module.active_device = self.device
        self.device.run(run_args={self.net["cell"].tau: tau}, results_directory=f"tau_{tau}")
        return self.net["spikes"].num_spikes / (100 * ms)

    def network(self, tau):
        return self.net


if __name__ == "__main__" and "fork" in get_all_start_methods():
    simulation = Simulation()
    taus = [2, 5, 10] * ms
    with get_context("fork").Pool(2) as pool:
        rates = pool.map(simulation.rate, taus)
        with pytest.raises(MaybeEncodingError, match="return arrays of it"):
            pool.map(simulation.network, taus)
    # v reaches 1 after tau*ln 2, rounded up to whole steps
    periods = np.ceil(taus * log(2) / (0.1 * ms)) * 0.1 * ms
    assert list(rates * (100 * ms)) == list(np.floor(100 * ms / periods))
