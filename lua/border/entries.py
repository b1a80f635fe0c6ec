"""What an id stands for, as a lane is told: made by lua/calls/descriptions.py, read by lua/calls."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict, final

from moonwit.lua.border.answers import Failure
from moonwit.lua.border.plans import Lift, LuaSource, Plan, Signature

# What a lane is: one that scripts run in, one that makes long calls for another lane, or one that answers HTTP requests.
Role: TypeAlias = Literal["lane", "worker", "service"]


@final
class Compiling(TypedDict):
    """Says that an id's code is not there yet: the number of its compilation, and how long a call may take that waits for it."""

    compiling: int
    limit_ms: int | None


@final
class Late(TypedDict):
    """Says that a compilation has not ended in time."""

    late: Literal[True]


class PoolBounds(TypedDict):
    """How many calls may be under way at once, none where there is no bound, and how many may wait before their callers do; whether an
    instance is made before the first call, and how many async calls an instance serves at once."""

    type: Literal["inline", "lazy", "static", "adaptive"]
    bound: NotRequired[int]
    room: NotRequired[int]
    warm: NotRequired[Literal[True]]
    concurrency: NotRequired[int]


class Limits(TypedDict):
    """What a call, and its instance, may take: table elements, time in milliseconds and in epochs, bytes of memory, bytes of stack."""

    limit_elements: int
    limit_ms: NotRequired[int]
    limit_ticks: NotRequired[int]
    limit_bytes: NotRequired[int]
    limit_stack: NotRequired[int]


@final
class GuestEntry(Limits):
    """A function in WebAssembly. It is counted by its ``id``, has been ``called`` by another where it is one ``part`` of
    what its entry stands for: they share instances. ``fresh`` says that each call has an instance of its own, ``worldly`` that the guest
    sees arguments, an environment or folders, ``workers`` how many of its calls may run in other lanes."""

    resolver: Literal["wasm"]
    id: str
    called: str
    part: Literal[True] | None
    plan: Plan
    lift: Lift
    fresh: bool
    results: Literal["pair", "table"]
    worldly: bool | None
    pool: PoolBounds
    workers: int | None


@final
class LuaEntry(LuaSource):
    """A function in Lua that is called by its id."""

    resolver: Literal["lua"]
    workers: int | None
    pool: PoolBounds | None


@final
class PythonEntry(TypedDict):
    """A function of the Python program, which knows it by its ``target``; with a signature where its annotations say one."""

    resolver: Literal["python"]
    id: str
    target: str
    signature: NotRequired[Signature]


@final
class ClusterEntry(TypedDict):
    """A function that is called on a cluster, whose entry has the id ``cluster``. It is counted by its ``id``, and ``called`` by another
    where it is a part of what its entry stands for."""

    resolver: Literal["cluster"]
    id: str
    called: str
    cluster: str
    pool: PoolBounds
    results: Literal["pair", "table"]
    limit_ms: NotRequired[int]
    signature: NotRequired[Signature]


Loaded: TypeAlias = ClusterEntry | GuestEntry | LuaEntry | PythonEntry | Compiling | Failure


class Exported(TypedDict):
    """A function of a binary: the names that lead to it in a table of them, and the id that it is called by."""

    names: list[str]
    called: str


@final
class Exports(TypedDict):
    """The functions that an entry stands for."""

    functions: list[Exported]


class Missing(TypedDict):
    """The error of a guest that called an import which nobody provides."""

    kind: str
    message: str
