"""Guests that misuse wasi:http/outgoing-handler: each misuse is a trap with its reason, of that call alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import moonwit
from tests.origin import Origin

# What the guests call: name, WIT name, WIT type, core type.
TYPES = {
    "fields": ("[constructor]fields", "(result (own $fields))", "(result i32)"),
    "request": ("[constructor]outgoing-request", '(param "headers" (own $fields)) (result (own $request))', "(param i32) (result i32)"),
    "body": ("[method]outgoing-request.body", '(param "self" (borrow $request)) (result (result (own $body)))', "(param i32 i32)"),
    "headers": ("[method]outgoing-request.headers", '(param "self" (borrow $request)) (result (own $fields))', "(param i32) (result i32)"),
    "set-method": ("[method]outgoing-request.set-method", '(param "self" (borrow $request)) (param "method" $m) (result (result))',
                   "(param i32 i32 i32 i32) (result i32)"),
    "set-path": ("[method]outgoing-request.set-path-with-query",
                 '(param "self" (borrow $request)) (param "path-with-query" (option string)) (result (result))',
                 "(param i32 i32 i32 i32) (result i32)"),
    "set-authority": ("[method]outgoing-request.set-authority",
                      '(param "self" (borrow $request)) (param "authority" (option string)) (result (result))',
                      "(param i32 i32 i32 i32) (result i32)"),
    "set-scheme": ("[method]outgoing-request.set-scheme",
                   '(param "self" (borrow $request)) (param "scheme" (option $s)) (result (result))',
                   "(param i32 i32 i32 i32 i32) (result i32)"),
    "path": ("[method]outgoing-request.path-with-query", '(param "self" (borrow $request)) (result (option string))', "(param i32 i32)"),
    "options": ("[constructor]request-options", "(result (own $options))", "(result i32)"),
    "set-connect": ("[method]request-options.set-connect-timeout",
                    '(param "self" (borrow $options)) (param "duration" (option u64)) (result (result))',
                    "(param i32 i32 i64) (result i32)"),
    "connect": ("[method]request-options.connect-timeout", '(param "self" (borrow $options)) (result (option u64))', "(param i32 i32)"),
    "get": ("[method]future-incoming-response.get",
            '(param "self" (borrow $future)) (result (option (result (result (own $response) (error $e)))))', "(param i32 i32)"),
    "status": ("[method]incoming-response.status", '(param "self" (borrow $response)) (result u16)', "(param i32) (result i32)"),
    "write": ("[method]outgoing-body.write", '(param "self" (borrow $body)) (result (result (own $output)))', "(param i32 i32)"),
    "finish": ("[static]outgoing-body.finish",
               '(param "this" (own $body)) (param "trailers" (option (own $fields))) (result (result (error $e)))',
               "(param i32 i32 i32 i32)"),
}  # fmt: skip
RESOURCES = {"fields": "fields", "request": "outgoing-request", "body": "outgoing-body", "options": "request-options",
             "future": "future-incoming-response", "response": "incoming-response"}  # fmt: skip
STREAM = {
    "output-write": ("[method]output-stream.write",
                     '(param "self" (borrow $output)) (param "contents" (list u8)) (result (result (error $se)))',
                     "(param i32 i32 i32 i32)"),
}  # fmt: skip
HANDLE = ('(param "request" (own $request)) (param "options" (option (own $options))) (result (result (own $future) (error $e)))',
          "(param i32 i32 i32 i32)")  # fmt: skip
DROPS = ("request", "body", "fields", "future")

NEW = "(call $request (call $fields))"
WILD = "(i32.const 0x7ffffff0)"
SEND = f"""(local.set 0 {NEW})
  (drop (call $set-scheme (local.get 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
  (drop (call $set-path (local.get 0) (i32.const 1) (i32.const 16) (i32.const 5)))
  (drop (call $set-authority (local.get 0) (i32.const 1) (i32.const 32) (i32.const AUTHORITY)))"""
SENT = f"{SEND} (call $handle (local.get 0) (i32.const 0) (i32.const 0) (i32.const 64)) (local.set 1 (i32.load (i32.const 72)))"
BODY = f"(local.set 0 {NEW}) (call $body (local.get 0) (i32.const 64)) (local.set 1 (i32.load (i32.const 68)))"
WRITE = f"{BODY} (call $write (local.get 1) (i32.const 64)) (local.set 2 (i32.load (i32.const 68)))"
OUTSIDE = "an address outside of the guest's memory"

MISUSE = {
    "a request that is none": ("(call $handle (i32.const 7) (i32.const 0) (i32.const 0) (i32.const 64))", "there is no outgoing-request"),
    "a request sent twice": (
        f"{SENT} (call $handle (local.get 0) (i32.const 0) (i32.const 0) (i32.const 64))",
        "there is no outgoing-request with the handle",
    ),
    "fields for a request": ("(call $handle (call $fields) (i32.const 0) (i32.const 0) (i32.const 64))", "there is no outgoing-request"),
    "a request for options": (f"(call $handle {NEW} (i32.const 1) {NEW} (i32.const 64))", "there is no request-options with the handle"),
    "an option of neither": (f"(call $handle {NEW} (i32.const 2) (i32.const 0) (i32.const 64))", "neither none nor some"),
    "a wild place for the future": (f"(call $handle {NEW} (i32.const 0) (i32.const 0) {WILD})", OUTSIDE),
    "an odd place for the future": (f"(call $handle {NEW} (i32.const 0) (i32.const 0) (i32.const 65))", OUTSIDE),
    "a request with headers in use": (
        f"(local.set 0 {NEW}) (drop (call $headers (local.get 0)))"
        " (call $handle (local.get 0) (i32.const 0) (i32.const 0) (i32.const 64))",
        "before what belongs to it",
    ),
    "headers in use": (
        f"(local.set 0 {NEW}) (drop (call $headers (local.get 0))) (call $drop-request (local.get 0))",
        "before what belongs",
    ),
    "a body with its stream in use": (f"{WRITE} (call $drop-body (local.get 1))", "drops the outgoing-body"),
    "a finished body with its stream": (
        f"{WRITE} (call $finish (local.get 1) (i32.const 0) (i32.const 0) (i32.const 64))",
        "drops the outgoing-body",
    ),
    "a body that is finished twice": (
        f"{BODY} (call $finish (local.get 1) (i32.const 0) (i32.const 0) (i32.const 64))"
        " (call $finish (local.get 1) (i32.const 0) (i32.const 0) (i32.const 64))",
        "there is no outgoing-body",
    ),
    "trailers that are none": (f"{BODY} (call $finish (local.get 1) (i32.const 1) (i32.const 55) (i32.const 64))", "there is no fields"),
    "more than there is room for": (
        f"{WRITE} (call $output-write (local.get 2) (i32.const 0) (i32.const 0x200000) (i32.const 64))",
        "check-write",
    ),
    "a wild piece": (f"{WRITE} (call $output-write (local.get 2) {WILD} (i32.const 100) (i32.const 64))", OUTSIDE),
    "a method that there is not": (
        f"(drop (call $set-method {NEW} (i32.const 10) (i32.const 0) (i32.const 0)))",
        "a method that there is not",
    ),
    "a wild method": (f"(drop (call $set-method {NEW} (i32.const 9) {WILD} (i32.const 99)))", OUTSIDE),
    "a wild long method": (f"(drop (call $set-method {NEW} (i32.const 9) (i32.const 0) (i32.const -1)))", OUTSIDE),
    "a scheme that there is not": (
        f"(drop (call $set-scheme {NEW} (i32.const 1) (i32.const 3) (i32.const 0) (i32.const 0)))",
        "a scheme that there is not",
    ),
    "a wild path": (f"(drop (call $set-path {NEW} (i32.const 1) {WILD} (i32.const 9)))", OUTSIDE),
    "a path of no text": (f"(drop (call $set-path {NEW} (i32.const 1) (i32.const 8) (i32.const 2)))", "not UTF-8"),
    "a path of neither": (f"(drop (call $set-path {NEW} (i32.const 3) (i32.const 8) (i32.const 2)))", "neither none nor some"),
    "a wild place for a path": (f"(call $path {NEW} {WILD})", OUTSIDE),
    "a wild place for a time": (f"(call $connect (call $options) {WILD})", OUTSIDE),
    "an odd place for a time": ("(call $connect (call $options) (i32.const 68))", OUTSIDE),
    "a time of neither": ("(drop (call $set-connect (call $options) (i32.const 2) (i64.const 0)))", "neither none nor some"),
    "a future that is none": ("(call $get (i32.const 3) (i32.const 64))", "there is no future-incoming-response with the handle 3"),
    "a wild place for a response": (f"{SENT} (call $get (local.get 1) {WILD})", OUTSIDE),
    "a future for a response": (f"{SENT} (drop (call $status (local.get 1)))", "there is no incoming-response"),
    "a future after its end": (f"{SENT} (call $drop-future (local.get 1)) (call $get (local.get 1) (i32.const 64))", "there is no future"),
}  # fmt: skip


def component(code: str) -> str:
    """Gives a component whose function ``run`` runs the code; its locals are three numbers."""

    def instance(functions: dict[str, tuple[str, str, str]]) -> str:
        return "\n".join(f'(export "{wit}" (func {type}))' for wit, type, _ in functions.values())

    def lowered(functions: dict[str, tuple[str, str, str]], of: str) -> str:
        options = ' (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))'
        return "\n".join(
            f'(core func $c-{name} (canon lower (func {of} "{wit}"){options if "i32 i32" in core else ""}))'
            for name, (wit, _, core) in functions.items()
        )

    exports = "\n".join(f'(export "{wit}" (type ${name} (sub resource)))' for name, wit in RESOURCES.items())
    aliases = "\n".join(f'(alias export $t "{wit}" (type $a-{name}))' for name, wit in RESOURCES.items())
    handle = {"handle": ("handle", *HANDLE)}
    drops = "\n".join(f"(core func $c-drop-{name} (canon resource.drop $a-{name}))" for name in DROPS)
    cores = {name: core for name, (_, _, core) in {**TYPES, **STREAM, **handle}.items()} | {f"drop-{name}": "(param i32)" for name in DROPS}
    simple = " ".join(f'(case "c{n}")' for n in range(38))
    code_type = f'(type $ev (variant {simple} (case "internal-error" (option u64)))) (export "error-code" (type $e (eq $ev)))'
    return f"""(component
      (import "wasi:io/streams@0.2.0" (instance $streams
        (export "output-stream" (type $output (sub resource)))
        (type $sv (variant (case "closed")))
        (export "stream-error" (type $se (eq $sv)))
        {instance(STREAM)}))
      (alias export $streams "output-stream" (type $a-output))
      (import "wasi:http/types@0.2.0" (instance $t
        (alias outer 1 $a-output (type $o))
        (export "output-stream" (type $output (eq $o)))
        {exports}
        (type $mv (variant (case "c0") (case "c1") (case "c2") (case "c3") (case "c4") (case "c5") (case "c6") (case "c7") (case "c8")
          (case "other" string)))
        (export "method" (type $m (eq $mv)))
        (type $sv (variant (case "c0") (case "c1") (case "other" string)))
        (export "scheme" (type $s (eq $sv)))
        {code_type}
        {instance(TYPES)}))
      {aliases}
      (alias export $t "error-code" (type $a-e))
      (import "wasi:http/outgoing-handler@0.2.0" (instance $h
        (alias outer 1 $a-request (type $r0)) (export "outgoing-request" (type $request (eq $r0)))
        (alias outer 1 $a-options (type $o0)) (export "request-options" (type $options (eq $o0)))
        (alias outer 1 $a-future (type $f0)) (export "future-incoming-response" (type $future (eq $f0)))
        (alias outer 1 $a-e (type $e0)) (export "error-code" (type $e (eq $e0)))
        {instance(handle)}))
      (core module $memory (memory (export "memory") 64)
        (data (i32.const 8) "\\ff\\fe") (data (i32.const 16) "/held") (data (i32.const 32) "THE AUTHORITY")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x7ffffff0)))
      (core instance $mem (instantiate $memory))
      {lowered(TYPES, "$t")} {lowered(STREAM, "$streams")} {lowered(handle, "$h")} {drops}
      (core module $m
        {"".join(f'(import "h" "{name}" (func ${name} {core}))' for name, core in cores.items())}
        (import "m" "memory" (memory 64))
        (func (export "run") (local i32 i32 i32) {code}))
      (core instance $i (instantiate $m (with "m" (instance $mem))
        (with "h" (instance {"".join(f'(export "{name}" (func $c-{name}))' for name in cores)}))))
      (func (export "run") (canon lift (core func $i "run"))))"""


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    running = Origin()
    yield running
    running.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[moonwit.Project]:
    lines = ['version: "1.0"', "namespace: t", "entries:"]
    for number, code in enumerate([SENT, *(code for code, _ in MISUSE.values())]):
        text = component(code).replace("THE AUTHORITY", origin.authority).replace("AUTHORITY", str(len(origin.authority)))
        source = "\n".join("      " + line for line in text.split("\n"))
        lines.append(f"  - name: g{number}\n    kind: function.wat\n    method: run\n    imports: [wasi:http]\n    source: |\n{source}")
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "_index.yaml").write_text("\n".join(lines))
    with moonwit.open(folder) as opened:
        yield opened


@pytest.mark.parametrize("name", MISUSE)
def test_misuse(project: moonwit.Project, origin: Origin, name: str) -> None:
    """A guest that misuses the host ends with a trap that says how, twice in the same way, and a good one works after it."""
    for _ in range(2):
        with pytest.raises(moonwit.CallError) as caught:
            project.call(f"t:g{list(MISUSE).index(name) + 1}")
        assert MISUSE[name][1] in caught.value.message
    project.call("t:g0")
