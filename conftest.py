"""What every test of the project needs, the examples in docstrings included."""

import gc
import importlib.util
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent
HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None  # the extra `plot`

# Machines are shared: a slow example is no failure. Each run of the suite tries other examples, and
# few of them; tests name no number of their own, so that the long search is long for all.
settings.register_profile("default", deadline=None, max_examples=25)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_configure(config: pytest.Config) -> None:
    """Keep compiled code out of the user's cache; one folder for all worker processes."""
    if "RHEOBASE_CACHE_DIR" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="rheobase-tests-", ignore_cleanup_errors=True)
        os.environ["RHEOBASE_CACHE_DIR"] = folder.name
        config.add_cleanup(folder.cleanup)


def pytest_collection() -> None:
    """Next to nothing of what a collection of tests makes is garbage: nobody need look for it."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What is there when the tests begin stays: the garbage collector need not look at it again.

    Libraries and tests are a million objects, and every full collection would visit them.
    """
    gc.enable()
    gc.collect()
    gc.freeze()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Scripts that record other simulators, and plotting where it is not installed.

    A hook and not collect_ignore_glob, of which only the one nearest to a file counts.
    """
    place = collection_path.relative_to(ROOT).parts if ROOT in collection_path.parents else ()
    is_recorder = place[:1] == ("tests",) and collection_path.name.startswith("record")
    is_plotting = "plotting" in place
    return True if is_recorder or (is_plotting and not HAS_MATPLOTLIB) else None
