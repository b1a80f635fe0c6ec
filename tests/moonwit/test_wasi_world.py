"""What `wasi:` of an entry shows to its guest, through a project."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import moonwit

GUEST = Path(__file__).parents[1] / "guests" / "outside" / "outside.wasm"
HEAD = """version: "1.0"
namespace: t
entries:
  - {name: here, kind: fs.directory, directory: .}
  - {name: memory, kind: env.storage.memory}
  - {name: file, kind: env.storage.file, file_path: settings.env, auto_create: true}
  - {name: plain, kind: env.variable, storage: memory, variable: PLAIN}
  - {name: given, kind: env.variable, storage: memory, variable: GIVEN, default: by default}
  - {name: kept, kind: env.variable, storage: file, variable: KEPT}
"""


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., moonwit.Project]:
    """Opens a project with functions of the guest whose `wasi:` is the given text."""

    def make(wasi: str, *methods: str, pool: str = "lazy") -> moonwit.Project:
        shutil.copy(GUEST, tmp_path)
        hash = hashlib.sha256(GUEST.read_bytes()).hexdigest()
        text = HEAD
        for method in methods:
            text += f"""  - name: {method}
    kind: function.wasm
    fs: here
    path: outside.wasm
    hash: sha256:{hash}
    method: {method}
    pool: {{type: {pool}}}
    imports: [wasi:cli]
    wasi: {wasi}
"""
        (tmp_path / "_index.yaml").write_text(text)
        return moonwit.open(tmp_path)

    return make


def failure(project: moonwit.Project, id: str, *arguments: Any) -> moonwit.CallError:
    with pytest.raises(moonwit.CallError) as caught:
        project.call(id, *arguments)
    return caught.value


@pytest.mark.parametrize("pool", ["inline", "lazy", "static", "adaptive"])
def test_variables_are_looked_up_at_each_call(opened: Any, tmp_path: Path, pool: str) -> None:
    """A variable that a script or a file changes has its new value in the next call, in instances that are used again too."""
    env = "{env: [{id: plain, name: A}, {id: given, name: B}, {id: kept, name: C}]}"
    with opened(env, "variable", "variables", pool=pool) as project:
        assert project.call("t:variables") == [["B", "by default"]]
        assert project.call("t:variable", "A") is None
        project.run_script('env.set("PLAIN", "one")')
        assert project.call("t:variable", "A") == "one"
        assert project.call("t:variables") == [["A", "one"], ["B", "by default"]]
        project.run_script('env.set("PLAIN", "two") env.set("GIVEN", "")')
        (tmp_path / "settings.env").write_text("KEPT='from the file'\n")
        assert [project.call("t:variable", name) for name in "ABC"] == ["two", "", "from the file"]


def test_a_required_variable_without_a_value(opened: Any) -> None:
    """A required variable without a value fails the call with NotFound and the id of its entry; when it has one the call works."""
    with opened("{env: [{id: plain, name: A, required: true}]}", "variable", "add") as project:
        for id, arguments in (("t:variable", ["A"]), ("t:add", [1, 2])):
            error = failure(project, id, *arguments)
            assert error.kind == "NotFound"
            assert "t:plain" in error.message
            assert "`A`" in error.message
        project.run_script('env.set("PLAIN", "x")')
        assert project.call("t:variable", "A") == "x"
        assert project.call("t:add", 1, 2) == 3


def test_a_required_variable_has_its_default(opened: Any) -> None:
    """A default is a value."""
    with opened("{env: [{id: given, name: B, required: true}]}", "variable") as project:
        assert project.call("t:variable", "B") == "by default"


def test_a_file_with_a_syntax_error(opened: Any, tmp_path: Path) -> None:
    """A storage that can't be read when a call needs it is an error of that call, and is over when it is mended."""
    with opened("{env: [{id: kept, name: C}]}", "variable") as project:
        (tmp_path / "settings.env").write_text("KEPT='no end\n")
        error = failure(project, "t:variable", "C")
        assert (error.kind, "t:kept" in error.message, "settings.env" in error.message) == ("Unavailable", True, True)
        (tmp_path / "settings.env").write_text("KEPT=mended\n")
        assert project.call("t:variable", "C") == "mended"


def test_arguments_and_folder(opened: Any) -> None:
    """Arguments arrive as they are written, and the working directory too."""
    with opened('{args: ["--verbose", "", "a b", "ü"], cwd: /app/data}', "arguments", "initial-folder") as project:
        assert project.call("t:arguments") == ["--verbose", "", "a b", "ü"]
        assert project.call("t:initial-folder") == "/app/data"


def test_without_any_of_it(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest whose entry shows it nothing sees nothing of the host's own."""
    monkeypatch.setenv("A", "of the host")
    with opened("{}", "arguments", "variables", "variable", "initial-folder") as project:
        assert project.call("t:arguments") == []
        assert project.call("t:variables") == []
        assert project.call("t:variable", "A") is None
        assert project.call("t:initial-folder") is None
