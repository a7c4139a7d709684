"""Every numpy function has a rule for units, or raises."""

import io

import numpy as np
import pytest
from numpy.testing import overrides

from rheobase.errors import DimensionMismatchError
from rheobase.units import Quantity, amp, ms, mV, second, volt
from rheobase.units.dimensions import DIMENSIONLESS
from rheobase.units.functions import known_functions
from rheobase.units.si import to_si

FUNCTIONS = sorted(
    overrides.get_overridable_numpy_array_functions(), key=lambda f: (f.__module__, f.__name__)
)
V = [[2.0, 1.0], [1.0, 3.0]] * volt
A = [[1.0, 4.0], [0.5, 2.0]] * amp
x = np.array([1.0, 3.0, 2.0]) * volt
y = np.array([1.0, 2.0, 4.0]) * amp
t = np.array([0.0, 1.0, 2.0]) * ms
ONE = DIMENSIONLESS
VOLT, AMP, SEC = volt.dim, amp.dim, second.dim

# call -> the dimension of each result; the numbers are compared with those of plain arrays
CALLS = {
    "np.concatenate([x, x])": [VOLT],
    "np.concatenate([x, [1*mV]])": [VOLT],
    "np.stack([x, x])": [VOLT],
    "np.vstack((x, x))": [VOLT],
    "np.column_stack((x, x))": [VOLT],
    "np.append(x, 3*volt)": [VOLT],
    "np.insert(x, 1, 3*volt)": [VOLT],
    "np.pad(x, 1, constant_values=1*volt)": [VOLT],
    "np.block([[V, V], [V, V]])": [VOLT],
    "np.split(x, 3)": [VOLT] * 3,
    "np.reshape(V, 4)": [VOLT],
    "np.flip(x)": [VOLT],
    "np.roll(x, 1)": [VOLT],
    "np.broadcast_to(x, (2, 3))": [VOLT],
    "np.broadcast_arrays(x, t)": [VOLT, SEC],
    "np.atleast_2d(x)": [VOLT],
    "np.meshgrid(x, t)": [VOLT, SEC],
    "np.take(x, [0, 2])": [VOLT],
    "np.sort(x)": [VOLT],
    "np.unique(x)": [VOLT],
    "np.unique(x, return_index=True, return_counts=True)": [VOLT, ONE, ONE],
    "np.where(x > 1*volt, x, 0)": [VOLT],
    "np.where(x > 1*volt)": [ONE],
    "np.select([x > 1*volt], [x], 1*volt)": [VOLT],
    "np.choose([0, 1, 0], [x, 2*x])": [VOLT],
    "np.extract([1, 0, 1], x)": [VOLT],
    "np.clip(x, 1*volt, 2*volt)": [VOLT],
    "np.clip(x, 0, 2*volt)": [VOLT],
    "np.nan_to_num(x, nan=1*volt)": [VOLT],
    "np.diff(x)": [VOLT],
    "np.diff(x, prepend=1*volt)": [VOLT],
    "np.ediff1d(x)": [VOLT],
    "np.gradient(x)": [VOLT],
    "np.gradient(x, 2*ms)": [(volt / second).dim],
    "np.gradient(V, 1*ms, 2*volt)": [(volt / second).dim, ONE],
    "np.sum(x)": [VOLT],
    "np.sum(V, axis=0)": [VOLT],
    "np.mean(x)": [VOLT],
    "np.average(x, weights=t)": [VOLT],
    "np.std(x)": [VOLT],
    "np.var(x)": [(volt**2).dim],
    "np.median(x)": [VOLT],
    "np.percentile(x, 30)": [VOLT],
    "np.quantile(x, [0.1, 0.9])": [VOLT],
    "np.nanmean(x)": [VOLT],
    "np.ptp(x)": [VOLT],
    "np.max(x)": [VOLT],
    "np.max(x, initial=9*volt)": [VOLT],
    "np.argmax(x)": [ONE],
    "np.argsort(x)": [ONE],
    "np.nonzero(x)": [ONE],
    "np.any(x)": [ONE],
    "np.cumsum(x)": [VOLT],
    "np.prod(x)": [(volt**3).dim],
    "np.prod(V, axis=1)": [(volt**2).dim],
    "np.dot(x, y)": [(volt * amp).dim],
    "np.dot(V, A)": [(volt * amp).dim],
    "np.outer(x, y)": [(volt * amp).dim],
    "np.cross(x, y)": [(volt * amp).dim],
    "np.kron(x, y)": [(volt * amp).dim],
    "np.tensordot(V, A)": [(volt * amp).dim],
    "np.convolve(x, y)": [(volt * amp).dim],
    "np.correlate(x, y)": [(volt * amp).dim],
    "np.einsum('ij,jk->ik', V, A)": [(volt * amp).dim],
    "np.trapezoid(x, t) if hasattr(np, 'trapezoid') else np.trapz(x, t)": [(volt * second).dim],
    "np.interp(1.5*ms, t, x)": [VOLT],
    "np.interp(1.5*ms, t, x, left=0)": [VOLT],
    "np.searchsorted(np.sort(x), 2*volt)": [ONE],
    "np.digitize(x, [1.5, 2.5]*volt)": [ONE],
    "np.histogram(x, bins=3)": [ONE, VOLT],
    "np.histogram(x, bins=[0, 2, 4]*volt)": [ONE, VOLT],
    "np.histogram(x, bins=2, range=(0*volt, 4*volt), density=True)": [(1 / volt).dim, VOLT],
    "np.histogram(x, weights=y)": [AMP, VOLT],
    "np.histogram2d(x, t)": [ONE, VOLT, SEC],
    "np.histogram_bin_edges(x)": [VOLT],
    "np.bincount([0, 1, 1], weights=y)": [AMP],
    "np.linspace(1*volt, 2*volt, 5)": [VOLT],
    "np.geomspace(1*volt, 100*volt, 5)": [VOLT],
    "np.zeros_like(x)": [VOLT],
    "np.full_like(x, 3*amp)": [AMP],
    "np.isclose(x, x)": [ONE],
    "np.allclose(x, 2*x)": [ONE],
    "np.array_equal(x, x)": [ONE],
    "np.isin(x, [3, 2]*volt)": [ONE],
    "np.intersect1d(x, [3, 2]*volt)": [VOLT],
    "np.union1d(x, [7]*volt)": [VOLT],
    "np.setdiff1d(x, [3]*volt)": [VOLT],
    "np.cov(x)": [(volt**2).dim],
    "np.corrcoef(x, y)": [ONE],
    "np.real(x)": [VOLT],
    "np.round(x)": [VOLT],
    "np.trace(V)": [VOLT],
    "np.diagonal(V)": [VOLT],
    "np.diag(x)": [VOLT],
    "np.linalg.norm(x)": [VOLT],
    "np.linalg.inv(V)": [(1 / volt).dim],
    "np.linalg.det(V)": [(volt**2).dim],
    "np.linalg.solve(V, y[:2])": [(amp / volt).dim],
    "np.linalg.eigh(V)": [VOLT, ONE],
    "np.linalg.svd(V)": [ONE, VOLT, ONE],
    "np.linalg.matrix_power(V, 3)": [(volt**3).dim],
    "np.linalg.cholesky(V)": [(volt**0.5).dim],
    "np.linalg.multi_dot([V, A, V])": [(volt**2 * amp).dim],
    "np.fft.rfft(x)": [VOLT],
    "np.fft.fftshift(x)": [VOLT],
    "np.shape(x)": [ONE],
    "x.mean()": [VOLT],
    "x.std()": [VOLT],
    "x.var()": [(volt**2).dim],
    "V.sum(axis=1)": [VOLT],
    "V.max(axis=0)": [VOLT],
    "V.argmax(axis=0)": [ONE],
    "V.any(axis=0)": [ONE],
    "x.take(1)": [VOLT],
    "x.compress([1, 0, 1])": [VOLT],
    "x.clip(1*volt, 2*volt)": [VOLT],
    "x.round(1)": [VOLT],
    "x.astype(np.float32)": [VOLT],
    "x.astype(bool)": [ONE],
    "x.real": [VOLT],
    "V.T": [VOLT],
    "V.ravel()": [VOLT],
    "V.trace()": [VOLT],
    "x.searchsorted(2*volt)": [ONE],
    "x.repeat(2)": [VOLT],
    "V.prod(axis=0)": [(volt**2).dim],
    "V.dot(A)": [(volt * amp).dim],
    "V @ A": [(volt * amp).dim],
}


def flat(result):
    if isinstance(result, (list, tuple)):
        return [r for part in result for r in flat(part)]
    return [result]


@pytest.mark.parametrize("call", CALLS)
def test_results_are_the_plain_numbers_with_their_unit(call):
    """A function of quantities gives what it gives for SI numbers, in the unit stated above."""
    names = {"V": V, "A": A, "x": x, "y": y, "t": t}
    units = {"volt": volt, "amp": amp, "ms": ms, "mV": mV}
    got = eval(call, {"np": np} | names | units)
    bare = {n: np.asarray(q) for n, q in names.items()} | {
        n: np.asarray(u) for n, u in units.items()
    }
    wanted = flat(eval(call, {"np": np} | bare))
    dims = CALLS[call] if len(CALLS[call]) > 1 else CALLS[call] * len(wanted)
    assert len(flat(got)) == len(wanted)
    for result, numbers, dim in zip(flat(got), wanted, dims):
        assert isinstance(result, Quantity) == (dim is not ONE)
        assert to_si(result)[1] is dim
        np.testing.assert_array_equal(np.asarray(result), np.asarray(numbers))


def key(function):
    module = function.__module__.removeprefix("numpy").removeprefix(".")
    return f"{module}.{function.__name__}" if module else function.__name__


@pytest.mark.parametrize(
    "function", [f for f in FUNCTIONS if key(f) not in known_functions()], ids=key
)
def test_a_function_without_rule_refuses_units(function):
    with pytest.raises(
        TypeError, match=r"has no rule for values with units; divide by a unit first"
    ):
        x.__array_function__(function, (Quantity,), (x,), {})


@pytest.mark.skipif(np.__version__ < "2", reason="numpy 1 has more names for the same functions")
def test_few_functions_lack_a_rule():
    """Those that make arrays from shapes, read files, or work on dates and records."""
    lacking = {key(f) for f in FUNCTIONS if key(f) not in known_functions()}
    allowed = {
        "array", "asarray", "busday_count", "busday_offset", "datetime_as_string", "is_busday",
        "empty", "eye", "frombuffer", "fromfile", "fromfunction", "fromiter", "fromstring", "full",
        "genfromtxt", "identity", "loadtxt", "ones", "tri", "zeros",
    }  # fmt: skip
    # submodules are there once somebody has imported them: texts have no unit, nor coefficients
    optional = ("lib.", "char.", "strings.", "polynomial.")
    assert {f for f in lacking if not f.startswith(optional)} <= allowed


@pytest.mark.parametrize(
    "call",
    [
        "np.concatenate([x, y])",
        "np.append(x, 3)",
        "np.where([True], x, y)",
        "np.clip(x, 1, 2)",
        "np.interp(1*volt, t, x)",
        "np.searchsorted(x, 1*ms)",
        "np.histogram(x, bins=t)",
        "np.allclose(x, y)",
        "np.linspace(1*volt, 2, 3)",
        "np.copyto(x.copy(), y)",
        "np.put(x.copy(), 0, 1*amp)",
        "np.fill_diagonal(V.copy(), 1*amp)",
        "np.sum(x, out=np.zeros(()))",
        "np.histogram2d(x, t, bins=[1*amp, 2*amp, 3*amp])",
        "x.fill(3*amp)",
        "x.put(0, 3)",
        "np.linspace(1*volt, 2*volt, 3*volt)",
    ],
)
def test_units_that_do_not_fit_are_refused(call):
    with pytest.raises(DimensionMismatchError, match=r"\(units? (are|is) "):
        eval(call, globals())


@pytest.mark.parametrize(
    "call", ["np.cumprod(x)", "np.polyfit(t, x, 1)", "np.sinc(x)", "x.cumprod()"]
)
def test_results_of_mixed_units_are_refused(call):
    with pytest.raises(TypeError, match="takes plain numbers: with units its elements would"):
        eval(call, globals())


def test_an_output_argument_of_the_right_unit_is_filled():
    out = Quantity(np.zeros(2), volt.dim)
    assert np.sum(V, axis=0, out=out) is out
    np.testing.assert_array_equal(np.asarray(out), [3, 4])


def test_functions_that_write_keep_the_unit():
    z = x.copy()
    np.copyto(z, 2 * x)
    np.put(z, 0, 5 * mV)
    np.putmask(z, [False, True, False], 0)
    assert str(z) == "[   5.    0. 4000.] mV"


def test_files_hold_si_numbers():
    file = io.BytesIO()
    np.savez(file, x=x, t=t)
    file.seek(0)
    loaded = np.load(file)
    np.testing.assert_array_equal(loaded["t"], [0, 0.001, 0.002])
    text = io.StringIO()
    np.savetxt(text, t)
    assert float(text.getvalue().split()[1]) == 0.001


def test_array_text_shows_the_unit():
    assert np.array_str(x) == "[1. 3. 2.] V"
    assert np.array_repr(x) == "array([1., 3., 2.]) * volt"
