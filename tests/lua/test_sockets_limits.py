"""Guests that wait for sockets and those that misuse them: limits, cancellation, other tasks of the lane, descriptors, random calls."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import socket
import threading
from pathlib import Path

import pytest

import moonwit
from tests.descriptors import left_since, opened
from tests.lua.networks import Peer, echo, entry, project, whole
from tests.texts import texts

lua, _ = texts(__file__)

LIMITED = {"max_execution_ms": 50}
WAITERS = ("wait-accept", "wait-read", "wait-poll")


def silent(connection: socket.socket) -> None:
    """Says nothing until the other side ends."""
    with contextlib.suppress(OSError):
        connection.recv(1)


def counted(found: moonwit.Project) -> int:
    """How many sockets the project's lane has open."""
    return int(found.submit(lambda boot: boot[b"sockets"]()).result(60))


@pytest.mark.parametrize("name", WAITERS)
def test_a_guest_that_waits_ends_at_its_limit(tmp_path: Path, name: str) -> None:
    """Whatever it waits for: a connection, bytes, or one of several. What it had open is closed, and no thread is left."""
    with Peer(silent) as peer, project(tmp_path, entry(name, limits=LIMITED), entry("connect-code")) as found:
        arguments = [] if name == "wait-accept" else [peer.address]
        found.call("t:connect-code", [127, 0, 0, 1], 1)
        before, threads = opened(), None
        for _ in range(20):
            with pytest.raises(moonwit.CallError) as caught:
                found.call(f"t:{name}", *arguments)
            assert caught.value.kind == "Timeout"
            threads = threads or threading.active_count()
        # The peer's own threads end on their own.
        assert threading.active_count() <= threads + len(arguments) * 40
        assert not [each for each in left_since(before) if "socket:" in each[1] and name == "wait-accept"]
        assert counted(found) == 0


@pytest.mark.parametrize("name", WAITERS)
def test_a_call_that_waits_is_canceled(tmp_path: Path, name: str) -> None:
    """Its coroutine ends where it waits, and so does the guest."""
    with Peer(silent) as peer, project(tmp_path, entry(name)) as found:
        argument = "" if name == "wait-accept" else f', "{peer.address}"'
        found.run_script(lua("a_call_that_waits_is_canceled", NAME=name, ARGUMENT=argument))
        assert counted(found) == 0


def test_a_look_up_that_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends at the limit of its call, and holds up neither the lane nor another guest of it."""
    go = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: [go.wait(60)][:0])
    with Peer(echo) as peer, project(tmp_path, entry("look-up", limits=LIMITED), entry("exchange")) as found:
        found.run_script(lua("a_look_up_that_takes_long", PEER_ADDRESS=peer.address))
        go.set()


def test_a_python_call_that_waits_is_canceled(tmp_path: Path) -> None:
    """As any call: the guest ends, and the project closes."""

    async def calls(found: moonwit.Project) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(found.acall("t:wait-accept"), 0.05)

    with project(tmp_path, entry("wait-accept")) as found:
        asyncio.run(calls(found))


def test_guests_of_a_lane_talk_to_each_other(tmp_path: Path) -> None:
    """A hundred wait at once in one lane, each for its own answer, while a coroutine goes on."""
    pool = {"type": "lazy", "max_size": 100}
    with Peer(echo) as peer, project(tmp_path, entry("exchange", pool=pool)) as found:
        found.run_script(lua("guests_of_a_lane_talk_to_each_other", PEER_ADDRESS=peer.address))
        assert counted(found) == 0


def test_what_an_instance_has_open_ends_with_it(tmp_path: Path) -> None:
    """A guest that drops nothing leaves nothing: after a call of its own instance, and after a trap."""
    with Peer(silent) as peer, project(tmp_path, entry("attack", pool={"type": "inline"})) as found:
        for seed in range(1, 6):
            with contextlib.suppress(moonwit.CallError):
                found.call("t:attack", seed, 300, peer.port)
            # But what has bytes to send yet.
            lingering = found.submit(lambda boot: boot[b"sockets"](True)).result(60)
            assert counted(found) == lingering


def test_what_was_written_is_sent_after_the_guest_has_ended(tmp_path: Path) -> None:
    """A guest that writes and ends at once is not cut off: its lane sends what the system did not take yet, and then the end."""
    go, came = threading.Event(), concurrent.futures.Future[int]()

    def serve(connection: socket.socket) -> None:
        assert go.wait(60)
        came.set_result(len(whole(connection)))

    with Peer(serve) as peer, project(tmp_path, entry("leave", pool={"type": "inline"})) as found:
        written = found.call("t:leave", peer.address)
        assert counted(found) == 1
        go.set()
        assert came.result(60) == written
        assert counted(found) == 0


def test_what_nobody_reads_ends_with_the_lane(tmp_path: Path) -> None:
    """A connection whose other side does not read is closed when the project is."""
    before, go = opened(), threading.Event()
    with Peer(lambda connection: go.wait(60)) as peer:
        with project(tmp_path, entry("leave")) as found:
            found.call("t:leave", peer.address)
            assert counted(found) == 1
        go.set()
    assert not [each for each in left_since(before) if "socket:" in each[1]]


def test_sockets_of_an_entry_are_bounded(tmp_path: Path) -> None:
    """A guest gets so many and then an error-code; another entry of the lane gets some too, and the same one when it has let go."""
    with Peer(echo) as peer, project(tmp_path, entry("exhaust"), entry("connect-code")) as found:
        count, why = found.call("t:exhaust", 100_000)
        assert 100 < count <= 4096 and why == "new-socket-limit"
        assert found.call("t:exhaust", 10) == [10, "ok"]
        assert found.call("t:connect-code", [127, 0, 0, 1], peer.port) == "ok"


def test_random_calls(tmp_path: Path) -> None:
    """Thousands of calls with handles, states and addresses that fit and that don't: each is answered or ends the guest, and nothing else
    happens."""
    made = ended = 0
    with Peer(echo) as peer, project(tmp_path, entry("attack", limits={"max_execution_ms": 20000}), entry("exchange")) as found:
        for seed in range(1, 61):
            try:
                made += found.call("t:attack", seed, 400, peer.port)
            except moonwit.CallError as error:
                ended += 1
                assert error.kind == "Internal" and "please report" not in error.message, error.message
        assert made + ended > 1000 and ended > 5
        assert found.call("t:exchange", peer.address, b"well") == b"well"
