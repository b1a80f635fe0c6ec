"""Where what a guest writes to its standard streams goes: the host's own streams, line by line."""

from __future__ import annotations

import errno
import sys
import threading
from typing import Literal

# A line longer than this is passed on in pieces.
LONGEST = 64 * 1024

_lock = threading.Lock()


class GuestOutput:
    """One standard stream of one guest; lines of different guests are not mixed."""

    def __init__(self, stream: Literal["stdout", "stderr"]) -> None:
        self.stream = stream
        self.rest = b""
        # Whether nobody waits for the guest any more.
        self.closed = False

    def write(self, data: bytes) -> int:
        """Takes what the guest writes; returns how much, or a negative errno."""
        if self.closed:
            return -errno.EPIPE
        data, size = self.rest + data, len(data)
        end = data.rfind(b"\n") + 1
        if len(data) - end > LONGEST:
            end = len(data)
        self.rest = data[end:]
        return size if not end or self._pass(data[:end]) else -errno.EIO

    def flush(self) -> None:
        """Passes on the line that has no end yet."""
        rest, self.rest = self.rest, b""
        if rest and not self.closed:
            self._pass(rest)

    def _pass(self, data: bytes) -> bool:
        # Looked up each time: whoever replaces sys.stdout means guests too.
        stream = getattr(sys, self.stream)
        if stream is None:
            return False
        try:
            with _lock:
                binary = getattr(stream, "buffer", None)
                if binary is None:
                    stream.write(data.decode("utf-8", "replace"))
                else:
                    stream.flush()
                    binary.write(data)
                    binary.flush()
        except (OSError, ValueError):
            # A closed pipe or file: the guest is told, as a native program would be.
            return False
        return True
