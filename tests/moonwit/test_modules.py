"""`require` of Lua files: beside the script, in the project's `lua`, of rocks in `lua_modules`; and never from outside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.texts import texts

lua, _ = texts(__file__)

ENTRY = """
version: "1.0"
namespace: app
entries:
  - name: f
    kind: function.lua
    modules: [time]
    source: file://src.lua
  - name: inline
    kind: function.lua
    source: 'return function() return require("shared").name end'
  - name: worker
    kind: function.lua
    pool: {type: static, workers: 1}
    source: 'return function() return require("shared").name end'
  - name: unlisted
    kind: function.lua
    source: 'return function() return require("json") end'
"""


@pytest.fixture
def project(write):
    """A project with a module in each place."""
    write("_index.yaml", ENTRY)
    write("src.lua", "local here = require('beside')\nreturn function(what) if what then return require(what) end return here end")
    write("beside.lua", "return 'beside the entry'")
    write("lua/shared.lua", "return {name = 'shared', times = (times or 0) + 1}")
    write("lua/deep/init.lua", "return 'an init of ' .. ...")
    write("lua_modules/share/lua/5.1/rock/core.lua", "return {rock = require('rock.part')}")
    write("lua_modules/share/lua/5.1/rock/part.lua", "return 'of a rock'")
    write("scripts/own.lua", "return 'own'")


def test_modules_are_found_in_each_place(moonwit, write, project):
    """A script requires what is beside it, below `lua`, and of rocks; each file is run once, with its name as argument."""
    write(
        "scripts/s.lua",
        lua("modules_are_found_in_each_place"),
    )
    result = moonwit("run", "scripts/s.lua")
    assert (result.stderr, result.stdout) == ("", "own\tan init of deep\tof a rock\n1\ttrue\t1\nnil\n")


def test_entries_require_files_too(moonwit, project):
    """A function finds what is beside its source and in the project, in workers' lanes as well; unlisted modules stay unlisted."""
    assert moonwit("call", "app:f").stdout == '"beside the entry"\n'
    assert moonwit("call", "app:inline").stdout == '"shared"\n'
    assert moonwit("call", "app:worker").stdout == '"shared"\n'
    assert "module 'json' is not listed in the entry's modules" in moonwit("call", "app:unlisted").stderr


def test_a_session_requires_files(moonwit, project):
    """Inputs find files of the working directory and of the project."""
    result = moonwit("repl", input="require('beside')\nrequire('rock.part')\n")
    assert (result.stderr, result.stdout) == ("", '"beside the entry"\n"of a rock"\n')


def test_what_is_not_there_is_named_with_where_it_was_looked_for(moonwit, write, project):
    """The sentence names each file that would have done, blames the script's line, and says what a path is."""
    write("scripts/s.lua", "\nrequire 'nowhere.at'")
    assert moonwit("run", "scripts/s.lua").stderr.splitlines()[0] == (
        "moonwit: scripts/s.lua:2: module 'nowhere.at' doesn't exist (there is no file scripts/nowhere/at.lua, lua/nowhere/at.lua, "
        "lua_modules/share/lua/5.1/nowhere/at.lua)"
    )
    for name in ("./own", "/etc/passwd", "..own", "own.", "../scripts/own", "own\\0", "", "a" * 300, "own.lua/"):
        write("scripts/s.lua", f'print(pcall(require, "{name}"))')
        assert "without its path and ending" in moonwit("run", "scripts/s.lua").stdout, name


def test_no_path_leads_out_of_the_project(moonwit, write, project, tmp_path_factory):
    """Links to files and folders outside are refused; links inside are followed."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.lua").write_text("return 'secret'")
    folder = Path(
        write("scripts/s.lua", "for _, name in ipairs{'file', 'folder.secret', 'up.secret', 'inside'} do print(pcall(require, name)) end")
    )
    folder = folder.parent
    os.symlink(outside / "secret.lua", folder / "file.lua")
    os.symlink(outside, folder / "folder")
    os.symlink("../../" + outside.name, folder / "up")
    os.symlink("../lua/shared.lua", folder / "inside.lua")
    lines = moonwit("run", "scripts/s.lua").stdout.splitlines()
    assert [line.startswith("false") and "leaves the project" in line for line in lines[:3]] == [True] * 3
    assert lines[3].startswith("true")


def test_what_is_not_a_source_is_refused(moonwit, write, project):
    """A FIFO, bytecode, a folder, a file that does not compile and one that raises: a sentence each, and the script goes on."""
    base = Path(
        write("scripts/s.lua", "for _, name in ipairs{'fifo', 'code', 'folder', 'broken', 'raises'} do print(pcall(require, name)) end")
    ).parent
    os.mkfifo(base / "fifo.lua")
    (base / "code.lua").write_bytes(b"\x1bLJ\x02")
    (base / "folder.lua").mkdir()
    write("scripts/broken.lua", "\nx ==")
    write("scripts/raises.lua", "\nerror('no')")
    fifo, code, folder, broken, raises = moonwit("run", "scripts/s.lua").stdout.splitlines()
    assert "is a device, a FIFO or a socket" in fifo
    assert "bytecode can't be loaded" in code
    assert "doesn't exist" in folder
    assert broken == "false\tscripts/broken.lua:2: '=' expected near '=='"
    assert raises == "false\tscripts/raises.lua:2: no"


def test_compiled_rocks_are_told_apart(moonwit, write, project):
    """A rock in C is there, and the sentence says why it can't be loaded."""
    write("lua_modules/lib/lua/5.1/lfs.so", "")
    write("s.lua", "require 'lfs'")
    assert "lua_modules/lib/lua/5.1/lfs.so is compiled C code, which is not loaded" in moonwit("run", "s.lua").stderr


def test_circles_are_shown(moonwit, write):
    """Modules that require each other, in one coroutine or across two that wait, get the whole circle."""
    write("a.lua", "local b = require 'b' return b")
    write("b.lua", "local a = require 'a' return a")
    write("x.lua", "time.sleep('5ms') return require 'y'")
    write("y.lua", "time.sleep('5ms') return require 'x'")
    write(
        "s.lua",
        lua("circles_are_shown"),
    )
    result = moonwit("run", "s.lua")
    assert (result.stderr, result.stdout) == (
        "", "false\tb.lua:1: modules require each other in a circle: a -> b -> a\ntrue\n"
    )  # fmt: skip


def test_a_module_that_waits_is_run_once(moonwit, write):
    """Coroutines that require it meanwhile wait for its end, and get the same; after a failure the next tries again."""
    write("slow.lua", "runs = (runs or 0) + 1 time.sleep('10ms') return {n = runs}")
    write("flaky.lua", "tries = (tries or 0) + 1 time.sleep('5ms') if tries == 1 then error('first') end return tries")
    write(
        "s.lua",
        lua("a_module_that_waits_is_run_once"),
    )
    result = moonwit("run", "s.lua")
    assert (result.stderr, result.stdout) == ("", "1\tfalse\ttrue\t2\n")


def test_modules_share_the_globals_of_their_script_and_no_others(moonwit, write, project):
    """A module sees the script's globals and the sandbox, not more."""
    write("scripts/m.lua", "return {shared, debug, rawget(_G, 'ffi'), load('\\27LJ')}")
    write("scripts/s.lua", "shared = 'seen' local m = require 'm' print(m[1], m[2], m[3], m[4])")
    assert moonwit("run", "scripts/s.lua").stdout == "seen\tnil\tnil\tnil\n"


def test_preloaded_modules_come_before_files(moonwit, write):
    """`package.preload` has functions that give modules, as in Lua."""
    write("m.lua", "return 'file'")
    write("s.lua", "package.preload.m = function(name) return 'preloaded ' .. name end print(require 'm', require 'm')")
    assert moonwit("run", "s.lua").stdout == "preloaded m\tpreloaded m\n"
