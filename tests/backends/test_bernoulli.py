"""Elements chosen at random, each with its probability: the same ones on every backend."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase.ir.domains import DENSE, N_GAPS, Bernoulli, Gaps, Index
from rheobase.ir.dtypes import F64, I64
from rheobase.ir.kernels import Array, Kernel
from rheobase.ir.passes import optimize
from rheobase.ir.program import Call, Control, Program, Status
from rheobase.ir.slots import Slot
from rheobase.ir.verify import InvalidKernelError, verify
from tests.backends import BACKENDS
from tests.backends.build import Code, clock, index_list, part, run, slot, stream

N = 403


def gaps(look: int = 2) -> Gaps:
    return Gaps(slot(I64, [0, 0, 0, 0, 0, look]), slot(F64, np.zeros(2 + 2 * N_GAPS)))


def chooser(p: np.ndarray, first: int = 0, seed: int = 1) -> tuple[Kernel, Slot]:
    """Chooses with probability p from element `first` on; and the step of its random numbers."""
    code = Code()
    chance = code("mul", code.load(0), code.load(1))
    arrays = Array(slot(F64, p), Index.OWN), Array(slot(F64, [1.0]), Index.SHARED)
    domain = Bernoulli(part(first, len(p) - first), index_list([], len(p)), gaps())
    numbers = stream(seed)
    body = tuple(code.ops)
    kernel = Kernel("choose", domain, arrays, body=body, results=(chance,), stream=numbers)
    verify(kernel)
    return optimize(kernel), numbers.step


def chosen(kernel: Kernel) -> np.ndarray:
    assert isinstance(kernel.domain, Bernoulli)
    out = kernel.domain.out
    return out.indices.data[: out.count.data[0]].copy()


def each_step(p: np.ndarray, backend: str, n_steps: int, first: int = 0) -> list[np.ndarray]:
    kernel, step = chooser(p, first)
    executable = BACKENDS[backend]().compile(
        Program((Call(kernel, 0),), (clock(n_steps, step=step),))
    )
    control, found = Control(), []
    for _ in range(n_steps):
        control.budget = 1
        assert executable.run(control) is Status.PAUSED
        found.append(chosen(kernel))
    return found


def cases() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    odd = rng.random(N) * 0.1
    odd[[0, 7, 50, N - 1]] = np.nan, -1.0, 0.0, np.nan
    return {
        "none": np.zeros(N),
        "all": np.ones(N),
        "more than all": np.full(N, 3.0),
        "equal": np.full(N, 0.02),
        "equal, at the limit": np.full(N, DENSE),
        "equal, many": np.full(N, 0.7),
        "unequal": rng.random(N) * 0.05,
        "one": np.where(np.arange(N) == 100, 0.4, 0.0),
        "unequal, many": rng.random(N),
        "odd": odd,
        "few": np.full(3, 0.3),
    }


@pytest.mark.parametrize("first", [0, 2])
@pytest.mark.parametrize("name", cases())
def test_backends_choose_the_same_elements(name, first):
    p = cases()[name]
    wanted = each_step(p, "numpy one by one", 6, first)
    for other in ("numpy", "llvm"):
        for met, expected in zip(each_step(p, other, 6, first), wanted, strict=True):
            np.testing.assert_array_equal(met, expected)
    for elements in wanted:
        assert (np.diff(elements) > 0).all()
        assert (elements >= first).all()


@pytest.mark.parametrize("name", ["equal", "unequal", "one", "unequal, many", "equal, many", "odd"])
def test_each_element_is_chosen_as_often_as_its_probability_says(name):
    """Counts of 20,000 steps are within 5 standard deviations of binomial ones, and so are those of
    neighbours that are chosen together."""
    p, n_steps = cases()[name], 20_000
    together = np.zeros((n_steps, N), bool)
    for row, elements in zip(together, each_step(p, "llvm", n_steps), strict=True):
        row[elements] = True
    p = np.clip(np.nan_to_num(p), 0, 1)
    deviation = together.sum(0) - n_steps * p
    assert (np.abs(deviation) <= 5 * np.sqrt(n_steps * p * (1 - p)) + 1e-9).all()
    both = p[1:] * p[:-1]
    pairs = (together[:, 1:] & together[:, :-1]).sum()
    assert abs(pairs - n_steps * both.sum()) <= 5 * np.sqrt(n_steps * both.sum()) + 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_gaps_go_on_from_step_to_step(backend):
    """One element in 300 steps, and 300 in one: the same places, since the gaps are the same."""
    one = each_step(np.full(1, 0.1), backend, 300)
    (all_at_once,) = each_step(np.full(300, 0.1), backend, 1)
    assert [k for k, x in enumerate(one) if len(x)] == all_at_once.tolist()


def test_a_change_of_the_probability_begins_a_gap():
    """The probability is looked for where that is asked for: always, once, or never; by all
    backends alike."""
    found = []
    for backend in BACKENDS.values():
        kernel, step = chooser(np.full(N, 0.05))
        executable = backend().compile(Program((Call(kernel, 0),), (clock(40, step=step),)))
        control, lists = Control(), []
        p = kernel.arrays[0].slot.data
        for k in range(40):
            if k in (10, 20, 30):
                p[:] = {10: 0.0, 20: 0.2, 30: 0.9}[k]
                kernel.domain.gaps.counts.data[5] = 1
            control.budget = 1
            executable.run(control)
            lists.append(chosen(kernel).tolist())
            assert kernel.domain.gaps.counts.data[5] == (2 if k < 10 else 0)
        found.append(lists)
    assert found[0] == found[1] == found[2]
    sizes = [sum(map(len, found[0][k : k + 10])) / (10 * N) for k in range(0, 40, 10)]
    assert sizes == pytest.approx([0.05, 0, 0.2, 0.9], abs=0.02)


def test_nothing_is_chosen_of_an_empty_part():
    kernel, _ = chooser(np.full(4, 0.9), first=4)
    for backend in BACKENDS.values():
        run(kernel, backend())
        assert len(chosen(kernel)) == 0


def test_code_may_not_draw():
    code = Code()
    u = code("uniform", dtype=F64, attr=0)
    domain = Bernoulli(part(0, 4), index_list([], 4), gaps())
    kernel = Kernel("k", domain, body=tuple(code.ops), results=(u,), stream=stream())
    with pytest.raises(InvalidKernelError, match="without effects and random numbers"):
        verify(kernel)


def test_the_result_is_a_probability():
    code = Code()
    one = code.const(1, I64)
    domain = Bernoulli(part(0, 4), index_list([], 4), gaps())
    kernel = Kernel("k", domain, body=tuple(code.ops), results=(one,), stream=stream())
    with pytest.raises(InvalidKernelError, match="Bernoulli takes results f64; met i64"):
        verify(kernel)
