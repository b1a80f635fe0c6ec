"""The interfaces of WASI 0.3 that the lane has (lua/wasi/p3): the types of their functions. Source: the WIT of WASI 0.3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from moonwit.host.wasi import p3_http
from moonwit.host.wasm.wit.show import show_type

if TYPE_CHECKING:
    from moonwit.host.wasm.wit.types import Function

# Types as WIT has them, aliases spelled out; parameters by their types. What drops a resource of the interface has none.
FUNCTIONS: Final[Mapping[str, Mapping[str, str]]] = {
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
}

_VERSION: Final = re.compile(r"@0\.3\.\d+\Z")


def has(interface: str) -> bool:
    """Tells whether the lane has an interface, named with its version."""
    return _VERSION.search(interface) is not None and _VERSION.sub("", interface) in FUNCTIONS


def functions_of(interface: str) -> tuple[str, ...]:
    """Lists the functions of an interface that the lane has, named with its version."""
    return tuple(name for name, type in FUNCTIONS[_VERSION.sub("", interface)].items() if type)


def fits(interface: str, function: str, type: Function | None) -> bool:
    """Tells whether the lane has a function, and with this type; ``interface`` is named with its version."""
    return has(interface) and FUNCTIONS[_VERSION.sub("", interface)].get(function) == ("" if type is None else _shown(type))


def _shown(type: Function) -> str:
    params = ", ".join(show_type(param.type, expand=True) for param in type.params)
    result = "" if type.result is None else f" -> {show_type(type.result, expand=True)}"
    return f"{'async ' if type.asynchronous else ''}func({params}){result}"
