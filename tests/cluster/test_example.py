"""The example: the same on processes of this machine and on a scheduler that is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.cluster.engine import Engine

FARM = Path(__file__).resolve().parents[2] / "examples" / "farm"


def test_a_batch_runs_on_a_scheduler_that_is_there(engine: Engine) -> None:
    """Its address comes from the environment; the sums are those of the README."""
    command = [sys.executable, "-m", "moonwit", "run", str(FARM / "farm.lua"), "--quiet"]
    done = subprocess.run(command, env={**os.environ, "FARM": engine.address}, capture_output=True, text=True, check=True)
    assert done.stdout in (FARM / "README.md").read_text(encoding="utf-8")
    assert len(done.stdout.splitlines()) == 6
