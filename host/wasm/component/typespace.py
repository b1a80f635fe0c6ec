"""Turns type definitions into WIT types, and declarations into the things they describe."""

from __future__ import annotations

from moonwit.host.wasm.binary import syntax
from moonwit.host.wasm.binary.reader import short
from moonwit.host.wasm.component.entities import (
    ComponentEntity,
    Entity,
    Func,
    ImportedFunction,
    IndexSpaces,
    Instance,
    Module,
    ModuleType,
    ScopeType,
    TypeEntity,
    Unusable,
    View,
)  # fmt: skip
from moonwit.host.wasm.component.facts import DEEPEST, LARGEST, MOST_BYTES
from moonwit.host.wasm.component.module_types import check_module, define_core
from moonwit.host.wasm.component.scope import Scope, Work
from moonwit.host.wasm.problems import Malformed
from moonwit.host.wasm.wit import types
from moonwit.registry.record import replace

PRIMITIVES = {kind: types.Primitive(kind) for kind in (*types.PRIMITIVES, types.ERROR_CONTEXT)}
LISTS = (types.List, types.FixedList, types.Map)
NAMED = (types.Record, types.Variant, *LISTS, types.Tuple, types.Flags, types.Enum, types.Option, types.Result, types.Stream, types.Future)
VALUE_TYPES = (*NAMED, types.Primitive, types.Own, types.Borrow)
KEYS = frozenset({"bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "char", "string"})      # of maps
Found = types.Type | Unusable


def define(scope: Scope, at: int, written: syntax.TypeSyntax) -> TypeEntity:
    """Resolves a type definition other than a resource's; raises ``Malformed``."""
    if isinstance(written, str):
        return reference(scope, written, at)
    if isinstance(written, syntax.Shape):
        return shape(scope, at, written)
    if isinstance(written, syntax.Signature):
        return signature(scope, at, written)
    if isinstance(written, syntax.NewResource):
        raise Malformed(f"a resource type can't be defined here, at byte {at}")
    found = ScopeType(written, scope)
    if scope.checking:
        inner = open_scope(scope.work, found, "", None, None, checking=True)
        found.described, found.free = Instance(inner.exports), inner.free
    return found


def reference(scope: Scope, ref: syntax.Ref, at: int) -> Found:
    """Resolves a reference to a value type; raises ``Malformed``."""
    if isinstance(ref, str):
        return PRIMITIVES[ref]
    found = scope.type(ref, at)
    if isinstance(found, VALUE_TYPES) or (isinstance(found, Unusable) and found.kind != "func"):
        return found
    raise Malformed(f"type {ref} is not the type of a value, at byte {at}")


def shape(scope: Scope, at: int, written: syntax.Shape) -> Found:
    """Resolves a value type that has parts or names; raises ``Malformed``."""
    kind, shapes = written.kind, scope.work.shapes
    if kind in ("own", "borrow"):
        (index,) = written.parts
        assert isinstance(index, int)
        view = scope.view(index, at)
        return types.Own(view.resource, view) if kind == "own" else types.Borrow(view.resource, view)
    scope.work.count(len(written.parts) + len(written.names))
    parts = [None if part is None else reference(scope, part, at) for part in written.parts]
    facts = shapes.facts(kind, written.names, list(parts), written.length)
    if facts.bytes > MOST_BYTES:
        raise Malformed(f"a value of this {kind} takes {facts.bytes} bytes, and {MOST_BYTES} are allowed, at byte {at}")
    reason = next((part.reason for part in parts if isinstance(part, Unusable)), None)
    if kind in ("stream", "future") and facts.borrows:
        raise Malformed(f"a {kind} can't carry a borrowed resource, at byte {at}")
    if kind == "map" and not (isinstance(parts[0], types.Primitive) and parts[0].kind in KEYS):
        keys = written.parts[0] if isinstance(written.parts[0], str) else f"type {written.parts[0]}"
        raise Malformed(f"the keys of a map: expected numbers, chars, bools or strings, got {keys}, at byte {at}")
    if reason is None and facts.depth > DEEPEST:
        reason = f"uses a type more than {DEEPEST} levels deep"
    if reason is None and facts.size > LARGEST:
        reason = f"uses a type of more than {LARGEST} parts"
    found = _build(kind, written.names, parts, written.length) if reason is None else Unusable(reason, kind, written.names, tuple(parts))  # type: ignore[arg-type]
    shapes.keep(found, facts)
    return found


def _build(kind: str, names: tuple[str, ...], parts: list[types.Type | None], length: int) -> types.Type:
    whole = [part for part in parts if part is not None]
    if kind == "record":
        return types.Record(tuple(map(types.Field, names, whole)))
    if kind == "variant":
        return types.Variant(tuple(map(types.Case, names, parts)))
    if kind == "list":
        return types.List(whole[0])
    if kind == "fixed-length list":
        return types.FixedList(whole[0], length)
    if kind == "map":
        return types.Map(whole[0], whole[1])
    if kind == "tuple":
        return types.Tuple(tuple(whole))
    if kind == "flags":
        return types.Flags(names)
    if kind == "enum":
        return types.Enum(names)
    if kind == "option":
        return types.Option(whole[0])
    if kind in ("stream", "future"):
        return (types.Stream if kind == "stream" else types.Future)(parts[0])
    assert kind == "result"
    return types.Result(parts[0], parts[1])


def signature(scope: Scope, at: int, written: syntax.Signature) -> types.Function | Unusable:
    """Resolves a function type; raises ``Malformed``."""
    scope.work.count(len(written.params))
    names = tuple([name for name, _ in written.params])
    parts = [reference(scope, ref, at) for _, ref in written.params]
    result = None if written.result is None else reference(scope, written.result, at)
    shapes = scope.work.shapes
    if result is not None and shapes.of(result).borrows:
        raise Malformed(f"a function's result can't hold a borrowed resource, at byte {at}")
    facts = shapes.facts("func", names, [*parts, result], int(written.asynchronous))
    reason = next((part.reason for part in (*parts, result) if isinstance(part, Unusable)), None)
    if reason is not None:
        found: types.Function | Unusable = Unusable(reason, "func", names, (*parts, result))
    else:
        found = types.Function(tuple(map(types.Field, names, parts)), result, written.asynchronous)  # type: ignore[arg-type]
    shapes.keep(found, facts)
    return found


def named(scope: Scope, entity: Entity, name: str) -> Entity:
    """Gives a type the name it is imported or exported by: it is a type of its own from then on. Other things are returned as they are."""
    found = entity.value
    if isinstance(found, types.Resource):
        return Entity(entity.sort, found, View(found))
    if entity.sort != "type" or not isinstance(found, (*NAMED, Unusable)):
        return entity
    renamed: TypeEntity = replace(found, name=name) if not isinstance(found, Unusable) else Unusable(**{**vars(found), "name": name})
    scope.work.shapes.keep(renamed, scope.work.shapes.of(found))
    return Entity("type", renamed)


def function_type(scope: Scope, index: int, at: int) -> types.Function | Unusable:
    """Looks up the type of a function; raises ``Malformed``."""
    found = scope.type(index, at)
    if isinstance(found, types.Function) or (isinstance(found, Unusable) and found.kind == "func"):
        return found
    raise Malformed(f"type {index} is not the type of a function, at byte {at}")


def open_type(
    work: Work, closure: ScopeType, interface: str, actual: Instance | None, arguments: dict[str, Entity] | None
) -> Instance:
    """Goes through the declarations of an instance or component type and returns the instance it describes.

    With ``actual``, resource types are taken from there and everything declared must be there, with the same types.
    ``arguments`` are given for the imports of a component type.
    """
    return Instance(open_scope(work, closure, interface, actual, arguments).exports)


def open_scope(
    work: Work, closure: ScopeType, interface: str, actual: Instance | None, arguments: dict[str, Entity] | None, checking: bool = False
) -> Scope:
    """As ``open_type``, and returns all that was found on the way; raises ``Malformed``."""
    scope = Scope(closure.scope, closure.syntax.kind, work, checking)
    with work.deeper():
        for declared in closure.syntax.declarations:
            work.count()
            if isinstance(declared, syntax.DefineType):
                scope.add("type", define(scope, declared.offset, declared.syntax))
            elif isinstance(declared, syntax.DefineCoreType):
                define_core(scope, declared)
            elif isinstance(declared, (syntax.ExportAlias, syntax.OuterAlias)):
                alias(scope, declared)
            elif isinstance(declared, syntax.Import):
                given = None if arguments is None else argument(arguments, declared.name, declared.offset)
                entity = describe(scope, declared.offset, declared.name, declared.bound, interface, given)
                scope.import_(declared.name, entity, declared.offset)
            elif isinstance(declared, syntax.Declare):
                there = None if actual is None else actual.exports.get(declared.name)
                if actual is not None and there is None:
                    raise Malformed(f"an instance lacks the export `{declared.name}` that its type declares, at byte {declared.offset}")
                entity = describe(scope, declared.offset, declared.name, declared.bound, interface, there)
                scope.export(declared.name, entity, declared.offset)
    return scope


def argument(arguments: dict[str, Entity], name: str, at: int) -> Entity:
    """Returns what an instantiation gives for the import ``name``; raises ``Malformed``."""
    if name not in arguments:
        raise Malformed(f"a component is instantiated without its import `{name}`, declared at byte {at}")
    return arguments[name]


def describe(scope: Scope, at: int, name: str, bound: syntax.Bound, interface: str | None, actual: Entity | None) -> Entity:
    """Returns what a declaration describes: ``actual`` seen that way, or else something new from outside; raises ``Malformed``."""
    sort, index = bound.sort, bound.index
    if actual is not None and actual.sort != sort:
        raise Malformed(f"`{name}` is of the sort {actual.sort}, but declared as {sort}, at byte {at}")
    given = None if actual is None else actual.value
    if sort == "func":
        assert index is not None
        return Entity(sort, _function(scope, function_type(scope, index, at), given, name, interface, at))
    if sort == "type":
        return _type(scope, index, actual, name, interface, at)
    assert index is not None
    if sort == "instance":
        assert given is None or isinstance(given, Instance)
        inner = name if interface is None else f"{interface}/{name}"
        return Entity(sort, open_type(scope.work, scope.scope_type("instance", index, at), inner, given, None))
    if sort == "component":
        component = scope.scope_type("component", index, at)
        if given is None:
            return Entity(sort, ComponentEntity(None, scope, component))
        assert isinstance(given, ComponentEntity)
        check_component(scope, component, given)
        return Entity(sort, given)
    module = scope.core_type(index, at)
    if not isinstance(module, ModuleType):
        raise Malformed(f"core type {index} is not the type of a module, at byte {at}")
    if given is None:
        return Entity(sort, Module(b"", 0, 0, module))
    assert isinstance(given, Module)
    scope.work.count(len(module.exports) + len(module.imports))
    check_module(module, given, name, at)
    return Entity(sort, given)


def check_component(scope: Scope, declared: ScopeType, given: ComponentEntity) -> None:
    """Checks that a component can stand where one of type ``declared`` is wanted: given what is declared, it exports what is declared."""
    wanted = open_scope(scope.work, declared, "", None, None)
    exports = scope.work.instantiate(given, wanted.imports)
    open_scope(scope.work, declared, "", exports, wanted.imports)


def _function(
    scope: Scope, declared: types.Function | Unusable, given: object, name: str, interface: str | None, at: int
) -> Func:
    if given is None:
        return Func(declared, ImportedFunction(interface, name, scope.work.owner))
    assert isinstance(given, Func)
    if not scope.work.shapes.same(declared, given.type):
        raise Malformed(f"the function `{name}` has another type than declared, at byte {at}")
    return Func(declared, given.origin)


def _type(scope: Scope, index: int | None, actual: Entity | None, name: str, interface: str | None, at: int) -> Entity:
    if index is None:
        if actual is None:
            resource = types.Resource(name, interface)
            return Entity("type", resource, View(resource))
        if not isinstance(actual.value, types.Resource):
            raise Malformed(f"`{name}` is not a resource type, but declared as one, at byte {at}")
        return actual
    declared = scope.entity("type", index, at)
    if actual is None:
        return named(scope, declared, name)
    if not _agree(scope, declared.value, actual.value):
        raise Malformed(f"the type `{name}` is another one than declared, at byte {at}")
    # From here on the type that is given stands for the one that is declared: where it has a name, this one has it.
    return actual


def _agree(scope: Scope, declared: object, given: object) -> bool:
    if isinstance(declared, types.Resource) or isinstance(given, types.Resource):
        return declared is given
    if isinstance(declared, ScopeType) or isinstance(given, ScopeType):
        return isinstance(declared, ScopeType) and isinstance(given, ScopeType) and declared.syntax.kind == given.syntax.kind
    return scope.work.shapes.same(declared, given)


def alias(scope: Scope, written: syntax.ExportAlias | syntax.OuterAlias) -> None:
    """Adds what an alias of a component-level thing, or of something further out, refers to; raises ``Malformed``."""
    at, sort = written.offset, written.sort
    if isinstance(written, syntax.OuterAlias):
        found = scope.outer(written.count, at).find(sort, written.index, at)
        if sort == "type" and _speaks_of_resources(scope, found):
            _reach_out(scope, written.count, at)
        scope.add(sort, found)
        return
    entity = scope.instance(written.instance, at).exports.get(written.name)
    if entity is None:
        raise Malformed(f"instance {written.instance} has no export `{short(written.name)}`, at byte {at}")
    if entity.sort != sort:
        what = f"export `{short(written.name)}` of instance {written.instance}"
        raise Malformed(f"{what} is of the sort {entity.sort}, not {sort}, at byte {at}")
    scope.add_entity(entity)


def _speaks_of_resources(scope: Scope, found: View | TypeEntity) -> bool:
    if isinstance(found, View):
        return True
    if isinstance(found, ScopeType):
        return found.free
    return not isinstance(found, types.Resource) and scope.work.shapes.of(found).resources


def _reach_out(scope: Scope, count: int, at: int) -> None:
    """Notes that types reach for a resource outside of them; a component can't, as each of its instances has its own."""
    inner: IndexSpaces | None = scope
    for _ in range(count):
        assert inner is not None
        if inner.kind == "body":
            raise Malformed(f"a component can't reach the resource types of the one around it, at byte {at}")
        inner.free = True
        inner = inner.parent
