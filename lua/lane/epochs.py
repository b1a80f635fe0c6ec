"""The Lua state that answers for a thread what its guests do when an epoch passes; lua/lane/epoch_answers.lua says why it is apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lupa.luajit21 import LuaRuntime


class Epochs:
    """An answerer. It serves one thread at a time, and stays as long as stores that it answers for."""

    def __init__(self, room_above: Path, library: str) -> None:
        self._lua: Any = LuaRuntime(register_eval=False, register_builtins=False, encoding=None)
        self._lua.execute(b"package.path, package.cpath = ..., '' jit.off() jit.flush()", f"{room_above}/?.lua".encode())
        self.address = int(self._lua.execute(b"return require 'lua.lane.epoch_answers'(...)", library.encode()))
