"""What holds for all tests: signals as in a terminal, no process left behind, bounded memory.

Each test has a limit of time besides (`timeout` in pyproject.toml): a generous one, for what would otherwise wait forever.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# What the test process may take at most, in MiB.
MOST_MEMORY = 500
PR_SET_CHILD_SUBREAPER = 36

# A shell without job control has what it starts in the background ignore these, and so would the commands that tests start.
for number in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def children() -> dict[int, str]:
    """The processes that this one has, with their command lines; those that have ended are left out."""
    found = {}
    for path in Path("/proc/self/task").glob("*/children"):
        for pid in map(int, path.read_text().split()):
            try:
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
            except OSError:
                continue
            if state == "Z":
                continue
            found[pid] = command
    return found


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Fails when a test has left a process running, also one whose parent has ended: those become children of this process."""
    before = set(children())
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    end = time.monotonic() + 10  # what was told to end may take a moment
    while (left := {pid: command for pid, command in children().items() if pid not in before}) and time.monotonic() < end:
        time.sleep(0.1)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, f"left running: {left}"


@pytest.fixture(scope="session", autouse=True)
def memory_is_bounded() -> Iterator[None]:
    """Fails when the tests have made their process large: something is kept, or made larger than its claim needs."""
    yield
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    assert most < MOST_MEMORY, f"the test process took {most} MiB"
