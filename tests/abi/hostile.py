"""Components with core code written to do harm, and a caller for their functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.abi.conftest import State
from tests.texts import texts

lua, _ = texts(__file__)

Opened = Callable[..., State]

# Gives the outcome of a call as two strings: kind and message, or the type and text of the result.
CALL = lua("call")


def guest(core: str, lifts: str, before: str = "", arguments: str = "") -> str:
    return f"(component {before}\n(core module $m {core})\n(core instance $i (instantiate $m {arguments}))\n{lifts})"


OPTIONS = '(memory (core memory $i "memory")) (realloc (core func $i "realloc"))'
MEMORY = '(memory (export "memory") 1)'
BUMP = """(global $next (mut i32) (i32.const 1024))
 (func (export "realloc") (param i32 i32 i32 i32) (result i32)
  (global.set $next (i32.add (global.get $next) (i32.const 64))) (i32.sub (global.get $next) (i32.const 64)))"""


def lift(name: str, type: str, options: str = OPTIONS) -> str:
    return f'(func (export "{name}") {type} (canon lift (core func $i "{name}") {options}))'


class Caller:
    def __init__(self, opened: Opened, text: str, methods: list[str], extra: str = "") -> None:
        entries = [f"name: {name}, kind: function.wat, source: file://guest.wat, method: '{name}'{extra}" for name in methods]
        self.state = opened(entries, {"guest.wat": text})
        self._call = self.state.run(CALL)

    def __call__(self, name: str, *arguments: Any) -> tuple[str, str]:
        kind, text = self._call(f"t:{name}".encode(), *arguments)
        return kind.decode(), text.decode("utf-8", "replace")
