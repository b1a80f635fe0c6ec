"""Whatever fails on Python's side while Lua waits for it is an error of what waits, and of nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import moonwit
from moonwit.host.engine import worker
from tests.projects import opened

ENTRIES = """
  - {name: data, kind: fs.directory, directory: .}
"""
SEND = "local r, err = http_client.get('http://127.0.0.1:1/') print(r, err:kind(), err)"
NAMES = "local r, err = fs.get('t:data'):readdir('/') print(r, err:kind(), err)"
MISTAKE = "a mistake in Moonwit, please report it with what MOONWIT_DEBUG=1 shows: "


@pytest.fixture
def project(tmp_path: Path) -> Iterator[moonwit.Project]:
    """Opens a project with a folder."""
    with opened(tmp_path, ENTRIES) as project:
        yield project


def test_a_client_that_can_not_be_loaded(project: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """A request whose client is missing fails, alone and in a batch, and can be made once it is there."""
    monkeypatch.setitem(sys.modules, "moonwit.lua.lane.fetcher", None)
    project.run_script(SEND)
    assert capfd.readouterr().out.startswith(f"nil\tInternal\t{MISTAKE}ModuleNotFoundError: ")
    project.run_script("local r, errs = http_client.request_batch{{'GET', 'http://x/'}} print(r[1], errs[1]:kind())")
    assert capfd.readouterr().out == "nil\tInternal\n"
    monkeypatch.delitem(sys.modules, "moonwit.lua.lane.fetcher")
    project.run_script(SEND)
    assert capfd.readouterr().out.startswith("nil\tUnavailable\t")


def test_work_that_can_not_be_started(project: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """No thread for a piece of work is an error of whoever asked."""

    def start(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(worker, "start", start)
    project.run_script(NAMES)
    assert capfd.readouterr().out == f"nil\tInternal\t{MISTAKE}RuntimeError: can't start new thread\n"


def test_work_that_ends_by_an_exception(project: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Work that gives no answer at all gives its exception."""

    def start(*_: object) -> Future[bytes]:
        future: Future[bytes] = Future()
        future.set_exception(SystemExit("no \udc80 answer"))
        return future

    monkeypatch.setattr(worker, "start", start)
    project.run_script(NAMES)
    assert capfd.readouterr().out == f"nil\tInternal\t{MISTAKE}SystemExit: no ? answer\n"


def test_an_answer_that_can_not_be_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """It is an error of whoever waits for it, and what comes with it arrives."""

    class Fetcher:
        """Gives both answers at once, when the second is asked for."""

        def __init__(self, post: Callable[[Any], object]) -> None:
            self.post = post
            self.asked: list[int] = []

        def do(self, _: str, number: int, data: bytes) -> None:
            self.asked.append(number)
            if len(self.asked) == 2:
                values = {"body": object()}, {"failed": True, "kind": "Conflict", "message": "well"}
                for ticket, value in zip(self.asked, values, strict=True):
                    self.post({"kind": "answer", "ticket": ticket, "value": value})

    monkeypatch.setattr(import_module("moonwit.lua.lane.fetcher"), "Fetcher", Fetcher)
    with moonwit.open(tmp_path) as project:
        project.run_script("""
            local r, errs = http_client.request_batch{{'GET', 'http://x/'}, {'GET', 'http://y/'}}
            print(errs[1]:kind(), errs[1]) print(errs[2]:kind(), errs[2])""")
    first, second = capfd.readouterr().out.splitlines()
    assert first.startswith("Internal\tthe answer can't be passed on: TypeError: ")
    assert second == "Conflict\twell"
