"""Lua files that scripts and entries require: where they are looked for, and how they are read beneath the project."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from moonwit.lua.border.answers import Failure
    from moonwit.lua.border.modules import SourceFound
    from moonwit.lua.border.plans import Place

# Folders of a project in which modules lie: its own, and the rocks that `luarocks --tree lua_modules` has put there.
SHARED: Final = ("lua", "lua_modules/share/lua/5.1")
# Where LuaRocks puts what is compiled.
_COMPILED: Final = "lua_modules/lib/lua/5.1"
# A module's text may have as many bytes.
MAX_SOURCE: Final = 16 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"


def of_entry(root: Path, beside: Path) -> list[Place]:
    """Lists where the modules of an entry are looked for: beside its source and in its project, named from the project's folder."""
    base, own = os.path.realpath(root), os.path.realpath(beside)
    found = [_place(base, name, name) for name in SHARED]
    return [_beside(base, own, os.path.relpath(own, base)), *found] if _is_inside(own, base) else found


def of_script(root: Path | None, beside: str | None) -> list[Place]:
    """Lists where the modules of a script are looked for: in the folder ``beside`` it, which errors name as it is given, and in the
    project at ``root``. One that lies in no project takes its own folder for one; with neither there is nowhere to look."""
    own = None if beside is None else _real(beside or ".")
    base = own if root is None else os.path.realpath(root)
    if base is None:
        return []
    shown = "" if beside is None else beside
    found = [] if own is None else [_beside(base if _is_inside(own, base) else own, own, shown)]
    prefix = shown if own == base else _from_here(base)
    return [*found, *(_place(base, name, os.path.join(prefix, name)) for name in SHARED)]


def _real(folder: str) -> str | None:
    try:
        return os.path.realpath(folder)
    except OSError:  # it is relative to a working directory that has been deleted
        return None


def _is_inside(folder: str, base: str) -> bool:
    return folder == base or folder.startswith(base.rstrip("/") + "/")


def _beside(base: str, own: str, shown: str) -> Place:
    return _place(base, os.path.relpath(own, base), shown)


def _place(root: str, path: str, shown: str) -> Place:
    return {"root": root, "path": "" if path == "." else path, "shown": "" if shown == "." else shown.removeprefix("./")}


def _from_here(folder: str) -> str:
    try:
        here = os.path.relpath(folder)
    except OSError:  # the working directory has been deleted
        return folder
    return folder if here.startswith("..") else "" if here == "." else here


def _failed(kind: str, message: str) -> Failure:
    return {"failed": True, "kind": kind, "message": message}


def find(root: bytes, first: bytes, second: bytes) -> SourceFound | Failure:
    """Gives the text of the first of two files below a folder that is there; an answer without one where neither is."""
    try:
        folder = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        return _failed("Unavailable", f"the folder {_shown(root)} can't be opened: {os.strerror(error.errno or 0).lower()}")
    path = first
    try:
        for path in (first, second):
            if (source := _read(folder, path)) is not None:
                return {"source": source, "first": path == first}
    except OSError as error:
        why = "leaves the project" if error.errno == errno.EXDEV else f"can't be read: {os.strerror(error.errno or 0).lower()}"
        return _failed("PermissionDenied", f"the file {_shown(path)} {why}")
    except _Unfit as problem:
        return _failed("Invalid", f"the file {_shown(path)} {problem}")
    finally:
        os.close(folder)
    # A name of a module holds nothing that would have to be quoted.
    name = first.removesuffix(b".lua").rpartition(b"/")[2]
    if os.path.exists(os.path.join(root, os.fsencode(_COMPILED), name + b".so")):
        return _failed("Invalid", f"{_COMPILED}/{name.decode('utf-8', 'replace')}.so is compiled C code, which is not loaded")
    return {}


class _Unfit(Exception):
    """A file is not one that can be required; says why."""


def _read(folder: int, path: bytes) -> bytes | None:
    """Gives the text of a file below a folder, None where none is; raises OSError, and _Unfit."""
    from moonwit.host.files.beneath import open_beneath

    try:
        # A look before it is opened: opening a device or a FIFO may already do something, or wait forever.
        seen = open_beneath(folder, path, os.O_PATH)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        mode = os.fstat(seen).st_mode
    finally:
        os.close(seen)
    if stat.S_ISDIR(mode):
        return None
    if not stat.S_ISREG(mode):
        raise _Unfit("is a device, a FIFO or a socket")
    with open(open_beneath(folder, path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:
        source = file.read(MAX_SOURCE + 1)
    if len(source) > MAX_SOURCE:
        raise _Unfit(f"is larger than {MAX_SOURCE // 2**20} MiB, which is more than is read")
    source = source.removeprefix(_BOM)
    return b"--" + source if source.startswith(b"#") else source


def _shown(path: bytes) -> str:
    from moonwit.registry.names import shown

    return shown(path.decode("utf-8", "replace"), 120)
