"""Lanes that run the long calls of another lane, side by side on all cores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from moonwit.lua.lane.lane import Callback, Lane
from moonwit.lua.lane.mailbox import Mailbox


class Workers:
    """Lanes that make calls for others: which call goes where is decided in Lua, by lua/calls/workers.lua.

    ``callbacks`` are those of a lane whose functions all run in itself.
    """

    def __init__(self, callbacks: Mapping[str, Callback]) -> None:
        self._callbacks = callbacks
        self._lock = threading.Lock()
        self._lanes: list[Lane] = []

    def start(self, answers: Mailbox, gone: Callable[[], None]) -> tuple[Mailbox, Lane]:
        """Starts a lane that answers to a mailbox; gives the one for its orders. ``gone`` is called if it ends by a mistake in Moonwit."""
        with self._lock:
            lane = Lane(self._callbacks, f"moonwit worker {len(self._lanes) + 1}")
            self._lanes.append(lane)
        orders = lane.mailbox()
        lane.work(orders, answers, gone)
        return orders, lane

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes that were started."""
        with self._lock:
            return tuple(self._lanes)

    def close(self, timeout: float | None = None) -> bool:
        """Ends the lanes and what waits in them; tells whether all ended within ``timeout`` seconds each."""
        lanes = self.lanes
        for lane in lanes:
            lane.cancel()
        ended = [lane.close(timeout) for lane in lanes]
        return all(ended)

