"""Calls of known ids are typed: by `funcs.call`, by the tables of `funcs.import`, and for functions in Lua by their own annotations."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from moonwit.__main__ import main
from moonwit.stubs import type_end
from tests import projects
from tests.texts import texts

lua, _ = texts(__file__)

INDEX = """
  - name: shop
    kind: function.wat
    source: |
      (component
        (core module $M (func (export "f") (param i32) (result i32) (local.get 0)))
        (core instance $m (instantiate $M))
        (func $f (param "count" u32) (result u32) (canon lift (core func $m "f")))
        (export "total-of" (func $f))
        (instance $cart (export "add-one" (func $f)))
        (export "acme:shop/cart" (instance $cart)))
  - name: greet
    kind: function.lua
    source: |
      local M = {}
      ---Greets.
      ---@param name string who
      ---@param times? integer
      ---@return {text: string, n: integer} greeting
      local function greet(name, times) return { text = name, n = times or 1 } end
      return greet
  - name: by_method
    kind: function.lua
    method: run
    source: |
      local M = {}
      ---@param list string[] | nil what
      ---@return boolean
      function M.run(list) return list ~= nil end
      return M
  - name: untyped
    kind: function.lua
    source: return function(a) return a end
"""
SERVER = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")) / "bin" / "emmylua_check"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with annotations."""
    projects.write(tmp_path, INDEX, namespace="app")
    monkeypatch.chdir(tmp_path)
    assert main(["types"]) == 0
    return tmp_path


def test_what_is_written(folder):
    """An overload for each function, a class for the table of each entry and for each interface in it."""
    text = (folder / ".moonwit/types/funcs.lua").read_text()
    for line in (
        '---@overload fun(id: "app:shop#total-of", count: integer): integer?, Error?\n',
        '---@overload fun(id: "app:shop#acme:shop/cart#add-one", count: integer): integer?, Error?\n',
        '---@overload fun(id: "app:greet", name: string, times?: integer): {text: string, n: integer}?, Error?\n',
        '---@overload fun(id: "app:by_method", list: string[] | nil): boolean?, Error?\n',
        '---@overload fun(id: "app:shop"): functions.app_shop?, Error?\nfunction funcs.import(',
    ):
        assert line in text
    assert "untyped" not in text
    assert (
        "---@class functions.app_shop\n---@field total_of fun(count: integer): integer?, Error?\n---@field cart functions.app_shop.cart\n"
        "\n---@class functions.app_shop.cart\n---@field add_one fun(count: integer): integer?, Error?\n"
    ) in (folder / ".moonwit/types/project.lua").read_text()


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("string who", "string"), ("fun(a: integer): string, Error? f", "fun(a: integer): string, Error?"),
        ("a | b c", "a | b"), ("{[string]: integer} map", "{[string]: integer}"), ("x", "x"), ("", ""),
    ],
)  # fmt: skip
def test_where_atype_ends(text, type):
    """At the first space that is not part of it."""
    assert text[: type_end(text)] == type


def checked(folder: Path, script: str) -> list[str]:
    """Gives what a language server says of a script of the project."""
    (folder / "main.lua").write_text(script)
    (folder / ".emmyrc.json").write_text(json.dumps({"workspace": {"library": [".moonwit/types"]}, "runtime": {"version": "LuaJIT"}}))
    tool = str(SERVER) if SERVER.exists() else str(shutil.which("emmylua_check"))
    result = subprocess.run([tool, "-f", "json", str(folder)], capture_output=True, text=True, timeout=300, check=False)
    found = json.loads(result.stdout[result.stdout.index("[") :]) if "[" in result.stdout else []
    return [each["message"] for file in found if file["file"].endswith("main.lua") for each in file["diagnostics"]]


@pytest.mark.skipif(
    not SERVER.exists() and shutil.which("emmylua_check") is None,
    reason="the language server is absent: cargo install --locked emmylua_check@0.25.1",
)
def test_a_language_server_knows_the_calls(folder):
    """What is right is taken, a wrong argument of a known function is reported, and results have their types."""
    right = lua("a_language_server_knows_the_calls")
    assert checked(folder, right) == []
    wrong = checked(folder, right.replace("shop.total_of(1)", "shop.total_of('one')"))
    assert any("integer" in message for message in wrong)
    assert any("integer" in message for message in checked(folder, right.replace("#total-of', 2", "#total-of', 'two'")))
    mistyped = checked(folder, right.replace("greeting.text", "greeting.txet"))
    assert any("txet" in message for message in mistyped)
