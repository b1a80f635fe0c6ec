"""Lanes: an OS thread with one LuaJIT state, an inbox, and the border that every callback from Lua crosses."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from lupa.luajit21 import LuaRuntime

from moonwit.lua import buffer

T = TypeVar("T")

ROOT = Path(__file__).parents[1]

# A lane's C stack: LuaJIT takes some of it for each coroutine that resumes another, and guests run on it too.
STACK_BYTES = 64 * 1024 * 1024

_stack_size = threading.Lock()

Callback = Callable[..., Any]


def _room_above() -> Path:
    """Gives the folder below which ``require 'lua.x'`` and ``require 'stdlib.x'`` find their files."""
    return ROOT if (ROOT / "stdlib").is_dir() and (ROOT / "lua").is_dir() else Path(__file__).parent


class Lane:
    """A thread that owns a LuaJIT state. Only jobs given to ``submit`` touch the state.

    ``callbacks`` are Python functions that the host's own Lua code may call, by name. They take ``bytes`` and give what
    ``buffer.encode`` takes; one that raises gives ``{"failed": True, kind, message}``, because an exception that crossed into
    Lua would hand the script a Python object.
    """

    def __init__(self, callbacks: Mapping[str, Callback], name: str = "moonwit lane") -> None:
        self._inbox: queue.SimpleQueue[tuple[Callable[[Any], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._callbacks = callbacks
        self._started: Future[None] = Future()
        with _stack_size:
            before = threading.stack_size(STACK_BYTES)
            try:
                # A daemon: a script that never ends must not keep the process from ending.
                self._thread = threading.Thread(target=self._main, name=name, daemon=True)
                self._thread.start()
            finally:
                threading.stack_size(before)
        self._started.result()

    def submit(self, job: Callable[[Any], T]) -> Future[T]:
        """Has ``job`` run in the lane with the Lua table of lua/boot.lua; its result is a future's."""
        future: Future[T] = Future()
        self._inbox.put((job, future))
        return future

    def close(self, timeout: float | None = None) -> bool:
        """Ends the lane after what it was given; tells whether it ended within ``timeout`` seconds."""
        self._inbox.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs in the lane itself."""
        return threading.current_thread() is self._thread

    def _main(self) -> None:
        try:
            boot = new_state(self._callbacks)[1]
        except BaseException as problem:
            self._started.set_exception(problem)
            return
        self._started.set_result(None)
        while (item := self._inbox.get()) is not None:
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job(boot))
            except BaseException as problem:
                future.set_exception(problem)
            # The result must not keep Lua objects alive on another thread until the next job.
            del item, job, future
        boot[b"close"]()

def new_state(callbacks: Mapping[str, Callback]) -> tuple[Any, Any]:
    """Makes a LuaJIT state with Moonwit's own Lua code loaded; gives the ``LuaRuntime`` and the table of lua/boot.lua.

    Both belong to the calling thread.
    """
    lua = LuaRuntime(
        register_eval=False, register_builtins=False, encoding=None, unpack_returned_tuples=True, attribute_filter=_no_attributes
    )
    lua.execute(b"package.path, package.cpath = ..., ''", f"{_room_above()}/?.lua".encode())
    host = lua.table_from({name.encode(): _guarded(callback) for name, callback in callbacks.items()})
    return lua, lua.execute(b"return require 'lua.boot'(...)", host)


def _no_attributes(_object: object, name: object, _setting: bool) -> object:
    raise AttributeError(f"Lua may not reach the attribute {name!r}")


def _guarded(callback: Callback) -> Callable[..., bytes]:
    def cross(*arguments: Any) -> bytes:
        try:
            return buffer.encode(callback(*arguments))
        except Exception as problem:
            message = f"{type(problem).__name__} in the host: {problem}"
            traceback.print_exc()
            return buffer.encode({"failed": True, "kind": "Internal", "message": message})

    return cross
