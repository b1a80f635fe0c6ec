"""The lanes of a service, and which of them a request goes to."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Mapping
from typing import Any

from moonwit.host.wasm.wit import types as wit
from moonwit.lua.http.lanes import Call, HttpLane, Target
from moonwit.lua.lane.lane import Callback

_INCOMING = re.compile(r"wasi:http/incoming-handler(?:@0\.2\.[^#]*)?#handle")
_HANDLES = wit.Function((wit.Field("request", wit.Primitive("u32")), wit.Field("response", wit.Primitive("u32"))), None)


class Lanes:
    """The lanes of a service. Its methods belong to the event loop's thread."""

    def __init__(self, callbacks: Mapping[str, Callback], count: int, loop: asyncio.AbstractEventLoop) -> None:
        self._callbacks = {**callbacks, "load": _loader(callbacks["load"])}
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


def answers_itself(path: str) -> bool:
    """Tells whether an export takes requests as they are."""
    return _INCOMING.fullmatch(path) is not None


def _loader(load: Callback) -> Callback:
    """Has lanes call such an export with the plain numbers of its two handles: lua/wasi/p2/http.lua knows what they stand for."""

    def loaded(id: bytes) -> Any:
        from moonwit.lua.guest.plan import signature_data

        data = load(id)
        lift = data.get("lift")
        if lift is None or not answers_itself(lift["path"]):
            return data
        rest = {key: value for key, value in data.items() if key != "workers"}
        return {**rest, "lift": {**lift, "signature": signature_data("handle", _HANDLES)}}

    return loaded
