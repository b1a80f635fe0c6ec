"""A guest that answers a request by sending one itself (tests/guests/outgoing): a proxy."""

import hashlib
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.origin import SOON, Origin, refused

GUEST = Path(__file__).parents[2] / "guests" / "outgoing" / "outgoing.wasm"
ENTRY = f"""
    kind: function.wasm
    fs: folder
    path: outgoing.wasm
    hash: sha256:{hashlib.sha256(GUEST.read_bytes()).hexdigest()}
    method: incoming-handler#handle
    transport: wasi-http
"""
ENTRIES = f"""
  - {{name: web, kind: http.service, addr: "127.0.0.1:0", limits: {{max_body_bytes: 10000000}}}}
  - {{name: folder, kind: fs.directory, directory: "{GUEST.parent}"}}
  - name: proxy{ENTRY}    imports: [wasi:http]
  - name: denied{ENTRY}
  - {{name: get, kind: http.endpoint, path: "/{{what}}", func: proxy}}
  - {{name: post, kind: http.endpoint, method: POST, path: "/{{what}}", func: proxy}}
  - {{name: put, kind: http.endpoint, method: PUT, path: "/{{what}}", func: denied}}
"""


@pytest.fixture(scope="module")
def origin():
    running = Origin()
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(serve):
    return serve(ENTRIES)


def test_an_answer_goes_through(server, origin):
    """Method, path, status and headers pass both ways, headers of the same name too; those of a connection do not."""
    answer = server.ask("GET", "/a%20b?c=d", x_to=origin.authority, content_type="a/b")
    assert (answer.status, answer.headers.get_all("X-Two")) == (200, ["a", "b"])
    assert answer.text == "GET /a%20b?c=d\ncontent-type: a/b\n\n"
    answer = server.ask("GET", "/status?code=404", x_to=origin.authority)
    assert (answer.status, answer.headers["Location"], answer.text) == (404, "/elsewhere", "said")


def test_a_large_body_goes_through(server, origin):
    """A body of many pieces comes back whole."""
    body = bytes(range(251)) * 20000
    answer = server.ask("POST", "/echo", body, x_to=origin.authority)
    assert (answer.status, answer.body) == (201, body)


def test_the_answer_streams(server, origin):
    """The client has the first piece of an answer whose rest does not come."""
    with server.connect() as connection:
        connection.sendall(f"GET /stalled HTTP/1.1\r\nHost: x\r\nX-To: {origin.authority}\r\n\r\n".encode())
        found = b""
        while b"some" not in found:
            piece = connection.recv(1000)
            assert piece
            found += piece


@pytest.mark.parametrize("path", ["/held", "/stalled"])
def test_a_client_that_goes_away(server, origin, path):
    """The request that is sent for it ends with it."""
    origin.gather(1)
    with server.connect() as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nX-To: {origin.authority}\r\n\r\n".encode())
        assert origin.came.wait(SOON)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert origin.gone.wait(SOON)


def test_a_server_that_is_not_there(server):
    """The guest learns why there is no answer, and answers itself."""
    answer = server.ask("GET", "/a", x_to=refused())
    assert (answer.status, answer.text) == (502, "ErrorCode::ConnectionRefused")


def test_many_at_once(server, origin):
    """Fifty requests are on their way at the same time: the origin answers none before all have come."""
    origin.gather(50)
    with ThreadPoolExecutor(50) as threads:
        found = list(threads.map(lambda _: server.ask("GET", "/together", x_to=origin.authority).text, range(50)))
    assert found == ["together"] * 50


def test_without_the_grant(server, origin):
    """An entry that does not grant requests has the guest fail that sends one; the log says what is missing."""
    answer = server.ask("PUT", "/a", b"", x_to=origin.authority)
    assert answer.status == 500
    server.logged("uses wasi:http/outgoing-handler, which its entry does not import")
