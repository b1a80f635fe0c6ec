"""What others tell a lane: lua/lane/lane.py puts it into the inbox, lua/boot.lua has a handler for each kind; and what the REPL asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired, TypeAlias, TypedDict

from moonwit.host.values.intermediate import Value
from moonwit.lua.border.entries import GuestEntry
from moonwit.lua.border.plans import Place


class Script(TypedDict):
    """A script: its text, what its errors call it, encoded arguments, where its files are, and the variables that it is granted."""

    source: bytes
    name: str
    arguments: bytes
    places: list[Place]
    granted: Mapping[str, str]


class Run(Script):
    """To run a script."""

    kind: Literal["run"]
    number: int


class Call(TypedDict):
    """To call a function."""

    kind: Literal["call"]
    number: int
    id: str
    arguments: bytes


class Program(TypedDict):
    """To run a program."""

    kind: Literal["program"]
    number: int
    entry: GuestEntry


class Job(TypedDict):
    """To run a function of Python's between two turns."""

    kind: Literal["job"]
    number: int


class Warm(TypedDict):
    """To make a function's first instance."""

    kind: Literal["warm"]
    id: str


class Cancel(TypedDict):
    """To cancel a call, or without a number all that waits."""

    kind: Literal["cancel"]
    number: NotRequired[int]


class Work(TypedDict):
    """To make the calls of another lane: the addresses of the mailboxes that they come from and are answered to."""

    kind: Literal["work"]
    orders: int
    answers: int


class Gone(TypedDict):
    """That the lane which answers to a mailbox has ended by a mistake in Moonwit."""

    kind: Literal["gone"]
    answers: int


class Answer(TypedDict):
    """What a ticket of lua/dispatcher/away.lua waits for."""

    kind: Literal["answer"]
    ticket: int
    value: Value


class Batch(TypedDict):
    """To make calls of a function, which come as frames (lua/calls/cluster.lua), and to answer all at once."""

    kind: Literal["batch"]
    number: int
    batch: int
    id: str
    frames: bytes


class LeaveBatch(TypedDict):
    """To cancel calls of a batch by their numbers, or all of it."""

    kind: Literal["leave_batch"]
    batch: int
    ones: list[int] | None


class ClusterAnswers(TypedDict):
    """What a cluster has answered, as frames."""

    kind: Literal["cluster"]
    frames: bytes


class Close(TypedDict):
    """To end."""

    kind: Literal["close"]


class Requests(TypedDict):
    """To answer HTTP requests: numbers, kinds, ids and payloads, encoded one after the other."""

    kind: Literal["http"]
    batch: bytes


class RequestBody(TypedDict):
    """A piece of the body of a request, the last one when it is ``over``."""

    kind: Literal["http_body"]
    number: int
    data: bytes
    over: bool


class RequestCanceled(TypedDict):
    """To cancel what answers a request."""

    kind: Literal["http_cancel"]
    number: int


Message: TypeAlias = (
    Run
    | Call
    | Program
    | Job
    | Warm
    | Cancel
    | Work
    | Gone
    | Answer
    | Batch
    | LeaveBatch
    | ClusterAnswers
    | Close
    | Requests
    | RequestBody
    | RequestCanceled
)


class Input(TypedDict):
    """What was typed: its number, the number of its prompt, the text that is run and what errors call it, and the variables that outlive
    it (lua/repl/locals.lua). ``full`` shows all of its values, ``quiet`` leaves `_` as it is, ``bench`` runs it many times."""

    number: int
    place: int
    source: bytes
    name: str
    keeper: str
    names: list[str]
    full: bool
    quiet: bool
    bench: bool


class NamesQuery(TypedDict):
    """Which names below a path begin with a prefix."""

    path: list[str]
    prefix: str


class IncomingRequest(TypedDict):
    """A request to a guest that answers requests itself, without its body."""

    method: str
    target: str
    authority: str
    headers: list[list[bytes]]
