"""Lanes that answer HTTP requests: the requests of one turn of the event loop reach a lane as one message, and answers come back so."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from moonwit.host.values.intermediate import ErrorValue, Value
from moonwit.lua.lane.lane import Callback, Lane
from moonwit.lua.values import buffer

if TYPE_CHECKING:
    from moonwit.host.http.serving.written import WrittenResponse

# The kinds of requests, and of answers, for lua/http/requests.lua too.
GUEST, HANDLER, INCOMING, HANDLING = 1, 2, 3, 4
VALUE, ERROR, TEXT, RESPONSE, HEAD, CHUNK, END, PULL = range(8)
LOST = 8  # the lane has ended

_frame = Struct("<IBI")
_number = Struct("<Bd")
_MOST = 2**32 - 1

# What stands before a string of few bytes, by their number.
_SHORT = [buffer.encode(b"x" * size)[:-size] if size else buffer.encode(b"") for size in range(128)]

# How many requests make a message at most.
FULL = 32


class Frame(NamedTuple):
    """A piece of an answer: what it is, and its bytes."""

    code: int
    data: bytes

    def value(self) -> Value:
        """Gives the value."""
        return self.data if self.code == TEXT else buffer.decode(self.data)

    def written(self) -> WrittenResponse:
        """Gives the response, or its head, that a handler has written."""
        found: WrittenResponse = buffer.fields(buffer.decode(self.data))
        return found

    def error(self) -> tuple[ErrorValue, str]:
        """Gives the error and where it came from."""
        error, stack = buffer.decode_all(self.data)
        assert isinstance(error, ErrorValue)
        return error, bytes(stack or b"").decode("utf-8", "replace")

    def chunk(self) -> tuple[int, bytes]:
        """Gives a piece of a body, and the ticket of the task that waits until it is taken, or 0."""
        ticket, _, data = self.data.partition(b"\n")
        return int(ticket), data


class Target:
    """A function that requests are handed to."""

    def __init__(self, id: str, kind: int) -> None:
        self.id = id
        self.head = buffer.encode(kind) + buffer.encode(id)


class Call:
    """A request in a lane. ``first`` is the first frame of its answer; those of a streamed one go on in ``more``."""

    def __init__(self, lane: HttpLane, number: int, target: Target, loop: asyncio.AbstractEventLoop) -> None:
        self.lane = lane
        self.number = number
        self.target = target
        self.first: asyncio.Future[Frame] = loop.create_future()
        self.more: asyncio.Queue[Frame] | None = None
        self.tickets: set[int] = set()  # of tasks in the lane that wait until a chunk has been taken
        self.pull: Callable[[], None] | None = None  # has the next piece of the request's body sent to the lane

    def feed(self, data: bytes, over: bool) -> None:
        """Sends a piece of the request's body, the last one when it is ``over``."""
        self.lane.feed(self, data, over)

    def take(self, frame: Frame) -> bool:
        """Takes a frame; gives whether it was the last."""
        if frame.code == PULL:
            if self.pull is not None:
                self.pull()
            return False
        if frame.code == CHUNK:
            self.tickets.add(frame.chunk()[0])
        if frame.code == HEAD:
            self.more = asyncio.Queue()
        if self.first.done():
            if self.more is not None:
                self.more.put_nowait(frame)
        else:
            self.first.set_result(frame)
        return frame.code not in (HEAD, CHUNK)

    def cancel(self) -> None:
        """Ends the call where it waits; nobody wants its answer."""
        self.lane.cancel_request(self)
        for ticket in list(self.tickets):
            self.taken(ticket, False)

    def taken(self, ticket: int, well: bool) -> None:
        """Wakes the task that waits for it: a chunk has been taken by the client, or won't be."""
        self.tickets.discard(ticket)
        if ticket:
            self.lane.acknowledge(ticket, well)


class HttpLane(Lane):
    """A lane that answers requests. Its methods belong to the event loop's thread; ``gone`` is set there when it has ended."""

    def __init__(self, callbacks: Mapping[str, Callback], name: str, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.gone = False
        self._batch: list[bytes] = []
        self._calls: dict[int, Call] = {}
        self._requests = itertools.count(1)
        super().__init__({**callbacks, "http_answers": self._answers}, name)

    @property
    def pending(self) -> int:
        """How many requests have no answer yet."""
        return len(self._calls)

    def request(self, target: Target, payload: bytes) -> Call:
        """Hands over a request: ``payload`` is encoded arguments, or an encoded request."""
        number = next(self._requests) & _MOST
        call = self._calls[number] = Call(self, number, target, self._loop)
        if not self._batch:
            self._loop.call_soon(self._send)
        size = len(payload)
        text = _SHORT[size] + payload if size < len(_SHORT) else buffer.encode(payload)
        self._batch.append(_number.pack(buffer.NUMBER, number) + target.head + text)
        if len(self._batch) >= FULL:
            # The lane works on these while the others are read.
            self._send()
        return call

    def cancel_request(self, call: Call) -> None:
        """Cancels a request where it waits."""
        if self._calls.pop(call.number, None) is not None:
            self._send()
            self._post({"kind": "http_cancel", "number": call.number})

    def feed(self, call: Call, data: bytes, over: bool) -> None:
        """Sends a piece of a request's body."""
        self._post({"kind": "http_body", "number": call.number, "data": data, "over": over})

    def acknowledge(self, ticket: int, well: bool) -> None:
        """Answers a task that waits for the client."""
        self._post({"kind": "answer", "ticket": ticket, "value": well})

    def _send(self) -> None:
        if self._batch:
            batch, self._batch = b"".join(self._batch), []
            self._post({"kind": "http", "batch": batch})

    def _answers(self, frames: bytes) -> None:
        """Takes answers, on the lane's own thread."""
        self._later(self._arrived, frames)

    def _arrived(self, frames: bytes) -> None:
        at, end, calls = 0, len(frames), self._calls
        while at < end:
            number, code, length = _frame.unpack_from(frames, at)
            at += 9
            call = calls.get(number)
            if call is None:
                if code == CHUNK and (ticket := Frame(code, frames[at : at + length]).chunk()[0]):
                    self.acknowledge(ticket, False)
            elif call.take(Frame(code, frames[at : at + length])):
                del calls[number]
            at += length

    def _main(self) -> None:
        try:
            super()._main()
        finally:
            self._later(self._has_ended)

    def _has_ended(self) -> None:
        self.gone = True
        calls, self._calls = list(self._calls.values()), {}
        for call in calls:
            call.take(Frame(LOST, b""))

    def _later(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            if not self._loop.is_closed():
                raise
