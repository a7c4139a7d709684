"""Object code on disk: a folder of one file for each compiled kernel.

The folder belongs to its user alone. Files are written under another name and moved into place, so
that any number of processes may share it without locks. Each begins with a digest of the rest; a
damaged file counts as missing. Where nothing can be written, nothing is kept, silently: the cache
saves time and has no other effect. A folder that others may write to is not used.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from functools import cache
from pathlib import Path

import platformdirs

__all__ = ["DiskCache", "cache_folder", "source_digest"]

_DIGEST_SIZE = 32


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


class DiskCache:
    """Bytes by key (a hexadecimal digest).

    folder   is made when something is first written
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, key: str) -> bytes | None:
        """The bytes, or None if there are none or they are damaged."""
        try:
            content = (self.folder / key).read_bytes() if self._is_private() else b""
        except OSError:
            return None
        digest, data = content[:_DIGEST_SIZE], content[_DIGEST_SIZE:]
        return data if hashlib.sha256(key.encode() + data).digest() == digest else None

    def store(self, key: str, data: bytes) -> None:
        """Keep the bytes, if the folder can be written and belongs to this user."""
        digest = hashlib.sha256(key.encode() + data).digest()
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._is_private():
                return
            handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(digest + data)
                os.replace(temporary, self.folder / key)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise

    def _is_private(self) -> bool:
        """Whether nobody else can put code into the folder."""
        if sys.platform == "win32":
            return True  # there, folders of a user are the user's unless shared on purpose
        status = self.folder.stat()
        return status.st_uid == os.getuid() and not status.st_mode & 0o022
