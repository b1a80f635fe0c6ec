"""What is known of calls on a cluster, and of the workers that make them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from struct import Struct
from typing import TYPE_CHECKING, Any

from moonwit.host.values.intermediate import ErrorValue

if TYPE_CHECKING:
    from moonwit.host.cluster.archive import Archive

# How long the calls of one task shall take together, in seconds, and how many they are at most.
TASK_SECONDS, MOST_CALLS = 0.04, 1000
# About what a task takes by itself, of all who have a part in it; and how long calls that take less wait for more of them, while others of
# their function are under way, in seconds.
TASK_COST, HOLD = 0.002, 0.003
# How many tasks a thread of a worker has at once: while it makes the calls of one, the next travels.
TASKS_PER_THREAD = 2

# What stands before a call, and an answer: its number, and how many bytes follow.
FRAME = Struct("<II")
Post = Callable[[bytes], None]


class Call:
    """A call that is not answered: its number in its lane, where its answer goes, and the content of its frame."""

    __slots__ = ("began", "content", "key", "number", "post", "tries")

    def __init__(self, number: int, post: Post, content: bytes, began: float) -> None:
        self.number = number
        self.post = post
        self.content = content
        self.began = began
        self.tries = 0
        # Numbers of several lanes may be the same.
        self.key = id(post), number


class Function:
    """A function's calls that wait, and what its calls take on a worker, in seconds."""

    def __init__(self, id: str, archive: Archive, again: bool) -> None:
        self.id = id
        self.archive = archive
        self.again = again
        self.waiting: deque[Call] = deque()
        self.seconds: float | None = None

    def fit(self) -> int:
        """Gives how many calls make a whole task."""
        return 1 if self.seconds is None else min(max(int(TASK_SECONDS / max(self.seconds, 1e-7)), 1), MOST_CALLS)

    def took(self, count: int, seconds: float) -> None:
        """Learns what a task of so many calls took. Of few calls most is what a task takes by itself, so that they say little."""
        each = seconds / count
        weight = 1.0 if self.seconds is None else 0.7 if each < self.seconds else 0.3 * min(count / self.fit(), 1.0)
        self.seconds = weight * each + (1 - weight) * (self.seconds or 0.0)

    def size(self, idle: int, busy: bool, now: float) -> int:
        """Gives how many calls the next task has, when so many threads are ``idle``: an equal share at most.

        When all have something to do, nothing (0) until there is a whole task: what waits meanwhile travels together. So do a few short
        calls that came just ``now``, where the function is ``busy``: more are likely to follow. One that is called alone goes at once.
        """
        if self.seconds is None:
            return 1
        fit = self.fit()
        if idle <= 0:
            return fit if len(self.waiting) >= fit else 0
        share = min(fit, -(-len(self.waiting) // idle))
        if busy and share < fit and share * self.seconds < TASK_COST and now - self.waiting[0].began < HOLD:
            return 0
        return share


class Worker:
    """A process of the cluster. ``token`` is that of its process, once it has said so; ``refused`` why it can't be used."""

    def __init__(self, address: str, threads: int) -> None:
        self.address = address
        self.threads = threads
        self.token: str | None = None
        self.refused: str | None = None
        self.seen: object = None
        self.heard = time.monotonic()
        self.tasks: set[Task] = set()
        self.version = ""
        self.metrics: dict[str, Any] = {}
        self.calls = self.errors = 0
        self.seconds = 0.0
        # The same for each function: calls, errors and seconds, by id.
        self.functions: dict[str, list[float]] = {}

    def told(self) -> dict[str, Any]:
        """Gives what is counted of it, for ``Project.clusters``."""
        return {
            "address": self.address,
            "threads": self.threads,
            "calls": self.calls,
            "errors": self.errors,
            "seconds": self.seconds,
            "waiting": sum(len(task.calls) for task in list(self.tasks)),
            "refused": self.refused,
            "version": self.version,
            # Of all callers, as the worker has told its scheduler last.
            "tasks": sum((self.metrics.get("task_counts") or {}).values()),
            "memory": int(self.metrics.get("memory") or 0),
        }

    def made(self, id: str) -> dict[str, Any]:
        """Gives what it has made of a function, those of a whole binary together, for ``funcs.stats``."""
        own = [counts for name, counts in list(self.functions.items()) if name.partition("#")[0] == id]
        calls, errors, seconds = (sum(counts[i] for counts in own) for i in range(3))
        made = {"address": self.address, "calls": int(calls), "errors": int(errors), "milliseconds": seconds * 1e3}
        return {**made, "waiting": self.told()["waiting"]}

    def idle(self) -> int:
        """Gives how many of its threads have nothing to do."""
        return max(self.room() - self.threads * (TASKS_PER_THREAD - 1), 0)

    def room(self) -> int:
        """Gives how many more tasks it may have."""
        return 0 if self.token is None or self.refused else self.threads * TASKS_PER_THREAD - len(self.tasks)


class Task:
    """Calls that a worker has."""

    def __init__(self, number: int, function: Function, worker: Worker, calls: list[Call]) -> None:
        self.number = number
        self.function = function
        self.worker = worker
        self.calls = {call.key: call for call in calls}
        self.future: Any = None
        self.over = False

    def frames(self) -> bytes:
        """Gives the calls as frames. A lane of the worker knows them by their places: numbers of several lanes here may be the same."""
        parts: list[bytes] = []
        for place, call in enumerate(self.calls.values()):
            parts += (FRAME.pack(place, len(call.content)), call.content)
        return b"".join(parts)


def nobody(id: str, address: str, down: str | None, workers: Collection[Worker]) -> str:
    """Says why nobody makes the calls of a cluster; ``down`` is why there is no connection, where there is none."""
    if down is not None:
        where = f"there is no scheduler at {address}" if address != "local" else "the processes can't be started"
        return f"{where}, as the cluster {id} has it ({down})"
    refused = sorted({worker.refused for worker in workers if worker.refused})
    if refused:
        return f"no worker of the cluster {id} can be used: {'; '.join(refused)}"
    return f"the cluster {id} has no workers"


def split(frames: bytes) -> Iterator[tuple[int, bytes]]:
    """Gives the number and the content of each frame."""
    at = 0
    while at < len(frames):
        number, size = FRAME.unpack_from(frames, at)
        at += FRAME.size
        yield number, frames[at : at + size]
        at += size


def fail_all(frames: bytes, post: Post, encode: Callable[[ErrorValue], bytes], error: ErrorValue) -> None:
    """Answers all calls in frames with an error."""
    answers: list[bytes] = []
    text = encode(error)
    for number, _ in split(frames):
        answers += (FRAME.pack(number, len(text) + 1), b"\1", text)
    post(b"".join(answers))
