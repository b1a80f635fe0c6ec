"""Scripts that use the modules for data, run by the real command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str], str]:
    """Runs a script and gives what it prints; it must succeed."""

    def run_it(script: str) -> str:
        (tmp_path / "script.lua").write_text(script, encoding="utf-8")
        command = [sys.executable, "-m", "moonwit", "run", "script.lua"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=500, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run_it
