"""The process that compiles for another one: run by its path, with only the standard library, and one socket as stdin and stdout.

It is told a line of JSON, then the bytes of each code. It gives for each code a byte, which is 0 when it has been compiled, a length,
and as many bytes: Wasmtime's serialized form, or its message. It ends when the socket does: nobody wants the answer then.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import sys
import threading

FRAME = struct.Struct("<BQ")
_NICE = 5


class _Bytes(ctypes.Structure):
    _fields_ = (("size", ctypes.c_size_t), ("data", ctypes.c_void_p))


def main() -> None:
    """Does one task and ends."""
    # The process that waits goes on with other things meanwhile, and these come first.
    os.nice(_NICE)
    # Ctrl-C reaches all processes of a terminal; the one that waits for this one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(0, "rb", closefd=False) as channel:
        task = json.loads(channel.readline())
        codes = [channel.read(size) for size in task["codes"]]
    # The bytes are what was sent, whole: the other side has closed the socket else.
    if any(len(data) != size for data, size in zip(codes, task["codes"], strict=True)):
        sys.exit(1)
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    _bound(task["memory"], task["seconds"])
    library = ctypes.CDLL(task["library"])
    engine = _engine(library, task["settings"])
    for data in codes:
        _answer(*_compile(library, engine, data))


def _end_with_the_other() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


def _bound(memory: int, seconds: float) -> None:
    """Bounds what this process may take, and has the system end it before any other when memory runs out."""
    cores = os.cpu_count() or 1
    for limit, most in (
        (resource.RLIMIT_DATA, memory),
        # Threads reserve far more than they use.
        (resource.RLIMIT_AS, 2 * memory + cores * 256 * 1024 * 1024),
        (resource.RLIMIT_CPU, int(seconds) * cores + 10),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    except OSError:
        pass  # no /proc: the bounds hold all the same


def _engine(library: ctypes.CDLL, settings: list[tuple[str, int]]) -> ctypes.c_void_p:
    library.wasm_config_new.restype = library.wasm_engine_new_with_config.restype = ctypes.c_void_p
    config = ctypes.c_void_p(library.wasm_config_new())
    for name, value in settings:
        # Booleans and sizes alike are integers in a register.
        getattr(library, name)(config, ctypes.c_uint64(value))
    return ctypes.c_void_p(library.wasm_engine_new_with_config(config))


def _compile(library: ctypes.CDLL, engine: ctypes.c_void_p, data: bytes) -> tuple[int, bytes]:
    new, serialize = library.wasmtime_module_new, library.wasmtime_module_serialize
    new.restype = serialize.restype = ctypes.c_void_p
    made, out = ctypes.c_void_p(), _Bytes()
    problem = new(engine, data, ctypes.c_size_t(len(data)), ctypes.byref(made))
    if not problem:
        problem = serialize(made, ctypes.byref(out))
        library.wasmtime_module_delete(made)
    if problem:
        library.wasmtime_error_message(ctypes.c_void_p(problem), ctypes.byref(out))
    return int(bool(problem)), ctypes.string_at(out.data, out.size)


def _answer(status: int, data: bytes) -> None:
    view = memoryview(FRAME.pack(status, len(data)) + data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
