"""Compiled code on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rheobase.backends.llvm.cache import DiskCache, cache_folder

# compiles a kernel, runs it, prints its result and how many kernels LLVM compiled for it
SCRIPT = """
import numpy as np
from rheobase.backends.llvm import LlvmBackend
from rheobase.backends.llvm.jit import jit
from rheobase.ir.dtypes import F64
from rheobase.ir.domains import (Elementwise, Index)
from rheobase.ir.kernels import (Array, Kernel)
from tests.backends.build import Code, part, run, slot
code, x = Code(), slot(F64, np.arange(5))
code.store(0, code("exp", code.load(0)))
kernel = Kernel("exp", Elementwise(part(0, 5)), (Array(x, Index.OWN),), body=tuple(code.ops))
run(kernel, LlvmBackend())
np.testing.assert_allclose(x.data, np.exp(np.arange(5)), rtol=1e-15)
print(jit().n_compiled)
"""
ROOT = Path(__file__).parents[2]


def start(folder: Path) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "RHEOBASE_CACHE_DIR": str(folder), "PYTHONPATH": path}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT], env=environment, stdout=subprocess.PIPE, text=True
    )


def n_compiled(process: subprocess.Popen[str]) -> int:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return int(output)


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "native").iterdir())


def test_a_second_process_compiles_nothing(tmp_path):
    """Driver and kernel come from the folder, which is its user's alone."""
    assert n_compiled(start(tmp_path)) == 2
    assert n_compiled(start(tmp_path)) == 0
    if os.name == "posix":
        assert (tmp_path / "native").stat().st_mode & 0o077 == 0


def test_processes_that_start_together_share_the_folder(tmp_path):
    """Both work, and leave whole entries only."""
    processes = [start(tmp_path) for _ in range(3)]
    assert all(n_compiled(p) in (0, 1, 2) for p in processes)
    assert len(entries(tmp_path)) == 2
    assert n_compiled(start(tmp_path)) == 0


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that a process has left: to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    n_compiled(start(folder))
    return folder


@pytest.mark.parametrize("damage", ["empty", "cut", "changed", "folder"])
def test_a_damaged_entry_is_compiled_again(filled, tmp_path, damage):
    """Whatever happened to it; and where it can be, it is put right."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    path = entries(tmp_path)[0]
    content = path.read_bytes()
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(content[:-100])
        case "changed":
            path.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
        case _:
            path.unlink()
            path.mkdir()
    assert n_compiled(start(tmp_path)) == 1
    assert n_compiled(start(tmp_path)) == (1 if damage == "folder" else 0)


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path):
    """A file stands where the folder would be."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert n_compiled(start(blocked)) == 2
    assert blocked.read_text() == ""


def test_an_entry_is_not_taken_for_another(tmp_path):
    """The digest covers the key: a file that was renamed is damaged."""
    cache = DiskCache(tmp_path / "native")
    cache.store("aa", b"code")
    assert cache.load("aa") == b"code"
    (tmp_path / "native" / "aa").rename(tmp_path / "native" / "bb")
    assert cache.load("bb") is None
    assert cache.load("aa") is None


@pytest.mark.skipif(os.name != "posix", reason="permissions of files as on Unix")
def test_a_folder_that_others_may_write_to_is_not_used(tmp_path):
    """Code in it might be anybody's."""
    folder = tmp_path / "native"
    cache = DiskCache(folder)
    cache.store("aa", b"code")
    folder.chmod(0o777)
    cache.store("bb", b"code")
    assert cache.load("aa") is None
    folder.chmod(0o700)
    assert cache.load("aa") == b"code"
    assert cache.load("bb") is None


def test_the_folder_is_chosen_by_the_environment(monkeypatch, tmp_path):
    """RHEOBASE_CACHE_DIR, or the user's cache folder."""
    monkeypatch.setenv("RHEOBASE_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path / "native"
    monkeypatch.delenv("RHEOBASE_CACHE_DIR")
    assert "rheobase" in str(cache_folder())


def fill(folder, n, size):
    """A cache of n entries that were last used 1, 2, ... hours ago."""
    cache = DiskCache(folder)
    for k in range(n):
        key = f"{k:03x}fff"
        cache.store(key, b"c" * (size - 32))
        then = time.time() - 3600 * (1 + k)
        os.utime(folder / key, (then, then))
    return cache


def kept(cache):
    """The entries that there are, the last used ones first; reading them would count as use."""
    return [int(Path(path).name[:3], 16) for _, _, path in reversed(cache.sizes())]


def test_what_has_gone_unused_for_longest_leaves_first(tmp_path):
    """Of 100 entries of 1000 bytes, 80 percent of the bound stay: the last used ones."""
    cache = fill(tmp_path, 100, 1000)
    DiskCache(tmp_path, bound=100_000).keep_bound()
    assert kept(cache) == list(range(100))
    DiskCache(tmp_path, bound=50_000).keep_bound()
    assert kept(cache) == list(range(40))


def test_an_entry_that_is_read_counts_as_used(tmp_path):
    cache = fill(tmp_path, 100, 1000)
    assert cache.load("063fff") is not None  # the last, of four days ago
    DiskCache(tmp_path, bound=50_000).keep_bound()
    assert kept(cache) == [99, *range(39)]


def test_writing_keeps_the_bound(tmp_path):
    """4096 keys that are all different in their last three digits: four of them look."""
    cache = DiskCache(tmp_path, bound=20_000)
    for k in reversed(range(4096)):
        cache.store(f"{k:06x}", b"c" * 68)
    assert sum(size for _, size, _ in cache.sizes()) <= 20_000


def test_files_that_others_delete_meanwhile_are_no_obstacle(tmp_path, monkeypatch):
    cache = fill(tmp_path, 10, 1000)
    found = cache.sizes()
    cache.clear()
    bounded = DiskCache(tmp_path, bound=1)
    monkeypatch.setattr(bounded, "sizes", lambda: found)
    bounded.keep_bound()
    assert cache.sizes() == []
