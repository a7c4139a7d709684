"""The native backend: kernels become machine code inside this process, by LLVM.

text          values and operations as lines of LLVM's text
math, trigonometry, philox   functions written with them
library       those functions, by name
arithmetic, expressions      a kernel's operations
kernels, rows, generate      the loops around them, domain by domain
driver        the walk through the schedule
processors, compiler, cache, jit    compilation, and what is kept of it
executable    a program, bound to its memory

llvmlite is imported when the first program is compiled, not before.
"""

from __future__ import annotations

from rheobase.backends.llvm.executable import LlvmBackend, LlvmExecutable

__all__ = ["LlvmBackend", "LlvmExecutable"]
