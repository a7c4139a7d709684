"""The devices 'exporter' and 'markdown': scripts that describe their model where they would run.

set_device('exporter')                        run(...); device.runs: a dict for each run
set_device('markdown', filename='model.md')   run(...); device.md_text, and the file

Nothing is simulated.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from pprint import pprint
from typing import Any

from rheobase.devices import Asked, Device, Simulated, all_devices
from rheobase.exchange.components import Entry, deed_entry, run_entry
from rheobase.exchange.markdown import MdExpander
from rheobase.model.callers import caller_frame
from rheobase.model.spatial.spatialneuron import SpatialNeuron
from rheobase.network import Network
from rheobase.runtime.journal import Assigned, Connected, listen

__all__ = ["ExportDevice", "MarkdownDevice"]


class ExportDevice(Device):
    """Collects what run() would simulate, as dicts.

    runs   one for each run: `duration`; `components`, lists of objects by kind ('neurongroup',
           'synapses', 'spikemonitor', ...); `initializers_connectors`, what the script set and
           connected before the run, in order; `inactive`, names of objects. The last two are
           left out if there is nothing in them.

    >>> from rheobase import NeuronGroup, device, ms, reset_device, run, set_device
    >>> import rheobase.exchange
    >>> set_device('exporter')
    >>> tau = 10*ms
    >>> cells = NeuronGroup(3, 'dv/dt = -v/tau : 1', method='exact', name='cells')
    >>> cells.v = 'rand()'
    >>> run(1*ms)
    >>> device.runs[0]['components']['neurongroup'][0]['identifiers']
    {'tau': 10. * msecond}
    >>> device.runs[0]['initializers_connectors'][0]['value']
    'rand()'
    >>> reset_device()
    """

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[Entry] = []
        self._deeds: list[Entry] = []

    def activate(self, build_on_run: bool = True, **build_options: Any) -> None:
        """Called by set_device: from here on, what the script does is written down."""
        super().activate(build_on_run, **build_options)
        self.reinit()
        listen(self._note)

    def reinit(self) -> None:
        """Forget what was collected."""
        super().reinit()
        self.runs, self._deeds = [], []

    def _note(self, deed: Assigned | Connected) -> None:
        if not (isinstance(deed, Assigned) and _is_of_shape(deed.view)):
            self._deeds.append(deed_entry(deed))

    def submit(self, network: Simulated, action: Callable[[], None], asked: Asked) -> None:
        """A network is to run: describe it."""
        assert isinstance(network, Network)
        run = run_entry(network.known_objects, asked.length, asked.namespace, self._deeds)
        self.runs.append(run)
        self._deeds = []
        for x in network.known_objects:
            x._unused = False
        if self.build_on_run:
            self.build(direct_call=False, **self.build_options)

    def build(self, debug: bool = False, direct_call: bool = True, **options: Any) -> None:
        """debug: print the runs."""
        if debug:
            pprint(self.runs)


class MarkdownDevice(ExportDevice):
    """Writes what run() would simulate as Markdown text.

    md_text   the text

    set_device('markdown', ...) or device.build(...) take

    filename   of a file to write, '.md' is added if it is not there; '': that of the script
    expander   an MdExpander; it decides what is written
    debug      True: print the text

    >>> from rheobase import NeuronGroup, device, ms, reset_device, run, set_device
    >>> import rheobase.exchange
    >>> set_device('markdown')
    >>> cells = NeuronGroup(3, 'dv/dt = -v/(10*ms) : 1', name='cells')
    >>> run(1*ms)
    >>> print(device.md_text.splitlines()[4])
    **cells**: 3 neurons
    >>> reset_device()
    """

    def __init__(self) -> None:
        super().__init__()
        self.md_text = ""

    def build(
        self,
        debug: bool = False,
        direct_call: bool = True,
        expander: MdExpander | None = None,
        filename: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> None:
        """Write the runs so far; the arguments are those of set_device, see the class."""
        given = self.build_options
        chosen: MdExpander = expander or given.get("expander") or MdExpander()
        filename = given.get("filename") if filename is None else filename
        self.md_text = chosen.create_md_string(self.runs)
        if debug or given.get("debug"):
            print(self.md_text)
        if filename is not None:
            _file(filename).write_text(self.md_text, encoding="utf-8")


def _is_of_shape(view: Any) -> bool:
    """Whether a variable is set by the shape of a neuron, and not by the script."""
    neuron = view.group
    if not isinstance(neuron, SpatialNeuron):
        return False
    return view.name not in {*neuron.user_equations, "v", "Cm", "Ri"}


def _file(name: str | os.PathLike[str]) -> Path:
    frame = caller_frame()
    if not os.fspath(name) and frame is not None:
        return Path(Path(frame.f_code.co_filename).stem + ".md")
    path = Path(name)
    return path if path.suffix == ".md" else path.with_name(path.name + ".md")


all_devices.setdefault("exporter", ExportDevice())
all_devices.setdefault("markdown", MarkdownDevice())
