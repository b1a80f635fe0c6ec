"""Bridges: what stands between the host and a guest whose values it can't pass itself, for their encoding or for 64-bit addresses.

The host's own code knows UTF-8 and 32-bit memories. A function with other canonical options gets memory of our own, where the host leaves
and finds values, and an adapter as between two component instances. An import that is exported again gets such a memory too: nobody
else's is there to pass values in.

Handles that such a function takes or gives pass through a table of their own, which is emptied with the memory after each call.
"""

from __future__ import annotations

from typing import Final

from moonwit.host.wasm.adapters import Options
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.plan import gate
from moonwit.host.wasm.wit.flatten import Layouts
from moonwit.host.wasm.wit.types import Function

OPTIONS: Final = Options("utf8", memory=True, realloc=True)
ANSWERING: Final = Options("utf8", memory=True, realloc=True, post_return=True)

# Memory for the values of one call at a time: "realloc" hands out what comes next, "reset" forgets all of it.
MEMORY: Final = """(module $moonwit
 (memory (export "memory") 1 32768)
 (global (export "flags") (mut i32) (i32.const 1))
 (global $at (mut i32) (i32.const 16))
 (func $values_take_too_much_memory (unreachable))
 (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32) (local $end i64)
  (global.set $at (i32.and
   (i32.add (global.get $at) (i32.sub (local.get $align) (i32.const 1))) (i32.sub (i32.const 0) (local.get $align))))
  (local.set $end (i64.add (i64.extend_i32_u (global.get $at)) (i64.extend_i32_u (local.get $new))))
  (if (i64.gt_u (local.get $end) (i64.const 0x7fff0000)) (then (call $values_take_too_much_memory)))
  (if (i64.gt_u (local.get $end) (i64.extend_i32_u (i32.mul (memory.size) (i32.const 65536))))
   (then (if (i32.eq (i32.const -1) (memory.grow (i32.sub
     (i32.wrap_i64 (i64.shr_u (i64.add (local.get $end) (i64.const 65535)) (i64.const 16))) (memory.size))))
    (then (call $values_take_too_much_memory)))))
  (memory.copy (global.get $at) (local.get $old)
   (select (local.get $size) (local.get $new) (i32.lt_u (local.get $size) (local.get $new))))
  (global.get $at)
  (global.set $at (i32.wrap_i64 (local.get $end))))
 (func (export "reset") (global.set $at (i32.const 16))))"""


def front(function: Function, layouts: Layouts, table: bool) -> str:
    """Makes the text of a module that exports a function of the type to be lifted, "call", and its post-return, "post".

    It imports the function as it is lowered, "realloc" and "reset" of the memory, and, with a ``table``, "reset" of that.
    """
    lowered, lifted = layouts.lowered(function), layouts.lifted(function)
    called = f"(call $call {gate.passed_on(lifted)})"
    if function.result is not None and layouts.spilled(function)[1]:
        size, alignment = layouts.layout(function.result)
        place = f"(call $realloc (i32.const 0) (i32.const 0) (i32.const {alignment}) (i32.const {size}))"
        called = f"(local $at i32) (local.set $at {place}) (call $call {gate.passed_on(lifted)} (local.get $at)) (local.get $at)"
    return f"""(module $moonwit
 (import "" "call" (func $call {gate.params_of(lowered)} {gate.results_of(lowered)}))
 (import "" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
 (import "" "reset" (func $reset))
 {'(import "" "table" (func $table))' if table else ""}
 (func (export "call") {gate.params_of(lifted)} {gate.results_of(lifted)} {called})
 (func (export "post") {gate.params_of(CoreType(lifted.results, ""))} (call $reset) {"(call $table)" if table else ""}))"""


def start(type: CoreType, post_return: bool) -> str:
    """Makes the text of a module that calls a lifted function of this core type, which takes nothing, as it is instantiated."""
    called = "(call $func)"
    if post_return:
        called = f"(call $post {called})" if type.results else f"{called} (call $post)"
    elif type.results:
        called = f"(drop {called})"
    post = f'(import "" "post" (func $post {gate.params_of(CoreType(type.results, ""))}))' if post_return else ""
    return f"""(module $moonwit
 (import "" "func" (func $func {gate.results_of(type)})) {post}
 (func $start {called})
 (start $start))"""
