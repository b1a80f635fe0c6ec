"""What guests do with files that may have to wait for a device, made on a thread that may wait: see lua/wasi/files/jobs.lua.

Each function is given a descriptor of its own, which it closes, and gives bytes or a table.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable, Mapping
from typing import Any, Final, TypedDict


class DeviceFailure(TypedDict):
    """Says by a number of the system why it has failed."""

    errno: int


class BytesWritten(TypedDict):
    """How many bytes were written."""

    count: int


class JobDone(TypedDict):
    """Says that it is done."""


Answer = bytes | DeviceFailure | BytesWritten | JobDone

# What is read or written at once, in bytes.
MOST: Final = 4 * 1024 * 1024


def _owned(action: Callable[..., Answer]) -> Callable[..., Answer]:
    @functools.wraps(action)
    def run(descriptor: float, *arguments: Any) -> Answer:
        own = int(descriptor)
        try:
            return action(own, *arguments)
        except OSError as error:
            return {"errno": error.errno or 5}
        finally:
            os.close(own)

    return run


@_owned
def _read(descriptor: int, offset: int, size: float) -> Answer:
    return os.pread(descriptor, min(int(size), MOST), int(offset))


@_owned
def _write(descriptor: int, offset: int, data: bytes, flags: float) -> Answer:
    view, written = memoryview(data), 0
    while written < len(view):
        try:
            written += os.pwritev(descriptor, [view[written:]], int(offset) + written, int(flags))
        except OSError:
            if not written:
                raise
            break
    return {"count": written}


@_owned
def _sync(descriptor: int, data: bool) -> Answer:
    (os.fdatasync if data else os.fsync)(descriptor)
    return {}


@_owned
def _allocate(descriptor: int, offset: int, size: int) -> Answer:
    os.posix_fallocate(descriptor, int(offset), int(size))
    return {}


@_owned
def _entries(descriptor: int, number: float, size: float) -> Answer:
    """Lists what comes next in a folder, as the system call ``number`` gives it."""
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    memory = ctypes.create_string_buffer(int(size))
    count = syscall(ctypes.c_long(int(number)), ctypes.c_long(descriptor), memory, ctypes.c_size_t(int(size)))
    if count < 0:
        return {"errno": ctypes.get_errno()}
    return memory.raw[:count]


ACTIONS: Final[Mapping[str, Callable[..., Answer]]] = {
    "files.read": _read,
    "files.write": _write,
    "files.sync": _sync,
    "files.allocate": _allocate,
    "files.entries": _entries,
}
