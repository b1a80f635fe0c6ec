"""What an entry's ``imports:`` grant to its guest.

A grant names a package (``wasi:clocks``), one interface (``wasi:clocks/wall-clock``), with or without a version, or one of
the names that stand for something else (``funcs``, ``wasi1``). Versions don't matter: 0.2.x is compatible with itself, and what is
granted of it is granted of those interfaces of 0.3.x that the lane has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from moonwit.host.wasi import p3

FUNCS: Final = "wippy:runtime/funcs"
PREVIEW1: Final = "wasi_snapshot_preview1"

PACKAGES: Final = {
    "wasi:cli": (
        "types",
        "environment",
        "exit",
        "stdin",
        "stdout",
        "stderr",
        "terminal-input",
        "terminal-output",
        "terminal-stdin",
        "terminal-stdout",
        "terminal-stderr",
    ),
    "wasi:io": ("error", "poll", "streams"),
    "wasi:clocks": ("types", "wall-clock", "monotonic-clock", "timezone", "system-clock"),
    "wasi:filesystem": ("types", "preopens"),
    "wasi:random": ("random", "insecure", "insecure-seed"),
    "wasi:sockets": ("network", "instance-network", "ip-name-lookup", "tcp", "tcp-create-socket", "udp", "udp-create-socket", "types"),
    "wasi:http": ("types", "outgoing-handler", "client"),
}

_NAMED: Final = {
    "wasi:poll": frozenset({"wasi:io/poll"}),
    "funcs": frozenset({FUNCS}),
    PREVIEW1: frozenset({PREVIEW1}),
    "wasi1": frozenset({PREVIEW1}),
    "preview1": frozenset({PREVIEW1}),
}

# Resources that an interface hands out are declared in another one. That one comes along: without a handle it gives nothing.
_WITH: Final = {
    "wasi:cli/terminal-stdin": ("wasi:cli/terminal-input",),
    "wasi:cli/terminal-stdout": ("wasi:cli/terminal-output",),
    "wasi:cli/terminal-stderr": ("wasi:cli/terminal-output",),
    "wasi:filesystem/preopens": ("wasi:filesystem/types",),
    "wasi:sockets/instance-network": ("wasi:sockets/network",),
    "wasi:sockets/ip-name-lookup": ("wasi:sockets/network",),
    "wasi:sockets/tcp": ("wasi:sockets/network",),
    "wasi:sockets/tcp-create-socket": ("wasi:sockets/network", "wasi:sockets/tcp"),
    "wasi:sockets/udp": ("wasi:sockets/network",),
    "wasi:sockets/udp-create-socket": ("wasi:sockets/network", "wasi:sockets/udp"),
    "wasi:http/outgoing-handler": ("wasi:http/types",),
    "wasi:http/client": ("wasi:http/types",),
}

# What every guest gets, because it gives nothing by itself: streams and pollables need a handle, and without `wasi:cli` what
# is written to the standard streams goes nowhere, there is nothing to read, and no stream is a terminal.
_ALWAYS: Final = frozenset(
    {f"wasi:io/{name}" for name in PACKAGES["wasi:io"]}
    | {f"wasi:cli/{name}" for name in PACKAGES["wasi:cli"] if name not in ("environment", "exit")}
)

# Without `wasi:filesystem` there are no directories. An error here would end nearly every guest of a C library or of Rust
# before it does anything, because the first thing they do is to look for some.
NO_DIRECTORIES: Final = ("wasi:filesystem/preopens", "get-directories")

# What Wasmtime has no implementation of: a component that imports it would not even load.
_UNSTABLE: Final = frozenset({"wasi:clocks/timezone"})

_VERSION: Final = re.compile(r"@(\d+)\.(\d+)\.[0-9A-Za-z.+-]+\Z")
_WASI_VERSION: Final = ("0", "2")


def interface_of(name: str) -> str:
    """Gets the name of an interface without its version."""
    return _VERSION.sub("", name)


def names() -> list[str]:
    """Lists the names that ``imports:`` may hold, those of single interfaces left out."""
    return [*PACKAGES, *_NAMED]


def is_known(grant: str) -> bool:
    """Says whether ``imports:`` may hold ``grant``."""
    return bool(_granted(grant))


def _granted(grant: str) -> frozenset[str]:
    """Gets the interfaces that one name grants; none when the name is unknown."""
    if not _is_wasi_version(grant):
        return frozenset()
    name = interface_of(grant)
    if name in _NAMED:
        return _NAMED[name]
    package, single, interface = name.partition("/")
    interfaces = PACKAGES.get(package, ())
    if single:
        return frozenset({name, *_WITH.get(name, ())}) if interface in interfaces else frozenset()
    return frozenset(f"{package}/{each}" for each in interfaces)


def _is_wasi_version(name: str) -> bool:
    version = _VERSION.search(name)
    return version is None or not name.startswith("wasi:") or version.groups() == _WASI_VERSION or p3.has(name)


def grants(interface: str, imports: Iterable[str]) -> bool:
    """Says whether an entry with these ``imports`` grants ``interface``, whatever version the guest was built against."""
    name = interface_of(interface)
    return _is_wasi_version(interface) and any(name in _granted(grant) for grant in imports)


def granted(imports: Iterable[str]) -> frozenset[str]:
    """Gives the interfaces, without versions, that an entry with these ``imports`` grants."""
    return frozenset[str]().union(*map(_granted, imports))


def links(interface: str, imports: Iterable[str]) -> bool:
    """Says whether an interface of WASI is linked: what is granted, and what grants nothing by itself."""
    name = interface_of(interface)
    if name in _ALWAYS:
        return _is_wasi_version(interface)
    return name.startswith("wasi:") and name not in _UNSTABLE and grants(interface, imports)


def grant_for(interface: str) -> str | None:
    """Gets the shortest name for ``imports:`` that grants ``interface``, or None when nothing does."""
    name = interface_of(interface)
    if not _is_wasi_version(interface):
        return None
    return next((grant for grant in ("funcs", PREVIEW1, *PACKAGES) if name in _granted(grant)), None)
