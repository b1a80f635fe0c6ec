"""Opens folders of `fs.directory` entries where they were when the project was loaded: see `kinds`."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


def open_folder(folder: Path, mode: int | None = None) -> int:
    """Opens a folder of an absolute path without links, and gives its descriptor (O_PATH); ``mode`` makes it if it is not there.

    Raises OSError: ELOOP where a link stands in the way.
    """
    descriptor = os.open(folder.anchor, _FOLDER)
    names = folder.parts[1:]
    for place, name in enumerate(names, start=1):
        above = descriptor
        try:
            descriptor = _enter(above, name, mode, is_last=place == len(names))
        finally:
            os.close(above)
    return descriptor


def _enter(above: int, name: str, mode: int | None, *, is_last: bool) -> int:
    made = False
    if mode is not None:
        # Where nothing can be made something may be there already; if not, opening it says so.
        with suppress(OSError):
            os.mkdir(name, 0o755, dir_fd=above)
            made = True
    try:
        descriptor = os.open(name, _FOLDER, dir_fd=above)
    except NotADirectoryError:
        if stat.S_ISLNK(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise
    if made and is_last and mode is not None:
        # Not subject to the umask, as the entry says it.
        try:
            os.chmod(f"/proc/self/fd/{descriptor}", mode)
        except OSError:
            os.close(descriptor)
            raise
    return descriptor
