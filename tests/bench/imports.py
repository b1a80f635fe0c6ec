"""What a call costs that a guest makes of what answers its imports; times are the processor's, the fastest of several loops.

Run: python tests/bench/imports.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import moonwit

GUEST = """(component
 (import "b:b/host" (instance $h
  (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
  (export "later" (func (param "a" u32) (param "b" u32) (result u32)))
  (export "text" (func (param "a" string) (result string)))))
 (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
 (core module $lib (memory (export "memory") 1) (data (i32.const 16) "a text of 16 byte")
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
 (core instance $lib (instantiate $lib))
 (core func $add (canon lower (func $h "add"))) (core func $later (canon lower (func $h "later")))
 (core func $text (canon lower (func $h "text") (memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))))
 (core func $now (canon lower (func $clock "now")))
 (core module $m
  (import "h" "add" (func $add (param i32 i32) (result i32))) (import "h" "later" (func $later (param i32 i32) (result i32)))
  (import "h" "text" (func $text (param i32 i32 i32))) (import "h" "now" (func $now (result i64)))
  (func $own_add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (table 1 1 funcref) (elem (i32.const 0) $own_add)
  LOOPS)
 (core instance $i (instantiate $m (with "h" (instance
  (export "add" (func $add)) (export "later" (func $later)) (export "text" (func $text)) (export "now" (func $now))))))
 LIFTS)"""
CALLS = {
    "own": "(local.set $s (call_indirect (param i32 i32) (result i32) (local.get $s) (local.get $n) (i32.const 0)))",
    "clock": "(drop (call $now))",
    "add": "(local.set $s (call $add (i32.const 5) (local.get $n)))",
    "later": "(local.set $s (call $later (i32.const 5) (local.get $n)))",
    "text": "(call $text (i32.const 16) (i32.const 16) (i32.const 64))",
}
LOOP = """(func (export "NAME") (param $n i32) (result i32) (local $s i32)
   (loop $l CALL (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (local.get $s))"""
LIBRARY = """return {
  add = function(a, b) return a + b end,
  later = function(a, b) time.sleep(0) return a + b end,
  text = function(a) return a end,
}"""
SCRIPT = """local best = {}
for round = 1, ROUNDS do
  for _, name in ipairs{'own', 'clock', 'add', 'later', 'text'} do
    local count = name == 'later' and COUNT / 10 or COUNT
    local start = os.clock()
    assert(funcs.call('b:' .. name, count))
    local each = (os.clock() - start) / count * 1e9
    if round > 1 and (not best[name] or each < best[name]) then best[name] = each end
  end
end
for name, each in pairs(best) do print(name, each) end
"""


def measure(count: int = 100_000, rounds: int = 5) -> dict[str, float]:
    """Gives nanoseconds for a call of each kind: the guest's own function, a clock of the host's, and a library's functions."""
    loops = "\n".join(LOOP.replace("NAME", name).replace("CALL", call) for name, call in CALLS.items())
    lifts = "\n".join(f'(func (export "{name}") (param "n" u32) (result u32) (canon lift (core func $i "{name}")))' for name in CALLS)
    entries = "".join(
        f"  - {{name: {name}, kind: function.wat, source: file://guest.wat, method: {name}, imports: [wasi:clocks, 'b:b/host': lib]}}\n"
        for name in CALLS
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "guest.wat").write_text(GUEST.replace("LOOPS", loops).replace("LIFTS", lifts))
        (path / "lib.lua").write_text(LIBRARY)
        library = "  - {name: lib, kind: library.lua, modules: [time], source: file://lib.lua}\n"
        (path / "_index.yaml").write_text(f"version: '1.0'\nnamespace: b\nentries:\n{library}{entries}")
        with moonwit.open(path) as project:
            said = "local printed = {} local function print(...) printed[#printed + 1] = table.concat({...}, ' ') end\n"
            script = f"{said}{SCRIPT.replace('ROUNDS', str(rounds)).replace('COUNT', str(count))}error(table.concat(printed, ';'), 0)"
            try:
                project.run_script(script)
            except moonwit.CallError as told:
                rows = [row.split(" ") for row in told.message.split(";")]
                return {name: float(each) for name, each in rows}
    raise AssertionError("the script said nothing")


if __name__ == "__main__":
    for name, each in measure().items():
        print(f"{name:>6} {each:8.0f} ns")
