"""What is counted of each function: memory that lanes write and anybody reads; lua/pools/pools.lua says what stands in it."""

from __future__ import annotations

import ctypes
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moonwit.lua.border.answers import FunctionStatistics, Times

# What is counted, in the order that it has in memory; lua/pools/pools.lua has it from here.
COUNTS = (
    *("calls", "errors", "timeouts", "live", "made", "replaced", "waiting", "most_waiting", "waited", "queued", "most_queued"),
    *("timed", "executed", "most_executed"),
)
_MOST = frozenset(("most_waiting", "most_queued", "most_executed"))


class _Counts(ctypes.Structure):
    """A lane's counts for one function. One thread writes, in steps that are whole; a reader may see some of them a step earlier."""

    _fields_ = [*((name, ctypes.c_double) for name in COUNTS), ("left", ctypes.c_int32), ("between", ctypes.c_int32)]


class Statistics:
    """The counts of all lanes, by id. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, list[_Counts]] = {}

    def address(self, id: str) -> int:
        """Makes room for another lane's counts of a function; it stays as long as this object."""
        with self._lock:
            counts = _Counts()
            self._counts.setdefault(id, []).append(counts)
        return ctypes.addressof(counts)

    def ids(self) -> list[str]:
        """Lists the functions that were used."""
        with self._lock:
            return sorted(self._counts)

    def read(self, id: str) -> FunctionStatistics:
        """Adds up what all lanes have counted of a function; times are in milliseconds."""
        with self._lock:
            counts = list(self._counts.get(id, ()))

        def total(name: str) -> float:
            values = [float(getattr(each, name)) for each in counts]
            return max(values, default=0.0) if name in _MOST else sum(values)

        def times(of: str, number: str) -> Times:
            spent, times = total(of) / 1e6, total(number)
            return {"total": spent, "mean": spent / times if times else 0.0, "max": total(f"most_{of}") / 1e6}

        return {
            "calls": int(total("calls") + total("between") - total("left")),
            "errors": int(total("errors")),
            "timeouts": int(total("timeouts")),
            "instances": {
                "live": int(total("live")),
                "made": int(total("made")),
                "replaced": int(total("replaced")),
            },
            "queue": {"waiting": int(total("waiting")), "most": int(total("most_waiting"))},
            "times": {"execution": times("executed", "timed"), "queueing": times("queued", "waited")},
        }
