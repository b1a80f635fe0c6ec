"""Run as a program: hot loops over guests whose imports libraries answer, compiled by LuaJIT as eagerly as it can be made to.

python -m tests.abi.jitted_imports FOLDER CALLS OPTION...
"""

from __future__ import annotations

import sys
from pathlib import Path

from moonwit.host.wasm.wit.types import Field, List, Primitive, Record, Result
from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.imported import INTERFACE, Relay
from tests.abi.jitted import PLAIN

U32, STRING, DOUBLE = Primitive("u32"), Primitive("string"), Primitive("f64")
USER = Record((Field("name", STRING), Field("score", DOUBLE)))
NAMES = {"u": [U32], "uu": [U32, U32], "s": [STRING], "r": [Result(U32, STRING)], "l": [List(USER)], "d": [DOUBLE]}
NAMES |= {"w": [U32], "c": [U32], "f": [U32]}

LIBRARY = """
local calls = 0
local function id(v) calls = calls + 1 return v end
return {
  u = id, s = id, l = id, d = id,
  uu = function(a, b) return {a + b, b} end,
  r = function(v) if v.ok and v.ok % 50 == 0 then return nil, 'round' end return v end,
  w = function(v) if v % 3 == 0 then time.sleep(0) end return v end,
  c = function(v) if v % 4 == 0 then return (funcs.call('t:mul', v, 1)) end return v end,
  f = function(v) if v % 40 == 0 then error('forty', 0) end return v end,
}
"""

SCRIPT = """
local funcs, time = require "funcs", require "time"
local calls = tonumber((...))
local wrong = 0
local function expect(value, err, wanted) if value ~= wanted then wrong = wrong + 1 print(value, err, wanted) end end
local ways = {}
function ways.u(i) local v, e = funcs.call("t:u", i) expect(v, e, i) end
function ways.uu(i) local v, e = funcs.call("t:uu", i, 2) expect(v and v[1], e, i + 2) end
function ways.s(i) local v, e = funcs.call("t:s", ("x"):rep(i % 50)) expect(v and #v, e, i % 50) end
function ways.r(i) local v, e = funcs.call("t:r", {ok = i}) if i % 50 == 0 then expect(e:message(), v, "round") else expect(v, e, i) end end
function ways.l(i)
  local list = {} for k = 1, i % 4 do list[k] = {name = "n" .. k, score = k / 2} end
  local v, e = funcs.call("t:l", list) expect(v and #v, e, #list)
  if v and v[1] then expect(v[1].score, nil, 0.5) end
end
function ways.w(i) local v, e = funcs.call("t:w", i) expect(v, e, i) end
function ways.c(i) local v, e = funcs.call("t:c", i) expect(v, e, i) end
function ways.f(i) local v, e = funcs.call("t:f", i) if i % 40 == 0 then expect(e:message(), v, "forty") else expect(v, e, i) end end
function ways.d(i) local v, e = funcs.call("t:d", i + 0.5) expect(v, e, i + 0.5) end
function ways.plain(i) local v, e = funcs.call("t:mul", i % 100, 3) expect(v, e, i % 100 * 3) end
local names = { "u", "uu", "s", "r", "l", "w", "c", "f", "d", "plain" }
local function loop(name, n) local f = ways[name] for i = 1, n do f(i) end end
for _, name in ipairs(names) do loop(name, calls) end
for round = 1, 2 do
  for _, name in ipairs(names) do coroutine.spawn(loop, name, calls / 10) end
  time.sleep("1s")
end
for i = 1, calls do ways[names[i % #names + 1]](i) end
print("wrong", wrong)
"""


def main() -> None:
    folder, calls, relay = Path(sys.argv[1]), int(sys.argv[2]), Relay()
    entries = ["name: mul, kind: function.wat, source: file://plain.wat, method: mul"]
    entries.append("name: lib, kind: library.lua, modules: [time, funcs], source: file://lib.lua")
    for name, types in NAMES.items():
        relay.add(name, types)
        entries.append(f"name: {name}, kind: function.wat, source: file://guest.wat, method: {name}, imports: [{{'{INTERFACE}': lib}}]")
    state = State(folder, entries, {"guest.wat": relay.text, "plain.wat": PLAIN, "lib.lua": LIBRARY})
    state.boot[b"test_clock"]()
    for option in sys.argv[3:]:
        state.run(f"require('jit.opt').start('{option}')")
    answer = state.boot[b"run"](SCRIPT.encode(), b"@s.lua", buffer.encode([str(calls)]))
    if answer is not None:
        print("failed:", buffer.decode(answer[0]).message)
    state.close()


if __name__ == "__main__":
    main()
