"""The rows of the table: which models, how large, for how long, and what bounds them."""

from dataclasses import dataclass

DT = 1e-4  # s, of all models


@dataclass(frozen=True)
class Row:
    """A model of a size.

    name          of the row, as `run.py` takes it
    model         its folder in models/ and its program in c/
    size          cells, as the model counts them
    duration      s of biological time
    unit          what the time of a run is divided by: "cell and step", "step",
                  "synaptic event" or "script"
    state_bytes   read and written for a cell in each step, if nothing is kept in registers
    in_short      s, for Brian 2's runtime mode and NEST, which would take minutes for `duration`
    in_part       cells, for NEST, where it has not the memory for `size`; for models without
                  synapses, whose time is proportional to their number
    brian         whether Brian 2 can run it in memory and time
    tolerance     relative difference of the rates of two simulators that still counts as equal
    """

    name: str
    model: str
    size: int
    duration: float
    unit: str = "cell and step"
    state_bytes: int = 0
    in_short: float = 0.1
    in_part: int | None = None
    brian: bool = True
    tolerance: float = 0.05

    @property
    def n_steps(self) -> int:
        return round(self.duration / DT)


SMALLEST = "smallest"  # the row that times a script as a whole: smallest/with_*.py

ROWS = {
    row.name: row
    for row in (
        Row("cuba", "cuba", 4_000, 5.0, state_bytes=48, in_short=0.5, tolerance=0.1),
        Row("cuba-40000", "cuba", 40_000, 1.0, state_bytes=48, in_short=0.1, tolerance=0.1),
        Row("cobahh", "cobahh", 4_000, 1.0, state_bytes=96, in_short=0.2, tolerance=0.15),
        Row("cobahh-40000", "cobahh", 40_000, 0.2, state_bytes=96, in_short=0.05, tolerance=0.15),
        Row("stdp", "stdp", 1, 50.0, "step", in_short=2.0, tolerance=0.1),
        Row("stdp-100", "stdp", 100, 5.0, "step", in_short=1.0, tolerance=0.1),
        Row("brunel", "brunel", 12_500, 0.5, "synaptic event", 32, tolerance=0.1),
        Row("brunel-delays", "brunel_delays", 12_500, 0.5, "synaptic event", 32, tolerance=0.1),
        Row("lif", "lif", 1_000_000, 0.1, state_bytes=48, in_short=0.05, in_part=100_000),
        Row("adex", "adex", 1_000_000, 0.1, state_bytes=32, in_short=0.02, in_part=100_000),
        Row("fly", "fly", 139_000, 0.5, state_bytes=32, tolerance=0.15),
        Row(
            "microcircuit-tenth",
            "microcircuit",
            7_717,
            2.0,
            state_bytes=48,
            in_short=0.5,
            tolerance=0.15,
        ),
        Row(
            "microcircuit", "microcircuit", 77_169, 0.5, state_bytes=48, brian=False, tolerance=0.1
        ),
        Row("noise", "noise", 100_000, 0.2, state_bytes=16, in_short=0.2, in_part=20_000),
        Row(SMALLEST, SMALLEST, 1, 0.1, "script", brian=False),
    )
}
