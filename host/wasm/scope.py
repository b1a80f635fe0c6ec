"""Index spaces: what the numbers in a component, or in a type with declarations, refer to."""

from __future__ import annotations

from typing import Any

from moonwit.host.wasm.entities import (
    ComponentEntity,
    CoreInstance,
    CoreItem,
    CoreTypeEntity,
    Entity,
    Func,
    Instance,
    Module,
    ScopeType,
    TypeEntity,
)  # fmt: skip
from moonwit.host.wasm.matching import parts
from moonwit.host.wasm.plan import Malformed, Refused
from moonwit.host.wasm.types import Borrow, Resource, Type

MOST_WORK = 100_000      # definitions; a component of CPython with all of WASI takes 7000


class Work:
    """Bounds the work: components that instantiate each other could multiply without end, and so could types made of types."""

    def __init__(self) -> None:
        self.left = MOST_WORK
        self.measures: dict[int, tuple[Type, int, int, bool]] = {}      # by id; holding the type keeps the id its own

    def count(self, number: int = 1) -> None:
        self.left -= number
        if self.left < 0:
            raise Refused(f"The component takes more than {MOST_WORK} definitions to resolve, beyond what any call path here takes.")

    def remember(self, found: Type, depth: int, size: int) -> None:
        """Notes how deep and large a type is."""
        borrows = any(part is not None and self.borrows(part) for part in parts(found))
        self.measures[id(found)] = (found, depth, size, borrows)

    def measure(self, found: Type) -> tuple[int, int]:
        """Returns a type's depth and size."""
        known = self.measures.get(id(found))
        return (1, 1) if known is None else known[1:3]

    def borrows(self, found: Type) -> bool:
        """Tells whether a type holds a borrowed resource."""
        known = self.measures.get(id(found))
        return isinstance(found, Borrow) if known is None else known[3]


class Scope:
    """The index spaces of one component or type.

    ``checking`` is true while definitions are gone through for the first time: what they only describe is then looked into as well.
    """

    def __init__(self, parent: Scope | None, component: bool, work: Work, checking: bool) -> None:
        self.parent = parent
        self.component = component
        self.work = work
        self.checking = checking
        self.spaces: dict[str, list[Any]] = {}
        self.imports: dict[str, Entity] = {}
        self.exports: dict[str, Entity] = {}
        self.resources: set[Resource] = set()

    def add(self, sort: str, value: object) -> None:
        """Appends to the index space of ``sort``."""
        self.spaces.setdefault(sort, []).append(value)

    def find(self, sort: str, index: int, at: int) -> Any:
        """Looks an index up; raises Malformed when there is no such index, or not yet."""
        space = self.spaces.get(sort, ())
        if index >= len(space):
            raise Malformed(f"there is no {sort} {index}, only {len(space)} defined so far, at byte {at}")
        return space[index]

    def outer(self, count: int, at: int) -> Scope:
        """Returns the scope ``count`` levels out."""
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
        found: TypeEntity = self.find("type", index, at)
        return found

    def resource(self, index: int, at: int) -> Resource:
        found = self.type(index, at)
        if not isinstance(found, Resource):
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
        return Entity(sort, self.find(sort, index, at))

    def export(self, name: str, entity: Entity, at: int) -> None:
        """Exports ``entity``, which also gives it a new index."""
        if name in self.exports:
            raise Malformed(f"`{name}` is exported twice, at byte {at}")
        self.exports[name] = entity
        self.add(entity.sort, entity.value)
