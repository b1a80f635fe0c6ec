"""The kind `store.memory`: entries in the memory of the process, which all of its lanes share."""

from __future__ import annotations

import heapq
import threading
from bisect import bisect_left, bisect_right, insort
from itertools import islice

from moonwit.host.state.stores import MOST_PAGE, MOST_SEEN, SWEPT, Limits, Page, Stored, check_condition, full


class MemoryStore:
    """Entries by key; each operation holds the lock for microseconds, so lanes may do it themselves."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.limits = limits
        self._name = name
        self._lock = threading.Lock()
        self._entries: dict[bytes, tuple[bytes, int, int | None]] = {}
        # The keys in order; moving a million pointers by one takes less than a millisecond.
        self._keys: list[bytes] = []
        self._ends: list[tuple[int, bytes]] = []
        self._bytes = 0
        self._last = 0

    def read(self, key: bytes, now: int) -> Stored | None:
        with self._lock:
            found = self._live(key, now)
        return None if found is None else Stored(key, found[0], found[1])

    def write(self, key: bytes, value: bytes, expires: int | None, condition: bytes | None, now: int) -> int:
        with self._lock:
            self._sweep(now)
            before = self._live(key, now)
            check_condition(self._name, key, condition, None if before is None else before[1])
            if before is None:
                self._remove(key)
            grown = len(value) - len(before[0]) if before is not None else len(key) + len(value)
            count = len(self._entries) + (before is None)
            if (count > self.limits.entries and before is None) or (self._bytes + grown > self.limits.bytes and grown > 0):
                raise full(self._name, self.limits, count)
            self._last += 1
            if before is None:
                insort(self._keys, key)
            self._entries[key] = value, self._last, expires
            self._bytes += grown
            if expires is not None:
                self._end(expires, key)
            return self._last

    def delete(self, key: bytes, now: int) -> bool:
        with self._lock:
            self._sweep(now)
            found = self._live(key, now) is not None
            self._remove(key)
            return found

    def page(self, prefix: bytes, after: bytes | None, limit: int, now: int) -> Page:
        items: list[Stored] = []
        size, last = 0, b""
        with self._lock:
            self._sweep(now)
            at = bisect_left(self._keys, prefix)
            if after is not None:
                at = max(at, bisect_right(self._keys, after))
            for seen, key in enumerate(islice(self._keys, at, None)):
                if not key.startswith(prefix):
                    break
                value, version, expires = self._entries[key]
                alive = expires is None or expires > now
                size += len(key) + len(value) if alive else 0
                if seen == MOST_SEEN or len(items) == limit or (size > MOST_PAGE and items):
                    return Page(items, last)
                last = key
                if alive:
                    items.append(Stored(key, value, version))
        return Page(items, None)

    def statistics(self) -> dict[str, int]:
        """Counts entries, their bytes, and the notes of when their time is over."""
        with self._lock:
            return {"entries": len(self._entries), "bytes": self._bytes, "ends": len(self._ends)}

    def close(self) -> None:
        with self._lock:
            self._entries.clear()
            self._keys.clear()
            self._ends.clear()
            self._bytes = 0

    def _live(self, key: bytes, now: int) -> tuple[bytes, int, int | None] | None:
        found = self._entries.get(key)
        return None if found is None or (found[2] is not None and found[2] <= now) else found

    def _remove(self, key: bytes) -> None:
        found = self._entries.pop(key, None)
        if found is not None:
            del self._keys[bisect_left(self._keys, key)]
            self._bytes -= len(key) + len(found[0])

    def _end(self, expires: int, key: bytes) -> None:
        """Notes when an entry's time is over; notes of entries that were written again are thrown away before they are the most."""
        if len(self._ends) > 2 * len(self._entries) + 1000:
            self._ends = [(end, each) for each, (_, _, end) in self._entries.items() if end is not None]
            heapq.heapify(self._ends)
        else:
            heapq.heappush(self._ends, (expires, key))

    def _sweep(self, now: int) -> None:
        """Removes some of the entries whose time is over."""
        for _ in range(SWEPT):
            if not self._ends or self._ends[0][0] > now:
                return
            _, key = heapq.heappop(self._ends)
            if key in self._entries and self._live(key, now) is None:
                self._remove(key)
