"""A process that does tasks of stdlib/tasks/tasks.py for another one: run by its path, with one socket as stdin and stdout.

It is told a line of JSON with what it may take and where Python's modules are. Each task is the lengths of a name and of its arguments,
then both. It gives a byte, which is 1 when it will do no more tasks, a length, and the encoded answer. It ends when the socket does.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import struct
import sys
import threading
from typing import BinaryIO

ASKED, ANSWERED = struct.Struct("<IQ"), struct.Struct("<BQ")
_NICE = 5
# A process that holds so much memory, in bytes, ends after its task: little of it would go back to the system.
_LARGE = 128 * 1024 * 1024


def main() -> None:
    """Does tasks until nobody wants any more."""
    # The process that waits goes on with other things meanwhile, and these come first.
    os.nice(_NICE)
    # Ctrl-C reaches all processes of a terminal; the one that waits for this one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(0, "rb", closefd=False) as channel:
        told = json.loads(channel.readline())
        sys.path[:] = told["path"]
        threading.Thread(target=_end_with_the_other, daemon=True).start()
        _bound(told["memory"])
        _work(channel, told["seconds"])


def _work(channel: BinaryIO, seconds: float) -> None:
    from moonwit.stdlib.tasks import tasks

    last = False
    while not last and (head := channel.read(ASKED.size)):
        name, arguments = (channel.read(size) for size in ASKED.unpack(head))
        _bound_time(seconds)
        answer = tasks.run(name, arguments)
        last = _held() > _LARGE
        view = memoryview(ANSWERED.pack(last, len(answer)) + answer)
        while view:
            view = view[os.write(1, view) :]


def _held() -> int:
    """Gives how much memory the process holds. The most that it has held, as rusage has it, counts that of the process it came from."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _end_with_the_other() -> None:
    """Ends in the middle of a task when the other process is gone."""
    poll = select.poll()
    poll.register(0, select.POLLRDHUP)
    poll.poll()
    os._exit(1)


def _bound(memory: int) -> None:
    """Bounds what this process may take, and has the system end it before any other when memory runs out."""
    _limit(resource.RLIMIT_DATA, memory)
    _limit(resource.RLIMIT_AS, 2 * memory + 256 * 1024 * 1024)
    _limit(resource.RLIMIT_CORE, 0)
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    except OSError:
        pass  # no /proc: the bounds hold all the same


def _bound_time(seconds: float) -> None:
    """Has the system end this process when one task takes far too long, should the other one not do it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = int(used.ru_utime + used.ru_stime + 2 * seconds) + 10
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _limit(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
