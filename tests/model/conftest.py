"""Every test of the model layer runs on both backends."""

import pytest

import rheobase as rb


@pytest.fixture(autouse=True, params=["llvm", "numpy"])
def backend(request):
    rb.set_backend(request.param)
    rb.start_scope()
    rb.defaultclock.dt = 0.1 * rb.ms
    yield request.param
    rb.set_backend("llvm")
    rb.defaultclock.dt = 0.1 * rb.ms
