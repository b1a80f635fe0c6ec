"""A service that runs: takes requests, finds what answers them, and sends what it says."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import socket
from collections.abc import Callable

from aiohttp import web

from moonwit.host.http.serving.connection import Connection, Connections
from moonwit.host.http.serving.exchange import Exchange, Refused, Responder, ResponseFailed, check_head, split_target
from moonwit.host.http.serving.files import FileServer
from moonwit.host.http.serving.layout import Service
from moonwit.host.http.serving.log import AccessLog, RouteStatistics, printable
from moonwit.host.http.serving.results import Answer
from moonwit.host.http.serving.routes import BadPath, Routes, complete
from moonwit.registry.names import shortened, shown

_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,80}\Z")
# How often slow clients are looked for, in seconds, and how many connections wait to be accepted.
LOOK = 0.5
BACKLOG = 1024
# How many characters of an error are logged: what a function makes of its message and details has no end of its own.
MOST_LOGGED = 8000


class CantListen(Exception):
    """An address that can't be listened on; the message is a sentence. The environment causes it."""


class Mount:
    """A route as it is served: what answers it, and what it has answered."""

    def __init__(self, name: str, respond: Responder) -> None:
        self.name = name
        self.respond = respond
        self.statistics = RouteStatistics()


class Server:
    """A service on its address. Its methods belong to the event loop's thread.

    ``log`` takes lines for whoever runs the service: errors with their details, and each request where the service asks for it.
    """

    def __init__(self, service: Service, log: Callable[[str], None]) -> None:
        self.service = service
        self.routes: Routes[Mount] = Routes()
        self.mounts: list[Mount] = []
        self._loop = asyncio.get_running_loop()
        self._log = AccessLog(log, self._loop)
        self._connections = Connections(self._handle, service, self._loop, self._failed)
        self._files = sorted((FileServer(files) for files in service.files), key=lambda files: -len(files.prefix))
        self._file_mounts = [Mount(f"{files.prefix or '/'} (files)", files.respond) for files in self._files]
        self._other = Mount("no route", self._nothing)
        self._listening: asyncio.Server | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._prefix, self._numbers = os.urandom(5).hex(), itertools.count(1)
        self._running: set[asyncio.Task[object]] = set()
        self._stopping = False

    def mount(self, method: str, segments: list[str], name: str, respond: Responder) -> bool:
        """Has a route answered; gives False when it is answered already."""
        mount = Mount(name, respond)
        if not self.routes.add(method, segments, mount):
            return False
        self.mounts.append(mount)
        return True

    async def start(self) -> list[str]:
        """Begins to listen; gives the addresses as URLs, or raises ``CantListen``."""
        service = self.service
        try:
            self._listening = await self._loop.create_server(self._connections, service.host, service.port, backlog=BACKLOG)
        except (OSError, OverflowError, UnicodeError) as error:
            reason = (os.strerror(error.errno) if isinstance(error, OSError) and error.errno and error.errno > 0 else str(error)).lower()
            name = f"{service.host or ''}:{service.port}"
            raise CantListen(f"the service {service.id or '(default)'} can't listen on {name}: {reason}") from None
        self._look()
        return [_url(listener) for listener in self._listening.sockets]

    async def stop(self) -> None:
        """Takes no more requests, waits for those that run, and cancels them when the service's grace time is over."""
        self._stopping = True
        if self._listening is not None:
            self._listening.close()
        if self._looking is not None:
            self._looking.cancel()
        self._connections.pre_shutdown()
        if self._running:
            await asyncio.wait(self._running, timeout=self.service.stop)
        for task in self._running:
            task.cancel("stop")
        if self._running:
            await asyncio.wait(self._running, timeout=1.0)
        await self._connections.shutdown(0.5)
        self._log.flush()

    def statistics(self) -> dict[str, RouteStatistics]:
        """Gives what each route has answered."""
        return {mount.name: mount.statistics for mount in (*self.mounts, *self._file_mounts, self._other)}

    def say(self, text: str) -> None:
        """Adds lines to the log; what follows the first is set in."""
        text = shortened(text, MOST_LOGGED)
        lines = "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text).rstrip("\n").split("\n")
        self._log.add("\n\t".join(line.strip() for line in lines))

    def _look(self) -> None:
        self._connections.look()
        self._looking = self._loop.call_later(min(LOOK, self.service.read / 4, self.service.write / 4), self._look)

    def _new_id(self, request: web.BaseRequest) -> str:
        given = request.headers.getall("X-Request-Id", ())
        # Of two nobody could tell which one the client will look for.
        if len(given) == 1 and _ID.match(given[0]):
            return str(given[0])
        return f"{self._prefix}-{next(self._numbers):x}"

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        began = self._loop.time()
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.busy += 1
        connection.began = 0.0
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        mount, status = self._other, 499
        path, query = split_target(request.raw_path)
        exchange = Exchange(request, self._new_id(request), self.service, path, query, self.say)
        try:
            mount = self._find(exchange)
            if len(self._running) > self.service.max_requests or self._stopping:
                sentence = "the server is stopping" if self._stopping else "the server is busy"
                raise Refused(503, sentence, self._stopping, {"Retry-After": "1"})
            response = await mount.respond(exchange)
            status = response.status
            return response
        except Refused as refused:
            status = refused.status
            return exchange.refuse(refused)
        except ResponseFailed:
            status = 500
            raise
        except asyncio.CancelledError as canceled:
            if "stop" not in canceled.args:
                raise
            if request.writer.output_size > 0:
                status = 500
                raise self._cut(request, "the server is stopping") from None
            status = 503
            return exchange.refuse(Refused(503, "the server is stopping", True))
        except ConnectionError:
            raise
        except Exception as error:
            # Our mistake. It is written here, under the id that the request's line has.
            status = 500
            self.say(f"{exchange.id} the server has failed: {type(error).__name__}: {error}")
            if request.writer.output_size > 0:
                raise self._cut(request, "the server has failed") from error
            return exchange.refuse(Refused(500, "the server has failed", close=True))
        finally:
            self._running.discard(task)
            connection.busy -= 1
            seconds = self._loop.time() - began
            mount.statistics.add(status, seconds, exchange.sent)
            if self.service.access_log:
                what = f"{request.remote or '-'} {request.method} {printable(path)}"
                self._log.add(f"{what} {status} {exchange.sent} {seconds * 1000:.1f}ms {exchange.id}")

    def _cut(self, request: web.BaseRequest, why: str) -> ResponseFailed:
        """Ends the connection of a response that has begun: more bytes would be taken for the rest of it."""
        if request.transport is not None:
            request.transport.abort()
        return ResponseFailed(why)

    def _find(self, exchange: Exchange) -> Mount:
        """Finds what answers; raises ``Refused`` where nothing does."""
        request = exchange.request
        method, path = request.method, exchange.path
        check_head(request)
        if path == "*" and method == "OPTIONS":
            return Mount("*", _options(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]))
        if not path.startswith("/"):
            raise Refused(400, f"expected a path that begins with /, got {shown(path)}")
        try:
            found = self.routes.find(method, path)
        except BadPath as error:
            raise Refused(400, str(error)) from None
        if found.target is not None:
            exchange.params = found.params
            return found.target
        if not found.allowed:
            for files, mount in zip(self._files, self._file_mounts, strict=True):
                if files.has(path):
                    if method in ("GET", "HEAD"):
                        return mount
                    found.allowed = complete(["GET"])
                    break
        if not found.allowed:
            raise Refused(404, "there is nothing at this path")
        if method == "OPTIONS":
            return Mount("OPTIONS", _options(found.allowed))
        raise Refused(405, f"this path takes {', '.join(found.allowed)}", headers={"Allow": ", ".join(found.allowed)})

    async def _nothing(self, exchange: Exchange) -> web.StreamResponse:
        raise Refused(404, "there is nothing at this path")

    def _failed(self, request: web.BaseRequest, status: int, sentence: str, error: BaseException | None) -> str:
        """Notes a request that could not be read, or a mistake in Moonwit; gives its id."""
        id = f"{self._prefix}-{next(self._numbers):x}"
        self._other.statistics.add(status, 0.0, 0)
        why = f": {type(error).__name__}: {error}" if status >= 500 else ""
        self._log.add(f"{request.remote or '-'} - - {status} 0 0.0ms {id} {sentence}{printable(why)}")
        return id


def _options(allowed: list[str]) -> Responder:
    async def respond(exchange: Exchange) -> web.StreamResponse:
        return exchange.respond(Answer(204, headers=[("Allow", ", ".join(allowed))]))

    return respond


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
