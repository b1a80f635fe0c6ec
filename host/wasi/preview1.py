"""The functions of WASI 0.1, for core modules, which the lane provides (lua/wasi/p1). Source: wasi_snapshot_preview1.witx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from moonwit.host.wasi import grants as wasi
from moonwit.host.wasm.binary.core import ORDER, read_core
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.plan.plan import Stub

# Their parameters; all but `proc_exit` give an errno. A * marks those that may wait.
_PARAMETERS: Final = {
    "args_get": "ii",
    "args_sizes_get": "ii",
    "clock_res_get": "ii",
    "clock_time_get": "iIi",
    "environ_get": "ii",
    "environ_sizes_get": "ii",
    "fd_advise": "iIIi",
    "fd_allocate": "iII*",
    "fd_close": "i",
    "fd_datasync": "i*",
    "fd_fdstat_get": "ii",
    "fd_fdstat_set_flags": "ii",
    "fd_fdstat_set_rights": "iII",
    "fd_filestat_get": "ii",
    "fd_filestat_set_size": "iI",
    "fd_filestat_set_times": "iIIi",
    "fd_pread": "iiiIi*",
    "fd_prestat_dir_name": "iii",
    "fd_prestat_get": "ii",
    "fd_pwrite": "iiiIi*",
    "fd_read": "iiii*",
    "fd_readdir": "iiiIi*",
    "fd_renumber": "ii",
    "fd_seek": "iIii",
    "fd_sync": "i*",
    "fd_tell": "ii",
    "fd_write": "iiii*",
    "path_create_directory": "iii",
    "path_filestat_get": "iiiii",
    "path_filestat_set_times": "iiiiIIi",
    "path_link": "iiiiiii",
    "path_open": "iiiiiIIii",
    "path_readlink": "iiiiii",
    "path_remove_directory": "iii",
    "path_rename": "iiiiii",
    "path_symlink": "iiiii",
    "path_unlink_file": "iii",
    "poll_oneoff": "iiii*",
    "proc_exit": "i",
    "proc_raise": "i",
    "random_get": "ii",
    "sched_yield": "*",
    "sock_accept": "iii",
    "sock_recv": "iiiiii",
    "sock_send": "iiiii",
    "sock_shutdown": "ii",
}

# The names of all its functions.
FUNCTIONS: Final = tuple(_PARAMETERS)


def parameters(name: str) -> str | None:
    """Gives the core types of a function's parameters, or None for a function that WASI 0.1 does not have."""
    known = _PARAMETERS.get(name)
    return None if known is None else known.rstrip("*")


def type_of(name: str) -> CoreType | None:
    """Gives a function's core type, or None for a function that WASI 0.1 does not have."""
    params = parameters(name)
    return None if params is None else CoreType(params, "" if name == "proc_exit" else "i")


def fits(stub: Stub) -> bool:
    """Tells whether a module imports a function with the type that it has."""
    return stub.type == type_of(stub.function)


def is_ours(stub: Stub) -> bool:
    """Tells whether an import is a function of WASI 0.1."""
    return stub.interface == wasi.PREVIEW1 and parameters(stub.function) is not None


def waits(name: str) -> bool:
    """Tells whether a function may wait."""
    return _PARAMETERS.get(name, "").endswith("*")


def export_memory(module: bytes) -> bytes | None:
    """Makes a module export its memory as "memory", or one without room where it has none; None where it exports something so already.

    Functions of the host read and write the memory that is exported so.
    """
    core = read_core(module)
    if "memory" in core.exports:
        return None
    export = _name("memory") + b"\x02\x00"
    sections = dict(_known_sections(module))
    if 5 not in sections and not any(entry.kind == "memory" for entry in core.imports):
        sections[5] = b"\x01\x00\x00"
    reader = Reader(sections.get(7, b"\x00"))
    number = reader.u32()
    sections[7] = _number(number + 1) + sections.get(7, b"\x00")[reader.position :] + export
    out = [module[:8]]
    for identity in sorted(sections, key=lambda each: ORDER[each]):
        out.append(bytes([identity]) + _number(len(sections[identity])) + sections[identity])
    # Names of functions, for backtraces.
    out += [b"\0" + _number(len(content)) + content for identity, content in _sections(module) if identity == 0]
    return b"".join(out)


def _known_sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    return ((identity, content) for identity, content in _sections(module) if identity)


def _sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    """Gives the sections of a module in their order."""
    reader = Reader(module)
    reader.take(8)
    while not reader.done:
        identity, body = reader.byte(), reader.take(reader.u32())
        yield identity, module[body.position : body.end]


def _name(text: str) -> bytes:
    return _number(len(text)) + text.encode()


def _number(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
