"""Handlers in Lua: what they read of a request, and how what they write or return becomes the response."""

import json

import pytest

ENTRIES = r"""
  - {name: web, kind: http.service, addr: "127.0.0.1:0"}
  - {name: api, kind: http.router, prefix: /api}
  - name: show
    kind: function.lua
    modules: [http]
    source: |
      return function()
        local r = http.request()
        return {
          method = r:method(), path = r:path(), query = r:query(), one = r:query("a"), all = r:queries("a"),
          header = r:header("X-THING"),
          headers = r:headers(), body = r:body(), params = r:params(),
          id = r:param("id"), remote = r:remote_addr(), type = r:content_type(),
          same = r == http.request(),
        }
      end
  - {name: show_endpoint, kind: http.endpoint, method: POST, path: "/show/{id}", func: show}
  - name: body_json
    kind: function.lua
    modules: [http]
    source: |
      return function()
        local value, problem = http.request():body_json()
        if problem then return nil, problem end
        return {got = value}
      end
  - {name: json_endpoint, kind: http.endpoint, method: POST, path: /json, func: body_json}
  - name: form
    kind: function.lua
    modules: [http]
    source: |
      return function()
        local fields, problem = http.request():form()
        if not fields then return nil, problem end
        return {fields = fields, parts = http.request():multipart()}
      end
  - {name: form_endpoint, kind: http.endpoint, method: POST, path: /form, func: form}
  - name: returns
    kind: function.lua
    modules: [http, errors]
    source: |
      local made = {
        nothing = function() end, text = function() return "text" end, number = function() return 7 end, no = function() return false end,
        list = function() return {1, {a = "b"}} end, empty = function() return {} end, bytes = function() return "\255" end,
        nan = function() return 0 / 0 end, f = function() return print end,
        missing = function() return nil, errors.new{message = "no user 7", kind = errors.NOT_FOUND} end,
        busy = function() error(errors.new{message = "later", kind = errors.RATE_LIMITED}) end,
        plain = function() return nil, "some words" end, raised = function() error("secret words") end,
        status = function() http.response():set_status(201) end,
        header = function() http.response():set_header("X-A", 1) return {a = 1} end,
        both = function() http.response():write("written") return "returned" end,
        late = function() local r = http.response() r:write("a") r:flush() return pcall(r.set_status, r, 500) and "" or nil end,
        cookies = function() local r = http.response() r:add_header("Set-Cookie", "a=1") r:add_header("Set-Cookie", "b=2") r:write("x") end,
        html = function() local r = http.response() r:set_content_type("text/html") r:write_json({1}) r:write("!") end,
        split = function() http.response():set_header("X-A", "1\r\nX-B: 2") end,
        fails = function() http.response():write("half") error("boom") end,
        breaks = function() local r = http.response() r:write("half") r:flush() error("boom") end,
        far = function() return require("funcs").call("t:absent") end,
      }
      return function() return made[http.request():param("what")]() end
  - {name: returns_endpoint, kind: http.endpoint, path: "/returns/{what}", func: returns}
  - name: events
    kind: function.lua
    modules: [http, time]
    source: |
      return function()
        local response = http.response()
        for n = 1, 3 do
          assert(response:write_event{name = "tick", id = n, data = n == 3 and "two\nlines" or {n = n}})
          time.sleep("1ms")
        end
      end
  - {name: events_endpoint, kind: http.endpoint, path: /events, func: events}
  - name: spread
    kind: function.lua
    modules: [http, time, channel]
    source: |
      return function()
        local mine, done = http.request():query("n"), channel.new()
        for _ = 1, 3 do
          coroutine.spawn(function() time.sleep("2ms") done:send(http.request():query("n")) end)
        end
        local found = {}
        for i = 1, 3 do found[i] = done:receive() end
        http.response():write(mine .. table.concat(found))
      end
  - {name: spread_endpoint, kind: http.endpoint, path: /spread, func: spread}
  - name: mailbox
    kind: function.lua
    modules: [http, channel]
    source: |
      local letters = channel.new()
      return function()
        local text = http.request():query("send")
        if not text then return (letters:receive()) end
        letters:send(text)
        return "sent"
      end
  - {name: mailbox_endpoint, kind: http.endpoint, path: /mailbox, func: mailbox}
  - name: proxy
    kind: function.lua
    modules: [http, http_client]
    source: |
      return function()
        local base = "http://" .. http.request():host() .. "/api/returns/"
        local responses = http_client.request_batch{{"GET", base .. "text"}, {"GET", base .. "list"}}
        return {responses[1].body, responses[2].body}
      end
  - {name: proxy_endpoint, kind: http.endpoint, path: /proxy, func: proxy}
  - name: limited
    kind: function.lua
    modules: [time]
    limits: {max_execution_ms: 30}
    source: return function() time.sleep("1h") end
  - {name: limited_endpoint, kind: http.endpoint, path: /limited, func: limited}
  - name: large
    kind: function.lua
    modules: [http]
    source: return function() return ("x"):rep(3000000) end
  - {name: large_endpoint, kind: http.endpoint, path: /large, func: large}
"""


@pytest.fixture(scope="module")
def server(serve):
    return serve(ENTRIES)


def test_a_handler_sees_its_request(server):
    """Everything of a request is there, names of headers in lower case."""
    answer = server.ask("POST", "/api/show/a%2Fb?a=1&a=%20+2&flag", "hello", X_Thing="some", Content_Type="Text/Plain; charset=x")
    found = json.loads(answer.body)
    assert found.pop("headers")["x-thing"] == "some"
    assert found == {
        "method": "POST", "path": "/api/show/a/b", "query": {"a": "1", "flag": ""}, "one": "1", "all": ["1", "  2"], "header": "some",
        "body": "hello", "params": {"id": "a/b"}, "id": "a/b", "remote": "127.0.0.1", "type": "text/plain", "same": True,
    }  # fmt: skip


def test_json_bodies(server):
    """The body's JSON is a value; what is not JSON is an error of kind Invalid, and so 400 when the handler returns it."""
    assert json.loads(server.ask("POST", "/api/json", '{"a": [1, null]}').body) == {"got": {"a": [1, None]}}
    assert (server.ask("POST", "/api/json", "{").status, server.ask("POST", "/api/json").status) == (400, 400)


def test_forms(server):
    """Urlencoded and multipart forms are tables; files are parts with their names and types."""
    answer = server.ask("POST", "/api/form", "a=1&b=x+y%21&a=2", Content_Type="application/x-www-form-urlencoded")
    assert json.loads(answer.body) == {"fields": {"a": "1", "b": "x y!"}}
    body = (
        b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n'
        b'--XX\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\nContent-Type: text/x\r\n\r\nline\r\n--X\r\n\r\n--XX--\r\n'
    )
    found = json.loads(server.ask("POST", "/api/form", body, Content_Type="multipart/form-data; boundary=XX").body)
    assert found["fields"] == {"a": "one"}
    assert found["parts"][1] == {"name": "f", "filename": "n.txt", "content_type": "text/x", "data": "line\r\n--X\r\n"}


@pytest.mark.parametrize("type", ["text/plain", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 100,
                                  "multipart/form-data; boundary=Y", ""])  # fmt: skip
@pytest.mark.parametrize("body", ["", "--Y", "--Y\r\n", "--Y\r\n\r\n\r\n--Y--", "--Y\r\nA: b\r\n\r\nx\r\n--Y--", "--Y\r\n" * 2000])
def test_broken_forms(server, type, body):
    """What is not a form is 400."""
    assert server.ask("POST", "/api/form", body, Content_Type=type).status == 400


RETURNS = {
    "nothing": (204, b""),
    "text": (200, b"text"),
    "number": (200, b"7"),
    "no": (200, b"false"),
    "list": (200, b'[1,{"a":"b"}]'),
    "empty": (200, b"[]"),
    "bytes": (200, b"\xff"),
    "status": (201, b""),
    "header": (200, b'{"a":1}'),
    "both": (200, b"written"),
    "late": (200, b"a"),
    "html": (200, b"[1]!"),
}


@pytest.mark.parametrize("what", RETURNS)
def test_what_a_handler_returns(server, what):
    """What was written is the response, else what was returned: text as it is, anything else as JSON."""
    answer = server.ask("GET", f"/api/returns/{what}")
    assert (answer.status, answer.body) == RETURNS[what]


ERRORS = {
    "missing": (404, "no user 7"),
    "busy": (429, "later"),
    "plain": (500, "the function has failed"),
    "raised": (500, "the function has failed"),
    "nan": (500, "the function has failed"),
    "f": (500, "the function has failed"),
    "split": (500, "the function has failed"),
    "fails": (500, "the function has failed"),
    "far": (500, "the function has failed"),
}


@pytest.mark.parametrize("what", ERRORS)
def test_errors_of_a_handler(server, what):
    """An error that the handler makes has the status of its kind and its message; any other is 500, told to the log alone."""
    answer = server.ask("GET", f"/api/returns/{what}")
    assert (answer.status, json.loads(answer.body)["error"]) == ERRORS[what]
    assert "X-B" not in answer.headers


def test_types_and_cookies(server):
    """The type follows the value unless the handler sets it; a header may be there twice."""
    types = {what: server.ask("GET", f"/api/returns/{what}").headers["Content-Type"] for what in ("text", "list", "bytes", "html")}
    assert list(types.values()) == ["text/plain; charset=utf-8", "application/json", "application/octet-stream", "text/html"]
    assert server.ask("GET", "/api/returns/cookies").headers.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_a_response_that_breaks_off(server):
    """An error after the response has begun ends the connection, so that the client sees that something is missing."""
    found = server.raw(b"GET /api/returns/breaks HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"4\r\nhalf" in found
    assert not found.endswith(b"0\r\n\r\n")


def test_server_sent_events(server):
    """Events arrive as they are sent, each line of their data by itself."""
    answer = server.ask("GET", "/api/events")
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.text == (
        'id: 1\nevent: tick\ndata: {"n":1}\n\nid: 2\nevent: tick\ndata: {"n":2}\n\nid: 3\nevent: tick\ndata: two\ndata: lines\n\n'
    )
    assert server.ask("HEAD", "/api/events").status == 200


def test_a_request_belongs_to_its_coroutines(server):
    """Requests that wait side by side in one lane each see their own request, also in coroutines that they spawn."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: server.ask("GET", f"/api/spread?n={n}").text, range(10, 74)))
    assert found == [str(n) * 4 for n in range(10, 74)]


def test_requests_may_wait_for_each_other(server):
    """A handler waits for what another request brings, even while nothing else runs."""
    with server.connect() as connection:
        connection.sendall(b"GET /api/mailbox HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert server.ask("GET", "/api/returns/text").text == "text"
        assert server.ask("GET", "/api/mailbox?send=hello").text == "sent"
        assert connection.recv(1000).endswith(b"hello")


def test_a_handler_may_ask_others(server):
    """A handler sends requests of its own, even to its own server, which goes on meanwhile."""
    assert json.loads(server.ask("GET", "/api/proxy").body) == ["text", '[1,{"a":"b"}]']


def test_a_limit(server):
    """A handler that takes longer than its limit is 504."""
    assert server.ask("GET", "/api/limited").status == 504


def test_a_large_response(server):
    """A response of megabytes arrives whole."""
    assert server.ask("GET", "/api/large").body == b"x" * 3000000
