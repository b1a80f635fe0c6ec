"""Requests as bytes: what two servers could read in two ways is refused, and no request costs another its answer."""

import json
import re

import pytest

from tests.texts import texts

lua, _ = texts(__file__)

ENTRIES = """
  - {name: web, kind: http.service, addr: "127.0.0.1:0", timeouts: {read: 20s, write: 1s, idle: 5s}}
  - {name: pub, kind: fs.directory, directory: pub, auto_init: true}
  - {name: files, kind: http.static, path: /s, fs: pub}
  - name: show
    kind: function.lua
    modules: [http]
    source: file://show.lua
  - {name: get_show, kind: http.endpoint, path: /show, func: show}
  - {name: post_show, kind: http.endpoint, path: /show, method: POST, func: show}
  - {name: variable, kind: http.endpoint, path: "/v/{x}", func: show}
"""
SOURCES = {"show.lua": lua("show")}
TAIL = b" HTTP/1.1\r\nHost: x\r\n"
CLOSE = b"Connection: close\r\n\r\n"
GET, POST = b"GET /show" + TAIL, b"POST /show" + TAIL
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n" + CLOSE
BIG = "".join(f"{n}\n" for n in range(100_000)).encode()


@pytest.fixture(scope="module")
def server(serve):
    served = serve(ENTRIES, files=SOURCES)
    folder = served.log.parent / "pub"
    (folder / "sub").mkdir(parents=True, exist_ok=True)
    (folder / "a.txt").write_bytes(b"0123456789")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "big.txt").write_bytes(BIG)
    with (folder / "huge.bin").open("wb") as huge:
        huge.truncate(1 << 30)
    (folder / "sub" / "index.html").write_bytes(b"index")
    return served


def statuses(found):
    """The statuses of the responses in what was received."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", found)]


def body(found):
    return found.partition(b"\r\n\r\n")[2]


REFUSED = {
    "a host with a space and a tag": (b"GET /show HTTP/1.1\r\nHost: a b<script>\r\n" + CLOSE, 400),
    "a host with a path": (b"GET /show HTTP/1.1\r\nHost: a/b\r\n" + CLOSE, 400),
    "a host with a user": (b"GET /show HTTP/1.1\r\nHost: u@b\r\n" + CLOSE, 400),
    "a host with a quote": (b"GET /show HTTP/1.1\r\nHost: a\"b\r\n" + CLOSE, 400),
    "a host with bytes": (b"GET /show HTTP/1.1\r\nHost: \xc3\xa9\r\n" + CLOSE, 400),
    "a port of six digits": (b"GET /show HTTP/1.1\r\nHost: a:123456\r\n" + CLOSE, 400),
    "a bracket": (b"GET /show HTTP/1.1\r\nHost: [::1\r\n" + CLOSE, 400),
    "two hosts": (b"GET /show HTTP/1.1\r\nHost: a\r\nHost: b\r\n" + CLOSE, 400),
    "a user in the target": (b"GET http://u@evil/show" + TAIL + CLOSE, 400),
    "another scheme": (b"GET ftp://x/show" + TAIL + CLOSE, 400),
    "length and chunks": (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" + CLOSE + b"0\r\n\r\n", 400),
    "a coding before chunked": (POST + b"Transfer-Encoding: gzip, chunked\r\n" + CLOSE + b"0\r\n\r\n", 501),
    "a coding after chunked": (POST + b"Transfer-Encoding: chunked, gzip\r\n" + CLOSE + b"0\r\n\r\n", 400),
    "a coding like chunked": (POST + b"Transfer-Encoding: xchunked\r\n" + CLOSE + b"0\r\n\r\n", 400),
    "chunks in HTTP/1.0": (b"POST /show HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 400),
    "equal lengths": (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n" + CLOSE + b"abc", 400),
    "a list of lengths": (POST + b"Content-Length: 3, 3\r\n" + CLOSE + b"abc", 400),
    "a signed length": (POST + b"Content-Length: +3\r\n" + CLOSE + b"abc", 400),
    "a length beyond 64 bits": (POST + b"Content-Length: 99999999999999999999999\r\n" + CLOSE + b"abc", 400),
    "bare line feeds": (b"GET /show HTTP/1.1\nHost: x\nConnection: close\n\n", 400),
    "bare carriage returns": (b"GET /show HTTP/1.1\rHost: x\rConnection: close\r\r", 400),
    "a carriage return in a value": (GET + b"A: b\rc\r\n" + CLOSE, 400),
    "a NUL in a value": (GET + b"A: b\0c\r\n" + CLOSE, 400),
    "a folded line": (GET + b"A: b\r\n c\r\n" + CLOSE, 400),
    "HTTP/2": (b"GET /show HTTP/2.0\r\nHost: x\r\n" + CLOSE, 505),
    "CONNECT": (b"CONNECT x:80" + TAIL + CLOSE, 400),
    "an unknown expectation": (POST + b"Expect: 200-ok\r\nContent-Length: 3\r\n" + CLOSE + b"abc", 417),
    "a half escape": (b"GET /v/%" + TAIL + CLOSE, 400),
    "an escape of letters": (b"GET /v/%zz" + TAIL + CLOSE, 400),
    "a NUL in the path": (b"GET /v/%00" + TAIL + CLOSE, 400),
    "an overlong slash": (b"GET /v/%c0%af" + TAIL + CLOSE, 400),
    "a surrogate": (b"GET /v/%ed%a0%80" + TAIL + CLOSE, 400),
    "a chunk extension of 2 MB": (CHUNKED + b"3;" + b"a" * 2_000_000 + b"\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk extension of 40 KB": (CHUNKED + b"3;" + b"a" * 40_000 + b"\r\nabc\r\n0\r\n\r\n", 400),
    "many chunk extensions": (CHUNKED + (b"1;" + b"a" * 200 + b"\r\na\r\n") * 5000 + b"0\r\n\r\n", 400),
    "many trailers": (CHUNKED + b"3\r\nabc\r\n0\r\n" + b"A: b\r\n" * 300_000 + b"\r\n", 400),
    "a long trailer": (CHUNKED + b"3\r\nabc\r\n0\r\nA: " + b"b" * 200_000 + b"\r\n\r\n", 400),
    "a chunk size beyond 64 bits": (CHUNKED + b"ffffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk size with a prefix": (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk that is too long": (CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n", 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(server, name):
    """It gets one answer, at once, which says in JSON what is wrong; and the connection is closed."""
    data, status = REFUSED[name]
    found = server.raw(data)
    assert statuses(found) == [status], found[:500]
    assert json.loads(body(found))["error"]


TAKEN = {
    "an IPv6 host": b"GET /show HTTP/1.1\r\nHost: [::1]:80\r\n" + CLOSE,
    "an empty host": b"GET /show HTTP/1.1\r\nHost:\r\n" + CLOSE,
    "a whole URL": b"GET http://other:80/show?x=1" + TAIL + CLOSE,
    "a small chunk extension": CHUNKED + b"3;a=b\r\nabc\r\n0\r\n\r\n",
    "a chunk extension of 15 KB": CHUNKED + b"3;" + b"a" * 15_000 + b"\r\nabc\r\n0\r\n\r\n",
    "chunks of one byte": CHUNKED + b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n",
    "chunks of empty lines": CHUNKED + b"4\r\n\r\n\r\n\r\n" * 20_000 + b"0\r\n\r\n",
    "a trailer": CHUNKED + b"3\r\nabc\r\n0\r\nA: b\r\n\r\n",
    "a body of empty lines": POST + b"Content-Length: 400000\r\n" + CLOSE + b"\r\n\r\n" * 100_000,
    "an old client that expects": b"POST /show HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "empty lines before": b"\r\n\r\n" + GET + CLOSE,
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken(server, name):
    """It is answered with 200."""
    assert statuses(server.raw(TAKEN[name])) == [200]


AROUND = {
    "garbage": (GET + b"\r\nGARBAGE\0\1\r\n\r\n", [200, 400]),
    "garbage without an end": (GET + b"\r\nGARBAGE", [200, 400]),
    "garbage behind a body": (POST + b"Content-Length: 2\r\n\r\nabGARBAGE\r\n\r\n", [200, 400]),
    "garbage behind chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\nGARBAGE\r\n\r\n", [200, 400]),
    "garbage behind forty": ((GET + b"\r\n") * 40 + b"GARBAGE\r\n\r\n", [200] * 40 + [400]),
    "a request without a host": (GET + b"\r\nGET /show HTTP/1.1\r\n\r\n", [200, 400]),
    "a request behind HEAD": (b"HEAD /show" + TAIL + b"Content-Length: 3\r\n\r\nabc" + GET + CLOSE, [200, 200]),
    "a request behind an upgrade": (GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + GET + CLOSE, [200, 200]),
    "forty": ((GET + b"\r\n") * 40 + GET + CLOSE, [200] * 41),
    "a hundred": ((GET + b"\r\n") * 100 + GET + CLOSE, [200] * 101),
    "a body that expects": (POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n" + CLOSE + b"abc", [100, 200]),
}


@pytest.mark.parametrize("name", AROUND)
def test_each_request_has_its_answer(server, name):
    """Requests that arrive together are answered in turn, up to the first that can't be read; that one is 400."""
    data, expected = AROUND[name]
    assert statuses(server.raw(data)) == expected


def test_one_request_id(server):
    """A response has one X-Request-Id: that of the request, unless it has two of them, which may be those of two proxies."""
    found = server.raw(GET + b"X-Request-Id: mine\r\n" + CLOSE)
    assert re.findall(rb"(?i)x-request-id: (\S+)", found) == [b"mine"]
    found = re.findall(rb"(?i)x-request-id: (\S+)", server.raw(GET + b"X-Request-Id: a\r\nX-Request-Id: b\r\n" + CLOSE))
    assert len(found) == 1 and found[0] not in (b"a", b"b", b"forged")


FILES = {
    "a file": ("/s/a.txt", None, 200, b"0123456789"),
    "a file with a slash": ("/s/a.txt/", None, 404, None),
    "a file with slashes": ("/s/a.txt//", None, 404, None),
    "an index with a slash": ("/s/sub/index.html/", None, 404, None),
    "a folder": ("/s/sub/", None, 200, b"index"),
    "the first bytes": ("/s/a.txt", "bytes=0-3", 206, b"0123"),
    "the last byte": ("/s/a.txt", "bytes=9-", 206, b"9"),
    "beyond the end": ("/s/a.txt", "bytes=5-99", 206, b"56789"),
    "a tail": ("/s/a.txt", "bytes=-3", 206, b"789"),
    "a tail that is longer": ("/s/a.txt", "bytes=-99", 206, b"0123456789"),
    "after the end": ("/s/a.txt", "bytes=10-", 416, None),
    "an empty tail": ("/s/a.txt", "bytes=-0", 416, None),
    "of an empty file": ("/s/empty.txt", "bytes=0-", 416, None),
    "another unit": ("/s/a.txt", "lines=0-3", 200, b"0123456789"),
    "several": ("/s/a.txt", "bytes=0-1,4-5", 200, b"0123456789"),
    "backwards": ("/s/a.txt", "bytes=5-3", 200, b"0123456789"),
    "many digits": ("/s/a.txt", "bytes=0-" + "9" * 100, 200, b"0123456789"),
    "a large one": ("/s/big.txt", None, 200, BIG),
    "most of a large one": ("/s/big.txt", "bytes=1-", 206, BIG[1:]),
}


@pytest.mark.parametrize("name", FILES)
def test_files_and_ranges(server, name):
    """A file has no slash behind it; a range that can't be read asks for all of it; and the log has the status that was sent."""
    path, wanted, status, expected = FILES[name]
    id = f"range-{list(FILES).index(name)}"
    answer = server.ask("GET", path, X_Request_Id=id, **({"Range": wanted} if wanted else {}))
    assert (answer.status, answer.body if expected is not None else None) == (status, expected)
    if status >= 400:
        assert json.loads(answer.body)["error"]
    if status == 416:
        assert re.fullmatch(r"bytes \*/\d+", answer.headers["Content-Range"])
    line = next(line for line in server.logged(id).splitlines() if line.endswith(id))
    assert f" {status} {len(answer.body)} " in line


def test_a_client_that_does_not_take_a_file(server):
    """It is let go after the service's time for writing; the file and the connection are not kept forever."""
    with server.connect() as connection:
        connection.sendall(b"GET /s/huge.bin" + TAIL + b"X-Request-Id: untaken\r\n\r\n")
        assert connection.recv(1) == b"H"
        assert "GET /s/huge.bin 499" in server.logged("untaken")
