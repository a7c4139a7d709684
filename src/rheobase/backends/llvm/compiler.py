"""LLVM's text to machine code, one module at a time; several compilers may work side by side.

LLVM compiles in parallel where each thread has a context and a target machine of its own. llvmlite
holds one lock during every call all the same, and with it the passes and the emission of code,
nine tenths of the time, would go one after the other. Those two calls are made here without it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any, cast

from rheobase.backends.llvm.processors import Processor, target

__all__ = ["Compiler", "finds_by_distance"]

_BY_DISTANCE = {"codemodel": "small", "reloc": "pic"}


class Compiler:
    """For one thread at a time.

    machine   LLVM's target machine
    """

    def __init__(self, binding: Any, processor: Processor) -> None:
        self._binding = binding
        self.machine: Any = target(binding).create_target_machine(
            processor.cpu,
            processor.flags,
            opt=2,
            jit=True,
            **(_BY_DISTANCE if finds_by_distance(processor) else {}),
        )
        self._context: Any = binding.context.create_context()
        self._run = _without_lock(binding, "LLVMPY_RunNewModulePassManager")
        self._emit = _without_lock(binding, "LLVMPY_TargetMachineEmitToMemory")
        self._head = (
            f'target datalayout = "{self.machine.target_data}"\n'
            f'target triple = "{self.machine.triple}"\n'
        )

    def object_code(self, text: str) -> bytes:
        """A module as a relocatable object file."""
        ffi = self._binding.ffi
        module = self._optimized(text)
        with ffi.OutputString() as error:
            buffer = self._emit(self.machine, module, 1, error)
            if not buffer:
                raise RuntimeError(f"LLVM emits no code: {error}")
        try:
            start, size = ffi.lib.LLVMPY_GetBufferStart, ffi.lib.LLVMPY_GetBufferSize
            return ctypes.string_at(start(buffer), size(buffer))
        finally:
            ffi.lib.LLVMPY_DisposeMemoryBuffer(buffer)

    def assembly(self, text: str) -> str:
        """What the processor runs, for people."""
        return cast(str, self.machine.emit_assembly(self._optimized(text)))

    def _optimized(self, text: str) -> Any:
        """The module that the text says, after passes. RHEOBASE_VERIFY_LLVM=1 checks it first."""
        binding = self._binding
        module = binding.parse_assembly(self._head + text, self._context)
        if os.environ.get("RHEOBASE_VERIFY_LLVM"):
            module.verify()
        options = binding.create_pipeline_tuning_options(speed_level=1)
        builder = binding.create_pass_builder(self.machine, options)
        # the text is close to what the processor runs: these few passes take a fifth of the time
        # of LLVM's pipeline, and the code is as fast
        passes = binding.create_new_module_pass_manager()
        passes.add_always_inliner_pass()
        passes.add_sroa_pass()
        passes.add_instruction_combine_pass()
        passes.add_simplify_cfg_pass()
        self._run(passes, module, builder)
        return module


def finds_by_distance(processor: Processor) -> bool:
    """Whether code finds its constants by their distance, below 2 GB: a constant takes part of an
    instruction instead of two, and LLVM loads it again rather than keeping it on the stack. The
    memory of an object file must be one piece then (llvmlite's own memory manager)."""
    return processor.target == "x86-64" and sys.platform == "linux"


def _without_lock(binding: Any, name: str) -> Any:
    """A function of llvmlite's library, to be called without llvmlite's lock."""
    locked = getattr(binding.ffi.lib, name)
    function = getattr(ctypes.CDLL(binding.ffi.lib._name), name)
    function.argtypes, function.restype = locked.argtypes, locked.restype
    return function
