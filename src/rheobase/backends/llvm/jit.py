"""Compilation inside this process: LLVM text to machine code, kept in memory and on disk.

llvmlite is imported here, and only when a kernel is first compiled or loaded.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import threading
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any, cast

from rheobase.backends.llvm import worker
from rheobase.backends.llvm.cache import DiskCache, cache_folder, source_digest
from rheobase.backends.llvm.driver import SYMBOL, write_driver
from rheobase.backends.llvm.kernels import write_kernel
from rheobase.backends.llvm.text import Host
from rheobase.ir.kernels import Kernel
from rheobase.ir.printer import print_kernel
from rheobase.ir.verify import verify

__all__ = ["Jit", "jit"]


class Jit:
    """Machine code by key. There is one for the process: code, once made, stays.

    cpu, features   what to compile for, as LLVM names it; "" and None: this processor
    n_compiled      kernels that LLVM has compiled (the others came from memory or disk)
    """

    def __init__(self, cpu: str = "", features: Mapping[str, bool] | None = None) -> None:
        binding: Any = importlib.import_module("llvmlite.binding")  # it has no types
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        self._binding = binding
        cpu = cpu or str(binding.get_host_cpu_name())
        if features is None:
            features = cast("Mapping[str, bool]", binding.get_host_cpu_features())
        flags = ",".join(f"{'+' if on else '-'}{name}" for name, on in sorted(features.items()))
        target = binding.Target.from_triple(binding.get_process_triple())
        self._machine: Any = target.create_target_machine(cpu, flags, opt=2, jit=True)
        self._data_layout = str(self._machine.target_data)
        empty = binding.parse_assembly("")
        self._engine: Any = binding.create_mcjit_compiler(empty, self._machine)
        self._addresses: dict[str, int] = {}
        self._lock = threading.Lock()
        self.host = _host(features, str(target.name))
        versions = (version("rheobase"), version("llvmlite"), str(binding.llvm_version_info))
        self._base = "\n".join((*versions, source_digest(), cpu, flags))
        self.n_compiled = 0

    # ------------------------------------------------------------ functions by address
    def kernel(self, kernel: Kernel, contract: bool) -> int:
        """The address of the kernel's function."""
        key = self._key(f"contract={contract}\n{print_kernel(kernel)}")
        symbol = f"kernel_{key}"

        def write() -> str:
            verify(kernel)
            return write_kernel(kernel, self.host, symbol, contract)

        return self._address(key, symbol, write)

    def driver(self) -> int:
        """The address of the driver."""
        return self._address(self._key("driver"), SYMBOL, lambda: write_driver(self.host))

    def worker(self) -> int:
        """The address of what lanes other than 0 run."""
        return self._address(
            self._key("worker"), worker.SYMBOL, lambda: worker.write_worker(self.host)
        )

    def _key(self, text: str) -> str:
        return hashlib.sha256(f"{self._base}\n{text}".encode()).hexdigest()

    def _address(self, key: str, symbol: str, write: Callable[[], str]) -> int:
        """The address of a function: from memory, from disk, or compiled from what `write` says."""
        with self._lock:
            if key not in self._addresses:
                disk = DiskCache(cache_folder())
                code = disk.load(key)
                if code is None:
                    code = self.compile(write())
                    disk.store(key, code)
                self._engine.add_object_file(self._binding.ObjectFileRef.from_data(code))
                self._engine.finalize_object()
                self._addresses[key] = self._engine.get_function_address(symbol)
            return self._addresses[key]

    # ------------------------------------------------------------ LLVM
    def compile(self, text: str) -> bytes:
        """Object code of a module. RHEOBASE_VERIFY_LLVM=1 checks the module first."""
        module = self.optimized(text)
        self.n_compiled += 1
        return cast(bytes, self._machine.emit_object(module))

    def optimized(self, text: str) -> Any:
        """The module that the text says, after LLVM's passes."""
        layout = (
            f'target datalayout = "{self._data_layout}"\ntarget triple = "{self._machine.triple}"\n'
        )
        module = self._binding.parse_assembly(layout + text)
        if os.environ.get("RHEOBASE_VERIFY_LLVM"):
            module.verify()
        options = self._binding.create_pipeline_tuning_options(speed_level=1)
        builder = self._binding.create_pass_builder(self._machine, options)
        # the text is close to what the processor runs: these few passes take a fifth of the time
        # of LLVM's pipeline, and the code is as fast
        passes = self._binding.create_new_module_pass_manager()
        passes.add_always_inliner_pass()
        passes.add_sroa_pass()
        passes.add_instruction_combine_pass()
        passes.add_simplify_cfg_pass()
        passes.run(module, builder)
        return module

    def assembly(self, kernel: Kernel) -> str:
        """What the processor runs, for people."""
        module = self.optimized(write_kernel(kernel, self.host, "kernel", True))
        return cast(str, self._machine.emit_assembly(module))


_X86_PAUSE = "void @llvm.x86.sse2.pause()"


def _host(features: Mapping[str, bool], target: str) -> Host:
    """What a processor with these features can do."""
    if target.startswith("aarch64"):
        return Host(lanes=2, fma=True)
    lanes = 8 if features.get("avx512f") else 4 if features.get("avx2") else 2
    pause = _X86_PAUSE if target.startswith("x86") else ""
    scale = bool(pause and features.get("avx512f"))
    return Host(lanes, bool(features.get("fma")), pause, scale)


@cache
def jit() -> Jit:
    """The compiler of this process, started when it is first asked for."""
    return Jit()
