"""A server that guests send requests to: aiohttp's own, on a thread of the tests, on a free port of this machine."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

from aiohttp import web

SOON = 60
# How a body is framed is the client's own.
FRAMING = ("host", "content-length", "transfer-encoding")


class Origin:
    """Answers until it is closed. ``released`` lets go on what `/held` and `/stalled` wait for; ``gone`` is set when a client of `/held`
    has left; ``held`` counts those that wait."""

    def __init__(self) -> None:
        self.held = 0
        self.most_held = 0
        self.wanted = 0
        self.came = threading.Event()
        self.gone = threading.Event()
        self._all: asyncio.Event | None = None
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(SOON)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()

    async def _start(self) -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._all = asyncio.Event()
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.authority = f"127.0.0.1:{self.port}"

    def gather(self, wanted: int) -> None:
        """Has `/together` answer nobody until so many wait."""
        done = threading.Event()

        def start() -> None:
            self.wanted, self.held, self._all = wanted, 0, asyncio.Event()
            done.set()

        self.came.clear()
        self.gone.clear()
        self._loop.call_soon_threadsafe(start)
        assert done.wait(SOON)

    def close(self) -> None:
        """Ends the server."""
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(SOON)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SOON)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        match request.path:
            case "/echo":
                return await self._echo(request)
            case "/status":
                return web.Response(status=int(request.query["code"]), text="said", headers={"Location": "/elsewhere"})
            case "/zip":
                return web.Response(body=b"\x1f\x8bnot unpacked", headers={"Content-Encoding": "gzip", "Set-Cookie": "a=b"})
            case "/together":
                return await self._together()
            case "/held":
                return await self._hold()
            case "/broken":
                return await self._break(request)
            case "/stalled":
                return await self._stall(request)
        headers = "".join(f"{name.lower()}: {value}\n" for name, value in sorted(request.headers.items()) if name.lower() not in FRAMING)
        text = f"{request.method} {request.raw_path}\n{headers}\n" + (await request.read()).decode("latin-1")
        return web.Response(text=text, headers=[("X-Two", "a"), ("X-Two", "b")])

    async def _echo(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=201, headers={"X-Kind": request.headers.get("Content-Type", "none")})
        await response.prepare(request)
        async for piece in request.content.iter_any():
            await response.write(piece)
        return response

    async def _together(self) -> web.Response:
        self.held += 1
        assert self._all is not None
        if self.held >= self.wanted:
            self._all.set()
        await self._all.wait()
        return web.Response(text="together")

    async def _hold(self) -> web.Response:
        self.came.set()
        try:
            await asyncio.sleep(SOON * 10)
        except asyncio.CancelledError:
            self.gone.set()
            raise
        return web.Response()

    async def _break(self, request: web.Request) -> Any:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"some")
        assert request.transport is not None
        request.transport.abort()
        return response

    async def _stall(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"some")
        await self._hold()
        return response


def refused() -> str:
    """Gives an authority at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"
