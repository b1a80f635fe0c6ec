"""What a service writes to its standard output and standard error: a reader that is slow, or that has stopped, holds up nobody.

A descriptor that nobody reads blocks whoever writes to it, once its buffer is full: the event loop with its log, and lanes with what
functions log and print, in C, which nothing ends. So while a service runs its descriptor is a pipe that the process itself reads. What
the real one doesn't take waits here, up to ``MOST`` bytes; beyond that lines are dropped, and a line says how many when it takes some
again. What is on its way is lost when the process is killed.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import threading
import time

# How many bytes wait, and how many are written at once.
MOST, PIECE = 2**20, 2**16
# How long the end of a service waits for its last lines to be taken, in seconds.
PATIENCE = 1.0


class Relay:
    """A descriptor whose writers never wait for its reader."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._changed = threading.Condition()
        self._waiting = bytearray()
        # Whether what comes is dropped, how many lines were, and whether the last of them has more to come.
        self._dropping, self._dropped, self._cut = False, 0, False
        self._written = b"\n"
        self._ended = self._gone = False
        self._target = os.dup(descriptor)
        self._read, write = os.pipe()
        self._stop = os.eventfd(0)
        os.set_blocking(self._read, False)
        os.dup2(write, descriptor)
        os.close(write)
        self._reader = threading.Thread(target=self._take, name="moonwit relay", daemon=True)
        self._writer = threading.Thread(target=self._give, name="moonwit relay", daemon=True)
        self._reader.start()
        self._writer.start()

    def close(self, seconds: float = PATIENCE) -> None:
        """Gives the descriptor back when all is written; a reader that has not taken it within ``seconds`` gets no more."""
        end = time.monotonic() + seconds
        os.eventfd_write(self._stop, 1)
        self._reader.join()
        self._writer.join(max(end - time.monotonic(), 0))
        if self._writer.is_alive():
            # What is written from now on, as by the interpreter at its end, must not wait for it either.
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._descriptor)
            os.close(nothing)
        else:
            os.dup2(self._target, self._descriptor)
            os.close(self._target)
        os.close(self._read)
        os.close(self._stop)

    def _take(self) -> None:
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        poll.register(self._stop, select.POLLIN)
        ended = False
        while not ended:
            # What was written before the end is read before it.
            ended = any(descriptor == self._stop for descriptor, _ in poll.poll())
            try:
                # Others may write without end.
                for _ in range(MOST // PIECE):
                    data = os.read(self._read, PIECE)
                    self._keep(data)
                    ended = ended or not data
            except BlockingIOError:
                continue
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _keep(self, data: bytes) -> None:
        with self._changed:
            if self._gone:
                return
            if self._dropping or len(self._waiting) + len(data) > MOST:
                # Until all that waits is written, so that there is one gap and not many.
                self._dropping = True
                self._dropped += data.count(b"\n")
                self._cut = not data.endswith(b"\n")
                return
            if self._cut:
                _, end, data = data.partition(b"\n")
                self._cut = not end
            self._waiting += data
            self._changed.notify()

    def _next(self) -> bytes | None:
        """Waits for what is to be written; None at the end."""
        with self._changed:
            while not self._waiting:
                if self._dropping:
                    number = self._dropped + self._cut
                    self._dropping, self._dropped = False, 0
                    begin = b"" if self._written.endswith(b"\n") else b"\n"
                    return begin + b"moonwit: %d lines were dropped here: nobody read them in time\n" % number
                if self._ended or self._gone:
                    return None
                self._changed.wait()
            data = bytes(self._waiting[:PIECE])
            del self._waiting[:PIECE]
            return data

    def _give(self) -> None:
        try:
            while data := self._next():
                self._write(data)
        except OSError:
            # Its reader has gone, and nobody is to be told.
            with self._changed:
                self._gone = True
                self._waiting.clear()

    def _write(self, data: bytes) -> None:
        self._written = data
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._target, view) :]
            except BlockingIOError:
                # Another process that shares the descriptor has made it so.
                poll = select.poll()
                poll.register(self._target, select.POLLOUT)
                poll.poll()


_open: list[Relay] = []


def start() -> None:
    """Has what is written to standard output and standard error held up by nobody, where it could be."""
    for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
        if stream is not None and may_block(descriptor):
            stream.flush()
            _open.append(Relay(descriptor))


def end() -> None:
    """Waits for what is on its way, but not for long, and gives the descriptors back."""
    while _open:
        _open.pop().close()


def may_block(descriptor: int) -> bool:
    """Tells whether a write to a descriptor may have to wait for its reader, and no one reads a line at a time."""
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return False
    # C's standard output shows each line of what is printed on a terminal, which a pipe is not.
    return descriptor != 1 or not os.isatty(descriptor)
