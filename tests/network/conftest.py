"""Every test of networks runs on both backends, from preferences and devices as at the import."""

import pytest

import rheobase as rb


@pytest.fixture(autouse=True, params=["llvm", "numpy"])
def backend(request):
    rb.restore_initial_state()
    rb.set_backend(request.param)
    yield request.param
    rb.restore_initial_state()
    rb.set_backend("llvm")
