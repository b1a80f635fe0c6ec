"""One request and its response, as what answers it sees them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from moonwit.host.http.serving import json_text
from moonwit.host.http.serving.connection import TooMuchFraming
from moonwit.host.http.serving.layout import Service
from moonwit.host.http.serving.reply import SHORT, Reply
from moonwit.host.http.serving.results import JSON, Answer
from moonwit.host.http.serving.routes import BadPath, decoded

NO_PARAMS: Mapping[str, str] = {}
_ORIGIN = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
# RFC 3986, host and port; nothing of it can end a tag, a quote or a line where somebody shows it.
_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")


class Refused(Exception):
    """A request that gets an error for an answer; ``sentence`` is for the client. ``close`` ends the connection after it."""

    def __init__(self, status: int, sentence: str, close: bool = False, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.close = close
        self.headers = headers or {}


class ResponseFailed(ConnectionResetError):
    """A response that had begun can't be ended: the connection is closed, which is all that a client can be told."""


class Exchange:
    """A request, its id, the values of the path's variables, and the service that it came to."""

    __slots__ = ("body", "id", "log", "params", "path", "query", "received", "request", "sent", "service")

    def __init__(self, request: web.BaseRequest, id: str, service: Service, path: str, query: str, log: Callable[[str], None]) -> None:
        self.request = request
        self.id = id
        self.service = service
        self.path = path
        self.query = query
        self.params: Mapping[str, str] = NO_PARAMS
        self.body = b""
        self.log = log
        self.sent = 0
        self.received = 0

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def remote(self) -> str:
        """The address of the client."""
        return self.request.remote or ""

    @property
    def plain_path(self) -> str:
        """The path without its escapes; raises ``Refused``."""
        try:
            return decoded(self.path)
        except BadPath as error:
            raise Refused(400, str(error)) from None

    def headers(self) -> list[tuple[str, str]]:
        """Gives the headers, with names in lower case."""
        return [(name.lower(), value) for name, value in self.request.headers.items()]

    async def piece(self) -> bytes:
        """Reads the next piece of a body that nobody else reads; none at its end. Raises ``Refused`` as ``read`` does."""
        request = self.request
        if not request.body_exists:
            return b""
        if not self.received:
            await self._begin()
        try:
            async with asyncio.timeout(self.service.read):
                data: bytes = await request.content.readany()
        except TimeoutError:
            raise self._late() from None
        except web.RequestPayloadError as error:
            raise _broken(error) from None
        self.received += len(data)
        if self.received > self.service.max_body_bytes:
            raise self.too_large()
        return data

    async def _begin(self) -> None:
        """Tells a client that asks first to go on; raises ``Refused`` for a body that says to be too large."""
        request, limit = self.request, self.service.max_body_bytes
        length = request.content_length
        if (length is not None and length > limit) or limit == 0:
            raise self.too_large()
        expect = request.headers.get("Expect")
        # An older client does not wait, and would take the interim response for its answer.
        if expect is not None and request.version >= (1, 1):
            if expect.lower() != "100-continue":
                raise Refused(417, f"the header Expect: {expect[:60]} is not known", close=True)
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0

    def _late(self) -> Refused:
        return Refused(408, f"the body did not arrive within {self.service.read:g} s", close=True)

    async def read(self) -> None:
        """Reads the whole body; raises ``Refused`` when it is too large, too slow or broken."""
        await self._begin()
        try:
            async with asyncio.timeout(self.service.read):
                self.body = await self.request.read()
        except TimeoutError:
            raise self._late() from None
        except web.HTTPRequestEntityTooLarge:
            raise self.too_large() from None
        except web.RequestPayloadError as error:
            raise _broken(error) from None

    def too_large(self) -> Refused:
        """Gives the refusal of a body over the limit."""
        return Refused(413, f"the body is larger than {self.service.max_body_bytes} bytes", close=True)

    def respond(self, answer: Answer, close: bool = False) -> web.StreamResponse:
        """Makes the response of an answer."""
        self.sent = len(answer.body)
        if len(answer.body) <= SHORT:
            return Reply(answer, self.id, close)
        headers = web_headers(self.id, answer.type, answer.headers)
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    def stream(self, status: int, headers: list[tuple[str, str]]) -> web.StreamResponse:
        """Makes a response whose body is written piece by piece."""
        return web.StreamResponse(status=status, headers=web_headers(self.id, None, headers))

    def refuse(self, refused: Refused) -> web.StreamResponse:
        """Makes the response that says what is wrong, in JSON with the request's id."""
        body = json_text.write({"error": refused.sentence, "request_id": self.id})
        return self.respond(Answer(refused.status, body, JSON, list(refused.headers.items())), refused.close)


def _broken(error: web.RequestPayloadError) -> Refused:
    return Refused(400, str(error) if isinstance(error, TooMuchFraming) else "the body is broken", close=True)


Responder = Callable[[Exchange], Awaitable[web.StreamResponse]]


def web_headers(id: str, type: str | None, more: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Gives the headers of a response."""
    found = [("Server", "moonwit"), ("X-Request-Id", id), *more]
    if type is not None:
        found.append(("Content-Type", type))
    return found


def check_head(request: web.BaseRequest) -> None:
    """Raises ``Refused`` for a request that another server might read otherwise than this one: its version, host or framing."""
    version, headers = request.version, request.headers
    if version < (1, 0):
        raise Refused(400, "the request is not an HTTP/1.1 request", close=True)
    if version >= (2, 0):
        raise Refused(505, "this server speaks HTTP/1.1", close=True)
    host = headers.get("Host")
    if host is None and version >= (1, 1):
        raise Refused(400, "the request has no Host header", close=True)
    origin = _ORIGIN.match(request.raw_path)
    for name in (host, origin and origin[1]):
        if name is not None and not _HOST.fullmatch(name):
            raise Refused(400, "the Host of the request is not the name of a host", close=True)
    coding = headers.get("Transfer-Encoding")
    if coding is not None:
        if version < (1, 1):
            raise Refused(400, "a request of HTTP/1.0 has no Transfer-Encoding", close=True)
        if coding.strip().lower() != "chunked":
            raise Refused(501, "the only Transfer-Encoding that this server knows is chunked", close=True)


def split_target(target: str) -> tuple[str, str]:
    """Splits what a request line asks for into path and query, both as they were sent."""
    if not target.startswith("/"):
        found = _ORIGIN.match(target)
        if found:
            target = target[found.end() :] or "/"
    path, _, query = target.partition("?")
    return path.partition("#")[0], query
