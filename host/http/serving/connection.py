"""Connections: aiohttp's, with errors in JSON and an end for clients that are too slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import StreamReader

from moonwit.host.http.serving import json_text
from moonwit.host.http.serving.layout import Service
from moonwit.host.http.serving.reply import Reply
from moonwit.host.http.serving.results import JSON, Answer

_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nServer: moonwit\r\nContent-Type: application/json\r\nContent-Length: 43\r\nConnection: close\r\n\r\n"
    b'{"error":"the request did not arrive soon"}'
)


# Requests that arrive together are given to the parser one by one, up to so many of them: where one can't be read, the parser
# forgets those that it has read from the same piece, and they would lose their answers.
TOGETHER = 64

# What chunks may carry beside the body (sizes, extensions, trailers): so many bytes, and so many for each byte of the body.
FRAMING, FRAMING_PER_BYTE = 16 * 1024, 8


class TooMuchFraming(web.RequestPayloadError):
    """A body in chunks that are mostly extensions or trailers, which nobody reads. The client causes it."""

    def __init__(self) -> None:
        super().__init__("the chunks of the body carry too much beside it: extensions and trailers are bounded")


class Connection(web.RequestHandler):
    """One connection. ``busy`` counts requests that are being answered; ``began`` is when a request began to arrive, or 0."""

    __slots__ = ("_arriving", "_refused", "_unfed", "_wire", "began", "busy", "manager", "unsent", "unsent_since")

    def __init__(self, manager: Connections, *, loop: asyncio.AbstractEventLoop, service: Service) -> None:
        super().__init__(
            manager,
            loop=loop,
            keepalive_timeout=service.idle,
            access_log=None,  # type: ignore[arg-type]
            max_line_size=service.max_header_bytes,
            max_field_size=service.max_header_bytes,
            lingering_time=2.0,
            auto_decompress=False,
        )
        self.manager = manager
        self.busy = 0
        self.began = 0.0
        self.unsent = 0
        self.unsent_since = 0.0
        self._unfed = b""
        self._arriving: StreamReader | None = None  # the body of the last request that was read, where it comes in chunks
        self._wire = 0  # how many bytes of it, and of its framing, have arrived
        self._refused = False

    def data_received(self, data: bytes) -> None:
        """Takes what has arrived, one request after the other, and notes when a request began to."""
        if not self.busy and not self.began:
            self.began = self._loop.time()
        if self._unfed:
            data, self._unfed = self._unfed + data, b""
        at = 0
        for _ in range(TOGETHER):
            end = data.find(b"\r\n\r\n", at) + 4
            if end < 4 or end == len(data):
                break
            if self._is_full:
                self._unfed = data[at:]
                return
            self._feed(data[at:end])
            at = end
        # Where there are more, a piece may hold the end of a body and much that is not of it.
        self._feed(data[at:] if at else data, whole=data.find(b"\r\n\r\n", at, -4) < 0)

    @property
    def _is_full(self) -> bool:
        """Tells whether so many requests wait that no more are read; the connection asks again when some are answered."""
        # A number of aiohttp's since 3.14; the older ones read on.
        most: int | None = getattr(self, "_max_msg_queue_size", None)
        return most is not None and len(self._messages) >= most

    def _feed(self, data: bytes, whole: bool = True) -> None:
        if self._refused:
            return
        known = len(self._messages)
        super().data_received(data)
        if len(self._messages) > known:
            message, payload = self._messages[-1]
            unfinished = self._arriving
            if unfinished is not None and not unfinished.is_eof() and not isinstance(message, RawRequestMessage):
                # What can't be read is in the body. Its reader is told so; else it would wait for the rest.
                unfinished.set_exception(web.RequestPayloadError("the body is broken"))
            self._arriving, self._wire = (payload if getattr(message, "chunked", False) else None), 0
        elif self._arriving is not None:
            self._wire += len(data)
            self._weigh(self._arriving, whole)

    def _weigh(self, body: StreamReader, whole: bool) -> None:
        """Refuses a body whose framing is out of all proportion: its reader gets an error, and nothing more is read."""
        over = self._wire > FRAMING + (1 + FRAMING_PER_BYTE) * body.total_bytes
        if body.is_eof():
            self._arriving = None
            over = over and whole
        if over and not self._reading_paused:
            self._arriving, self._refused = None, True
            body.set_exception(TooMuchFraming())

    def log_exception(self, *arguments: object, **options: object) -> None:
        """Says nothing: what ends here is a connection whose client sent a body that can't be read, and nobody wanted it."""

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answers a request that can't be read, and closes the connection; raises ``ConnectionError``."""
        if request.writer.output_size > 0:
            raise ConnectionError("a response has begun")
        if isinstance(exc, LineTooLong):
            status, sentence = 431, "the first line, or a header, is too long"
        elif status == 400:
            sentence = "the request is not an HTTP/1.1 request"
        else:
            sentence = "the server has failed"
        id = self.manager.failed(request, status, sentence, exc)
        return Reply(Answer(status, json_text.write({"error": sentence, "request_id": id}), JSON), id, close=True)

    def look(self, now: float, service: Service) -> None:
        """Ends a connection whose client is too slow: in sending a request, or in taking a response."""
        transport = self.transport
        if transport is None:
            return
        if not self.busy and self.began and now - self.began > service.read:
            transport.write(_TOO_SLOW)
            self.force_close()
            return
        waiting = transport.get_write_buffer_size()
        if not waiting or waiting != self.unsent:
            self.unsent, self.unsent_since = waiting, now
        elif now - self.unsent_since > service.write:
            transport.abort()


class Connections(web.Server):
    """Makes the connections of a service."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], object],
        service: Service,
        loop: asyncio.AbstractEventLoop,
        failed: Callable[[web.BaseRequest, int, str, BaseException | None], str],
    ) -> None:
        super().__init__(handler, handler_cancellation=True, loop=loop, request_factory=self._request)  # type: ignore[arg-type]
        self.service = service
        self.failed = failed

    def _request(self, message, payload, protocol, writer, task):  # type: ignore[no-untyped-def]
        return web.BaseRequest(message, payload, protocol, writer, task, self._loop, client_max_size=self.service.max_body_bytes)

    def __call__(self) -> web.RequestHandler:
        return Connection(self, loop=self._loop, service=self.service)

    def look(self) -> None:
        """Looks at every connection."""
        now = self._loop.time()
        for connection in self.connections:
            if isinstance(connection, Connection):
                connection.look(now, self.service)
