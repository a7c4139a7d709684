"""Object code on disk: a folder of one file for each compiled kernel.

The folder belongs to its user alone. Files are written under another name and moved into place, so
that any number of processes may share it without locks. Each begins with a digest of the rest; a
damaged file counts as missing. Where nothing can be written, nothing is kept, silently: the cache
saves time and has no other effect. A folder that others may write to is not used.

Its size has a bound. One in a thousand writes looks at all files; where they are more than that,
those that have gone unused for longest are deleted. The time of a file tells, to the day, when it
was last used. What is deleted while another process looks for it is compiled anew there.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import platformdirs

from rheobase.preference_names import prefs

__all__ = ["DiskCache", "cache_folder", "disk_cache", "source_digest"]

_DIGEST_SIZE = 32
_DAY = 86_400.0  # s
_LOOKS = 4  # of 4096 writes, those that look at the size of the whole
_KEPT = 0.8  # of the bound, when files are deleted
_UNFINISHED = ".new-"


def cache_folder() -> Path:
    """Where compiled code is kept: RHEOBASE_CACHE_DIR, or a place in the user's cache folder."""
    chosen = os.environ.get("RHEOBASE_CACHE_DIR")
    root = Path(chosen) if chosen else Path(platformdirs.user_cache_dir("rheobase"))
    return root / "native"


@cache
def source_digest() -> str:
    """A digest of the source of this backend: whatever it writes may change with it."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def disk_cache() -> DiskCache:
    """The cache of compiled kernels, as the environment and the preferences have it now."""
    return DiskCache(cache_folder(), prefs["codegen.max_cache_dir_size"] * 1_000_000)


class DiskCache:
    """Bytes by key (a hexadecimal digest).

    folder   is made when something is first written
    bound    bytes that it may hold, about; 0: any number
    """

    def __init__(self, folder: Path, bound: int = 0) -> None:
        self.folder = folder
        self.bound = bound

    def load(self, key: str) -> bytes | None:
        """The bytes, or None if there are none or they are damaged."""
        try:
            content = self._read(self.folder / key) if self._is_private() else b""
        except OSError:
            return None
        digest, data = content[:_DIGEST_SIZE], content[_DIGEST_SIZE:]
        return data if hashlib.sha256(key.encode() + data).digest() == digest else None

    def _read(self, path: Path) -> bytes:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mtime < time.time() - _DAY:
                with contextlib.suppress(OSError):  # of a folder that can be read only
                    os.utime(path)
            return file.read()

    def store(self, key: str, data: bytes) -> None:
        """Keep the bytes, if the folder can be written and belongs to this user."""
        digest = hashlib.sha256(key.encode() + data).digest()
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._is_private():
                return
            handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=_UNFINISHED)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(digest + data)
                os.replace(temporary, self.folder / key)
            except OSError:
                _delete([temporary])
                raise
            if self.bound and int(key[-3:], 16) < _LOOKS:  # digests are as good as random numbers
                self.keep_bound()

    def sizes(self) -> list[tuple[float, int, str]]:
        """(time of the last use, bytes, path) of each file, the longest unused first."""
        found: list[tuple[float, int, str]] = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if not entry.name.startswith(_UNFINISHED):
                    with contextlib.suppress(OSError):  # others may delete theirs meanwhile
                        status = entry.stat()
                        found.append((status.st_mtime, status.st_size, entry.path))
        return sorted(found)

    def keep_bound(self) -> None:
        """If there is more than the bound, delete what has gone unused for longest."""
        files = self.sizes()
        too_many = sum(size for _, size, _ in files) - self.bound
        if too_many <= 0:
            return
        too_many += int((1 - _KEPT) * self.bound)
        freed = itertools.accumulate(size for _, size, _ in files)
        _delete(path for (_, size, path), sum_ in zip(files, freed) if sum_ - size < too_many)
        _delete(p for p in self.folder.glob(f"{_UNFINISHED}*") if _is_old(p))

    def clear(self) -> None:
        """Delete all files."""
        _delete(self.folder.glob("*"))

    def _is_private(self) -> bool:
        """Whether nobody else can put code into the folder."""
        if sys.platform == "win32":
            return True  # there, folders of a user are the user's unless shared on purpose
        status = self.folder.stat()
        return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _delete(paths: Iterable[str | Path]) -> None:
    """Delete files; not those that are gone, or held by another process."""
    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _is_old(path: Path) -> bool:
    """Whether whoever began to write a file has long given up."""
    try:
        return path.stat().st_mtime < time.time() - _DAY
    except OSError:
        return False
