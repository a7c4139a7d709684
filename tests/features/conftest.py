"""Both backends, for files that ask: pytestmark = pytest.mark.usefixtures("backend")."""

import pytest

import rheobase as rb


@pytest.fixture(params=["llvm", "numpy"])
def backend(request):
    """Each test on both backends, from the state that the package begins with."""
    rb.restore_initial_state()
    rb.set_backend(request.param)
    yield request.param
    rb.restore_initial_state()
    rb.set_backend("llvm")
