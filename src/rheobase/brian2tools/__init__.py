"""The names of brian2tools that exist here, so that its scripts run unedited.

brian2tools.plotting         the plots; all of them are here, too
brian2tools.mdexport         set_device('markdown', filename=...); see rheobase.exchange
brian2tools.baseexport       set_device('exporter'), then device.runs
brian2tools.nmlexport        set_device('neuroml2', filename=...); see rheobase.exchange
brian2tools.nmlimport.nml    NMLMorphology: shapes and segment groups of NeuroML files
"""

from rheobase.brian2tools.mdexport import MdExpander
from rheobase.brian2tools.plotting import (
    add_background_pattern,
    brian_plot,
    plot_dendrogram,
    plot_morphology,
    plot_raster,
    plot_rate,
    plot_state,
    plot_synapses,
)

__all__ = [
    "MdExpander",
    "add_background_pattern",
    "brian_plot",
    "plot_dendrogram",
    "plot_morphology",
    "plot_raster",
    "plot_rate",
    "plot_state",
    "plot_synapses",
]
