"""Handles of the compatible path by number, for where the objects themselves must not go: into Lua, or to another thread."""

from __future__ import annotations

import threading
from typing import Any

from moonwit.host.compatible.component_instance import ResourceHandle
from moonwit.host.values.intermediate import Lease, Some, Value


class Leases:
    """Gives each handle a number while somebody outside holds it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._held: dict[int, tuple[ResourceHandle, str]] = {}

    def lend(self, value: Value, entry: str) -> Value:
        """Replaces the handles in a result of ``entry`` by leases."""
        if isinstance(value, ResourceHandle):
            with self._lock:
                self._last += 1
                self._held[self._last] = value, entry
                return Lease(self._last, value.resource.name)
        return _replace(value, lambda part: self.lend(part, entry))

    def redeem(self, value: Value) -> Value:
        """Replaces leases in arguments by the handles; one that has ended stays, and fits no type."""
        if isinstance(value, Lease):
            held = self._held.get(value.number)
            return value if held is None else held[0]
        return _replace(value, self.redeem)

    def get(self, number: int) -> tuple[ResourceHandle, str] | None:
        """Gives the handle and the entry that it came from."""
        return self._held.get(number)

    def drop(self, number: int) -> None:
        """Ends a lease and the resource behind it; does nothing when it has ended."""
        with self._lock:
            held = self._held.pop(number, None)
        if held is not None:
            held[0].drop()


def _replace(value: Value, part: Any) -> Value:
    if isinstance(value, dict):
        return {key: part(item) for key, item in value.items()}
    if isinstance(value, Some):
        return Some(part(value.value))
    # An empty list stays the object it is: it may be one that counts as a map too.
    return [part(item) for item in value] if isinstance(value, (list, tuple)) and value else value
