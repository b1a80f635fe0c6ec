"""Environments of scripts, function.lua and library.lua entries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lupa.luajit21
import pytest

from tests.texts import texts

read_lua, _ = texts(__file__)

ROOT = Path(__file__).resolve().parents[2]

PRELUDE = read_lua("prelude")


@pytest.fixture
def lua() -> Any:
    """Runs internal Lua with `script(source, ...)` and `entry{...}` in reach; strings come back as str."""
    runtime = lupa.luajit21.LuaRuntime(register_eval=False, register_builtins=False)
    return runtime.execute(PRELUDE, str(ROOT / "moonwit" / "?.lua"))


def test_a_script_has_every_module_as_a_global_and_by_require(lua: Any) -> None:
    """A module needs no listing in a script that is run from a file."""
    answer = lua("""return script 'return greet.hello("a"), require("greet").hello("b"), require "greet" == greet'""")
    assert answer == ("hello a", "hello b", True)


def test_a_script_sees_its_arguments(lua: Any) -> None:
    """Arguments reach the chunk as `...`."""
    assert lua("return script('local a, b = ... return a + b', 3, 4)") == 7


def test_an_unknown_module_names_the_nearest(lua: Any) -> None:
    """A mistyped name is answered with the right one, blaming the script's line."""
    message = lua("return tostring(select(2, pcall(script, '\\nlocal x = require \"grete\" return x')))")
    assert message == "script.lua:2: module 'grete' doesn't exist, did you mean 'greet'?"


def test_base_libraries_are_requirable(lua: Any) -> None:
    """`require "string"` gives the same table as the global."""
    assert lua("""return script 'return require "string" == string and require "math" == package.loaded.math'""") is True


def test_scripts_share_no_globals(lua: Any) -> None:
    """A global of one script is nil in the next, and modules a script shadows stay as they are for others."""
    assert lua("script 'leak = 1; greet = 2'; return script 'return leak == nil and type(greet)'") == "table"


def test_modules_can_not_be_changed(lua: Any) -> None:
    """Assigning to a module's field raises."""
    message = lua("return tostring(select(2, pcall(script, 'greet.hello = 1')))")
    assert message == "script.lua:1: the library 'greet' can't be changed, so greet.hello stays as it is"


def test_a_syntax_error_names_chunk_and_line(lua: Any) -> None:
    """The error of a script that doesn't compile is an Invalid with its place."""
    assert lua("local _, e = script('\\n\\nx ==') return e:kind(), e:message()") == ("Invalid", "script.lua:3: '=' expected near '=='")


def test_an_entry_returns_a_function_or_a_table_with_the_method(lua: Any) -> None:
    """Both shapes of source give something to call."""
    assert lua("return assert(entry{source='return function(a) return a * 2 end'})(21)") == 42
    assert lua("return assert(entry{source='return {run = function(a) return a * 2 end}', method='run'})(21)") == 42


def test_an_entry_keeps_its_globals_between_calls_but_not_from_others(lua: Any) -> None:
    """State of an entry lives in its own environment."""
    source = "n = (n or 0); return function() n = n + 1 return n end"
    assert lua(f"local a, b = entry{{source='{source}'}}, entry{{source='{source}'}} a() a() return a(), b()") == (3, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("source='return 1'", "app:f: expected a function as what the source returns, or a table that holds `method`, got a number"),
        ("source=''", "app:f: expected a function as what the source returns, or a table that holds `method`, got nil"),
        ("source='return {}'", "app:f: the source returns a table: say by `method` which function of it is meant"),
        (
            "source='return {handle=print}', method='handel'",
            "app:f: the table that the source returns has no function 'handel', did you mean 'handle'?",
        ),
        ("source='return 1 1'", "f.lua:1: '<eof>' expected near '1'"),
        ("source='\\nerror(\"no\")'", "f.lua:2: no"),
        ("source='require \"json\"', modules={'errors'}", "f.lua:1: module 'json' is not listed in the entry's modules (app:f)"),
        ("source='return 1', modules={'jsom'}", "app:f: module 'jsom' in `modules` doesn't exist, did you mean 'json'?"),
        ("source='return 1', imports={l={id='app:l', source=''}}",
         "library app:l returns nothing: end its source with `return` and the table of its functions"),
        ("source='return 1', imports={l={id='app:l', chunkname='@l.lua', source='x ='}}", "l.lua:1: unexpected symbol near '<eof>'"),
        ("source='local t = setmetatable({}, {__tostring = error}) error(t)'", "a table value that can't be shown"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_entry_is_said(lua: Any, fields: str, message: str) -> None:
    """An entry that can't be made ready gives nil and an error value that says why."""
    assert lua(f"local f, e = entry{{{fields}}} return f, e:message()") == (None, message)


def test_listed_modules_and_imports_are_globals(lua: Any) -> None:
    """What an entry lists it has both ways; `errors` it has in any case; the rest it has not."""
    assert lua(read_lua("listed_modules_and_imports_are_globals")) == ("hello x", True, 1, True, "table", None)


def test_a_library_is_evaluated_once_per_entry(lua: Any) -> None:
    """Two ways to one library give one value inside an entry and another in the next entry."""
    assert lua(read_lua("a_library_is_evaluated_once_per_entry")) == (2, True, 1)


def test_a_library_has_its_own_environment(lua: Any) -> None:
    """A library's globals are not the entry's, and its modules are those it lists itself."""
    assert lua("""
        local l = {id = "app:l", source = "hidden = 1 return {see = function() return greet == nil, outer end}"}
        local f = assert(entry{source = "outer = 1 return function() return hidden, l.see() end", modules = {"greet"}, imports = {l = l}})
        return f()
    """) == (None, True, None)


def test_import_cycles_are_named(lua: Any) -> None:
    """Libraries that import each other give an error that walks the circle."""
    assert lua(read_lua("import_cycles_are_named")) == (None, "libraries import each other in a circle: app:a -> app:b -> app:a")


def test_deep_imports_are_an_error_of_ours(lua: Any) -> None:
    """A chain of thousands of libraries ends in a sentence, not in a stack overflow."""
    assert "more than 100 levels deep" in lua(read_lua("deep_imports_are_an_error_of_ours"))


def test_an_error_thrown_while_loading_keeps_its_kind(lua: Any) -> None:
    """An error value thrown by the source comes back as it is."""
    assert lua("local f, e = entry{source='error(errors.new{message=\"m\", kind=\"Timeout\"})'} return e:kind()") == "Timeout"
