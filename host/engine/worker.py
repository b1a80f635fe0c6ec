"""Plain Python threads for work that blocks: started on demand, kept for the next piece of work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

# How long a thread without work stays, in seconds.
IDLE = 30.0

_idle: list[Worker] = []
_lock = threading.Lock()
_here = threading.local()


class Cancellation:
    """Tells a piece of work that nobody waits for it any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._canceled = False
        self._watchers: list[Callable[[], None]] = []

    def watch(self, callback: Callable[[], None]) -> None:
        """Has ``callback`` called when the work is canceled, at once when it is already."""
        with self._lock:
            if not self._canceled:
                self._watchers.append(callback)
                return
        callback()

    def cancel(self) -> None:
        """Calls whoever watches, once."""
        with self._lock:
            self._canceled, watchers, self._watchers = True, self._watchers, []
        for callback in watchers:
            callback()


class Worker:
    """A thread and the queue of its work."""

    def __init__(self) -> None:
        self.work: SimpleQueue[tuple[Future[Any], Callable[[], Any], Cancellation | None]] = SimpleQueue()
        # A daemon, so that a guest that sleeps does not keep the process from ending.
        threading.Thread(target=self._run, name="moonwit-worker", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                future, function, _here.cancellation = self.work.get(timeout=IDLE)
            except Empty:
                with _lock:
                    if self not in _idle:
                        continue  # Work is on its way.
                    _idle.remove(self)
                return
            try:
                result = function()
            except BaseException as error:
                failure: BaseException | None = error
            else:
                failure = None
            # First back among the idle, then the answer: its receiver may have work again at once.
            with _lock:
                _idle.append(self)
            if failure is not None:
                future.set_exception(failure)
            else:
                future.set_result(result)
            del future, function, failure
            result = None


def start(function: Callable[[], T], cancellation: Cancellation | None = None) -> Future[T]:
    """Starts ``function`` on another thread, where ``cancellation`` is the ``current`` one."""
    future: Future[T] = Future()
    with _lock:
        worker = _idle.pop() if _idle else None
    (worker or Worker()).work.put((future, function, cancellation))
    return future


def idle() -> int:
    """Counts the threads that are kept for further work."""
    with _lock:
        return len(_idle)


def current() -> Cancellation | None:
    """Gives what tells the work of this thread that nobody waits for it any more."""
    found = getattr(_here, "cancellation", None)
    return found if isinstance(found, Cancellation) else None
