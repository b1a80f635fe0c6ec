"""Lanes that run the long calls of other lanes, beside each other on all cores."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from moonwit.lua.lane import Answer, Callback, Lane


@dataclass(eq=False)
class Call:
    """A call that waits for a lane, or runs in one."""

    id: str
    arguments: bytes
    answer: Future[Answer] = field(default_factory=Future)
    lane: Lane | None = None
    running: Future[Answer] | None = None


@dataclass(eq=False)
class _Pool:
    """What runs and waits for one entry: at most ``workers`` at once, the others in order."""

    workers: int
    running: int = 0
    queue: deque[Call] = field(default_factory=deque)


class Workers:
    """Up to as many lanes as there are cores, started when there is work for them. Its methods may be called from any thread.

    ``callbacks`` are those of a lane whose functions all run in itself.
    """

    def __init__(self, callbacks: Mapping[str, Callback]) -> None:
        self._callbacks = callbacks
        self._lock = threading.Lock()
        self._lanes: dict[Lane, int] = {}
        self._pools: dict[str, _Pool] = {}
        self._closed = False

    def call(self, id: str, arguments: bytes, workers: int) -> Call:
        """Has a function called in another lane, at most ``workers`` of its calls at once."""
        call = Call(id, arguments)
        with self._lock:
            pool = self._pools.setdefault(id, _Pool(workers))
            pool.queue.append(call)
        self._advance(pool)
        return call

    def cancel(self, call: Call) -> None:
        """Takes a call out of the queue, or cancels it where it waits in its lane."""
        with self._lock:
            pool = self._pools[call.id]
            queued = call in pool.queue
            if queued:
                pool.queue.remove(call)
        if queued:
            call.answer.cancel()
        elif call.lane is not None and call.running is not None:
            call.lane.cancel_call(call.running)

    def close(self, timeout: float | None = None) -> bool:
        """Ends the lanes after what they run; tells whether all ended within ``timeout`` seconds each."""
        with self._lock:
            self._closed = True
            lanes = list(self._lanes)
        for lane in lanes:
            lane.cancel()
        ended = [lane.close(timeout) for lane in lanes]
        return all(ended)

    def _advance(self, pool: _Pool) -> None:
        while True:
            with self._lock:
                if not pool.queue or pool.running >= pool.workers or self._closed:
                    return
                call = pool.queue.popleft()
                pool.running += 1
                lane = call.lane = self._lane()
                self._lanes[lane] += 1
                call.running = lane.call(call.id, call.arguments)
            call.running.add_done_callback(lambda done, call=call, pool=pool: self._finish(pool, call, done))  # type: ignore[misc]

    def _lane(self) -> Lane:
        """Gives the lane with the least to do."""
        least = min(self._lanes, key=self._lanes.__getitem__, default=None)
        if least is None or (self._lanes[least] and len(self._lanes) < (os.cpu_count() or 1)):
            least = Lane(self._callbacks, f"moonwit worker {len(self._lanes) + 1}")
            self._lanes[least] = 0
        return least

    def _finish(self, pool: _Pool, call: Call, done: Future[Any]) -> None:
        with self._lock:
            pool.running -= 1
            assert call.lane is not None
            self._lanes[call.lane] -= 1
        problem = done.exception()
        if problem is None:
            call.answer.set_result(done.result())
        else:
            call.answer.set_exception(problem)
        self._advance(pool)
