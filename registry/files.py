"""Reading files of a project: bounded, regular files only, never outside the project."""

import errno
import os
import stat
from pathlib import Path

MAX_BYTES = 8 * 1024 * 1024
MAX_PATH = 4096


class Unreadable(Exception):
    """A file that can't be read, with the predicate of the sentence that says why; the project's files cause it."""

    def __init__(self, why: str, hint: str | None = None, *, not_text: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint
        self.not_text = not_text  # it can be read, but holds something else than UTF-8


def inside(root: Path, path: str | Path) -> Path | None:
    """Resolves a path, symbolic links included, and gives None when it leaves `root` (a resolved path)."""
    text = os.fspath(path)
    if "\0" in text or len(text) > MAX_PATH:
        return None
    try:
        real = os.path.realpath(os.path.join(root, text))
    except (OSError, ValueError):
        return None
    if real == str(root) or real.startswith(os.path.join(root, "")):
        return Path(real)
    return None


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Reads a regular file of at most `limit` bytes; the size is looked at first, so that a huge file costs nothing."""
    data, size = _read(path, limit + 1, limit)
    if size > limit:
        raise too_large(size, limit)
    return data


def read_head(path: Path, count: int) -> bytes:
    """Reads the first bytes of a regular file, whatever its size."""
    return _read(path, count)[0]


def _read(path: Path, count: int, largest: int | None = None) -> tuple[bytes, int]:
    """Reads at most `count` bytes and gives the file's size; of a file larger than `largest` it reads none."""
    try:
        # A pipe in the place of a file would block forever without O_NONBLOCK.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if stat.S_ISDIR(status.st_mode):
                raise Unreadable("is a folder, not a file")
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable("is not a regular file")
            if largest is not None and status.st_size > largest:
                return b"", status.st_size
            parts: list[bytes] = []
            left = count
            while left > 0 and (part := os.read(descriptor, min(left, 1 << 20))):
                parts.append(part)
                left -= len(part)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        raise unreadable(error) from error
    data = b"".join(parts)
    return data, max(status.st_size, len(data))


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Reads a UTF-8 file of at most `limit` bytes; a byte order mark is left out."""
    return decode(read_bytes(path, limit))


def decode(data: bytes) -> str:
    """Decodes UTF-8 and says at which line it stops being that; raises ``Unreadable``."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unreadable("is UTF-16, not UTF-8", "save it as UTF-8", not_text=True)
    try:
        return data.decode("utf-8").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        why = f"is not UTF-8 text (byte 0x{data[error.start]:02x} in line {line})"
        raise Unreadable(why, "save it as UTF-8", not_text=True) from error


def unreadable(error: OSError | ValueError) -> Unreadable:
    """Words an operating system's error as a predicate."""
    number = error.errno if isinstance(error, OSError) else errno.EINVAL
    if number in (errno.ENOENT, errno.ENOTDIR):
        return Unreadable("does not exist")
    if number == errno.ELOOP:
        return Unreadable("is a symbolic link that leads to itself")
    if number in (errno.EACCES, errno.EPERM):
        return Unreadable("can't be read by this user", "check its permissions")
    return Unreadable(f"can't be read: {os.strerror(number or errno.EINVAL).lower()}")


def too_large(size: int, limit: int) -> Unreadable:
    """Words the refusal of a file by its size."""
    return Unreadable(f"holds {_amount(size)}, more than the {_amount(limit)} that are read")


def _amount(count: int) -> str:
    return f"{count / 1048576:.1f} MiB".replace(".0 ", " ") if count >= 1048576 else f"{count} bytes"
