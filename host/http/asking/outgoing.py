"""The requests of guests, by wasi:http/outgoing-handler: both bodies pass as they are made, and nothing is done on the guest's behalf.

Redirects are not followed, bodies are not decompressed, and there are no cookies, no proxies and no headers of our own but what HTTP
needs. What goes wrong is a case of the WIT variant ``error-code``, by its index, the same as Wasmtime's where it has the same cause.
"""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import Future
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict
from yarl import URL

from moonwit.host.http.asking.client import Client

DNS_ERROR, REFUSED, TERMINATED, CONNECTION_TIMEOUT, READ_TIMEOUT = 1, 6, 7, 8, 9
DESTINATION_UNAVAILABLE, TLS_PROTOCOL, TLS_CERTIFICATE, URI_INVALID = 3, 12, 13, 19
INCOMPLETE, PROTOCOL_ERROR, INTERNAL = 25, 35, 38

# Idle connections end before servers end them: a request that meets the end of its connection can't be sent again.
_KEPT: Final = 4.0
# How large a line or header of a response may be, in bytes.
_LINE: Final = 64 * 1024
_AUTOMATIC: Final = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class Failed(Exception):
    """A request or its body has failed; ``code`` is a case of error-code, ``detail`` says why."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass
class Outgoing:
    """A request. ``body`` is all of it, or None when it is yet to be written; the times are seconds."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes | None
    connect: float
    first_byte: float
    between_bytes: float


@dataclass
class Head:
    """The beginning of a response."""

    status: int
    headers: list[tuple[bytes, bytes]]


def _session(client: Client) -> aiohttp.ClientSession:
    """Gives the session of the guests' requests; called in the client's loop."""
    found = client.of_guests
    if found is None:
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(_connected)
        trace.on_connection_reuseconn.append(_connected)
        found = client.of_guests = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(None, None, None, None),
            auto_decompress=False,
            skip_auto_headers=_AUTOMATIC,
            trace_configs=[trace],
            max_line_size=_LINE,
            max_field_size=_LINE,
        )
    return found


async def _connected(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
    context.trace_request_ctx()


class Exchange:
    """One request and its response. The methods may be called from any thread; what they ask for happens in their order."""

    def __init__(self, client: Client, request: Outgoing) -> None:
        self._client = client
        self._request = request
        self._pieces: asyncio.Queue[tuple[bytes, asyncio.Future[None]] | None] = asyncio.Queue()
        self._response: aiohttp.ClientResponse | None = None
        self._taking: asyncio.Future[None] | None = None
        self._begun = False
        self._is_deaf = False
        self._ended = False
        self._sending: asyncio.Task[Any] | None = None

    def send(self) -> Future[Head]:
        """Sends the request; the future gives the beginning of the response or raises ``Failed``."""
        return self._client.start(self._send())

    def write(self, data: bytes) -> Future[None]:
        """Sends a piece of the body; the future is done when it was taken, or nobody takes it any more."""
        return self._client.start(self._write(data))

    def finish(self) -> None:
        """Ends the body."""
        self._client.start(self._finish())

    def read(self) -> Future[bytes]:
        """Reads the next piece of the response's body; none at its end. Raises ``Failed``."""
        return self._client.start(self._read())

    def close(self) -> None:
        """Ends the request, wherever it is."""
        self._client.start(self._close())

    async def _send(self) -> Head:
        request, loop = self._request, asyncio.get_running_loop()
        self._sending = asyncio.current_task()
        if self._ended:
            raise Failed(TERMINATED, "the request was ended")
        is_connected = False
        limit = asyncio.timeout(request.connect)

        def connected() -> None:
            nonlocal is_connected
            is_connected = True
            limit.reschedule(loop.time() + request.first_byte)

        response = None
        try:
            async with limit:
                response = await _session(self._client).request(
                    request.method,
                    URL(request.url, encoded=True),
                    headers=CIMultiDict(request.headers),
                    data=_Pieces(self) if request.body is None else request.body or None,
                    allow_redirects=False,
                    trace_request_ctx=connected,
                )
        except TimeoutError:
            raise Failed(READ_TIMEOUT if is_connected else CONNECTION_TIMEOUT, "the server took too long") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failed(error) from None
        finally:
            self._sending = None
            if response is None:
                self._forsake()
        self._response = response
        if self._ended:
            response.close()
        return Head(response.status, [(name.lower(), value) for name, value in response.raw_headers])

    async def pass_on(self, writer: AbstractStreamWriter) -> None:
        """Gives the pieces of the body to the connection, each when the last one is on its way; raises ``ConnectionResetError``."""
        if self._begun:
            # The client sends again what a connection from its pool did not take; what is gone can't be.
            raise ConnectionResetError("the connection has ended before the whole body was sent")
        self._begun = True
        writer.send_headers()
        try:
            while (piece := await self._pieces.get()) is not None:
                data, self._taking = piece
                await writer.write(data)
                _done(self._taking)
        finally:
            self._forsake()

    async def _write(self, data: bytes) -> None:
        if self._is_deaf:
            return
        taken = asyncio.get_running_loop().create_future()
        await self._pieces.put((data, taken))
        await taken

    async def _finish(self) -> None:
        await self._pieces.put(None)

    async def _read(self) -> bytes:
        response = self._response
        if response is None or self._ended:
            return b""
        try:
            async with asyncio.timeout(self._request.between_bytes):
                data = await response.content.readany()
        except TimeoutError:
            self._forsake()
            response.close()
            raise Failed(READ_TIMEOUT, "the rest of the response took too long") from None
        except (aiohttp.ClientError, OSError) as error:
            self._forsake()
            response.close()
            raise Failed(INCOMPLETE, f"the response has broken off: {_reason(error)}") from None
        if not data:
            self._forsake()
            response.release()
        return data

    def _forsake(self) -> None:
        """Takes what is written from now on as if it were sent: there is nobody who reads it."""
        self._is_deaf = True
        if self._taking is not None:
            _done(self._taking)
        while not self._pieces.empty():
            piece = self._pieces.get_nowait()
            if piece is not None:
                _done(piece[1])

    async def _close(self) -> None:
        self._ended = True
        self._forsake()
        if self._sending is not None:
            self._sending.cancel()
        response = self._response
        if response is not None:
            # Back to the pool when it was read to its end, else closed.
            response.release() if response.content.at_eof() else response.close()


class _Pieces(aiohttp.Payload):
    """The body of a request that its guest is still writing, of no size yet."""

    _value: Exchange

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("the body is not there yet")

    async def write(self, writer: AbstractStreamWriter) -> None:
        await self._value.pass_on(writer)


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _reason(error: BaseException) -> str:
    cause = getattr(error, "os_error", None) or error
    return " ".join(str(getattr(cause, "strerror", None) or cause).split())[:300] or type(error).__name__


def _failed(error: Exception) -> Failed:
    cause = getattr(error, "os_error", None) or error
    code = INTERNAL
    match error:
        case aiohttp.ClientConnectorDNSError():
            return Failed(DNS_ERROR, "address not available")
        case aiohttp.ClientConnectorCertificateError():
            code = TLS_CERTIFICATE
        case aiohttp.ClientSSLError() | ssl.SSLError():
            code = TLS_PROTOCOL
        case aiohttp.ClientConnectorError():
            code = REFUSED if isinstance(cause, ConnectionRefusedError) else DESTINATION_UNAVAILABLE
        case aiohttp.InvalidURL():
            code = URI_INVALID
        case aiohttp.ServerDisconnectedError():
            code = TERMINATED
        case aiohttp.ClientOSError() | ConnectionError():
            code = TERMINATED
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
            code = PROTOCOL_ERROR
    return Failed(code, _reason(error))
