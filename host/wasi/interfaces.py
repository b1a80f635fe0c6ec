"""The functions of the interfaces that the host provides, by name. Source: the WIT of WASI 0.2."""

from __future__ import annotations

from typing import Final

from moonwit.host.wasi.signatures import SIGNATURES

_TCP: Final = (
    *("start-bind", "finish-bind", "start-connect", "finish-connect", "start-listen", "finish-listen", "accept", "local-address"),
    *("remote-address", "is-listening", "address-family", "set-listen-backlog-size", "keep-alive-enabled", "set-keep-alive-enabled"),
    *("keep-alive-idle-time", "set-keep-alive-idle-time", "keep-alive-interval", "set-keep-alive-interval", "keep-alive-count"),
    *("set-keep-alive-count", "hop-limit", "set-hop-limit", "receive-buffer-size", "set-receive-buffer-size", "send-buffer-size"),
    *("set-send-buffer-size", "subscribe", "shutdown"),
)
_UDP: Final = (
    *("start-bind", "finish-bind", "stream", "local-address", "remote-address", "address-family", "unicast-hop-limit"),
    *("set-unicast-hop-limit", "receive-buffer-size", "set-receive-buffer-size", "send-buffer-size", "set-send-buffer-size", "subscribe"),
)


def _methods(resource: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"[method]{resource}.{name}" for name in names)


# Those that Wasmtime provides, and the lane does not.
_ELSEWHERE: Final = {
    "wasi:sockets/network": ("network-error-code",),
    "wasi:sockets/instance-network": ("instance-network",),
    "wasi:sockets/ip-name-lookup": ("resolve-addresses", *_methods("resolve-address-stream", ("resolve-next-address", "subscribe"))),
    "wasi:sockets/tcp": _methods("tcp-socket", _TCP),
    "wasi:sockets/tcp-create-socket": ("create-tcp-socket",),
    "wasi:sockets/udp": (
        *_methods("udp-socket", _UDP),
        *_methods("incoming-datagram-stream", ("receive", "subscribe")),
        *_methods("outgoing-datagram-stream", ("check-send", "send", "subscribe")),
    ),
    "wasi:sockets/udp-create-socket": ("create-udp-socket",),
}


def functions_of(interface: str) -> tuple[str, ...]:
    """Lists the functions of an interface, which is named without a version; none of one that nothing provides."""
    if interface in SIGNATURES:
        return tuple(name for name in SIGNATURES[interface] if not name.startswith("[resource-drop]"))
    return _ELSEWHERE.get(interface, ())
