"""The processes of a project that do tasks: a few, kept for the next task, each for one at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from moonwit.stdlib.apart.process import Failed, Process

if TYPE_CHECKING:
    from moonwit.host.engine.worker import Cancellation


class _Turn:
    """One task: the process that does it, while it does; its fields belong to the pool's lock."""

    def __init__(self) -> None:
        self.canceled = False
        self.process: Process | None = None


class Pool:
    """Its methods may be called from any thread."""

    def __init__(self, most: int | None = None, make: Callable[[], Process] = Process) -> None:
        self._make = make
        self._most = max(2, len(os.sched_getaffinity(0))) if most is None else most
        self._changed = threading.Condition()
        self._idle: list[Process] = []
        self._running: list[_Turn] = []
        self._closed = False

    def perform(self, name: bytes, arguments: bytes, cancellation: Cancellation | None) -> bytes:
        """Has a task done and waits for its encoded answer; raises ``Failed``. Canceled, the process ends in the middle of it."""
        turn = _Turn()
        if cancellation is not None:
            cancellation.watch(lambda: self._cancel(turn))
        process = self._take(turn)
        kept = False
        try:
            answer = process.perform(name, arguments)
            kept = not answer.last
            return answer.data
        finally:
            with self._changed:
                # A cancellation from now on must not end a process that does another task.
                self._running.remove(turn)
                kept = kept and not self._closed and process.alive()
                if kept:
                    self._idle.append(process)
                self._changed.notify_all()
            if not kept:
                process.close()

    def close(self) -> None:
        """Ends all processes; tasks that run fail."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            for turn in self._running:
                if turn.process is not None:
                    turn.process.end()
            self._changed.notify_all()
        for process in idle:
            process.close()

    def _take(self, turn: _Turn) -> Process:
        """Waits for a process for a task."""
        dead = []
        with self._changed:
            while len(self._running) >= self._most and not turn.canceled and not self._closed:
                self._changed.wait()
            if turn.canceled or self._closed:
                raise Failed("Canceled", "it was canceled")
            while self._idle and turn.process is None:
                process = self._idle.pop()
                if process.alive():
                    turn.process = process
                else:
                    dead.append(process)
            turn.process = turn.process or self._make()
            self._running.append(turn)
        for process in dead:
            process.close()
        return turn.process

    def _cancel(self, turn: _Turn) -> None:
        with self._changed:
            turn.canceled = True
            if turn in self._running and turn.process is not None:
                turn.process.end()
            self._changed.notify_all()
