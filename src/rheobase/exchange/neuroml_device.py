"""The device 'neuroml2': scripts that write a NeuroML file where they would run.

import rheobase.exchange
set_device('neuroml2', filename='LEMS_model.xml')
...
run(1*second)                     writes the file, and simulates nothing
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from rheobase.devices import Asked, Device, Simulated, all_devices
from rheobase.errors import ModelValueError, UnsupportedError
from rheobase.exchange.neuroml_export import to_neuroml
from rheobase.network import Network
from rheobase.units import second

__all__ = ["NeuroMLDevice"]


class NeuroMLDevice(Device):
    """Writes what run() would simulate; see to_neuroml. A script has one run.

    filename   of the file, an argument of set_device

    >>> import tempfile
    >>> from pathlib import Path
    >>> from rheobase import NeuronGroup, ms, reset_device, run, set_device
    >>> import rheobase.exchange
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     set_device('neuroml2', filename=f'{folder}/model.nml')
    ...     cells = NeuronGroup(1, 'dv/dt = -v/(10*ms) : 1', name='cells')
    ...     run(1*ms)
    ...     print('cells' in Path(f'{folder}/model.nml').read_text())
    ...     reset_device()
    True
    """

    def __init__(self) -> None:
        super().__init__()
        self.filename: str | os.PathLike[str] | None = None
        self._written = False

    def activate(
        self, build_on_run: bool = True, filename: Any = None, **build_options: Any
    ) -> None:
        """Called by set_device, with the name of the file."""
        super().activate(build_on_run, **build_options)
        if filename is None:
            raise ModelValueError(
                "set_device('neuroml2') writes a file: give filename='LEMS_model.xml'"
            )
        self.filename = filename
        self._written = False

    def reinit(self) -> None:
        """Forget what was recorded."""
        super().reinit()
        self._written = False

    def submit(self, network: Simulated, action: Callable[[], None], asked: Asked) -> None:
        """A network is to run: write its file."""
        if self._written:
            raise UnsupportedError(
                f"'{self.filename}' is written already: a NeuroML file holds one run. "
                "Call set_device('neuroml2', filename=...) again for another."
            )
        assert isinstance(network, Network)
        assert self.filename is not None
        to_neuroml(network, self.filename, asked.length * second, namespace=asked.namespace)
        self._written = True


all_devices.setdefault("neuroml2", NeuroMLDevice())
