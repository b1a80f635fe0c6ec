"""The module `registry`: what the project declares, read by scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import moonwit
from tests.projects import write
from tests.texts import texts

lua, _ = texts(__file__)
Run = Callable[[str], list[str]]
ENTRIES = """
  - {name: one, kind: store.memory, max_size: 7, meta: {team: a, number: 1}}
  - {name: two, kind: store.memory, meta: {team: b, cached: true}}
  - {name: hidden, kind: fs.directory, directory: "${env:SECRET}", auto_init: true, meta: {plain: "yes", secret: "${env:SECRET}",
     deep: {plain: 5, secret: "a${env:SECRET}"}, list: [a, "${env:SECRET}"]}}
  - {name: os, kind: env.storage.os}
  - {name: static, kind: env.storage.static, values: {A: xqzv}}
  - {name: variable, kind: env.variable, storage: "t:os", variable: NONE, default: xqzv}
  - {name: odd, kind: env.storage.memory, meta: {big: 123456789012345678901234567890, none: null, gap: [1, null], inf: .inf,
     day: 2020-01-01, 5: five, exact: 9007199254740993, deep: [1, [2, {b: c}]], alike: [x, "${env:NONE|y}"]}}
  - {name: program, kind: process.lua, source: "file://program.lua"}
"""


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a script in a project with secrets and gives the lines that it prints."""
    monkeypatch.setenv("SECRET", "xqzvwkjp")
    (tmp_path / "program.lua").write_text("return 'xqzv'\n")
    write(tmp_path, ENTRIES)

    def run_it(name: str) -> list[str]:
        with moonwit.open(tmp_path) as project:
            project.run_script(lua(name))
        return capfd.readouterr().out.splitlines()

    return run_it


def test_entries_are_found_by_kind_namespace_and_meta(run: Run) -> None:
    """All that a filter names has to be equal, true is not 1, and what is found is in the order of the file."""
    assert run("find") == [
        "t:one t:two", "t:one", "t:two", "\tt:one\t\t\t",
        "t:one t:two t:hidden t:os t:static t:variable t:odd t:program\ttrue",
    ]  # fmt: skip


def test_values_of_the_environment_are_left_out(run: Run) -> None:
    """What `${env:}` and `file://` stand for, defaults and static values are neither given nor found; what stands beside them is."""
    assert run("secrets") == ["yes\tnil\t5\tnil\tnil\tnil", "nil\tnil\tnil", "0\t1", "none"]


def test_values_of_all_shapes_are_given(run: Run) -> None:
    """Numbers keep their value or are left out where none of Lua has it, as nothing is, and lists with it; names are text."""
    assert run("shapes") == ["nil\tnil\tnil\tinf\t2020-01-01\tfive\t9007199254740993LL\tc\tnil"]


def test_an_entry_without_a_known_kind_is_not_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It has an error that `check` tells, and no data."""
    write(tmp_path, "  - {name: thing, kind: no.such, password: xqzv}")
    with moonwit.open(tmp_path) as project:
        project.run_script("print(#registry.find(), select(2, registry.get 't:thing'))")
    assert capfd.readouterr().out == "0\tthere is no entry `t:thing`\n"


def test_a_script_lists_the_module(tmp_path: Path) -> None:
    """An entry reads the registry only where its `modules` name it."""
    source = "return {get = function() return require('registry').get('t:granted').kind end}"
    granted = f'  - {{name: granted, kind: function.lua, method: get, modules: [registry], source: "{source}"}}'
    refused = f'  - {{name: refused, kind: function.lua, method: get, source: "{source}"}}'
    write(tmp_path, granted, refused)
    with moonwit.open(tmp_path) as project:
        assert project.call("t:granted") == "function.lua"
        with pytest.raises(moonwit.CallError, match="registry"):
            project.call("t:refused")


def test_a_change_has_no_effect(run: Run) -> None:
    """Entries are copies: the next script to ask sees what is declared."""
    assert run("copies") == ["a\t7\tstore.memory"]


def test_misuse_is_told(run: Run) -> None:
    """Unknown ids are NotFound with the entry that was meant; wrong types raise; bytes that are no text find nothing."""
    lines = run("misuse")
    assert lines[0] == "NotFound there is no entry `t:oen`: did you mean `t:one`?"
    assert lines[1].startswith("NotFound there is no entry `xxx") and len(lines[1]) < 200
    assert lines[2].startswith("NotFound there is no entry")
    assert [line.split(": ", 1)[1] for line in lines[3:8]] == [
        "expected a string as the id, got a number", "expected a table as the filter, got a number",
        "expected names in the filter, got the key a number",
        "expected .kind, .ns, .name or a name of meta in the filter, got '.kinds'",
        "expected a string, number or boolean for 'x', got a table",
    ]  # fmt: skip
    assert lines[8:] == ["0\ta\tb"]
