"""Decodes a component: what it imports and exports, by name and with their WIT types, and what instantiating it does."""

from __future__ import annotations

from dataclasses import field

from moonwit.host.wasm.binary.sections import read_component
from moonwit.host.wasm.component.elaborate import Linking, elaborate
from moonwit.host.wasm.component.entities import Entity, Func, Instance, Record, Unusable
from moonwit.host.wasm.component.typespace import VALUE_TYPES
from moonwit.host.wasm.problems import Refused
from moonwit.host.wasm.wit import types
from moonwit.registry.record import identified

OTHERS = {"component": "a component", "core module": "a core module", "instance": "an instance", "type": "a type"}


@identified
class Interface:
    """The functions and types of an instance. ``others`` describes what is neither: a component, a module, an instance."""

    functions: dict[str, types.Function] = field(default_factory=dict)
    types: dict[str, types.Type | types.Resource] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)


Item = types.Function | Interface | str


@identified
class World:
    """A string describes something that is neither a function nor an interface: a component, a core module, a type.

    Types that are imported or exported without an interface are also in ``types``.
    """

    imports: dict[str, Item] = field(default_factory=dict)
    exports: dict[str, Item] = field(default_factory=dict)
    types: dict[str, types.Type | types.Resource] = field(default_factory=dict)


@identified
class Component:
    """A decoded component. ``imports`` and ``exports`` lead to what they are; ``record`` is what the planner works from."""

    data: bytes
    world: World
    imports: dict[str, Entity]
    exports: dict[str, Entity]
    record: Record


def decode(data: bytes) -> Component:
    """Decodes the binary of a component; raises Malformed, or Refused for what Moonwit does not take."""
    scope, record = elaborate(data, read_component(data))
    return Component(data, make_world(scope.imports, scope.exports, record), scope.imports, scope.exports, record)


@identified
class Provider:
    """A component that answers imports of another, by the names of these and of its own exports; ``providers`` answer its own.

    ``owner`` is a number by which what it imports is told from what others do.
    """

    component: Component
    answers: dict[str, str]
    owner: int
    providers: list[Provider] = field(default_factory=list)


def link(component: Component, providers: list[Provider]) -> Component:
    """Gives a component together with those that answer some of its imports, as if all were parts of one; raises Malformed and Refused.

    Its world stays what it is.
    """
    linking, imports = Linking(), {}

    def follow(component: Component, providers: list[Provider], owner: int) -> dict[str, Entity]:
        given: dict[str, Entity] = {}
        for provider in providers:
            exports = follow(provider.component, provider.providers, provider.owner)
            given |= {wanted: exports[name] for wanted, name in provider.answers.items()}
        scope = linking.run(component.data, read_component(component.data), given, owner=owner)
        _name_resources(scope.exports, None)
        imports.update({(owner, name): entity for name, entity in scope.imports.items() if name not in given})
        _refuse_unusable(linking.record)
        return scope.exports

    exports = follow(component, providers, 0)
    return Component(component.data, component.world, {name: entity for (_, name), entity in imports.items()}, exports, linking.record)


def make_world(imports: dict[str, Entity], exports: dict[str, Entity], record: Record) -> World:
    """Describes a component; raises Refused when an import, an export or a built-in is of a type that Moonwit does not take."""
    world = World()
    _name_resources(exports, None)      # before functions are looked at: they refer to resources by name
    for side, entities, items in (("import", imports, world.imports), ("export", exports, world.exports)):
        for name, entity in entities.items():
            items[name] = _item(side, name, entity)
            if isinstance(entity.value, Instance):
                items.update(_inner(side, name, entity.value))
            if entity.sort == "type" and isinstance(entity.value, (types.Resource, *VALUE_TYPES)):
                world.types[name] = entity.value
    _refuse_unusable(record)
    return world


def _name_resources(exports: dict[str, Entity], interface: str | None) -> None:
    for name, found in exports.items():
        if isinstance(found.value, Instance):
            _name_resources(found.value.exports, name if interface is None else f"{interface}#{name}")
        elif isinstance(found.value, types.Resource) and found.value.local and _is_nameless(found.value, name):
            found.value.name, found.value.interface = name, interface


def _is_nameless(resource: types.Resource, name: str) -> bool:
    """Tells whether no export has given a resource its name yet; one that is exported as a new type has it, but not where it is."""
    return resource.name == "resource" or (resource.name == name and resource.interface is None)


def _item(side: str, name: str, entity: Entity) -> Item:
    if isinstance(entity.value, Func):
        return _function(side, name, entity.value)
    if isinstance(entity.value, Instance):
        return _interface(side, name, entity.value)
    return OTHERS[entity.sort]


def _function(side: str, name: str, found: Func) -> types.Function:
    if isinstance(found.type, Unusable):
        raise _refused(side, name, found.type.reason)
    return found.type


def _interface(side: str, name: str, found: Instance) -> Interface:
    interface = Interface()
    for inner, entity in found.exports.items():
        if isinstance(entity.value, Func):
            interface.functions[inner] = _function(side, f"{name}#{inner}", entity.value)
            continue
        if isinstance(entity.value, (types.Resource, *VALUE_TYPES)):
            interface.types[inner] = entity.value
        else:      # a type that no path takes harms nobody by itself: what uses it is refused
            interface.others[inner] = OTHERS[entity.sort]
    return interface


def _inner(side: str, name: str, found: Instance) -> dict[str, Item]:
    """Describes the instances in an instance, and those in them: `b` in `a` is the interface `a#b`."""
    items: dict[str, Item] = {}
    for inner, entity in found.exports.items():
        if isinstance(entity.value, Instance):
            interface = f"{name}#{inner}"
            items[interface] = _interface(side, interface, entity.value)
            items.update(_inner(side, interface, entity.value))
    return items


def _refuse_unusable(record: Record) -> None:
    for lifted in record.lifted:
        if isinstance(lifted.type, Unusable):
            raise Refused(f"The component has a function that {lifted.type.reason}, which Moonwit does not take yet.")
    for builtin in record.builtins:
        if isinstance(builtin.type, Unusable):
            raise Refused(f"The component's built-in `{builtin.operation}` {builtin.type.reason}, which Moonwit does not take yet.")


def _refused(side: str, name: str, reason: str) -> Refused:
    return Refused(f"The component's {side} `{name}` {reason}, which Moonwit does not take yet.")
