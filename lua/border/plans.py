"""What an instance is made of, and how its exports are called: made by lua/guest/plan.py, read by lua/guest/plan.lua and lua/abi."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, Required, TypeAlias, TypedDict


class StepItem(TypedDict):
    """What a core instance of the plan exports."""

    step: int
    name: str


class StubItem(TypedDict):
    """A function that nobody provides, of those that trap."""

    stub: int


class GroupItem(TypedDict):
    """What a group's module exports. ``late`` is the place in its table that a function comes to after the module is made, or 0."""

    group: int
    name: str
    late: int


class ResourceItem(TypedDict):
    """A built-in of a resource."""

    resource: int
    operation: str


Item: TypeAlias = StepItem | StubItem | GroupItem | ResourceItem


class Step(TypedDict):
    """A core instance to be made, of a module of the plan."""

    module: int
    arguments: list[Item]


class PlanResource(TypedDict):
    """A resource that a component defines, and the number from 0 of the component instance that does. ``module`` has its built-ins,
    where no step has them; ``late`` says that its destructor is there only after those."""

    name: str
    interface: str | None
    module: int | None
    instance: int
    dtor: Item | None
    late: Literal[True] | None


class Group(TypedDict):
    """Functions between guest and host that one module has: the host's by name, and the guest's reallocs that they call. ``serves``
    says that some of them may wait, ``gate`` is the one that the module looks at (host/wasm/plan/gate.py)."""

    module: int
    memory: Item | None
    functions: list[str]
    reallocs: list[Item]
    serves: Literal[True] | None
    gate: Item | None


class HostFunction(TypedDict):
    """A function of the host, with letters for the core types of its parameters and results."""

    name: str
    params: str
    results: str


class Place(TypedDict):
    """Where Lua files are looked for: a path below the folder ``root``, and what errors call that place."""

    root: str
    path: str
    shown: str


class LuaSource(TypedDict):
    """An entry in Lua: its text, what its errors call it, and what it may require by name: modules, other entries in Lua, and files in
    ``places``."""

    id: str
    source: str
    chunkname: str
    modules: Sequence[str]
    places: Sequence[Place]
    method: NotRequired[str]
    imports: NotRequired[Mapping[str, LuaSource]]
    limit_ms: NotRequired[int]


class ProvidedFunction(TypedDict):
    """An import that a library or a function of the registry answers, by its ``id``: its name in full and its last part, the text of its
    result's type and of who answers it. ``drop`` is the number of a resource, where it ends handles of that; others have a signature."""

    name: str
    own: str
    id: str
    who: str
    shown: str
    library: NotRequired[Literal[True]]
    drop: NotRequired[int]
    signature: NotRequired[Signature]


class Callee(TypedDict):
    """A core function that the lane may call, and its place in the table of group 1."""

    func: Item
    slot: int
    params: str
    results: str


class LiftedTask(TypedDict):
    """A lifted function of a component of WASI 0.3: numbers of callees from 0, of a memory from 1;
    the text of its result. ``waits`` says that its type is async,
    ``asynchronous`` that it is lifted so, ``blocks`` that its component instance may wait on its stack, ``reason`` why it can't be
    called."""

    signature: Signature
    result: str
    core: int
    callback: int | None
    post: int | None
    realloc: int | None
    memory: int | None
    instance: int
    asynchronous: Literal[True] | None
    waits: Literal[True] | None
    blocks: Literal[True] | None
    reason: str | None


class Native(TypedDict):
    """What a guest of WASI 0.3 calls of the lane: a built-in by name, "call" with the number from 0 of what is ``lifted``, or "import",
    which has fields as ``ProvidedFunction``. The signature of a built-in takes what its stream, future or result is of."""

    operation: str
    instance: int
    asynchronous: Literal[True] | None
    numbers: list[int]
    memory: int | None
    realloc: int | None
    lifted: int | None
    reason: str | None
    signature: NotRequired[Signature]
    waits: NotRequired[Literal[True] | None]
    type: NotRequired[str]
    resource: NotRequired[int]
    name: NotRequired[str]
    own: NotRequired[str]
    interface: NotRequired[str]
    shown: NotRequired[str]
    id: NotRequired[str]
    who: NotRequired[str]
    library: NotRequired[Literal[True]]


class ForeignResource(TypedDict):
    """A resource that a component of WASI 0.3 imports, by its number."""

    number: int
    name: str


class Tasks(TypedDict):
    """What a component of WASI 0.3 has for tasks. ``natives`` has false for one that is not linked. ``destructors`` are callees from 0, -1
    for none, and ``homes`` component instances from 0, for each resource; ``count`` is how many component instances there are,
    and ``parents`` has those around each."""

    callees: list[Callee]
    lifted: list[LiftedTask]
    natives: list[Native | bool]
    destructors: list[int]
    homes: list[int]
    memories: list[Item]
    count: int
    parents: list[list[int]]
    foreign: list[ForeignResource]
    libraries: Mapping[str, LuaSource]


class Plan(TypedDict):
    """What an instance is made of. ``key`` is the same for entries that share it, ``engine`` and ``modules`` are addresses, 0 for a
    module that no step has. ``unlinked`` is the module of the stubs, ``handles`` the one of resources' tables, ``batches`` the one that
    calls a realloc many times (host/wasm/plan/batches.py). ``granted`` are interfaces, ``memories`` those that functions of the host use;
    ``waits`` says that calls may wait, ``files`` that the entry's mounts are used, ``small`` that instances are small ones, ``composed``
    that there are several component instances in each."""

    key: str
    engine: int
    modules: list[int]
    steps: list[Step]
    resources: list[PlanResource]
    gated: NotRequired[Literal[True]]
    initialize: NotRequired[Item]
    unlinked: NotRequired[int]
    handles: NotRequired[int]
    batches: NotRequired[int]
    small: NotRequired[Literal[True]]
    composed: NotRequired[Literal[True]]
    groups: NotRequired[list[Group]]
    granted: NotRequired[Mapping[str, Literal[True]]]
    hosted: NotRequired[list[HostFunction]]
    files: NotRequired[Literal[True]]
    memories: NotRequired[list[Item]]
    waits: NotRequired[Literal[True]]
    provided: NotRequired[list[ProvidedFunction]]
    foreign: NotRequired[list[str]]
    libraries: NotRequired[Mapping[str, LuaSource]]
    tasks: NotRequired[Tasks]


class Lift(TypedDict):
    """How an export is called. ``params`` and ``results`` are letters for the core types; ``brief`` says that a call ends soon,
    ``task`` is its number from 0 among those of WASI 0.3, ``leaf`` and ``post_leaf`` say that realloc and post-return call nothing of the
    host."""

    export: str
    core: Item
    memory: Item | None
    realloc: Item | None
    gated: Literal[True] | None
    brief: Literal[True] | None
    instance: int
    table: int | None
    task: int | None
    leaf: Literal[True] | None
    params: str
    results: str
    post: Item | None
    post_leaf: Literal[True] | None
    signature: Signature


class Signature(TypedDict):
    """A function's name as its author writes it, the types, and the numbers of those that it takes and gives."""

    name: str
    types: list[TypeRow]
    params: list[Param]
    result: int | None


class Param(TypedDict):
    """A parameter: its name, the number of its type, and the text of that for messages."""

    name: str
    type: int
    text: str


class TypeField(TypedDict):
    """A field of a record."""

    name: str
    type: int


class TypeCase(TypedDict):
    """A case of a variant."""

    name: str
    type: int | None


class TypeRow(TypedDict, total=False):
    """A WIT type: parts are the numbers of other types, which stand before it."""

    kind: Required[str]
    fields: list[TypeField]
    cases: list[TypeCase]
    element: int | None
    key: int
    value: int
    length: int | None
    types: list[int]
    names: list[str]
    some: int
    ok: int | None
    err: int | None
    resource: int
    name: str
