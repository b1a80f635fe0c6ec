"""What a component's indices stand for once they are looked up: functions, instances, components, core items.

Instantiation is followed symbolically: an instance is the things it exports, and a core item knows where it comes from. Compared by
identity throughout.
"""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from typing import Any, NamedTuple

from moonwit.host.wasm.binary import syntax
from moonwit.host.wasm.binary.core import CoreModule, read_core
from moonwit.host.wasm.binary.core_types import CoreExport, CoreType
from moonwit.host.wasm.problems import Malformed
from moonwit.host.wasm.wit.types import Function, Resource, Type
from moonwit.registry.record import identified


@identified
class Unusable:
    """A type that Moonwit does not take. ``reason`` completes a sentence: "export `run` " + "uses a type of more than 20000 parts".

    The rest is what validation needs: ``kind`` as in ``syntax.Shape``, or "func", whose parts are parameters and then the result.
    """

    reason: str
    kind: str = ""
    names: tuple[str, ...] = ()
    parts: tuple[object | None, ...] = ()
    name: str | None = None


@identified
class ScopeType:
    """An instance or component type, with the scope its outer aliases reach into.

    ``described`` is the instance that it describes, and ``free`` tells whether it speaks of resources from outside; both are known where
    the type was checked.
    """

    syntax: syntax.ScopeSyntax
    scope: IndexSpaces
    described: Instance | None = None
    free: bool = False


class Home:
    """A component instance: what has a table of handles, and a flag that tells whether its guest may leave it, of its own.

    ``used`` tells whether anything of its own needs these: those that only pass things on do not. ``owner`` is as in ``ImportedFunction``.
    """

    __slots__ = ("owner", "parent", "used")

    def __init__(self, parent: Home | None = None, owner: int = 0) -> None:
        self.parent = parent
        self.used = False
        self.owner = owner

    def entered_from(self, caller: Home | None) -> list[Home]:
        """Gives what a call from ``caller`` enters: this one and those around it, but not those that the caller is in already."""
        inside: set[Home] = set()
        while caller is not None:
            inside.add(caller)
            caller = caller.parent
        entered, home = [], self
        while home not in inside:
            entered.append(home)
            if home.parent is None:
                break
            home = home.parent
        return entered


class View:
    """One of the definitions by which a component knows a resource: an import, an export and the definition itself are three."""

    __slots__ = ("resource",)

    def __init__(self, resource: Resource) -> None:
        self.resource = resource


@identified
class ModuleType:
    """``imports`` are keyed by module and name."""

    imports: dict[tuple[str, str], CoreExport]
    exports: dict[str, CoreExport]


@identified
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


@identified
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


@identified
class InstanceExport:
    instance: CoreInstance
    name: str


@identified
class Lowered:
    function: Func
    options: CanonicalOptions
    home: Home


@identified
class Builtin:
    """``resource.new``, ``.rep`` or ``.drop``."""

    operation: str
    resource: Resource
    home: Home


@identified
class AsyncBuiltin:
    """A built-in of WASI 0.3 of a component instance; ``type`` is that of its stream or future, or of the result of ``task.return``."""

    operation: str
    type: Type | None
    options: CanonicalOptions
    asynchronous: bool
    numbers: tuple[int, ...]
    memory: CoreItem | None
    home: Home


@identified
class CoreItem:
    """A core function, memory, table, global or tag. ``origin`` is None where it can't be known."""

    export: CoreExport
    origin: InstanceExport | Lowered | Builtin | AsyncBuiltin | None

    @property
    def type(self) -> CoreType | None:
        return self.export.type


@identified
class CanonicalOptions:
    encoding: str
    memory: CoreItem | None
    realloc: CoreItem | None
    post_return: CoreItem | None
    asynchronous: bool
    callback: CoreItem | None = None


@identified
class ImportedFunction:
    """``interface`` is None for a function that the component imports without one.

    ``owner`` tells which component imports it, where others are linked to its imports: 0 for itself, else the number of one of these.
    """

    interface: str | None
    name: str
    owner: int = 0


@identified
class LiftedFunction:
    offset: int
    type: Function | Unusable
    core: CoreItem
    options: CanonicalOptions
    home: Home


@identified
class Func:
    type: Function | Unusable
    origin: ImportedFunction | LiftedFunction


class Instance:
    """``size`` counts what it exports, and what instances among that export; ``depth`` is how deep these stand in each other."""

    def __init__(self, exports: dict[str, Entity]) -> None:
        self.exports = exports
        inside = [entity.value for entity in self.exports.values() if isinstance(entity.value, Instance)]
        self.size: int = len(self.exports) + sum(each.size for each in inside)
        self.depth: int = 1 + max((each.depth for each in inside), default=0)


@identified
class ComponentEntity:
    """A component to instantiate: a body with the scope around it, or, when it is imported, just a type."""

    body: tuple[syntax.Definition, ...] | None
    scope: IndexSpaces
    type: ScopeType | None = None


@identified
class DefinedResource:
    resource: Resource
    destructor: CoreItem | None
    home: Home


@identified
class Record:
    """What instantiating a component does, in order, component instances inside it included.

    ``builtins`` are those of WASI 0.3.

    ``steps`` are core modules to instantiate, and start functions to call, each with the component instance that calls it. ``aliases``
    tells of a resource that is exported as a new type which one it is.
    """

    steps: list[CoreInstance | tuple[Func, Home]] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    resources: list[DefinedResource] = field(default_factory=list)
    lifted: list[LiftedFunction] = field(default_factory=list)
    lowered: list[Lowered] = field(default_factory=list)
    builtins: list[AsyncBuiltin] = field(default_factory=list)
    aliases: dict[Resource, Resource] = field(default_factory=dict)


TypeEntity = Type | Resource | Function | Unusable | ScopeType
CoreTypeEntity = CoreType | ModuleType | None
Value = Func | TypeEntity | Instance | ComponentEntity | Module


class Entity(NamedTuple):
    """Something that can be imported or exported; ``view`` is set for a resource."""

    sort: str
    value: Value
    view: View | None = None


class IndexSpaces:
    """What the numbers in a component, or in a type with declarations, refer to.

    ``kind`` is "body" for a component, "component" or "instance" for a type, "bundle" for an instance made of what is at hand.
    """

    def __init__(self, parent: IndexSpaces | None, kind: str) -> None:
        self.parent = parent
        self.kind = kind
        self.free = False      # whether a type reaches for a resource outside of it
        self.spaces: dict[str, list[Any]] = {}

    def add(self, sort: str, value: object) -> None:
        """Appends to the index space of ``sort``."""
        self.spaces.setdefault(sort, []).append(value)

    def find(self, sort: str, index: int, at: int) -> Any:
        """Looks an index up; raises Malformed when there is no such index, or not yet."""
        space = self.spaces.get(sort, ())
        if index >= len(space):
            raise Malformed(f"there is no {sort} {index}, only {len(space)} defined so far, at byte {at}")
        return space[index]

    def outer(self, count: int, at: int) -> IndexSpaces:
        """Returns the scope ``count`` levels out; raises ``Malformed``."""
        scope = self
        for _ in range(count):
            if scope.parent is None:
                raise Malformed(f"an alias reaches {count} levels out, further than there are, at byte {at}")
            scope = scope.parent
        return scope

    def func(self, index: int, at: int) -> Func:
        found: Func = self.find("func", index, at)
        return found

    def type(self, index: int, at: int) -> TypeEntity:
        found: TypeEntity | View = self.find("type", index, at)
        return found.resource if isinstance(found, View) else found

    def view(self, index: int, at: int) -> View:
        """Looks up the type of a resource; raises ``Malformed``."""
        found = self.find("type", index, at)
        if not isinstance(found, View):
            raise Malformed(f"type {index} is not a resource, at byte {at}")
        return found

    def scope_type(self, kind: str, index: int, at: int) -> ScopeType:
        found = self.type(index, at)
        if not isinstance(found, ScopeType) or found.syntax.kind != kind:
            raise Malformed(f"type {index} is not the type of {'an instance' if kind == 'instance' else 'a component'}, at byte {at}")
        return found

    def instance(self, index: int, at: int) -> Instance:
        found: Instance = self.find("instance", index, at)
        return found

    def nested(self, index: int, at: int) -> ComponentEntity:
        found: ComponentEntity = self.find("component", index, at)
        return found

    def module(self, index: int, at: int) -> Module:
        found: Module = self.find("core module", index, at)
        return found

    def core_instance(self, index: int, at: int) -> CoreInstance:
        found: CoreInstance = self.find("core instance", index, at)
        return found

    def core_type(self, index: int, at: int) -> CoreTypeEntity:
        found: CoreTypeEntity = self.find("core type", index, at)
        return found

    def core(self, kind: str, index: int, at: int) -> CoreItem:
        found: CoreItem = self.find(f"core {kind}", index, at)
        return found

    def entity(self, sort: str, index: int, at: int) -> Entity:
        """Looks up something that can be exported."""
        found = self.find(sort, index, at)
        return Entity(sort, found.resource, found) if isinstance(found, View) else Entity(sort, found)

    def add_entity(self, entity: Entity) -> None:
        """Appends something to the index space of its sort."""
        self.add(entity.sort, entity.value if entity.view is None else entity.view)
