"""A plan: what to instantiate, in what order, with which arguments, and how each exported function is lifted.

Plain data, made once per binary, for components and for core modules alike, and executed per instance by the Lua room.
Core functions, memories, tables and globals are named by ``Item``; a plan has no index spaces of its own.
"""

from __future__ import annotations

from dataclasses import field
from typing import Final

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.wit.types import Function, Resource, Type
from moonwit.registry.record import record

# The interface that natives have in plans.
CANON: Final = "canon"


@record
class Export:
    """The export ``name`` of the core instance made by step number ``step`` (from 0)."""

    step: int
    name: str


@record
class StubItem:
    """An imported function that nothing provides: stub number ``stub`` of the plan. Calling it is a trap that says so."""

    stub: int


@record
class ResourceItem:
    """A canonical built-in of local resource number ``resource``: ``operation`` is "new", "rep" or "drop"."""

    operation: str
    resource: int


@record
class FlagItem:
    """The flag of component instance number ``instance``: 1 while its guest may leave it (host/wasm/plan/gate.py)."""

    instance: int


Item = Export | StubItem | ResourceItem | FlagItem


@record
class Step:
    """Instantiates core module number ``module``; ``arguments`` has one item per import, in the module's order."""

    module: int
    arguments: tuple[Item, ...]


@record
class Stub:
    """An import that is not linked. ``interface`` is as the binary names it, version included; "$root" for a function
    imported without one. ``type`` is the lowered signature.

    The rest is what linking it takes: its WIT signature and canonical options, or, for ``[resource-drop]name``, the resource.
    ``instance`` is the number of the component instance that calls it, ``owner`` that of the component that imports it, where others are
    linked to its imports: 0 for itself. ``native`` is the number of what it is in a component of WASI 0.3.
    """

    interface: str
    function: str
    type: CoreType
    signature: Function | None = None
    memory: Item | None = None
    realloc: Item | None = None
    resource: Resource | None = None
    instance: int = 0
    owner: int = 0
    native: int | None = None


@record
class LocalResource:
    """A resource that the component defines; ``dtor`` is its core destructor, of type (i32) -> ().

    ``others`` are what else types call it, ``instance`` is the component instance that defines it.
    """

    resource: Resource
    dtor: Item | None
    others: tuple[Resource, ...] = ()
    instance: int = 0


@record
class Lift:
    """An exported function: the core function ``core`` lifted to ``type``, with its canonical options.

    ``interface`` is None for a root function. ``core_type`` is the flattened signature, already compared with the
    core function's own type. ``instance`` is the component instance that lifts it, ``table`` its table of handles where that is a step of
    the plan. In a component of WASI 0.3 ``task`` is its number there; ``reason`` says why it can't be called, as the end of a sentence.
    """

    interface: str | None
    name: str
    type: Function
    core: Item
    core_type: CoreType
    memory: Item | None = None
    realloc: Item | None = None
    post_return: Item | None = None
    instance: int = 0
    table: int | None = None
    task: int | None = None
    reason: str = ""

    @property
    def export(self) -> str:
        """How ``method:`` names it in full: ``name`` or ``interface#name``."""
        return self.name if self.interface is None else f"{self.interface}#{self.name}"


@record
class Callee:
    """A core function that the lane may call; ``shut`` tells that the guest may not leave its component instance meanwhile."""

    func: Item
    type: CoreType
    instance: int
    shut: bool = False


@record
class Lifted:
    """A lifted function: numbers of callees, where it has them. ``reason`` says why it can't be called, as the end of a sentence."""

    type: Function
    instance: int
    core: int
    callback: int | None = None
    post_return: int | None = None
    realloc: int | None = None
    memory: Item | None = None
    asynchronous: bool = False
    blocks: bool = False
    reason: str = ""


@record
class Native:
    """What a guest calls of the lane: ``operation`` is the name of a built-in, "call" for what another component instance lifts, "import".

    ``type`` is the type of a stream or future, or what ``task.return`` takes; ``signature`` that of a function. ``lifted`` is the number of
    the function that is called, ``resource`` that of the component's resource, from 1; one of the host is in ``foreign``.
    """

    operation: str
    instance: int
    core_type: CoreType
    type: Type | None = None
    signature: Function | None = None
    asynchronous: bool = False
    numbers: tuple[int, ...] = ()
    memory: Item | None = None
    realloc: int | None = None
    lifted: int | None = None
    resource: int | None = None
    foreign: Resource | None = None
    reason: str = ""


@record
class Tasks:
    """What a plan has for tasks. ``destructors`` are callees by the number of their resource, and ``homes`` the instance that has it.

    ``parents`` are, for each component instance, those around it.
    """

    callees: tuple[Callee, ...]
    lifted: tuple[Lifted, ...]
    natives: tuple[Native, ...]
    destructors: tuple[int | None, ...]
    homes: tuple[int, ...]
    parents: tuple[tuple[int, ...], ...]


@record
class Plan:
    """``modules`` are the bytes of core modules; ``steps`` are run in order; ``exports`` are keyed by ``Lift.export``.

    ``initialize`` is a core function of type () -> () to call once before any other, such as a reactor's ``_initialize``.

    ``instances`` is how many component instances there are with flags of their own: several in a component that is composed of several.
    In such a plan tables of handles, what works on them, and the adapters between component instances (host/wasm/adapters) are steps too:
    then it ``has_tables``, and no ``ResourceItem``. ``tasks`` is there for a component of WASI 0.3.
    """

    modules: tuple[bytes, ...]
    steps: tuple[Step, ...]
    stubs: tuple[Stub, ...] = ()
    resources: tuple[LocalResource, ...] = ()
    exports: dict[str, Lift] = field(default_factory=dict)
    initialize: Item | None = None
    instances: int = 1
    has_tables: bool = False
    tasks: Tasks | None = None
