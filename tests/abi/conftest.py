"""Projects written to a folder, and Lua states that run Moonwit's own code unsandboxed, so that tests can look inside."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from moonwit.kinds import KINDS
from moonwit.lua.calls.entries import Entries
from moonwit.lua.lane.lane import new_state
from moonwit.registry import load

ROOT = Path(__file__).resolve().parents[2]


class State:
    """A project in a Lua state of the calling thread. ``entries`` is YAML flow text per entry; ``files`` go beside it."""

    def __init__(self, folder: Path, entries: list[str], files: Mapping[str, str | bytes]) -> None:
        lines = "".join(f"  - {{{entry}}}\n" for entry in entries)
        (folder / "_index.yaml").write_text(f'version: "1.0"\nnamespace: t\nentries:\n{lines}')
        for name, data in files.items():
            (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        self.registry = load(folder, KINDS)
        assert not self.registry.errors, [problem.sentence for problem in self.registry.errors]
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
