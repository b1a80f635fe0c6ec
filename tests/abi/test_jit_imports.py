"""Hot loops over guests whose imports libraries answer, in processes of their own: LuaJIT ends one when what it compiled is called back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.abi.conftest import ROOT


@pytest.mark.parametrize("options", [
    [],
    ["hotloop=2", "hotexit=2"],
    ["hotloop=1", "hotexit=1", "maxtrace=200", "tryside=1"],
    ["-loop", "-sink", "-fold", "hotloop=2"],
], ids=["usual", "eager", "crowded", "plain"])  # fmt: skip
def test_hot_loops_over_guests_with_libraries(tmp_path: Path, options: list[str]) -> None:
    """Libraries that return at once, wait, call other guests, fail, and give errors and records: all results are right."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.abi.jitted_imports", str(tmp_path), "1000", *options],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "wrong\t0\n", "")
