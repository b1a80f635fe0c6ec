"""The kind `fs.directory`, as the registry checks it, and where its folders were when the project was loaded.

A folder may be a symbolic link, or lie behind one, which its owner made. A guest may make links too, where it can write: when one
folder lies in another that is mounted, it could put a link in that folder's place, to wherever it likes. So links are resolved
once, when the project is loaded, and none is followed later.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from pathlib import Path
from weakref import WeakKeyDictionary

from moonwit.registry import Broken, Entry, Flag, Kind, Problem, Registry, Text, inside, pattern, shown

# What an editor checks of paths: no `..` among the parts, and characters that can be in a path.
BELOW = r"(?!(?:.*/)?\.\.(?:/|$))"
PATH = r"[^\x00-\x1f\x7f]{0,4096}"
_MODE = "0?[0-7]{3}"
ABSOLUTE = "write its absolute path if it is meant"

_known: WeakKeyDictionary[Registry, dict[str, Path]] = WeakKeyDictionary()
_lock = threading.Lock()


@pattern(PATH)
def path_rule(text: str) -> Broken:
    """Says what is wrong with a path."""
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        return f"holds a control character: {shown(text)}"
    return None if len(text) <= 4096 else f"is {len(text)} characters long, and no path is"


@pattern(_MODE)
def mode_rule(text: str) -> Broken:
    """Says what is wrong with the permissions of a folder."""
    return None if re.fullmatch(_MODE, text) else (f"expected octal permissions, got {shown(text)}", 'write "0755"')


def folder_of(entry: Entry, registry: Registry) -> Path:
    """Gives the folder of an `fs.directory` entry: relative to the project, or absolute, as its owner grants it."""
    return registry.root / str(entry.fields["directory"])


def real_folder(entry: Entry, registry: Registry) -> Path:
    """Gives where the folder of an entry really is: what its path has meant when this was asked first."""
    with _lock:
        folders = _known.setdefault(registry, {})
        if entry.id not in folders:
            folders[entry.id] = Path(os.path.realpath(registry.root / str(entry.fields["directory"])))
        return folders[entry.id]


def keep_folder(registry: Registry, id: str, path: Path) -> None:
    """Says where the folder of an entry is: the same as on the machine that the registry comes from."""
    with _lock:
        _known.setdefault(registry, {})[id] = path


def linked_outside(root: Path, name: str) -> bool:
    """Tells whether a path is one inside the project as it is written, and outside by a symbolic link.

    An absolute path, or one by `..`, says for all to read what it grants; a link says so to nobody.
    """
    if os.path.isabs(name) or not Path(os.path.normpath(root / name)).is_relative_to(root):
        return False
    return inside(root, name) is None


def check_folder(entry: Entry, registry: Registry) -> Iterable[Problem]:
    """Checks that the folder is there, unless it is to be made."""
    name = str(entry.fields["directory"])
    folder = folder_of(entry, registry)
    try:
        # What the path means now is what is mounted later.
        real_folder(entry, registry)
        if linked_outside(registry.root, name):
            sentence = f"the folder {shown(name)} is, or lies behind, a symbolic link that leaves the project"
            yield entry.problem(("directory",), sentence, ABSOLUTE)
            return
        if folder.is_dir():
            return
        exists = folder.exists() or folder.is_symlink()
    except OSError as error:
        yield entry.problem(("directory",), f"the folder {shown(name)} can't be looked at: {(error.strerror or 'unknown').lower()}")
        return
    if exists:
        yield entry.problem(("directory",), f"`directory` names {shown(name)}, which is not a folder")
    elif not entry.fields["auto_init"]:
        hint = "make the folder, or write `auto_init: true` to have it made"
        yield entry.problem(("directory",), f"the folder {shown(name)} does not exist", hint)


KINDS: tuple[Kind, ...] = (
    Kind(
        "fs.directory",
        {
            "directory": Text(rule=path_rule, required=True, summary="the folder, relative to the project or absolute"),
            "auto_init": Flag(default=False, summary="make the folder if it is not there"),
            "shared": Flag(default=False, summary="the same folder is there, by the same path, on every worker of a cluster"),
            "mode": Text(rule=mode_rule, written=True, default="0755", summary="octal permissions of a folder that is made"),
        },
        check_folder,
        "a folder that functions may be given",
    ),
)
