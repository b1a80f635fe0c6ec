"""100,000 random attacks: a guest that returns whatever bytes it is given, as a value of many types.

Run as a program, so that a crash is seen from outside; prints as JSON how often each outcome was seen.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.abi.conftest import State

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
    return f"""(component
 (type $thing' (resource (rep i32))) (type $other' (resource (rep i32)))
 (export $thing "thing" (type $thing')) (export $other "other" (type $other'))
 (type $color' (enum "red" "green" "blue")) (export $color "color-type" (type $color'))
 (type $code' (enum {enum})) (export $code "code-type" (type $code'))
 (type $wide-flags' (flags {flags})) (export $wide-flags "flags-type" (type $wide-flags'))
 (type $mixed' (record (field "a-bool" bool) (field "a-float" f64) (field "single" f32) (field "text" string) (field "letter" char)
  (field "maybe" (option string)) (field "color" $color))) (export $mixed "mixed-type" (type $mixed'))
 (type $shape' (variant (case "empty") (case "text" string) (case "float" f64) (case "char" char) (case "list" (list f32))
  (case "record" $mixed))) (export $shape "shape-type" (type $shape'))
 (core func $new (canon resource.new $thing')) (core func $new-other (canon resource.new $other'))
 (core module $m
  (import "" "new" (func $new (param i32) (result i32))) (import "" "new-other" (func $new-other (param i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  {newline.join(core)})
 (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) (export "new-other" (func $new-other))))))
 {newline.join(lifts)})"""


LOOP = r"""
local calls, generate, handles, names, count, seed = ...
math.randomseed(seed)
local random, char = math.random, string.char
local seen = {}
local function word(n)
  return char(n % 256, math.floor(n / 256) % 256, math.floor(n / 65536) % 256, math.floor(n / 16777216) % 256)
end
local sources = {
  function() return random(0, 3) end,
  function() return 1024 + random(0, 40) * 4 end,
  function() return 1024 + random(0, 40) * 8 end,
  function() return random(0, 40) end,
  function() return 131072 - random(0, 40) end,
  function() return 4294967295 - random(0, 40) end,
  function() return 2147483648 - random(-4, 4) end,
  function() return random(0, 131072) end,
  function() return 0xd7fe + random(0, 3) end,
  function() return 0xdffe + random(0, 3) end,
  function() return 0x10fffe + random(0, 3) end,
  function() return 0xff800000 + random(0, 0x7fffff) end,
  function() return 0x20202020 + random(0, 0x5f) * 256 end,
  function() return random(0, 65535) + random(0, 65535) * 65536 end,
}
local function any() return sources[random(#sources)]() end
local function content()
  local words = {}
  local favorite = sources[random(#sources)]
  for i = 1, random(2, 24) do words[i] = word(random(3) == 1 and favorite() or any()) end
  return table.concat(words)
end
-- What is lifted must be fit to be passed on: this finds whatever is not a value of its type.
local fits = {}
for id in pairs(names) do
  calls.call(id, '', 0)
  local sig = require('lua.calls.direct').last.sig
  if not sig.name:find 'handle' and sig.name ~= 'both' then
    fits[id] = generate.compile_check({ name = 'check', params = { { name = 'v', type = sig.result } } }, { holds = handles.holds })
  end
end
local ids = {}
for id in pairs(names) do ids[#ids + 1] = id end
table.sort(ids)
for i = 1, count do
  local id = ids[random(#ids)]
  local answer = random(2) == 1 and 1024 + random(0, 6) * 8 or any()
  local value, problem = calls.call(id, content(), answer)
  if problem == nil then
    seen.value = (seen.value or 0) + 1
    local good
    if fits[id] then good = fits[id](value) else good = value == nil or type(value) == 'cdata' or type(value) == 'table' end
    if not good then error(id .. ' gave what is not a value of its type: ' .. type(value)) end
  else
    local text = problem:message()
    if problem:kind() ~= 'Internal' or text:find '\n' then error(id .. ': ' .. problem:kind() .. ': ' .. text) end
    local what = text:match '^[%w-]+: the guest broke the canonical ABI: (.*)$'
    if not what then error(id .. ': ' .. text) end
    what = what:gsub(' %d+$', '')
    seen[what] = (seen[what] or 0) + 1
  end
  if i % 5000 == 0 then collectgarbage() end
end
local out = {}
for what, n in pairs(seen) do out[#out + 1] = ('%q: %d'):format(what, n) end
return '{' .. table.concat(out, ', ') .. '}'
"""


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
