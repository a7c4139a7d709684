"""The names of brian2tools that exist here, so that its scripts run unedited.

brian2tools.nmlexport        set_device('neuroml2', filename=...); see rheobase.exchange
brian2tools.nmlimport.nml    NMLMorphology: shapes and segment groups of NeuroML files
"""
