"""How many files scripts and guests have open in this process: numbers that all lanes see, each changed by only one thread.

A guest opens its files in its lane (lua/wasi/files/open.lua), where nothing of Python can be asked; so the lanes read and write these
numbers themselves.
"""

from __future__ import annotations

import ctypes
import resource
import threading
from typing import Final

# How many files all of the process's scripts and guests may have open, and one script or entry in a lane: the second is never more than
# half of what the others leave, so that there is always room for one more.
MOST_OPEN: Final = 4096
MOST_OWN: Final = 256

# More than there are lanes and projects at once.
_CELLS: Final = 4096

_numbers = (ctypes.c_int32 * _CELLS)()
_lock = threading.Lock()
_free = list(range(_CELLS - 1, 0, -1))
_lanes = threading.local()


def most() -> int:
    """Gives how many files may be open; sockets, lanes and guests need descriptors too."""
    return min(MOST_OPEN, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4)


def everything() -> int:
    """Gives how many files are open."""
    return sum(_numbers[: _numbers[0] + 1][1:])


class Cell:
    """A number of open files. It is given back when nobody has it any more."""

    def __init__(self) -> None:
        with _lock:
            self.index = _free.pop()
            _numbers[self.index] = 0
            # The first says how many of the others have ever been used.
            _numbers[0] = max(_numbers[0], self.index)

    def __del__(self) -> None:
        _numbers[self.index] = 0
        with _lock:
            _free.append(self.index)

    @property
    def count(self) -> int:
        """How many files are open by this count."""
        return _numbers[self.index]

    @count.setter
    def count(self, value: int) -> None:
        _numbers[self.index] = value


def address() -> int:
    """Gives the address of the numbers."""
    return ctypes.addressof(_numbers)


def lane() -> int:
    """Gives the lane that asks, on its own thread, the index of its number."""
    cell = getattr(_lanes, "cell", None)
    if cell is None:
        cell = _lanes.cell = Cell()
    return int(cell.index)
