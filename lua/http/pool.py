"""The lanes of a service, and which of them a request goes to."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping

from moonwit.lua.http.lanes import Call, HttpLane, Target
from moonwit.lua.lane.lane import Callback


class Lanes:
    """The lanes of a service, with the callbacks of that role. Its methods belong to the event loop's thread."""

    def __init__(self, callbacks: Mapping[str, Callback], count: int, loop: asyncio.AbstractEventLoop) -> None:
        self._callbacks = callbacks
        self._loop = loop
        self._numbers = itertools.count(1)
        self.lanes = [self._make() for _ in range(count)]

    def _make(self) -> HttpLane:
        return HttpLane(self._callbacks, f"moonwit http {next(self._numbers)}", self._loop)

    def request(self, target: Target, payload: bytes) -> Call:
        """Hands a request to the lane with the least to do."""
        lanes = self.lanes
        lane = lanes[0] if len(lanes) == 1 else min(lanes, key=_pending)
        if lane.gone:
            # It has ended by a mistake; those that wait for another request have been told.
            ended, lane = lane, self._make()
            lanes[lanes.index(ended)] = lane
        return lane.request(target, payload)

    def close(self, timeout: float) -> bool:
        """Ends the lanes; tells whether each ended within ``timeout`` seconds."""
        for lane in self.lanes:
            lane.cancel()
        ended = [lane.close(timeout) for lane in self.lanes]
        return all(ended)


def _pending(lane: HttpLane) -> int:
    return lane.pending
