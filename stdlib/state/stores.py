"""What the module `store` asks of the host: stores by the ids of their entries, which all lanes of a project share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from typing import TYPE_CHECKING

from moonwit.host.state.kinds import STORES, file_of
from moonwit.lua.values import buffer

if TYPE_CHECKING:
    from moonwit.host.engine.worker import Cancellation
    from moonwit.host.state.line import Line
    from moonwit.host.state.problem import StateProblem
    from moonwit.host.state.stores import Store, Stored
    from moonwit.lua.border.answers import Failure
    from moonwit.lua.border.modules import StoreAnswer, StoredValue, StoreFound, StorePage
    from moonwit.lua.calls.entries import Entries
    from moonwit.registry import Entry

# The target of an operation that waits for a disk.
AWAY = b"store_away"
# How long a project that ends waits for what is being written, in seconds.
GRACE = 5.0


class _Open:
    """A store that is used; ``line`` is where its operations wait for a disk, ``place`` what it was opened as."""

    def __init__(self, store: Store, line: Line | None, place: object) -> None:
        self.store = store
        self.line = line
        self.place = place

    def close(self, timeout: float | None) -> None:
        """Closes the store behind what waits for it already, and waits for that for ``timeout`` seconds."""
        if self.line is None:
            self.store.close()
            return
        closed = self.line.put(self.store.close)
        try:
            if timeout is not None:
                closed.result(timeout)
        except Late:
            # The process ends meanwhile: what was committed is in the file.
            pass


class Stores:
    """The stores of a project. Its methods may be called from any thread."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}

    @property
    def callbacks(self) -> Mapping[str, Callable[..., object]]:
        """The functions for ``Lane``."""
        return {"store_find": self._find, "store_here": self._here, AWAY.decode(): self._here}

    def begin(self, target: bytes, arguments: bytes, cancellation: Cancellation) -> Future[bytes] | None:
        """Begins an operation that waits for a disk; gives nothing for any other target."""
        if target != AWAY:
            return None
        from moonwit.host.state.problem import StateProblem

        operation, id, *rest = buffer.decode_all(arguments)
        assert isinstance(operation, bytes) and isinstance(id, bytes)
        found = self._open[id.decode()]
        answered: Future[bytes] = Future()

        def work() -> bytes:
            return buffer.encode(_told(lambda: _OPERATIONS[operation](found.store, *rest)))

        if found.line is None:
            # The entry was of another kind when the script got its store.
            answered.set_result(work())
            return answered

        def answer(done: Future[bytes]) -> None:
            # Whatever it was, somebody waits for the answer.
            problem = done.exception()
            if isinstance(problem, StateProblem):
                answered.set_result(buffer.encode(_failure(problem)))
            elif problem is not None:
                answered.set_exception(problem)
            else:
                answered.set_result(done.result())

        found.line.put(work, cancellation, len(arguments)).add_done_callback(answer)
        return answered

    def close(self) -> None:
        """Closes all of them."""
        with self._lock:
            left = list(self._open.values())
            self._open.clear()
        for each in left:
            each.close(GRACE)

    def _here(self, operation: bytes, id: bytes, *rest: object) -> object:
        """Does an operation on this thread, or waits here for it where the lane can't go on meanwhile."""
        found = self._open[id.decode()]
        if found.line is None:
            return _told(lambda: _OPERATIONS[operation](found.store, *rest))
        line = found.line
        return _told(lambda: line.put(lambda: _OPERATIONS[operation](found.store, *rest)).result())

    def _find(self, id: bytes) -> StoreFound | Failure:
        from moonwit.lua.lane.compilations import failed

        name = id.decode("utf-8", "replace")
        entry = self._entries.find(name)
        if isinstance(entry, dict):
            return entry
        if entry.kind not in STORES:
            return failed("Invalid", f"the entry {entry.id} is of kind {entry.kind}, which is not a store: name one of {', '.join(STORES)}")
        found = self._opened(entry)
        return {"id": name, "kind": entry.kind, "away": found.line is not None}

    def _opened(self, entry: Entry) -> _Open:
        """Gives the store of an entry. One whose entry was changed keeps what it holds where its place is the same."""
        from moonwit.host.state.stores import Limits

        registry = self._entries.registry
        assert registry is not None
        limits = Limits(_whole(entry, "max_size"), _whole(entry, "max_bytes"))
        place = file_of(entry, registry) if entry.kind == "store.sqlite" else None
        with self._lock:
            found = self._open.get(entry.id)
            if found is not None and found.place == place:
                found.store.limits = limits
                return found
            if found is not None:
                found.close(None)
            if place is None:
                from moonwit.host.state.memory import MemoryStore

                made = _Open(MemoryStore(entry.id, limits), None, None)
            else:
                from moonwit.host.state.kept import SqliteStore
                from moonwit.host.state.line import Line

                made = _Open(SqliteStore(entry.id, place, limits), Line(entry.id), place)
            self._open[entry.id] = made
            return made


def _whole(entry: Entry, field: str) -> int:
    value = entry.fields[field]
    assert isinstance(value, int)
    return value


def _failure(problem: StateProblem) -> Failure:
    failure: Failure = {"failed": True, "kind": problem.kind, "message": problem.message}
    if problem.retryable is not None:
        failure["retryable"] = problem.retryable
    return failure


def _told(operation: Callable[[], object]) -> object:
    """Gives what an operation gives, or says why it can't be done."""
    from moonwit.host.state.problem import StateProblem

    try:
        return operation()
    except StateProblem as problem:
        return _failure(problem)


def _value(stored: Stored) -> StoredValue:
    return {"key": stored.key, "value": stored.value, "version": str(stored.version)}


def _sound(stored: Stored, store: Store) -> StoredValue:
    """Gives an entry whose value Lua can decode: in a file it may have been written by others than Moonwit."""
    from moonwit.host.state.memory import MemoryStore
    from moonwit.host.state.problem import StateProblem

    if not isinstance(store, MemoryStore):
        try:
            buffer.decode(stored.value)
        except ValueError:
            shown = stored.key[:60].decode("utf-8", "replace")
            raise StateProblem("Unavailable", f"the value of the key '{shown}' is damaged: no store has written it") from None
    return _value(stored)


def _read(store: Store, now: float, key: bytes) -> StoredValue:
    found = store.read(key, int(now))
    return {} if found is None else _sound(found, store)


def _has(store: Store, now: float, key: bytes) -> StoreAnswer:
    return {"found": store.read(key, int(now)) is not None}


def _write(store: Store, now: float, key: bytes, value: bytes, life: float | None, condition: bytes | None) -> StoredValue:
    expires = None if life is None else int(now + life)
    return {"version": str(store.write(key, value, expires, condition, int(now)))}


def _delete(store: Store, now: float, key: bytes) -> StoreAnswer:
    return {"found": store.delete(key, int(now))}


def _list(store: Store, now: float, prefix: bytes, after: bytes | None, limit: float) -> StorePage:
    page = store.page(prefix, after, int(limit), int(now))
    answer: StorePage = {"items": [_sound(item, store) for item in page.items]}
    if page.cursor is not None:
        answer["cursor"] = page.cursor
    return answer


_OPERATIONS: Mapping[bytes, Callable[..., object]] = {b"read": _read, b"has": _has, b"write": _write, b"delete": _delete, b"list": _list}
