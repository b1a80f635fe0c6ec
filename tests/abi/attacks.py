"""100,000 random attacks: a guest that returns whatever bytes it is given, as a value of many types.

Run as a program, so that a crash is seen from outside; prints as JSON how often each outcome was seen.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.abi.conftest import State
from tests.texts import texts

lua, wat = texts(__file__)

# Result type in WAT, the core type of the flat result, and whether the guest makes handles first.
RESULTS = {
    "text": ("string", "i32"),
    "octets": ("(list u8)", "i32"),
    "texts": ("(list string)", "i32"),
    "nested": ("(list (list (list string)))", "i32"),
    "floats": ("(list f64)", "i32"),
    "singles": ("(list f32)", "i32"),
    "chars": ("(list char)", "i32"),
    "longs": ("(list s64)", "i32"),
    "enums": ("(list $color)", "i32"),
    "sets": ("(list $wide-flags)", "i32"),
    "options": ("(list (option (option u16)))", "i32"),
    "variants": ("(list $shape)", "i32"),
    "results": ("(list (result string (error $color)))", "i32"),
    "records": ("(list $mixed)", "i32"),
    "mixed": ("$mixed", "i32"),
    "shape": ("$shape", "i32"),
    "maybe": ("(option char)", "i32"),
    "either": ("(result string (error $mixed))", "i32"),
    "pair": ("(tuple u8 f32 f64 char bool)", "i32"),
    "char": ("char", "i32"),
    "color": ("$color", "i32"),
    "code": ("$code", "i32"),
    "set": ("$wide-flags", "i32"),
    "small": ("s8", "i32"),
    "flag": ("bool", "i32"),
    "bare": ("(result)", "i32"),
    "single": ("f32", "f32"),
    "double": ("f64", "f64"),
    "long": ("s64", "i64"),
    "handle": ("(own $thing)", "i32"),
    "handles": ("(list (own $thing))", "i32"),
    "maybe-handle": ("(option (own $thing))", "i32"),
    "both": ("(tuple (own $thing) (own $other))", "i32"),
}
CONVERT = {"i32": "{}", "f32": "(f32.reinterpret_i32 {})", "i64": "(i64.load (i32.const 1024))", "f64": "(f64.load (i32.const 1024))"}


def component() -> str:
    core, lifts = [], []
    for name, (type, flat) in RESULTS.items():
        handles = "(drop (call $new (i32.const 7))) (drop (call $new-other (i32.const 8)))" if "handle" in name or name == "both" else ""
        answer = CONVERT[flat].format("(local.get 2)")
        core.append(f'(func (export "{name}") (param i32 i32 i32) (result {flat}) {handles} {answer})')
        lifts.append(
            f'(func (export "{name}") (param "bytes" (list u8)) (param "answer" u32) (result {type}) (canon lift (core func $i "{name}") '
            '(memory (core memory $i "memory")) (realloc (core func $i "realloc"))))'
        )
    newline = "\n"
    enum = " ".join(f'"c{i}"' for i in range(300))
    flags = " ".join(f'"f{i}"' for i in range(32))
    return wat("component", ENUM=enum, FLAGS=flags, CORE=newline.join(core), LIFTS=newline.join(lifts))


LOOP = lua("loop")


def main(count: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        entries = [f"name: {name}, kind: function.wat, source: file://guest.wat, method: {name}, results: table" for name in RESULTS]
        state = State(Path(folder), entries, {"guest.wat": component()})
        state.run("require('lua.abi.generate').MOST_RESULT_BYTES = 2 ^ 22")
        modules = (state.run(f"return require 'lua.{name}'") for name in ("calls.calls", "abi.generate", "guest.handles"))
        names = state.lua.table_from({f"t:{name}".encode(): True for name in RESULTS})
        print(json.dumps(json.loads(state.run(LOOP, *modules, names, count, seed).decode()), indent=1, sort_keys=True))
        state.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
