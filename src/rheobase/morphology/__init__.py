"""The shape of neurons: trees of sections that are divided into compartments."""

from rheobase.morphology.parts import SubMorphology
from rheobase.morphology.sections import Cylinder, Morphology, Section, Soma

__all__ = ["Cylinder", "Morphology", "Section", "Soma", "SubMorphology"]
