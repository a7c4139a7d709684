"""The processors of this machine: how many there are, and what to compile for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, cast

from rheobase.records import record

__all__ = ["Processor", "n_processors", "processor", "target"]


def n_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@record
class Processor:
    """What to compile for, as LLVM names it.

    target     'x86-64', 'aarch64', ...
    features   {name: whether it is there}
    """

    target: str
    cpu: str
    features: Mapping[str, bool]

    @property
    def flags(self) -> str:
        """The features as LLVM reads them."""
        return ",".join(f"{'+' if on else '-'}{name}" for name, on in sorted(self.features.items()))


def processor(binding: Any, cpu: str = "", features: Mapping[str, bool] | None = None) -> Processor:
    """This processor, or one that is described; binding: llvmlite's."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    if features is None:
        features = cast("Mapping[str, bool]", binding.get_host_cpu_features())
    name = str(target(binding).name)
    return Processor(name, cpu or str(binding.get_host_cpu_name()), features)


def target(binding: Any) -> Any:
    """LLVM's target of this process."""
    return binding.Target.from_triple(binding.get_process_triple())
