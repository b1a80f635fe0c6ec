"""The functions of wasi:sockets 0.3, by their types as host/wasi/p3.py compares them. Source: the WIT of WASI 0.3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ERROR: Final = (
    "variant { access-denied, not-supported, invalid-argument, out-of-memory, timeout, invalid-state, address-not-bindable, "
    "address-in-use, remote-unreachable, connection-refused, connection-broken, connection-reset, connection-aborted, "
    "datagram-too-large, other(option<string>) }"
)
_FAMILY: Final = "enum { ipv4, ipv6 }"
_V4: Final = "tuple<u8, u8, u8, u8>"
_V6: Final = "tuple<u16, u16, u16, u16, u16, u16, u16, u16>"
_ADDRESS: Final = (
    f"variant {{ ipv4(record {{ port: u16, address: {_V4} }}), "
    f"ipv6(record {{ port: u16, flow-info: u32, address: {_V6}, scope-id: u32 }}) }}"
)
_NAME_ERROR: Final = (
    "variant { access-denied, invalid-argument, name-unresolvable, temporary-resolver-failure, permanent-resolver-failure, "
    "other(option<string>) }"
)
_DONE: Final = f"result<_, {_ERROR}>"


def _options(resource: str, options: Mapping[str, str]) -> dict[str, str]:
    """Gives the getters and setters of options, by the types of these."""
    found = {}
    for name, type in options.items():
        found[f"[method]{resource}.get-{name}"] = f"func(borrow<{resource}>) -> result<{type}, {_ERROR}>"
        found[f"[method]{resource}.set-{name}"] = f"func(borrow<{resource}>, {type}) -> {_DONE}"
    return found


_BUFFERS: Final = {"receive-buffer-size": "u64", "send-buffer-size": "u64"}
_KEEPING: Final = {"keep-alive-enabled": "bool", "keep-alive-idle-time": "u64", "keep-alive-interval": "u64", "keep-alive-count": "u32"}
_TCP: Final = "borrow<tcp-socket>"
_UDP: Final = "borrow<udp-socket>"

FUNCTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "wasi:sockets/types": {
        "[static]tcp-socket.create": f"func({_FAMILY}) -> result<tcp-socket, {_ERROR}>",
        "[method]tcp-socket.bind": f"func({_TCP}, {_ADDRESS}) -> {_DONE}",
        "[method]tcp-socket.connect": f"async func({_TCP}, {_ADDRESS}) -> {_DONE}",
        "[method]tcp-socket.listen": f"func({_TCP}) -> result<stream<tcp-socket>, {_ERROR}>",
        "[method]tcp-socket.send": f"func({_TCP}, stream<u8>) -> future<{_DONE}>",
        "[method]tcp-socket.receive": f"func({_TCP}) -> tuple<stream<u8>, future<{_DONE}>>",
        "[method]tcp-socket.get-local-address": f"func({_TCP}) -> result<{_ADDRESS}, {_ERROR}>",
        "[method]tcp-socket.get-remote-address": f"func({_TCP}) -> result<{_ADDRESS}, {_ERROR}>",
        "[method]tcp-socket.get-is-listening": f"func({_TCP}) -> bool",
        "[method]tcp-socket.get-address-family": f"func({_TCP}) -> {_FAMILY}",
        "[method]tcp-socket.set-listen-backlog-size": f"func({_TCP}, u64) -> {_DONE}",
        **_options("tcp-socket", {**_KEEPING, "hop-limit": "u8", **_BUFFERS}),
        "[resource-drop]tcp-socket": "",
        "[static]udp-socket.create": f"func({_FAMILY}) -> result<udp-socket, {_ERROR}>",
        "[method]udp-socket.bind": f"func({_UDP}, {_ADDRESS}) -> {_DONE}",
        "[method]udp-socket.connect": f"func({_UDP}, {_ADDRESS}) -> {_DONE}",
        "[method]udp-socket.disconnect": f"func({_UDP}) -> {_DONE}",
        "[method]udp-socket.send": f"async func({_UDP}, list<u8>, option<{_ADDRESS}>) -> {_DONE}",
        "[method]udp-socket.receive": f"async func({_UDP}) -> result<tuple<list<u8>, {_ADDRESS}>, {_ERROR}>",
        "[method]udp-socket.get-local-address": f"func({_UDP}) -> result<{_ADDRESS}, {_ERROR}>",
        "[method]udp-socket.get-remote-address": f"func({_UDP}) -> result<{_ADDRESS}, {_ERROR}>",
        "[method]udp-socket.get-address-family": f"func({_UDP}) -> {_FAMILY}",
        **_options("udp-socket", {"unicast-hop-limit": "u8", **_BUFFERS}),
        "[resource-drop]udp-socket": "",
    },
    "wasi:sockets/ip-name-lookup": {
        "resolve-addresses": f"async func(string) -> result<list<variant {{ ipv4({_V4}), ipv6({_V6}) }}>, {_NAME_ERROR}>"
    },
}
