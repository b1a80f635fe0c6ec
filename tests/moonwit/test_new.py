"""`moonwit new` and `init-editor`: from an empty folder to a called guest in four commands, none of them an editor."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from moonwit.__main__ import main
from moonwit.projects.starting import GUESTS, TEMPLATES, missing


def ran(*command: str, cwd: Path, **environment: str) -> str:
    """Runs a command of a shell's; gives what it has printed."""
    result = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=550
    )
    assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
    return result.stdout


def absent(guest: str) -> str | None:
    """Says what of a guest's toolchain this machine lacks; what a build would fetch over the network counts as lacking."""
    if (sentence := missing(guest)) is not None:
        return sentence
    if guest == "rust":
        root = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=False).stdout.strip()
        if not Path(root, "lib/rustlib/wasm32-wasip2").is_dir():
            return "Rust lacks its target wasm32-wasip2: rustup target add wasm32-wasip2"
        home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
        if not any(home.glob("registry/cache/*/wit-bindgen-0.63*.crate")):
            return "cargo has not fetched wit-bindgen 0.63 yet: run guest/build.sh of a new project once"
    if guest == "js" and shutil.which("componentize-js") is None:
        return "componentize-js is not on the PATH: npm install --global @bytecodealliance/componentize-js"
    if guest == "python" and shutil.which("componentize-py") is None:
        return "componentize-py is not on the PATH: pip install componentize-py"
    return None


@pytest.mark.parametrize("guest", GUESTS)
def test_four_commands_to_a_called_guest(guest, tmp_path):
    """new, build, call; the second build after a change is called without another word, and the project has no problems."""
    if (sentence := absent(guest)) is not None:
        pytest.skip(f"the toolchain is absent: {sentence}")
    command = [sys.executable, "-m", "moonwit"]
    wrapper = tmp_path / "bin" / "moonwit"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec {sys.executable} -m moonwit "$@"\n')
    wrapper.chmod(0o755)
    path = f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "CARGO_NET_OFFLINE": "true"}
    said = ran(*command, "new", "hello", "--guest", guest, cwd=tmp_path)
    folder = tmp_path / "hello"
    if guest != "wat":
        if guest == "js":
            tool = folder / "guest/node_modules/.bin/componentize-js"
            tool.parent.mkdir(parents=True)
            tool.symlink_to(str(shutil.which("componentize-js")))
        assert "app:hello" in ran("guest/build.sh", cwd=folder, **env)
    assert ran(*command, "call", "app:hello", "Ann", cwd=folder) == '"Hello, Ann!"\n'
    # What `new` has said is what was done here.
    assert said.splitlines()[-1].strip() == "moonwit call app:hello Ann"
    source = next(each for each in (folder / "guest").rglob("*") if each.is_file() and "Hello, " in each.read_text(errors="replace"))
    source.write_text(source.read_text().replace("Hello, ", "Hallo, "))
    if guest != "wat":
        assert "has its new hash now" in ran("guest/build.sh", cwd=folder, **env)
    assert ran(*command, "call", "app:hello", "Ann", cwd=folder) == '"Hallo, Ann!"\n'
    assert ran(*command, "check", cwd=folder).endswith("no problems\n")


def test_every_guest_has_templates():
    """Each has its source, its WIT, and a build script where it needs one."""
    for guest in GUESTS:
        names = {path.name for path in (TEMPLATES / guest / "guest").rglob("*.tmpl")}
        assert "hello.wit.tmpl" in names and (guest == "wat" or "build.sh.tmpl" in names)


def test_a_new_project_runs_and_passes(tmp_path, monkeypatch, capfd):
    """Its script and its tests work as they are, and editors have what they read."""
    monkeypatch.chdir(tmp_path)
    assert main(["new", "deep/er"]) == 0
    said = capfd.readouterr().out
    assert "  cd deep/er\n  moonwit run main.lua\n  moonwit test\n" in said
    monkeypatch.chdir("deep/er")
    assert main(["run", "main.lua"]) == 0 and main(["test"]) == 0 and main(["check"]) == 0
    assert capfd.readouterr().out == "20 + 22 = 42\n2 passed, 0 failed\n1 entry, no problems\n"
    schema = json.loads(Path(".moonwit/schema.json").read_text())
    assert "entries" in schema["properties"]
    assert json.loads(Path(".luarc.json").read_text())["workspace.library"] == [".moonwit/types"]
    assert 'id: "app:add"' in Path(".moonwit/types/funcs.lua").read_text()
    assert Path("_index.yaml").read_text().startswith("# yaml-language-server: $schema=.moonwit/schema.json\n")


def test_what_can_not_be_made(tmp_path, monkeypatch, capfd):
    """A folder that holds something, a guest that is unknown, and no name are refused; a tool that is missing is named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    assert main(["new", "full"]) == 1 and "full is not empty" in capfd.readouterr().err
    assert main(["new"]) == 2 and main(["new", "a", "--guest", "rusty"]) == 2
    assert "did you mean `rust`?" in capfd.readouterr().err and not (tmp_path / "a").exists()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["new", "a", "--guest", "c"]) == 0
    assert "clang and wasm-ld or zig are not on the PATH: install the packages clang and lld, or zig" in capfd.readouterr().err


def test_init_editor(tmp_path, monkeypatch, capfd):
    """It writes annotations, settings and the schema, and says which line names that in files that lack it."""
    (tmp_path / "_index.yaml").write_text("namespace: app\nentries: [{name: os, kind: env.storage.os}]\n")
    monkeypatch.chdir(tmp_path)
    assert main(["init-editor"]) == 0
    assert "have registry files name the schema in their first line: # yaml-language-server: $schema=.moonwit/schema.json" in (
        capfd.readouterr().out
    )
    text = (tmp_path / "_index.yaml").read_text()
    (tmp_path / "_index.yaml").write_text(f"# yaml-language-server: $schema=.moonwit/schema.json\n{text}")
    assert main(["init-editor"]) == 0 and "first line" not in capfd.readouterr().out
    assert (tmp_path / ".moonwit/types/test.lua").exists() and (tmp_path / ".moonwit/schema.json").exists()
