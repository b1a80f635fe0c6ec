"""The access log, and what each route has answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# How long lines wait for others, in seconds, and how many wait at most.
PATIENCE = 0.1
MOST = 200


class AccessLog:
    """Lines about requests, written a few at a time. It belongs to the event loop's thread."""

    def __init__(self, write: Callable[[str], None], loop: asyncio.AbstractEventLoop) -> None:
        self._write = write
        self._loop = loop
        self._lines: list[str] = []
        self._second = 0
        self._time = ""

    def add(self, line: str) -> None:
        """Adds a line, with the time before it."""
        now = int(time.time())
        if now != self._second:
            self._second, self._time = now, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        if not self._lines:
            self._loop.call_later(PATIENCE, self.flush)
        self._lines.append(f"{self._time} {line}\n")
        if len(self._lines) >= MOST:
            self.flush()

    def flush(self) -> None:
        """Writes what waits."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._write("".join(lines))


def printable(text: str) -> str:
    """Gives text from outside as one word of a log line."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text[:2000]
    return "".join(c if c.isprintable() and c != " " else c.encode("unicode_escape", "backslashreplace").decode() for c in text[:2000])


@dataclass
class RouteStatistics:
    """What a route has answered: requests by status, and their times in seconds."""

    requests: int = 0
    failures: int = 0
    canceled: int = 0
    bytes: int = 0
    total: float = 0.0
    longest: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)

    def add(self, status: int, seconds: float, size: int) -> None:
        """Counts a request."""
        self.requests += 1
        self.failures += status >= 500
        self.canceled += status == 499
        self.bytes += size
        self.total += seconds
        self.longest = max(self.longest, seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    @property
    def mean(self) -> float:
        """The mean time of a request."""
        return self.total / self.requests if self.requests else 0.0
