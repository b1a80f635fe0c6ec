"""Requests to other servers: aiohttp's client on an event loop and a thread of its own, made when the first request is."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from multidict import CIMultiDict
from yarl import URL

T = TypeVar("T")

# Requests at once to one server; further ones wait for a connection.
PER_HOST = 100


class RequestFailed(Exception):
    """A request without a response. ``kind`` is one of the kinds of Lua's errors module."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass
class Request:
    """A request. ``timeout`` is in seconds, from its begin to the end of the response; None is no limit."""

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


class Client:
    """Sends requests. Its methods may be called from any thread; the futures that they give can be canceled."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._session: aiohttp.ClientSession | None = None
        # That of host/http/outgoing.py.
        self.of_guests: aiohttp.ClientSession | None = None
        self._streams: dict[int, tuple[aiohttp.ClientResponse, float | None, int, int]] = {}
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
            connector = aiohttp.TCPConnector(limit=0, limit_per_host=PER_HOST)
            cookies, timeout = aiohttp.DummyCookieJar(), aiohttp.ClientTimeout(None)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=cookies, timeout=timeout)
        deadline = None if request.timeout is None else self._loop.time() + request.timeout
        url = _url(request.url)
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._session.request(
                    request.method,
                    url,
                    headers=CIMultiDict(request.headers),
                    data=request.body or None,
                    allow_redirects=request.redirects > 0,
                    max_redirects=request.redirects or 1,
                    skip_auto_headers=("Content-Type",),
                )
                stream = next(self._numbers)
                self._streams[stream] = response, deadline, request.max_body_bytes, request.max_body_bytes
                if request.stream:
                    if deadline is not None:
                        # Also where nobody reads it any more: a canceled task leaves its stream.
                        self._loop.call_at(deadline, self._expire, stream)
                    return _response(response, b"", stream)
                return _response(response, await self._whole(stream, request.max_body_bytes), None)
        except TimeoutError:
            raise _late(request.url, request.timeout) from None
        except (aiohttp.ClientError, OSError, ValueError, UnicodeError) as error:
            raise _failed(request.url, error) from None

    async def _whole(self, stream: int, limit: int) -> bytes:
        response = self._streams[stream][0]
        try:
            if (response.content_length or 0) > limit:
                raise _too_large(limit)
            pieces, size = [], 0
            async for piece in response.content.iter_any():
                size += len(piece)
                if size > limit:
                    raise _too_large(limit)
                pieces.append(piece)
            return b"".join(pieces)
        finally:
            self._close(stream)

    async def _read(self, stream: int) -> bytes:
        found = self._streams.get(stream)
        if found is None:
            raise RequestFailed("Invalid", "the body has been read to its end, or was closed")
        response, deadline, left, limit = found
        if deadline is not None and self._loop.time() >= deadline and not response.content.is_eof():
            self._close(stream)
            raise _late(str(response.url), None)
        try:
            async with asyncio.timeout_at(deadline):
                piece = await response.content.readany()
        except TimeoutError:
            self._close(stream)
            raise _late(str(response.url), None) from None
        except (aiohttp.ClientError, OSError) as error:
            self._close(stream)
            raise _failed(str(response.url), error) from None
        except asyncio.CancelledError:
            self._close(stream)
            raise
        left -= len(piece)
        if left < 0:
            self._close(stream)
            raise _too_large(limit)
        if piece:
            self._streams[stream] = response, deadline, left, limit
        else:
            self._close(stream)
        return piece

    def _expire(self, stream: int) -> None:
        """Closes the connection of a body that has not arrived in its time; the next read tells so."""
        found = self._streams.get(stream)
        if found is not None and not found[0].content.is_eof():
            found[0].close()

    def _close(self, stream: int) -> None:
        found = self._streams.pop(stream, None)
        if found is not None:
            # Back to the pool when it was read to its end, else closed.
            found[0].release() if found[0].content.at_eof() else found[0].close()


def _url(text: str) -> URL:
    try:
        url = URL(text)
    except (ValueError, TypeError):
        raise RequestFailed("Invalid", f"the URL {text[:200]!r} can't be read") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise RequestFailed("Invalid", f"the URL {text[:200]!r} must begin with http:// or https:// and name a host")
    return url


def _response(response: aiohttp.ClientResponse, body: bytes, stream: int | None) -> Response:
    headers = [(name.lower(), value) for name, value in response.headers.items()]
    return Response(response.status, headers, str(response.url), body, stream)


def _late(url: str, seconds: float | None) -> RequestFailed:
    limit = "" if seconds is None else f" of {seconds * 1000:g} ms"
    return RequestFailed("Timeout", f"{url[:200]} took longer than the timeout{limit}")


def _too_large(limit: int) -> RequestFailed:
    return RequestFailed("Invalid", f"the response is larger than {limit} bytes (max_body_bytes)")


def _failed(url: str, error: Exception) -> RequestFailed:
    if isinstance(error, aiohttp.TooManyRedirects):
        return RequestFailed("Invalid", f"{url[:200]} redirects more often than it may (redirects)")
    if isinstance(error, (aiohttp.InvalidURL, ValueError, UnicodeError)) and not isinstance(error, aiohttp.ClientConnectionError):
        return RequestFailed("Invalid", f"the request to {url[:200]} can't be sent: {error}")
    cause = getattr(error, "os_error", None) or error
    reason = " ".join(str(getattr(cause, "strerror", None) or cause).split()) or type(error).__name__
    return RequestFailed("Unavailable", f"{url[:200]} can't be reached: {reason[:300]}")


_lock = threading.Lock()
_shared: list[Client] = []


def shared() -> Client:
    """Gives the client of the process."""
    with _lock:
        if not _shared:
            _shared.append(Client())
        return _shared[0]
