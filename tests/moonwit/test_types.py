"""`moonwit types`: what it writes for editors."""

import json
import shutil
from pathlib import Path

from lupa.luajit21 import LuaRuntime

from tests import projects

EXAMPLES = Path(__file__).parents[2] / "examples"

INDEX = r"""
  - name: pick
    kind: function.wat
    source: |
      (module (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "pick") (param i32 f32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0))
    wit: |
      enum size { small, very-large }
      variant shape { dot, circle(f32) }
      flags rights { read, write-all }
      record item { shape: shape, size: size, note: option<string> }
      pick: func(item: item, rights: rights, limit: option<u32>) -> result<list<u8>, string>;
    method: pick
  - name: broken
    kind: function.wat
    source: (module (func (export "broken")))
    method: other
"""


def test_a_projects_functions(moonwit, tmp_path):
    """Each function is an overload of `funcs.call`, its named types are declared; what can't be used is left out, and told."""
    folder = tmp_path / "project"
    folder.mkdir()
    projects.write(folder, INDEX, namespace="demo")
    result = moonwit("types", folder)
    assert result.returncode == 0
    assert result.stdout == ".moonwit/types: the standard library and 1 function; .luarc.json names them\n"
    assert "demo:broken is left out" in result.stderr
    calls = (folder / ".moonwit" / "types" / "funcs.lua").read_text(encoding="utf-8")
    assert '---@overload fun(id: "demo:pick", item: demo.item, rights: demo.rights, limit?: integer?): string?, Error?\nfunction' in calls
    assert (folder / ".moonwit" / "types" / "project.lua").read_text(encoding="utf-8") == (
        "---@meta\n\n"
        "---@class demo.item\n---@field shape demo.shape\n---@field size demo.size\n---@field note? string?\n\n"
        '---@alias demo.shape "dot"|{circle: number}\n\n'
        '---@alias demo.size "small"|"very-large"\n\n'
        '---@alias demo.rights {read?: boolean, ["write-all"]?: boolean}\n\n'
        "---@class functions.demo_pick\n---@field pick fun(item: demo.item, rights: demo.rights, limit?: integer?): string?, Error?\n"
    )


def test_methods_of_resources(moonwit, tmp_path):
    """A resource is a class with a method for each of its component's, after which comes `drop`."""
    from luaparser import ast, astnodes

    folder = tmp_path / "resources"
    shutil.copytree(EXAMPLES / "resources", folder)
    assert moonwit("types", folder).returncode == 0
    text = (folder / ".moonwit" / "types" / "project.lua").read_text(encoding="utf-8")
    methods = {node.name.id: [arg.id for arg in node.args] for node in ast.walk(ast.parse(text)) if isinstance(node, astnodes.Method)}
    assert methods == {
        "absorb": ["other"], "add": ["title", "text"], "find": ["word"], "name": [], "shared_words": ["other"], "siblings": [], "split": [],
        "drop": [],
    }  # fmt: skip
    assert "---@class demo.text_index\nlocal demo_text_index = {}\n" in text
    assert "---@param word string\n---@return demo.hit[]? value\n---@return Error? err\nfunction demo_text_index:find(word) end\n" in text


def test_the_files_are_lua(moonwit, tmp_path):
    """What is written compiles as Lua, also for the examples."""
    lua = LuaRuntime(register_eval=False, register_builtins=False)
    check = lua.eval("function(text) local f, problem = loadstring(text) return problem end")
    for name in ("pipeline", "resources"):
        folder = tmp_path / name
        shutil.copytree(EXAMPLES / name, folder)
        assert moonwit("types", cwd=folder).returncode == 0
        written = sorted((folder / ".moonwit" / "types").iterdir())
        assert {"funcs.lua", "globals.lua", "project.lua", "time.lua"} <= {path.name for path in written}
        for path in written:
            assert check(path.read_text(encoding="utf-8")) is None


def test_settings_of_the_editor_stay(moonwit, project):
    """An existing `.luarc.json` keeps what it says, and is the same when the command runs again; one that is not an object is kept."""
    settings = project / ".luarc.json"
    settings.write_text('{"workspace.library": ["other"], "hint.enable": true}', encoding="utf-8")
    for _ in range(2):
        assert moonwit("types", project).returncode == 0
        assert json.loads(settings.read_text(encoding="utf-8")) == {
            "workspace.library": ["other", ".moonwit/types"],
            "hint.enable": True,
            "runtime.version": "LuaJIT",
        }
    settings.write_text("// mine", encoding="utf-8")
    result = moonwit("types", project)
    assert result.returncode == 1
    assert "is not JSON object that could be added to" in result.stderr
    assert settings.read_text(encoding="utf-8") == "// mine"


def test_usage(moonwit, tmp_path):
    """One folder is enough; outside of a project there is nothing to write."""
    assert moonwit("types", "a", "b").returncode == 2
    assert "there is no project" in moonwit("types", tmp_path).stderr
