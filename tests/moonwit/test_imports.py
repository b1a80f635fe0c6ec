"""Imports that entries answer, as `check`, `inspect` and `types` know them."""

from __future__ import annotations

from pathlib import Path

import pytest

from moonwit.host.functions.inspect import inspect_entry, inspect_file
from moonwit.projects.checking import check
from tests import projects
from tests.lua.test_imported_resources import CARTS, LIFTS
from tests.texts import texts

_, wat = texts(__file__)

MATH = wat("math")
HALF = "(module (func (export \\\"f\\\") (param f64) (result f64) (local.get 0)))"


def project(folder: Path, imports: str, more: str = "") -> Path:
    (folder / "guest.wat").write_text(MATH)
    projects.write(folder, f"""
  - {{name: math, kind: library.lua, source: "return {{add = function(a, b) return a + b end}}"}}
  - {{name: empty, kind: library.lua, source: "return {{}}"}}
  - {{name: half, kind: function.wat, method: f, source: "{HALF}"}}
  - {{name: price, kind: function.lua, source: "return function(a) return a end"}}
  - name: run
    kind: function.wat
    source: file://guest.wat
    method: run
    imports: {imports}
{more}""")
    return folder


def said(folder: Path) -> list[str]:
    return [f"{problem.line}:{problem.column} {problem.severity}: {problem.sentence}" for problem in check(folder).problems]


def test_what_is_answered_is_not_missing(tmp_path: Path) -> None:
    """An interface by its last name, and a function that the world imports by itself: nothing is left to say."""
    assert said(project(tmp_path, "[math: math, price-of: price]")) == []


@pytest.mark.parametrize(("imports", "sentences"), [
    ("[math: math]", ["10:13 warning: the component imports `price-of`, which nothing provides: a call of it fails"]),
    ("[math: empty, price-of: price]",
     ["12:21 warning: `t:empty` names no `add`, which is imported of a:b/math@1.0.0: a call fails"]),
    ("[math: math, price-of: half]",
     ["12:37 error: `price-of` is imported as `func(a: u32) -> u32`, and `t:half` is `func(p1: f64) -> f64`"]),
    ("[math: price, price-of: price]",
     ["12:21 error: `math` is an interface, and `t:price` is of kind `function.lua`, one function"]),
    ("[maths: math]", ["12:22 error: the component does not import `maths`; it imports `a:b/math` and `price-of`"]),
    ("[math: math, a:b/math: math]", ["12:37 error: `a:b/math` is answered twice, as `math` is the same import"]),
    ("[math: nothing]", ["12:21 error: `imports[0].math` refers to `t:nothing`, which is declared nowhere"]),
    ("[{math: math, price-of: price}]", ["12:15 error: `imports[0]`: expected one import and its id, got 2"]),
    ("['a:b/math@1.0.0': math]", ["12:15 error: the name `a:b/math@1.0.0` in `imports[0]` has a version"]),
])  # fmt: skip
def test_what_does_not_fit_is_said_where_it_stands(tmp_path: Path, imports: str, sentences: list[str]) -> None:
    """What a provider lacks, has in another shape, or is not, with its line and column."""
    assert said(project(tmp_path, imports)) == sentences


def test_a_core_module_has_no_types_for_its_imports(tmp_path: Path) -> None:
    """An entry of a core module that maps an import is refused."""
    more = '  - {name: core, kind: function.wat, method: f, source: "(module (func (export \\"f\\")))", imports: [math: math]}'
    (sentence,) = said(project(tmp_path, "[math: math, price-of: price]", more))
    assert "the module's import `math` has no WIT type" in sentence


def test_inspect_shows_what_is_missing_and_the_line_to_write(tmp_path: Path) -> None:
    """Of a file, both imports with the item of `imports:`; of an entry, who answers which."""
    folder = project(tmp_path, "[math: math]")
    report = inspect_file(folder / "guest.wat")
    assert "missing    `a:b/math@1.0.0` and `price-of`: nothing provides them, and calling them fails\n" in report
    assert "           imports: [{a:b/math: id}]  # the id of a library.lua\n" in report
    assert "           imports: [{price-of: id}]  # the id of any function\n" in report
    registry = check(folder)
    report = inspect_entry(registry.entries["t:run"], registry)
    assert "answered   a:b/math@1.0.0: t:math\n" in report
    assert "missing    `price-of`: nothing provides them" in report


def test_types_has_a_class_for_a_library_to_fill_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Interfaces are classes, functions of the world aliases, and resources tables with `new` and `drop`."""
    from moonwit.commands.types import command

    more = "  - {name: shop, kind: function.wat, source: file://carts.wat, method: shop}"
    folder = project(tmp_path, "[math: math, price-of: price]", more)
    (folder / "carts.wat").write_text(CARTS.replace("LIFTS", LIFTS))
    assert command([str(folder)]) == 0
    capsys.readouterr()
    text = (folder / ".moonwit" / "types" / "imports.lua").read_text()
    assert "---@class imports.a_b_math\n---@field add fun(a: integer, b: integer): integer\n" in text
    assert "---What answers `price-of`, which `t:run` imports.\n---@alias imports.price_of fun(a: integer): integer\n" in text
    assert "---@class imports.a_b_carts.cart\n---@field new fun(owner: string): any\n" in text
    assert "---@field drop? fun(self: any)\n" in text
