"""The process's Wasmtime engines, the folder of what they have compiled, and the addresses that the Lua room calls it by."""

from __future__ import annotations

import ctypes
import math
import os
import stat
import threading
import time
from pathlib import Path
from typing import Any

from wasmtime import Config, Engine
from wasmtime import _ffi as ffi

# Seconds between two epochs; how far a call that has no limit is from its epoch deadline, in epochs.
TICK = 0.005
NO_LIMIT = 2**62
MOST_STACK = 1024 * 1024
# Elements that a table may have, as WebAssembly's JavaScript API bounds them too, or has under any limit of memory; and their size.
MOST_ELEMENTS, LEAST_ELEMENTS, ELEMENT_BYTES = 10_000_000, 100_000, 8

# How many memory mappings lanes may still take, and until when that holds: two doubles that all lanes share (lua/wasmtime/mappings.lua).
_mappings = (ctypes.c_double * 2)()

_engines: list[Engine] = []
_kinds: dict[tuple[bool, int | None], Engine] = {}
_making = threading.Lock()
_ticker: threading.Thread | None = None


def engines() -> tuple[Engine, ...]:
    """Gives all engines that there are now."""
    return tuple(_engines)


def shared_engine() -> Engine:
    """Gives the process's engine: epoch interruption on, concurrency support off."""
    return engine_for()


def engine_for(small: bool = False, stack_bytes: int | None = None) -> Engine:
    """Gives the engine for some kind of instances; each kind has its own, because Wasmtime fixes these things per engine.

    ``small``: instances of which there may be tens of thousands. Each takes half as many of the process's memory mappings, and no
    address space beyond its memory; accesses to its memory are compared with its size instead. ``stack_bytes`` bounds the stack; the
    threads and fibers that guests run on have room for ``MOST_STACK``.
    """
    return _engine(small, None if stack_bytes is None else min(stack_bytes, MOST_STACK))


def _engine(small: bool, stack_bytes: int | None) -> Engine:
    # Not functools.cache, by which two threads could have two engines: what one compiles the other can't run.
    with _making:
        key = small, stack_bytes
        if key not in _kinds:
            _kinds[key] = _made(small, stack_bytes)
            _engines.append(_kinds[key])
        return _kinds[key]


def settings(small: bool) -> tuple[tuple[str, int], ...]:
    """Gives what code is compiled by: functions of the C API that set it, with their values.

    The process that compiles (host/compiling/child.py) makes its engine by these too, so the code fits.
    """
    chosen: list[tuple[str, int]] = [("wasmtime_config_epoch_interruption_set", 1), ("wasmtime_config_concurrency_support_set", 0)]
    if small:
        names = ("reservation", "guard_size", "reservation_for_growth")
        chosen += [(f"wasmtime_config_memory_{name}_set", 0) for name in names]
        chosen.append(("wasmtime_config_memory_init_cow_set", 0))
    return tuple(chosen)


def is_small(engine: Engine) -> bool:
    """Tells whether an engine is one for small instances."""
    return any(known is engine and small for (small, _), known in list(_kinds.items()))


def _made(small: bool, stack_bytes: int | None) -> Engine:
    config = Config()
    for name, value in settings(small):
        getattr(ffi, name)(config.ptr(), value)
    if stack_bytes is not None:
        config.max_wasm_stack = stack_bytes
    return Engine(config)


def cache_folder() -> Path | None:
    """Gives the folder of compiled code, made private to the user, or None when there can be none.

    Compiled code is trusted when it is loaded again, so a folder that others could write to is not used.
    """
    base = os.environ.get("MOONWIT_CACHE") or os.environ.get("XDG_CACHE_HOME")
    try:
        above = (Path(base) if base else Path.home() / ".cache") / "moonwit"
        folder = above / "compiled"
        if not folder.is_absolute():
            return None
        folder.mkdir(parents=True, exist_ok=True)
        if not _is_private(above, folder.name):
            return None
    except (OSError, RuntimeError, ValueError):
        return None
    return None if _others_may_replace(folder) else folder


def _is_private(above: Path, name: str) -> bool:
    """Makes a folder that only the user can use; tells whether it is one. A link is not followed: its target is not ours to change."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    outer = os.open(above, flags)
    try:
        inner = os.open(name, flags, dir_fd=outer)
        try:
            details = os.fstat(inner)
            if details.st_uid != os.geteuid():
                return False
            if stat.S_IMODE(details.st_mode) != 0o700:
                # mkdir's mode is subject to the umask and does nothing to a folder that is there already.
                os.fchmod(inner, 0o700)
            return not os.fstat(inner).st_mode & 0o022
        finally:
            os.close(inner)
    finally:
        os.close(outer)


def _others_may_replace(folder: Path) -> bool:
    """Tells whether another user could put a folder of theirs in this one's place."""
    for parent in folder.resolve().parents:
        details = parent.stat()
        writable = details.st_mode & 0o022 and not details.st_mode & stat.S_ISVTX
        if writable or details.st_uid not in (0, os.geteuid()):
            return True
    return False


def address(pointer: Any) -> int:
    """Gives the address that a ctypes pointer holds."""
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


def mappings() -> int:
    """Gives the address of what lanes share about memory mappings."""
    return ctypes.addressof(_mappings)


def start_ticker() -> None:
    """Has the engines' epochs move on every ``TICK`` seconds from now on: what limits in time are counted in."""
    global _ticker
    if _ticker is None:
        # One alone: with two, all limits would be half as long.
        with _making:
            if _ticker is None:
                _ticker = threading.Thread(target=_tick, name="moonwit epochs", daemon=True)
                _ticker.start()


def _tick() -> None:
    while True:
        time.sleep(TICK)
        for engine in engines():
            engine.increment_epoch()


def table_elements(memory_bytes: int | None) -> int:
    """Gives how many elements each table of a guest may have whose memory is bounded by ``memory_bytes``, or by nothing.

    Tables are memory of the host: a guest could take all of it by one `table.grow`, which no limit in time ends.
    """
    return MOST_ELEMENTS if memory_bytes is None else min(max(memory_bytes // ELEMENT_BYTES, LEAST_ELEMENTS), MOST_ELEMENTS)


def ticks(milliseconds: float) -> int:
    """Gives the epoch deadline of a call that may take so long: never early, and late by a tick or two."""
    return math.ceil(milliseconds / 1000 / TICK) + 1


def library_path() -> str:
    """Gives the path of the shared library that wasmtime-py loaded."""
    return str(ffi.dll._name)


def layouts() -> dict[str, dict[str, int]]:
    """Gives size and field offsets of the C structs that the Lua room declares, from wasmtime-py's own bindings.

    The Lua room compares them with its declarations and refuses to run when they differ.
    """
    structs: dict[str, tuple[Any, tuple[str, ...]]] = {
        "mw_func": (ffi.wasmtime_func_t, ("store_id",)),
        "mw_memory": (ffi.wasmtime_memory_t, ()),
        "mw_instance": (ffi.wasmtime_instance_t, ("store_id",)),
        "mw_extern": (ffi.wasmtime_extern_t, ("kind", "of")),
        "mw_table": (ffi.wasmtime_table_t, ()),
        "mw_val": (ffi.wasmtime_val_t, ("kind", "of")),
        "mw_continuation": (ffi.wasmtime_async_continuation_t, ("callback", "env", "finalizer")),
        "mw_raw": (ffi.wasmtime_val_raw_t, ("i32", "i64", "f32", "f64")),
        "mw_bytes": (ffi.wasm_byte_vec_t, ("size", "data")),
    }
    return {
        name: {"sizeof": ctypes.sizeof(struct), **{field: getattr(struct, field).offset for field in fields}}
        for name, (struct, fields) in structs.items()
    }

