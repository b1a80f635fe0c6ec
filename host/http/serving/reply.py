"""Responses whose body is short and known: written in one piece, without what aiohttp's own do for all the others."""

from __future__ import annotations

import time
from email.utils import formatdate
from http import HTTPStatus

from aiohttp import web

from moonwit.host.http.serving.results import Answer

# A body up to this size is written at once; the transport's own buffer bounds what is kept of it.
SHORT = 64 * 1024

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\nServer: moonwit\r\nX-Request-Id: " for status in HTTPStatus}


class _Clock:
    """The Date header, made once a second."""

    second = 0
    line = ""

    def date(self) -> str:
        now = int(time.time())
        if now != self.second:
            self.second, self.line = now, f"\r\nDate: {formatdate(now, usegmt=True)}"
        return self.line


_clock = _Clock()


class Reply(web.StreamResponse):
    """A response in one piece. It takes the place of ``web.Response`` for a connection, and nothing of it can be changed."""

    def __init__(self, answer: Answer, id: str, close: bool = False) -> None:
        # Not the parent's: a map for headers is what is saved here.
        self._answer = answer
        self._id = id
        self._status = answer.status
        self._keep_alive = False if close else None
        self._eof_sent = False
        self._request: web.BaseRequest | None = None

    async def prepare(self, request: web.BaseRequest) -> None:
        """Notes the request that it answers."""
        self._request = request
        if self._keep_alive is None:
            self._keep_alive = request.keep_alive

    async def write_eof(self, data: bytes = b"") -> None:
        """Writes all of it; raises ``ConnectionResetError``."""
        request, answer = self._request, self._answer
        assert request is not None
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone")
        status, body = answer.status, answer.body
        head = _STATUS_LINES.get(status) or f"HTTP/1.1 {status} \r\nServer: moonwit\r\nX-Request-Id: "
        head += self._id
        if status == 204 or status == 304:
            body = b""
        else:
            head += f"\r\nContent-Length: {len(body)}"
            if answer.type is not None:
                head += f"\r\nContent-Type: {answer.type}"
        for name, value in answer.headers:
            head += f"\r\n{name}: {value}"
        head += _clock.date()
        if not self._keep_alive:
            head += "\r\nConnection: close"
        elif request.version < (1, 1):
            head += "\r\nConnection: keep-alive"
        head += "\r\n\r\n"
        if request.method == "HEAD":
            body = b""
        transport.write(head.encode("utf-8", "surrogateescape") + body)
        self._eof_sent = True
        self._body_length = len(body)
        self._request = None
