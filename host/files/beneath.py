"""Opening files below a folder that no path leads out of: not by `..`, an absolute path, or a symbolic link, also one made meanwhile.

Linux's openat2 resolves a path beneath a folder in one step. Where it is missing, each component is opened by itself without
following it, and links are read and followed by the same rule.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import stat
from collections.abc import Callable

MAX_PATH = 4095
MAX_LINKS = 40

_OPENAT2 = 437  # the same number on every architecture
_BENEATH = 0x08
_NO_MAGIC_LINKS = 0x02
_RETRIES = 100

_SEEN = os.O_PATH | os.O_CLOEXEC

Opener = Callable[[int, bytes, int, int], int]


class _How(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


def open_beneath(folder: int, path: bytes, flags: int, mode: int = 0) -> int:
    """Opens a path below the folder of a descriptor; a leading `/` means that folder. Raises OSError: EXDEV for a path that leaves it."""
    return resolver()(folder, relative(path), flags | os.O_CLOEXEC, mode)


def relative(path: bytes) -> bytes:
    """Gives a path relative to its folder; raises OSError for one that no file can have."""
    if b"\0" in path or not path:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    if len(path) > MAX_PATH:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    return path.lstrip(b"/") or b"."


@functools.cache
def resolver() -> Opener:
    """Gives the way that this kernel has to resolve paths."""
    root = os.open("/", _SEEN | os.O_DIRECTORY)
    try:
        os.close(openat2(root, b".", _SEEN, 0))
    except OSError:
        # Too old a kernel, or a filter of system calls.
        return walk
    finally:
        os.close(root)
    return openat2


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def openat2(folder: int, path: bytes, flags: int, mode: int) -> int:
    """Opens a relative path as the kernel resolves it beneath a folder; raises ``OSError``."""
    how = _How(flags, mode if flags & os.O_CREAT else 0, _BENEATH | _NO_MAGIC_LINKS)
    syscall = _library().syscall
    for _ in range(_RETRIES):
        descriptor = syscall(
            ctypes.c_long(_OPENAT2), ctypes.c_long(folder), path, ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how))
        )
        if descriptor >= 0:
            return int(descriptor)
        number = ctypes.get_errno()
        # EAGAIN: something was renamed while a `..` was resolved, and nobody knows whether it led out.
        if number not in (errno.EAGAIN, errno.EINTR):
            break
    raise OSError(number, os.strerror(number))


def walk(folder: int, path: bytes, flags: int, mode: int) -> int:
    """Opens a relative path one component after the other; raises ``OSError``."""
    trail = [os.dup(folder)]  # the folders on the way, so that `..` leads back to where we came from
    rest = path.split(b"/")[::-1]
    links = 0
    try:
        while rest:
            name = rest.pop()
            if name in (b"", b"."):
                continue
            if name == b"..":
                if len(trail) == 1:
                    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
                os.close(trail.pop())
                continue
            target = _link(trail[-1], name)
            # What is to be new is not made through a link: O_EXCL says that too.
            if target is not None and not (not rest and flags & (os.O_NOFOLLOW | os.O_EXCL)):
                links += 1
                if links > MAX_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                if target.startswith(b"/"):
                    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
                rest += target.split(b"/")[::-1]
            elif not rest:
                return os.open(name, flags | os.O_NOFOLLOW, mode, dir_fd=trail[-1])
            else:
                trail.append(os.open(name, _SEEN | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=trail[-1]))
        if flags & os.O_CREAT and not flags & os.O_DIRECTORY:
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        return os.open(b".", flags | os.O_NOFOLLOW, mode, dir_fd=trail[-1])
    finally:
        for descriptor in trail:
            os.close(descriptor)


def _link(folder: int, name: bytes) -> bytes | None:
    """Gives what a symbolic link says, None for anything else."""
    try:
        descriptor = os.open(name, _SEEN | os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        if not stat.S_ISLNK(os.fstat(descriptor).st_mode):
            return None
        return os.readlink(b"", dir_fd=descriptor)
    finally:
        os.close(descriptor)
