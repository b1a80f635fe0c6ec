"""Work that is done one piece after the other, on a thread that is there only while there is work.

A connection to SQLite serves one piece at a time, so a thread for each piece would only wait; and lanes never do it themselves.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from moonwit.host.engine import worker
from moonwit.host.state.problem import StateProblem

if TYPE_CHECKING:
    from moonwit.host.engine.worker import Cancellation

T = TypeVar("T")

# How many pieces of work may wait in a line, and how many bytes they may hold together.
MOST_WAITING, MOST_BYTES = 10_000, 64 * 1024 * 1024


class Line:
    """A line of work for ``name``. Its methods may be called from any thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Future[Any], Callable[[], Any], list[bool], int]] = deque()
        self._bytes = 0
        self._running = False

    def put(self, job: Callable[[], T], cancellation: Cancellation | None = None, size: int = 0) -> Future[T]:
        """Has a piece of work, which holds ``size`` bytes, done after those before it. The future raises ``StateProblem`` where the
        line is too long, and where the work was canceled before its turn."""
        future: Future[T] = Future()
        canceled: list[bool] = []
        if cancellation is not None:
            cancellation.watch(lambda: canceled.append(True))
        with self._lock:
            count = len(self._waiting)
            if count >= MOST_WAITING or self._bytes + size > MOST_BYTES:
                sentence = f"{count} operations of {self._bytes} bytes wait for {self._name} already, and no more may: try again later"
                future.set_exception(StateProblem("RateLimited", sentence, True))
                return future
            self._waiting.append((future, job, canceled, size))
            self._bytes += size
            begins = not self._running
            self._running = True
        if begins:
            worker.start(self._work)
        return future

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                future, job, canceled, size = self._waiting.popleft()
                self._bytes -= size
            try:
                if canceled:
                    raise StateProblem("Canceled", f"the operation of {self._name} was canceled before it began")
                result = job()
            except BaseException as problem:
                future.set_exception(problem)
            else:
                future.set_result(result)
