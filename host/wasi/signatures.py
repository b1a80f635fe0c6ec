"""The functions of WASI 0.2, and of our own interfaces, that the direct call path knows: their core types, and stand-ins in WebAssembly.

Source of the signatures: the WIT of WASI 0.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from moonwit.host.wasi import grants as wasi

# Core types as "params>results"; a * marks a function that may wait, or that needs memory of the guest for what it gives.
_POLL = {"poll": "iii>*", "[method]pollable.ready": "i>i", "[method]pollable.block": "i>*", "[resource-drop]pollable": "i>"}
_STREAMS = {
    "[method]input-stream.read": "iIi>*",
    "[method]input-stream.blocking-read": "iIi>*",
    "[method]input-stream.skip": "iIi>*",
    "[method]input-stream.blocking-skip": "iIi>*",
    "[method]input-stream.subscribe": "i>i",
    "[method]output-stream.check-write": "ii>",
    "[method]output-stream.write": "iiii>",
    "[method]output-stream.blocking-write-and-flush": "iiii>*",
    "[method]output-stream.flush": "ii>",
    "[method]output-stream.blocking-flush": "ii>*",
    "[method]output-stream.subscribe": "i>i",
    "[method]output-stream.write-zeroes": "iIi>",
    "[method]output-stream.blocking-write-zeroes-and-flush": "iIi>*",
    "[resource-drop]input-stream": "i>",
    "[resource-drop]output-stream": "i>",
}
_HTTP = {
    "[constructor]fields": ">i",
    "[static]fields.from-list": "iii>",
    "[method]fields.get": "iiii>*",
    "[method]fields.has": "iii>i",
    "[method]fields.set": "iiiiii>",
    "[method]fields.delete": "iiii>",
    "[method]fields.append": "iiiiii>",
    "[method]fields.entries": "ii>*",
    "[method]fields.clone": "i>i",
    "[method]incoming-request.method": "ii>*",
    "[method]incoming-request.path-with-query": "ii>*",
    "[method]incoming-request.scheme": "ii>*",
    "[method]incoming-request.authority": "ii>*",
    "[method]incoming-request.headers": "i>i",
    "[method]incoming-request.consume": "ii>",
    "[method]incoming-body.stream": "ii>",
    "[static]incoming-body.finish": "i>i",
    "[method]future-trailers.subscribe": "i>i",
    "[method]future-trailers.get": "ii>",
    "[constructor]outgoing-response": "i>i",
    "[method]outgoing-response.status-code": "i>i",
    "[method]outgoing-response.set-status-code": "ii>i",
    "[method]outgoing-response.headers": "i>i",
    "[method]outgoing-response.body": "ii>",
    "[constructor]outgoing-request": "i>i",
    "[method]outgoing-request.body": "ii>",
    "[method]outgoing-request.method": "ii>*",
    "[method]outgoing-request.set-method": "iiii>i",
    "[method]outgoing-request.path-with-query": "ii>*",
    "[method]outgoing-request.set-path-with-query": "iiii>i",
    "[method]outgoing-request.scheme": "ii>*",
    "[method]outgoing-request.set-scheme": "iiiii>i",
    "[method]outgoing-request.authority": "ii>*",
    "[method]outgoing-request.set-authority": "iiii>i",
    "[method]outgoing-request.headers": "i>i",
    "[constructor]request-options": ">i",
    "[method]request-options.connect-timeout": "ii>",
    "[method]request-options.set-connect-timeout": "iiI>i",
    "[method]request-options.first-byte-timeout": "ii>",
    "[method]request-options.set-first-byte-timeout": "iiI>i",
    "[method]request-options.between-bytes-timeout": "ii>",
    "[method]request-options.set-between-bytes-timeout": "iiI>i",
    "[method]future-incoming-response.subscribe": "i>i",
    "[method]future-incoming-response.get": "ii>*",
    "[method]incoming-response.status": "i>i",
    "[method]incoming-response.headers": "i>i",
    "[method]incoming-response.consume": "ii>",
    "[method]outgoing-body.write": "ii>",
    "[static]outgoing-body.finish": "iiii>*",
    "[static]response-outparam.set": "iiiiIiiii>",
    "http-error-code": "ii>*",
    "[resource-drop]fields": "i>",
    "[resource-drop]incoming-request": "i>",
    "[resource-drop]incoming-body": "i>",
    "[resource-drop]future-trailers": "i>",
    "[resource-drop]outgoing-response": "i>",
    "[resource-drop]outgoing-body": "i>",
    "[resource-drop]response-outparam": "i>",
    "[resource-drop]outgoing-request": "i>",
    "[resource-drop]request-options": "i>",
    "[resource-drop]future-incoming-response": "i>",
    "[resource-drop]incoming-response": "i>",
}
SIGNATURES: Final[Mapping[str, Mapping[str, str]]] = {
    "wasi:clocks/monotonic-clock": {"now": ">I", "resolution": ">I", "subscribe-instant": "I>i", "subscribe-duration": "I>i"},
    "wasi:clocks/wall-clock": {"now": "i>", "resolution": "i>"},
    "wasi:clocks/timezone": {"utc-offset": "Ii>i", "display": "Iii>*"},
    "wasi:io/poll": _POLL,
    "wasi:io/streams": _STREAMS,
    "wasi:io/error": {"[method]error.to-debug-string": "ii>*", "[resource-drop]error": "i>"},
    "wasi:cli/environment": {"get-environment": "i>*", "get-arguments": "i>*", "initial-cwd": "i>*"},
    "wasi:cli/exit": {"exit": "i>", "exit-with-code": "i>"},
    "wasi:cli/stdin": {"get-stdin": ">i"},
    "wasi:cli/stdout": {"get-stdout": ">i"},
    "wasi:cli/stderr": {"get-stderr": ">i"},
    "wasi:cli/terminal-input": {"[resource-drop]terminal-input": "i>"},
    "wasi:cli/terminal-output": {"[resource-drop]terminal-output": "i>"},
    "wasi:cli/terminal-stdin": {"get-terminal-stdin": "i>"},
    "wasi:cli/terminal-stdout": {"get-terminal-stdout": "i>"},
    "wasi:cli/terminal-stderr": {"get-terminal-stderr": "i>"},
    "wasi:random/random": {"get-random-bytes": "Ii>*", "get-random-u64": ">I"},
    "wasi:random/insecure": {"get-insecure-random-bytes": "Ii>*", "get-insecure-random-u64": ">I"},
    "wasi:random/insecure-seed": {"insecure-seed": "i>"},
    "wasi:http/types": _HTTP,
    "wasi:http/outgoing-handler": {"handle": "iiii>*"},
    wasi.FUNCS: {"call-string": "iiiii>*", "call-bytes": "iiiii>*"},
}

# Results whose core type does not tell them from others.
RESULTS: Final = {"call-string": "result<string, string>", "call-bytes": "result<list<u8>, string>"}

# The host's handles that the null streams are known by.
_CLOSED, _READY = 1, 2

_AT_THE_END: Final = "(i32.store8 (local.get 2) (i32.const 1)) (i32.store8 offset=4 (local.get 2) (i32.const 1))"

# Bodies of null functions. A result in memory is written at its last parameter; stream-error's case 1 is `closed`.
NULL: Final[Mapping[str, str]] = {
    "wasi:cli/stdin#get-stdin": f"(i32.const {_CLOSED})",
    "wasi:cli/stdout#get-stdout": f"(i32.const {_CLOSED})",
    "wasi:cli/stderr#get-stderr": f"(i32.const {_CLOSED})",
    "wasi:cli/terminal-input#[resource-drop]terminal-input": "",
    "wasi:cli/terminal-output#[resource-drop]terminal-output": "",
    "wasi:cli/terminal-stdin#get-terminal-stdin": "(i32.store8 (local.get 0) (i32.const 0))",
    "wasi:cli/terminal-stdout#get-terminal-stdout": "(i32.store8 (local.get 0) (i32.const 0))",
    "wasi:cli/terminal-stderr#get-terminal-stderr": "(i32.store8 (local.get 0) (i32.const 0))",
    "wasi:io/error#[resource-drop]error": "",
    "wasi:io/poll#[method]pollable.ready": "(i32.const 1)",
    "wasi:io/poll#[method]pollable.block": "",
    "wasi:io/poll#[resource-drop]pollable": "",
    "wasi:io/streams#[method]input-stream.read": _AT_THE_END,
    "wasi:io/streams#[method]input-stream.blocking-read": _AT_THE_END,
    "wasi:io/streams#[method]input-stream.subscribe": f"(i32.const {_READY})",
    "wasi:io/streams#[method]output-stream.check-write": (
        "(i32.store8 (local.get 1) (i32.const 0)) (i64.store offset=8 (local.get 1) (i64.const 1048576))"
    ),
    "wasi:io/streams#[method]output-stream.write": "(i32.store8 (local.get 3) (i32.const 0))",
    "wasi:io/streams#[method]output-stream.blocking-write-and-flush": "(i32.store8 (local.get 3) (i32.const 0))",
    "wasi:io/streams#[method]output-stream.flush": "(i32.store8 (local.get 1) (i32.const 0))",
    "wasi:io/streams#[method]output-stream.blocking-flush": "(i32.store8 (local.get 1) (i32.const 0))",
    "wasi:io/streams#[method]output-stream.subscribe": f"(i32.const {_READY})",
    "wasi:io/streams#[resource-drop]input-stream": "",
    "wasi:io/streams#[resource-drop]output-stream": "",
    "wasi:filesystem/preopens#get-directories": "(i32.store (local.get 0) (i32.const 0)) (i32.store offset=4 (local.get 0) (i32.const 0))",
}
