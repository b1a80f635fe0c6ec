"""Scopes: the index spaces of a component, or of a type with declarations, and the names of its imports and exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moonwit.host.wasm.binary.names import canonical
from moonwit.host.wasm.component.entities import ComponentEntity, Entity, Func, IndexSpaces, Instance
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
        self.owner = 0      # which component is gone through, of those that are linked

    def count(self, number: int = 1) -> None:
        self.left -= number
        if self.left < 0:
            raise Refused(f"The component takes more than {MOST_WORK} definitions to resolve, which is more than Moonwit takes.")

    def expand(self, number: int) -> None:
        """Counts the parts of a function's types; raises ``Refused``."""
        self.expanded -= number
        if self.expanded < 0:
            raise Refused(f"The component's functions have types of more than {MOST_EXPANDED} parts, which is more than Moonwit takes.")

    def follow(self, instance: Instance) -> None:
        """Counts all that an instance exports, instances in it included: each is gone through by its own path. Raises ``Refused``."""
        self.count(instance.size)
        if instance.depth > DEEPEST:
            raise Refused(f"The component's instances stand in each other more than {DEEPEST} deep, which is more than Moonwit takes.")

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Bounds how deep one thing is followed into another; raises ``Refused``."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Refused(f"The component's parts refer to each other more than {DEEPEST} deep, which is more than Moonwit takes.")
        yield
        self.depth -= 1


class Scope(IndexSpaces):
    """The index spaces of one component or type, with what it imports and exports.

    ``checking`` is true while definitions are gone through for
    the first time: then the rules are checked, and what they only describe is looked into as well.
    """

    def __init__(self, parent: IndexSpaces | None, kind: str, work: Work, checking: bool) -> None:
        super().__init__(parent, kind)
        self.work = work
        self.checking = checking
        self.visibility = Visibility() if checking and kind in ("body", "component") else None
        self.labels = {"import": Labels(), "export": Labels()} if checking else {}
        self.claimed: dict[tuple[str, str], str] = {}
        self.imports: dict[str, Entity] = {}
        self.exports: dict[str, Entity] = {}
        self.resources: set[Resource] = set()

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
        if isinstance(entity.value, Instance) and self.kind != "bundle":
            self.work.follow(entity.value)
        if isinstance(entity.value, Func):
            self.work.expand(self.work.shapes.of(entity.value.type).size)
        if self.checking:
            self.labels[side].check(name, entity, at, self.kind != "bundle")
            if self.visibility is not None:
                self.visibility.check(side, name, entity, at)
