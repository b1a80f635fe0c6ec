"""The kinds `store.memory` and `store.sqlite`, as the registry checks them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from weakref import WeakKeyDictionary

from moonwit.host.files.kinds import ABSOLUTE, linked_outside, path_rule
from moonwit.registry import Entry, Field, Integer, Kind, Problem, Registry, Text, shown

STORES = ("store.memory", "store.sqlite")

FILE = Text(rule=path_rule, required=True, summary="the file, relative to the project or absolute; made if it is not there")

_known: WeakKeyDictionary[Registry, dict[str, Path]] = WeakKeyDictionary()
_lock = threading.Lock()


def file_of(entry: Entry, registry: Registry) -> Path:
    """Gives the file of an entry: relative to the project, or absolute, as its owner grants it.

    Links are resolved when this is first asked, as the project is loaded: one that is put in its place later is not followed.
    """
    with _lock:
        files = _known.setdefault(registry, {})
        if entry.id not in files:
            files[entry.id] = Path(os.path.realpath(registry.root / str(entry.fields["file"])))
        return files[entry.id]


def check_file(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks that the file can be one, and that there is a folder to make it in.

    It is not opened: a process that closes a file loses all locks that it has on it, those of SQLite too.
    """
    path, name = file_of(entry, registry), str(entry.fields["file"])
    try:
        if linked_outside(registry.root, name):
            sentence = f"the file {shown(name)} is, or lies behind, a symbolic link that leaves the project"
            yield entry.problem(("file",), sentence, ABSOLUTE)
        elif not path.parent.is_dir():
            yield entry.problem(("file",), f"the folder of the file {shown(name)} does not exist", "make the folder")
        elif path.exists() and not path.is_file():
            yield entry.problem(("file",), f"`file` names {shown(name)}, which is not a file")
    except OSError as error:
        yield entry.problem(("file",), f"the file {shown(name)} can't be looked at: {(error.strerror or 'unknown').lower()}")


def _bounds(most: int) -> Mapping[str, Field]:
    return {
        "max_size": Integer(minimum=1, maximum=1_000_000, default=10_000, summary="how many entries it holds"),
        "max_bytes": Integer(minimum=1, maximum=2**40, default=most, summary="how many bytes their keys and values have together"),
    }


KINDS: tuple[Kind, ...] = (
    Kind("store.memory", _bounds(64 * 1024 * 1024), None, "keys and values that are kept until the process ends"),
    Kind("store.sqlite", {"file": FILE, **_bounds(1024 * 1024 * 1024)}, check_file, "keys and values in a file that processes share"),
)
