"""Forms and queries: what other readers make of them, bounds, and time that is small beside that of reading the body."""

import io
import json
import time
from urllib.parse import parse_qsl, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.texts import texts

lua, _ = texts(__file__)

multipart = pytest.importorskip("multipart", reason="an oracle of the tests: pip install -e '.[test]'")

ENTRIES = """
  - {name: web, kind: http.service, addr: "127.0.0.1:0", limits: {max_body_bytes: 20000000, max_header_bytes: 200000}}
  - name: form
    kind: function.lua
    modules: [http]
    source: file://form.lua
  - {name: post_form, kind: http.endpoint, method: POST, path: /form, func: form}
  - name: parts
    kind: function.lua
    modules: [http]
    source: file://parts.lua
  - {name: post_parts, kind: http.endpoint, method: POST, path: /parts, func: parts}
  - name: read
    kind: function.lua
    modules: [http]
    source: |
      return function() return #http.request():body() end
  - {name: post_read, kind: http.endpoint, method: POST, path: /read, func: read}
  - name: count
    kind: function.lua
    modules: [http]
    source: file://count.lua
  - {name: get_count, kind: http.endpoint, path: /count, func: count}
"""
FILES = {"form.lua": lua("form"), "parts.lua": lua("parts"), "count.lua": lua("count")}
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=XX"
MOST, MOST_PARTS = 10_000, 1000


@pytest.fixture(scope="module")
def server(serve):
    return serve(ENTRIES, files=FILES)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=8)), max_size=6), st.sampled_from(["", "&", "&&"]))
@settings(max_examples=60, deadline=None)
def test_what_browsers_send(server, pairs, more):
    """A form says what Python's reader takes it for; of a name that is there twice the first counts."""
    text = more + "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs) + more
    expected: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        expected.setdefault(name, value)
    assert (json.loads(server.ask("POST", "/form", text, Content_Type=FORM).body)["fields"] or {}) == expected


ODD = "% a=% a=%4 a=%4g a=%g4 %41=%42 a=%2525 a==b =b a a=1=2 %26=%3D a=+%2B %%41=%% a=%00b a=%e4%bd%a0".split()


@pytest.mark.parametrize("text", ODD)
def test_odd_escapes(server, text):
    """A % that begins no escape stays, as in the URL standard and in Python."""
    expected = dict(parse_qsl(text, keep_blank_values=True))
    assert json.loads(server.ask("POST", "/form", text, Content_Type=FORM).body)["fields"] == expected


def test_the_number_of_fields(server):
    """A form may have 10,000 fields, and a query too; one more is 400 with a sentence."""
    text = "&".join(f"k{n}=v" for n in range(MOST))
    assert len(json.loads(server.ask("POST", "/form", text, Content_Type=FORM).body)["fields"]) == MOST
    answer = server.ask("POST", "/form", text + "&k=v", Content_Type=FORM)
    assert (answer.status, "more than 10000 fields" in answer.text) == (400, True)
    assert server.ask("GET", f"/count?{text}").text == str(MOST)
    answer = server.ask("GET", f"/count?{text}&k=v")
    assert (answer.status, "more than 10000 parameters" in answer.text) == (400, True)


def part(head: bytes, data: bytes = b"x") -> bytes:
    return b"--XX\r\n" + head + b"\r\n\r\n" + data + b"\r\n"


def test_the_number_of_parts(server):
    """A body may have 1,000 parts; one more is 400."""
    body = part(b'Content-Disposition: form-data; name="a"') * MOST_PARTS
    assert len(json.loads(server.ask("POST", "/parts", body + b"--XX--", Content_Type=PARTS).body)["parts"]) == MOST_PARTS
    body += part(b'Content-Disposition: form-data; name="a"') + b"--XX--"
    assert server.ask("POST", "/parts", body, Content_Type=PARTS).status == 400


HEADS = {
    "plain": b'Content-Disposition: form-data; name="a"; filename="f.txt"\r\nContent-Type: text/plain',
    "without quotes": b"Content-Disposition: form-data; name=a; filename=f.txt",
    "a semicolon": b'Content-Disposition: form-data; name="a;b"; filename="c; d"',
    "a name in another": b'Content-Disposition: form-data; filename="; name=fake; "; name="real"',
    "an escaped quote": b'Content-Disposition: form-data; name="a\\"b"; filename="c\\\\d"',
    "a browser's quote": b'Content-Disposition: form-data; name="a%22b%0D%0A"; filename="c%41\\d%"',
    "capitals": b'CONTENT-DISPOSITION: form-data; NAME="a"; FileName="f"',
    "no spaces": b'content-disposition:form-data;name="a";filename="f"',
    "empty": b'Content-Disposition: form-data; name=""; filename=""',
    "bytes": 'Content-Disposition: form-data; name="ä"; filename="ö.txt"'.encode(),
}


@pytest.mark.parametrize("name", HEADS)
def test_the_heads_of_parts(server, name):
    """A part has the name and the file name that the library `multipart` reads."""
    body = part(HEADS[name], b"data\r\n--X\r\n") + b"--XX--\r\n"
    oracle = next(iter(multipart.MultipartParser(io.BytesIO(body), "XX")))
    found = json.loads(server.ask("POST", "/parts", body, Content_Type=PARTS).body)["parts"][0]
    assert (found["name"], found.get("filename"), found["data"]) == (oracle.name, oracle.filename, oracle.value)


MEGABYTE = 1_000_000
HEAVY = {
    "pairs": (FORM, b"a=1&" * (MEGABYTE // 4)),
    "names": (FORM, b"a&" * (MEGABYTE // 2)),
    "separators": (FORM, b"&" * MEGABYTE),
    "equals": (FORM, b"=" * MEGABYTE),
    "escapes": (FORM, b"%41" * (MEGABYTE // 3)),
    "pluses": (FORM, b"+" * MEGABYTE),
    "broken escapes": (FORM, b"%" * MEGABYTE),
    "heads without colons": (PARTS, b"".join(part(b"a" * 16_000) for _ in range(60))),
    "names without ends": (PARTS, b"".join(part(b"Content-Disposition: form-data" + b';name="' * 2_200) for _ in range(60))),
    "spaces": (PARTS, b"".join(part(b"Content-Disposition: form-data;" + b" " * 15_000 + b"name") for _ in range(60))),
    "parameters": (PARTS, b"".join(part(b"Content-Disposition: form-data" + b";a" * 7_500) for _ in range(60))),
    "backslashes": (PARTS, b"".join(part(b'Content-Disposition: form-data; x="' + b"\\" * 15_000) for _ in range(60))),
    "no ends of heads": (PARTS, b"--XX\r\n" * (MEGABYTE // 6)),
    "boundaries that are not": (PARTS, part(b'Content-Disposition: form-data; name="a"', b"\r\n--X" * (MEGABYTE // 5)) + b"--XX--"),
}


@pytest.mark.parametrize("name", HEAVY)
def test_a_megabyte(server, name):
    """However a form of a megabyte is made, reading its fields takes a time of the order of that for reading its body."""
    type, data = HEAVY[name]

    def fastest(path: str) -> float:
        times = []
        for _ in range(3):
            began = time.perf_counter()
            assert server.ask("POST", path, data, Content_Type=type).status in (200, 400)
            times.append(time.perf_counter() - began)
        return min(times)

    # Before they were bounded these took from half a second to minutes; the body is read in some milliseconds.
    assert fastest("/form") < 20 * fastest("/read") + 0.1
