"""What http_client says of servers that answer wrongly: real sockets that send these bytes."""

import gzip
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest

import moonwit
from tests.texts import texts

lua, _ = texts(__file__)

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP, DEFLATE = OK + b"Content-Encoding: gzip\r\n\r\n", OK + b"Content-Encoding: deflate\r\n\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: "
PACKED = gzip.compress(b"x" * 1000)

# What is sent, and what the error says after the URL.
WRONG = {
    "another protocol": (b"SSH-2.0-OpenSSH_9.0\r\n", "its first line is not that of an HTTP answer: `SSH-2.0-OpenSSH_9.0`"),
    "bytes": (b"\0\1\2\xff" * 50, "its first line is not that of an HTTP answer: `"),
    "a page": (b"<html>hi</html>\r\n\r\n", "its first line is not that of an HTTP answer: `<html>hi</html>`"),
    "a version": (b"HTTP/9.9 200 OK\r\n\r\n", "its first line is not that of an HTTP answer: `HTTP/9.9 200 OK`"),
    "a status of letters": (b"HTTP/1.1 abc OK\r\n\r\n", "its first line is not that of an HTTP answer: `HTTP/1.1 abc OK`"),
    "a status of four digits": (b"HTTP/1.1 2000 OK\r\n\r\n", "its first line is not that of an HTTP answer: `HTTP/1.1 2000 OK`"),
    "a status below 100": (b"HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n", "its status is 99"),
    "a line for a header": (OK + b"Broken\r\n\r\n", "a header can't be read: `Broken`"),
    "a space in a name": (OK + b"Set Cookie: s3cret\r\n\r\n", "a header can't be read: `Set Cookie`"),
    "a NUL in a value": (OK + b"A: s3cret\0\r\n\r\n", "a header can't be read"),
    "a long header": (OK + b"A: " + b"s3cret" * 20_000 + b"\r\n\r\n", "its first line, or a header, is longer than 8190 bytes"),
    "many headers": (OK + b"A: b\r\n" * 10_000 + b"\r\n", "it has too many headers"),
    "a length of letters": (OK + b"Content-Length: ten\r\n\r\nabc", "its Content-Length is not a number: `Content-Length: ten`"),
    "a negative length": (OK + b"Content-Length: -1\r\n\r\nabc", "its Content-Length is not a number: `Content-Length: -1`"),
    "a length beyond 64 bits": (OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nabc", "its Content-Length is not a number that can be"),
    "two lengths": (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nabc", "it has a header twice that may be there"),
    "length and chunks": (OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "it has both a Content-Length and a"),
    "half a body": (OK + b"Content-Length: 100\r\n\r\nonly this", "its body ends after 9 of 100 bytes"),
    "half a chunk": (CHUNKED + b"5\r\nab", "its body ends in the middle of its chunks"),
    "no last chunk": (CHUNKED + b"2\r\nab\r\n", "its body ends in the middle of its chunks"),
    "a chunk size of letters": (CHUNKED + b"zz\r\ns3cret\r\n0\r\n\r\n", "a chunk of its body has a size that is not a number"),
    "a long chunk": (CHUNKED + b"2\r\ns3cret\r\n0\r\n\r\n", "a chunk of its body is longer than it says"),
    "no gzip": (GZIP + b"abc", "its body is not compressed as it says (gzip)"),
    "half a gzip": (GZIP + PACKED[:-10], "its body ends in the middle of what was compressed (gzip)"),
    "a wrong checksum": (GZIP + PACKED[:-8] + b"12345678", "its body is not compressed as it says (gzip)"),
    "garbage behind gzip": (GZIP + PACKED + b"garbage", "its body is not compressed as it says (gzip)"),
    "garbage behind deflate": (DEFLATE + zlib.compress(b"x") + b"garbage", "its body goes on after what was compressed (deflate)"),
    "half a head": (OK + b"A: b\r\n", "closed the connection in the middle of the first lines of its answer"),
    "half a first line": (b"HTTP/1.1 2", "closed the connection in the middle of the first lines of its answer"),
    "nothing": (b"", "closed the connection before it answered"),
    "a reset": (None, "has failed: connection reset by peer"),
    "a reset in the head": (OK + b"A: RESET", "has failed: connection reset by peer"),
    "a reset in the body": (OK + b"Content-Length: 10\r\n\r\nabcdeRESET", "after 5 of 10 bytes, because the connection was reset"),
    "a circle": (MOVED + b"/x\r\n\r\n", "redirects more often than it may (redirects)"),
    "a redirect to a file": (MOVED + b"file:///etc/passwd\r\n\r\n", "redirects to file:///etc/passwd, where no request can be sent"),
    "a redirect to no URL": (MOVED + b"http://[::bad/\r\n\r\n", "redirects to http://[::bad/, where no request can be sent"),
    "a redirect to no server": (MOVED + b"http://127.0.0.1:1/x?t=s3cret\r\n\r\n", "a redirect leads to 127.0.0.1:1: connection refused"),
    "too much": (GZIP + gzip.compress(b"\0" * 5_000_000), "the response is larger than 4000000 bytes (max_body_bytes)"),
}  # fmt: skip
# What is sent, and the body that it stands for.
RIGHT = {
    "gzip": (GZIP + PACKED, b"x" * 1000),
    "two gzips": (GZIP + PACKED + gzip.compress(b"y"), b"x" * 1000 + b"y"),
    "zlib": (DEFLATE + zlib.compress(b"y" * 1_000_000), b"y" * 1_000_000),
    "deflate without a head": (DEFLATE + zlib.compress(b"z" * 1000, wbits=-15), b"z" * 1000),
    "nothing in gzip": (OK + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", b""),
    "another coding": (OK + b"Content-Encoding: odd\r\nContent-Length: 3\r\n\r\nabc", b"abc"),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "interim answers": (b"HTTP/1.1 103 Hints\r\n\r\n" * 3 + OK + b"Content-Length: 2\r\n\r\nok", b"ok"),
    "until the end": (OK + b"\r\nabc", b"abc"),
}


class Sender:
    """Sends the same bytes to every client; what ends in RESET, or None, resets the connection there."""

    def __init__(self, data: bytes | None) -> None:
        self._data = data
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                client = self._socket.accept()[0]
                with client, suppress(OSError):
                    client.settimeout(30)
                    client.recv(65536)
                    self._answer(client)

    def _answer(self, client: socket.socket) -> None:
        data = b"RESET" if self._data is None else self._data
        client.sendall(data.removesuffix(b"RESET"))
        if data.endswith(b"RESET"):
            # Until the client has read what came before: a reset would overtake it.
            while struct.unpack("I", client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)[24:28])[0]:
                pass
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture(scope="module")
def project() -> Iterator[moonwit.Project]:
    with moonwit.open() as project:
        yield project


@pytest.fixture
def ask(project, capfd):
    """Asks a sender of bytes; gives what is printed of the response or of the error."""
    senders = []

    def go(data, options="", show="print(r and r.status_code, e and e:kind(), e and tostring(e), e and e:retryable())"):
        senders.append(Sender(data))
        url = f"http://user:s3cret@127.0.0.1:{senders[-1].port}/path?token=s3cret"
        project.run_script(f"local r, e = require('http_client').get('{url}', {{max_body_bytes = 4000000, {options}}})\n{show}")
        return capfd.readouterr().out.rstrip("\n")

    yield go
    for sender in senders:
        sender.close()


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer(ask, name):
    """The error says what was wrong with the answer, in a sentence, without what may be secret; also while the body is streamed."""
    data, expected = WRONG[name]
    status, kind, sentence, retryable = ask(data).split("\t")
    assert (status, expected in sentence, "s3cret" in sentence) == ("nil", True, False), sentence
    assert (kind, retryable == "true") in (("Unavailable", True), ("Invalid", False))
    assert ("can't be reached" in sentence) == (name == "a redirect to no server")
    assert len(sentence) < 300 and sentence.isprintable()
    if "larger than" not in sentence:
        assert "/path" in sentence and "127.0.0.1" in sentence
    show = lua("a_wrong_answer")
    streamed = ask(data, "stream = true", show)
    assert expected.split(": `")[0] in streamed


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer(ask, name):
    """Unusual answers that are right are taken, as a whole and in pieces."""
    data, body = RIGHT[name]
    assert ask(data, show="print(r.status_code, #r.body, require('hash').sha256(r.body))").split("\t")[1] == str(len(body))
    whole = f"('{body[:1].decode()}'):rep({len(body)})" if len(set(body)) == 1 else f"'{body.decode()}'"
    assert ask(data, "stream = true", lua("pieces", WHOLE=whole)) == "true"


def test_timeouts(ask, project):
    """A timeout says how far the answer had come."""

    class Silent(Sender):
        def _answer(self, client: socket.socket) -> None:
            client.sendall(self._data or b"")
            client.recv(65536)  # until the client goes away

    half = OK + b"Content-Length: 9\r\n\r\nabc"
    for data, expected in ((b"", "no answer had begun"), (OK, "no answer had begun"), (half, "3 bytes of its body")):
        silent = Silent(data)
        project.run_script(f"""
          local r, e = require('http_client').get('http://127.0.0.1:{silent.port}/', {{timeout = "500ms"}})
          assert(not r and e:kind() == 'Timeout' and e:retryable())
          assert(tostring(e):find('timeout of 500 ms: {expected}', 1, true), tostring(e))""")
        silent.close()


def test_addresses(project):
    """What is not a URL, or leads to nobody, is said without its user and its query."""
    cases = {
        "http://u:s3cret@/x?t=s3cret": "can't be read",
        "ftp://u:s3cret@x/?t=s3cret": "expected a URL that begins with http",
        "http://xn--/": "can't be read",
        "http://a b/": "white space",
        "http://x:99999/": "can't be read",
        "http://u:s3cret@127.0.0.1:1/p?t=s3cret": "can't be reached: connection refused",
        "http://nobody.invalid/?t=s3cret": "can't be reached: ",
    }
    for url, expected in cases.items():
        project.run_script(lua("addresses", URL=url, EXPECTED=expected))


def test_tls_to_a_server_without(ask, project):
    """A port that does not speak TLS is said to be one."""
    sender = Sender(OK + b"Content-Length: 0\r\n\r\n")
    project.run_script(f"""
      local r, e = require('http_client').get('https://127.0.0.1:{sender.port}/')
      assert(not r and e:kind() == 'Unavailable', tostring(r))
      assert(tostring(e):find('the server does not speak TLS at this port', 1, true), tostring(e))""")
    sender.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_certificate_that_is_not_trusted(project, tmp_path):
    """A certificate that nobody vouches for is said to be one."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Secure(Sender):
        def _answer(self, client: socket.socket) -> None:
            raise AssertionError("nobody gets this far")

        def _run(self) -> None:
            with suppress(OSError):
                client = self._socket.accept()[0]
                with suppress(ssl.SSLError), context.wrap_socket(client, server_side=True) as secure:
                    secure.recv(1)

    secure = Secure(b"")
    project.run_script(f"""
      local r, e = require('http_client').get('https://localhost:{secure.port}/')
      assert(not r and tostring(e):find('has a TLS certificate that is not trusted: self', 1, true), tostring(e))""")
    secure.close()
