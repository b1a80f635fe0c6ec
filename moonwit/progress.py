"""A line on a terminal that says what is being compiled, when that takes longer than a second."""

from __future__ import annotations

import threading
import time

from moonwit import terminal
from moonwit.host import compiling

# When the line comes, how often what it says changes, and how often it is looked whether it may go, in seconds.
PATIENCE, CHANGE, LOOK = 1.0, 1.0, 0.05

# Whether somebody else writes to the terminal, as the prompt of the REPL does while it reads.
quiet = False

_lock = threading.Lock()
_watched = False


def watch() -> None:
    """Shows progress from now on, on standard error, which is a terminal."""
    compiling.begun = _begin


def _begin() -> None:
    global _watched
    with _lock:
        if _watched:
            return
        _watched = True
    threading.Thread(target=_show, name="moonwit progress", daemon=True).start()


def _show() -> None:
    global _watched
    from moonwit.host.compiling.jobs import under_way

    shown = 0.0
    while True:
        jobs = [job for job in under_way() if job[3] >= PATIENCE]
        if jobs and not quiet and time.monotonic() - shown >= CHANGE:
            shown = time.monotonic()
            terminal.show_line(line(jobs))
        elif (not jobs or quiet) and shown:
            shown = 0.0
            terminal.clear_line()
        with _lock:
            if not under_way():
                _watched = False
                break
        time.sleep(LOOK)
    if shown:
        terminal.clear_line()


def line(jobs: list[tuple[str, int, int, float]]) -> str:
    """Words what is being compiled, the first of several."""
    entry, number, count, seconds = jobs[0]
    which = f", module {number} of {count}" if count > 1 else ""
    more = f", and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    return f"compiling {entry}{which}: {seconds:.0f} s{more}"
