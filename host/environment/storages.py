"""Storages of environment variables: what they have, and whether they take a value."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Protocol


class Refused(Exception):
    """A storage does not take a value; the one who sets it causes it. The message is a clause."""


class Unusable(Exception):
    """A storage can't be read or written at all; its owner causes it. The message is a clause."""


class Storage(Protocol):
    """Values by name. Its methods may be called from any thread."""

    def get(self, name: str) -> str | None:
        """Gives a value, or None where there is none; raises ``Unusable``."""

    def set(self, name: str, value: str) -> None:
        """Sets a value; raises ``Refused`` or ``Unusable``."""


class OsStorage:
    """The environment of the process. Nothing is written to it: all of the process would be changed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, name: str) -> str | None:
        return self._environ.get(name)

    def set(self, name: str, value: str) -> None:
        raise Refused("the environment of the process is read only")


class StaticStorage:
    """Values that the entry itself holds."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def set(self, name: str, value: str) -> None:
        raise Refused("its values stand in the entry and are read only")


class MemoryStorage:
    """Values that are gone when the process ends."""

    # Scripts fill it, so it has an end.
    MOST = 100_000
    MOST_CHARACTERS = 64 * 1024 * 1024

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._characters = 0
        self._lock = threading.Lock()

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def set(self, name: str, value: str) -> None:
        with self._lock:
            characters = self._characters + len(value) - len(self._values.get(name, ""))
            if characters > self.MOST_CHARACTERS or (name not in self._values and len(self._values) >= self.MOST):
                raise Refused(f"it holds no more than {self.MOST} values of {self.MOST_CHARACTERS >> 20} Mi characters together")
            self._values[name] = value
            self._characters = characters


class RouterStorage:
    """Several storages: the first that has a name wins, the first that takes a value gets it."""

    def __init__(self, storages: Sequence[Storage]) -> None:
        self._storages = storages

    def get(self, name: str) -> str | None:
        for storage in self._storages:
            value = storage.get(name)
            if value is not None:
                return value
        return None

    def set(self, name: str, value: str) -> None:
        reasons = []
        for storage in self._storages:
            try:
                return storage.set(name, value)
            except Refused as error:
                reasons.append(str(error))
        raise Refused("none of its storages takes a value: " + "; ".join(reasons) if reasons else "it has no storages")
