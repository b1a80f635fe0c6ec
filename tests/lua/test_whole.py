"""Entries without a `method`, which stand for all that their binaries export: what is called, what is shared, what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import moonwit
from moonwit.host.functions.exports import names
from tests.projects import entry, write
from tests.texts import texts

lua, wat = texts(__file__)

MODULE = wat("module")

# Two functions of an interface, one of the world, and one that waits.
COMPONENT = wat("component")

Open = Callable[..., moonwit.Project]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Opens a project with one entry for a whole binary, and more."""
    projects: list[moonwit.Project] = []

    def make(text: str, fields: str = "", more: str = "") -> moonwit.Project:
        shop = f"name: shop, kind: function.wat, source: file://guest.wat{', ' if fields else ''}{fields}"
        folder = write(tmp_path / str(len(projects)), shop, more, namespace="app", files={"guest.wat": text})
        projects.append(moonwit.open(folder))
        return projects[-1]

    yield make
    for project in projects:
        project.close()


def run(project: moonwit.Project, source: str, capfd: pytest.CaptureFixture[str]) -> str:
    """Runs a script; gives what it printed."""
    assert project.registry is None or not project.registry.errors
    project.run_script("local funcs = require 'funcs'\n" + source)
    return capfd.readouterr().out


def test_each_export_is_called_by_its_name(opened, capfd):
    """What stands behind `#` is what `method` would say: a name, an interface with or without its version, `_` for `-`."""
    project = opened(COMPONENT, "imports: ['wasi:clocks']")
    ids = ("total", "counter#count-up", "acme:shop/counter#count_up", "acme:shop/counter@1.2.0#count-up", "counter#total", "total")
    assert [project.call(f"app:shop#{id}") for id in ids] == [0, 1, 2, 3, 3, 3]
    assert run(project, "print((funcs.async('app:shop#counter#total'):await()))", capfd) == "3\n"


def test_import_gives_a_table(opened, capfd):
    """Functions by name, those of an interface in a table, `-` as `_`; the toolchain's own exports are left out."""
    source = lua("import_gives_a_table")
    component = run(opened(COMPONENT), source + "print(shop.counter.count_up(), shop.counter.count_up(), shop.total())", capfd)
    assert component == "counter:table time:function total:function\n1\t2\t2\n"
    module = run(opened(MODULE), source + "print(shop.get(), shop.set(5), shop.get(), shop.add_all(1))", capfd)
    assert module == "add_all:function fail:function get:function set:function\n100\tnil\t5\t100005\n"


@pytest.mark.parametrize("fields", ["", "pool: {type: static, workers: 2}", "pool: {type: adaptive, warm_start: true}"])
def test_functions_share_an_instance(fields, opened, capfd):
    """What one function has set the other sees, whether it is one that ends soon or one that may turn out long, also many times over."""
    source = lua("functions_share_an_instance")
    assert run(opened(MODULE, fields), source, capfd) == "7\t100007\t100007\n1\n"


def test_a_fresh_instance_for_each_call_is_shared_by_none(opened, capfd):
    """`reuse: false` and `inline` mean what they say of single functions."""
    for fields in ("pool: {type: inline}", "pool: {reuse: false}"):
        assert run(opened(MODULE, fields), "local c = funcs.import 'app:shop' c.set(7) print(c.get())", capfd) == "100\n"


def test_calls_at_once_have_instances_of_their_own(opened, capfd):
    """A call that finds the instance taken gets another one, which the next call of any function may have."""
    source = lua("calls_at_once_have_instances_of_their_own")
    assert run(opened(MODULE), source, capfd) == "true\ttrue\t100020\n"


def test_a_trap_ends_the_instance_for_all(opened, capfd):
    """After a trap every function of the entry gets a new instance."""
    source = lua("a_trap_ends_the_instance_for_all")
    assert run(opened(MODULE), source, capfd) == "Internal\t100\t1\n"


def test_guests_that_are_called_elsewhere_keep_their_names(opened, capfd):
    """A function that a worker is to call is called by the id that it has in there."""
    project = opened(COMPONENT, "imports: ['wasi:clocks'], pool: {type: static, workers: 2}")
    source = lua("guests_that_are_called_elsewhere_keep_their_names")
    assert run(project, source, capfd) == "done\n"


def test_errors_are_sentences(opened, capfd):
    """What can't be called says what can, and the entry stays usable."""
    more = (
        "  - {name: one, kind: function.wat, source: 'file://guest.wat', method: get}\n"
        "  - {name: s, kind: function.lua, source: return print}\n"
    )
    source = lua("errors_are_sentences")
    lines = run(opened(MODULE, more=more), source, capfd).splitlines()
    assert lines == [
        "Invalid\tthe entry app:shop has no `method` and stands for all of its binary: "
        "call one of that, as in app:shop#set; there are set, get, add-all and fail",
        "NotFound\tapp:shop: there is no function `nope`; exported are `set`, `get`, `add-all` and `fail`",
        "NotFound\tapp:shop: there is no function ``; exported are `set`, `get`, `add-all` and `fail`",
        "Invalid\tthe entry app:one says `method`, and is that function, so nothing of it is called by `#`: call app:one",
        "Invalid\tthe entry app:s is of kind function.lua, so nothing of it is called by `#`: call app:s",
        "NotFound\tthere is no entry `app:missing`",
        "NotFound\tapp:shop: there is no function `cabi_realloc`; exported are `set`, `get`, `add-all` and `fail`",
        "the entry app:s is of kind function.lua, which has no binary to import: call app:s",
        "funcs.import: expected the id of an entry, got number",
        "100\t100",
    ]


def test_names_in_tables():
    """An interface goes by its last name where that is free; constructors are `new` of their resource."""
    carts = "a:b/carts@1.0.0"
    paths = [f"{carts}#[constructor]cart", f"{carts}#[static]cart.merge-two", f"{carts}#list", "x:y/carts#list", "total"]
    assert [".".join(found) for found in names(paths).values()] == [
        "a_b_carts_1_0_0.cart.new",
        "a_b_carts_1_0_0.cart.merge_two",
        "a_b_carts_1_0_0.list",
        "x_y_carts.list",
        "total",
    ]
    assert list(names(["carts", "a:b/carts#list"]).values()) == [("carts",), ("a_b_carts", "list")]


def test_a_binary_without_functions_is_a_problem(tmp_path):
    """It is found when it is called or checked, at the entry's source."""
    from moonwit.projects.checking import check

    write(tmp_path, entry("none", source='(module (memory (export "memory") 1) (func (export "cabi_x")))'), namespace="app")
    assert [problem.sentence for problem in check(tmp_path).errors] == [
        "the binary exports no function that could be called; export one, or declare it in `wit`"
    ]


def test_commands_know_them(opened, tmp_path, capsys):
    """`list`, `inspect`, `call` and the completion of ids name each function."""
    from moonwit.__main__ import main
    from moonwit.lua.calls.entries import Entries
    from moonwit.repl.session.knowledge import Knowledge

    project = opened(COMPONENT, "imports: ['wasi:clocks']")
    folder = str(project.registry.root)
    assert main(["list", "--project", folder]) == 0
    listing = capsys.readouterr().out
    assert "total: func() -> u32" in listing and "acme:shop/counter@1.2.0#count-up: func() -> u32" in listing
    assert main(["inspect", "--project", folder, "app:shop"]) == 0
    assert "methods    4, as app:shop#acme:shop/counter@1.2.0#count-up" in capsys.readouterr().out
    assert main(["inspect", "--project", folder, "app:shop#counter#total"]) == 0
    assert "method     acme:shop/counter@1.2.0#total" in capsys.readouterr().out
    assert main(["call", "--project", folder, "app:shop#total"]) == 0
    assert json.loads(capsys.readouterr().out) == 0
    assert main(["check", folder]) == 0
    knowledge = Knowledge(Entries(project.registry))
    assert knowledge.callable("app:shop#t", 10) == ["app:shop#total", "app:shop#time"]
    assert len(knowledge.callable("app:", 10)) == 4
    assert knowledge.signature("app:shop#total") == "func() -> u32"
    assert "app:shop#time: func() -> u64" in (knowledge.about("app:shop") or "")
