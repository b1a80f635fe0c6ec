"""What a component's indices stand for once they are looked up: functions, instances, components, core items.

Instantiation is followed symbolically: an instance is the things it exports, and a core item knows where it comes from. Compared by
identity throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from moonwit.host.wasm.binary import syntax
from moonwit.host.wasm.binary.core import CoreModule, read_core
from moonwit.host.wasm.binary.core_types import CoreExport, CoreType
from moonwit.host.wasm.wit.types import Function, Resource, Type

if TYPE_CHECKING:
    from moonwit.host.wasm.component.scope import Scope


@dataclass(eq=False)
class Unusable:
    """A type that Moonwit does not take. ``reason`` completes a sentence: "export `run` " + "is an async function (WASI 0.3)".

    The rest is what validation needs: ``kind`` as in ``syntax.Shape``, or "func", whose parts are parameters and then the result.
    """

    reason: str
    kind: str = ""
    names: tuple[str, ...] = ()
    parts: tuple[object | None, ...] = ()
    name: str | None = None


@dataclass(eq=False)
class ScopeType:
    """An instance or component type, with the scope its outer aliases reach into.

    ``described`` is the instance that it describes, and ``free`` tells whether it speaks of resources from outside; both are known where
    the type was checked.
    """

    syntax: syntax.ScopeSyntax
    scope: Scope
    described: Instance | None = None
    free: bool = False


class View:
    """One of the definitions by which a component knows a resource: an import, an export and the definition itself are three."""

    __slots__ = ("resource",)

    def __init__(self, resource: Resource) -> None:
        self.resource = resource


@dataclass(eq=False)
class ModuleType:
    """``imports`` are keyed by module and name."""

    imports: dict[tuple[str, str], CoreExport]
    exports: dict[str, CoreExport]


@dataclass(eq=False)
class Module:
    """A core module: bytes of the file, or, when it is imported, just a type."""

    data: bytes
    start: int
    end: int
    type: ModuleType | None = None

    @property
    def exports(self) -> dict[str, CoreExport]:
        return self.core.exports if self.type is None else self.type.exports

    @property
    def imports(self) -> dict[tuple[str, str], CoreExport]:
        """What it must be given, by module and name."""
        if self.type is not None:
            return self.type.imports
        return {(found.module, found.name): wanted for found, wanted in zip(self.core.imports, self.core.wanted, strict=True)}

    @cached_property
    def core(self) -> CoreModule:
        return read_core(self.data, self.start, self.end)


@dataclass(eq=False)
class CoreInstance:
    """``module`` is None for a mere bundle of ``items``; ``arguments`` has one item per import of the module."""

    items: dict[str, CoreItem]
    module: Module | None = None
    arguments: tuple[CoreItem, ...] = ()

    def item(self, name: str) -> CoreItem | None:
        """Returns what it exports as ``name``. Modules export thousands of functions, of which a component names a few."""
        found = self.items.get(name)
        if found is None and self.module is not None and name in self.module.exports:
            found = self.items[name] = CoreItem(self.module.exports[name], InstanceExport(self, name))
        return found


@dataclass(eq=False)
class InstanceExport:
    instance: CoreInstance
    name: str


@dataclass(eq=False)
class Lowered:
    function: Func
    options: CanonicalOptions


@dataclass(eq=False)
class Builtin:
    """``resource.new``, ``.rep`` or ``.drop``."""

    operation: str
    resource: Resource


@dataclass(eq=False)
class CoreItem:
    """A core function, memory, table, global or tag. ``origin`` is None where it can't be known."""

    export: CoreExport
    origin: InstanceExport | Lowered | Builtin | None

    @property
    def type(self) -> CoreType | None:
        return self.export.type


@dataclass(eq=False)
class CanonicalOptions:
    encoding: str
    memory: CoreItem | None
    realloc: CoreItem | None
    post_return: CoreItem | None
    asynchronous: bool


@dataclass(eq=False)
class ImportedFunction:
    """``interface`` is None for a function that the component imports without one."""

    interface: str | None
    name: str


@dataclass(eq=False)
class LiftedFunction:
    offset: int
    type: Function | Unusable
    core: CoreItem
    options: CanonicalOptions


@dataclass(eq=False)
class Func:
    type: Function | Unusable
    origin: ImportedFunction | LiftedFunction


@dataclass(eq=False)
class Instance:
    exports: dict[str, Entity]


@dataclass(eq=False)
class ComponentEntity:
    """A component to instantiate: a body with the scope around it, or, when it is imported, just a type."""

    body: tuple[syntax.Definition, ...] | None
    scope: Scope
    type: ScopeType | None = None


@dataclass(eq=False)
class DefinedResource:
    resource: Resource
    destructor: CoreItem | None


@dataclass
class Record:
    """What instantiating a component does, in order. ``foreign`` are built-ins of WASI 0.3."""

    steps: list[CoreInstance] = field(default_factory=list)
    resources: list[DefinedResource] = field(default_factory=list)
    lifted: list[LiftedFunction] = field(default_factory=list)
    lowered: list[Lowered] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    starts: bool = False
    nested: str | None = None      # what a nested component holds beyond re-exports
    opaque: str | None = None      # an export that makes another type of a resource


TypeEntity = Type | Resource | Function | Unusable | ScopeType
CoreTypeEntity = CoreType | ModuleType | None
Value = Func | TypeEntity | Instance | ComponentEntity | Module


class Entity(NamedTuple):
    """Something that can be imported or exported; ``view`` is set for a resource."""

    sort: str
    value: Value
    view: View | None = None
