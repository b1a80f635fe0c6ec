"""Guests that answer requests by wasi:http/handler of WASI 0.3 (tests/guests/handling)."""

import hashlib
import json
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.host.http.conftest import SOON

GUEST = Path(__file__).parents[2] / "guests" / "handling" / "handling.wasm"


def entries(imports: str = "wasi:clocks, wasi:http") -> str:
    return f"""
  - name: web
    kind: http.service
    addr: "127.0.0.1:0"
    timeouts: {{read: 1s, write: 2s}}
    limits: {{max_body_bytes: 100000000}}
  - {{name: folder, kind: fs.directory, directory: "{GUEST.parent}"}}
  - name: guest
    kind: function.wasm
    fs: folder
    path: handling.wasm
    hash: sha256:{hashlib.sha256(GUEST.read_bytes()).hexdigest()}
    method: handler#handle
    transport: wasi-http
    imports: [{imports}]
    limits: {{max_execution_ms: 20000}}
  - {{name: post, kind: http.endpoint, method: POST, path: "/{{what}}", func: guest}}
  - {{name: put, kind: http.endpoint, method: PUT, path: "/{{what}}", func: guest}}
  - {{name: get, kind: http.endpoint, path: "/{{what}}", func: guest}}
"""


@pytest.fixture(scope="module")
def server(serve):
    return serve(entries())


def test_it_sees_the_request(server):
    """Method, path with query, scheme, authority and headers are the request's; those of the connection are left out."""
    answer = server.ask("PUT", "/describe?a=1", X_One="two words")
    lines = answer.text.split("\n")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain")
    assert lines[0] == 'Method::Put Some("/describe?a=1")'
    assert lines[1].startswith('Some(Scheme::Http) Some("127.0.0.1:')
    assert lines[2] == "Err(HeaderError::Immutable) false"
    assert "x-one: two words" in lines
    assert not any(line.startswith(("host:", "connection:")) for line in lines)


def test_it_reads_and_changes_headers(server):
    """Names are compared without case; what is not a header, is one of the connection, or is too long is refused by its case."""
    assert server.ask("GET", "/fields").text.split("\n") == [
        "[[49], [51]] true false",
        "Ok(()) [[97], [98]]",
        "Ok([[49], [51]]) false",
        "Err(HeaderError::InvalidSyntax) Err(HeaderError::Forbidden)",
        "Err(HeaderError::InvalidSyntax) Err(HeaderError::SizeExceeded)",
        "Ok(())",
        '[] [("x-three", [51])]',
    ]


def test_it_makes_requests_and_options(server):
    """What can't be sent is refused where it is set; options of a request can't be changed, those of a copy can."""
    assert server.ask("GET", "/setters").text.split("\n") == [
        "Method::Get None None None",
        "Err(()) Ok(())",
        "Err(()) Ok(())",
        "Err(()) Ok(())",
        "Err(()) Ok(())",
        'Method::Other("BREW") Some(Scheme::Https) Some("a.b:80") Some("/a?b")',
        "Ok(()) Some(7)",
        "Err(RequestOptionsError::Immutable) Some(5) Ok(())",
        "Err(HeaderError::Immutable)",
        "Err(())",
    ]


def test_it_sends_status_headers_and_body(server):
    """A stream that the guest only hands on is the body, bytes of any kind included; so are a body of nothing, and none."""
    answer = server.ask("POST", "/echo", bytes(range(256)))
    assert (answer.status, answer.headers.get_all("X-Guest"), answer.body) == (201, ["handling", "twice"], bytes(range(256)))
    assert server.ask("POST", "/echo").body == b""
    assert (server.ask("GET", "/empty").status, server.ask("GET", "/nothing").status) == (204, 404)


def test_a_short_response_goes_with_its_length(server):
    """It is not sent in chunks."""
    assert server.ask("GET", "/nap").headers["Content-Length"] == "6"


@pytest.mark.parametrize("path", ["/upper", "/counted"])
def test_a_large_body_goes_through(server, path):
    """A body of many pieces passes through the guest's memory whole, and its future says that it has ended well."""
    body = b"abcdefg" * 700_001
    answer = server.ask("POST", path, body)
    assert answer.body == (body.upper() if path == "/upper" else f"{len(body)} Ok(false)".encode())


def test_bodies_pass_as_they_arrive(server):
    """The client has the first piece back before the second is sent."""
    with server.connect() as connection:
        connection.sendall(b"POST /upper HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nfirst\r\n")
        found = b""
        while b"FIRST" not in found:
            piece = connection.recv(1000)
            assert piece
            found += piece
        connection.sendall(b"6\r\nsecond\r\n0\r\n\r\n")
        while piece := connection.recv(1000):
            found += piece
    assert b"SECOND" in found and found.endswith(b"0\r\n\r\n")


def test_a_guest_writes_after_its_call(server):
    """What it writes after a wait of its own is sent too."""
    assert server.ask("GET", "/slow").body == b"first\nsecond\n"


def test_many_requests_at_once(server):
    """One instance answers others while some wait."""
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda number: server.ask("GET", ("/nap", "/slow", "/fields")[number % 3]), range(60)))
    assert {answer.status for answer in answers} == {200}


@pytest.mark.parametrize(("path", "why"), [("/refuse", "refused the request (HTTP-request-denied)"), ("/trap", "in entry t:guest")])
def test_a_guest_without_a_response(server, path, why):
    """A guest that refuses or traps is 500, and the log says why; the next request works."""
    answer = server.ask("GET", path)
    assert (answer.status, json.loads(answer.body)["error"]) == (500, "the function has failed")
    server.logged(why)
    assert server.ask("POST", "/echo", b"x").body == b"x"


def test_a_body_that_fails(server):
    """A response whose trailers are an error is never whole for the client."""
    found = server.raw(b"GET /broken HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b" 500 " in found.split(b"\r\n")[0] or (b"half" in found and not found.endswith(b"0\r\n\r\n"))
    server.logged("the body of the response has failed (internal-error: halfway)")


def test_a_body_that_does_not_come(serve):
    """The guest does not wait for a slow body forever. It is left, and where it does not end in time its instance ends, with what else is
    in it: so the service is its own."""
    with serve(entries()).connect() as connection:
        connection.sendall(b"POST /counted HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        assert b" 408 " in connection.recv(1000).split(b"\r\n")[0]


def test_a_body_over_the_limit(serve):
    """A body that says that it is too large is 413. The guest, which is made with bindings that can't be canceled, traps: what else is in
    its instance is 500 then, or a broken connection, and never waits."""
    server = serve(entries())
    for _ in range(20):
        with server.connect() as connection:
            connection.sendall(b"POST /counted HTTP/1.1\r\nHost: x\r\nContent-Length: 100000001\r\n\r\n")
            assert connection.recv(1000).split(b"\r\n")[0].split()[1] in (b"413", b"500")
        with server.connect() as connection:
            connection.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            found = b""
            while len(found) < 1000 and (piece := connection.recv(65536)):
                found += piece
        assert found.startswith(b"HTTP/1.1 500 ") or len(found) >= 1000 or not found.endswith(b"0\r\n\r\n")


def test_a_client_that_goes_away(serve):
    """A guest that writes without end ends with its client, and so does one that sleeps; others are answered meanwhile."""
    server = serve(entries())
    for path in (b"/endless", b"/sleep"):
        with server.connect() as connection:
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
            if path == b"/endless":
                assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            assert server.ask("POST", "/upper", b"x").body == b"X"
        server.logged(f"GET {path.decode()} 499")


def test_a_client_that_does_not_read(server):
    """What the guest writes is kept only as far as the client takes it; others are answered meanwhile."""
    before, left = server.memory(), server.log.read_text().count("GET /endless 499")
    with server.connect() as connection:
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1) == b"H"
        assert server.ask("POST", "/upper", b"x").body == b"X"
        end = time.monotonic() + SOON
        while server.log.read_text().count("GET /endless 499") == left:
            assert time.monotonic() < end
            server.ask("GET", "/nap")
    assert server.memory() - before < 64 * 1024


@pytest.mark.parametrize("path", ["/pass", "/forward"])
@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_001])
def test_it_sends_requests(server, path, size):
    """A request with a body and its response pass through, by hand or read by the guest, whatever their length."""
    body = b"q" * size
    answer = server.ask("POST", path, body, x_to=f"127.0.0.1:{server.port}/upper")
    expected = body.upper() if path == "/pass" else f"{size} bytes, sent: Ok(())".encode()
    assert (answer.status, answer.body) == (200, expected)


def test_what_it_sends_for_a_request_fails(server):
    """A server that refuses the connection is an error for the guest; an address that is none is refused where it is set."""
    assert server.ask("GET", "/pass", x_to="127.0.0.1:1/").text == "ErrorCode::ConnectionRefused"
    assert server.ask("GET", "/pass", x_to="127.0.0.1:99999999/").status == 500
    assert server.ask("GET", "/pass", x_to=f"127.0.0.1:{server.port}/nap").text == "napped"


def test_a_client_that_goes_away_ends_what_was_sent_for_it(serve):
    """The request that the guest sends is left with the one that it answers."""
    server = serve(entries())
    with server.connect() as connection:
        connection.sendall(b"GET /pass HTTP/1.1\r\nHost: x\r\nX-To: 127.0.0.1:%d/endless\r\n\r\n" % server.port)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.logged("GET /pass 499")
    server.logged("GET /endless 499")


def test_it_sends_no_requests_without_the_grant(serve):
    """An endpoint has what it needs to answer; `send` is a trap that names the grant."""
    server = serve(entries("wasi:clocks"))
    assert server.ask("GET", "/nap").text == "napped"
    assert server.ask("GET", "/pass", x_to="127.0.0.1:1/").status == 500
    server.logged("wasi:http/client")
