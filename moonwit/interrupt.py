"""Ctrl-C: whatever runs is ended, what was printed is kept, and the process is gone in well under a second.

The main thread only waits, so that Python hears the signal at once. What waits in the lane is canceled; a busy guest, Lua that
LuaJIT has compiled, and a guest asleep in the library can't be stopped: the process ends with them.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import NoReturn, TypeVar

from moonwit import memory, terminal
from moonwit.project import GRACE, Project

T = TypeVar("T")

STATUS = 130

# How often the process's memory is looked at while a script runs.
LOOK_MS = 200


def wait(future: Future[T]) -> T:
    """Waits in the main thread for a future's result; raises KeyboardInterrupt on Ctrl-C.

    A signal that comes just before a thread waits for a lock does not end that wait, and ``future.result()`` would sleep on.
    The wake-up descriptor is written to by the signal itself, so a wait for it can't be late.
    """
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    # The pipe stays open: the future may be done at any time, and the process does not wait for many.
    future.add_done_callback(lambda _: os.write(writer, b"."))
    try:
        while not future.done():
            poll.poll(LOOK_MS)
            memory.check()
            with suppress(BlockingIOError):
                os.read(reader, 512)
    finally:
        signal.set_wakeup_fd(before)
    return future.result()


class Running:
    """A project while a command uses it: closed in the end, and ended together with the process on Ctrl-C."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def __enter__(self) -> Project:
        return self.project

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None or not issubclass(kind, KeyboardInterrupt):
                self.project.close()
                return
        except KeyboardInterrupt:
            pass
        end(self.project)


def end(project: Project | None = None) -> NoReturn:
    """Ends the process with exit code 130; another Ctrl-C meanwhile ends it at once."""
    try:
        terminal.clear_line()
        signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(STATUS))
        if project is not None:
            project.interrupt(GRACE)
        # On a thread of its own: a reader that does not read would make it wait forever.
        flushing = threading.Thread(target=_flush, daemon=True)
        flushing.start()
        flushing.join(GRACE)
    finally:
        # Not sys.exit: a lane that is still busy would be in the way of the interpreter's end.
        os._exit(STATUS)


def _flush() -> None:
    """Writes what scripts have printed and C's standard library still holds."""
    import ctypes

    ctypes.CDLL(None).fflush(None)
