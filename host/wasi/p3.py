"""The interfaces of WASI 0.3 that the lane has (lua/wasi/p3): the types of their functions. Source: the WIT of WASI 0.3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from moonwit.host.wasi import p3_files, p3_http, p3_sockets
from moonwit.host.wasm.wit.show import show_type
from moonwit.host.wasm.wit.types import Borrow, Own, parts

if TYPE_CHECKING:
    from moonwit.host.wasm.wit.types import Function, Type

_PASSED: Final = "result<_, enum { io, illegal-byte-sequence, pipe }>"
_WRITTEN: Final = {"write-via-stream": f"func(stream<u8>) -> future<{_PASSED}>"}

# Types as WIT has them, aliases spelled out; parameters by their types. What drops a resource of the interface has none.
FUNCTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "wasi:cli/types": {},
    "wasi:cli/environment": {
        "get-environment": "func() -> list<tuple<string, string>>",
        "get-arguments": "func() -> list<string>",
        "get-initial-cwd": "func() -> option<string>",
    },
    "wasi:cli/exit": {"exit": "func(result)", "exit-with-code": "func(u8)"},
    "wasi:cli/stdin": {"read-via-stream": f"func() -> tuple<stream<u8>, future<{_PASSED}>>"},
    "wasi:cli/stdout": _WRITTEN,
    "wasi:cli/stderr": _WRITTEN,
    "wasi:cli/terminal-input": {"[resource-drop]terminal-input": ""},
    "wasi:cli/terminal-output": {"[resource-drop]terminal-output": ""},
    "wasi:cli/terminal-stdin": {"get-terminal-stdin": "func() -> option<terminal-input>"},
    "wasi:cli/terminal-stdout": {"get-terminal-stdout": "func() -> option<terminal-output>"},
    "wasi:cli/terminal-stderr": {"get-terminal-stderr": "func() -> option<terminal-output>"},
    "wasi:clocks/types": {},
    "wasi:clocks/monotonic-clock": {
        "now": "func() -> u64",
        "get-resolution": "func() -> u64",
        "wait-until": "async func(u64)",
        "wait-for": "async func(u64)",
    },
    "wasi:clocks/system-clock": {
        "now": "func() -> record { seconds: s64, nanoseconds: u32 }",
        "get-resolution": "func() -> u64",
    },
    "wasi:random/random": {"get-random-bytes": "func(u64) -> list<u8>", "get-random-u64": "func() -> u64"},
    "wasi:random/insecure": {"get-insecure-random-bytes": "func(u64) -> list<u8>", "get-insecure-random-u64": "func() -> u64"},
    "wasi:random/insecure-seed": {"get-insecure-seed": "func() -> tuple<u64, u64>"},
    **p3_http.FUNCTIONS,
    **p3_files.FUNCTIONS,
    **p3_sockets.FUNCTIONS,
}

_DROP: Final = "[resource-drop]"
# The interface of each resource, without a version.
_OWNERS: Final = {
    name.removeprefix(_DROP): interface for interface, found in FUNCTIONS.items() for name in found if name.startswith(_DROP)
}

_VERSION: Final = re.compile(r"@0\.3\.\d+\Z")


def has(interface: str) -> bool:
    """Tells whether the lane has an interface, named with its version."""
    return _VERSION.search(interface) is not None and _VERSION.sub("", interface) in FUNCTIONS


def functions_of(interface: str) -> tuple[str, ...]:
    """Lists the functions of an interface that the lane has, named with its version."""
    return tuple(name for name, type in FUNCTIONS[_VERSION.sub("", interface)].items() if type)


def fits(interface: str, function: str, type: Function | None) -> bool:
    """Tells whether the lane has a function, and with this type; ``interface`` is named with its version. What drops a resource has
    no type."""
    if not has(interface) or FUNCTIONS[_VERSION.sub("", interface)].get(function) != ("" if type is None else _shown(type)):
        return False
    return type is None or _are_ours(type)


def _are_ours(type: Function) -> bool:
    """Tells whether the resources of a function's type are those of WASI 0.3, and not others of the same names."""
    waiting: list[Type] = [param.type for param in type.params] + ([] if type.result is None else [type.result])
    while waiting:
        each = waiting.pop()
        if isinstance(each, Own | Borrow):
            resource = each.resource
            given = resource.interface or ""
            if resource.local or not _VERSION.search(given) or _VERSION.sub("", given) != _OWNERS.get(resource.name):
                return False
        else:
            waiting.extend(part for part in parts(each) if part is not None)
    return True


def _shown(type: Function) -> str:
    params = ", ".join(show_type(param.type, expand=True) for param in type.params)
    result = "" if type.result is None else f" -> {show_type(type.result, expand=True)}"
    return f"{'async ' if type.asynchronous else ''}func({params}){result}"
