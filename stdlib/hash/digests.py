"""What the modules `base64`, `hash` and `uuid` ask of the host: Python's own implementations, in C."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moonwit.lua.border.answers import Failure

ALGORITHMS = ("md5", "sha1", "sha256", "sha512")

# Of the UUIDs of version 1 in this process: the last one's time; a node that is marked as random; and a sequence.
_lock = threading.Lock()
_last = 0
_node = int.from_bytes(os.urandom(6), "big") | 1 << 40
_sequence = int.from_bytes(os.urandom(2), "big") & 0x3FFF


def callbacks() -> Mapping[str, Callable[..., object]]:
    """The functions for ``Lane``."""
    return {
        "base64_encode": _encode,
        "base64_decode": _decode,
        **blocking(),
        "uuid_random": _random,
        "uuid_clocked": _clocked,
        "uuid_timed": _timed,
        "uuid_named": _named,
    }


def blocking() -> Mapping[str, Callable[..., object]]:
    """Those that are better called on another thread when there is much to hash."""
    return {"hash_digest": _digest, "hash_hmac": _hmac}


def _encode(data: bytes) -> bytes:
    from binascii import b2a_base64

    return b2a_base64(data, newline=False)


def _decode(text: bytes) -> bytes | Failure:
    from binascii import Error, a2b_base64

    from moonwit.lua.lane.compilations import failed

    try:
        # Text is often broken into lines.
        return a2b_base64(text.translate(None, b"\r\n"), strict_mode=True)
    except Error as error:
        return failed("Invalid", f"base64.decode: the text is not base64: {str(error).lower()}")


def _digest(algorithm: bytes, data: bytes) -> bytes:
    import hashlib

    # The old ones are there for what was made with them, and not to keep anything secure.
    return hashlib.new(algorithm.decode(), data, usedforsecurity=False).digest()


def _hmac(algorithm: bytes, data: bytes, key: bytes) -> bytes:
    import hmac

    return hmac.digest(key, data, algorithm.decode())


def _uuid(data: bytes, version: int) -> bytes:
    """Makes a UUID of RFC 9562 of 16 bytes: version and variant take the place of six bits."""
    number = int.from_bytes(data[:16], "big")
    number = number & ~(0xF000 << 64) | version << 76
    number = number & ~(0xC000 << 48) | 0x8000 << 48
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}".encode()


def _random() -> bytes:
    return _uuid(os.urandom(16), 4)


def _clocked() -> bytes:
    """Makes a UUID of version 1. Python's own asks the system for the machine's address, and may start programs for it."""
    global _last
    with _lock:
        # In 100 ns since 15 October 1582; no two are the same.
        _last = count = max(_last + 1, time.time_ns() // 100 + 0x01B21DD213814000)
    fields = (count & 0xFFFFFFFF) << 96 | (count >> 32 & 0xFFFF) << 80 | (count >> 48 & 0x0FFF) << 64
    return _uuid((fields | _sequence << 48 | _node).to_bytes(16, "big"), 1)


def _timed(milliseconds: float) -> bytes:
    return _uuid(int(milliseconds).to_bytes(6, "big") + os.urandom(10), 7)


def _named(version: float, namespace: bytes, name: bytes) -> bytes:
    """Makes the UUID of a name in a namespace, another UUID as hex digits: version 3 by MD5, 5 by SHA-1."""
    space = bytes.fromhex(namespace.decode())
    return _uuid(_digest(b"md5" if version == 3 else b"sha1", space + name), int(version))
