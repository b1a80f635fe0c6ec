"""Index spaces: what the numbers in a component, or in a type with declarations, refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moonwit.host.wasm.binary.names import canonical
from moonwit.host.wasm.component.entities import (
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
    View,
)  # fmt: skip
from moonwit.host.wasm.component.facts import Shapes
from moonwit.host.wasm.component.visibility import Labels, Visibility
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.host.wasm.wit.types import Resource

MOST_WORK = 100_000      # definitions and their parts; a component of CPython with all of WASI takes 20,000
MOST_EXPANDED = 1_000_000      # parts of the types of all functions, as they are printed and checked, those shared counted each time
DEEPEST = 50      # instantiations, and types of instances, within each other; composed components make five or so


class Work:
    """Bounds the work: components that instantiate each other could multiply without end, and so could types made of types."""

    def __init__(self, instantiate: Callable[[ComponentEntity, dict[str, Entity]], Instance]) -> None:
        self.instantiate = instantiate
        self.shapes = Shapes()
        self.left = MOST_WORK
        self.expanded = MOST_EXPANDED
        self.depth = 0

    def count(self, number: int = 1) -> None:
        self.left -= number
        if self.left < 0:
            raise Refused(f"The component takes more than {MOST_WORK} definitions to resolve, which is more than Moonwit takes.")

    def expand(self, number: int) -> None:
        """Counts the parts of a function's types."""
        self.expanded -= number
        if self.expanded < 0:
            raise Refused(f"The component's functions have types of more than {MOST_EXPANDED} parts, which is more than Moonwit takes.")

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Bounds how deep one thing is followed into another."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Refused(f"The component's parts refer to each other more than {DEEPEST} deep, which is more than Moonwit takes.")
        yield
        self.depth -= 1


class Scope:
    """The index spaces of one component or type.

    ``kind`` is "body" for a component, "component" or "instance" for a type, "bundle" for an instance
    made of what is at hand. ``checking`` is true while definitions are gone through for
    the first time: then the rules are checked, and what they only describe is looked into as well.
    """

    def __init__(self, parent: Scope | None, kind: str, work: Work, checking: bool) -> None:
        self.parent = parent
        self.kind = kind
        self.work = work
        self.checking = checking
        self.free = False      # whether a type reaches for a resource outside of it
        self.visibility = Visibility() if checking and kind in ("body", "component") else None
        self.labels = {"import": Labels(), "export": Labels()} if checking else {}
        self.claimed: dict[tuple[str, str], str] = {}
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
        found: TypeEntity | View = self.find("type", index, at)
        return found.resource if isinstance(found, View) else found

    def view(self, index: int, at: int) -> View:
        """Looks up the type of a resource."""
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

    def import_(self, name: str, entity: Entity, at: int) -> None:
        """Notes an import, which gets an index."""
        self._name("import", name, entity, at)
        self.imports[name] = entity
        self.add_entity(entity)

    def export(self, name: str, entity: Entity, at: int) -> None:
        """Exports ``entity``, which also gives it a new index."""
        self._name("export", name, entity, at)
        self.exports[name] = entity
        self.add_entity(entity)

    def _name(self, side: str, name: str, entity: Entity, at: int) -> None:
        """Checks what a name demands: that it is the only one, and what it says of a function or of types."""
        key = side, canonical(name)
        if key in self.claimed:
            other = self.claimed[key]
            same = f"`{name}` is {side}ed twice" if other == name else f"the {side}s `{other}` and `{name}` are the same name"
            raise Malformed(f"{same}, at byte {at}")
        self.claimed[key] = name
        if isinstance(entity.value, Func):
            self.work.expand(self.work.shapes.of(entity.value.type).size)
        if self.checking:
            self.labels[side].check(name, entity, at, self.kind != "bundle")
            if self.visibility is not None:
                if isinstance(entity.value, Instance):
                    self.work.count(len(entity.value.exports))
                self.visibility.check(side, name, entity, at)
