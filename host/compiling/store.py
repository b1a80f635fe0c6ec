"""What was compiled, kept on disk for the next process.

A file holds Wasmtime's serialized form, which is trusted: so the folder is one that only its owner may write (``engine.cache_folder``).
Its checksum finds what was damaged, by a full disk or a loss of power; whether it fits this engine is found by Wasmtime itself.
"""

from __future__ import annotations

import os
import time
import zlib
from contextlib import suppress
from pathlib import Path
from struct import Struct
from threading import get_native_id

from moonwit.host.engine.engine import cache_folder, library_path

# What the folder may take, and how much of that stays when it is more: what was not used for longest goes.
MOST_BYTES, KEPT = 512 * 1024 * 1024, 0.7
# How much is written before the folder is looked at again.
_LOOK = 64 * 1024 * 1024

_HEAD = Struct("<8sIQ")
_MAGIC = b"moonwit1"
_SUFFIX = ".code"
_DAY = 86400.0


class Store:
    """The files of one folder; None means no folder, where nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        # The library that code was made by: asking the installed package for its version takes ten times as long.
        details = os.stat(library_path())
        self._library = f"{details.st_size:x}-{details.st_mtime_ns:x}"
        self._unseen = _LOOK

    def load(self, name: str) -> bytearray | None:
        """Gives what was saved under a name, or None."""
        path = self._path(name)
        if path is None:
            return None
        try:
            with open(path, "rb", buffering=0) as file:
                details = os.fstat(file.fileno())
                head = file.read(_HEAD.size)
                if len(head) < _HEAD.size:
                    return None
                magic, checksum, size = _HEAD.unpack(head)
                if magic != _MAGIC or size != details.st_size - _HEAD.size:
                    return None
                data = bytearray(size)
                view, at = memoryview(data), 0
                while at < size and (count := file.readinto(view[at:])):
                    at += count
                if at < size or zlib.crc32(data) != checksum:
                    return None
        except OSError:
            return None
        if time.time() - details.st_mtime > _DAY:
            # What is used stays.
            with suppress(OSError):
                os.utime(path)
        return data

    def save(self, name: str, data: bytes | bytearray) -> None:
        """Keeps something under a name, where that is possible."""
        path = self._path(name)
        if path is None:
            return
        # Whole or not at all: a reader meanwhile has the file from before.
        own = path.with_suffix(f".{os.getpid()}.{get_native_id()}")
        try:
            with open(own, "xb", buffering=0) as file:
                file.write(_HEAD.pack(_MAGIC, zlib.crc32(data), len(data)))
                view = memoryview(data)
                while view:
                    view = view[file.write(view) :]
            own.replace(path)
        except OSError:
            with suppress(OSError):
                own.unlink()
        self._unseen += len(data)
        if self._unseen > _LOOK:
            self._unseen = 0
            self.tidy()

    def tidy(self, most: int = MOST_BYTES) -> None:
        """Removes what was not used for longest, when all is more than ``most`` bytes."""
        if self._folder is None:
            return
        try:
            with os.scandir(self._folder) as found:
                known = [(entry.stat(follow_symlinks=False), entry.path) for entry in found if entry.is_file(follow_symlinks=False)]
        except OSError:
            return
        files = sorted((details.st_mtime, details.st_size, path) for details, path in known)
        total = sum(size for _, size, _ in files)
        if total <= most:
            return
        for _, size, path in files:
            if total <= most * KEPT:
                return
            with suppress(OSError):
                os.unlink(path)
                total -= size

    def _path(self, name: str) -> Path | None:
        return None if self._folder is None else self._folder / f"{name}-{self._library}{_SUFFIX}"


def store() -> Store:
    """Gives the user's store."""
    return Store(cache_folder())
