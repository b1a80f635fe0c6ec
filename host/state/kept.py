"""The kind `store.sqlite`: entries in a file of SQLite, which processes share, and which are there when they have ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moonwit.host.state.databases import file_problem, open_file
from moonwit.host.state.problem import StateProblem
from moonwit.host.state.stores import MOST_PAGE, MOST_VALUE, SWEPT, Limits, Page, Stored, check_condition, end_of, full

# "MwSt", which says that a file is a store.
_MARK = 0x4D775374
_VERSION = 1
# How many bytes a value has, also one that others than Moonwit have written.
_LENGTH = "coalesce(length(CAST(value AS BLOB)), 0)"
# The totals stand in a row of their own: counting would take longer with each entry.
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL, expires INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ends ON entries (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS totals (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER, entries INTEGER, bytes INTEGER);
INSERT OR IGNORE INTO totals VALUES (1, 0, 0, 0);
PRAGMA application_id = {_MARK};
PRAGMA user_version = {_VERSION};
COMMIT;
"""


class SqliteStore:
    """Entries in a file; its methods are called by one thread at a time."""

    def __init__(self, name: str, path: Path, limits: Limits) -> None:
        self.limits = limits
        self.path = path
        self._name = name
        self._connection: sqlite3.Connection | None = None

    def read(self, key: bytes, now: int) -> Stored | None:
        with self._told() as database:
            row = database.execute(
                "SELECT value, version FROM entries WHERE key = ? AND (expires IS NULL OR expires > ?)", (key, now)
            ).fetchone()
        return None if row is None else self._stored(key, *row)

    def write(self, key: bytes, value: bytes, expires: int | None, condition: bytes | None, now: int) -> int:
        with self._told() as database, self._writing(database):
            self._sweep(database, now)
            row = database.execute(f"SELECT version, expires, {_LENGTH} FROM entries WHERE key = ?", (key,)).fetchone()
            # One whose time is over and that is not swept yet counts for the totals, and not for the condition.
            alive = row is not None and (row[1] is None or row[1] > now)
            check_condition(self._name, key, condition, int(row[0]) if alive else None)
            more, grown = (1, len(key) + len(value)) if row is None else (0, len(value) - row[2])
            version, entries, size = self._count(database, more, grown)
            if (more and entries > self.limits.entries) or (grown > 0 and size > self.limits.bytes):
                raise full(self._name, self.limits, entries)
            database.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", (key, value, version, expires))
            return version

    def delete(self, key: bytes, now: int) -> bool:
        with self._told() as database, self._writing(database):
            self._sweep(database, now)
            rows = database.execute(f"DELETE FROM entries WHERE key = ? RETURNING expires, {_LENGTH}", (key,)).fetchall()
            for _, length in rows:
                self._count(database, -1, -len(key) - length)
            return any(expires is None or expires > now for expires, _ in rows)

    def page(self, prefix: bytes, after: bytes | None, limit: int, now: int) -> Page:
        items: list[Stored] = []
        size, start = 0, prefix if after is None else max(prefix, after + b"\0")
        condition, values = "key >= ? AND (expires IS NULL OR expires > ?)", [start, now]
        if (end := end_of(prefix)) is not None:
            condition, values = condition + " AND key < ?", [*values, end]
        with self._told() as database:
            query = f"SELECT key, value, version FROM entries WHERE {condition} ORDER BY key LIMIT ?"
            for key, value, version in database.execute(query, (*values, limit + 1)):
                stored = self._stored(key, value, version)
                size += len(stored.key) + len(stored.value)
                if len(items) == limit or (size > MOST_PAGE and items):
                    return Page(items, items[-1].key)
                items.append(stored)
        return Page(items, None)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            made = open_file(self._name, self.path)
            try:
                self._prepare(made)
            except BaseException:
                made.close()
                raise
            self._connection = made
        return self._connection

    def _prepare(self, made: sqlite3.Connection) -> None:
        """Makes the tables of a new file, and refuses one that is something else."""
        mark, version = (made.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if mark == _MARK and version == _VERSION:
            return
        # One that another process makes at this moment has its tables before its mark is seen, as both are committed together.
        if mark == 0 and made.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
            made.executescript(_SCHEMA)
        elif tuple(made.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")) != (_MARK, _VERSION):
            newer = f"a store of version {version}, and this Moonwit reads version {_VERSION}"
            what = newer if mark == _MARK else "a database of something else"
            raise StateProblem("Invalid", f"the file of {self._name}, {self.path}, is {what}")

    @contextmanager
    def _told(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._opened()
        except sqlite3.Error as error:
            raise file_problem(self._name, error) or StateProblem("Internal", f"the file of {self._name} failed: {error}") from None

    @contextmanager
    def _writing(self, database: sqlite3.Connection) -> Iterator[None]:
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    def _count(self, database: sqlite3.Connection, entries: int, size: int) -> tuple[int, int, int]:
        """Adds to the totals; gives a new version and the totals."""
        query = "UPDATE totals SET version = version + 1, entries = entries + ?, bytes = bytes + ? RETURNING version, entries, bytes"
        rows: list[tuple[int, int, int]] = database.execute(query, (entries, size)).fetchall()
        if not rows:
            raise StateProblem("Unavailable", f"the file of {self._name} is damaged: it has no totals")
        return rows[0]

    def _sweep(self, database: sqlite3.Connection, now: int) -> None:
        over = database.execute(f"SELECT key, {_LENGTH} FROM entries WHERE expires <= ? LIMIT ?", (now, SWEPT)).fetchall()
        for key, length in over:
            database.execute("DELETE FROM entries WHERE key = ?", (key,))
            self._count(database, -1, -len(key) - length)

    def _stored(self, key: object, value: object, version: object) -> Stored:
        """Gives what a row holds, which others than Moonwit may have written."""
        if isinstance(key, bytes) and isinstance(value, bytes) and isinstance(version, int) and len(value) <= MOST_VALUE:
            return Stored(key, value, version)
        raise StateProblem("Unavailable", f"the file of {self._name} is damaged: it holds an entry that no store has written")
