"""Models for people, and in the formats of other programs. Each needs the package of its format,
as an extra.

Markdown to_markdown, set_device('markdown', filename=...)
dict     set_device('exporter'), device.runs
NeuroML  to_neuroml, set_device('neuroml2', filename=...),
         morphology_from_neuroml                    (extra `neuroml`, to read)
NIR      from_nir, to_nir                                         (extra `nir`)
SONATA   from_sonata, read_sonata_nodes, read_sonata_edges,
         read_sonata_spikes, write_sonata_spikes                  (extra `sonata`)
"""

from rheobase.exchange.description_devices import ExportDevice, MarkdownDevice
from rheobase.exchange.markdown import MdExpander, to_markdown
from rheobase.exchange.neuroml_device import NeuroMLDevice
from rheobase.exchange.neuroml_export import to_neuroml
from rheobase.exchange.neuroml_morphology import NeuroMLMorphology, morphology_from_neuroml
from rheobase.exchange.nir_export import to_nir
from rheobase.exchange.nir_import import from_nir
from rheobase.exchange.sonata import from_sonata
from rheobase.exchange.sonata_files import (
    SonataEdges,
    SonataNodes,
    read_sonata_edges,
    read_sonata_nodes,
    read_sonata_spikes,
    write_sonata_spikes,
)

__all__ = [
    "ExportDevice",
    "MarkdownDevice",
    "MdExpander",
    "NeuroMLDevice",
    "NeuroMLMorphology",
    "SonataEdges",
    "SonataNodes",
    "from_nir",
    "from_sonata",
    "morphology_from_neuroml",
    "read_sonata_edges",
    "read_sonata_nodes",
    "read_sonata_spikes",
    "to_markdown",
    "to_neuroml",
    "to_nir",
    "write_sonata_spikes",
]
