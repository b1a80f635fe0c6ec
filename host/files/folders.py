"""The folders of `fs.directory` entries as they were when the project was loaded.

A folder may be a symbolic link, or lie behind one, which its owner made. A guest may make links too, where it can write: when one
folder lies in another that is mounted, it could put a link in that folder's place, to wherever it likes. So links are resolved
once, when the project is loaded, and none is followed later.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from moonwit.registry.files import inside

if TYPE_CHECKING:
    from moonwit.registry.entries import Entry
    from moonwit.registry.registry import Registry

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW

_known: WeakKeyDictionary[Registry, dict[str, Path]] = WeakKeyDictionary()
_lock = threading.Lock()


def real_folder(entry: Entry, registry: Registry) -> Path:
    """Gives where the folder of an entry really is: what its path has meant when this was asked first."""
    with _lock:
        folders = _known.setdefault(registry, {})
        if entry.id not in folders:
            folders[entry.id] = Path(os.path.realpath(registry.root / str(entry.fields["directory"])))
        return folders[entry.id]


ABSOLUTE = "write its absolute path if it is meant"


def linked_outside(root: Path, name: str) -> bool:
    """Tells whether a path is one inside the project as it is written, and outside by a symbolic link.

    An absolute path, or one by `..`, says for all to read what it grants; a link says so to nobody.
    """
    if os.path.isabs(name) or not Path(os.path.normpath(root / name)).is_relative_to(root):
        return False
    return inside(root, name) is None


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
