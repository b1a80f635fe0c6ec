"""Lanes of a service that end: who waits is told, and the next request gets another lane."""

import asyncio

from moonwit.lua.calls.entries import Entries
from moonwit.lua.http.lanes import ERROR, GUEST, LOST, Target
from moonwit.lua.http.pool import Lanes
from moonwit.lua.values import buffer


def test_a_lane_that_has_ended():
    """A request in a lane that ends is lost, not left waiting; the service goes on with a new lane."""

    async def run():
        lanes = Lanes(Entries(None).callbacks("service"), 1, asyncio.get_running_loop())
        target = Target("t:absent", GUEST)
        first = await lanes.request(target, b"").first
        before = lanes.lanes[0]
        # Told to close before the request reaches it: the thread ends without having seen it.
        waiting = before.request(target, b"")
        await asyncio.to_thread(before.close)
        lost = await waiting.first
        again = await lanes.request(target, b"").first
        after = lanes.lanes[0]
        ended = await asyncio.to_thread(lanes.close, 10.0)
        return first.code, lost.code, again.code, before is after, ended

    first, lost, again, same, ended = asyncio.run(run())
    assert (first, again, same, ended) == (ERROR, ERROR, False, True)
    assert lost in (ERROR, LOST)


def test_frames():
    """An error frame carries the error and where it came from."""

    async def run():
        lanes = Lanes(Entries(None).callbacks("service"), 2, asyncio.get_running_loop())
        frames = [await lanes.request(Target("t:absent", GUEST), buffer.encode(n)).first for n in range(100)]
        lanes.close(10.0)
        return frames

    error, stack = asyncio.run(run())[99].error()
    assert error.kind == "NotFound"
    assert stack.startswith(error.message)
