"""Run as a program: hot loops over guests with functions of the host, compiled by LuaJIT as eagerly as it can be made to.

python -m tests.abi.jitted FOLDER CALLS
"""

from __future__ import annotations

import sys
from pathlib import Path

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.hosted import ALL, OPTIONS, QUICK, component, lift
from tests.texts import texts

lua, wat = texts(__file__)

PLAIN = wat("plain")

ROUND = """(func (export "realloc") (param i32 i32 i32 i32) (result i32)
  (global.set $next (i32.add (i32.const 1024) (i32.rem_u (i32.add (global.get $next) (i32.const 64)) (i32.const 8192))))
  (global.get $next))"""
# The realloc lies behind a table, and post-return calls it in another module, so that nobody can prove that they call nothing of the host.
REALLOC = """(func (export "realloc") (param i32 i32 i32 i32) (result i32)
  (call_indirect (type $realloc) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0)))"""
CORE = wat("core")
LIFTS = (
    lift("look", "(result u64)")
    + lift("bytes", '(param "n" u32) (result (list u8))', OPTIONS + '(post-return (core func $i "post"))')
    + lift("size", '(param "text" string) (result u32)', OPTIONS)
    + lift("trap", '(param "now" bool) (result u32)')
)
NAPS = """
 (func (export "nap") (param i64) (result i32) (local $t i32)
  (local.set $t (call $duration (local.get 0))) (call $block (local.get $t)) (call $drop-pollable (local.get $t)) (i32.const 7))"""

SCRIPT = lua("script")


def main() -> None:
    folder, calls = Path(sys.argv[1]), int(sys.argv[2])
    text = component(CORE + NAPS, LIFTS + lift("nap", '(param "ns" u64) (result u32)'), REALLOC)
    methods = ("look", "bytes", "size", "trap")
    entries = [f"name: {name}, kind: function.wat, source: file://host.wat, method: {name}, {QUICK}" for name in methods]
    entries += [f"name: {name}-all, kind: function.wat, source: file://host.wat, method: {name}, {ALL}" for name in methods]
    entries += [f"name: nap, kind: function.wat, source: file://host.wat, method: nap, {ALL}"]
    entries += [
        "name: mul, kind: function.wat, source: file://plain.wat, method: mul",
        "name: plain-size, kind: function.wat, source: file://plain.wat, method: size",
    ]
    # The realloc of this one is known to call nothing of the host.
    size = '(func (export "size") (param i32 i32) (result i32) (call $wall (i32.const 64)) (local.get 1))'
    leaf = component(size, lift("size", '(param "text" string) (result u32)', OPTIONS), ROUND)
    for name, grants in (("leaf", QUICK), ("leaf-all", ALL)):
        entries.append(f"name: {name}, kind: function.wat, source: file://leaf.wat, method: size, {grants}")
    state = State(folder, entries, {"host.wat": text, "plain.wat": PLAIN, "leaf.wat": leaf})
    state.boot[b"test_clock"]()
    for option in sys.argv[3:]:
        state.run(f"require('jit.opt').start('{option}')")
    answer = state.boot[b"run"](SCRIPT.encode(), b"@s.lua", buffer.encode([str(calls)]))
    if answer is not None:
        print("failed:", buffer.decode(answer[0]).message)
    state.close()


if __name__ == "__main__":
    main()
