"""The memory of a mailbox between two lanes; lua/lane/mailbox.lua says how it is used."""

from __future__ import annotations

import ctypes
import functools


class _Letter(ctypes.Structure):
    _fields_ = [("next", ctypes.c_void_p), ("number", ctypes.c_double), ("kind", ctypes.c_uint32), ("size", ctypes.c_uint32)]


class _Memory(ctypes.Structure):
    _fields_ = [
        ("mutex", ctypes.c_uint64 * 8),
        ("first", ctypes.c_void_p),
        ("sent", ctypes.c_uint32),
        ("asleep", ctypes.c_uint32),
        ("closed", ctypes.c_uint32),
        ("descriptor", ctypes.c_int32),
    ]


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None)
    library.calloc.restype = ctypes.c_void_p
    library.free.argtypes = [ctypes.c_void_p]
    return library


class Mailbox:
    """Letters to the lane that waits on ``descriptor``. It has to be kept while its ``address`` is used."""

    def __init__(self, descriptor: int) -> None:
        self._memory = _Memory()
        _library().pthread_mutex_init(ctypes.byref(self._memory), None)
        # The list of letters begins with one that has been read.
        self._memory.first = _library().calloc(1, ctypes.sizeof(_Letter))
        self._memory.descriptor = descriptor

    @property
    def address(self) -> int:
        """Where the memory is."""
        return ctypes.addressof(self._memory)

    def close(self) -> None:
        """Takes no more letters and frees those that nobody has read; the receiving lane calls it, or nobody does any more."""
        library, memory = _library(), self._memory
        library.pthread_mutex_lock(ctypes.byref(memory))
        memory.closed = 1
        library.pthread_mutex_unlock(ctypes.byref(memory))
        while memory.first:
            following = _Letter.from_address(memory.first).next
            library.free(memory.first)
            memory.first = following

    def __del__(self) -> None:
        self.close()
