"""Importing it makes the device 'neuroml2' known: `set_device('neuroml2', filename=...)`."""

from rheobase.exchange.neuroml_device import NeuroMLDevice

__all__ = ["NeuroMLDevice"]
