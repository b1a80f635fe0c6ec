"""What processes cost, as ratios within one run. Run: python tests/bench/test_processes.py; prints microseconds of processor time."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import projects

SCRIPT = Path(__file__).with_name("processes.lua")
ECHO = SCRIPT.with_name("processes_echo.lua").read_text(encoding="utf-8")
# A message against a value through a channel, a process against a spawned coroutine.
MOST = {("message", "value"): 10, ("process", "coroutine"): 15}


def measure(folder: Path) -> dict[str, float]:
    """Gives the microseconds of processor time for each."""
    projects.write(folder, projects.entry("echo", "process.lua", modules=["process"], source=ECHO))
    command = [sys.executable, "-m", "moonwit", "run", "--project", str(folder), str(SCRIPT)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=300).stdout)
    return figures


def test_processes_cost_a_few_channels(tmp_path: Path) -> None:
    """A message costs less than so many values through channels, one of 10,000 processes less than so many coroutines."""
    for _ in range(3):
        figures = measure(tmp_path)
        wrong = [f"{a}/{b} {figures[a] / figures[b]:.1f}" for (a, b), most in MOST.items() if figures[a] > most * figures[b]]
        if not wrong:
            break
    assert wrong == []


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print("\n".join(f"{what:<10} {us:8.3f} us" for what, us in measure(Path(name)).items()))
