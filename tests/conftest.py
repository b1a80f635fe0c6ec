"""What holds for all tests: signals as in a terminal, no process left behind, bounded memory.

Each test has a limit of time besides (`timeout` in pyproject.toml): a generous one, for what would otherwise wait forever.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

# What a test process may take at most, in MiB. Ten thousand tests that are collected take 210 of it, before the first of them runs.
MOST_MEMORY = 800
PR_SET_CHILD_SUBREAPER = 36

# A shell without job control has what it starts in the background ignore the first two, nohup the third, and so would the commands that
# tests start.
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
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


LIBC = ctypes.CDLL(None)


@pytest.fixture(scope="module", autouse=True)
def memory_is_given_back() -> Iterator[None]:
    """Gives what a file of tests has freed back to the system, so that the files' peaks do not add up."""
    yield
    gc.collect()
    LIBC.malloc_trim(0)


BEFORE = set(children())
# A process whose parent has ended becomes a child of this one, so that it is seen.
LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def left_behind() -> dict[int, str]:
    """The processes that tests have left running, ended now; what was told to end has a moment for it."""
    end = time.monotonic() + 10
    while (left := {pid: command for pid, command in children().items() if pid not in BEFORE}) and time.monotonic() < end:
        time.sleep(0.1)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left


def complaints() -> list[str]:
    """What this process's tests have left: a running process; memory that is still held."""
    found = [f"left running: {command}" for command in left_behind().values()]
    if (most := resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024) >= MOST_MEMORY:
        found.append(f"a test process took {most} MiB, expected less than {MOST_MEMORY}")
    return found


FOUND: list[str] = []


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Takes what a process that ran a part of the tests complains of."""
    FOUND.extend(getattr(node, "workeroutput", {}).get("complaints", ()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fails when a test has left a process running, or the tests have made their process large: then something is kept."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["complaints"] = complaints()
        return
    if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return
    FOUND.extend(complaints())
    for sentence in FOUND:
        print(f"\n{sentence}")
    if FOUND:
        # Not what a failed test gives: it is no matter of one test, so that none is run again for it.
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
