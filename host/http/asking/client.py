"""Requests to other servers: aiohttp's client on an event loop and a thread of its own, made when the first request is."""

from __future__ import annotations

import asyncio
import itertools
import resource
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from moonwit.host.http.asking.body import Body
from moonwit.host.http.asking.failures import RequestFailed, failed, late, named, too_large

__all__ = ["Client", "Request", "RequestFailed", "Response", "shared"]

T = TypeVar("T")

# Requests at once to one server, and to all; further ones wait for a connection.
PER_HOST, MOST = 100, 4096


@dataclass
class Request:
    """A request. ``timeout`` is in seconds, from its begin to the end of the response; None means no limit."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    timeout: float | None
    redirects: int
    max_body_bytes: int
    stream: bool


@dataclass
class Response:
    """A response; ``stream`` is the number of its body where that is yet to be read."""

    status: int
    headers: list[tuple[str, str]]
    url: str
    body: bytes
    stream: int | None = None


@dataclass
class Stream:
    """A body that is being read: ``left`` of its ``limit`` of bytes may still come, until ``deadline``."""

    response: aiohttp.ClientResponse
    body: Body
    deadline: float | None
    timeout: float | None
    left: int
    limit: int


class Client:
    """Sends requests. Its methods may be called from any thread; the futures that they give can be canceled."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._session: aiohttp.ClientSession | None = None
        # That of host/http/asking/outgoing.py.
        self.of_guests: aiohttp.ClientSession | None = None
        self._streams: dict[int, Stream] = {}
        self._numbers = itertools.count(1)
        # A daemon: a server that never answers must not keep the process from ending.
        threading.Thread(target=self._run, name="moonwit http client", daemon=True).start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begins something in the client's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def send(self, request: Request) -> Future[Response]:
        """Sends a request; the future gives the response or raises ``RequestFailed``."""
        return self.start(self._send(request))

    def read(self, stream: int) -> Future[bytes]:
        """Reads the next piece of a body; none at its end. Raises ``RequestFailed``."""
        return self.start(self._read(stream))

    def close(self, stream: int) -> None:
        """Ends a body that is not read to its end."""
        self._loop.call_soon_threadsafe(self._close, stream)

    async def _send(self, request: Request) -> Response:
        if self._session is None:
            # Descriptors are the process's: files, lanes and a server's own connections need theirs.
            most = max(resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4, 1)
            connector = aiohttp.TCPConnector(limit=min(most, MOST), limit_per_host=PER_HOST)
            cookies, timeout = aiohttp.DummyCookieJar(), aiohttp.ClientTimeout(None)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=cookies, timeout=timeout, auto_decompress=False)
        deadline = None if request.timeout is None else self._loop.time() + request.timeout
        url, body = _url(request.url), None
        headers = CIMultiDict(request.headers)
        headers.setdefault("Accept-Encoding", "gzip, deflate")
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._session.request(
                    request.method,
                    url,
                    headers=headers,
                    data=request.body or None,
                    allow_redirects=request.redirects > 0,
                    max_redirects=request.redirects or 1,
                    skip_auto_headers=("Content-Type",),
                )
                if response.status < 100:
                    response.close()
                    words = f"{named(request.url)} answered, and the answer is not HTTP: its status is {response.status}"
                    raise RequestFailed("Unavailable", words)
                stream, body = next(self._numbers), Body(response)
                self._streams[stream] = Stream(response, body, deadline, request.timeout, request.max_body_bytes, request.max_body_bytes)
                if request.stream:
                    if deadline is not None:
                        # Also where nobody reads it any more: a canceled task leaves its stream.
                        self._loop.call_at(deadline, self._expire, stream)
                    return _response(response, b"", stream)
                return _response(response, await self._whole(stream, request.max_body_bytes), None)
        except TimeoutError:
            raise late(request.url, request.timeout, None if body is None else body.received) from None
        except (aiohttp.ClientError, OSError, ValueError, UnicodeError) as error:
            raise failed(request.url, error) from None

    async def _whole(self, stream: int, limit: int) -> bytes:
        response, body = self._streams[stream].response, self._streams[stream].body
        try:
            if (response.content_length or 0) > limit and response.method != "HEAD":
                raise too_large(limit)
            pieces, size = [], 0
            while piece := await body.piece():
                size += len(piece)
                if size > limit:
                    raise too_large(limit)
                pieces.append(piece)
            return b"".join(pieces)
        finally:
            self._close(stream)

    async def _read(self, stream: int) -> bytes:
        found = self._streams.get(stream)
        if found is None:
            raise RequestFailed("Invalid", "the body has been read to its end, or was closed")
        url, deadline = str(found.response.url), found.deadline
        if deadline is not None and self._loop.time() >= deadline and not found.response.content.is_eof():
            self._close(stream)
            raise late(url, found.timeout, found.body.received)
        try:
            async with asyncio.timeout_at(deadline):
                piece = await found.body.piece()
        except TimeoutError:
            self._close(stream)
            raise late(url, found.timeout, found.body.received) from None
        except (aiohttp.ClientError, OSError) as error:
            self._close(stream)
            raise failed(url, error) from None
        except asyncio.CancelledError:
            self._close(stream)
            raise
        found.left -= len(piece)
        if found.left < 0:
            self._close(stream)
            raise too_large(found.limit)
        if not piece:
            self._close(stream)
        return piece

    def _expire(self, stream: int) -> None:
        """Closes the connection of a body that has not arrived in its time; the next read tells so."""
        found = self._streams.get(stream)
        if found is not None and not found.response.content.is_eof():
            found.response.close()

    def _close(self, stream: int) -> None:
        found = self._streams.pop(stream, None)
        if found is not None:
            # Back to the pool when it was read to its end, else closed.
            found.response.release() if found.response.content.at_eof() else found.response.close()


def _url(text: str) -> URL:
    try:
        url = URL(text)
        scheme, host = url.scheme, url.host
    except (ValueError, TypeError):
        raise RequestFailed("Invalid", f"the URL {named(text)!r} can't be read") from None
    if scheme not in ("http", "https") or not host:
        raise RequestFailed("Invalid", f"expected a URL that begins with http:// or https:// and names a host, got {named(text)!r}")
    if any(c <= " " or c == "\x7f" for c in host):
        raise RequestFailed("Invalid", f"the URL {named(text)!r} has a host with white space or a control character")
    return url


def _response(response: aiohttp.ClientResponse, body: bytes, stream: int | None) -> Response:
    headers = [(name.lower(), value) for name, value in response.headers.items()]
    return Response(response.status, headers, str(response.url), body, stream)


_lock = threading.Lock()
_shared: list[Client] = []


def shared() -> Client:
    """Gives the client of the process."""
    with _lock:
        if not _shared:
            _shared.append(Client())
        return _shared[0]
