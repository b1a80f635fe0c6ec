"""What `wasi.network` opens and what it does not: addresses, ports, names and what names stand for, datagrams both ways."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import moonwit
from tests.lua.networks import Peer, echo, entry, project, whole

DENIED = "access-denied"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str, Any], moonwit.Project]]:
    """Opens a project with a function of the guest, for which `connect` and `listen` open what they say."""
    with contextlib.ExitStack() as stack:

        def open_one(method: str, network: Any) -> moonwit.Project:
            return stack.enter_context(project(tmp_path, entry(method, network=network)))

        yield open_one


@pytest.mark.parametrize(
    ("connect", "good"),
    [
        ([], False),
        (["127.0.0.1:{port}"], True),
        (["127.0.0.1:{next}"], False),
        (["127.0.0.2:{port}"], False),
        (["127.0.0.1:1-{port}"], True),
        (["127.0.0.1:1-{before}"], False),
        (["127.0.0.0/31:*"], True),
        (["127.0.0.2/31:*"], False),
        (["126.0.0.0/7:*"], True),
        (["128.0.0.0/1:*"], False),
        (["[::1]:*", "*:{port}"], True),
        (["*:{next}"], False),
        (["localhost:*"], False),
        (["10.0.0.0/8:*", "0.0.0.0/0:{port}"], True),
    ],
)
def test_where_a_guest_may_connect(opened: Callable[[str, Any], moonwit.Project], connect: list[str], good: bool) -> None:
    """An address and port must be granted together; a name grants no address that was not looked up."""
    with Peer(echo) as peer:
        items = [item.format(port=peer.port, next=peer.port + 1, before=peer.port - 1) for item in connect]
        found = opened("connect-code", {"connect": items}).call("t:connect-code", [127, 0, 0, 1], peer.port)
        assert found == ("ok" if good else DENIED)


@pytest.mark.parametrize("network", [None, {}, {"connect": [], "listen": []}])
def test_nothing_is_given(opened: Callable[[str, Any], moonwit.Project], network: Any) -> None:
    """Sockets without an address reach nothing, and bind nothing."""
    with Peer(echo) as peer:
        assert opened("connect-code", network).call("t:connect-code", [127, 0, 0, 1], peer.port) == DENIED


@pytest.mark.parametrize(
    ("network", "port", "codes"),
    [
        ({}, 0, "access-denied, invalid-state"),
        # A socket that connects may be bound before, to a free port.
        ({"connect": ["10.0.0.1:1"]}, 0, "ok, access-denied"),
        ({"connect": ["*:*"]}, 40001, "access-denied, invalid-state"),
        ({"listen": ["127.0.0.1:0"]}, 0, "ok, ok"),
        ({"listen": ["127.0.0.1:0"]}, 40001, "access-denied, invalid-state"),
        ({"listen": ["127.0.0.1:40001"]}, 0, "ok, access-denied"),
        ({"listen": ["127.0.0.2:0"]}, 0, "ok, access-denied"),
        ({"listen": ["0.0.0.0:0"]}, 0, "ok, ok"),
        ({"listen": ["[::]:0"]}, 0, "ok, access-denied"),
        ({"listen": ["*:*"]}, 0, "ok, ok"),
    ],
)
def test_where_a_guest_may_listen(opened: Callable[[str, Any], moonwit.Project], network: Any, port: int, codes: str) -> None:
    """To bind is one thing, to be reached another; port 0 is granted by itself."""
    assert opened("listen-codes", network).call("t:listen-codes", [127, 0, 0, 1], port) == codes


def test_names_that_may_be_looked_up(opened: Callable[[str, Any], moonwit.Project], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only names that are granted are asked for; addresses are not names, and are given back without a look-up."""
    asked = []

    def getaddrinfo(name: str, *_args: Any, **_named: Any) -> list[Any]:
        asked.append(name)
        return [(0, 0, 0, "", ("198.51.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    found = opened("look-up", {"connect": ["api.example.org:443", "10.0.0.0/8:1"]})
    assert found.call("t:look-up", "API.example.org") == ["198.51.0.1"]
    for name in ("example.org", "a.api.example.org", "localhost", "api.example.org.evil"):
        with pytest.raises(moonwit.CallError, match="denied"):
            found.call("t:look-up", name)
    assert found.call("t:look-up", "10.9.8.7") == ["10.9.8.7"]
    assert asked == ["api.example.org"]


def resolver(monkeypatch: pytest.MonkeyPatch, *texts: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: [(0, 0, 0, "", (text, 0)) for text in texts])


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fe80::1", "64:ff9b::7f00:1"])
def test_a_name_that_turns_inward(opened: Callable[[str, Any], moonwit.Project], monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A name that is answered with an address of the machine's own network is not followed there, and the address is not told."""
    resolver(monkeypatch, text)
    with pytest.raises(moonwit.CallError, match="denied"):
        opened("look-up", {"connect": ["api.example.org:*"]}).call("t:look-up", "api.example.org")


def test_an_inner_name_with_its_network(opened: Callable[[str, Any], moonwit.Project], monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of an inner network is of use where its addresses are granted too; the others that it is answered with are left out."""
    resolver(monkeypatch, "10.0.0.7", "127.0.0.1", "198.51.0.1")
    found = opened("look-up", {"connect": ["db.internal:5432", "10.0.0.0/8:5432"]})
    assert found.call("t:look-up", "db.internal") == ["10.0.0.7", "198.51.0.1"]


def test_a_name_grants_what_it_stands_for(opened: Callable[[str, Any], moonwit.Project]) -> None:
    """After a look-up its addresses may be connected to at the granted port, and at no other."""
    with Peer(echo) as peer:
        found = opened("exchange", {"connect": [f"localhost:{peer.port}"]})
        assert found.call("t:exchange", f"localhost:{peer.port}", b"x") == b"x"
    with Peer(echo) as other, pytest.raises(moonwit.CallError, match="denied"):
        found.call("t:exchange", f"localhost:{other.port}", b"x")


def test_where_datagrams_may_go(opened: Callable[[str, Any], moonwit.Project]) -> None:
    """Each datagram goes where its address is granted, and else nowhere."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        port = receiver.getsockname()[1]
        found = opened("send-codes", {"connect": [f"127.0.0.1:{port}"]})
        assert found.call("t:send-codes", [127, 0, 0, 1], [port - 1, port, port + 1]) == [DENIED, "1", DENIED]
        assert receiver.recvfrom(10)[0] == b"x"


def test_whose_datagrams_arrive(opened: Callable[[str, Any], moonwit.Project]) -> None:
    """A guest that may not be reached gets answers from where it may send to; what others send is thrown away."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for each in (server, stranger):
            each.bind(("127.0.0.1", 0))
            each.settimeout(60)
        port = server.getsockname()[1]
        found = opened("ask", {"connect": [f"127.0.0.1:{port}"]})
        with concurrent.futures.ThreadPoolExecutor() as threads:
            asking = threads.submit(found.call, "t:ask", f"127.0.0.1:{port}", b"what")
            content, address = server.recvfrom(100)
            address = ("127.0.0.1", address[1])
            stranger.sendto(b"wrong", address)
            server.sendto(b"right " + content, address)
            assert asking.result(60) == [b"right what", f"127.0.0.1:{port}"]


def test_a_guest_answers_who_asks_it(opened: Callable[[str, Any], moonwit.Project]) -> None:
    """One that may be reached may answer whoever has written to it, though it may send to nobody else."""
    told: concurrent.futures.Future[str] = concurrent.futures.Future()
    with Peer(lambda connection: told.set_result(whole(connection).decode())) as peer, concurrent.futures.ThreadPoolExecutor() as threads:
        found = opened("answer", {"connect": [f"127.0.0.1:{peer.port}"], "listen": ["127.0.0.1:0"]})
        answering = threads.submit(found.call, "t:answer", "127.0.0.1:0", peer.address, 1)
        host, _, port = told.result(60).rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(60)
            asker.sendto(b"hello", (str(ipaddress.ip_address(host)), int(port)))
            assert asker.recv(10) == b"hello"
        assert answering.result(60) == 1
