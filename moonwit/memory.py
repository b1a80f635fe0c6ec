"""Memory: a script that takes all there is ends with a sentence, before the system ends the process, or another one, without.

LuaJIT's own limit would need a slower allocator for every table; so the process's memory is looked at now and then instead.
"""

from __future__ import annotations

import functools
import os
from typing import NoReturn

# The share of the machine's memory, or of the container's, that the process may take.
SHARE = 0.8


@functools.cache
def limit() -> int:
    """Gives how many bytes the process may take; MOONWIT_MEMORY says another number, in MiB."""
    given = os.environ.get("MOONWIT_MEMORY", "")
    if given.isdecimal() and int(given):
        return int(given) * 2**20
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
            total = min(total, int(file.read()))
    except (OSError, ValueError):
        pass  # no container, or one without a limit ("max")
    return int(total * SHARE)


def resident() -> int:
    """Gives how many bytes of the process are in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def check() -> None:
    """Ends the process with exit code 1 when it takes more than its limit."""
    if resident() > limit():
        _end()


def _end() -> NoReturn:
    from moonwit import relays, terminal

    terminal.complain(
        f"the script takes more than {limit() // 2**20} MiB of memory and was ended; keep less at a time, or set MOONWIT_MEMORY (MiB)"
    )
    relays.end()
    # The lane can't be stopped where it is.
    os._exit(1)
