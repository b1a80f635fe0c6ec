"""A component's imports and exports, by name, with their WIT types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from moonwit.host.wasm import types
from moonwit.host.wasm.entities import Entity, Func, Instance, LiftedFunction, Record, Unusable
from moonwit.host.wasm.plan import Malformed, Refused
from moonwit.host.wasm.typespace import VALUE_TYPES

RESOURCE_FUNCTION = re.compile(r"\[(constructor|method|static)\]([^.]+)(?:\.(.+))?\Z")
OTHERS = {"component": "a component", "core module": "a core module", "instance": "an instance", "type": "a type"}


@dataclass
class Interface:
    """The functions and types of an instance. ``others`` describes what is neither: a component, a module, an instance."""

    functions: dict[str, types.Function] = field(default_factory=dict)
    types: dict[str, types.Type | types.Resource] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)


Item = types.Function | Interface | str


@dataclass
class World:
    """A string describes something that is neither a function nor an interface: a component, a core module, a type.

    Types that are imported or exported without an interface are also in ``types``.
    """

    imports: dict[str, Item] = field(default_factory=dict)
    exports: dict[str, Item] = field(default_factory=dict)
    types: dict[str, types.Type | types.Resource] = field(default_factory=dict)


def make_world(imports: dict[str, Entity], exports: dict[str, Entity], record: Record) -> World:
    """Describes a component; raises Refused when an import, an export or a built-in is of a kind that no call path takes."""
    world = World()
    for name, entity in exports.items():      # before functions are looked at: they refer to resources by name
        _name_resources(name, entity)
    for side, entities, items in (("import", imports, world.imports), ("export", exports, world.exports)):
        for name, entity in entities.items():
            items[name] = _item(side, name, entity)
            if entity.sort == "type" and isinstance(entity.value, (types.Resource, *VALUE_TYPES)):
                world.types[name] = entity.value
        functions = {name: item for name, item in items.items() if isinstance(item, types.Function)}
        _check_resource_functions(side, functions, {name for name, entity in entities.items() if isinstance(entity.value, types.Resource)})
    _refuse_foreign(imports, exports, record)
    return world


def _name_resources(name: str, entity: Entity) -> None:
    inside = entity.value.exports.items() if isinstance(entity.value, Instance) else [(name, entity)]
    interface = name if isinstance(entity.value, Instance) else None
    for inner, found in inside:
        if isinstance(found.value, types.Resource) and found.value.local and found.value.name == "resource":
            found.value.name, found.value.interface = inner, interface


def _item(side: str, name: str, entity: Entity) -> Item:
    if isinstance(entity.value, Func):
        return _function(side, name, entity.value)
    if isinstance(entity.value, Instance):
        return _interface(side, name, entity.value)
    return OTHERS[entity.sort]


def _function(side: str, path: str, found: Func) -> types.Function:
    if isinstance(found.type, Unusable):
        raise _refused(side, path, found.type.reason)
    return found.type


def _interface(side: str, name: str, found: Instance) -> Interface:
    interface = Interface()
    resources: set[str] = set()
    for inner, entity in found.exports.items():
        if isinstance(entity.value, Func):
            interface.functions[inner] = _function(side, f"{name}#{inner}", entity.value)
            continue
        if isinstance(entity.value, types.Resource):
            resources.add(inner)
        if isinstance(entity.value, (types.Resource, *VALUE_TYPES)):
            interface.types[inner] = entity.value
        else:      # a type that no path takes harms nobody by itself: what uses it is refused
            interface.others[inner] = OTHERS[entity.sort]
        if isinstance(entity.value, Instance):
            _interface(side, f"{name}/{inner}", entity.value)      # for what it refuses
    _check_resource_functions(f"{side} `{name}`:", interface.functions, resources)
    return interface


def _check_resource_functions(where: str, functions: dict[str, types.Function], resources: set[str]) -> None:
    for name, function in functions.items():
        found = RESOURCE_FUNCTION.match(name)
        if found is None:
            if name.startswith("["):
                raise Malformed(f"{where} `{name}` is not the name of a function")
            continue
        kind, resource, method = found.groups()
        if resource not in resources or (method is None) != (kind == "constructor"):
            raise Malformed(f"{where} `{name}` is named as a {kind} of `{resource}`, which is not a resource beside it")
        if kind == "method" and not _takes_self(function, resource):
            raise Malformed(f"{where} `{name}` is named as a method, but its first parameter is not `self: borrow<{resource}>`")
        if kind == "constructor" and not _makes(function.result, resource):
            raise Malformed(f"{where} `{name}` is named as a constructor, but its result is not an own<{resource}>")


def _takes_self(function: types.Function, resource: str) -> bool:
    first = function.params[0] if function.params else None
    return first is not None and first.name == "self" and isinstance(first.type, types.Borrow)


def _makes(result: types.Type | None, resource: str) -> bool:
    return isinstance(result.ok if isinstance(result, types.Result) else result, types.Own)


def _refuse_foreign(imports: dict[str, Entity], exports: dict[str, Entity], record: Record) -> None:
    for name, entity in exports.items():
        inside = entity.value.exports.items() if isinstance(entity.value, Instance) else [(None, entity)]
        for inner, found in inside:
            origin = found.value.origin if isinstance(found.value, Func) else None
            if isinstance(origin, LiftedFunction) and origin.options.asynchronous:
                raise _refused("export", name if inner is None else f"{name}#{inner}", "is lifted as an async function (WASI 0.3)")
    for lowered in record.lowered:
        if lowered.options.asynchronous:
            raise Refused("The component calls an import asynchronously (WASI 0.3), which no call path here takes.")
    for lifted in record.lifted:
        if lifted.options.asynchronous:
            raise Refused("The component lifts a function as async (WASI 0.3), which no call path here takes.")
        if isinstance(lifted.type, Unusable):
            raise Refused(f"The component has a function that {lifted.type.reason}, which no call path here takes.")
    for name in record.foreign:
        raise Refused(f"The component uses the canonical built-in `{name}` (WASI 0.3), which no call path here takes.")


def _refused(side: str, path: str, reason: str) -> Refused:
    return Refused(f"The component's {side} `{path}` {reason}, which no call path here takes.")
