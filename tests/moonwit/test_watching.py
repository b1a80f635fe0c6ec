"""`--watch`: the command runs again after a change, with the hash of a rebuilt binary, and ends with what has started it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from moonwit.arguments import leading
from tests.moonwit.conftest import environment

INDEX = """# A project.
version: "1.0"
namespace: app
entries:
  - {name: bin, kind: fs.directory, directory: ./}
  - name: it
    kind: function.wasm
    fs: bin
    path: /it.wasm
    hash: none   # yet
    method: it
"""


def guest(number: int) -> bytes:
    """A binary whose function gives a number."""
    return bytes(wat2wasm(f'(module (func (export "it") (result i32) (i32.const {number})))'))


class Watched:
    """A command that watches; its output is in a file, which tests wait for."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.output = folder.parent / "output"
        command = [sys.executable, "-m", "moonwit", *arguments]
        with open(self.output, "wb") as file:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )

    def wait_for(self, text: str) -> str:
        """Waits until the output has a text; the whole test has a limit of its own."""
        while text not in (said := self.output.read_text(errors="replace")):
            assert self.process.poll() is None, said
            time.sleep(0.05)
        return said


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Starts a command in a project with one binary."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "_index.yaml").write_text(INDEX)
    (folder / "it.wasm").write_bytes(guest(1))
    (folder / "main.lua").write_text("print('it is ' .. require('funcs').call 'app:it')")
    started: list[Watched] = []

    def start(*arguments: str) -> Watched:
        started.append(Watched(folder, *arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait()


def test_a_script_runs_again(watched, tmp_path):
    """After the script, a binary or a registry file has changed; a new hash is taken into the file, which keeps its comments."""
    folder, run = tmp_path / "project", watched("run", "--watch", "main.lua")
    run.wait_for("it is 1\nmoonwit: waiting for a change")
    assert "moonwit: _index.yaml: app:it has the hash sha256:" in run.output.read_text()
    (folder / "it.wasm").write_bytes(guest(2))
    run.wait_for("it is 2\nmoonwit: waiting for a change")
    (folder / "main.lua").write_text("print('now ' .. require('funcs').call 'app:it')")
    said = run.wait_for("now 2\nmoonwit: waiting for a change")
    assert "moonwit: main.lua changed\n" in said and "moonwit: it.wasm changed\n" in said
    index = (folder / "_index.yaml").read_text()
    assert index.startswith("# A project.\n") and "   # yet\n" in index and "none" not in index
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait() == 130


def test_what_runs_is_ended_for_the_next(watched, tmp_path):
    """A script that waits forever is ended by a change, and by the end of the watch."""
    folder = tmp_path / "project"
    (folder / "main.lua").write_text("print 'first' require('time').sleep('24h')")
    run = watched("run", "--watch", "main.lua")
    run.wait_for("first\n")
    (folder / "main.lua").write_text("print 'second' require('time').sleep('24h')")
    run.wait_for("second\n")
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait() == 0


def test_a_service_starts_again(watched, tmp_path):
    """`serve --watch` serves what the project declares after the change."""
    folder = tmp_path / "project"
    service = "  - {name: web, kind: http.service, addr: '127.0.0.1:0'}\n"
    end = "  - {name: NAME, kind: http.endpoint, method: GET, path: /NAME, func: hello}\n"
    hello = "  - {name: hello, kind: function.lua, source: 'return function() end'}\n"
    (folder / "_index.yaml").write_text(INDEX + service + hello + end.replace("NAME", "one"))
    run = watched("serve", "--watch")
    run.wait_for("GET /one -> app:hello")
    (folder / "_index.yaml").write_text(INDEX + service + hello + end.replace("NAME", "two"))
    run.wait_for("GET /two -> app:hello")
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait() == 0


def test_a_broken_project_is_waited_for(watched, tmp_path):
    """A registry file that can't be read is shown by the command, and the next change is looked at again."""
    folder = tmp_path / "project"
    text = (folder / "_index.yaml").read_text()
    (folder / "_index.yaml").write_text(text + "  - [\n")
    run = watched("run", "--watch", "app:it")
    run.wait_for("moonwit: waiting for a change")
    (folder / "_index.yaml").write_text(text)
    run.wait_for("_index.yaml changed")
    run.wait_for("has the hash sha256:")


def test_options_before_the_script():
    """`--watch` is an option of the command only before the script's name."""
    assert leading("--watch", ["--project", "x", "--watch", "s.lua", "--watch"]) == (True, ["--project", "x", "s.lua", "--watch"])
    assert leading("--watch", ["s.lua", "--watch"]) == (False, ["s.lua", "--watch"])
    assert leading("--watch", ["--project=x", "--watch"]) == (True, ["--project=x"])
