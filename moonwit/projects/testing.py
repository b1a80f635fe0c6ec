"""The tests of a project: where they are, and each run in a lane of its own, many at a time."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as Late
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from moonwit.host.values.intermediate import ErrorValue
from moonwit.lua.lane.lane import Lane
from moonwit.lua.scripts.files import of_script
from moonwit.lua.values import buffer
from moonwit.scripts import read_script

if TYPE_CHECKING:
    from moonwit.project import Project
    from moonwit.registry import Entry, Registry

ENDING = "_test.lua"
# A file of tests is on a test clock when a comment in one of its first lines says so.
_ON_TEST_CLOCK = b"clock: test"
_FIRST_LINES = 20
_MOST_FILES = 10_000
# How long a file of tests may take, in seconds, and what ends it has for ending.
PATIENCE, GRACE = 60.0, 1.0
MOST_AT_ONCE = 4


class Source(NamedTuple):
    """A file of tests, or an entry that is one: its name, its script, and the folder that it requires files from."""

    name: str
    script: bytes
    chunk: str
    folder: str | None
    test_clock: bool


class Result(NamedTuple):
    """How a test has ended; the message is empty where it has passed. The time is in seconds."""

    source: str
    name: str
    message: str
    stack: str
    time: float


def sources(registry: Registry) -> Iterator[Source]:
    """Finds the tests: the files first, by name, then the entries in their order."""
    for path in _files(registry.root):
        script = read_script(str(path))
        name = os.path.relpath(path)
        first = script.split(b"\n", _FIRST_LINES)[:_FIRST_LINES]
        on_clock = any(_ON_TEST_CLOCK in line and line.lstrip().startswith(b"--") for line in first)
        yield Source(name, script, f"@{name}", str(path.parent), on_clock)
    for entry in registry.entries.values():
        if entry.meta.get("type") == "test" and entry.kind.startswith("function."):
            for id in _called(entry, registry):
                quoted = "".join(f"\\{byte:03d}" for byte in id.encode())
                script = f"local _, err = require('funcs').call('{quoted}') if err then error(err, 0) end".encode()
                yield Source(id, script, f"={id}", None, entry.meta.get("clock") == "test")


def _called(entry: Entry, registry: Registry) -> list[str]:
    """Gives what is called of an entry: of a whole binary every function that takes nothing."""
    from moonwit.host.functions.loaded import KINDS, FunctionProblem
    from moonwit.host.functions.loading import load_functions
    from moonwit.host.functions.whole import is_whole

    if entry.kind not in KINDS or not is_whole(entry) or registry.is_broken(entry.id):
        return [entry.id]
    try:
        return [part.call_id for part in load_functions(entry, registry) if not part.signature.params]
    except FunctionProblem:
        return [entry.id]


def _files(root: Path) -> list[Path]:
    found: list[Path] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in ("node_modules", "lua_modules", "target"))
        found += [Path(folder, name) for name in sorted(names) if name.endswith(ENDING) and not name.startswith(".")]
        if len(found) > _MOST_FILES:
            break
    return found[:_MOST_FILES]


class Tests:
    """A run of tests. ``said`` is called with each result, by one thread at a time."""

    def __init__(self, project: Project, filter: str, said: Callable[[Result], None], patience: float = PATIENCE) -> None:
        self._project = project
        self._filter = filter
        self._said = said
        self._patience = patience
        self._lock = threading.Lock()
        # Lanes that did not end when asked to: a loop that nothing can stop.
        self.stuck = 0

    def run(self, found: Sequence[Source]) -> None:
        """Runs all of it, and returns when that has ended."""
        waiting: queue.SimpleQueue[Source] = queue.SimpleQueue()
        for source in found:
            waiting.put(source)
        count = max(1, min(MOST_AT_ONCE, os.cpu_count() or 1, len(found)))
        threads = [threading.Thread(target=self._work, args=(waiting,), daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, waiting: queue.SimpleQueue[Source]) -> None:
        while True:
            try:
                source = waiting.get_nowait()
            except queue.Empty:
                return
            self._one(source)

    def _report(self, result: Result) -> None:
        with self._lock:
            self._said(result)

    def _one(self, source: Source) -> None:
        whole, ran, begun = self._filter in source.name, 0, time.monotonic()

        def begin(name: bytes) -> dict[str, bool]:
            return {"run": whole or self._filter in name.decode("utf-8", "replace")}

        def end(name: bytes, passed: bytes, message: bytes, stack: bytes, milliseconds: bytes) -> dict[str, Any]:
            nonlocal ran
            ran += 1
            said = "" if passed else message.decode("utf-8", "replace") or "it failed"
            frames, seconds = stack.decode("utf-8", "replace"), float(milliseconds) / 1000
            self._report(Result(source.name, name.decode("utf-8", "replace"), said, frames, seconds))
            return {}

        lane = Lane({**self._project.entries.callbacks(), "test_begin": begin, "test_end": end}, f"moonwit test {source.name}")
        try:
            if source.test_clock:
                lane.submit(lambda boot: boot[b"test_clock"]()).result()
            problem, stack = self._ended(lane, source)
        finally:
            if not lane.close(GRACE):
                self.stuck += 1
        # A file without `test.it` is a test itself; one that fails beside its tests, too. What does not fit the filter is none.
        if (problem and (ran or whole)) or (not ran and whole):
            self._report(Result(source.name, "", problem, stack, time.monotonic() - begun))

    def _ended(self, lane: Lane, source: Source) -> tuple[str, str]:
        """Runs a script to its end; gives what is wrong with it and where, both empty where nothing is."""
        registry = self._project.registry
        future = lane.run(
            {
                "source": source.script,
                "name": source.chunk,
                "arguments": buffer.encode([]),
                "places": of_script(None if registry is None else registry.root, source.folder),
                "granted": {},
            }
        )
        try:
            status, error, stack = future.result(self._patience)
        except Late:
            lane.cancel()
            return f"it has not ended within {self._patience:g} s", ""
        if error is not None:
            decoded = buffer.decode(error)
            assert isinstance(decoded, ErrorValue)
            return decoded.message, (stack or b"").decode("utf-8", "replace")
        return (f"it has ended with the exit status {status}", "") if status else ("", "")
