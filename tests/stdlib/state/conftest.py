"""Projects with stores, and scripts that use them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import moonwit
from tests.projects import write

ENTRIES = """
  - {name: memory, kind: store.memory}
  - {name: file, kind: store.sqlite, file: data.db}
  - {name: small_memory, kind: store.memory, max_size: 3, max_bytes: 1000}
  - {name: small_file, kind: store.sqlite, file: small.db, max_size: 3, max_bytes: 1000}
  - {name: other, kind: env.storage.os}
"""

Run = Callable[[str], list[str]]


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a script in a project of its own and gives the lines that it prints."""
    write(tmp_path, ENTRIES)

    def run_it(text: str) -> list[str]:
        with moonwit.open(tmp_path) as project:
            project.run_script(text)
        return capfd.readouterr().out.splitlines()

    return run_it
