"""Guests that misuse wasi:http/types: each misuse is the failure of its request, told in the log, and the next request works."""

import pytest

from tests.projects import entry
from tests.texts import texts

_, wat = texts(__file__)

# The functions that the guests call: name, WIT type, core type.
FUNCTIONS = {
    "fields": ("[constructor]fields", '(result (own $fields))', "(result i32)"),
    "from-list": ("[static]fields.from-list",
                  '(param "entries" (list (tuple string (list u8)))) (result (result (own $fields) (error $he)))', "(param i32 i32 i32)"),
    "get": ("[method]fields.get",
            '(param "self" (borrow $fields)) (param "name" string) (result (list (list u8)))', "(param i32 i32 i32 i32)"),
    "append": ("[method]fields.append",
               '(param "self" (borrow $fields)) (param "name" string) (param "value" (list u8)) (result (result (error $he)))',
               "(param i32 i32 i32 i32 i32 i32)"),
    "entries": ("[method]fields.entries",
                '(param "self" (borrow $fields)) (result (list (tuple string (list u8))))', "(param i32 i32)"),
    "headers": ("[method]incoming-request.headers", '(param "self" (borrow $request)) (result (own $fields))', "(param i32) (result i32)"),
    "path": ("[method]incoming-request.path-with-query", '(param "self" (borrow $request)) (result (option string))', "(param i32 i32)"),
    "consume": ("[method]incoming-request.consume",
                '(param "self" (borrow $request)) (result (result (own $incoming)))', "(param i32 i32)"),
    "response": ("[constructor]outgoing-response", '(param "headers" (own $fields)) (result (own $response))', "(param i32) (result i32)"),
    "body": ("[method]outgoing-response.body", '(param "self" (borrow $response)) (result (result (own $body)))', "(param i32 i32)"),
    "set": ("[static]response-outparam.set",
            '(param "param" (own $out)) (param "response" (result (own $response) (error (tuple u32 u32 u64 u32 u32 u32 u32))))',
            "(param i32 i32 i32 i32 i64 i32 i32 i32 i32)"),
}  # fmt: skip
RESOURCES = {"fields": "fields", "request": "incoming-request", "out": "response-outparam", "response": "outgoing-response",
             "body": "outgoing-body", "incoming": "incoming-body"}  # fmt: skip

REQUEST, OUT = "(local.get 0)", "(local.get 1)"
SET = "(call $set (local.get 1) (i32.const 0) %s (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))"
GOOD = SET % "(call $response (call $fields))"
WILD = "(i32.const 0x7ffffff0)"

# What a guest does in its handler, and what the log says of it.
MISUSE = {
    "a request that is none": ("(drop (call $headers (i32.const 7)))", "there is no incoming-request with the handle 7"),
    "the outparam for the request": (f"(drop (call $headers {OUT}))", "there is no incoming-request with the handle"),
    "the request for the outparam": (
        f"(call $set {REQUEST} (i32.const 1) (i32.const 0) (i32.const 0) (i64.const 0)"
        " (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))",
        "there is no response-outparam with the handle",
    ),
    "an answer given twice": (GOOD + GOOD, "the response-outparam has been used"),
    "fields that are none": ("(drop (call $response (i32.const 99)))", "there is no fields with the handle 99"),
    "fields that were given away": (
        "(local.set 2 (call $fields)) (drop (call $response (local.get 2))) (drop (call $response (local.get 2)))",
        "there is no fields with",
    ),
    "a response that is none": (SET % "(i32.const 3)", "there is no outgoing-response with the handle 3"),
    "a request that was dropped": (f"(call $drop-request {REQUEST}) (call $path {REQUEST} (i32.const 64))", "has been dropped"),
    "a wild place for a path": (f"(call $path {REQUEST} {WILD})", "an address outside of the guest's memory"),
    "an odd place for a path": (f"(call $path {REQUEST} (i32.const 65))", "an address outside of the guest's memory"),
    "a wild name": (f"(call $get (call $fields) {WILD} (i32.const 100) (i32.const 64))", "an address outside of the guest's memory"),
    "a wild value": (
        f"(call $append (call $fields) (i32.const 0) (i32.const 1) {WILD} (i32.const 100) (i32.const 64))",
        "an address outside of the guest's memory",
    ),
    "a wild list": (f"(call $from-list {WILD} (i32.const 5) (i32.const 64))", "an address outside of the guest's memory"),
    "a list without end": ("(call $from-list (i32.const 0) (i32.const -1) (i32.const 64))", "too many headers"),
    "a wild place for entries": (f"(call $entries (call $headers {REQUEST}) {WILD})", "an address outside of the guest's memory"),
    "realloc's nonsense": (f"(call $entries (call $headers {REQUEST}) (i32.const 64))", "realloc gave memory that it does not have"),
    "handles without end": ("(loop $again (drop (call $fields)) (br $again))", "handles, more than it may"),
    "a body that is not finished": (
        f"(local.set 2 (call $response (call $fields))) (call $body (local.get 2) (i32.const 64)) {SET % '(local.get 2)'}",
        "the guest did not finish its response",
    ),
    "nothing": ("", "the guest gave no response"),
}  # fmt: skip


def component(code: str) -> str:
    """Gives a component whose handler runs the code; its locals are the two handles and a number."""
    exports = "\n".join(f'(export "{wit}" (type ${name} (sub resource)))' for name, wit in RESOURCES.items())
    imported = "\n".join(f'(export "{wit}" (func {type}))' for wit, type, _ in FUNCTIONS.values())
    aliases = "\n".join(f'(alias export $t "{wit}" (type $a-{name}))' for name, wit in RESOURCES.items())
    lowered = "\n".join(
        f'(core func $c-{name} (canon lower (func $t "{wit}")'
        + (' (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))' if "i32 i32" in core else "") + "))"
        for name, (wit, _, core) in FUNCTIONS.items()
    )  # fmt: skip
    dropped = '(core func $c-drop-request (canon resource.drop $a-request))'
    core = "\n".join(f'(import "h" "{name}" (func ${name} {core}))' for name, (_, _, core) in FUNCTIONS.items())
    given = "\n".join(f'(export "{name}" (func $c-{name}))' for name in (*FUNCTIONS, "drop-request"))
    given_types = {"EXPORTS": exports, "IMPORTED": imported, "ALIASES": aliases, "LOWERED": lowered, "DROPPED": dropped}
    return wat("component", CORE=core, CODE=code, GIVEN=given, **given_types)


@pytest.fixture(scope="module")
def server(serve):
    entries = [entry("web", "http.service", addr="127.0.0.1:0")]
    for number, code in enumerate([GOOD, *(code for code, _ in MISUSE.values())]):
        entries.append(entry(f"g{number}", transport="wasi-http", method="incoming-handler#handle", source=component(code)))
        entries.append(entry(f"e{number}", "http.endpoint", path=f"/g{number}", func=f"g{number}"))
    return serve(*entries)


def test_the_guest_is_well_made(server):
    """Used as it should be, the same component answers."""
    answer = server.ask("GET", "/g0")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("name", MISUSE)
def test_misuse(server, name):
    """A guest that misuses the host fails its own request, twice in the same way, and no other."""
    path = f"/g{list(MISUSE).index(name) + 1}"
    wanted = MISUSE[name][1]
    for n in range(2):
        answer = server.ask("GET", path, X_Request_Id=f"{path[1:]}-{n}.")
        assert answer.status == 500
        log = server.logged(f"Z {path[1:]}-{n}. ")
        assert wanted in log[log.rindex(f"Z {path[1:]}-{n}. ") :]
    assert server.ask("GET", "/g0").status == 200
