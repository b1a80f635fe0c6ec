"""Projects with the guest of `tests/guests/sockets`, and the other sides that it talks to: real sockets on this machine."""

from __future__ import annotations

import contextlib
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import moonwit
from tests.projects import folder, guest, write

GUEST = Path(__file__).parents[1] / "guests" / "sockets" / "sockets.wasm"
# What most tests open.
HERE = {"connect": ["127.0.0.1:*", "[::1]:*", "localhost:*"], "listen": ["127.0.0.1:0", "[::1]:0"]}


IMPORTS = ["wasi:cli", "wasi:io", "wasi:clocks", "wasi:random", "wasi:sockets"]


def entry(method: str, network: Any = HERE, **fields: Any) -> dict[str, Any]:
    """An entry for a function of the guest, called like it."""
    wasi = None if network is None else {"network": network}
    return guest(method, GUEST, imports=IMPORTS, wasi=wasi, **fields)


@contextlib.contextmanager
def project(place: Path, *entries: dict[str, Any]) -> Iterator[moonwit.Project]:
    """Opens a project with some entries, `t:NAME` each; some lack what their guest imports."""
    shutil.copy(GUEST, place)
    with moonwit.open(write(place, folder(), *entries)) as opened:
        yield opened


def has_ipv6() -> bool:
    """Tells whether this machine has a loopback address of IPv6, which many containers lack."""
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


without_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no loopback address of IPv6")


class Peer:
    """A server at a free port of this machine; `serve(connection)` is called for each connection, on a thread of its own."""

    def __init__(self, serve: Callable[[socket.socket], None], family: socket.AddressFamily = socket.AF_INET) -> None:
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        self._server = socket.create_server((host, 0), family=family, backlog=2048)
        self._serve = serve
        self._threads: list[threading.Thread] = []
        self.port: int = self._server.getsockname()[1]
        self.address = f"{host}:{self.port}" if family == socket.AF_INET else f"[{host}]:{self.port}"
        self._begin(self._accept)

    def _begin(self, target: Callable[..., None], *given: Any) -> None:
        self._threads.append(threading.Thread(target=target, args=given))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._begin(self._answer, self._server.accept()[0])

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._serve(connection)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        # A thread in accept is not woken by closing.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in list(self._threads):
            thread.join(60)
            assert not thread.is_alive()


def echo(connection: socket.socket) -> None:
    """Sends back what comes."""
    while data := connection.recv(65536):
        connection.sendall(data)


def reset(connection: socket.socket) -> None:
    """Reads a byte, then ends the connection by a reset."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def whole(connection: socket.socket) -> bytes:
    """All that comes."""
    parts = []
    while data := connection.recv(65536):
        parts.append(data)
    return b"".join(parts)


def closed_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
