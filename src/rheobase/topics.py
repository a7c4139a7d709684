"""What the package says while it works: each message has a public name, and they stand here.

A script knows a message by its name, and silences it so:

    BrianLogger.suppress_name('resolution_conflict')            this message
    BrianLogger.suppress_hierarchy('rheobase.input')            those of a place
    logging.getLogger('rheobase.input').setLevel('ERROR')       the same, with Python's own means

Names and places are those by which scripts written for Brian 2 know them, where it says the same;
they stay, whichever file says a message. Where `rheobase.brian2` is imported, the places are below
'brian2' instead of 'rheobase'.
"""

from __future__ import annotations

import logging
from typing import Final

__all__ = ["BRIAN", "ROOT", "TOPICS", "below_root", "call_root", "filter_all", "logger_of", "topic"]

ROOT: Final = "rheobase"
BRIAN: Final = "brian2"
_root = ROOT
_filters: list[logging.Filter] = []

# name: place below the root, level, what it says
TOPICS: Final[dict[str, tuple[str, str, str]]] = {
    "magic_objects": ("core.magic", "DEBUG", "which objects run() simulates"),
    "nothing_to_run": ("core.magic", "WARNING", "run() sees no object"),
    "dependency_warning": ("core.magic", "WARNING", "an object needs one that run() does not see"),
    "unseen_object": (
        "core.magic",
        "WARNING",
        "an object of the run has no name that run() sees",
    ),
    "replaced_clock": ("core.magic", "WARNING", "defaultclock is a time instead of a clock"),
    "unused_brian_object": ("core.base", "WARNING", "an object is gone, and was never simulated"),
    "many_timesteps": ("core.clocks", "WARNING", "so many steps that t hardly changes"),
    "schedule_conflict": ("core.network", "WARNING", "a device has a schedule of its own"),
    "report_in_cpp": ("devices", "WARNING", "a report is code in C++"),
    "fractional_steps": ("core.network", "WARNING", "a run is no whole number of steps"),
    "interrupted": ("core.network", "WARNING", "Ctrl-C was pressed"),
    "python_function": ("core.functions", "WARNING", "a function is called in Python in each step"),
    "other_implementations": ("core.functions", "INFO", "code for other targets is not needed"),
    "ambiguous_string_expression": (
        "core.variables",
        "WARNING",
        "a name in G.v[subgroup] = '...' could mean two things",
    ),
    "hidden_variable": ("groups.group", "WARNING", "a variable has the name of an attribute"),
    "resolution_conflict": (
        "groups.group.Group.resolve",
        "WARNING",
        "a name means different things in different places",
    ),
    "invalid_values": ("groups.group", "WARNING", "a variable has run away"),
    "only_threshold": ("groups.neurongroup", "WARNING", "a threshold without reset, refractory"),
    "no_refractory": (
        "groups.neurongroup",
        "WARNING",
        "(unless refractory), but nothing makes it so",
    ),
    "unread_temporary": ("groups.group", "WARNING", "code sets a name that nothing reads"),
    "unknown_dtype": ("groups.neurongroup", "WARNING", "dtype for what is no variable"),
    "ignored_spikes": ("input.spikegeneratorgroup", "WARNING", "spikes before the present time"),
    "unaligned_steps": ("input.timedarray", "WARNING", "the steps of a TimedArray do not fit dt"),
    "window_width": ("monitors.ratemonitor", "INFO", "the width that smooth_rate takes"),
    "soma_compartments": ("spatialneuron.morphology", "WARNING", "more somata than one"),
    "neuroml_attachment": (
        "exchange.neuroml",
        "WARNING",
        "a segment is attached to the beginning of the root",
    ),
    "method_choice": ("stateupdaters.base", "INFO", "the method of integration"),
    "stiff": ("stateupdaters.base", "WARNING", "an equation is stiff, its method is not for that"),
    "late_spikes": ("stateupdaters.base", "WARNING", "a neuron would spike twice within a step"),
    "deprecated_independent": ("stateupdaters.exact", "WARNING", "a method that 'exact' replaces"),
    "clock_driven": ("synapses.synapses", "INFO", "equations that cost a step for every synapse"),
    "synapses_dt_mismatch": ("synapses.synapses", "WARNING", "two clocks; which one delays count"),
    "deprecated_pre": ("synapses.synapses", "WARNING", "pre= is called on_pre= now"),
    "deprecated_post": ("synapses.synapses", "WARNING", "post= is called on_post= now"),
}


def topic(name: str) -> logging.Logger:
    """The logger of a message: it says nothing else.

    >>> topic("many_timesteps").name in ("rheobase.core.clocks.many_timesteps",
    ...                                  "brian2.core.clocks.many_timesteps")
    True
    """
    return logger_of(f"{_root}.{TOPICS[name][0]}.{name}")


def logger_of(name: str) -> logging.Logger:
    """A logger of the package, which leaves out what the script has suppressed."""
    logger = logging.getLogger(name)
    for chosen in _filters:
        logger.addFilter(chosen)
    return logger


def filter_all(chosen: logging.Filter) -> None:
    """From now on, messages pass this filter, wherever they go then."""
    _filters.append(chosen)


def call_root(name: str) -> None:
    """From now on, messages are below ROOT, or below BRIAN; they are shown as before."""
    global _root
    _root = name
    if name != ROOT:
        logging.getLogger(name).parent = logging.getLogger(ROOT)


def below_root(name: str) -> str:
    """The name of a logger without its root, so that 'brian2.core' and 'rheobase.core' agree."""
    first, _, rest = name.partition(".")
    return rest if first in (ROOT, BRIAN) else name
