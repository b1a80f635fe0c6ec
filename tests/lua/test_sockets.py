"""wasi:sockets of guests, over real connections: by the standard library of Rust and by the interfaces themselves."""

from __future__ import annotations

import concurrent.futures
import socket
import threading
from collections.abc import Iterator

import pytest

import moonwit
from tests.lua.networks import Peer, closed_port, echo, entry, project, reset, whole, without_ipv6

METHODS = ("exchange", "ask", "serve", "answer", "look-up", "hold", "pump", "connect-code", "stream-codes", "send-codes", "listen-codes")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    with project(tmp_path_factory.mktemp("sockets"), *map(entry, METHODS)) as found:
        yield found


@pytest.mark.parametrize("family", [socket.AF_INET, pytest.param(socket.AF_INET6, marks=without_ipv6)])
@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_000])
def test_an_exchange(opened: moonwit.Project, family: socket.AddressFamily, size: int) -> None:
    """What a guest sends arrives, whatever its size, that it was all arrives too, and the answer comes back."""
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    with Peer(lambda connection: connection.sendall(whole(connection)[::-1]), family) as peer:
        assert opened.call("t:exchange", peer.address, content) == content[::-1]


def test_a_name(opened: moonwit.Project) -> None:
    """A guest connects by a name that it looks up, and lists its addresses."""
    with Peer(echo) as peer:
        assert opened.call("t:exchange", f"localhost:{peer.port}", b"by name") == b"by name"
    assert "127.0.0.1" in opened.call("t:look-up", "LOCALHOST.")


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("[::1]", marks=without_ipv6)])
def test_a_guest_that_listens(opened: moonwit.Project, host: str) -> None:
    """A guest serves connections, one after the other, while its lane serves the guest that connects to it."""
    told: concurrent.futures.Future[str] = concurrent.futures.Future()
    with Peer(lambda connection: told.set_result(whole(connection).decode())) as peer, concurrent.futures.ThreadPoolExecutor() as threads:
        serving = threads.submit(opened.call, "t:serve", f"{host}:0", peer.address, 3)
        address = told.result(60)
        assert [opened.call("t:exchange", address, b"x" * size) for size in (1, 0, 100_000)] == [b"x", b"", b"x" * 100_000]
        assert serving.result(60) == 100_001


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("[::1]", marks=without_ipv6)])
@pytest.mark.parametrize("size", [0, 1, 1400, 20_000])
def test_datagrams(opened: moonwit.Project, host: str, size: int) -> None:
    """Datagrams go and come whole, with where they are from; a guest that may be reached answers whoever asks."""
    told: concurrent.futures.Future[str] = concurrent.futures.Future()
    with Peer(lambda connection: told.set_result(whole(connection).decode())) as peer, concurrent.futures.ThreadPoolExecutor() as threads:
        answering = threads.submit(opened.call, "t:answer", f"{host}:0", peer.address, 1)
        address = told.result(60)
        assert opened.call("t:ask", address, b"u" * size) == [b"u" * size, address]
        assert answering.result(60) == 1


def test_many_connections_of_a_guest(opened: moonwit.Project) -> None:
    """One guest has 1000 connections at once, and waits for all of them together."""
    arrived = threading.Barrier(1000)

    def serve(connection: socket.socket) -> None:
        connection.recv(1)
        # None is answered before all are there.
        arrived.wait(60)
        connection.sendall(b"y")

    with Peer(serve) as peer:
        assert opened.call("t:hold", peer.address, 1000) == 1000


def test_bytes_wait_for_room(opened: moonwit.Project) -> None:
    """A guest that writes more than the other side takes waits for it; nothing is lost."""

    with Peer(lambda connection: connection.sendall(b"z" * (len(whole(connection)) // 1000))) as peer:
        assert opened.call("t:pump", peer.address, 20_000_000) == 20_000


def test_refused_connections(opened: moonwit.Project) -> None:
    """An attempt that fails says why by its error-code, or by the error of the language."""
    assert opened.call("t:connect-code", [127, 0, 0, 1], closed_port()) == "connection-refused"
    assert opened.call("t:connect-code", [255, 255, 255, 255], 80) == "invalid-argument"
    assert opened.call("t:connect-code", [127, 0, 0, 1], 0) == "invalid-argument"
    with pytest.raises(moonwit.CallError, match="refused"):
        opened.call("t:exchange", f"127.0.0.1:{closed_port()}", b"x")


def test_streams_that_end(opened: moonwit.Project) -> None:
    """A reset is a failure once, and then the streams are closed; an end that the other side has said is closed at once."""
    with Peer(reset) as peer:
        sent, read, again, written, check = opened.call("t:stream-codes", peer.address).split(", ")
        assert (sent, read, again) == ("ok", "the connection was reset by its other side", "closed")
        assert (written, check) == ("closed", "closed")
    with Peer(lambda connection: connection.recv(1)) as peer:
        sent, read, again, written, check = opened.call("t:stream-codes", peer.address).split(", ")
        assert (sent, read, again, check) == ("ok", "closed", "closed", "closed")
        assert written in ("closed", "the connection was reset by its other side")


def test_datagrams_that_can_not_be_sent(opened: moonwit.Project) -> None:
    """Each datagram is judged by itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        port = receiver.getsockname()[1]
        assert opened.call("t:send-codes", [127, 0, 0, 1], [0, port, port]) == ["invalid-argument", "1", "1"]
        assert receiver.recvfrom(10)[0] == receiver.recvfrom(10)[0] == b"x"


def test_addresses_that_can_not_be_bound(opened: moonwit.Project) -> None:
    """Where a guest may bind is judged by the system, once its entry lets it."""
    assert opened.call("t:listen-codes", [127, 0, 0, 1], 0) == "ok, ok"
    assert opened.call("t:listen-codes", [192, 0, 2, 1], 0) == "address-not-bindable, invalid-state"
    assert opened.call("t:listen-codes", [255, 255, 255, 255], 0) == "invalid-argument, invalid-state"
