"""Numbers and texts in paths and queries: what a type can't hold is 400 with a sentence, never a failure of the server."""

import json

import pytest

ENTRIES = """
  - {name: web, kind: http.service, addr: "127.0.0.1:0"}
"""
TYPES = dict.fromkeys(("s8", "u8", "s16", "u16", "s32", "u32", "bool", "char"), "i32")
TYPES |= {"s64": "i64", "u64": "i64", "f32": "f32", "f64": "f64"}
for _name, _core in TYPES.items():
    ENTRIES += f"""
  - name: echo_{_name}
    kind: function.wat
    transport: wasi-http
    method: f
    wit: "f: func(x: {_name}) -> {_name};"
    source: (module (func (export "f") (param {_core}) (result {_core}) local.get 0))
  - {{name: at_{_name}, kind: http.endpoint, path: "/{_name}/{{x}}", func: echo_{_name}}}
  - name: asked_{_name}
    kind: function.wat
    transport: wasi-http
    method: f
    wit: "f: func(query: record {{ x: {_name} }}) -> {_name};"
    source: (module (func (export "f") (param {_core}) (result {_core}) local.get 0))
  - {{name: query_{_name}, kind: http.endpoint, path: "/query/{_name}", func: asked_{_name}}}
"""
ENTRIES = ENTRIES.replace('wit: "f: func(query: record { x: ', 'wit: "record q { x: ').replace(" }) -> ", " } f: func(query: q) -> ")


@pytest.fixture(scope="module")
def server(serve):
    return serve(ENTRIES)


TAKEN = {
    "f64": {"1.5": 1.5, "1e308": 1e308, "1.7976931348623157e308": 1.7976931348623157e308, "-0": 0, "1e-999": 0, "007": 7},
    "f32": {"1.5": 1.5, "3.4028234e38": 3.4028234663852886e38, "3.4028235677973362e38": 3.4028234663852886e38, "1e-999": 0},
    "s8": {"127": 127, "-128": -128}, "u8": {"255": 255, "-0": 0}, "s16": {"-32768": -32768}, "u16": {"65535": 65535},
    "s32": {"-2147483648": -2147483648}, "u32": {"4294967295": 4294967295},
    "s64": {"9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63)}, "u64": {"18446744073709551615": 2**64 - 1},
    "bool": {"true": True, "false": False}, "char": {"%C3%A9": "é", "%F0%9F%98%80": "\U0001f600"},
}  # fmt: skip
# Beside these each number refuses all of ODD.
REFUSED = {
    "f64": ["1e999", "-1e999", "1e309", "1.7976931348623159e308", "9" * 400],
    "f32": ["1e999", "3.5e38", "-3.5e38", "3.4028235677973367e38"],
    "s8": ["128", "-129"], "u8": ["256", "-1"], "s16": ["32768", "-32769"], "u16": ["65536", "-1"], "s32": ["2147483648", "-2147483649"],
    "u32": ["4294967296", "-1"], "s64": ["9223372036854775808", "-9223372036854775809", "9" * 30], "u64": ["18446744073709551616", "-1"],
    "bool": ["True", "1", "yes"], "char": ["ab"],
}  # fmt: skip
ODD = "inf -inf nan NaN Infinity 0x10 1_000 %D9%A1 %EF%BC%91 +1 1. .5 %20 1%20 %201 1%0A - --1 1e 1,5".split()


@pytest.mark.parametrize("type", TYPES)
def test_what_a_type_can_hold(server, type):
    """The least and the greatest value arrive as they are, from the path and from the query."""
    for text, value in TAKEN[type].items():
        for answer in (server.ask("GET", f"/{type}/{text}"), server.ask("GET", f"/query/{type}?x={text}")):
            assert (answer.status, json.loads(answer.body)) == (200, value), text


@pytest.mark.parametrize("type", TYPES)
def test_what_it_can_not(server, type):
    """One more is 400, and so is what is not a number: the sentence names the variable, and is short."""
    odd = [] if type in ("bool", "char") else ODD
    for text in REFUSED[type] + odd:
        for answer in (server.ask("GET", f"/{type}/{text}"), server.ask("GET", f"/query/{type}?x={text.replace('+', '%2B')}")):
            assert answer.status == 400, (text, answer.text)
            sentence = json.loads(answer.body)["error"]
            assert "x" in sentence and len(sentence) < 300


def test_what_is_missing(server):
    """An empty variable is another path; an empty or absent parameter of the query is 400."""
    assert server.ask("GET", "/u8/").status == 404
    assert server.ask("GET", "/query/u8?x=").status == 400
    assert server.ask("GET", "/query/u8?x").status == 400
    assert "`x` is missing" in json.loads(server.ask("GET", "/query/u8").body)["error"]
    # Of a parameter that is there twice the first counts, as for handlers in Lua.
    assert server.ask("GET", "/query/u8?x=1&x=300").text == "1"
