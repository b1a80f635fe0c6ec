"""http_client against a server of Python's standard library."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import moonwit
from tests.texts import texts

lua, _ = texts(__file__)


class Handler(BaseHTTPRequestHandler):
    """Answers by path; `gone` is set when a client leaves a slow answer."""

    protocol_version = "HTTP/1.1"
    gone = threading.Event()
    slow = threading.Event()  # such a request has come

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = self.path.split("?")[0]
        if path.startswith("/redirect/"):
            left = int(path.rsplit("/", 1)[1])
            self.respond(302, b"", Location=f"/redirect/{left - 1}" if left > 1 else "/echo")
        elif path == "/slow":
            self.connection.settimeout(30)
            # Ends when the client closes the connection, which is what is waited for.
            Handler.slow.set()
            with suppress(ConnectionError):
                if self.rfile.read(1) != b"":
                    return
            Handler.gone.set()
            self.close_connection = True
        elif path == "/status-of-slow":
            self.respond(200 if Handler.slow.is_set() else 404, b"")
        elif path == "/large":
            self.respond(200, b"x" * 1_000_000)
        elif path == "/pieces":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for n in range(3):
                self.wfile.write(b"6\r\npiece%d\r\n" % n)
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        elif path == "/cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
            self.close_connection = True
        elif path == "/status":
            self.respond(503, b"no")
        else:
            headers = [f"{name.lower()}: {value}" for name, value in self.headers.items()]
            lines = [f"{self.command} {self.path}", *headers, body.decode("latin-1")]
            self.respond(200, "\n".join(lines).encode(), **{"Set-Cookie": "a=1; Path=/", "X-Reply": "yes"})

    def respond(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(ConnectionError):  # a client may have had enough
                self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class Peer(ThreadingHTTPServer):
    """A server that expects its clients to go away at any moment."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = Peer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def project() -> Iterator[moonwit.Project]:
    with moonwit.open() as project:
        yield project


@pytest.fixture
def run(project, url, capfd):
    """Runs a script in which `url` is the server's; gives the lines that it printed."""

    def go(script):
        project.run_script(f"local http, url = require('http_client'), '{url}'\n{script}")
        return capfd.readouterr().out.splitlines()

    return go


def test_a_response(run):
    """A response has its status, headers in lower case, cookies, body and URL."""
    assert run("""
      local r, problem = http.get(url .. '/echo')
      print(r.status_code, r.headers['x-reply'], r.cookies.a, r.body_size == #r.body, r.url == url .. '/echo', problem)
      print(r.body:match '^[^\\n]*')
    """) == ["200\tyes\t1\ttrue\ttrue\tnil", "GET /echo"]


def test_methods(run):
    """Each method has its function, and any is the first argument of `request`."""
    assert run("""
      for _, name in ipairs{'get', 'post', 'put', 'patch', 'delete'} do print((http[name](url .. '/m').body:match '^%u+')) end
      print(http.head(url .. '/m').status_code, #http.head(url .. '/m').body, (http.request('options', url).body:match '^%u+'))
    """) == ["GET", "POST", "PUT", "PATCH", "DELETE", "200\t0\tOPTIONS"]


def test_what_is_sent(run):
    """Headers, query, form, JSON and plain bodies are sent as they are given, with the type that belongs to them."""
    lines = run(lua("what_is_sent"))
    assert lines[0] == "GET /e?x=1&a=%C3%BC%20%26&b=1&b=2"
    assert [line for line in lines if line.startswith("x-one")] == ["x-one: 1", "x-one: 2"]
    types = [line.partition(": ")[2] for line in lines if line.startswith("content-type")]
    assert types == ["application/x-www-form-urlencoded", "application/json", "text/x"]
    assert {"a=x%20y&b=true", '{"a":[1]}', "plain"} <= set(lines)


def test_a_status_is_no_error(run):
    """Whatever the server answers is a response."""
    assert run("print(http.get(url .. '/status').status_code)") == ["503"]


def test_redirects(run):
    """Redirects are followed, as many as allowed; with none allowed the redirect is the response."""
    assert run(lua("redirects")) == ["true", "nil\tInvalid", "/redirect/2"]


def test_a_body_over_the_limit(run):
    """A response that is larger than it may be is an error, whole or in pieces."""
    assert run(lua("a_body_over_the_limit")) == ["nil\tInvalid\tthe response is larger than 1000 bytes (max_body_bytes)", "Invalid"]


def test_streams(run):
    """A streamed body is read in pieces until nil; one that is not wanted is closed."""
    assert run(lua("streams")) == ["nil\tpiece0piece1piece2\tnil", "nil"]


def test_failures(run):
    """What keeps a request from its answer is an error with a kind; those that may pass are retryable."""
    assert run(lua("failures")) == ["nil\tUnavailable\ttrue", "nil\tUnavailable\ttrue", *["nil\tInvalid\tnil"] * 7]


def test_misuse_raises(run):
    """Arguments that can't be meant raise, and name what was probably meant."""
    assert run(lua("misuse_raises")) == [
        "http_client: expected a string as the URL, got nil",
        "http_client: expected a table as the options, got a number",
        "http_client: there is no option 'timeuot', did you mean 'timeout'?",
        "http_client.request_batch: expected {method, url, options} as request 1, got a table",
        "http_client.encode_uri: expected a string, got nil",
    ]


def test_a_timeout_closes_the_request(run):
    """A request that takes longer than its timeout is over, and its connection too."""
    Handler.gone.clear()
    began = time.monotonic()
    assert run("local r, problem = http.get(url .. '/slow', {timeout = '50ms'}) print(r, problem:kind())") == ["nil\tTimeout"]
    assert Handler.gone.wait(20)
    assert time.monotonic() - began < 20


def test_canceling_closes_the_request(run):
    """A coroutine that is canceled while it waits for an answer leaves no request behind."""
    Handler.gone.clear()
    Handler.slow.clear()
    assert run("""
      local co = coroutine.spawn(function() http.get(url .. '/slow') end)
      while http.get(url .. '/status-of-slow').status_code ~= 200 do end
      coroutine.cancel(co)
    """) == []
    assert Handler.gone.wait(20)


def test_waiting_lets_others_go_on(run):
    """While a request waits for its answer, the lane runs other coroutines."""
    assert run(lua("waiting_lets_others_go_on")) == ["200 200 200"]


def test_batches(run):
    """A batch gives a response or an error for each request, by its number."""
    assert run(lua("batches")) == ["200\tnil\t200\tnil\tUnavailable", "1\tnil", "0\tnil"]


def test_escapes(run):
    """Text is escaped for any part of a URL, and back."""
    assert run("print(http.encode_uri('a b/ü?-._~'), http.decode_uri('a%20b%2Fc%zz'))") == ["a%20b%2F%C3%BC%3F-._~\ta b/c%zz"]


def test_there_is_no_request_outside_an_endpoint(project, capfd):
    """`http.request()` in a script is nil and an error that says where there is one."""
    project.run_script("local r, problem = http.request() print(r, problem:kind()) print(select(2, http.response()))")
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "nil\tUnavailable"
    assert "http.endpoint" in lines[1]


def test_streams_have_a_bound(run):
    """A script may have 64 responses open; one more is refused with a sentence, and one that is closed or forgotten makes room."""
    assert run(lua("streams_have_a_bound")) == [
        "nil\thttp_client: 64 responses are being read already, and no more may be: read them to their end, or close their streams",
        "200", "200", "200",
    ]  # fmt: skip
