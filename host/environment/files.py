"""Values in a dotenv file: read again when the file has changed, written as a whole."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from moonwit.host.environment.dotenv import SyntaxProblem, changed, is_key, values
from moonwit.host.environment.storages import Refused, Unusable
from moonwit.registry.files import Unreadable, read_text
from moonwit.registry.names import shown

MAX_BYTES = 1024 * 1024


class FileStorage:
    """The values of one file. The rest of it, comments included, stays as it is when one is set."""

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
        """Sets a value; whoever reads the file meanwhile sees it as it was, or as it is then."""
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
            return read_text(self.path, MAX_BYTES)
        except Unreadable as error:
            if error.why == "does not exist" and self.create:
                return ""
            raise Unusable(f"the file {self.path} {error.why}") from None

    def _state(self) -> tuple[int, int, int, int] | None:
        """Gives what changes when the file does; None when there is none."""
        try:
            status = os.stat(self.path)
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
        target = os.path.realpath(self.path)
        try:
            mode = os.stat(target).st_mode & 0o777
        except FileNotFoundError:
            mode = self.mode
        descriptor, name = tempfile.mkstemp(prefix=".moonwit-", dir=os.path.dirname(target))
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or 0).lower()
