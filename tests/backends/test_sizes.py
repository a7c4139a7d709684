"""What is computed of an element does not depend on how many there are: one alone goes through code
of its own, others in vectors, the last ones in a part of a vector. Equal bit for bit, with fused
products and without."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase.backends.llvm import LlvmBackend
from rheobase.backends.llvm.kernels import lanes_of
from rheobase.backends.llvm.text import Host
from rheobase.ir.domains import Elementwise, Events, Index, Propagate, Reduce, Select
from rheobase.ir.dtypes import F32, F64, I64
from rheobase.ir.kernels import Array, Kernel
from rheobase.ir.ops import OPS
from rheobase.ir.slots import VECTOR
from tests.backends.build import Code, contents, index_list, part, run, slot, stream, synapse_rows

HOST = Host(lanes=8, fma=True)
SIZES = [1, 2, 7, 8, 9]
MOST = 33
FUNCTIONS = [name for name, info in OPS.items() if info.operands == "float"]


def updating(name: str, n: int, x: np.ndarray, y: np.ndarray, dtype) -> Kernel:
    """x = f(x [, y]) * y + (x * y + 0.1), and which of them are above 1."""
    code = Code()
    a, b = code.load(0, dtype), code.load(1, dtype)
    value = code(name, *(a, b)[: OPS[name].arity])
    if OPS[name].result == "bool":
        value = code.cast(value, dtype)
    rest = code("add", code("mul", a, b), code.const(0.1, dtype))
    value = code("add", code("mul", value, b), rest)
    code.store(0, value)
    above = code("gt", value, code.const(1.0, dtype))
    arrays = tuple(Array(slot(dtype, data[:n]), Index.OWN) for data in (x, y))
    domain = Select(part(0, n), index_list([], n))
    return Kernel(name, domain, arrays, body=tuple(code.ops), results=(above,))


@pytest.mark.parametrize("contract", [True, False])
@pytest.mark.parametrize("dtype", [F64, F32], ids=lambda d: d.value)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_an_element_do_not_depend_on_the_others(name, dtype, contract):
    rng = np.random.default_rng(1)
    x, y = rng.normal(0, 3, MOST).astype(dtype.numpy), rng.random(MOST).astype(dtype.numpy)
    wanted = updating(name, MOST, x, y, dtype)
    run(wanted, LlvmBackend(contract))
    for n in SIZES:
        for first in range(0, MOST - n + 1, n):
            kernel = updating(name, n, x[first:], y[first:], dtype)
            assert (lanes_of(kernel, HOST) == 1) is (n == 1)
            run(kernel, LlvmBackend(contract))
            here = slice(first, first + n)
            np.testing.assert_array_equal(
                kernel.arrays[0].slot.data, wanted.arrays[0].slot.data[here]
            )
            assert kernel.domain.out.count.data[0] == np.sum(wanted.arrays[0].slot.data[here] > 1)


@pytest.mark.parametrize("name", ["uniform", "normal"])
@pytest.mark.parametrize("dtype", [F64, F32], ids=lambda d: d.value)
def test_draws_of_the_first_elements_do_not_depend_on_the_others(name, dtype):
    drawn = {}
    for n in (*SIZES, MOST):
        code, out = Code(), slot(dtype, np.zeros(n))
        code.store(0, code(name, dtype=dtype, attr=1))
        array = (Array(out, Index.OWN),)
        source = stream(5, 3, 7)
        run(
            Kernel(name, Elementwise(part(0, n)), array, body=tuple(code.ops), stream=source),
            LlvmBackend(),
        )
        drawn[n] = out.data
    for n in SIZES:
        np.testing.assert_array_equal(drawn[n], drawn[MOST][:n])


@pytest.mark.parametrize("dtype", [F64, F32], ids=lambda d: d.value)
@pytest.mark.parametrize("name", [None, "uniform", "normal", "discrete", "exp"])
def test_no_vector_ends_past_the_memory_of_an_array(name, dtype):
    """Wherever it begins: those of code that draws are the longest."""
    code, table = Code(), slot(I64, [1 << 62])
    x = code.load(0, dtype)
    if name == "exp":
        x = code("exp", x)
    elif name == "discrete":
        x = code.cast(code(name, code.const(0), dtype=I64, attr=1), dtype)
    elif name is not None:
        x = code(name, dtype=dtype, attr=1)
    code.store(0, x)
    for n in range(2, 80):
        arrays = (Array(slot(dtype, np.zeros(n)), Index.OWN), Array(table, Index.SHARED))
        domain = Elementwise(part(0, n))
        kernel = Kernel("x", domain, arrays, body=tuple(code.ops), stream=stream())
        size, elements = dtype.numpy.itemsize, arrays[0].slot
        vector = size * lanes_of(kernel, HOST)
        assert vector <= VECTOR
        assert elements._padded.nbytes >= (n - 1) * size + vector


def plastic(n_far: int, copies: int, reduce: bool, side: Index) -> Kernel:
    """Six neurons reach neuron 0 of `n_far`, each by some synapses; long code for each of them."""
    rng, far = np.random.default_rng(copies), Index.POST if side is Index.PRE else Index.PRE
    pairs = np.repeat([(k, 0) if side is Index.PRE else (0, k) for k in range(6)], copies, axis=0)
    rows, others, _ = synapse_rows(pairs, 6, side)
    code = Code()
    w, trace, scale = code.load(0), code.load(1), code.load(2)
    code.accumulate(3, code("mul", w, scale))
    w = code("sub", w, code("mul", code("exp", trace), scale))
    code.store(0, code("min", code("max", w, code.const(0.0)), code.const(1.0)))
    arrays = (
        Array(slot(F64, rng.random(len(pairs))), Index.OWN),
        Array(slot(F64, np.full(n_far, rng.random())), far),
        Array(slot(F64, rng.random()), Index.SHARED),
        Array(slot(F64, np.full(n_far, 0.1)), far),
    )
    if reduce:
        domain = Reduce(part(0, 6), side, rows, others, None)
    else:
        domain = Propagate(Events(index_list([1, 4, 5])), part(0, 6), side, rows, others)
    return Kernel("plastic", domain, arrays, body=tuple(code.ops))


@pytest.mark.parametrize("side", [Index.PRE, Index.POST])
@pytest.mark.parametrize("reduce", [True, False])
@pytest.mark.parametrize("copies", [1, 2, 7, 8, 9, 33])
def test_a_neuron_that_rows_reach_does_not_depend_on_the_others(copies, reduce, side):
    alone, among = (plastic(n, copies, reduce, side) for n in (1, 9))
    assert lanes_of(alone, HOST) == 1
    assert lanes_of(among, HOST) == 8
    for kernel in (alone, among):
        run(kernel, LlvmBackend())
    for array, same in zip(alone.arrays, among.arrays, strict=True):
        np.testing.assert_array_equal(array.slot.data, same.slot.data[: len(array.slot)])
    assert any(
        (a != b).any() for a, b in zip(contents(alone), contents(plastic(1, copies, reduce, side)))
    )
