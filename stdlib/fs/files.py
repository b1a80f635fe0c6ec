"""What the module `fs` asks of the host: folders by the ids of their entries, and open files by number."""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moonwit.host.files import counts

if TYPE_CHECKING:
    from moonwit.host.files.directory import Directory
    from moonwit.lua.border.answers import Failure, Nothing
    from moonwit.lua.border.modules import BytesRead, FileName, FileOpened, FileSize, FileStat, FolderFound, WouldWait
    from moonwit.lua.calls.entries import Entries

Callback = Callable[..., object]

# What one call reads or writes at most; more goes piece by piece, so that nobody waits long for a copy.
MAX_PIECE = 4 * 1024 * 1024


class OpenFile:
    """A file that a script has open. It is closed when nobody uses its descriptor any more: the number might be given away."""

    def __init__(self, descriptor: int, name: str, owner: str) -> None:
        self.descriptor = descriptor
        self.name = name
        self.owner = owner
        # Reading with them gives what is in memory and does not wait for a disk.
        self.flags = os.RWF_NOWAIT
        self._users = 1
        self._lock = threading.Lock()

    def __enter__(self) -> int:
        with self._lock:
            if not self._users:
                raise ValueError("the file is closed")
            self._users += 1
        return self.descriptor

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends one use."""
        with self._lock:
            self._users -= 1
            if not self._users:
                os.close(self.descriptor)


class Files:
    """The folders and open files of a project's scripts, in all of its lanes."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._lock = threading.Lock()
        self._directories: dict[str, Directory] = {}
        self._open: dict[int, OpenFile] = {}
        self._owned: Counter[str] = Counter()
        # Scripts of all projects and guests share what the process may have.
        self._cell = counts.Cell()
        self._last = 0

    @property
    def callbacks(self) -> Mapping[str, Callback]:
        """The functions for ``Lane``. Those that give ``failed`` say why in ``kind`` and ``message``."""
        return {
            "fs_get": _told(self._get),
            "fs_open": _told(self._open_file),
            "fs_close": self._close_file,
            "fs_end": self._end,
            "fs_stat": _told(self._stat),
            "fs_mkdir": _told(self._mkdir),
            "fs_remove": _told(self._remove),
            "fs_size": _told(self._size),
            "fs_read_here": _told(self._read_here),
            "fs_read_into": _told(self._read_into),
            **self.blocking,
        }

    @property
    def blocking(self) -> Mapping[str, Callback]:
        """Those that may take long, and are better called on another thread."""
        return {"fs_read": _told(self._read), "fs_write": _told(self._write), "fs_names": _told(self._names)}

    def close(self) -> None:
        """Closes what scripts have left open."""
        with self._lock:
            left = list(self._open.values())
            self._open.clear()
            self._owned.clear()
            self._cell.count = 0
        for file in left:
            file.close()

    def _get(self, id: bytes) -> FolderFound | Failure:
        from moonwit.host.files.directory import directory_of
        from moonwit.lua.lane.compilations import failed

        name = id.decode("utf-8", "replace")
        found = self._entries.find(name)
        if isinstance(found, dict):
            return found
        if found.kind != "fs.directory":
            return failed("Invalid", f"the entry {found.id} is of kind {found.kind}, which holds no files: name an fs.directory")
        assert self._entries.registry is not None
        with self._lock:
            if name not in self._directories:
                self._directories[name] = directory_of(found, self._entries.registry)
        return {"id": name}

    def _directory(self, id: bytes) -> Directory:
        return self._directories[id.decode()]

    def _open_file(self, id: bytes, path: bytes, mode: bytes, owner: bytes) -> FileOpened:
        directory, who = self._directory(id), owner.decode("utf-8", "replace")
        self._count(who)
        try:
            descriptor = directory.open(path, mode.decode())
        except BaseException:
            with self._lock:
                self._uncount(who)
            raise
        with self._lock:
            self._last += 1
            number = self._last
            self._open[number] = OpenFile(descriptor, f"{path.decode('utf-8', 'replace')} in {directory.name}", who)
        return {"number": number, "size": os.fstat(descriptor).st_size}

    def _count(self, owner: str) -> None:
        """Makes room for one more file of an owner; raises ``FileProblem`` where there is none."""
        from moonwit.host.files.directory import FileProblem

        with self._lock:
            own = self._owned[owner]
            free = counts.most() - (counts.everything() - own)
            if own >= min(counts.MOST_OWN, max(free // 2, 1)) or free <= own:
                # The name of a script's owner is that of its chunk and a number.
                who = f"the entry {owner}" if ":" in owner and owner[0] not in "=@" else "the script"
                raise FileProblem("Unavailable", f"{who} has {own} files open already, and no more may be: close some")
            self._owned[owner] += 1
            self._cell.count += 1

    def _uncount(self, owner: str) -> None:
        self._owned[owner] -= 1
        self._cell.count -= 1
        if self._owned[owner] <= 0:
            del self._owned[owner]

    def _close_file(self, number: float) -> None:
        with self._lock:
            file = self._open.pop(int(number), None)
            if file is not None:
                self._uncount(file.owner)
        if file is not None:
            file.close()

    def _end(self, owner: bytes) -> Nothing:
        """Closes what an owner has left open."""
        who = owner.decode("utf-8", "replace")
        with self._lock:
            numbers = [number for number, file in self._open.items() if file.owner == who]
        for number in numbers:
            self._close_file(number)
        return {}

    def _stat(self, id: bytes, path: bytes) -> FileStat:
        found = self._directory(id).stat(path)
        return {
            "name": found.name,
            "size": found.size,
            "mode": found.mode,
            "modified": found.modified,
            "type": found.type,
            "is_dir": found.type == "directory",
        }

    def _mkdir(self, id: bytes, path: bytes) -> Nothing:
        self._directory(id).mkdir(path)
        return {}

    def _remove(self, id: bytes, path: bytes) -> Nothing:
        self._directory(id).remove(path)
        return {}

    def _names(self, id: bytes, path: bytes) -> list[FileName]:
        return [{"name": name, "type": kind} for name, kind in self._directory(id).names(path)]

    def _file(self, number: float) -> OpenFile:
        from moonwit.host.files.directory import FileProblem

        file = self._open.get(int(number))
        if file is None:
            raise FileProblem("Invalid", "the file is closed")
        return file

    def _size(self, number: float) -> FileSize:
        file = self._file(number)
        with file as descriptor:
            return {"size": os.fstat(descriptor).st_size}

    def _read(self, number: float, offset: float, count: float) -> bytes:
        """Reads up to so many bytes, however long it takes; b"" at the end of the file."""
        return self._bytes(self._file(number), int(offset), int(count), 0)

    def _read_here(self, number: float, offset: float, count: float) -> bytes | WouldWait:
        """Reads what the system has in memory; ``{"wait": True}`` where it would have to wait for it."""
        file = self._file(number)
        try:
            return self._bytes(file, int(offset), int(count), file.flags)
        except BlockingIOError:
            return {"wait": True}

    def _read_into(self, number: float, offset: float, address: float, count: float) -> BytesRead | WouldWait:
        """The same into memory that lua's own code gives the address of; gives the ``count`` of bytes."""
        file = self._file(number)
        memory = (ctypes.c_char * int(count)).from_address(int(address))
        try:
            return {"count": self._fill(file, memory, int(offset), file.flags)}
        except BlockingIOError:
            return {"wait": True}

    def _bytes(self, file: OpenFile, offset: int, count: int, flags: int) -> bytes:
        memory = bytearray(min(count, MAX_PIECE))
        found = self._fill(file, memory, offset, flags)
        return bytes(memoryview(memory)[:found])

    def _fill(self, file: OpenFile, memory: Any, offset: int, flags: int) -> int:
        from moonwit.host.files.directory import problem_of

        try:
            with file as descriptor:
                return os.preadv(descriptor, [memory], offset, flags)
        except BlockingIOError:
            raise
        except OSError as error:
            if flags and error.errno in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
                # This file system can't tell, so nobody waits for it here.
                raise BlockingIOError from None
            raise problem_of(error, file.name) from None

    def _write(self, number: float, offset: float, data: bytes) -> FileSize:
        """Writes all of the data; at the end of the file for a negative offset."""
        from moonwit.host.files.directory import problem_of

        file, at, view = self._file(number), int(offset), memoryview(data)
        try:
            with file as descriptor:
                while view:
                    count = os.write(descriptor, view) if at < 0 else os.pwrite(descriptor, view, at)
                    view = view[count:]
                    at += count if at >= 0 else 0
                return {"size": os.fstat(descriptor).st_size}
        except OSError as error:
            raise problem_of(error, file.name) from None


def _told(callback: Callback) -> Callback:
    """Gives a callback that answers with a problem instead of raising it."""

    def answer(*arguments: object) -> object:
        from moonwit.host.files.directory import FileProblem
        from moonwit.lua.lane.compilations import failed

        try:
            return callback(*arguments)
        except FileProblem as error:
            return failed(error.kind, error.message)

    return answer
