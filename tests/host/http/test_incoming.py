"""Guests that answer requests themselves, by wasi:http/incoming-handler (tests/guests/incoming)."""

import hashlib
import json
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

GUEST = Path(__file__).parents[2] / "guests" / "incoming" / "incoming.wasm"
ENTRIES = f"""
  - name: web
    kind: http.service
    addr: "127.0.0.1:0"
    timeouts: {{read: 1s, write: 2s}}
    limits: {{max_body_bytes: 1000000}}
  - {{name: folder, kind: fs.directory, directory: "{GUEST.parent}"}}
  - name: guest
    kind: function.wasm
    fs: folder
    path: incoming.wasm
    hash: sha256:{hashlib.sha256(GUEST.read_bytes()).hexdigest()}
    method: incoming-handler#handle
    transport: wasi-http
    imports: [wasi:clocks]
    limits: {{max_execution_ms: 20000}}
  - {{name: post, kind: http.endpoint, method: POST, path: "/{{what}}", func: guest}}
  - {{name: put, kind: http.endpoint, method: PUT, path: "/{{what}}", func: guest}}
  - {{name: get, kind: http.endpoint, path: "/{{what}}", func: guest}}
"""


@pytest.fixture(scope="module")
def server(serve):
    return serve(ENTRIES)


def test_it_sees_the_request(server):
    """Method, path with query, scheme, authority and headers are the request's; the headers can't be changed."""
    answer = server.ask("PUT", "/describe?a=1", X_One="two words")
    lines = answer.text.split("\n")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain")
    assert lines[:2] == ["Method::Put /describe?a=1 http true", "1 true true"]
    assert "x-one: two words" in lines


def test_it_sends_status_headers_and_body(server):
    """What the guest sets is the response, headers of the same name and bytes of any kind included."""
    answer = server.ask("POST", "/echo", bytes(range(256)))
    assert (answer.status, answer.headers.get_all("X-Guest"), answer.body) == (201, ["incoming", "twice"], bytes(range(256)))
    assert server.ask("POST", "/echo").body == b""


def test_a_large_body_goes_through(server):
    """A body of many pieces comes back whole."""
    body = bytes(range(251)) * 3900
    assert server.ask("POST", "/echo", body).body == body


def test_bodies_pass_as_they_arrive(server):
    """The guest has the first piece of a body, and the client its echo, before the second is sent."""
    with server.connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nfirst\r\n")
        found = b""
        while b"first" not in found:
            piece = connection.recv(1000)
            assert piece
            found += piece
        connection.sendall(b"6\r\nsecond\r\n0\r\n\r\n")
        while piece := connection.recv(1000):
            found += piece
    assert b"second" in found and found.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("path", ["/silent", "/refuse", "/trap"])
def test_a_guest_without_a_response(server, path):
    """A guest that answers nothing, refuses or traps is 500; the next request works."""
    answer = server.ask("GET", path)
    assert (answer.status, json.loads(answer.body)["error"]) == (500, "the function has failed")
    assert server.ask("POST", "/echo", b"x").body == b"x"


def test_a_body_over_the_limit(server):
    """A body that says that it is too large is 413; one that turns out so breaks off."""
    assert server.ask("POST", "/echo", b"x" * 1000001).status == 413
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect() as connection:
        try:
            connection.sendall(head + chunk * 20)
            found = b""
            while piece := connection.recv(65536):
                found += piece
        except ConnectionError:
            found = b""
    assert not found.endswith(b"0\r\n\r\n")


def test_a_body_that_does_not_come(server):
    """The guest does not wait for a slow body forever."""
    with server.connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        assert b" 408 " in connection.recv(1000).split(b"\r\n")[0]


def test_a_client_that_goes_away(server):
    """A guest that writes without end ends with its client, and so does one that sleeps."""
    for path in (b"/count", b"/sleep"):
        with server.connect() as connection:
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
            if path == b"/count":
                assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            server.ask("POST", "/echo", b"x")
        server.logged(f"GET {path.decode()} 499")


def test_a_client_that_does_not_read(server):
    """What the guest writes is kept only as far as the client takes it."""
    before = server.memory()
    with server.connect() as connection:
        connection.sendall(b"GET /count?unread HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1) == b"H"
        assert server.ask("POST", "/echo", b"x").body == b"x"
        server.logged("GET /count 499")
    assert server.memory() - before < 64 * 1024


def test_many_at_once(server):
    """Requests side by side each get their own answer, while some guests sleep."""
    sleeping = [server.connect() for _ in range(5)]
    for connection in sleeping:
        connection.sendall(b"GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n")
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: server.ask("POST", "/echo", str(n) * 1000).text, range(100)))
    assert found == [str(n) * 1000 for n in range(100)]
    for connection in sleeping:
        connection.close()
