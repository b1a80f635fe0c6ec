"""A plan: what to instantiate, in what order, with which arguments, and how each exported function is lifted.

Plain data, made once per binary, for components and for core modules alike, and executed per instance by the Lua room.
Core functions, memories, tables and globals are named by ``Item``; a plan has no index spaces of its own.
"""

from __future__ import annotations

from dataclasses import field

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.wit.types import Function, Resource
from moonwit.registry.record import record


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
    linked to its imports: 0 for itself.
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
    the plan.
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

    @property
    def path(self) -> str:
        """How ``method:`` names it in full: ``name`` or ``interface#name``."""
        return self.name if self.interface is None else f"{self.interface}#{self.name}"


@record
class Plan:
    """``modules`` are the bytes of core modules; ``steps`` are run in order; ``exports`` are keyed by ``Lift.path``.

    ``initialize`` is a core function of type () -> () to call once before any other, such as a reactor's ``_initialize``.

    ``instances`` is how many component instances there are with flags of their own: several in a component that is composed of several.
    In such a plan tables of handles, what works on them, and the adapters between component instances (host/wasm/adapters) are steps too:
    then it ``has_tables``, and no ``ResourceItem``.
    """

    modules: tuple[bytes, ...]
    steps: tuple[Step, ...]
    stubs: tuple[Stub, ...] = ()
    resources: tuple[LocalResource, ...] = ()
    exports: dict[str, Lift] = field(default_factory=dict)
    initialize: Item | None = None
    instances: int = 1
    has_tables: bool = False
