"""Hot loops over guests whose realloc or post-return calls an import after a while, run by test_leaving.py in a process of its own.

`python -m tests.abi.leaving FOLDER PROOF CALLS`: with PROOF "blind" every function is taken for one that calls no import.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.abi.conftest import State
from tests.texts import texts

lua, wat = texts(__file__)

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
GLOBAL = wat("global")


# What a component imports besides so that its calls run on fibers.
WAITS = wat("waits")


def guest(hide: str, after: int, waits: bool) -> str:
    """Makes a component of three functions: one's realloc and the others' post-return reach an import after so many calls."""
    more, imported = (WAITS, '(import "" "stdout" (func (result i32)))') if waits else ("", "")
    passed = '(export "stdout" (func $stdout))' if waits else ""
    return wat("guest", MORE=more, TYPES=TYPES, IMPORTED=imported, GLOBAL=GLOBAL.replace("AFTER", str(after)), HIDE=hide, PASSED=passed)


LOOP = lua("loop")


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
