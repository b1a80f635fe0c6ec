"""Connections: aiohttp's, with errors in JSON and an end for clients that are too slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from moonwit.host.http import json_text
from moonwit.host.http.layout import Service
from moonwit.host.http.reply import Reply
from moonwit.host.http.results import JSON, Answer

_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nServer: moonwit\r\nContent-Type: application/json\r\nContent-Length: 43\r\nConnection: close\r\n\r\n"
    b'{"error":"the request did not arrive soon"}'
)


class Connection(web.RequestHandler):
    """One connection. ``busy`` counts requests that are being answered; ``began`` is when a request began to arrive, or 0."""

    __slots__ = ("began", "busy", "manager", "unsent", "unsent_since")

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

    def data_received(self, data: bytes) -> None:
        """Takes what has arrived, and notes when a request began to."""
        if not self.busy and not self.began:
            self.began = self._loop.time()
        super().data_received(data)

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answers a request that can't be read, and closes the connection."""
        if request.writer.output_size > 0:
            raise ConnectionError("a response has begun")
        if isinstance(exc, LineTooLong):
            status, sentence = 431, "the first line, or a header, is too long"
        elif status == 400:
            sentence = "the request is no HTTP/1.1 request"
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
