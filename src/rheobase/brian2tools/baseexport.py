"""Importing it makes the device 'exporter' known: `set_device('exporter')`, `device.runs`."""

from rheobase.exchange.description_devices import ExportDevice

__all__ = ["ExportDevice"]
