"""What Python answers to modules of the standard library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict


class SourceFound(TypedDict):
    """The text of a Lua file that is required, and whether it is the first of those that were looked for; empty where none is there."""

    source: NotRequired[bytes]
    first: NotRequired[bool]


class FolderFound(TypedDict):
    """A folder that may be used, by its id."""

    id: str


class FileOpened(TypedDict):
    """An open file, by its number, and its size in bytes."""

    number: int
    size: int


class FileStat(TypedDict):
    """What is known of a file: its size in bytes, its mode as text, and the second in which it was changed."""

    name: bytes
    size: int
    mode: int
    modified: float
    type: str
    is_dir: bool


class FileName(TypedDict):
    """A name in a folder, and what it is."""

    name: bytes
    type: str


class FileSize(TypedDict):
    """The size of an open file in bytes."""

    size: int


class WouldWait(TypedDict):
    """Says that the disk would have to be waited for."""

    wait: Literal[True]


class BytesRead(TypedDict):
    """How many bytes were read into Lua's own memory."""

    count: int


class Variable(TypedDict):
    """The value of an environment variable."""

    value: str


class Variables(TypedDict):
    """Environment variables by name."""

    values: Mapping[str, str]


class DeclaredEntry(TypedDict):
    """An entry of the registry, encoded."""

    entry: bytes


class DeclaredEntries(TypedDict):
    """Entries of the registry in the order of the project's files, encoded."""

    entries: bytes


class StoreFound(TypedDict):
    """A store that may be used: its kind, and whether its operations wait for a disk."""

    id: str
    kind: str
    away: bool


class StoredValue(TypedDict):
    """An entry of a store; the value is encoded. Nothing is there where there is no entry."""

    key: NotRequired[bytes]
    value: NotRequired[bytes]
    version: NotRequired[str]


class StorePage(TypedDict):
    """Entries of a store by key, and where the next page begins, where there is one."""

    items: Sequence[StoredValue]
    cursor: NotRequired[bytes]


class StoreAnswer(TypedDict):
    """Whether a key was there."""

    found: bool
