"""The functions of WASI 0.2, and of our own interfaces, that the host knows: their core types, and stand-ins in WebAssembly.

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
    "[method]output-stream.splice": "iiIi>*",
    "[method]output-stream.blocking-splice": "iiIi>*",
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
_DESCRIPTOR = {
    "read-via-stream": "iIi>",
    "write-via-stream": "iIi>",
    "append-via-stream": "ii>",
    "advise": "iIIii>",
    "sync-data": "ii>*",
    "get-flags": "ii>",
    "get-type": "ii>",
    "set-size": "iIi>",
    "set-times": "iiIiiIii>",
    "read": "iIIi>*",
    "write": "iiiIi>*",
    "read-directory": "ii>",
    "sync": "ii>*",
    "create-directory-at": "iiii>",
    "stat": "ii>",
    "stat-at": "iiiii>",
    "set-times-at": "iiiiiIiiIii>",
    "link-at": "iiiiiiii>",
    "open-at": "iiiiiii>",
    "readlink-at": "iiii>*",
    "remove-directory-at": "iiii>",
    "rename-at": "iiiiiii>",
    "symlink-at": "iiiiii>",
    "unlink-file-at": "iiii>",
    "is-same-object": "ii>i",
    "metadata-hash": "ii>",
    "metadata-hash-at": "iiiii>",
}
_FILESYSTEM = {
    **{f"[method]descriptor.{name}": signature for name, signature in _DESCRIPTOR.items()},
    "[method]directory-entry-stream.read-directory-entry": "ii>*",
    "filesystem-error-code": "ii>",
    "[resource-drop]descriptor": "i>",
    "[resource-drop]directory-entry-stream": "i>",
}

# A family, port, address and so on of an ip-socket-address are twelve values; the result is behind them.
_WITH_ADDRESS = "i" * 15 + ">"


def _options(resource: str, names: Mapping[str, str]) -> dict[str, str]:
    """The getter and setter of each option of a socket, by the core type of its value."""
    getters = {f"[method]{resource}.{name}": "ii>" for name in names}
    return getters | {f"[method]{resource}.set-{name}": f"i{type}i>" for name, type in names.items()}


_BUFFERS = {"receive-buffer-size": "I", "send-buffer-size": "I"}
_KEEP_ALIVE = {"keep-alive-enabled": "i", "keep-alive-idle-time": "I", "keep-alive-interval": "I", "keep-alive-count": "i"}
_TCP = {
    "[method]tcp-socket.start-bind": _WITH_ADDRESS,
    "[method]tcp-socket.finish-bind": "ii>",
    "[method]tcp-socket.start-connect": _WITH_ADDRESS,
    "[method]tcp-socket.finish-connect": "ii>",
    "[method]tcp-socket.start-listen": "ii>",
    "[method]tcp-socket.finish-listen": "ii>",
    "[method]tcp-socket.accept": "ii>",
    "[method]tcp-socket.local-address": "ii>",
    "[method]tcp-socket.remote-address": "ii>",
    "[method]tcp-socket.is-listening": "i>i",
    "[method]tcp-socket.address-family": "i>i",
    "[method]tcp-socket.set-listen-backlog-size": "iIi>",
    **_options("tcp-socket", {**_KEEP_ALIVE, "hop-limit": "i", **_BUFFERS}),
    "[method]tcp-socket.subscribe": "i>i",
    "[method]tcp-socket.shutdown": "iii>",
    "[resource-drop]tcp-socket": "i>",
}
_UDP = {
    "[method]udp-socket.start-bind": _WITH_ADDRESS,
    "[method]udp-socket.finish-bind": "ii>",
    "[method]udp-socket.stream": _WITH_ADDRESS,
    "[method]udp-socket.local-address": "ii>",
    "[method]udp-socket.remote-address": "ii>",
    "[method]udp-socket.address-family": "i>i",
    **_options("udp-socket", {"unicast-hop-limit": "i", **_BUFFERS}),
    "[method]udp-socket.subscribe": "i>i",
    "[method]incoming-datagram-stream.receive": "iIi>*",
    "[method]incoming-datagram-stream.subscribe": "i>i",
    "[method]outgoing-datagram-stream.check-send": "ii>",
    "[method]outgoing-datagram-stream.send": "iiii>",
    "[method]outgoing-datagram-stream.subscribe": "i>i",
    "[resource-drop]udp-socket": "i>",
    "[resource-drop]incoming-datagram-stream": "i>",
    "[resource-drop]outgoing-datagram-stream": "i>",
}
_LOOK_UP = {
    "resolve-addresses": "iiii>",
    "[method]resolve-address-stream.resolve-next-address": "ii>",
    "[method]resolve-address-stream.subscribe": "i>i",
    "[resource-drop]resolve-address-stream": "i>",
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
    "wasi:filesystem/types": _FILESYSTEM,
    "wasi:filesystem/preopens": {"get-directories": "i>*"},
    "wasi:random/random": {"get-random-bytes": "Ii>*", "get-random-u64": ">I"},
    "wasi:random/insecure": {"get-insecure-random-bytes": "Ii>*", "get-insecure-random-u64": ">I"},
    "wasi:random/insecure-seed": {"insecure-seed": "i>"},
    "wasi:http/types": _HTTP,
    "wasi:http/outgoing-handler": {"handle": "iiii>*"},
    "wasi:sockets/network": {"network-error-code": "ii>", "[resource-drop]network": "i>"},
    "wasi:sockets/instance-network": {"instance-network": ">i"},
    "wasi:sockets/ip-name-lookup": _LOOK_UP,
    "wasi:sockets/tcp": _TCP,
    "wasi:sockets/tcp-create-socket": {"create-tcp-socket": "ii>"},
    "wasi:sockets/udp": _UDP,
    "wasi:sockets/udp-create-socket": {"create-udp-socket": "ii>"},
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
