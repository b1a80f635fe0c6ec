"""What groups cost, as ratios within one run. Run: python tests/bench/test_groups.py; prints microseconds of processor time."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPT = Path(__file__).with_name("groups.lua")
INDEX = """
version: "1.0"
namespace: t
entries:
  - name: inc
    kind: function.wat
    source: (module (func (export "inc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    method: inc
"""
# A child against a spawned coroutine, an item against the call itself, a canceled sleeper against a spawned coroutine.
MOST = {("child", "spawn"): 3, ("item", "loop"): 15, ("canceled", "spawn"): 8}


def measure(folder: Path) -> dict[str, float]:
    """Gives the microseconds of processor time for each."""
    (folder / "_index.yaml").write_text(INDEX, encoding="utf-8")
    command = [sys.executable, "-m", "moonwit", "run", "--project", str(folder), str(SCRIPT)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=300).stdout)
    return figures


def test_groups_stay_cheap(tmp_path: Path) -> None:
    """A child costs about as much as a coroutine, an item of a map about as much as its call, and so does ending a sleeper."""
    wrong = ["not run"]
    for _ in range(3):
        found = measure(tmp_path)
        ratios = {pair: found[pair[0]] / found[pair[1]] for pair in MOST}
        wrong = [f"{a} is {ratios[a, b]:.1f}x of {b}" for (a, b), most in MOST.items() if ratios[a, b] > most]
        if not wrong:
            break
    assert wrong == []


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print("\n".join(f"{what:<10} {us:8.3f} us" for what, us in measure(Path(name)).items()))
