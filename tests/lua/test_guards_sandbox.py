"""The guards of the sandbox at their exact edges: what is taken, what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lupa.luajit21
import pytest

from tests.texts import texts

lua, _ = texts(__file__)

ROOT = Path(__file__).resolve().parents[2]
# Runs a script; gives what it returns as text, or "raised: ..." with the error.
PRELUDE = lua("prelude")


@pytest.fixture(scope="module")
def run() -> Any:
    runtime = lupa.luajit21.LuaRuntime(register_eval=False, register_builtins=False)
    return runtime.execute(PRELUDE, str(ROOT / "moonwit" / "?.lua"))


def changed(library: str, field: str) -> str:
    return f"raised: s.lua:1: the library '{library}' can't be changed, so {field} stays as it is"


ENVIRONMENTS = {
    "return getfenv() == _G, getfenv(nil) == _G, getfenv(0) == _G, getfenv(1) == _G, getfenv(1.9) == _G": "true true true true true",
    "local t = {getfenv = getfenv} t.t = t return setfenv(function() return getfenv(1.9) == t, getfenv(1) == t end, t)()": "true true",
    "local t = {getfenv = getfenv} t.t = t return setfenv(function() return getfenv() == t end, t)()": "true",
    "return getfenv(function() end) == _G, getfenv(print) == _G, getfenv(victim) == _G": "true true true",
    "return (getfenv(-1))": "raised: s.lua:1: bad argument #1 to 'getfenv' (invalid level)",
    "return (getfenv(-0.5))": "raised: s.lua:1: bad argument #1 to 'getfenv' (invalid level)",
    "return (getfenv(65536))": "raised: s.lua:1: bad argument #1 to 'getfenv' (invalid level)",
    "return (getfenv(200))": "raised: s.lua:1: bad argument #1 to 'getfenv' (invalid level)",
    "return (getfenv('x'))": "raised: s.lua:1: bad argument #1 to 'getfenv' (function or level expected, got string)",
    "local t = {} local f = setfenv(function() end, t) return getfenv(f) == t, type(f)": "true function",
    "local t = {} local f = load('return 1', 'x', 't', t) return getfenv(f) == t, getfenv(f) == _G": "true false",
    "local f = load('return 1', 'x', 't', {}) local t = {} setfenv(f, t) return getfenv(f) == t": "true",
    "local t = {} local f = setfenv(function() end, t) local u = {} setfenv(f, u) return getfenv(f) == u": "true",
    "local f = load('return 1', 'x', 't', string) return getfenv(f) == _G, getfenv(f) == string": "true false",
    "local f = setfenv(function() end, string) return getfenv(f) == _G, getfenv(f) == string": "true false",
    "local f = setfenv(function() end, string) setfenv(f, {})": "raised: s.lua:1: setfenv can change only functions of the script itself",
    (
        "local f = load('return 1', 'x', 't', string) setfenv(f, {})"
    ): "raised: s.lua:1: setfenv can change only functions of the script itself",
    "setfenv(print, {})": "raised: s.lua:1: setfenv can change only functions of the script itself",
    "setfenv(0, {})": "raised: s.lua:1: setfenv can change only functions of the script itself",
    "setfenv(nil, {})": "raised: s.lua:1: bad argument #1 to 'setfenv' (function or level expected, got no value)",
    "setfenv(1)": "raised: s.lua:1: bad argument #2 to 'setfenv' (table expected, got no value)",
    "setfenv(1, 5)": "raised: s.lua:1: bad argument #2 to 'setfenv' (table expected, got number)",
    "local r = {} local function f() setfenv(1, r) x = 5 end f() return r.x, x": "5 nil",
    "local r = {tostring = tostring, getfenv = getfenv} local function f() setfenv(2, r) end f() return getfenv(1) == r": "true",
}
CODE = {
    "return load('return 1')(), load('return 2', 'x')(), load('return 3', 'x', 't')(), load('return 4', 'x', 'bt')()": "1 2 3 4",
    "return load('return 1', nil, nil, nil)()": "1",
    "return load('return x', 'c', nil, {x = 7})()": "7",
    "return (load(nil))": "raised: s.lua:1: bad argument #1 to 'load' (string or function expected, got no value)",
    "local f = load(5) return f": "raised: s.lua:1: bad argument #1 to 'load' (string or function expected, got number)",
    "local f = load({}) return f": "raised: s.lua:1: bad argument #1 to 'load' (string or function expected, got table)",
    "local f = load('x', 5) return f": "raised: s.lua:1: bad argument #2 to 'load' (string expected, got number)",
    "local f = load('x', 'c', 't', 5) return f": "raised: s.lua:1: bad argument #4 to 'load' (table expected, got number)",
    "return load('return 1', 'c', 'b')": "nil only text can be loaded, but the mode is 'b'",
    "return load('return 1', 'c', 5)": "nil only text can be loaded, but the mode is '5'",
    "return load('return 1', 'c', {}) == nil": "true",
    "return loadstring('return 1')(), loadstring('return 2', 'x')()": "1 2",
    "local f = loadstring(nil) return f": "raised: s.lua:1: bad argument #1 to 'loadstring' (string expected, got no value)",
    "local f = loadstring(print) return f": "raised: s.lua:1: bad argument #1 to 'loadstring' (string expected, got function)",
    "local f = loadstring('x', {}) return f": "raised: s.lua:1: bad argument #2 to 'loadstring' (string expected, got table)",
    r"return load('\27LJ', '=c')": "nil c: bytecode can't be loaded, only text",
    r"return load('\27LJ', '@c')": "nil c: bytecode can't be loaded, only text",
    r"return loadstring('\27')": "nil \x1b: bytecode can't be loaded, only text",
    r"return loadstring('\26') == nil, loadstring('\28') == nil, select(2, loadstring('\28')):find 'bytecode'": "true true nil",
    "return load(function() end)()": "",
    "local n = 0 return load(function() n = n + 1 return ({'return ', '42', '', 'x'})[n] end)()": "42",
    "local n = 0 return load(function() n = n + 1 return ({'return ', '42'})[n] end)()": "42",
    "return load(function() return {} end)": "nil reader function must return a string",
    "return select(2, load(function() return nil end)), type(load(function() return nil end))": "nil function",
    (
        "local n = 0 local f, e = load(function() n = n + 1 if n == 1 then return "
        "'error(' end if n == 2 then return [['x')]] end end) return pcall(f)"
    ): "false (load):1: x",
    (
        "local n = 0 local f = load(function() n = n + 1 if n == 1 then return [[error('x')]] end end, '=mine') return pcall(f)"
    ): "false mine:1: x",
    "local piece, n = (' '):rep(1024), 0 return type(load(function() n = n + 1 if n <= 1024 then return piece end end))": "function",
    (
        "local piece, n = (' '):rep(1024), 0 return load(function() n = n + "
        "1 if n <= 1024 then return piece elseif n == 1025 then return ' ' end end)"
    ): "nil the reader function returns more than 1 MiB",
}
TABLES = {
    "string.x = 1": changed("string", "string.x"),
    "string[1] = 1": changed("string", "a field of string"),
    "rawset(string, 'x', 1)": changed("string", "string.x"),
    "rawset(string, 1, 1)": changed("string", "a field of string"),
    "local t = rawset({}, 'x', 1) return t.x": "1",
    (
        "return rawget(string, 'rep') == string.rep, rawget(string, 'nothing'), "
        "rawget({x = 1}, 'x'), rawget(setmetatable({}, {__index = {x = 1}}), 'x')"
    ): "true nil 1 nil",
    "table.insert(string, 1)": changed("string", "a field of string"),
    "table.insert(string, 1, 1)": changed("string", "a field of string"),
    "table.remove(string)": changed("string", "a field of string"),
    "table.sort(string)": changed("string", "a field of string"),
    "table.sort(string, function() end)": changed("string", "a field of string"),
    "table.move({1}, 1, 1, 1, string)": changed("string", "a field of string"),
    "table.move(string, 1, 1, 1)": changed("string", "a field of string"),
    "table.move(string, 1, 1, 1, math)": changed("math", "a field of math"),
    "local t = table.move(string, 1, 1, 1, {}) return #t": "0",
    "local t = table.move({1, 2, 3}, 2, 3, 1) return t[1], t[2], t[3]": "2 3 3",
    # Long moves go span by span, up and down, and to another table.
    (
        "local t = {} for i = 1, 250000 do t[i] = i end table.move(t, 1, 250000, 3) "
        "return t[2], t[3], t[100002], t[100003], t[200003], t[250002], t[250003]"
    ): "2 1 100000 100001 200001 250000 nil",
    (
        "local t = {} for i = 1, 250000 do t[i] = i end table.move(t, 3, 250000, 1) "
        "return t[1], t[100000], t[100001], t[249998], t[249999]"
    ): "3 100002 100003 250000 249999",
    (
        "local t = {} for i = 1, 250000 do t[i] = i end local u = table.move(t, 2, 250000, 1, {}) return u[1], u[100001], #u, #t"
    ): "2 100002 249999 250000",
    "return (table.move({}, 0, 2 ^ 53 + 2, 1))": "raised: s.lua:1: bad argument #3 to 'move' (too many elements to move)",
    "local t = table.move({1, 2, 3}, 2, 3, 1, {}) return t[1], t[2], t[3]": "2 3 nil",
    "local t = {1, 2} table.insert(t, 3) table.insert(t, 1, 0) return table.concat(t, ' ')": "0 1 2 3",
    "local t = {1} table.insert(t, 0) table.insert(t, -5) return table.concat(t, ' ')": "1 0 -5",
    "table.insert({1, 2}, 0, 9)": "raised: s.lua:1: bad argument #2 to 'insert' (position out of bounds)",
    "table.insert({1, 2}, 0.5, 9)": "raised: s.lua:1: bad argument #2 to 'insert' (position out of bounds)",
    "table.insert({1, 2}, -1e9, 9)": "raised: s.lua:1: bad argument #2 to 'insert' (position out of bounds)",
    "local t = {1, 2, 3} return table.remove(t), table.remove(t, 1), #t": "3 1 1",
    "local t = {3, 1, 2} table.sort(t) return table.concat(t, ' ')": "1 2 3",
    "local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return table.concat(t, ' ')": "3 2 1",
    "table.sort({1, {}})": "raised: s.lua:1: attempt to compare table with number",
    (
        "local m = {__lt = function() error({}, 0) end} return type(select(2, "
        "pcall(table.sort, {setmetatable({}, m), setmetatable({}, m)})))"
    ): "table",
    (
        "local m = {__lt = function() error('mine', 0) end} return select(2, pcall(table.sort, {setmetatable({}, m), setmetatable({}, m)}))"
    ): "mine",
    "local n = 0 for k, v in pairs({a = 1, b = 2}) do n = n + v end return n": "3",
    "local n = 0 for k, v in pairs(string) do if string[k] == v then n = n + 1 end end return n": "13",
    "local _, t = pairs(string) t.rep = nil return type(string.rep)": "function",
    (
        "return getmetatable(string) == getmetatable(''), type(getmetatable('')), getmetatable(setmetatable({}, {__metatable = 5}))"
    ): "true userdata 5",
    "local t = setmetatable({}, {__metatable = getmetatable('')}) t.x = 1 local n = 0 for k in pairs(t) do n = n + 1 end return n": "1",
    (
        "local t = setmetatable({}, {__metatable = getmetatable('')}) rawset(t, 'x', 1)"
    ): "raised: s.lua:1: the library '?' can't be changed, so ?.x stays as it is",
    "local t = setmetatable({x = 3}, {__metatable = getmetatable('')}) return rawget(t, 'x')": "3",
    "return os.time() - os.time() <= 0, os.time({year = 2000, month = 1, day = 2, hour = 3, min = 4, sec = 5}) > 9e8": "true true",
    (
        "local t = {year = 2000, month = 1, day = 2, hour = 3, min = 4, sec = 5} return os.date('%Y-%m-%d %H:%M:%S', os.time(t))"
    ): "2000-01-02 03:04:05",
    "return (os.time(5))": "raised: s.lua:1: bad argument #1 to 'time' (table expected, got number)",
    (
        "return type(collectgarbage()), type(collectgarbage('count')), type(collectgarbage('collect')), type(collectgarbage('step', 1))"
    ): "number number number boolean",
}
REFUSED = [("stop",), ("restart",), ("setpause",), ("setstepmul",), ("isrunning",), ("generational",)]


@pytest.mark.parametrize("source", [*ENVIRONMENTS, *CODE, *TABLES])
def test_what_is_taken_and_what_is_not(run: Any, source: str) -> None:
    """Each function that a script has in place of Lua's own does what that does, but for what it guards."""
    assert run(source) == {**ENVIRONMENTS, **CODE, **TABLES}[source]


@pytest.mark.parametrize("what", [name for (name,) in REFUSED])
def test_the_collector_is_the_hosts(run: Any, what: str) -> None:
    """A script may collect, and look at what is used."""
    taken = "collectgarbage: expected 'collect', 'count' or 'step'"
    assert run(f"collectgarbage('{what}')") == f"raised: s.lua:1: {taken}, got '{what}'"
    assert run("collectgarbage(5)") == f"raised: s.lua:1: {taken}, got '5'"


# All that a script has, by name: a name more is a way out until somebody has looked at it.
GLOBALS = """_G _VERSION assert bit collectgarbage coroutine error getfenv getmetatable ipairs load loadstring math next os package
 pairs pcall print rawequal rawget rawset require select setfenv setmetatable string table tonumber tostring type unpack victim xpcall"""
LIBRARIES = {
    "string": "byte char find format gmatch gsub len lower match rep reverse sub upper",
    "table": "concat foreach foreachi getn insert maxn move remove sort",
    "math": "abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi pow rad random "
    "randomseed sin sinh sqrt tan tanh",
    "os": "clock date difftime exit getenv time",
    "bit": "arshift band bnot bor bswap bxor lshift rol ror rshift tobit tohex",
    "coroutine": "cancel create isyieldable join resume running spawn status wrap yield",
}


def test_nothing_more_is_there(run: Any) -> None:
    """Every name of the global table and of each library is one of these."""
    listed = "local out = {} for k in pairs(%s) do out[#out + 1] = k end table.sort(out) return table.concat(out, ' ')"
    for library, names in LIBRARIES.items():
        assert set(run(listed % library).split()) - {"spawn"} <= set(names.split()), library
        assert set(names.split()) - {"isyieldable"} <= set(run(listed % library).split()), library
    assert set(run(listed % "_G").split()) <= set(GLOBALS.split())


def test_a_library_is_protected_once(run: Any) -> None:
    """The same table stands for it each time, and protects what is protected already as it is."""
    runtime = lupa.luajit21.LuaRuntime(register_eval=False, register_builtins=False)
    runtime.execute(lua("a_library_is_protected_once"), str(ROOT / "moonwit" / "?.lua"))  # fmt: skip
