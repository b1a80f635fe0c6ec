"""Hot loops over guests with functions of the host, in processes of their own: LuaJIT ends one when what it compiled is called back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.abi.conftest import ROOT


@pytest.mark.parametrize(("calls", "options"), [
    (50_000, []),
    (10_000, ["hotloop=2", "hotexit=2"]),
    (10_000, ["hotloop=1", "hotexit=1", "maxtrace=200", "tryside=1"]),
    (10_000, ["-loop", "-sink", "-fold", "hotloop=2"]),
])  # fmt: skip
def test_hot_loops_over_hosted_guests(tmp_path: Path, calls: int, options: list[str]) -> None:
    """Guests that the host calls back, that wait, that trap, and plain ones, in loops of their own and mixed: all results are right."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.abi.jitted", str(tmp_path), str(calls), *options],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "wrong\t0\n", "")
