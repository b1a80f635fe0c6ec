"""`wasi:cli/environment` of the oracle, answered from the world of the call that runs on this thread.

Wasmtime's own fixes arguments and variables when a store is made, and its C API knows no working directory.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from wasmtime import _ffi as ffi

from moonwit.host.wasi.world import EMPTY, World
from moonwit.host.wasm.wit import types as wit
from tests.oracle import component_values
from tests.oracle.transcode import Case

INTERFACE = "wasi:cli/environment"

_STRING = wit.Primitive("string")
_STRINGS = wit.List(_STRING)
_PAIRS = wit.List(wit.Tuple((_STRING, _STRING)))
_PERHAPS = wit.Option(_STRING)

_here = threading.local()


@contextmanager
def seen(world: World) -> Iterator[None]:
    """Has guests that run on this thread see ``world``."""
    before = getattr(_here, "world", EMPTY)
    _here.world = world
    try:
        yield
    finally:
        _here.world = before


def _answers(result: wit.Type, value: Callable[[World], Any]) -> Any:
    @ffi.wasmtime_component_func_callback_t  # type: ignore[untyped-decorator]
    def answer(number: int, context: Any, signature: Any, args: Any, count: int, results: Any, result_count: int) -> Any:
        try:
            component_values.write(result, value(getattr(_here, "world", EMPTY)), results[0], _no_handles)
        except BaseException as error:  # ctypes would print it, an interrupt too, and go on with an answer that is not there
            return ctypes.cast(ffi.wasmtime_error_new(f"{type(error).__name__}: {error}".encode()), ctypes.c_void_p).value
        return 0

    return answer


def _no_handles(_passed: Any) -> Any:
    raise AssertionError("an environment holds no handles")


# The callbacks by the names of the interface's functions; kept here because Wasmtime holds only their addresses.
FUNCTIONS = {
    "get-environment": _answers(_PAIRS, lambda world: world.env),
    "get-arguments": _answers(_STRINGS, lambda world: world.args),
    "initial-cwd": _answers(_PERHAPS, lambda world: Case(0) if world.cwd is None else Case(1, world.cwd)),
}
