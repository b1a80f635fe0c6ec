"""What Python answers to a lane, apart from entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict, final


@final
class Failure(TypedDict):
    """Says why there is no answer; a kind is one of lua/values/errors.lua. ``retryable`` is there where it is known."""

    failed: Literal[True]
    kind: str
    message: str | bytes
    retryable: NotRequired[bool]


@final
class Nothing(TypedDict):
    """Says that it is done, where nothing else is to be said."""


class Library(TypedDict):
    """Wasmtime's library: the file, sizes and offsets of its structs by name and field, and how many memory mappings a process may have."""

    path: str
    layouts: Mapping[str, Mapping[str, int]]
    mappings: int


class NetworkRule(TypedDict):
    """Addresses at the ports from ``low`` to ``high``: all (``any``), those whose first ``bits`` are as in ``ip``, or those of a name."""

    low: int
    high: int
    any: NotRequired[bool]
    ip: NotRequired[bytes]
    bits: NotRequired[int]
    names: NotRequired[list[bytes]]


class NetworkRules(TypedDict):
    """Where a guest may connect or send to, and where others may reach it."""

    connect: list[NetworkRule]
    listen: list[NetworkRule]


class SeenWorld(TypedDict):
    """What a guest sees of arguments, environment, the folder that it is in, and the network."""

    args: list[str]
    env: list[list[str]]
    cwd: str | None
    network: NetworkRules


class MountedFolder(TypedDict):
    """An open folder of an instance, which owns the descriptor."""

    descriptor: int
    guest: str
    read_only: bool


class FileCounts(TypedDict):
    """Where the numbers of open files lie, which of them is the lane's, and how many may be open in all and for one entry."""

    address: int
    cell: int
    most: int
    most_own: int


class Folders(TypedDict):
    """What an instance gets of its entry's mounts (lua/wasi/files/open.lua)."""

    mounts: list[MountedFolder]
    counts: FileCounts


class Hired(TypedDict):
    """Another lane: the addresses of the mailboxes to it and from it, how many there may be, and, for guests that are to go on there, of
    what answers for them when an epoch passes."""

    orders: int
    answers: int
    most: int
    epochs: NotRequired[int]


class InstanceCounts(TypedDict):
    """How many instances there are, were made, and were made in place of one that had failed."""

    live: int
    made: int
    replaced: int


class QueueCounts(TypedDict):
    """How many calls wait for a place, and did at most."""

    waiting: int
    most: int


class Times(TypedDict):
    """Milliseconds: of all calls, on average, and at most."""

    total: float
    mean: float
    max: float


class SpentTimes(TypedDict):
    """What calls spent running and waiting for a place."""

    execution: Times
    queueing: Times


class WorkerCounts(TypedDict):
    """What a worker of a cluster has made of a function for this process; how many calls of all functions are waiting for it."""

    address: str
    calls: int
    errors: int
    waiting: int
    milliseconds: float


@final
class FunctionStatistics(TypedDict):
    """What all lanes have counted of a function; of one that is called on a cluster, what its workers have too."""

    calls: int
    errors: int
    timeouts: int
    instances: InstanceCounts
    queue: QueueCounts
    times: SpentTimes
    workers: NotRequired[list[WorkerCounts]]


class Fetched(TypedDict):
    """The response to a script's request; ``stream`` is the number of a body that is read piece by piece."""

    status: int
    headers: list[list[bytes]]
    url: str
    body: bytes
    stream: int | None


class FetchedHead(TypedDict):
    """The head of a response to a guest's request."""

    status: int
    headers: list[list[bytes]]


class FetchedPiece(TypedDict):
    """A piece of a body, or None at its end."""

    body: bytes | None


class ExchangeFailure(TypedDict):
    """The error of a guest's request: the number of an error-code of wasi:http, and why."""

    failed: Literal[True]
    code: int
    message: str
