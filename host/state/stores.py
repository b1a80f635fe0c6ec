"""Stores of keys and values: what all kinds of them promise, and their bounds.

Values are bytes, which nobody here looks into. Times are milliseconds since 1970, given by the caller: its clock may be that of a test.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from moonwit.host.state.problem import StateProblem

# In bytes: a key, a value, and what one page of a list holds.
MOST_KEY, MOST_VALUE, MOST_PAGE = 1024, 1024 * 1024, 4 * 1024 * 1024
# How many items a page holds, and how many keys are looked at for it.
MOST_ITEMS, MOST_SEEN = 1000, 20_000
# How many entries whose time is over are removed by the way.
SWEPT = 100


class Stored(NamedTuple):
    """A key with its value and its version; a version is never given twice in a store."""

    key: bytes
    value: bytes
    version: int


class Page(NamedTuple):
    """Some of the entries by key. ``cursor`` is where the next page begins, None where there is no more."""

    items: list[Stored]
    cursor: bytes | None


class Limits(NamedTuple):
    """How many entries a store holds, and how many bytes their keys and values have together."""

    entries: int
    bytes: int


class Store(Protocol):
    """Entries by key. Each method is done as a whole before or after any other, whoever calls it from wherever."""

    limits: Limits

    def read(self, key: bytes, now: int) -> Stored | None:
        """Gives an entry whose time is not over."""

    def write(self, key: bytes, value: bytes, expires: int | None, condition: bytes | None, now: int) -> int:
        """Sets a value and gives its version; raises ``StateProblem`` where it does not fit, or where a condition does not hold:
        b"" has no entry there, anything else the entry of that version."""

    def delete(self, key: bytes, now: int) -> bool:
        """Removes an entry; tells whether there was one."""

    def page(self, prefix: bytes, after: bytes | None, limit: int, now: int) -> Page:
        """Lists entries whose keys begin with a prefix, in the order of their bytes."""

    def close(self) -> None:
        """Frees what the store has open."""


def check_condition(name: str, key: bytes, condition: bytes | None, version: int | None) -> None:
    """Compares what is there with what a writer expects; raises ``StateProblem``."""
    if condition is None:
        return
    shown = key[:60].decode("utf-8", "replace")
    if not condition:
        if version is not None:
            raise StateProblem("AlreadyExists", f"{name} has the key '{shown}' already", False)
    elif version is None:
        raise StateProblem("Conflict", f"the key '{shown}' is not in {name} any more: read it again", True)
    elif condition != b"%d" % version:
        raise StateProblem("Conflict", f"the key '{shown}' of {name} was written by another since: read it again", True)


def full(name: str, limits: Limits, entries: int) -> StateProblem:
    """Says why a value does not fit."""
    what = f"{name} may hold {limits.bytes} bytes, and the value does not fit: delete some, or raise `max_bytes`"
    if entries > limits.entries:
        what = f"{name} holds {limits.entries} entries, and no more may be: delete some, or raise `max_size`"
    return StateProblem("Unavailable", what)


def end_of(prefix: bytes) -> bytes | None:
    """Gives the first key behind those that begin with a prefix; None where there is none."""
    rest = prefix.rstrip(b"\xff")
    return rest[:-1] + bytes([rest[-1] + 1]) if rest else None
