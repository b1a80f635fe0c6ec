"""Endpoints backed by functions in WebAssembly: how a request becomes arguments, and a result a response."""

import json

import pytest

from tests.projects import entry
from tests.texts import texts

_, wat = texts(__file__)

# A memory that can be allocated from, and functions that build strings; each guest says what it does with them.
PRELUDE = wat("prelude")


def answers(name: str, wit: str, body: str, method: str = "POST", path: str = "", **more: object) -> list[dict[str, object]]:
    """Gives a function with its endpoint."""
    function = entry(name, transport="wasi-http", method=name, wit=wit, source=f"(module {PRELUDE}\n{body})", **more)
    return [function, entry(f"{name}_endpoint", "http.endpoint", method=method, path=path or f"/{name}", func=name)]


# (ptr, len) of the arguments as the result's string.
SAME = """(func (export "{name}") (param i32 i32) (result i32)
        (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8))
      (func (export "cabi_post_{name}") (param i32) (call $reset (local.get 0)))"""
ENTRIES = [
    'name: web, kind: http.service, addr: "127.0.0.1:0", workers: 2, limits: {max_body_bytes: 100000}, timeouts: {read: 2s}',
    *answers("text", "text: func(name: string) -> string;", SAME.format(name="text")),
    *answers("bytes", "bytes: func(data: list<u8>) -> list<u8>;", SAME.format(name="bytes")),
    *answers("maybe", "maybe: func(data: option<string>) -> bool;",
          '(func (export "maybe") (param i32 i32 i32) (result i32) (local.get 0))'),
    *answers("method", "method: func(method: string) -> string;", SAME.format(name="method"), "GET"),
    *answers("path", "path: func(path: string) -> string;", SAME.format(name="path"), "GET", "/path/{rest}"),
    *answers("query", "query: func(query: string) -> string;", SAME.format(name="query"), "GET"),
    *answers("headers", "headers: func(headers: list<tuple<string, string>>) -> list<tuple<string, string>>;",
          SAME.format(name="headers")),
    *answers("params", "params: func(params: list<tuple<string, string>>) -> list<tuple<string, string>>;", SAME.format(name="params"),
          "GET", "/params/{a}/:b"),
    *answers("user", "user: func(id: u32) -> u32;", '(func (export "user") (param i32) (result i32) (local.get 0))', "GET", "/users/{id}"),
    *answers("point", "record place { x: s32, y: s32 }\n      point: func(at: place) -> place;",
          '(func (export "point") (param i32 i32) (result i32) (i32.store (i32.const 8) (local.get 0))'
          " (i32.store (i32.const 12) (local.get 1)) (i32.const 8))"),
    *answers("add", "add: func(a: s32, b: s32) -> s32;",
          '(func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))'),
    *answers("nothing", "nothing: func();", '(func (export "nothing"))', "DELETE"),
    *answers("float", "float: func() -> f64;", '(func (export "float") (result f64) (f64.const nan))', "GET"),
    *answers("half", "half: func(x: f64) -> f64;",
          '(func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))'),
    *answers("refuse", "refuse: func(ok: u32) -> result<string, string>;", wat("result", NAME="refuse"), "GET", "/refuse/{ok}"),
    *answers("tabled", "tabled: func(ok: u32) -> result<string, string>;", wat("result", NAME="tabled"), "GET", "/tabled/{ok}",
          results="table"),
    *answers("respond", "record response { status: u16, headers: list<tuple<string, string>>, body: string }\n"
          "      respond: func() -> response;",
          '(data (i32.const 64) "X-OneoneContent-Typetext/htmlhello")'
          '(data (i32.const 128) "\\40\\00\\00\\00\\05\\00\\00\\00\\45\\00\\00\\00\\03\\00\\00\\00'
          '\\48\\00\\00\\00\\0c\\00\\00\\00\\54\\00\\00\\00\\09\\00\\00\\00")'
          '(data (i32.const 192) "\\c9\\00\\00\\00\\80\\00\\00\\00\\02\\00\\00\\00\\5d\\00\\00\\00\\05\\00\\00\\00")'
          '(func (export "respond") (result i32) (i32.const 192))', "GET"),
    *answers("carry", "record problem { status: u16, code: u32 }\n      carry: func() -> result<u32, problem>;",
          '(data (i32.const 64) "\\01\\00\\00\\00\\9a\\01\\00\\00\\07\\00\\00\\00")'
          '(func (export "carry") (result i32) (i32.const 64))',
          "GET"),
    *answers("whole", "record request { method: string, path: string, query: string, body: list<u8> }\n"
          "      whole: func(request: request) -> tuple<string, string, string, list<u8>>;",
          '(func (export "whole") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)'
          + "".join(f"(i32.store (i32.const {8 + 4 * i}) (local.get {i}))" for i in range(8)) + "(i32.const 8))", "PUT", "/whole/x"),
    *answers("named", "record request { method: string, params: list<tuple<string, string>> }\n"
          "      named: func(given: request) -> tuple<string, list<tuple<string, string>>>;",
          '(func (export "named") (param i32 i32 i32 i32) (result i32)'
          + "".join(f"(i32.store (i32.const {8 + 4 * i}) (local.get {i}))" for i in range(4)) + "(i32.const 8))", "GET", "/named/{a}"),
    *answers("trap", "trap: func();", '(func (export "trap") unreachable)', "GET"),
    *answers("spin", "spin: func();", '(func (export "spin") (loop $again br $again))', "GET", "", limits={"max_execution_ms": 50}),
    "name: nowhere, kind: http.endpoint, path: /nowhere, func: nobody",
]  # fmt: skip


@pytest.fixture(scope="module")
def server(serve):
    return serve(*ENTRIES)


def same(answer, status, body, type):
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (status, body, type)


def problem(answer, status):
    """Checks an error of the server's own and gives its sentence."""
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    found = json.loads(answer.body)
    assert found["request_id"] == answer.headers["X-Request-Id"]
    return found["error"]


def test_a_sole_string_gets_the_body(server):
    """The body is the argument, and the string that comes back is plain text."""
    same(server.ask("POST", "/text", "grüße".encode()), 200, "grüße".encode(), "text/plain; charset=utf-8")


def test_bytes_get_the_body(server):
    """A list<u8> takes any bytes, and is sent as such."""
    same(server.ask("POST", "/bytes", b"\xff\0\x01"), 200, b"\xff\0\x01", "application/octet-stream")


def test_an_option_may_be_without_a_body(server):
    """An absent body is an absent option."""
    same(server.ask("POST", "/maybe"), 200, b"false", "application/json")
    same(server.ask("POST", "/maybe", b"x"), 200, b"true", "application/json")


def test_a_missing_body_is_a_sentence(server):
    """A required parameter without a body is 400, and the sentence names it."""
    assert "`name`" in problem(server.ask("POST", "/text"), 400)
    assert "`at`" in problem(server.ask("POST", "/point"), 400)
    assert "`a`" in problem(server.ask("POST", "/add"), 400)


def test_parts_by_name(server):
    """Parameters named after parts of a request get them: path without escapes, query as it was sent."""
    assert server.ask("GET", "/method").text == "GET"
    assert server.ask("GET", "/path/a%20b%C3%BC?x=1").text == "/path/a bü"
    assert server.ask("GET", "/query?a=%201&b").text == "a=%201&b"
    assert json.loads(server.ask("GET", "/params/one/t%2Fwo").body) == [["a", "one"], ["b", "t/wo"]]
    assert ["x-some", "thing"] in json.loads(server.ask("POST", "/headers", X_Some="thing").body)


def test_a_request_record_gets_everything(server):
    """A record named `request` holds the parts that its fields name."""
    answer = server.ask("PUT", "/whole/x?q=1", b"hi")
    assert json.loads(answer.body) == ["PUT", "/whole/x", "q=1", [104, 105]]
    assert json.loads(server.ask("GET", "/named/one").body) == ["GET", [["a", "one"]]]


def test_variables_of_the_path(server):
    """A parameter named like a variable of the path gets it, as a number where its type is one."""
    assert server.ask("GET", "/users/12").text == "12"
    assert "expected a whole number, got `x`" in problem(server.ask("GET", "/users/x"), 400)
    assert "out of range" in problem(server.ask("GET", "/users/99999999999"), 400)


def test_json_for_a_record(server):
    """A sole record is the body's JSON, and goes back as JSON in the order of its type."""
    same(server.ask("POST", "/point", '{"y": 2, "x": 1}'), 200, b'{"x":1,"y":2}', "application/json")


@pytest.mark.parametrize("body", ["", "{", "[1]", "{}", '{"x": 1}', '{"x": 1, "y": "2"}', '{"x": 1, "y": 1e999}', "\xff", "NaN",
                                  "[" * 100000, '{"x": 1, "y": 99999999999999999999999}', '"\\ud800"'])  # fmt: skip
def test_json_that_does_not_fit(server, body):
    """A body that is not JSON, or not what the type says, is 400 with a sentence; the next request works."""
    assert len(problem(server.ask("POST", "/point", body.encode("latin-1")), 400)) > 10
    assert server.ask("POST", "/point", '{"x": 1, "y": 2}').status == 200


def test_text_that_is_no_utf8(server):
    """A string parameter takes UTF-8 alone."""
    assert "UTF-8" in problem(server.ask("POST", "/text", b"\xff"), 400)


def test_several_parameters_are_members(server):
    """Several parameters are the members of a JSON object."""
    assert server.ask("POST", "/add", '{"a": 40, "b": 2}').text == "42"
    assert "no `b`" in problem(server.ask("POST", "/add", '{"a": 40}'), 400)


def test_no_result_is_204(server):
    """A function without a result answers 204 without a body."""
    answer = server.ask("DELETE", "/nothing")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (204, b"", None)


def test_numbers(server):
    """Floats keep their point; a result that JSON can't hold is the function's failure."""
    same(server.ask("POST", "/half", "4"), 200, b"2.0", "application/json")
    assert problem(server.ask("GET", "/float"), 500) == "the function has failed"


@pytest.mark.parametrize("name", ["refuse", "tabled"])
def test_the_sides_of_a_result(server, name):
    """The ok side is a response like any other, the err side 400 with the error as JSON, however Lua sees them."""
    same(server.ask("GET", f"/{name}/1"), 200, b"no way", "text/plain; charset=utf-8")
    same(server.ask("GET", f"/{name}/0"), 400, b'"no way"', "application/json")


def test_an_error_may_carry_its_status(server):
    """The status of an error record is the response's."""
    same(server.ask("GET", "/carry"), 410, b'{"status":410,"code":7}', "application/json")


def test_a_record_with_a_status_is_a_response(server):
    """Status, headers and body of such a record are those of the response."""
    answer = server.ask("GET", "/respond")
    assert (answer.status, answer.body, answer.headers["X-One"], answer.headers["Content-Type"]) == (201, b"hello", "one", "text/html")


def test_a_trap_is_500_and_its_details_are_in_the_log(server):
    """Who asks learns a request id; who runs the server finds it in the log, with the guest's backtrace."""
    answer = server.ask("GET", "/trap", X_Request_Id="find-me.1")
    assert problem(answer, 500) == "the function has failed"
    assert answer.headers["X-Request-Id"] == "find-me.1"
    assert server.ask("GET", "/trap").status == 500
    log = server.logged("find-me.1 trap: ")
    assert "unreachable" in log
    assert "unreachable" not in answer.text


def test_a_limit_is_504(server):
    """A function that takes longer than its limit answers 504."""
    assert problem(server.ask("GET", "/spin"), 504) == "the function took too long"


def test_an_endpoint_of_a_broken_entry_is_503(server):
    """What has problems answers 503; the rest of the project is served."""
    assert problem(server.ask("GET", "/nowhere"), 503) == "this endpoint can't be used"


def test_methods(server):
    """HEAD is GET without its body, OPTIONS lists methods, and others get 405 with Allow."""
    head = server.ask("HEAD", "/method")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "4")
    options = server.ask("OPTIONS", "/method")
    assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert server.ask("OPTIONS", "*").status == 204
    answer = server.ask("DELETE", "/users/1")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "GET" in problem(answer, 405)
    assert server.ask("HEAD", "/text").status == 405


@pytest.mark.parametrize("path", ["/", "/text/", "/users", "/users/", "/users/1/2", "//text", "/text%00", "/te%78t/", "/%2e%2e/text"])
def test_other_paths(server, path):
    """A path that no route has is 404, a path with a NUL 400."""
    problem(server.ask("POST", path), 400 if "%00" in path else 404)


def test_a_path_may_be_escaped(server):
    """Escapes are another spelling of the same path."""
    assert server.ask("POST", "/te%78t", b"x").status == 200


def test_a_body_over_the_limit(server):
    """A body that says, or turns out, to be too large is 413."""
    assert "100000 bytes" in problem(server.ask("POST", "/text", b"x" * 100001), 413)
    chunked = b"POST /text HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    assert b" 413 " in server.raw(chunked + (b"8000\r\n" + b"x" * 0x8000 + b"\r\n") * 4 + b"0\r\n\r\n").split(b"\r\n")[0]
    assert server.ask("POST", "/text", b"x" * 100000).status == 200


def test_expect_continue(server):
    """A client that asks before it sends its body is told to go on."""
    with server.connect() as connection:
        connection.sendall(b"POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"hi")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
