"""Projects written to a folder, and Lua states that run Moonwit's own code unsandboxed, so that tests can look inside."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from moonwit.lua.calls.entries import Entries
from moonwit.lua.lane.lane import new_state
from tests.projects import loaded

ROOT = Path(__file__).resolve().parents[2]


class State:
    """A project in a Lua state of the calling thread. ``entries`` is YAML flow text per entry; ``files`` go beside it."""

    def __init__(self, folder: Path, entries: list[str], files: Mapping[str, str | bytes]) -> None:
        self.registry = loaded(folder, *entries, files=files)
        self.entries = Entries(self.registry)
        self.lua, self.boot = new_state(self.entries.callbacks())
        self.open = True

    def run(self, text: str, *arguments: Any) -> Any:
        """Runs Lua that may require Moonwit's own modules."""
        return self.lua.execute(text.encode(), *arguments)

    def close(self) -> None:
        if self.open:
            self.open = False
            self.boot[b"close"]()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., State]]:
    """Opens a project: ``opened(entries, {file: text or bytes})``."""
    states: list[State] = []

    def make(entries: list[str], files: Mapping[str, str | bytes]) -> State:
        states.append(State(Path(tempfile.mkdtemp(dir=tmp_path)), entries, files))
        return states[-1]

    yield make
    for state in states:
        state.close()
