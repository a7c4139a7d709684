"""Compilation inside this process: LLVM text to machine code, kept in memory and on disk.

llvmlite is imported here, and only when a kernel is first compiled or loaded.
"""

from __future__ import annotations

import hashlib
import importlib
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from rheobase.backends.llvm import runs, worker
from rheobase.backends.llvm.cache import disk_cache, source_digest
from rheobase.backends.llvm.compiler import Compiler, finds_by_distance
from rheobase.backends.llvm.driver import PLAIN_SYMBOL, SYMBOL, write_driver
from rheobase.backends.llvm.kernels import lanes_of, write_kernel
from rheobase.backends.llvm.processors import Processor, n_processors, processor
from rheobase.backends.llvm.text import Host
from rheobase.ir.kernels import Kernel
from rheobase.ir.printer import print_kernel
from rheobase.ir.verify import verify
from rheobase.records import record

__all__ = ["Jit", "Module", "jit"]


class Jit:
    """Machine code by key. There is one for the process: code, once made, stays.

    cpu, features   what to compile for, as LLVM names it; "" and None: this processor
    n_compiled      modules that LLVM has compiled (the others came from memory or disk)
    """

    def __init__(self, cpu: str = "", features: Mapping[str, bool] | None = None) -> None:
        llvmlite: Any = importlib.import_module("llvmlite")  # it has no types
        binding: Any = importlib.import_module("llvmlite.binding")
        self._binding = binding
        self._processor = processor(binding, cpu, features)
        self._idle = [Compiler(binding, self._processor)]
        empty = binding.parse_assembly("")
        in_one_piece = True if finds_by_distance(self._processor) else None  # None: as is usual
        self._engine: Any = binding.create_mcjit_compiler(
            empty, self._idle[0].machine, in_one_piece
        )
        self._addresses: dict[str, int] = {}
        self._lock = threading.Lock()
        self.host = _host(self._processor)
        versions = (str(llvmlite.__version__), str(binding.llvm_version_info))
        described = (self._processor.cpu, self._processor.flags)
        self._base = "\n".join((*versions, source_digest(), *described))
        self.n_compiled = 0

    # ------------------------------------------------------------ functions by address
    def program(
        self, kernels: Sequence[Kernel], contract: bool, for_threads: bool = False
    ) -> tuple[int, Sequence[int]]:
        """The addresses of the plain driver and of the function of each kernel.

        for_threads   compile what `driver` and `worker` will be asked for, too
        """
        write = partial(write_driver, self.host, plain=True)
        drivers = [self.module(PLAIN_SYMBOL, "plain driver", write)]
        drivers += [self._driver(), self._worker()] if for_threads else []
        # drivers first: they are longer than most kernels, and the others go on beside them
        found = self._find([*drivers, *(self._kernel(k, contract) for k in kernels)])
        return found[0], found[len(drivers) :]

    def driver(self) -> int:
        """The address of the driver for several lanes, or where calls go ahead."""
        return self._find([self._driver()])[0]

    def _driver(self) -> Module:
        return self.module(SYMBOL, "driver", partial(write_driver, self.host))

    def worker(self) -> int:
        """The address of what lanes other than 0 run."""
        return self._find([self._worker()])[0]

    def _worker(self) -> Module:
        return self.module(worker.SYMBOL, "worker", partial(worker.write_worker, self.host))

    def run(self) -> int:
        """The address of what makes a run of calls (backends/llvm/runs)."""
        return self.function(runs.SYMBOL, runs.write_run)

    def function(self, symbol: str, write: Callable[[Host], str]) -> int:
        """The address of a function that belongs to no kernel; `write` says the text."""
        return self._find([self.module(symbol, symbol, partial(write, self.host))])[0]

    def _kernel(self, kernel: Kernel, contract: bool) -> Module:
        def write(symbol: str) -> str:
            verify(kernel)
            return write_kernel(kernel, self.host, symbol, contract)

        lanes = lanes_of(kernel, self.host)
        key = self._key(f"contract={contract} lanes={lanes}\n{print_kernel(kernel)}")
        symbol = f"kernel_{key}"
        return Module(key, symbol, partial(write, symbol))

    def module(self, symbol: str, text: str, write: Callable[[], str]) -> Module:
        return Module(self._key(text), symbol, write)

    def _key(self, text: str) -> str:
        return hashlib.sha256(f"{self._base}\n{text}".encode()).hexdigest()

    def _find(self, modules: Sequence[Module]) -> list[int]:
        """The addresses of their functions: from memory, from disk, or compiled, side by side."""
        with self._lock:
            new = {m.key: m for m in modules if m.key not in self._addresses}
            disk = disk_cache()
            codes = {key: disk.load(key) for key in new}
            missing = [m for key, m in new.items() if codes[key] is None]
            for m, code in zip(missing, self._compile(missing)):
                disk.store(m.key, code)
                codes[m.key] = code
            self._load(new, codes.values())
        return [self._addresses[m.key] for m in modules]

    def _load(self, modules: Mapping[str, Module], codes: Iterable[bytes | None]) -> None:
        """Give object code to the engine, and note where the functions of the modules are."""
        for code in codes:
            self._engine.add_object_file(self._binding.ObjectFileRef.from_data(code))
        if modules:
            self._engine.finalize_object()
        for key, m in modules.items():
            self._addresses[key] = self._engine.get_function_address(m.symbol)

    # ------------------------------------------------------------ functions that come later
    def ready(self, module: Module) -> int:
        """The address of a function that is in memory or on disk; 0: it is not."""
        with self._lock:
            code = None
            if module.key not in self._addresses:
                code = disk_cache().load(module.key)
                if code is None:
                    return 0
        return self.add(module, code)

    def add(self, module: Module, code: bytes | None) -> int:
        """The address of the function of a module, from its object code if it is not known."""
        with self._lock:
            if module.key not in self._addresses:
                assert code is not None
                self._load({module.key: module}, [code])
            return self._addresses[module.key]

    def compiled(self, module: Module) -> bytes:
        """Object code, on disk from now on; other modules may be compiled meanwhile."""
        self.n_compiled += 1
        code = self._compile_one(module)
        disk_cache().store(module.key, code)
        return code

    # ------------------------------------------------------------ compilation
    def _compile(self, modules: Sequence[Module]) -> Sequence[bytes]:
        """Object code of each, made by as many threads as there are processors."""
        self.n_compiled += len(modules)
        n_threads = min(len(modules), n_processors())
        if n_threads < 2:
            return [self._compile_one(m) for m in modules]
        with ThreadPoolExecutor(n_threads, "rheobase-compile") as threads:
            return list(threads.map(self._compile_one, modules))

    def _compile_one(self, module: Module) -> bytes:
        with self._compiler() as compiler:
            return compiler.object_code(module.write())

    @contextmanager
    def _compiler(self) -> Generator[Compiler]:
        """A compiler that nobody else uses."""
        try:
            compiler = self._idle.pop()
        except IndexError:
            compiler = Compiler(self._binding, self._processor)
        try:
            yield compiler
        finally:
            self._idle.append(compiler)

    def assembly(self, kernel: Kernel) -> str:
        """What the processor runs, for people."""
        with self._compiler() as compiler:
            return compiler.assembly(write_kernel(kernel, self.host, "kernel", True))


@record
class Module:
    """Code of one function.

    key      of the code, in memory and on disk
    symbol   the function's name
    write    gives LLVM's text
    """

    key: str
    symbol: str
    write: Callable[[], str]


_X86_PAUSE = "void @llvm.x86.sse2.pause()"


def _host(processor: Processor) -> Host:
    """What such a processor can do."""
    has = processor.features.get
    if processor.target.startswith("aarch64"):
        return Host(lanes=2, fma=True)
    lanes = 8 if has("avx512f") else 4 if has("avx2") else 2
    pause = _X86_PAUSE if processor.target.startswith("x86") else ""
    scale = bool(pause and has("avx512f"))
    return Host(lanes, bool(has("fma")), pause, scale)


@cache
def jit() -> Jit:
    """The compiler of this process, started when it is first asked for."""
    return Jit()
