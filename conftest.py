"""What every test of the project needs, the examples in docstrings included."""

import importlib.util
import os
import tempfile

import pytest
from hypothesis import settings

# scripts that record other simulators run in the environments of those
collect_ignore_glob = ["tests/*/record*.py"]
if importlib.util.find_spec("matplotlib") is None:  # the extra `plot`
    collect_ignore_glob += ["src/rheobase/plotting/*", "tests/plotting/*"]

# machines are shared: a slow example is no failure
settings.register_profile("default", deadline=None)
settings.register_profile("long", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_configure(config: pytest.Config) -> None:
    """Keep compiled code out of the user's cache; one folder for all worker processes."""
    if "RHEOBASE_CACHE_DIR" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="rheobase-tests-", ignore_cleanup_errors=True)
        os.environ["RHEOBASE_CACHE_DIR"] = folder.name
        config.add_cleanup(folder.cleanup)
