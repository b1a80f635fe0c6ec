"""The sandbox: what a script has, what it can't reach, and what it can't break."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lupa.luajit21
import pytest

from tests.lua.refusals import REFUSALS
from tests.texts import texts

lua, _ = texts(__file__)

ROOT = Path(__file__).resolve().parents[2]

# Runs a script in a fresh environment; `secret` and `victim` stand for what belongs to the host and to another script.
# The script's result comes back, or "raised: ..." with the error.
PRELUDE = lua("prelude")


@pytest.fixture(scope="module")
def run() -> Any:
    """Runs a script in an environment of its own."""
    runtime = lupa.luajit21.LuaRuntime(register_eval=False, register_builtins=False)
    return runtime.execute(PRELUDE, str(ROOT / "moonwit" / "?.lua"))


# Each returns something true when it got out, and may as well raise.
ESCAPES = {
    # Names that are not there
    "ffi is required": "return require 'ffi'",
    "ffi is preloaded": "return package.preload and package.preload.ffi",
    "ffi is loaded": "return package.loaded.ffi or package.loaded.jit or package.loaded.debug or package.loaded['string.buffer']",
    "debug is required": "return require 'debug'",
    "jit is required": "return require 'jit'",
    "jit.opt is required": "return require 'jit.opt'",
    "jit.util is required": "return require 'jit.util'",
    "string.buffer is required": "return require 'string.buffer'",
    "table.new is required": "return require 'table.new'",
    "io is required": "return require 'io'",
    "python is a global": "return python or _G.python or package.loaded.python",
    "python is required": "return require 'python'",
    "lupa is required": "return require 'lupa'",
    "a host module is required": "return require 'lua.scripts.sandbox'",
    "a host module by path": "return require '../lua/sandbox'",
    "a host module through a slash": "return require 'lua/errors'",
    "an absolute path": "return require '/etc/passwd'",
    "a dotted path": "return require '..lua.errors'",
    "dangerous globals": """
        for _, name in ipairs{'io', 'debug', 'jit', 'ffi', 'dofile', 'loadfile', 'newproxy', 'module', 'gcinfo', 'python', 'HOST_SECRET'} do
          if _G[name] ~= nil then return name end
        end""",
    "dangerous fields of os": """
        for _, name in ipairs{'execute', 'remove', 'rename', 'tmpname', 'setlocale'} do
          if os[name] ~= nil then return name end
        end""",
    "the environment": "return os.getenv 'PATH' or os.getenv 'HOME'",
    "files by io": "return io and (io.popen or io.output or io.input or io.tmpfile or io.open('/etc/passwd'))",
    "dangerous fields of string": "return string.dump or ('').dump or string.buffer",
    "dangerous fields of package": """
        return package.loadlib or package.loaders or package.searchers or package.cpath or package.path or package.searchpath""",
    "every value reachable by name": lua("escapes_every_value_reachable_by_name"),
    # Environments
    "getfenv of print": "return getfenv(print).HOST_SECRET",
    "getfenv of pcall": "return getfenv(pcall).HOST_SECRET",
    "getfenv of a module's function": "return getfenv(errors.new).HOST_SECRET or getfenv(errors.new) ~= _G",
    "getfenv of a wrapped function": """
        return getfenv(string.format).HOST_SECRET or getfenv(getfenv).HOST_SECRET or getfenv(require).HOST_SECRET""",
    "getfenv of a method": "return getfenv(errors.new('x').message).HOST_SECRET",
    "getfenv of another script": "return getfenv(victim).VICTIM_SECRET",
    "getfenv of level 0": "return getfenv(0).HOST_SECRET or getfenv(0) ~= _G",
    "getfenv of all levels": lua("escapes_getfenv_of_all_levels"),
    "getfenv of all levels directly": "for level = 1, 5 do local env = getfenv(level) if env ~= _G then return level end end",
    "getfenv of all levels in a coroutine": lua("escapes_getfenv_of_all_levels_in_a_coroutine"),
    "getfenv in a gsub callback": """
        local found
        string.gsub('x', 'x', function() for l = 1, 9 do local ok, e = pcall(getfenv, l) if ok and e ~= _G then found = e end end end)
        return found""",
    "getfenv in a sort comparator": """
        local found
        table.sort({1, 2}, function() for l = 1, 9 do local e = getfenv(l) if e ~= _G then found = e end end return false end)
        return found""",
    "getfenv in __tostring": lua("escapes_getfenv_in_tostring"),
    "getfenv in a load reader": """
        local found
        load(function() found = getfenv(2) ~= _G or getfenv(3) ~= _G end)
        return found""",
    "getfenv of a fraction": "return getfenv(1.9).HOST_SECRET or getfenv(0.5).HOST_SECRET",
    "getfenv of a negative level": "return getfenv(-1).HOST_SECRET",
    "getfenv of nan": "return getfenv(0/0)",
    "getfenv of a thread": "return getfenv(coroutine.create(print))",
    "setfenv of print": "return setfenv(print, {})",
    "setfenv of another script": "setfenv(victim, {VICTIM_SECRET = 'changed'}) return true",
    "setfenv of a module's function": "return setfenv(errors.new, {})",
    "setfenv of level 0": "return setfenv(0, {})",
    "setfenv of levels above": "for level = 3, 20 do if pcall(setfenv, level, {}) then return level end end",
    "setfenv in a gsub callback": "string.gsub('x', 'x', function() setfenv(2, {}) end) return true",
    "setfenv in a sort comparator": "table.sort({1, 2}, function() setfenv(3, {}) return false end) return true",
    "setfenv of a thread": "return setfenv(coroutine.create(print), {})",
    "setfenv to a metatable trap": "return setfenv(getfenv, setmetatable({}, {__index = _G}))",
    # Code
    "bytecode through loadstring": r"return loadstring('\27LJ\2\0\0')",
    "bytecode through load": r"return load('\27LJ\2\0\0', 'x', 'b')",
    "bytecode in mode bt": r"return load('\27LJ\2\0\0', 'x', 'bt')",
    "bytecode through a reader": r"local n = 0 return load(function() n = n + 1 return ({'\27', 'LJ\2', '\0'})[n] end)",
    "bytecode behind a comment line": r"return loadstring('# line\n\27LJ\2\0\0')",
    "bytecode behind a byte order mark": "return loadstring('\\239\\187\\191\\27LJ\\2\\0\\0')",
    "bytecode of Lua 5.1": r"return loadstring('\27Lua\81\0\1\4\8\4\8\0')",
    "string.dump by another name": """
        for _, f in pairs(string) do local ok, code = pcall(f, function() end) if ok and tostring(code):byte() == 27 then return
        true end end""",
    "loaded code sees the host": "return loadstring('return HOST_SECRET')()",
    "loaded code with an explicit nil environment": "return load('return HOST_SECRET', 'x', 't', nil)()",
    "loaded code in a coroutine": "return coroutine.wrap(loadstring('return HOST_SECRET'))()",
    "loaded code through pcall": "local _, f = pcall(load, 'return HOST_SECRET') return f()",
    "load from a gsub callback": "return (string.gsub('return HOST_SECRET', '.+', function(s) return loadstring(s)() end)) == 'host'",
    "load with a library as environment": "load('format = nil', 'x', 't', string)() return string.format == nil",
    "getfenv of code loaded elsewhere": "local f = load('return 1', 'x', 't', {}) return getfenv(f).HOST_SECRET",
    # Metatables and shared tables
    "the metatable of strings": "return getmetatable('').__index",
    "the methods of strings are replaced": "getmetatable('').__index.upper = function() return 'out' end return ('x'):upper() == 'out'",
    "the metatable of strings is replaced": "return setmetatable('', {})",
    "string.format is assigned": "string.format = print return true",
    "a new string function": "function string.trim() end return true",
    "string.format by rawset": "rawset(string, 'format', print) return true",
    "a string method by rawset": "rawset(string, 'extra', print) return string.extra",
    "a library by table.insert": "table.insert(string, 'x') return string[1]",
    "a library by table.insert at a place": "table.insert(math, 1, 'x') return math[1]",
    "a library by table.sort": "table.sort(string) return true",
    "a library by table.remove": "table.remove(string, 1) return true",
    "a library by table.move": "table.move({1}, 1, 1, 1, string) return string[1]",
    "a library by setmetatable": "setmetatable(string, {__index = {}}) return true",
    "a module by assignment": "errors.new = print return true",
    "a module by rawset": "rawset(errors, 'extra', 1) return errors.extra",
    "a module through pairs": "local _, t = pairs(string) t.format = nil t.extra = 1 return string.format == nil or string.extra",
    "a library through its iterator's state": "for k in pairs(string) do string[k] = nil end return true",
    "the metatable of a library": "return type(getmetatable(string)) == 'table' and getmetatable(string)",
    "the index of a library": "return getmetatable(string).__index",
    "nil gets a metatable": "return setmetatable(nil, {})",
    "functions get a metatable": "return setmetatable(print, {})",
    "coroutine.yield is replaced": "coroutine.yield = nil return true",
    "math.random is replaced": "math.random = function() return 4 end return true",
    "an error's metatable": "return type(getmetatable(errors.new('x'))) == 'table' and true",
    "an error is assigned to": "local e = errors.new('x') e.message = print return true",
    "an error's metatable is replaced": "return setmetatable(errors.new('x'), {})",
    "an error's data by raw access": "return rawget(errors.new('x'), 'message')",
    "the fields of an error through pairs": "for k in pairs(errors.new('x')) do return k end",
    "errors' methods on something else": "return errors.new('x').message({})",
    "wit.none is assigned to": "wit.none.x = 1 return true",
    "wit.none gets a metatable": "return setmetatable(wit.none, {})",
    "the metatable of wit.some": "local m = getmetatable(wit.some(1)) m.__index = 1 return true",
    "64-bit numbers know ffi": "return type(getmetatable(1LL)) == 'table'",
    "64-bit numbers have fields": "return (1LL).x or (1LL)[0]",
    "64-bit numbers are callable": "return (1LL)()",
    "complex numbers are no way to ffi": "local z = 1i return z.new or z.cast",
    "__gc on a table": "local ran setmetatable({}, {__gc = function() ran = true end}) collectgarbage() collectgarbage() return ran",
    "__name as a disguise": "return type(setmetatable({}, {__name = 'userdata'})) == 'userdata'",
    "__metatable as a disguise of errors": "return errors.is(setmetatable({}, {__metatable = 'error'}), '')",
    "__index on the environment's library proxy": "return rawget(string, '__index') or string.__index or string.__newindex",
    # Everything else
    "the collector is stopped": "collectgarbage('stop') return true",
    "the collector is tuned": "collectgarbage('setpause', 0) return true",
    "a traceback handler": "return debug.traceback",
    "a handler sees the host's stack": """
        local found xpcall(error, function() for l = 1, 20 do local ok, e = pcall(getfenv, l) if ok and e ~= _G then found = l end
        end end) return found""",
    "another script's global": "return VICTIM_SECRET",
    "module() makes globals": "module('x', package.seeall) return true",
    "package.loaded is shared": "return package.loaded.SHARED or (function() package.loaded.SHARED = 1 end)()",
    "_G of another script": "_G.SHARED = (SHARED or 0) + 1 return SHARED > 1",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_known_ways_out_are_closed(run: Any, name: str) -> None:
    """A script that tries this gets the error that refuses it, nil or false, and nothing of the host's or of another script's."""
    for _ in range(2):
        answer = run(ESCAPES[name])
        first = answer[0] if isinstance(answer, tuple) else answer
        if name in REFUSALS:
            assert str(first).startswith(f"raised: {REFUSALS[name]}"), first
        else:
            assert not first
    after = run("return victim(), ('x'):upper(), string.format('%d', 1), type(errors.new), coroutine.yield ~= nil")
    assert after == ("victim", "X", "1", "function", True)


def test_errors_of_scripts_do_not_name_the_hosts_files(run: Any) -> None:
    """What a refused attempt raises is blamed on the script's own line."""
    for source in ESCAPES.values():
        answer = run(source)
        first = str(answer[0] if isinstance(answer, tuple) else answer)
        assert set(re.findall(r"([^\s:]*\.lua):\d+", first)) <= {"script.lua"}, first


def test_the_list_is_long_enough() -> None:
    """The suite holds what is publicly known, not a token few."""
    assert len(ESCAPES) >= 60


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("local n = 0 for k, v in pairs(string) do n = n + (string[k] == v and 1 or 100) end return n", 13),
        ("return rawget(string, 'format') == string.format and rawget({5}, 1)", 5),
        ("return getfenv() == _G and getfenv(1) == _G and getfenv(function() end) == _G", True),
        ("local f = setfenv(function() return y end, {y = 3}) return f() + getfenv(f).y", 6),
        ("local r = {type = type} setfenv(1, r) x = 1 return r.x", 1),
        ("local function f() setfenv(2, {tostring = tostring}) end f() return tostring(print)", "nil"),
        ("return loadstring('a = 1 return a + ...')(2) + a", 4),
        ("local n = 0 return load(function() n = n + 1 return ({'return ', '4', '2'})[n] end)()", 42),
        ("local e = {} load('x = 5', 'c', 't', e)() return e.x", 5),
        ("return select(2, load('x =', '@f.lua'))", "f.lua:1: unexpected symbol near '<eof>'"),
        ("return select(2, loadstring('x ='))", "[string \"x =\"]:1: unexpected symbol near '<eof>'"),
        ("return select(2, load('return 1', 'x', 'b'))", "only text can be loaded, but the mode is 'b'"),
        ("return select(2, load(function() return 5 end))", "reader function must return a string"),
        ("string.x = 1", "raised: script.lua:1: the library 'string' can't be changed, so string.x stays as it is"),
        ("\nrawset(math, 'pi', 3)", "raised: script.lua:2: the library 'math' can't be changed, so math.pi stays as it is"),
        ("table.sort({1, 'a'})", "raised: script.lua:1: attempt to compare string with number"),
        ("local s = ('x'):gsub('(', print) return s", "raised: script.lua:1: unfinished capture"),
        ("local s = ('x'):gsub('x', function() return {} end) return s", "raised: script.lua:1: invalid replacement value (a table)"),
        ("return string.format('%s|%5.1f|%s', errors.new 'x', 2, setmetatable({}, {__tostring = function() return 't' end}))", "x|  2.0|t"),
        ("local s = string.format('%d', {}) return s", "raised: script.lua:1: bad argument #2 to 'format' (number expected, got table)"),
        ("return string.format('%s %s %s %s %s %s', 1, 2, 3, 4, 5, nil)", "1 2 3 4 5 nil"),
        ("return os.date('!%Y', os.time{year = 2020, month = 6, day = 1})", "2020"),
        ("return os.time(setmetatable({}, {__index = function(_, k) return 1 end})) > -1e12", True),
        ("return type(os.clock()) == 'number' and os.difftime(2, 1)", 1),
        ("return collectgarbage('count') > 0 and collectgarbage() == 0 and type(collectgarbage('step'))", "boolean"),
        ("return bit.band(7, 3) + math.floor(2.5) + #table.concat({'a', 'b'})", 7),
        ("return type(unpack) .. type(xpcall) .. _VERSION", "functionfunctionLua 5.1"),
        ("local n = 0 local _, e = xpcall(error, function() n = n + 1 error('x', 0) end) return n .. e", "1error in error handling: x"),
        ("return coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b end)(1)", 2),
        ("local co = coroutine.create(function() error('x') end) return select(2, coroutine.resume(co))", "script.lua:1: x"),
        ("return select(2, pcall(coroutine.wrap(function() error({5}) end)))[1]", 5),
        ("coroutine.resume(5)", "raised: script.lua:1: bad argument #1 to 'resume' (coroutine expected, got number)"),
        ("coroutine.wrap(5)", "raised: script.lua:1: bad argument #1 to 'wrap' (function expected, got number)"),
        ("local t = {} ('ab'):gsub('.', function(c) t[#t + 1] = c end) return table.concat(t, '-')", "a-b"),
        ("return coroutine.wrap(function() return (('a'):gsub('a', coroutine.yield)) end)()", "a"),
    ],
)  # fmt: skip
def test_what_a_script_has(run: Any, source: str, expected: Any) -> None:
    """The rest of Lua 5.1 is there and behaves; errors are blamed on the script."""
    assert run(source) == expected


def test_coroutines_may_nest_but_not_for_ever(run: Any) -> None:
    """A chain of coroutines ends in our error, and one after another costs nothing."""
    nest = "local n = 0 local function f() n = n + 1 local r = coroutine.wrap(f)() return r end return select(2, pcall(f)), n"
    assert run(nest) == ("coroutines are nested deeper than 200 levels", 201)
    assert run("for _ = 1, 1000 do coroutine.wrap(function() end)() end return coroutine.wrap(function() return 7 end)()") == 7
