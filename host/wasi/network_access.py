"""Opens the network to a guest on Wasmtime's WASI.

Wasmtime has three switches beside its check of addresses: name look-up, UDP and TCP. Its C API (50.0) sets the check and the
first switch only, and the other two are off. They are bytes that follow the first one, so that one is found by switching it,
and its neighbors are set: they must be what switches that are off look like, else nothing is written.
"""

from __future__ import annotations

import ctypes
import functools

from wasmtime import WasiConfig
from wasmtime import _ffi as ffi

from moonwit.host.wasm.problems import Refused


def open_network(config: WasiConfig, names: bool) -> None:
    """Lets a guest use TCP and UDP, and look up names if it may; raises ``Refused`` where this Wasmtime does not let it."""
    place = _switches()
    pointer = config.ptr()
    ffi.wasi_config_inherit_network(pointer)
    ffi.wasi_config_allow_ip_name_lookup(pointer, names)
    if place is not None:
        ctypes.memset(ctypes.addressof(pointer.contents) + place + 1, 1, 2)


@functools.cache
def _switches() -> int | None:
    """Finds how far into its configuration Wasmtime keeps the switch for name look-up; None when the other two are on."""
    config = WasiConfig()
    pointer = config.ptr()
    address = ctypes.addressof(pointer.contents)
    measure = ctypes.CDLL(None).malloc_usable_size
    measure.argtypes, measure.restype = [ctypes.c_void_p], ctypes.c_size_t
    size = measure(address)
    looks = []
    for names in (False, True, False):
        ffi.wasi_config_allow_ip_name_lookup(pointer, names)
        looks.append(ctypes.string_at(address, size))
    off, on, again = looks
    changed = [i for i in range(size) if off[i] != on[i]]
    if off == again and len(changed) == 1 and (off[changed[0]], on[changed[0]]) == (0, 1):
        neighbors = off[changed[0] + 1 : changed[0] + 3]
        if neighbors == b"\1\1":
            return None
        if neighbors == b"\0\0":
            return changed[0]
    raise Refused("this version of the `wasmtime` package can't open sockets for guests; install wasmtime 50.0.1")
