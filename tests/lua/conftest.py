"""Projects of guests in a lane of the calling thread, under a test clock; and scripts that run there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from moonwit.lua.lane.lane import new_state
from moonwit.lua.values import buffer
from tests.abi.conftest import State

START = "local funcs, time = require 'funcs', require 'time'\nlocal function all(n, f) for i = 1, n do coroutine.spawn(f, i) end end\n"


class Lane:
    """A lane whose scripts print what the tests look at; ``clock="system"`` takes the real clock instead of the test clock."""

    def __init__(self, state: State, capfd: pytest.CaptureFixture[str]) -> None:
        self.state = state
        self._capfd = capfd

    def __call__(self, source: str) -> str:
        """Runs a script; gives what it printed, and after that `failed: ` and how it ended."""
        answer = self.state.boot[b"run"]((START + source).encode(), b"@s.lua", buffer.encode([]))
        out = self._capfd.readouterr().out
        return out + (f"failed: {buffer.decode(answer[0]).message}\n" if answer is not None else "")

    def live(self) -> int:
        """Counts the instances of the lane."""
        return int(self.state.run("local n = 0 for _ in pairs(require('lua.guest.instance').all) do n = n + 1 end return n"))


@pytest.fixture
def lane(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Lane]]:
    """Opens a project: ``lane({entry: fields}, text)``, whose entries are of kind function.wat and of the component ``text``."""
    lanes: list[Lane] = []

    def make(
        entries: Mapping[str, str], text: str, clock: str = "test", more: tuple[str, ...] = (), files: Mapping[str, str] | None = None
    ) -> Lane:
        lines = [f"name: {name}, kind: function.wat, source: file://guest.wat, {fields}" for name, fields in entries.items()]
        folder = tmp_path / str(len(lanes))
        folder.mkdir()
        state = State(folder, [*lines, *more], {"guest.wat": text, **(files or {})})
        if clock == "test":
            state.boot[b"test_clock"]()
        lanes.append(Lane(state, capfd))
        return lanes[-1]

    yield make
    for each in lanes:
        each.state.close()


@pytest.fixture
def state() -> tuple[Any, Any]:
    """A Lua state with a test clock."""
    lua, boot = new_state({})
    boot[b"test_clock"]()
    return lua, boot


@pytest.fixture
def run(state: tuple[Any, Any], capfd: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Runs a script; gives what it printed, and after that `failed: ` and how it ended."""

    def run(source: str) -> str:
        answer = state[1][b"run"](source.encode(), b"@s.lua", buffer.encode([]))
        out = capfd.readouterr().out
        return out + (f"failed: {buffer.decode(answer[0]).message}\n" if answer is not None else "")

    return run


@pytest.fixture
def failure(state: tuple[Any, Any]) -> Callable[[str], tuple[Any, str]]:
    """Runs a script that fails; gives its error and its stack."""

    def failure(source: str) -> tuple[Any, str]:
        encoded, stack = state[1][b"run"](source.encode(), b"@s.lua", buffer.encode([]))
        return buffer.decode(encoded), stack.decode()

    return failure
