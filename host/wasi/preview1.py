"""WASI 0.1 for core modules: which of its functions the lane provides, and which Wasmtime does.

The lane provides arguments, environment, clocks, randomness, the standard streams and polling (lua/wasi/p1/preview1.lua); Wasmtime what
has to do with files, where the entry has mounts. Functions that take any descriptor go by its number: the standard streams are ours.
Source: wasi_snapshot_preview1.witx.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from moonwit.host.wasi import grants as wasi
from moonwit.host.wasm.binary.core import ORDER, read_core
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.plan.plan import Stub

# What the lane provides, as parameters; all but `proc_exit` give an errno. A * marks those that may wait.
_OURS: Final = {
    "args_get": "ii",
    "args_sizes_get": "ii",
    "environ_get": "ii",
    "environ_sizes_get": "ii",
    "clock_res_get": "ii",
    "clock_time_get": "iIi",
    "random_get": "ii",
    "sched_yield": "*",
    "proc_exit": "i",
    "poll_oneoff": "iiii*",
}
# What the lane provides for the standard streams alone.
_STREAMS: Final = {
    "fd_read": "iiii*",
    "fd_write": "iiii*",
    "fd_close": "i",
    "fd_datasync": "i",
    "fd_fdstat_get": "ii",
    "fd_fdstat_set_flags": "ii",
    "fd_filestat_get": "ii",
    "fd_seek": "iIii",
    "fd_sync": "i",
    "fd_tell": "ii",
}
# What concerns files.
_FILES: Final = {
    "fd_advise": "iIIi",
    "fd_allocate": "iII",
    "fd_fdstat_set_rights": "iII",
    "fd_filestat_set_size": "iI",
    "fd_filestat_set_times": "iIIi",
    "fd_pread": "iiiIi",
    "fd_prestat_dir_name": "iii",
    "fd_prestat_get": "ii",
    "fd_pwrite": "iiiIi",
    "fd_readdir": "iiiIi",
    "fd_renumber": "ii",
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
    "proc_raise": "i",
    "sock_accept": "iii",
    "sock_recv": "iiiiii",
    "sock_send": "iiiii",
    "sock_shutdown": "ii",
}

# The names of all its functions.
FUNCTIONS: Final = (*_OURS, *_STREAMS, *_FILES)

# The errno `badf`, which a descriptor that is not there gives.
BAD_DESCRIPTOR: Final = 8

By = Literal["lane", "wasmtime", "descriptor", "nobody"]


def parameters(name: str) -> str | None:
    """Gives the core types of a function's parameters, or None for a function that WASI 0.1 does not have."""
    for table in (_OURS, _STREAMS, _FILES):
        if name in table:
            return table[name].rstrip("*")
    return None


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
    """Tells whether the lane's function may wait."""
    return (_OURS.get(name) or _STREAMS.get(name) or "").endswith("*")


def by(name: str, mounts: bool) -> By:
    """Says who provides a function: for a descriptor, the lane the standard streams and Wasmtime the files, where there are any."""
    if name in _OURS:
        return "lane"
    if name in _STREAMS:
        return "descriptor"
    return "wasmtime" if mounts else "nobody"


def import_memory(module: bytes) -> tuple[bytes, str] | None:
    """Makes a module import the memory that it defines, as "memory" of "moonwit" and its last import; gives it and the memory's limits.

    Wasmtime's functions look for the memory in the module that calls them. Where ours stand between, the memory has to be theirs.
    None for a memory that is shared or a 64-bit one, and for a module that has not just one.
    """
    reader = Reader(module)
    out = [module[:8]]
    memory = b""
    limits = ""
    sections: list[tuple[int, bytes]] = []
    reader.take(8)
    while not reader.done:
        identity, body = reader.byte(), reader.take(reader.u32())
        content = module[body.position : body.end]
        if identity == 5:
            count, start, flags, least = body.u32(), body.position, body.byte(), body.u64()
            if count != 1 or flags > 1:
                return None
            limits = str(least) if flags == 0 else f"{least} {body.u64()}"
            memory = module[start : body.end]
        else:
            sections.append((identity, content))
    if not memory:
        return None
    entry = _name("moonwit") + _name("memory") + b"\x02" + memory
    for identity, content in sections:
        if identity == 2:
            count_reader = Reader(content)
            number = count_reader.u32()
            content = _number(number + 1) + content[count_reader.position :] + entry
        out.append(bytes([identity]) + _number(len(content)) + content)
    return b"".join(out), limits


def export_memory(module: bytes) -> bytes | None:
    """Makes a module export its memory as "memory", or one without room where it has none; None where it exports something so already.

    Wasmtime's functions look for that export even where they need no memory.
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
