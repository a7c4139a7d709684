"""What tests of integration share."""

import pytest

from rheobase import set_backend
from rheobase.runtime.backends import active_backend


@pytest.fixture(params=["llvm", "numpy"])
def both_backends(request):
    """The test runs on both backends."""
    before = active_backend().name
    set_backend(request.param)
    yield request.param
    set_backend(before)
