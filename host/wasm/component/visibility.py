"""Which types a component lets its imports and exports speak of, and what names of functions demand.

The user of a component must be able to name the types that it uses: so a record, variant, enum, flags or resource in an import has to
be imported itself before, and one in an export imported or exported. Types without names of their own, lists and the like, are looked
through. Source: the component model's Explainer.md, "External Visibility of Types", and Binary.md, "Import and Export Definitions".
"""

from __future__ import annotations

from collections.abc import Iterable

from moonwit.host.wasm.binary.names import Annotation, annotation
from moonwit.host.wasm.component.entities import Entity, Func, Instance, ScopeType, Unusable
from moonwit.host.wasm.problems import Malformed
from moonwit.host.wasm.wit import types

_NOMINAL = {types.Record: "record", types.Variant: "variant", types.Enum: "enum", types.Flags: "flags"}


class Named:
    """The types that have a name on one side of a component, by identity; what is looked through and fine is noted as well."""

    def __init__(self, outer: Named | None = None) -> None:
        self.outer = outer
        self.held: dict[int, object] = {}      # holding a type keeps its identity its own

    def __contains__(self, found: object) -> bool:
        return id(found) in self.held or (self.outer is not None and found in self.outer)

    def add(self, found: object) -> None:
        self.held[id(found)] = found

    def missing(self, found: Iterable[object]) -> str | None:
        """Names a type among these, or inside them, that has no name; None where all have one."""
        todo = [each for each in found if each is not None]
        through: list[object] = []
        while todo:
            each = todo.pop()
            if isinstance(each, types.Primitive) or each in self:
                continue
            if isinstance(each, (types.Own, types.Borrow)):
                if each.view not in self:
                    return f"the resource `{each.resource.name}`" if each.resource.name != "resource" else "a resource type"
                continue
            if (what := _nominal(each)) is not None:
                return what
            through.append(each)
            self.add(each)      # before its parts, so that each type is looked through once
            todo += [part for part in inside(each) if part is not None]
        return None


class Visibility:
    """The named types of one component or component type, by side."""

    def __init__(self) -> None:
        self.sides = {"import": Named(), "export": Named()}

    def check(self, side: str, name: str, entity: Entity, at: int) -> None:
        """Checks that an import or export speaks only of types that have a name, and notes the names it gives; raises ``Malformed``."""
        missing = self._register(side, self.sides[side], entity)
        if missing is not None:
            known = "imported" if side == "import" else "imported or exported"
            raise Malformed(f"the {side} `{name}`: expected types that are {known} under a name before it, got {missing}, at byte {at}")

    def _register(self, side: str, named: Named, entity: Entity) -> str | None:
        value = entity.value
        if isinstance(value, Func):
            return named.missing(inside(value.type))
        if isinstance(value, Instance):
            for inner in value.exports.values():
                missing = self._register(side, named, inner)
                if missing is not None:
                    return missing
            return None
        if entity.sort != "type":      # components and modules speak only of what they hold
            return None
        if isinstance(value, ScopeType):
            return _instance_type(value, named)
        if not isinstance(value, types.Resource):
            missing = named.missing([value] if isinstance(value, (types.Own, types.Borrow)) else inside(value))
            if missing is not None:
                return missing
        for each in (named, self.sides["export"]) if named is self.sides["import"] else (named,):
            each.add(entity.view if isinstance(value, types.Resource) else value)
        return None


def _instance_type(found: ScopeType, named: Named) -> str | None:
    """An instance type that is itself imported or exported: what it exports has its names inside it."""
    if found.described is None:
        return None
    inner = Visibility()
    inner.sides = dict.fromkeys(inner.sides, Named(named))
    return inner._register("export", inner.sides["export"], Entity("instance", found.described))


def inside(found: object) -> tuple[object | None, ...]:
    """The types directly inside a type, those of a function's parameters and result as well."""
    if isinstance(found, Unusable):
        return found.parts
    if isinstance(found, types.Function):
        return (*(param.type for param in found.params), found.result)
    return types.parts(found)


def _nominal(found: object) -> str | None:
    kind = found.kind if isinstance(found, Unusable) else _NOMINAL.get(type(found), "")
    if kind not in _NOMINAL.values():
        return None
    name = getattr(found, "name", None)
    return f"the {kind} `{name}`" if name else f"{'an' if kind == 'enum' else 'a'} {kind} type"


class Labels:
    """The resources that have a plain name in one scope, on one side: functions can be named as theirs."""

    def __init__(self) -> None:
        self._names: dict[int, tuple[object, str]] = {}
        self._known: set[str] = set()

    def check(self, name: str, entity: Entity, at: int, registers: bool) -> None:
        """Checks a name like ``[method]r.f`` against the resources so far; with ``registers`` notes a resource. Raises ``Malformed``."""
        if entity.view is not None and registers:
            self._names[id(entity.view)] = (entity.view, name.lower())
            self._known.add(name.lower())
        found = annotation(name)
        if found is not None:
            what = self._wrong(found, entity)
            if what is not None:
                kind = "static function" if found.kind == "static" else found.kind
                raise Malformed(f"`{name}` is named as a {kind}, but {what}, at byte {at}")

    def _wrong(self, found: Annotation, entity: Entity) -> str | None:
        resource = found.resource
        if not isinstance(entity.value, Func):
            return f"is not a function, it is of the sort {entity.sort}"
        if resource.lower() not in self._known:
            return f"there is no resource `{resource}` beside it"
        params, result = _signature(entity.value.type)
        if found.kind == "method":
            first = params[0] if params else ("", None)
            if first[0] != "self" or not isinstance(first[1], types.Borrow):
                return f"its first parameter is not `self: borrow<{resource}>`"
            if not self._is(first[1].view, resource):
                return f"its first parameter is not a borrow of a resource `{resource}` beside it"
        elif found.kind == "constructor":
            own = inside(result)[0] if _is_result(result) else result
            if not isinstance(own, types.Own):
                return f"its result is not an own<{resource}>"
            if not self._is(own.view, resource):
                return f"its result is not an own of a resource `{resource}` beside it"
        return None

    def _is(self, view: object, resource: str) -> bool:
        known = self._names.get(id(view))
        return known is not None and known[1] == resource.lower()


def _is_result(found: object) -> bool:
    return isinstance(found, types.Result) or (isinstance(found, Unusable) and found.kind == "result")


def _signature(found: types.Function | Unusable) -> tuple[list[tuple[str, object]], object]:
    if isinstance(found, types.Function):
        return [(param.name, param.type) for param in found.params], found.result
    return list(zip(found.names, found.parts, strict=False)), found.parts[-1] if found.parts else None

