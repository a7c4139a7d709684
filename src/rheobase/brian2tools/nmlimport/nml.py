"""NMLMorphology, as scripts for brian2tools use it."""

from __future__ import annotations

import os

from rheobase.exchange.neuroml_morphology import morphology_from_neuroml

__all__ = ["NMLMorphology"]


class NMLMorphology:
    """The shape of a cell in a NeuroML file.

    morphology_obj     the Morphology
    resolved_grp_ids   {segment group: ids of its segments}

    name_heuristic is accepted; sections are named by their kinds, see morphology_from_neuroml.
    Channels and other properties are not read.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from rheobase.brian2tools.nmlimport.nml import NMLMorphology
    >>> text = '''<neuroml xmlns="http://www.neuroml.org/schema/neuroml2" id="example"><cell id="c">
    ...   <morphology id="m"><segment id="0" name="soma">
    ...     <proximal x="0" y="0" z="0" diameter="20"/><distal x="0" y="0" z="0" diameter="20"/>
    ...   </segment><segmentGroup id="all"><member segment="0"/></segmentGroup>
    ...   </morphology></cell></neuroml>'''
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / 'cell.nml').write_text(text)
    ...     cell = NMLMorphology(f'{folder}/cell.nml')
    >>> cell.morphology_obj.n, cell.resolved_grp_ids
    (1, {'all': [0]})
    """

    def __init__(self, file_obj: str | os.PathLike[str], name_heuristic: bool = True) -> None:
        found = morphology_from_neuroml(file_obj)
        self.morphology_obj = found.morphology
        self.resolved_grp_ids = found.members
