from rheobase import NeuronGroup, ms, run, volt

tau = 10 * ms
El = -70e-3 * volt

cells = NeuronGroup(
    10,
    """dv/dt = (I - v)/tau : volt
       I : amp""",
    threshold="v > El",
    reset="v = El",
    method="euler",
    name="cells",
)
run(1 * ms)
