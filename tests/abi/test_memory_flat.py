"""Over a million calls in one process, of every sort, leave nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.abi.conftest import ROOT

MEGABYTE = 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is measured through /proc")
def test_a_million_calls_leave_memory_flat() -> None:
    """Pooled and inline calls, strings, resources, traps and refusals take no more with time."""
    ran = subprocess.run([sys.executable, "-m", "tests.abi.endurance"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    _, warm, end = json.loads(ran.stdout)
    # Less than four bytes per call, and room for a heap that is cut up differently.
    assert end["resident"] - warm["resident"] < 4 * MEGABYTE, (warm, end)
    assert end["lua"] - warm["lua"] < MEGABYTE / 10, (warm, end)
    assert end["instances"] <= warm["instances"]
    assert end["descriptors"] == warm["descriptors"]
    assert end["threads"] == warm["threads"]
    assert end["mappings"] - warm["mappings"] < 40, (warm, end)
