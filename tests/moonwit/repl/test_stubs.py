"""The annotations say what the standard library has, no more and no less."""

from lupa.luajit21 import LuaRuntime

from moonwit.kinds import KINDS
from moonwit.lua.calls.entries import Entries
from moonwit.lua.lane.lane import ROOT
from moonwit.registry import load
from moonwit.repl.session.knowledge import Knowledge
from moonwit.stubs import FOLDER, LANGUAGE, docs, read

_NAMES = b"""
package.path, package.cpath = ..., ''
local found = {}
local function look(name, module, behind)
  for key, value in pairs(module) do found[#found + 1] = name .. '.' .. tostring(key) .. ' ' .. type(value) end
end
for name, load in pairs(require 'stdlib.modules') do
  found[#found + 1] = name .. ' module'
  look(name, load(name))
end
return table.concat(found, '\\n')
"""


_LANGUAGE = b"""
package.path, package.cpath = ..., ''
local found = {}
local sandbox = require 'lua.scripts.sandbox'
require 'lua.dispatcher.dispatcher'
for name, value in pairs(sandbox.environment {}) do
  local _, library = sandbox.library_of(value)
  if type(value) == 'function' then found[#found + 1] = name end
  for key, f in pairs(library or {}) do
    if type(f) == 'function' then found[#found + 1] = name .. '.' .. key end
  end
end
return table.concat(found, ' ')
"""

LIBRARIES = {doc.name.partition(".")[0] for doc in read((FOLDER / "lua.lua").read_text(encoding="utf-8"), LANGUAGE)}


def real_names() -> dict[str, str]:
    """Gives the modules and what is in them, with types."""
    lua = LuaRuntime(register_eval=False, register_builtins=False, encoding=None)
    names = lua.execute(_NAMES, f"{ROOT}/?.lua".encode()).decode()
    return dict(line.rsplit(" ", 1) for line in names.split("\n"))


def test_every_module_has_its_annotations():
    """Each module of the standard library has a file, and each of its functions and values an annotation; nothing else has."""
    real = real_names()
    modules = {name for name, kind in real.items() if kind == "module"}
    assert {path.stem for path in FOLDER.rglob("*.lua")} - {LANGUAGE} == modules
    known = {name: doc for name, doc in docs().items() if name.partition(".")[0] in modules and ":" not in name and "." in name}
    listed = {name for name in real if "." in name}
    looked_up = {"time.UTC", "time.utc", "time.LOCAL", "time.localtz"}  # found by the module's metatable
    assert set(known) - looked_up == listed
    assert all((known[name].kind == "function") == (real[name] == "function") for name in listed)


def test_values_are_explained_by_their_class():
    """The class of a value is found by the name that its metatable has, with or without the name of its module."""
    knowledge = Knowledge(Entries(load(FOLDER, KINDS)))
    kinds = "channel duration error executor file folder future location payload stream ticker time timer".split()
    assert [knowledge.class_of(kind) for kind in kinds] == [kind.capitalize() for kind in kinds]
    assert (knowledge.class_of("http.request"), knowledge.class_of("http_client.stream")) == ("Request", "Stream")
    assert not any(map(knowledge.class_of, ("module", "table", "function", "string", "nil", "record", "logger", "")))


def test_annotations_are_whole():
    """Each function says what it is for, and has a type for each parameter that it names."""
    for doc in docs().values():
        if doc.kind == "function":
            assert doc.text.endswith("."), doc.name
            if doc.params == [] and doc.name.partition(".")[0] in LIBRARIES:
                continue  # editors know Lua's own types
            assert [name.rstrip("?") for name, _, _ in doc.params] == [part for part in doc.arguments.split(", ") if part], doc.name
            assert all(type for _, type, _ in doc.params), doc.name


def test_lua_itself():
    """Each function that a script has without asking is explained, and no other."""
    lua = LuaRuntime(register_eval=False, register_builtins=False, encoding=None)
    names = lua.execute(_LANGUAGE, f"{ROOT}/?.lua".encode()).decode().split()
    explained = {doc.name for doc in read((FOLDER / "lua.lua").read_text(encoding="utf-8"), LANGUAGE) if doc.kind == "function"}
    assert explained == {*names, "require", "print", "help"}


def test_reading():
    """Comments, types with spaces in them, optional parameters and named results are read."""
    text = (
        "---@meta\n\n---A thing.\n---@class m\n---@field limit integer the most\nlocal m = {}\n\n"
        "---Does it.\n---@param given {a: string, b?: integer} what\n---@param more? string\n---@return true? done\n---@return Error? err\n"
        "function m.act(given, more) end\n"
    )
    module, field, act = read(text, "m")
    assert (module.kind, module.text, field.name, field.text) == ("module", "A thing.", "m.limit", "integer the most")
    assert act.params == [("given", "{a: string, b?: integer}", "what"), ("more?", "string", "")]
    assert act.signature == "m.act(given, more) -> done: true?, err: Error?"
