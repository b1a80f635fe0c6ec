"""Guests that leave, print rubbish, print without end, or open whatever they can: the host goes on."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moonwit.host.wasi.world import Mount, World
from tests.descriptors import left_since, opened
from tests.projects import failure


@pytest.mark.parametrize(("code", "status"), [(0, 0), (3, 1), (-1, 1)])
def test_a_guest_that_exits(outside: Any, code: int, status: int) -> None:
    """A guest that exits fails its call, with 0 too, because there is no result; WASI 0.2 tells success from failure alone."""
    leaving = outside("leave", "wasi:cli")
    error = failure(leaving.call, [code])
    assert error.kind == "Internal"
    assert error.message == f"leave: it exited with status {status}"


def test_the_next_call_after_an_exit_has_a_new_instance(outside: Any) -> None:
    """Who calls after an exit finds the function as new."""
    failing = outside("leave", "wasi:cli")
    for _ in range(3):
        assert failure(failing.call, [0]).message == "leave: it exited with status 0"


def test_what_is_not_text_is_passed_on(outside: Any, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A guest's bytes reach the host's stream as they are, UTF-8 or not, NUL and escapes included."""
    rubbish = bytes(range(256)) + b"\xc3\x28\xed\xa0\x80\n"
    outside("say", "wasi:cli").call([rubbish])
    outside("complain", "wasi:cli").call([b"\xff\xfe"])
    captured = capfdbinary.readouterr()
    assert captured.out == rubbish
    assert captured.err == b"\xff\xfe"


def test_a_flood_is_passed_on(outside: Any, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Ten thousand lines arrive complete and in order."""
    assert outside("flood", "wasi:cli").call([10_000]) == 10_000
    assert capfdbinary.readouterr().out == (b"x" * 99 + b"\n") * 10_000


def test_a_flood_ends_at_the_limit(outside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest that prints without end is ended by its limit in time."""
    with open(os.devnull, "w") as nowhere:
        monkeypatch.setattr(sys, "stdout", nowhere)
        assert failure(outside("flood", "wasi:cli", limits={"max_execution_ms": 100}).call, [2**32 - 1]).kind == "Timeout"


def test_a_line_without_end_is_not_kept(outside: Any, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A line that does not end is passed on in pieces, so that it takes no memory of the host."""
    saying = outside("say", "wasi:cli")
    text = b"x" * (3 * 2**20 + 5)
    saying.call([text])
    assert capfdbinary.readouterr().out == text


@pytest.fixture
def few_files() -> Iterator[None]:
    """The usual limit on open files, lower than what a guest will ask for."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("few_files")
def test_ten_thousand_files(outside: Any, tmp_path: Path) -> None:
    """A guest that opens more files than the process may have gets an error of its own; afterwards all of them are closed."""
    (tmp_path / "a.txt").write_text("x")
    world = World(mounts=(Mount("app:data", tmp_path, "/data", True),))
    opening = outside("open-many", "wasi:filesystem", "wasi:cli", world=world)
    opening.call(["/data/a.txt", 1])
    before = opened()
    count = opening.call(["/data/a.txt", 10_000])
    assert 100 < count < 1024
    assert left_since(before) == set()
    assert opening.call(["/data/a.txt", 5]) == 5


def test_a_huge_environment(outside: Any) -> None:
    """Many and long arguments and variables reach a guest complete."""
    world = World(
        args=tuple(f"argument {i}" for i in range(2000)),
        env=tuple((f"NAME_{i}", "x" * 1000) for i in range(200)),
    )
    assert len(outside("arguments", "wasi:cli", world=world).call([])) == 2000
    assert [len(value) for _, value in outside("variables", "wasi:cli", world=world).call([])] == [1000] * 200
