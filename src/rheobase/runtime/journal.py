"""What a script does to a model before it runs, told to one who listens.

A device that describes models listens, to say in which order variables were set and synapses made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rheobase.records import record

__all__ = ["Assigned", "Connected", "listen", "tell"]


@record
class Assigned:
    """A variable was set: view[index] = value.

    level   how many frames beyond the calling script names are looked up
    """

    view: Any
    index: Any
    value: Any
    level: int


@record
class Connected:
    """Synapses were made; call: what connect() was given."""

    synapses: Any
    call: Any


Listener = Callable[[Assigned | Connected], None]
_listener: Listener | None = None


def listen(listener: Listener | None) -> None:
    """From now on, this one is told; None: nobody."""
    global _listener
    _listener = listener


def tell(deed: Assigned | Connected) -> None:
    """Called when it is done, while the script that did it is still in the frames below."""
    if _listener is not None:
        _listener(deed)
