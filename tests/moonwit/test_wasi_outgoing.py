"""Guests that send HTTP requests, by wasi:http/outgoing-handler, to a real server; Wasmtime's own says what is right."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import moonwit
from moonwit.host.functions.inspect import inspect_entry
from tests.oracle.function import Oracle, oracle_of, outcome
from tests.origin import SOON, Origin, refused
from tests.texts import texts

lua, _ = texts(__file__)

GUEST = Path(__file__).parents[1] / "guests" / "outgoing" / "outgoing.wasm"
POOLS = {
    "inline": "{type: inline}",
    "lazy": "{type: lazy, max_size: 200}",
    "static": "{type: static, size: 2, workers: 2}",
    "adaptive": "{type: adaptive}",
}
METHODS = ("fetch", "converse", "pass", "many", "leave", "parts")


def _entry(name: str, method: str, pool: str, more: str = "") -> str:
    return f"""  - name: {name}
    kind: function.wasm
    fs: here
    path: outgoing.wasm
    hash: sha256:{hashlib.sha256(GUEST.read_bytes()).hexdigest()}
    method: {method}
    pool: {POOLS[pool]}
    imports: [wasi:http]
{more}"""


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    running = Origin()
    yield running
    running.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    folder = tmp_path_factory.mktemp("outgoing")
    text = f'version: "1.0"\nnamespace: t\nentries:\n  - {{name: here, kind: fs.directory, directory: "{GUEST.parent}"}}\n'
    for method in METHODS:
        text += "".join(_entry(f"{method}-{pool}", method, pool) for pool in POOLS)
    text += _entry("limited", "fetch", "lazy", "    limits: {max_execution_ms: 300}\n")
    text += _entry("denied", "fetch", "lazy").replace("[wasi:http]", "[wasi:io]")
    text += _entry("half-denied", "fetch", "lazy").replace("[wasi:http]", "[wasi:http/types]")
    (folder / "_index.yaml").write_text(text)
    with moonwit.open(folder) as opened:
        yield opened


def _request(authority: str, path: str = "/", **more: Any) -> dict[str, Any]:
    parts = {"method": "GET", "scheme": "http", "headers": []}
    times = {"connect-ms": None, "first-byte-ms": None, "between-bytes-ms": None}
    return {**parts, "authority": authority, "path": path, "body": None, **times, **more}


def _fetch(project: moonwit.Project, how: str, request: dict[str, Any]) -> Any:
    """Gives the answer, or the text of the error that the guest gives."""
    try:
        return _told(("value", project.call(f"t:fetch-{how}", request)))
    except moonwit.CallError as error:
        return _told(("error", error.kind, error.message))


def _told(outcome: tuple[Any, ...]) -> Any:
    what, answer, *rest = outcome
    if what == "error":
        # Wasmtime tells no code for what breaks off.
        return "stream" if rest[0].startswith("stream: ") else rest[0]
    # The date is another one a second later.
    answer["headers"] = [pair for pair in answer["headers"] if pair[0] != "date"]
    return answer


def _oracle(project: moonwit.Project, id: str) -> Oracle:
    assert project.registry is not None
    return oracle_of(project.entries.loaded(project.registry.entries[id]))


EVERY: dict[str, dict[str, Any]] = {
    "plain": {},
    "query": {"path": "/a%20b/c?d=e&f=%2f;g"},
    "no path": {"path": ""},
    "a query alone": {"path": "?a=b"},
    "odd characters": {"path": "/a{b}|[c]'\"~?d={e}"},
    "a fragment": {"path": "/a#b"},
    "other letters": {"path": "/ä"},
    "no slash": {"path": "a"},
    "a user": {"authority": "a:b@localhost"},
    "IPv6": {"authority": "[::1]:1"},
    "headers": {"headers": [["X-One", b"1"], ["x-one", b"two words"], ["accept", b"*/*"]]},
    "head": {"method": "HEAD"},
    "delete": {"method": "DELETE"},
    "own method": {"method": "PURGE"},
    "post without a body": {"method": "POST"},
    "post": {"method": "POST", "body": b"the body"},
    "with its length": {"method": "POST", "body": b"the body", "headers": [["content-length", b"8"]]},
    "not found": {"path": "/status?code=404"},
    "server error": {"path": "/status?code=500"},
    "no content": {"path": "/status?code=204"},
    "a redirect": {"path": "/status?code=302"},
    "compressed": {"path": "/zip"},
    "echo": {"method": "POST", "path": "/echo", "body": bytes(range(256)), "headers": [["content-type", b"a/b"]]},
    "bad method": {"method": "A B"},
    "bad path": {"path": "/a b"},
    "bad authority": {"authority": "a b"},
    "bad port": {"authority": "localhost:99999"},
    "bad scheme": {"scheme": "a b"},
    "other scheme": {"scheme": "ftp"},
    "bad header": {"headers": [["a b", b"1"]]},
    "bad value": {"headers": [["a", b"1\r\nb: 2"]]},
    "host": {"headers": [["Host", b"other"]]},
    "connection": {"headers": [["connection", b"close"]]},
    "transfer-encoding": {"headers": [["Transfer-Encoding", b"chunked"]]},
    "length too small": {"method": "POST", "body": b"the body", "headers": [["content-length", b"4"]]},
    "length too large": {"method": "POST", "body": b"the body", "headers": [["content-length", b"14"]]},
    "no authority": {"authority": ""},
    "no such name": {"authority": "no-such-name.invalid"},
    "https to http": {"scheme": "https"},
    "broken off": {"path": "/broken"},
    "slow head": {"path": "/held", "first-byte-ms": 50},
    "slow body": {"path": "/stalled", "between-bytes-ms": 50},
}


@pytest.mark.parametrize("name", EVERY)
def test_what_wasmtime_has(project: moonwit.Project, origin: Origin, name: str) -> None:
    """What a guest sends and what it gets, errors included, is the same in every pool as what Wasmtime has."""
    request = _request(origin.authority, **EVERY[name]) if "authority" not in EVERY[name] else _request(**EVERY[name])
    wanted = _told(outcome(_oracle(project, "t:fetch-lazy"), request))
    for how in POOLS:
        assert _fetch(project, how, request) == wanted


def test_refused(project: moonwit.Project) -> None:
    """A server that is not there is connection-refused."""
    request = _request(refused())
    for how in POOLS:
        assert "ErrorCode::ConnectionRefused" in _fetch(project, how, request)


def test_the_length_of_a_body(project: moonwit.Project, origin: Origin) -> None:
    """A body that is finished before its guest waits goes with its length, and is framed as the guest says when it says so."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as threads:
        authority = f"127.0.0.1:{listener.getsockname()[1]}"
        for headers in ([], [["content-length", b"8"]]):
            asked = threads.submit(project.call, "t:fetch-lazy", _request(authority, method="POST", body=b"the body", headers=headers))
            connection, _ = listener.accept()
            with connection:
                sent = b""
                while not sent.endswith(b"the body"):
                    sent += connection.recv(1000)
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            assert asked.result(SOON) == {"status": 204, "headers": [], "body": b""}
            head, _, _ = sent.lower().partition(b"\r\n\r\n")
            assert sorted(head.split(b"\r\n")) == [b"content-length: 8", f"host: {authority}".encode(), b"post / http/1.1"]


def test_streaming_both_ways(project: moonwit.Project, origin: Origin) -> None:
    """A guest reads the first of a response while it writes the last of its request."""
    for how in POOLS:
        assert project.call(f"t:converse-{how}", origin.authority, "/echo", 5) == "".join(f"piece {n};" for n in range(5))


@pytest.mark.parametrize("how", ["lazy", "inline"])
def test_a_server_that_stops_reading(project: moonwit.Project, how: str) -> None:
    """A server that ends the connection in the middle of a body fails the request: the guest does not wait forever to write."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as threads:
        authority = f"127.0.0.1:{listener.getsockname()[1]}"
        asked = threads.submit(project.call, f"t:pass-{how}", authority, "/", 50_000_000)
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(100)
        with pytest.raises(moonwit.CallError) as caught:
            asked.result(SOON)
        assert "ErrorCode::Connection" in caught.value.message


def test_a_large_body(project: moonwit.Project, origin: Origin) -> None:
    """Megabytes go there and come back whole, without being kept."""
    size = 251 * 30000
    for how in ("lazy", "inline"):
        assert project.call(f"t:pass-{how}", origin.authority, "/echo", size) == [size, 125 * size]


def test_many_of_one_guest(project: moonwit.Project, origin: Origin) -> None:
    """One guest has a hundred requests at once, and waits for them together."""
    for how in POOLS:
        origin.gather(100)
        assert project.call(f"t:many-{how}", origin.authority, "/together", 100) == [200] * 100


def test_many_guests_of_one_lane(project: moonwit.Project, origin: Origin) -> None:
    """A hundred guests of one lane wait at the same time: the server answers none before all have come."""
    origin.gather(100)
    project.run_script(lua("many_guests_of_one_lane", ORIGIN_AUTHORITY=origin.authority))


def test_the_limit_ends_a_request(project: moonwit.Project, origin: Origin) -> None:
    """A call that takes too long is a Timeout, and its connection is closed."""
    origin.gather(1)
    with pytest.raises(moonwit.CallError) as caught:
        project.call("t:limited", _request(origin.authority, "/held"))
    assert caught.value.kind == "Timeout"
    assert origin.gone.wait(SOON)


@pytest.mark.parametrize("path", ["/held", "/stalled"])
def test_a_canceled_call_closes_its_connection(project: moonwit.Project, origin: Origin, path: str) -> None:
    """The server learns that nobody waits any more, before its answer has begun or after."""
    for pool in ("inline", "lazy", "adaptive"):
        origin.gather(1)

        async def call(pool: str = pool) -> None:
            running = asyncio.ensure_future(project.acall(f"t:fetch-{pool}", _request(origin.authority, path)))
            assert await asyncio.to_thread(origin.came.wait, SOON)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

        asyncio.run(call())
        assert origin.gone.wait(SOON)


@pytest.mark.parametrize("how", ["drop", "keep"])
def test_a_request_that_is_left(project: moonwit.Project, origin: Origin, how: str) -> None:
    """A request ends with the handles that its guest has of it, or with the instance."""
    origin.gather(1)
    project.call("t:leave-inline", origin.authority, "/held", how)
    assert origin.came.wait(SOON)
    assert origin.gone.wait(SOON)


def test_a_body_that_is_not_whole(project: moonwit.Project, origin: Origin) -> None:
    """A body dropped unfinished, or shorter than its Content-Length, fails its request."""
    for way in ("unfinished", "short"):
        told = {project.call(f"t:leave-{how}", origin.authority, "/", way) for how in POOLS}
        told.add(outcome(_oracle(project, "t:leave-lazy"), origin.authority, "/", way)[1])
        assert len(told) == 1, told
        assert "ErrorCode::Http" in told.pop()


def test_parts(project: moonwit.Project) -> None:
    """What a guest sets of a request it can read, and only what is well-formed can be set."""
    letters = [chr(number) for number in range(1, 128)] + ["ä"]
    requests: list[dict[str, Any]] = [
        {},
        {"method": "CONNECT", "scheme": "https", "authority": "[::1]", "headers": [["a", b"1"], ["A", b"2"]]},
        {"connect-ms": 1, "between-bytes-ms": 3},
        {"scheme": "ftp", "authority": "a.b:80", "path": "/x?y#z"},
        *({"method": f"A{letter}"} for letter in letters),
        *({"scheme": f"a{letter}"} for letter in letters),
        *({"authority": f"a{letter}b"} for letter in letters if letter != "@"),
        *({"authority": text} for text in ("a:", "a:65535", "a:65536", "[::1]:80", "[::1", "a:8:9")),
        *({"path": f"/{letter}"} for letter in letters),
        *({"path": f"/?{letter}"} for letter in letters),
        *({"path": text} for text in ("*", "a", "/%zz", "?a?b", "//", "#a", "é")),
        *({"headers": [[f"a{letter}", b"1"]]} for letter in letters),
        *({"headers": [["a", bytes([number])]]} for number in range(256)),
    ]
    oracle = _oracle(project, "t:parts-lazy")
    for parts in requests:
        request = {**_request("localhost"), **parts}
        assert ("value", project.call("t:parts-lazy", request)) == outcome(oracle, request), parts


def test_without_the_grant(project: moonwit.Project, origin: Origin) -> None:
    """An entry that does not grant requests has a guest fail that sends one, with the interface's name."""
    for name, interface in (("denied", "wasi:http/types"), ("half-denied", "wasi:http/outgoing-handler")):
        with pytest.raises(moonwit.CallError) as caught:
            project.call(f"t:{name}", _request(origin.authority))
        assert caught.value.kind == "PermissionDenied"
        assert f"the function t:{name} uses {interface}, which its entry does not import" in caught.value.message


def test_inspect(project: moonwit.Project) -> None:
    """Inspecting such a guest says that its calls may wait."""
    registry = project.registry
    assert registry is not None
    assert "calls      on fibers: " in inspect_entry(registry.entries["t:fetch-lazy"], registry)
