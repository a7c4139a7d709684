"""Importing it makes the device 'markdown' known: `set_device('markdown', filename=...)`."""

from rheobase.exchange.description_devices import MarkdownDevice
from rheobase.exchange.markdown import MdExpander

__all__ = ["MarkdownDevice", "MdExpander"]
