"""What a lane tells the session of the REPL. Python reads it by ``moonwit.lua.values.buffer.fields``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict


class InputOutcome(TypedDict, total=False):
    """What became of an input: its first values, each by its items (lua/repl/describe.lua), and how many there were; the items of the
    error that it failed with; or that it was stopped. ``notes`` are hints about it, ``ended`` the places of earlier inputs that were
    ended meanwhile, ``seconds`` is how long it took."""

    values: Sequence[Sequence[bytes]]
    count: int
    failed: Sequence[bytes]
    interrupted: bool
    notes: Sequence[bytes]
    ended: Sequence[int]
    seconds: float


class TracedCall(TypedDict):
    """A call that was made: the items of its arguments and results, and how many seconds it took."""

    id: bytes
    arguments: Sequence[Sequence[bytes]]
    results: Sequence[Sequence[bytes]]
    seconds: float


class NamesFound(TypedDict):
    """The names below a path with the kinds of their values, and the kind of the path's own value."""

    names: Mapping[bytes, bytes]
    kind: bytes


class NameMeaning(TypedDict, total=False):
    """What a path of names leads to, nothing where it leads nowhere: its kind, and of a function its parameters and its place."""

    kind: bytes
    parameters: bytes
    place: bytes
