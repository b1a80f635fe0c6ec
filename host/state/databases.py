"""Opens files of SQLite where they were when the project was loaded, and nowhere else: see `kinds`."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from pathlib import Path

from moonwit.host.files.folders import open_folder
from moonwit.host.state.problem import StateProblem

# How long an operation waits for another process that has the file locked, in seconds.
BUSY = 10.0

_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_FULL = (sqlite3.SQLITE_FULL,)
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CLOSED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR)
# One file is opened at a time, as what is open is looked at.
_opening = threading.Lock()


def open_file(name: str, path: Path) -> sqlite3.Connection:
    """Opens the database of ``name``, which is made where it is not there; raises ``StateProblem``. Its connection may be used on any
    thread, by one at a time; it begins no transaction by itself, and its journal is a write-ahead log."""
    try:
        folder = open_folder(path.parent)
    except OSError as error:
        why = (error.strerror or "unknown").lower()
        raise StateProblem("Unavailable", f"the folder of {name}, {path.parent}, can't be opened: {why}") from None
    try:
        with _opening:
            # Beside it SQLite opens its log, by the name that it has then.
            for suffix in ("", "-wal", "-shm", "-journal"):
                _identity(name, folder, path.with_name(path.name + suffix))
            made = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            try:
                _settle(made)
                identity = _identity(name, folder, path)
                if identity is None or not _is_open(identity):
                    raise StateProblem("PermissionDenied", f"the file of {name}, {path}, was replaced while it was opened")
            except BaseException:
                made.close()
                raise
    except sqlite3.Error as error:
        raise file_problem(name, error) or StateProblem("Unavailable", f"the file of {name} can't be opened: {error}") from None
    finally:
        os.close(folder)
    return made


def _settle(made: sqlite3.Connection) -> None:
    """Sets what holds for all databases. Two processes that ask for the log at the same time lock each other out, without waiting."""
    end = time.monotonic() + BUSY
    made.execute("PRAGMA trusted_schema = OFF")
    made.execute("PRAGMA cell_size_check = ON")
    while True:
        try:
            if made.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                made.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.005)
    # What was committed survives the end of the process, however it ends; the log is synced when it goes into the file.
    made.execute("PRAGMA synchronous = NORMAL")


def _identity(name: str, folder: int, path: Path) -> tuple[int, int] | None:
    """Gives what a file is known by, without opening it: closing it would release the locks that SQLite has on it in this process."""
    try:
        found = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise StateProblem("PermissionDenied", f"the file of {name}, {path}, is a link, a folder or a device, which are not opened")
    return found.st_dev, found.st_ino


def _is_open(identity: tuple[int, int]) -> bool:
    """Tells whether this process has a file open."""
    for number in os.listdir("/proc/self/fd"):
        try:
            found = os.stat(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == identity:
            return True
    return False


def file_problem(name: str, error: sqlite3.Error) -> StateProblem | None:
    """Words what SQLite says of the file of ``name``; gives nothing for what is wrong with a statement."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _LOCKED:
        return StateProblem("Unavailable", f"the file of {name} has been locked by others for {BUSY:.0f} s: try again", True)
    if code in _FULL:
        return StateProblem("Unavailable", f"the file of {name} can't grow: its disk or its bound is full")
    if code in _BROKEN:
        return StateProblem("Unavailable", f"the file of {name} is not a database, or is damaged")
    if code in _CLOSED:
        return StateProblem("Unavailable", f"the file of {name} can't be read or written: {error}")
    return None
