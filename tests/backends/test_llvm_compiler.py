"""Compilation in several threads."""

import numpy as np
import pytest

from rheobase.backends.llvm import LlvmBackend
from rheobase.backends.llvm import jit as jit_module
from rheobase.backends.llvm.jit import Jit
from rheobase.ir.domains import Elementwise, Index
from rheobase.ir.dtypes import F64
from rheobase.ir.kernels import Array, Kernel
from rheobase.ir.program import Call, Program
from rheobase.runtime.clocks import ClockState
from rheobase.runtime.engine import RunHooks, execute
from tests.backends.build import Code, part, slot

FUNCTIONS = ("exp", "log", "sin", "tanh", "sqrt", "exp")


def _kernel(function):
    x, code = slot(F64, np.arange(1.0, 6.0)), Code()
    code.store(0, code(function, code.load(0)))
    return Kernel(function, Elementwise(part(0, 5)), (Array(x, Index.OWN),), body=tuple(code.ops))


def _codes(monkeypatch, n_processors):
    """Object code of a kernel of each function, by a compiler of its own."""
    monkeypatch.setattr(jit_module, "n_processors", lambda: n_processors)
    jit = Jit()
    modules = [jit._kernel(_kernel(f), True) for f in FUNCTIONS]
    return jit._compile(modules)


def test_threads_make_the_code_that_one_thread_makes(monkeypatch):
    assert _codes(monkeypatch, 3) == _codes(monkeypatch, 1)


def test_kernels_of_one_structure_are_compiled_once(monkeypatch, tmp_path):
    """Six kernels of five structures, and the driver; then nothing."""
    monkeypatch.setenv("RHEOBASE_CACHE_DIR", str(tmp_path))
    jit = Jit()
    jit.program([_kernel(f) for f in FUNCTIONS], True)
    assert jit.n_compiled == 6
    jit.program([_kernel(f) for f in FUNCTIONS], True)
    assert jit.n_compiled == 6


def test_what_goes_wrong_in_a_thread_is_heard(monkeypatch):
    monkeypatch.setattr(jit_module, "n_processors", lambda: 2)
    jit = Jit()

    def fails():
        raise ArithmeticError("no text")

    good = jit._kernel(_kernel("exp"), True)
    bad = jit.module("x", "x", fails)
    with pytest.raises(ArithmeticError, match="no text"):
        jit._compile([good, bad])


def test_each_call_of_a_program_gets_the_function_of_its_kernel():
    """Results are those of NumPy."""
    kernels = [_kernel(f) for f in FUNCTIONS]
    clock = ClockState(1.0)
    clock.slots.end.data[0] = 1
    program = Program(tuple(Call(k, 0) for k in kernels), (clock.slots,))
    execute(program, LlvmBackend().compile(program), RunHooks({}))
    for name, kernel in zip(FUNCTIONS, kernels, strict=True):
        wanted = getattr(np, name)(np.arange(1.0, 6.0))
        np.testing.assert_allclose(kernel.arrays[0].slot.data, wanted, rtol=1e-15)
