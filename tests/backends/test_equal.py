"""All backends do the same: the reference, one element after the other, is the meaning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rheobase.ir.domains import Elementwise, Generate, Index
from rheobase.ir.dtypes import BOOL, F32, F64, I32, I64, U16, DType
from rheobase.ir.kernels import Array, Kernel
from rheobase.ir.ops import OPS
from rheobase.ir.passes import optimize
from rheobase.ir.verify import verify
from tests.backends import BACKENDS
from tests.backends.build import Code, contents, copied, part, run, slot, stream
from tests.ir.strategies import DOMAINS, kernels

OTHERS = [name for name in BACKENDS if name != "numpy one by one"]
ULPS = 4  # of each function that no backend rounds correctly

# arguments where a function may go wrong: around zero, large, and outside its domain
HALF = [0.0, 1e-300, 1e-18, 1e-9, 1e-5, 0.1, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, np.pi, 10.0, 36.5]
FAR = [300.0, 700.0, 710.0, 1e5, 1e15, 1e300, np.inf, np.nan]
POINTS = np.concatenate([HALF, FAR, np.negative(HALF), np.negative(FAR), np.linspace(-20, 20, 81)])
SINGLE = np.array([0.0, 1e-4, 0.1, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 10.0, 80.0, np.inf, np.nan])
WHOLE = np.array([0, 1, 2, 3, 7, 10, 2**31, 2**40 + 1])
EXACT = frozenset(
    ("add", "sub", "mul", "div", "neg", "min", "max", "abs", "sign", "sqrt", "floor", "ceil")
)
OPERANDS = {
    "float": (F64, F32),
    "number": (F64, F32, I64),
    "bool": (BOOL,),
    "any": (F64, F32, I64, I32, BOOL),
}
NOT_FUNCTIONS = frozenset(("store", "accumulate", "select", "cast", "ipow", "carry"))
FUNCTIONS = [
    (name, dtype)
    for name, info in OPS.items()
    if info.operands in OPERANDS and name not in NOT_FUNCTIONS
    for dtype in OPERANDS[info.operands]
]


def values_of(dtype: DType) -> np.ndarray:
    """All pairs of interesting values, as two columns."""
    points = {
        F64: POINTS,
        F32: np.concatenate([SINGLE, -SINGLE]),
        I64: np.concatenate([WHOLE, -WHOLE]),
        I32: np.array([0, 1, -1, 2**31 - 1]),
        U16: np.array([0, 1, 255, 2**15, 2**16 - 1]),
        BOOL: np.array([False, True]),
    }[dtype]
    a, b = np.meshgrid(points, points)
    return np.stack([a.ravel(), b.ravel()])


def apply(backend, name: str, columns: np.ndarray, dtype: DType, result: DType, attr=None):
    """The op on the columns, element by element, on a backend."""
    n = columns.shape[1]
    code = Code()
    args = [code.load(k, dtype) for k in range(OPS[name].arity)]
    value = code(name, *args, dtype=result, attr=attr)
    code.store(len(args), value)
    slots = [slot(dtype, columns[k]) for k in range(len(args))]
    out = slot(result, np.zeros(n))
    arrays = tuple(Array(s, Index.OWN) for s in (*slots, out))
    kernel = Kernel(name, Elementwise(part(0, n)), arrays, body=tuple(code.ops))
    verify(kernel)
    run(kernel, backend)
    return out.data


def assert_near(met: np.ndarray, wanted: np.ndarray, ulps: int) -> None:
    """Equal to within some units in the last place; nan equals nan, and -0.0 equals 0.0."""
    if wanted.dtype.kind != "f" or ulps == 0:
        np.testing.assert_array_equal(met, wanted)
        return
    finite = np.isfinite(wanted)
    np.testing.assert_array_equal(met[~finite], wanted[~finite])
    error = np.abs(met[finite] - wanted[finite]) / np.spacing(np.abs(wanted[finite]))
    assert np.all(error <= ulps), f"{error.max()} ulp at {wanted[finite][error.argmax()]}"


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("domain", DOMAINS)
def test_random_kernels_leave_the_same_memory_on_every_backend(domain, name):
    """As written and optimized: every slot and the status are equal bit for bit."""

    @given(kernels(domain), st.booleans())
    def check(kernel, optimized):
        wanted, met = copied(kernel), copied(kernel)
        status = run(wanted, BACKENDS["numpy one by one"]())
        assert run(optimize(met) if optimized else met, BACKENDS[name]()) == status
        for kernel in (wanted, met):
            if isinstance(kernel.domain, Generate):  # what stands past the cursor means nothing
                kernel.domain.targets.data[int(kernel.domain.cursor.data[0]) :] = 0
        for a, b in zip(contents(wanted), contents(met)):
            np.testing.assert_array_equal(b, a)

    check()


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("name, dtype", FUNCTIONS, ids=lambda x: getattr(x, "value", x))
def test_each_function_gives_the_same_numbers_on_every_backend(name, dtype, backend):
    """Exact where IEEE 754 says so, else within 4 ulp, over pairs of awkward arguments."""
    columns = values_of(dtype)
    if OPS[name].arity == 1:
        columns = columns[:, : int(np.sqrt(columns.shape[1]))]
    if name in ("sin", "cos", "tan"):  # beyond, native code does not reduce the argument
        columns = columns[:, ~(np.abs(columns[0]) >= 2.0**51) | np.isinf(columns[0])]
    result = BOOL if OPS[name].result == "bool" else dtype
    wanted = apply(BACKENDS["numpy one by one"](), name, columns, dtype, result)
    met = apply(BACKENDS[backend](), name, columns, dtype, result)
    assert_near(met, wanted, 0 if name in EXACT else ULPS)


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("power", [1, 2, 3, 7, 16, 64])
@pytest.mark.parametrize("dtype", [F64, F32, I64], ids=lambda d: d.value)
def test_whole_powers_are_repeated_products_on_every_backend(dtype, power, backend):
    """Integers wrap around; floats round once for each product."""
    columns = values_of(dtype)[:, : 40 if dtype is F64 else 16]
    wanted = apply(BACKENDS["numpy one by one"](), "ipow", columns, dtype, dtype, power)
    met = apply(BACKENDS[backend](), "ipow", columns, dtype, dtype, power)
    assert_near(met, wanted, power)


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("to", list(DType), ids=lambda d: d.value)
@pytest.mark.parametrize("dtype", list(DType), ids=lambda d: d.value)
def test_casts_are_the_same_on_every_backend(dtype, to, backend):
    """Towards zero from floats; numbers are true where they are not zero."""
    columns = values_of(dtype)
    if dtype.is_float and to.is_integer:
        columns = columns[:, np.abs(columns[0]) < 2.0**31]
    wanted = apply(BACKENDS["numpy one by one"](), "cast", columns, dtype, to)
    met = apply(BACKENDS[backend](), "cast", columns, dtype, to)
    np.testing.assert_array_equal(met, wanted)


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize(
    "name, dtype, tolerance",
    [("uniform", F64, 0.0), ("normal", F64, 1e-14), ("uniform", F32, 0.0), ("normal", F32, 8e-7)],
)
def test_random_numbers_are_the_same_on_every_backend(name, dtype, tolerance, backend):
    """For seeds and steps beyond 32 bits too; normal up to the rounding of 2 pi v, log and cos."""
    for seed, step, start in [(0, 0, 0), (2**63 - 1, 2**45 + 3, 7), (12345, 5, 9)]:
        numbers = []
        for make in (BACKENDS["numpy one by one"], BACKENDS[backend]):
            code, out = Code(), slot(dtype, np.zeros(100))
            code.store(0, code(name, dtype=dtype, attr=2))
            source = stream(seed, 2**32 - 1, step)
            source.state.data[2] = start
            kernel = Kernel(
                name,
                Elementwise(part(3, 97)),
                (Array(out, Index.OWN),),
                body=tuple(code.ops),
                stream=source,
            )
            run(kernel, make())
            numbers.append(out.data)
        np.testing.assert_allclose(numbers[1], numbers[0], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ["uniform", "normal"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_single_precision_draws_the_numbers_of_double_precision(name, backend):
    """So a model in single precision has the noise of the same model in doubles."""
    columns = []
    for dtype in (F64, F32):
        code, out = Code(), slot(dtype, np.zeros(5000))
        code.store(0, code(name, dtype=dtype, attr=0))
        arrays = (Array(out, Index.OWN),)
        domain = Elementwise(part(0, 5000))
        kernel = Kernel(name, domain, arrays, body=tuple(code.ops), stream=stream(7))
        run(kernel, BACKENDS[backend]())
        columns.append(out.data)
    np.testing.assert_allclose(columns[1], columns[0], rtol=2e-6, atol=2e-6)
    assert (columns[1] < 1).all() or name == "normal"
