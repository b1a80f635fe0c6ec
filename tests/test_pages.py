"""Every block of the pages and of the README runs, or is listed below with the reason why not.

Blocks with a title, `lua title="double.lua"`, are files, and those of YAML that begin with an entry are added to their file; `console`
blocks are commands after `$ ` and what they print. Both belong to one folder for each page, in their order. Other Lua is read by the
Lua of scripts, and other YAML is held against the schema of registry files.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from moonwit.kinds import KINDS
from moonwit.registry.reading.json_schema import json_schema

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```([\w]*)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]

# Kinds of blocks that no machine runs, with the reason.
SHOWN = {
    "text": "output, and help texts, which tests/test_reference.py and tests/moonwit/repl/test_page.py compare",
    "mermaid": "a drawing",
    "wit": "an interface: those of new guests are compared with the templates by tests/test_reference.py",
    "wat": "as wit; tests/moonwit/test_new.py builds and calls it",
    "c": "needs clang: tests/moonwit/test_new.py builds and calls it where it is there",
    "rust": "needs cargo: as c",
    "go": "needs Go: as c",
    "javascript": "needs Node: as c",
    "js": "needs Node: as c",
    "toml": "needs cargo: as c",
    "python": "a guest, which needs componentize-py; that of docs/python.md is run here",
    "sh": "needs a toolchain, a network or a machine of one's own; those that run a script are run by tests/moonwit/test_docs.py",
}
# Lua without a title, by its page: what runs it, or why it is only read by Lua and not run.
LUA_ELSEWHERE = {
    "README.md": "two lines that show a call; examples/compute makes it",
    "docs/async.md": "calls guests of componentize-py, which are too large to be kept; tests/async does the same with others",
    "docs/console.md": "run by tests/moonwit/test_docs.py",
    "docs/data.md": "run by tests/stdlib/data/test_docs.py",
    "docs/groups.md": "run by tests/moonwit/test_docs.py",
    "docs/http.md": "a handler, and a request over a network; tests/host/http and tests/stdlib/test_http_client.py do the same",
    "docs/imports.md": "a library for a component that no page has; tests/moonwit/test_imports.py does the same",
    "docs/processes.md": "run by tests/moonwit/test_processes_page.py",
    "docs/projects.md": "run by tests/moonwit/test_projects_page.py",
    "docs/registry.md": "calls compute.wasm, which is not kept with the page; examples/compute does the same",
    "docs/scripts.md": "run by tests/moonwit/test_docs.py",
    "docs/state.md": "run by tests/stdlib/state/test_docs.py",
}
# Pages whose commands in `console` are shown only.
NOT_RUN = {"docs/http.md": "curl against a server that runs: tests/moonwit/test_serve.py asks examples/greet the same"}


def blocks(name: str) -> list[tuple[str, str, str]]:
    """Gives the blocks of a page: kind, title and text."""
    return BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_every_block_is_of_a_kind_that_is_known(name):
    """Each runs or has a reason in the list, and none is left open."""
    for kind, _, text in blocks(name):
        assert kind in SHOWN or kind in ("lua", "yaml", "console"), f"{name}: {kind}: {text[:60]}"
    assert len(re.findall(r"^\s*```", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)) == 2 * len(blocks(name))


@pytest.mark.parametrize("name", [name for name in NAMES if any(kind == "console" for kind, _, _ in blocks(name)) and name not in NOT_RUN])
def test_commands_print_what_is_shown(name, tmp_path):
    """The commands of a page run in a folder with its files, one after the other."""
    shim = tmp_path / "bin" / "moonwit"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m moonwit "$@"\n')
    shim.chmod(0o755)
    folder = tmp_path / "page"
    folder.mkdir()
    env = {**os.environ, "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    for kind, title, text in blocks(name):
        if title:
            path = folder / title
            before = path.read_text() if path.exists() and text.lstrip().startswith("- ") else ""
            path.write_text(before + text)
        elif kind == "console":
            for found in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
                done = subprocess.run(["sh", "-c", found[1]], cwd=folder, env=env, capture_output=True, text=True, timeout=300)
                assert done.returncode == 0, (found[1], done.stdout, done.stderr)
                if found[2]:
                    assert done.stdout == found[2], found[1]


LUA = [(name, number, text) for name in NAMES for number, (kind, _, text) in enumerate(blocks(name)) if kind == "lua"]
YAML = [(name, number, text) for name in NAMES for number, (kind, _, text) in enumerate(blocks(name)) if kind == "yaml"]


def test_lua_runs_or_is_listed():
    """Lua without a title stands only on the pages that the list has, and each of them has some."""
    assert {name for name in NAMES for kind, title, _ in blocks(name) if kind == "lua" and not title} == set(LUA_ELSEWHERE)


def test_lua_is_lua():
    """Each block of Lua is read by LuaJIT."""
    from lupa import luajit21

    read = luajit21.LuaRuntime().eval("function(text, name) local f, err = loadstring(text, name) return err end")
    assert [sentence for name, number, text in LUA if (sentence := read(text, f"={name}:{number}"))] == []


@pytest.mark.parametrize(("name", "number", "text"), YAML, ids=[f"{name}-{number}" for name, number, _ in YAML])
def test_yaml_fits_the_schema(name, number, text):
    """Each block of entries is what a registry file may hold; what stands inside an entry stands in one then."""
    value = yaml.safe_load(text.replace("sha256:...", f"sha256:{'0' * 64}"))
    if isinstance(value, dict) and "entries" not in value:
        value = [{"name": "some", "kind": "function.wasm", "fs": "here", "path": "/a.wasm", "hash": f"sha256:{'0' * 64}"} | value]
    if isinstance(value, list):
        value = {"version": "1.0", "namespace": "page", "entries": value}
    jsonschema.validate(value, json_schema(KINDS))


def test_the_page_on_python_runs(monkeypatch, capsys):
    """Its first block prints what its comment says."""
    monkeypatch.chdir(ROOT)
    text = next(text for kind, _, text in blocks("docs/python.md") if kind == "python")
    exec(compile(text, "docs/python.md", "exec"), {})
    assert capsys.readouterr().out == "42\n"
