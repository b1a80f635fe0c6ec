"""A folder of the host as a script is given it: its files, and no way out of it.

Paths are bytes, relative to the folder, `/` being the folder itself. Only regular files are opened: a device or a FIFO is not even
looked into. Descriptors, not names, are what is worked on after a path has been resolved, so nothing can be put in its place.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from moonwit.host.files.beneath import open_beneath
from moonwit.host.files.folders import open_folder
from moonwit.host.files.kinds import real_folder
from moonwit.registry.names import shown
from moonwit.registry.record import record

if TYPE_CHECKING:
    from moonwit.registry.entries import Entry
    from moonwit.registry.registry import Registry

MAX_NAMES = 100_000

# What a file may be opened for, with or without a "b": flags, and whether it is emptied.
_MODES: Final = {
    "r": (os.O_RDONLY, False),
    "r+": (os.O_RDWR, False),
    "w": (os.O_WRONLY | os.O_CREAT, True),
    "w+": (os.O_RDWR | os.O_CREAT, True),
    "a": (os.O_WRONLY | os.O_CREAT | os.O_APPEND, False),
    "a+": (os.O_RDWR | os.O_CREAT | os.O_APPEND, False),
    "wx": (os.O_WRONLY | os.O_CREAT | os.O_EXCL, False),
    "w+x": (os.O_RDWR | os.O_CREAT | os.O_EXCL, False),
}

_KINDS: Final = {
    errno.ENOENT: "NotFound",
    errno.EEXIST: "AlreadyExists",
    errno.EACCES: "PermissionDenied",
    errno.EPERM: "PermissionDenied",
    errno.EROFS: "PermissionDenied",
    errno.EXDEV: "PermissionDenied",
    errno.ENOTEMPTY: "Conflict",
    errno.EBUSY: "Conflict",
    errno.ENOTDIR: "Invalid",
    errno.EISDIR: "Invalid",
    errno.EINVAL: "Invalid",
    errno.ELOOP: "Invalid",
    errno.ENAMETOOLONG: "Invalid",
    errno.ENOSPC: "Unavailable",
    errno.EDQUOT: "Unavailable",
    errno.EFBIG: "Unavailable",
    errno.EMFILE: "Unavailable",
    errno.ENFILE: "Unavailable",
}
_WORDS: Final = {
    errno.ENOENT: "does not exist",
    errno.EEXIST: "exists already",
    errno.EACCES: "may not be used by this user",
    errno.EPERM: "may not be changed by this user",
    errno.EXDEV: "leaves its folder",
    errno.ENOTEMPTY: "is a folder that is not empty",
    errno.ENOTDIR: "leads through something that is not a folder, or names none",
    errno.EISDIR: "is a folder",
    errno.EINVAL: "is not a path that a file can have",
    errno.ELOOP: "leads through too many symbolic links",
}


class FileProblem(Exception):
    """Something can't be done with a file. ``kind`` is one of the kinds of errors in Lua; the message is a sentence."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@record
class Status:
    """What is known of a file or folder; ``modified`` is in seconds since 1970, ``mode`` its permissions."""

    name: bytes
    size: int
    mode: int
    modified: float
    type: str


def directory_of(entry: Entry, registry: Registry) -> Directory:
    """Opens the folder of an `fs.directory` entry; makes it first where `auto_init` says so. Raises ``FileProblem``."""
    mode = int(str(entry.fields.get("mode") or "0755"), 8) if entry.fields.get("auto_init") else None
    return Directory(entry.id, real_folder(entry, registry), mode)


class Directory:
    """A folder, named ``name`` in sentences; ``mode`` makes it if it is not there. Its methods may be called from any thread.

    ``folder`` is absolute and without symbolic links: one that stands there now was put there by somebody else than its owner.
    """

    def __init__(self, name: str, folder: Path, mode: int | None = None) -> None:
        self.name = name
        self._descriptor = -1
        try:
            self._descriptor = open_folder(folder, mode)
        except OSError as error:
            kind = {errno.ENOENT: "NotFound", errno.ELOOP: "PermissionDenied"}.get(error.errno or 0, "Unavailable")
            why = "there is a symbolic link in its path that was not there before" if error.errno == errno.ELOOP else _reason(error)
            raise FileProblem(kind, f"the folder of {name}, {folder}, can't be opened: {why}") from None

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def open(self, path: bytes, mode: str = "r") -> int:
        """Opens a regular file and gives its descriptor, which the caller closes."""
        flags, empty = _MODES[mode]
        with self._told(path):
            return self._open(path, flags, empty)

    def stat(self, path: bytes) -> Status:
        """Looks at a file or folder; symbolic links in the folder are followed."""
        with self._told(path), self._seen(path) as descriptor:
            found = os.fstat(descriptor)
        kind = "file" if stat.S_ISREG(found.st_mode) else "directory" if stat.S_ISDIR(found.st_mode) else "other"
        name = path.rstrip(b"/").rpartition(b"/")[2] or b"/"
        return Status(name, found.st_size, stat.S_IMODE(found.st_mode), found.st_mtime, kind)

    def mkdir(self, path: bytes) -> None:
        """Makes a folder; the one above it must be there."""
        with self._told(path), self._above(path) as (folder, name):
            os.mkdir(name, dir_fd=folder)

    def remove(self, path: bytes) -> None:
        """Removes a file, a symbolic link itself, or a folder that is empty; raises ``OSError``."""
        with self._told(path), self._above(path) as (folder, name):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                os.rmdir(name, dir_fd=folder)
            elif path.endswith(b"/"):
                raise OSError(errno.ENOTDIR, "")
            else:
                os.unlink(name, dir_fd=folder)

    def names(self, path: bytes) -> list[tuple[bytes, str]]:
        """Lists what a folder holds by name, with its type: "file", "directory" or "other"; raises ``FileProblem``."""
        with self._told(path):
            descriptor = open_beneath(self._descriptor, path, os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK)
            try:
                found: list[tuple[bytes, str]] = []
                with os.scandir(descriptor) as entries:
                    for entry in entries:
                        if len(found) == MAX_NAMES:
                            raise FileProblem("Unavailable", f"{_quoted(path)} in {self.name} holds more than {MAX_NAMES} names")
                        found.append((os.fsencode(entry.name), _type(entry)))
            finally:
                os.close(descriptor)
        return sorted(found)

    def _open(self, path: bytes, flags: int, empty: bool) -> int:
        # A look before it is opened: opening a device or a FIFO may already do something, or wait forever.
        try:
            with self._seen(path) as seen:
                self._must_be_file(path, os.fstat(seen).st_mode)
            if flags & os.O_EXCL:
                raise OSError(errno.EEXIST, "")
        except FileNotFoundError:
            if not flags & os.O_CREAT:
                raise
        descriptor = open_beneath(self._descriptor, path, flags | os.O_NONBLOCK | os.O_NOCTTY, 0o666)
        try:
            self._must_be_file(path, os.fstat(descriptor).st_mode)
            if empty:
                os.ftruncate(descriptor, 0)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _must_be_file(self, path: bytes, mode: int) -> None:
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, "")
        if not stat.S_ISREG(mode):
            raise FileProblem("PermissionDenied", f"{_quoted(path)} in {self.name} is a device, a FIFO or a socket, which are not opened")

    @contextmanager
    def _seen(self, path: bytes) -> Iterator[int]:
        descriptor = open_beneath(self._descriptor, path, os.O_PATH)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _above(self, path: bytes) -> Iterator[tuple[int, bytes]]:
        """Gives the folder above a path, and the last name in the path."""
        above, _, name = path.rstrip(b"/").rpartition(b"/")
        if b"\0" in path or name in (b"", b".", b".."):
            raise OSError(errno.EINVAL, "")
        descriptor = open_beneath(self._descriptor, above or b"/", os.O_PATH | os.O_DIRECTORY)
        try:
            yield descriptor, name
        finally:
            os.close(descriptor)

    @contextmanager
    def _told(self, path: bytes) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            number = error.errno or 0
            words = _WORDS.get(number) or f"can't be used: {_reason(error)}"
            raise FileProblem(_KINDS.get(number, "Internal"), f"{_quoted(path)} in {self.name} {words}") from None


def problem_of(error: OSError, what: str) -> FileProblem:
    """Words what failed with an open file; ``what`` names it."""
    return FileProblem(_KINDS.get(error.errno or 0, "Internal"), f"{what} can't be read or written: {_reason(error)}")


def _quoted(path: bytes) -> str:
    return shown(path.decode("utf-8", "replace"), 120)


def _type(entry: os.DirEntry[str]) -> str:
    if entry.is_dir(follow_symlinks=False):
        return "directory"
    return "file" if entry.is_file(follow_symlinks=False) else "other"


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or 0).lower()
