"""What a server on the open net meets: broken requests, slow and vanishing clients, crowds, failing guests."""

import json
import socket
import struct
import time

import pytest

from tests.texts import texts

lua, _ = texts(__file__)

ENTRIES = """
  - name: web
    kind: http.service
    addr: "127.0.0.1:0"
    timeouts: {read: 1s, write: 1s, idle: 2s}
    limits: {max_header_bytes: 4096, max_body_bytes: 1000000}
  - name: answer
    kind: function.wat
    source: (module (func (export "answer") (result i32) i32.const 42))
    method: answer
    transport: wasi-http
  - {name: get_answer, kind: http.endpoint, path: /answer, func: answer}
  - name: moody
    kind: function.wat
    transport: wasi-http
    method: moody
    wit: "moody: func(n: u32) -> u32;"
    source: |
      (module (func (export "moody") (param i32) (result i32)
        (if (i32.and (local.get 0) (i32.const 1)) (then unreachable)) (local.get 0)))
  - {name: get_moody, kind: http.endpoint, path: "/moody/{n}", func: moody}
  - name: work
    kind: function.wat
    transport: wasi-http
    method: work
    wit: "work: func(n: u32) -> u32;"
    source: |
      (module (func (export "work") (param i32) (result i32) (local i32)
        (loop $again (br_if $again (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (local.get 0))))
        (local.get 0)))
  - {name: get_work, kind: http.endpoint, path: "/work/{n}", func: work}
  - name: patient
    kind: function.lua
    modules: [time]
    source: file://patient.lua
  - {name: get_patient, kind: http.endpoint, path: /patient, func: patient}
  - name: endless
    kind: function.lua
    modules: [http]
    source: file://endless.lua
  - {name: get_endless, kind: http.endpoint, path: /endless, func: endless}
"""
FILES = {"patient.lua": lua("patient"), "endless.lua": lua("endless")}
ANSWER = b"GET /answer HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def server(serve):
    return serve(ENTRIES, files=FILES)


def well(server):
    """Says that the server goes on as before."""
    assert server.ask("GET", "/answer").text == "42"


BROKEN = {
    "no http": b"hello\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
    "nothing": b"\r\n\r\n\r\n",
    "no version": b"GET /answer\r\n\r\n",
    "no host": b"GET /answer HTTP/1.1\r\n\r\n",
    "odd version": b"GET /answer HTTP/9.9\r\nHost: x\r\n\r\n",
    "space in the path": b"GET /an swer HTTP/1.1\r\nHost: x\r\n\r\n",
    "header without colon": b"GET /answer HTTP/1.1\r\nHost x\r\n\r\n",
    "header with a space": b"GET /answer HTTP/1.1\r\nHost : x\r\n\r\n",
    "folded header": b"GET /answer HTTP/1.1\r\nHost: x\r\n y\r\n\r\n",
    "control in a header": b"GET /answer HTTP/1.1\r\nHost: x\r\nA: \x00b\r\n\r\n",
    "two lengths": b"POST /answer HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"POST /answer HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": b"POST /answer HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "length of words": b"POST /answer HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
    "bad chunk": b"POST /answer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "long line": b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "long header": b"GET /answer HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 5000 + b"\r\n\r\n",
    "many headers": b"GET /answer HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_request(server, name):
    """A request that can't be read gets an answer with 4xx or nothing, and its connection is closed; the server goes on."""
    found = server.raw(BROKEN[name] + b"\r\n\r\n")
    assert found == b"" or found.startswith(b"HTTP/1.1 4")
    if found and b"application/json" in found and b"\r\n\r\n{" in found:
        assert json.loads(found.split(b"\r\n\r\n", 1)[1])["error"]
    well(server)


@pytest.mark.parametrize("name", ["long line", "long header"])
def test_headers_over_the_limit(server, name):
    """A header over the limit is 431."""
    assert server.raw(BROKEN[name]).startswith(b"HTTP/1.1 431 ")


def test_a_slow_head(server):
    """A client that does not finish its request in time is told so and let go."""
    with server.connect() as connection:
        connection.sendall(b"GET /answer HTTP/1.1\r\nHos")
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert connection.recv(1000) == b""
    well(server)


def test_a_trickling_head(server):
    """One byte now and then does not keep a request alive forever."""
    with server.connect() as connection:
        connection.settimeout(0.2)
        began = time.monotonic()
        try:
            while time.monotonic() < began + 30:
                connection.sendall(b"G")
                try:
                    if not connection.recv(1000).startswith(b"HTTP/1.1 4"):
                        break
                except TimeoutError:
                    continue
            else:
                pytest.fail("the connection is still open")
        except ConnectionError:
            pass
    well(server)


def test_a_slow_body(server):
    """A body that does not arrive in time is 408; where nobody asks for it, it is not waited for."""
    head = b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"
    assert server.raw(head % b"patient").split(b" ")[1] in (b"405",)
    assert server.raw(head.replace(b"POST", b"GET") % b"patient").startswith(b"HTTP/1.1 408 ")
    well(server)


def test_an_idle_connection_is_closed(server):
    """A connection that asks for nothing ends after the idle time."""
    with server.connect() as connection:
        connection.sendall(ANSWER)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert connection.recv(1000) == b""
    with server.connect() as connection:
        assert connection.recv(1000) == b""


def test_a_client_that_goes_away_cancels_its_call(server):
    """When the client has gone, what waits for it ends with a Canceled error."""
    with server.connect() as connection:
        connection.sendall(b"GET /patient HTTP/1.1\r\nHost: x\r\n\r\n")
        server.ask("GET", "/answer")
    server.logged("GET /patient 499")
    well(server)


def test_a_client_that_resets_while_it_is_answered(server):
    """A streamed response ends with its client, and so does the handler that writes it."""
    with server.connect() as connection:
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.logged("GET /endless 499")
    well(server)


def test_a_client_that_does_not_read(server):
    """A response is produced as fast as its client takes it; one that takes nothing is let go."""
    before = server.memory()
    with server.connect() as connection:
        connection.sendall(b"GET /endless?unread HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1) == b"H"
        server.logged("GET /endless 499")
        assert server.memory() - before < 64 * 1024
    well(server)


def test_idle_connections_cost_little(server):
    """A thousand idle connections do not keep others from being answered."""
    idle = [server.connect() for _ in range(1000)]
    for connection in idle[::10]:
        connection.sendall(b"GET ")
    well(server)
    for connection in idle:
        connection.close()
    well(server)


def test_pipelined_requests_are_answered_in_order(server):
    """Requests that are sent at once on one connection get their answers in turn."""
    paths = [b"/answer", b"/nowhere", b"/moody/2", b"/moody/1", b"/answer"]
    request = b"".join(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in paths[:-1])
    found = server.raw(request + b"GET /answer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert [piece[:3] for piece in found.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200", b"500", b"200"]


def test_http_1_0(server):
    """An old client gets its answer, and the end of the connection unless it asks for more."""
    assert server.raw(b"GET /answer HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\n42")
    with server.connect() as connection:
        for _ in range(2):
            connection.sendall(b"GET /answer HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert b"keep-alive" in connection.recv(1000)


def test_a_guest_that_traps_every_other_time(server):
    """The requests between the traps are answered, and memory stays as it was."""

    def round(count):
        for n in range(count):
            answer = server.ask("GET", f"/moody/{n}")
            assert (answer.status, answer.text if n % 2 == 0 else "") == ((200, str(n)) if n % 2 == 0 else (500, ""))

    round(200)
    before = server.memory()
    round(600)
    assert server.memory() - before < 8 * 1024


def test_more_requests_than_allowed(serve):
    """A service takes as many requests at once as it says, and answers others with 503 until one is done."""
    server = serve(ENTRIES.replace("max_header_bytes: 4096", "max_requests: 2"), files=FILES)
    waiting = [server.connect() for _ in range(2)]
    for connection in waiting:
        connection.sendall(b"GET /patient HTTP/1.1\r\nHost: x\r\n\r\n")
    while (answer := server.ask("GET", "/answer")).status == 200:
        pass
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    for connection in waiting:
        connection.close()
    while server.ask("GET", "/answer").status != 200:
        pass


def test_a_slow_endpoint_does_not_slow_a_fast_one(server):
    """While a guest computes, others are answered, once it is known to take long."""
    for _ in range(2):
        assert server.ask("GET", "/work/20000000").text == "20000000"
    with server.connect() as connection:
        connection.sendall(b"GET /work/3000000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(0)
        for _ in range(50):
            well(server)
        with pytest.raises(BlockingIOError):
            connection.recv(1000)
        connection.settimeout(60)
        assert connection.recv(1000).endswith(b"3000000000")


def test_a_header_that_is_no_utf8(server):
    """Bytes that are not text reach a handler as they are, or nobody."""
    assert b" 200 " in server.raw(b"GET /answer HTTP/1.1\r\nHost: x\r\nA: \xff\xfe\r\nConnection: close\r\n\r\n")
    assert server.raw(b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 4")
    well(server)
