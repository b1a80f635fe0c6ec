"""Turns type definitions into WIT types, and declarations into the things they describe."""

from __future__ import annotations

from moonwit.host.wasm import syntax, types
from moonwit.host.wasm.core import CoreExport
from moonwit.host.wasm.entities import (
    ComponentEntity,
    CoreTypeEntity,
    Entity,
    Func,
    ImportedFunction,
    Instance,
    Module,
    ModuleType,
    ScopeType,
    TypeEntity,
    Unusable,
)  # fmt: skip
from moonwit.host.wasm.matching import same_function, same_type
from moonwit.host.wasm.plan import CoreType, Malformed
from moonwit.host.wasm.scope import Scope
from moonwit.registry.record import replace

DEEPEST_TYPE = 64      # the code that is generated for a type is as deep as the type
LARGEST_TYPE = 20_000      # parts in all, those of a type used twice counted twice
PRIMITIVES = {kind: types.Primitive(kind) for kind in types.PRIMITIVES}
WASI_03 = {"stream": "a stream", "future": "a future", "error-context": "an error context"}
NAMED = (types.Record, types.Variant, types.List, types.Tuple, types.Flags, types.Enum, types.Option, types.Result)
VALUE_TYPES = (*NAMED, types.Primitive, types.Own, types.Borrow)
Found = types.Type | Unusable


def define(scope: Scope, at: int, written: syntax.TypeSyntax) -> TypeEntity:
    """Resolves a type definition other than a resource's."""
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
        open_type(found, "", None, None, checking=True)
    return found


def reference(scope: Scope, ref: syntax.Ref, at: int) -> Found:
    """Resolves a reference to a value type."""
    if isinstance(ref, str):
        return PRIMITIVES[ref] if ref in PRIMITIVES else Unusable(f"uses {WASI_03[ref]} (WASI 0.3)")
    found = scope.type(ref, at)
    if isinstance(found, (*VALUE_TYPES, Unusable)):
        return found
    raise Malformed(f"type {ref} is not the type of a value, at byte {at}")


def shape(scope: Scope, at: int, written: syntax.Shape) -> Found:
    """Resolves a value type that has parts or names."""
    kind = written.kind
    if kind in ("own", "borrow"):
        (index,) = written.parts
        assert isinstance(index, int)
        resource = scope.resource(index, at)
        return types.Own(resource) if kind == "own" else types.Borrow(resource)
    parts = [None if part is None else reference(scope, part, at) for part in written.parts]
    if kind in WASI_03:
        return Unusable(f"uses {WASI_03[kind]} (WASI 0.3)")
    if kind in ("map", "fixed-length list"):
        return Unusable(f"uses a {kind}")
    usable: list[types.Type | None] = []
    for part in parts:
        if isinstance(part, Unusable):
            return part
        usable.append(part)
    return _measured(scope, _build(kind, written.names, usable), usable)


def _build(kind: str, names: tuple[str, ...], parts: list[types.Type | None]) -> types.Type:
    whole = [part for part in parts if part is not None]
    if kind == "record":
        return types.Record(tuple(map(types.Field, names, whole)))
    if kind == "variant":
        return types.Variant(tuple(map(types.Case, names, parts)))
    if kind == "list":
        return types.List(whole[0])
    if kind == "tuple":
        return types.Tuple(tuple(whole))
    if kind == "flags":
        return types.Flags(names)
    if kind == "enum":
        return types.Enum(names)
    if kind == "option":
        return types.Option(whole[0])
    assert kind == "result"
    return types.Result(parts[0], parts[1])


def _measured(scope: Scope, found: types.Type, parts: list[types.Type | None]) -> Found:
    """Keeps types within what a recursion over them can bear."""
    depth, size = 1, 1
    for part in parts:
        if part is not None:
            deep, large = scope.work.measure(part)
            depth, size = max(depth, deep + 1), size + large
    if depth > DEEPEST_TYPE:
        return Unusable(f"uses a type more than {DEEPEST_TYPE} levels deep")
    if size > LARGEST_TYPE:
        return Unusable(f"uses a type of more than {LARGEST_TYPE} parts")
    scope.work.remember(found, depth, size)
    return found


def signature(scope: Scope, at: int, written: syntax.Signature) -> types.Function | Unusable:
    """Resolves a function type."""
    params = [(name, reference(scope, ref, at)) for name, ref in written.params]
    result = None if written.result is None else reference(scope, written.result, at)
    if written.asynchronous:
        return Unusable("is an async function (WASI 0.3)")
    fields: list[types.Field] = []
    for name, param in params:
        if isinstance(param, Unusable):
            return param
        fields.append(types.Field(name, param))
    if isinstance(result, Unusable):
        return result
    if result is not None and scope.work.borrows(result):
        raise Malformed(f"a function's result can't hold a borrowed resource, at byte {at}")
    return types.Function(tuple(fields), result)


def named(scope: Scope, entity: Entity, name: str) -> Entity:
    """Gives a type the name it is imported or exported by; other things are returned as they are."""
    found = entity.value
    if not isinstance(found, NAMED) or found.name == name:
        return entity
    renamed = replace(found, name=name)
    scope.work.remember(renamed, *scope.work.measure(found))
    return Entity("type", renamed)


def function_type(scope: Scope, index: int, at: int) -> types.Function | Unusable:
    """Looks up the type of a function."""
    found = scope.type(index, at)
    if isinstance(found, (types.Function, Unusable)):
        return found
    raise Malformed(f"type {index} is not the type of a function, at byte {at}")


def open_type(
    closure: ScopeType, interface: str, actual: Instance | None, arguments: dict[str, Entity] | None, checking: bool = False
) -> Instance:
    """Goes through the declarations of an instance or component type and returns the instance it describes.

    With ``actual``, resource types are taken from there and everything declared must be there, with the same types.
    ``arguments`` are given for the imports of a component type.
    """
    scope = Scope(closure.scope, False, closure.scope.work, checking)
    for declared in closure.syntax.declarations:
        scope.work.count()
        if isinstance(declared, syntax.DefineType):
            scope.add("type", define(scope, declared.offset, declared.syntax))
        elif isinstance(declared, syntax.DefineCoreType):
            define_core(scope, declared)
        elif isinstance(declared, (syntax.ExportAlias, syntax.OuterAlias)):
            alias(scope, declared)
        elif isinstance(declared, syntax.Import):
            given = None if arguments is None else argument(arguments, declared.name, declared.offset)
            entity = describe(scope, declared.offset, declared.name, declared.bound, interface, given)
            scope.add(entity.sort, entity.value)
        elif isinstance(declared, syntax.Declare):
            there = None if actual is None else actual.exports.get(declared.name)
            if actual is not None and there is None:
                raise Malformed(f"an instance lacks the export `{declared.name}` that its type declares, at byte {declared.offset}")
            scope.export(declared.name, describe(scope, declared.offset, declared.name, declared.bound, interface, there), declared.offset)
    return Instance(scope.exports)


def argument(arguments: dict[str, Entity], name: str, at: int) -> Entity:
    """Returns what an instantiation gives for the import ``name``."""
    if name not in arguments:
        raise Malformed(f"a component is instantiated without its import `{name}`, declared at byte {at}")
    return arguments[name]


def describe(scope: Scope, at: int, name: str, bound: syntax.Bound, interface: str | None, actual: Entity | None) -> Entity:
    """Returns what a declaration describes: ``actual`` seen that way, or else something new from outside."""
    sort, index = bound.sort, bound.index
    if actual is not None and actual.sort != sort:
        raise Malformed(f"`{name}` is of the sort {actual.sort}, but declared as {sort}, at byte {at}")
    given = None if actual is None else actual.value
    if sort == "func":
        assert index is not None
        return Entity(sort, _function(function_type(scope, index, at), given, name, interface, at))
    if sort == "type":
        return named(scope, Entity(sort, _type(scope, index, given, name, interface, at)), name)
    assert index is not None
    if sort == "instance":
        assert given is None or isinstance(given, Instance)
        inner = name if interface is None else f"{interface}/{name}"
        return Entity(sort, open_type(scope.scope_type("instance", index, at), inner, given, None))
    if sort == "component":
        component = scope.scope_type("component", index, at)
        return Entity(sort, given or ComponentEntity(None, scope, component))
    module = scope.core_type(index, at)
    if not isinstance(module, ModuleType):
        raise Malformed(f"core type {index} is not the type of a module, at byte {at}")
    return Entity(sort, given or Module(b"", 0, 0, module))


def _function(declared: types.Function | Unusable, given: object, name: str, interface: str | None, at: int) -> Func:
    if given is None:
        return Func(declared, ImportedFunction(interface, name))
    assert isinstance(given, Func)
    if isinstance(declared, types.Function) and isinstance(given.type, types.Function) and not same_function(declared, given.type):
        raise Malformed(f"the function `{name}` has another type than declared, at byte {at}")
    return Func(given.type if isinstance(given.type, Unusable) else declared, given.origin)


def _type(scope: Scope, index: int | None, given: object, name: str, interface: str | None, at: int) -> TypeEntity:
    if index is None:
        if given is None:
            return types.Resource(name, interface)
        if not isinstance(given, (types.Resource, Unusable)):
            raise Malformed(f"`{name}` is not a resource type, but declared as one, at byte {at}")
        return given
    declared = scope.type(index, at)
    if given is not None and not _agree(declared, given):
        raise Malformed(f"the type `{name}` is another one than declared, at byte {at}")
    return declared


def _agree(declared: TypeEntity, given: object) -> bool:
    if isinstance(declared, types.Resource):
        return declared is given
    if isinstance(declared, VALUE_TYPES) and isinstance(given, VALUE_TYPES):
        return same_type(declared, given)
    if isinstance(declared, types.Function) and isinstance(given, types.Function):
        return same_function(declared, given)
    if isinstance(declared, Unusable) or isinstance(given, Unusable):
        return True
    return isinstance(declared, ScopeType) and isinstance(given, ScopeType)


def alias(scope: Scope, written: syntax.ExportAlias | syntax.OuterAlias) -> None:
    """Adds what an alias of a component-level thing, or of something further out, refers to."""
    at, sort = written.offset, written.sort
    if isinstance(written, syntax.OuterAlias):
        outer, crosses = scope.outer(written.count, at), _crosses(scope, written.count)
        found = outer.find(sort, written.index, at)
        if crosses and isinstance(found, types.Resource):
            raise Malformed(f"a component can't reach the resource types of the one around it, at byte {at}")
        scope.add(sort, found)
        return
    entity = scope.instance(written.instance, at).exports.get(written.name)
    if entity is None:
        raise Malformed(f"instance {written.instance} has no export `{written.name}`, at byte {at}")
    if entity.sort != sort:
        raise Malformed(f"export `{written.name}` of instance {written.instance} is of the sort {entity.sort}, not {sort}, at byte {at}")
    scope.add(sort, entity.value)


def _crosses(scope: Scope, count: int) -> bool:
    inner: Scope | None = scope
    for _ in range(count):
        assert inner is not None
        if inner.component:
            return True
        inner = inner.parent
    return False


def define_core(scope: Scope, written: syntax.DefineCoreType) -> None:
    """Adds core types."""
    if isinstance(written.syntax, syntax.ModuleSyntax):
        scope.add("core type", _module_type(scope, written.offset, written.syntax))
    else:
        for found in written.syntax:
            scope.add("core type", found)


def _module_type(scope: Scope, at: int, written: syntax.ModuleSyntax) -> ModuleType:
    own: list[CoreTypeEntity] = []
    exports: dict[str, CoreExport] = {}
    for declared in written.declarations:
        scope.work.count()
        if isinstance(declared, syntax.CoreOuter):
            if declared.count == 0:
                own.append(_core_function(own, declared.index, at))
            else:
                own.append(scope.outer(declared.count - 1, at).core_type(declared.index, at))
        elif isinstance(declared, syntax.CoreDeclaration):
            index = declared.bound.index
            found = CoreExport(declared.bound.kind, None if index is None else _core_function(own, index, at))
            if declared.module is None:
                exports[declared.name] = found
        else:
            own += declared
    return ModuleType(exports)


def _core_function(own: list[CoreTypeEntity], index: int, at: int) -> CoreType:
    found = own[index] if index < len(own) else None
    if not isinstance(found, CoreType):
        raise Malformed(f"core type {index} of a module type is not the type of a function, at byte {at}")
    return found
