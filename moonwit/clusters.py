"""What the workers of a cluster run: the project of an archive, with a lane for each of the worker's threads.

The caller's side is host/cluster/client.py, which is given this module. The engine carries its functions by their names, so a worker must
have Moonwit installed.
"""

from __future__ import annotations

import io
import itertools
import queue
import shutil
import threading
import time
import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import Worker, WorkerPlugin
from distributed.core import Status

from moonwit.host.values.intermediate import ErrorValue
from moonwit.lua.values import buffer
from moonwit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moonwit.host.cluster.archive import Archive
    from moonwit.lua.lane.lane import Lane

# Names this process: as a caller, and as a worker. A worker that was started anew at the same address is another one.
OWNER = uuid.uuid4().hex
TOKEN = uuid.uuid4().hex

_nodes: dict[str, Node] = {}
_running: dict[tuple[str, int], tuple[Lane, int]] = {}
# What was canceled of tasks that have not begun; of those that never do, the oldest are forgotten.
_canceled: dict[tuple[str, int], list[list[int] | None]] = {}
_MOST_CANCELED = 10_000
# How many projects a worker keeps open, which is versions of one too: lanes and instances of those that were called last.
_MOST_OPEN = 4
# How a task ends by itself, and what a worker is when it ends, in the engine's words.
_ENDED = ("memory", "error")
_CLOSING = (Status.closing, Status.closing_gracefully, Status.closed)
_lock = threading.Lock()
_batches = itertools.count(1)


def greet() -> dict[str, str]:
    """Says which process a worker is, and what it has."""
    return {"token": TOKEN, "version": __version__}


def unfit(told: Mapping[str, str]) -> str | None:
    """Says why a worker that has greeted so can't be used: it has another version of Moonwit."""
    its = told["version"]
    if __version__.split(".")[:2] == its.split(".")[:2]:
        return None
    return f"a worker has Moonwit {its}, and this is {__version__}: install the same minor version there"


def encode_error(error: ErrorValue) -> bytes:
    """Encodes an error as a lane takes it."""
    return buffer.encode(error)


def plugin_name(sha256: str) -> str:
    """Names what opens an archive."""
    return f"moonwit-{sha256}"


def plugin(archive: Archive) -> Node:
    """Makes what opens an archive on each worker."""
    return Node(archive)


def run(sha256: str, token: str, owner: str, number: int, id: str, frames: bytes) -> tuple[float, bytes | None]:
    """Makes the calls of a task; gives the seconds that they took, and the answers.

    There are none where this is not the process that was meant, and none with less than 0 seconds where it has no such archive any more.
    """
    if token != TOKEN:
        return 0.0, None
    node = _nodes.get(sha256)
    if node is None:
        return -1.0, None
    made = node.run((owner, number), id, frames)
    for unused in sorted(_nodes.copy().values(), key=Node.used)[:-_MOST_OPEN]:
        unused.rest()
    return made


def cancel(number: int, owner: str, slots: list[int] | None = None) -> None:
    """Cancels calls of a task by their places in it, or all of it."""
    with _lock:
        running = _running.get((owner, number))
        if running is None:
            _canceled.setdefault((owner, number), []).append(slots)
            if len(_canceled) > _MOST_CANCELED:
                del _canceled[next(iter(_canceled))]
            return
    lane, batch = running
    lane.leave_batch(batch, slots)


class Node(WorkerPlugin):
    """The project of an archive on a worker."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.name = plugin_name(archive.sha256)
        self._open: Open | None = None

    def setup(self, worker: Worker) -> None:
        """Takes the place where the archive is opened with its first call."""
        self._open = Open(self.archive, Path(worker.local_directory) / self.name, worker.state.nthreads)
        _nodes[self.archive.sha256] = self

    def teardown(self, worker: Worker) -> None:
        """Ends the lanes: at once with the worker, else when those that call in them have their answers."""
        if _nodes.get(self.archive.sha256) is self:
            del _nodes[self.archive.sha256]
        opened, self._open = self._open, None
        if opened is not None:
            opened.close(worker.status in _CLOSING)

    def transition(self, key: Any, start: str, finish: str, **kwargs: Any) -> None:
        """Ends what runs for a task that nobody wants any more: its caller has gone, or has canceled it."""
        if start == "executing" and finish not in _ENDED and str(key).startswith("moonwit-"):
            _, owner, number = str(key).split("-")
            cancel(int(number), owner)

    def __getstate__(self) -> dict[str, Any]:
        return {"archive": self.archive, "name": self.name, "_open": None}

    def run(self, task: tuple[str, int], id: str, frames: bytes) -> tuple[float, bytes | None]:
        """Makes the calls of a task in a lane."""
        opened = self._open
        return opened.run(task, id, frames) if opened is not None else (-1.0, None)

    def used(self) -> float:
        """Tells when it was called last."""
        return self._open.used if self._open is not None else 0.0

    def rest(self) -> None:
        """Ends the lanes, where they have nothing to do; the next call starts them again."""
        if self._open is not None:
            self._open.rest()


class Open:
    """An archive that is opened, and its lanes."""

    def __init__(self, archive: Archive, folder: Path, threads: int) -> None:
        self._archive = archive
        self._folder = folder
        self._threads = threads
        self._lock = threading.Lock()
        self._lanes: list[Lane] = []
        self._idle: queue.SimpleQueue[Lane] = queue.SimpleQueue()
        self._ends: list[Callable[[], Any]] = []
        self._busy = 0
        self._closed = False
        self.used = 0.0

    def _start(self) -> None:
        from moonwit.host.cluster.kinds import THERE
        from moonwit.host.environment.variables import environment_of
        from moonwit.host.files.kinds import keep_folder
        from moonwit.kinds import KINDS
        from moonwit.lua.calls.entries import Entries
        from moonwit.lua.lane.lane import Lane
        from moonwit.registry import load
        from moonwit.stdlib.modules import Modules

        shutil.rmtree(self._folder, ignore_errors=True)
        with zipfile.ZipFile(io.BytesIO(self._archive.data)) as archive:
            archive.extractall(self._folder)
        for written, _ in self._archive.folders.values():
            Path(self._folder, written).mkdir(parents=True, exist_ok=True)
        entries = Entries(None)
        kinds = [THERE if kind.name == THERE.name else kind for kind in KINDS]
        entries.registry = registry = load(self._folder, kinds, self._archive.environ)
        for id, (_, real) in self._archive.folders.items():
            keep_folder(registry, id, Path(real))
        environment_of(registry, self._archive.environ).given = self._archive.variables
        entries.is_remote = True
        modules = Modules(entries)
        entries.joined = modules.joined
        for number in range(self._threads):
            lane = Lane(entries.callbacks("worker"), f"moonwit cluster {number + 1}")
            self._lanes.append(lane)
            self._idle.put(lane)
        self._ends = [lambda: entries.close(1.0), modules.close]

    def run(self, task: tuple[str, int], id: str, frames: bytes) -> tuple[float, bytes | None]:
        """Makes calls in a lane that has nothing else to do; the engine has no more tasks here than there are lanes."""
        with self._lock:
            if self._closed:
                return -1.0, None
            self._busy += 1
            self.used = time.monotonic()
            try:
                if not self._lanes:
                    self._start()
            except BaseException:
                self._busy -= 1
                raise
        lane = self._idle.get()
        began = time.perf_counter()
        try:
            number = next(_batches)
            future = lane.batch(number, id, frames)
            with _lock:
                _running[task] = lane, number
                canceled = _canceled.pop(task, ())
            for slots in canceled:
                lane.leave_batch(number, slots)
            answers = future.result()[0]
        finally:
            with _lock:
                _running.pop(task, None)
            self._idle.put(lane)
            with self._lock:
                self._busy -= 1
                if self._closed and not self._busy:
                    self._end()
        return time.perf_counter() - began, answers

    def rest(self) -> None:
        """Ends the lanes, where they have nothing to do; the next call starts them again."""
        with self._lock:
            if self._lanes and not self._busy:
                self._end()

    def close(self, at_once: bool) -> None:
        """Ends the lanes, when they have nothing to do any more, or ``at_once`` with what runs in them."""
        with self._lock:
            self._closed = True
            if at_once or not self._busy:
                self._end()

    def _end(self) -> None:
        lanes, self._lanes, self._idle = self._lanes, [], queue.SimpleQueue()
        ends, self._ends = self._ends, []
        for lane in lanes:
            lane.cancel()
        for lane in lanes:
            lane.close(1.0)
        for end in ends:
            end()
        shutil.rmtree(self._folder, ignore_errors=True)
