"""Values in a dotenv file: read again when the file has changed, written as a whole."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from moonwit.host.environment.dotenv import SyntaxProblem, changed, is_key, values
from moonwit.host.environment.storages import Refused, Unusable
from moonwit.host.files.folders import open_folder
from moonwit.registry.files import Unreadable, decode, too_large, unreadable
from moonwit.registry.names import shown

MAX_BYTES = 1024 * 1024


class FileStorage:
    """The values of one file. The rest of it, comments included, stays as it is when one is set.

    ``path`` is absolute and without symbolic links, and none is followed that stands there later.
    """

    def __init__(self, path: Path, create: bool, mode: int) -> None:
        self.path = path
        self.create = create
        self.mode = mode
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int, int] | None = None
        self._values: Mapping[str, str] = {}

    def values(self) -> Mapping[str, str]:
        """Gives all values."""
        with self._lock:
            seen = self._state()
            if seen is None or seen != self._seen:
                self._values = self._parsed(self._text())
                self._seen = seen
            return self._values

    def get(self, name: str) -> str | None:
        return self.values().get(name)

    def set(self, name: str, value: str) -> None:
        """Sets a value; a reader of the file meanwhile sees it as it was, or as it is then. Raises ``Refused`` and ``Unusable``."""
        if not is_key(name):
            raise Refused(f"a file can't hold a variable named {shown(name)}")
        with self._lock:
            try:
                text = changed(self._text(), name, value)
            except SyntaxProblem as error:
                raise self._broken(error) from None
            data = text.encode()
            if len(data) > MAX_BYTES:
                raise Refused(f"the file {self.path} would hold more than {MAX_BYTES // 1024} KiB")
            try:
                self._write(data)
            except OSError as error:
                raise Unusable(f"the file {self.path} can't be written: {_reason(error)}") from None
            self._seen = None

    def _text(self) -> str:
        try:
            return decode(self._bytes())
        except OSError as error:
            if error.errno == errno.ENOENT and self.create:
                return ""
            linked = "is, or lies behind, a symbolic link that was not there when the project was loaded"
            raise Unusable(f"the file {self.path} {linked if error.errno == errno.ELOOP else unreadable(error).why}") from None
        except Unreadable as error:
            raise Unusable(f"the file {self.path} {error.why}") from None

    def _bytes(self) -> bytes:
        with self._folder() as folder:
            # A FIFO in its place would block forever without O_NONBLOCK.
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
            with open(os.open(self.path.name, flags, dir_fd=folder), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise Unreadable("is not a regular file")
                data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise too_large(max(status.st_size, len(data)), MAX_BYTES)
        return data

    @contextmanager
    def _folder(self) -> Iterator[int]:
        descriptor = open_folder(self.path.parent)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _state(self) -> tuple[int, int, int, int] | None:
        """Gives what changes when the file does; None when there is none."""
        try:
            status = os.lstat(self.path)
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

    def _parsed(self, text: str) -> Mapping[str, str]:
        try:
            return values(text)
        except SyntaxProblem as error:
            raise self._broken(error) from None

    def _broken(self, error: SyntaxProblem) -> Unusable:
        return Unusable(f"{self.path}:{error.line}:{error.column}: {error.sentence}")

    def _write(self, data: bytes) -> None:
        part, name = f".moonwit-{os.urandom(8).hex()}", self.path.name
        with self._folder() as folder:
            try:
                mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode & 0o777
            except FileNotFoundError:
                mode = self.mode
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(part, flags, 0o600, dir_fd=folder)
            try:
                with open(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fchmod(descriptor, mode)
                    os.fsync(descriptor)
                os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                os.unlink(part, dir_fd=folder)
                raise


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or 0).lower()
