"""Hot loops over guests whose realloc or post-return calls an import after a while, run by test_leaving.py in a process of its own.

`python -m tests.abi.leaving FOLDER PROOF CALLS`: with PROOF "blind" every function is taken for one that calls no import.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.abi.conftest import State

# What reaches the import, from the innermost function on.
VARIANTS = {
    "plain": "(func $hide (drop (call $tick)))",
    "reference in a local": "(func $hide (local (ref null 12)) (drop (call $tick)))",
    "references in locals": "(func $hide (local funcref externref (ref null 11) (ref null 12) (ref null func)) (drop (call $tick)))",
    "block type": "(func $hide (block (result (ref null 12)) (ref.null 12)) (drop) (drop (call $tick)))",
    "block type by index": "(func $hide (block (type $wide) (i64.const 1) (call $tick) (i64.const 1)) (drop) (drop) (drop))",
    "typed select": "(func $hide (select (result (ref null 12)) (ref.null 12) (ref.null 12) (i32.const 1)) (drop) (drop (call $tick)))",
    "else": "(func $hide (if (result (ref null 12)) (i32.const 0) (then (ref.null 12)) (else (drop (call $tick)) (ref.null 12))) (drop))",
    "catch": """(func $hide (block $done (block $caught
      (try_table (catch $wrong $caught) (catch_all $done) (throw $wrong))) (drop (call $tick))))""",
    "table": "(func $hide (drop (call_indirect $reached (type $rand) (i32.const 0))))",
    "reference": "(func $hide (drop (call_ref $rand (ref.func $tick))))",
    "tail": "(func $next (result i64) (return_call $tick)) (func $hide (drop (call $next)))",
    "tail by reference": "(func $next (result i64) (return_call_ref $rand (ref.func $tick))) (func $hide (drop (call $next)))",
    "long numbers": "(func $hide (drop (i32.const -2147483648)) (drop (i64.const -9223372036854775808)) (drop (call $tick)))",
    "bulk": """(func $hide (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 0))
      (drop (table.grow (ref.null func) (i32.const 0))) (drop (call $tick)))""",
    "vectors": """(func $hide (drop (v128.load32_zero (i32.const 0)))
      (drop (i8x16.extract_lane_u 11 (v128.const i64x2 16 0))) (drop (call $tick)))""",
    "atomic": "(func $hide (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 0))) (atomic.fence) (drop (call $tick)))",
    "structure": "(func $hide (drop (struct.get $pair 0 (struct.new $pair (i32.const 1)))) (drop (call $tick)))",
    "branch table": "(func $hide (block (block (br_table 0 1 0 1 (i32.const 1)))) (drop (call $tick)))",
}  # fmt: skip
TYPES = "".join(f"(type $t{number} (func))" for number in range(13))
GLOBAL = """(type $wide (func (result i64 i64 i64))) (type $pair (struct (field i32)))
  (table $reached 1 funcref) (elem (table $reached) (i32.const 0) func $tick) (tag $wrong) (data "") (data "")
  (global $n (mut i32) (i32.const 0))
  (func $count (global.set $n (i32.add (global.get $n) (i32.const 1)))
   (if (i32.gt_u (global.get $n) (i32.const AFTER)) (then (call $hide))))"""


# What a component imports besides so that its calls run on fibers.
WAITS = """(import "wasi:io/streams@0.2.0" (instance $streams (export "output-stream" (type (sub resource)))))
 (alias export $streams "output-stream" (type $output))
 (import "wasi:cli/stdout@0.2.0" (instance $stdout
  (alias outer 1 $output (type $o)) (export "output-stream" (type $output (eq $o))) (export "get-stdout" (func (result (own $output))))))
 (alias export $stdout "get-stdout" (func $stdout)) (core func $stdout (canon lower (func $stdout)))"""


def guest(hide: str, after: int, waits: bool) -> str:
    """Makes a component of three functions: one's realloc and the others' post-return reach an import after so many calls."""
    more, imported = (WAITS, '(import "" "stdout" (func (result i32)))') if waits else ("", "")
    passed = '(export "stdout" (func $stdout))' if waits else ""
    return f"""(component {more}
 (import "wasi:random/random@0.2.0" (instance $r (export "get-random-u64" (func (result u64)))))
 (alias export $r "get-random-u64" (func $tick)) (core func $tick (canon lower (func $tick)))
 (core module $m {TYPES} (type $rand (func (result i64))) (import "" "tick" (func $tick (type $rand))) {imported}
  (memory (export "memory") 1)
  {GLOBAL.replace("AFTER", str(after))} {hide}
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $count) (i32.const 1024))
  (func (export "take") (param i32 i32) (result i32) (local.get 1))
  (func (export "give") (result i32) (i32.const 64)) (func (export "given") (param i32) (call $count))
  (func (export "number") (result f64) (f64.const 0.5)) (func (export "numbered") (param f64) (call $count)))
 (core instance $i (instantiate $m (with "" (instance (export "tick" (func $tick)) {passed}))))
 (func (export "take") (param "s" string) (result u32)
  (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
 (func (export "give") (result string)
  (canon lift (core func $i "give") (memory (core memory $i "memory")) (post-return (core func $i "given"))))
 (func (export "number") (result f64) (canon lift (core func $i "number") (post-return (core func $i "numbered")))))"""


LOOP = """
 local funcs = require "funcs"
 local id, calls = ...
 local ended = {}
 for i = 1, calls do
   local value, err
   if id:find "take" then value, err = funcs.call(id, "hello") else value, err = funcs.call(id) end
   if err then ended[#ended + 1] = err:message() end
 end
 error(("%d %s"):format(#ended, ended[1]), 0)"""


def main() -> None:
    """Runs the loops over all guests; prints what is wrong of each."""
    from moonwit.lua.guest import plan as plan_data
    from moonwit.lua.values import buffer

    folder, proof, calls = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if proof == "blind":
        plan_data.stays_inside = lambda *_: True      # type: ignore[assignment]
    entries, files = [], {}
    for number, hide in enumerate(VARIANTS.values()):
        for mode in ("hosted", "waits"):
            files[f"{mode}-{number}.wat"] = guest(hide, calls // 3, mode == "waits")
            for method in ("take", "give", "number"):
                name = f"{method}-{mode}-{number}"
                fields = f"source: file://{mode}-{number}.wat, method: {method}, imports: [wasi:random, wasi:cli]"
                entries.append(f"name: {name}, kind: function.wat, {fields}")
    state = State(folder, entries, files)
    wrong = 0
    for entry in (entry.removeprefix("name: ").partition(",")[0] for entry in entries):
        arguments = buffer.encode([f"t:{entry}", calls])
        found = buffer.decode(state.boot[b"run"](LOOP.encode(), b"@s.lua", arguments)[0]).message
        method = entry.partition("-")[0]
        if "cannot leave component instance" not in found or not found.startswith("2 ") or f" {method}: " not in found:
            wrong += 1
            print(entry, found)
    state.close()
    print(f"{len(entries)} guests, {wrong} wrong")


if __name__ == "__main__":
    main()
