"""Follows a component's definitions in order, as instantiating it would, without running anything.

A nested component is gone through once where it is defined, to check it, and again for each instantiation with what it is given; so
types need no substitution, and an instance's exports lead straight to what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moonwit.host.wasm import syntax, typespace
from moonwit.host.wasm.core import CoreExport, CoreImport
from moonwit.host.wasm.entities import (
    Builtin,
    CanonicalOptions,
    ComponentEntity,
    CoreInstance,
    CoreItem,
    DefinedResource,
    Entity,
    Func,
    Instance,
    LiftedFunction,
    Lowered,
    Module,
    Record,
)  # fmt: skip
from moonwit.host.wasm.flatten import Layouts
from moonwit.host.wasm.plan import CoreType, Malformed
from moonwit.host.wasm.scope import Scope, Work
from moonwit.host.wasm.types import Function, Resource

DESTRUCTOR = CoreType("i", "")
BUILTINS = {"new": CoreType("i", "i"), "rep": CoreType("i", "i"), "drop": CoreType("i", "")}


class Elaboration:
    """One component being gone through. ``given`` are its imports, or None when they come from outside; ``root`` is the file's own."""

    def __init__(self, data: bytes, scope: Scope, record: Record, given: dict[str, Entity] | None, layouts: Layouts, root: bool) -> None:
        self.data = data
        self.scope = scope
        self.record = record
        self.given = given
        self.layouts = layouts
        self.root = root
        self.rules: dict[type[Any], Callable[[Any], None]] = {
            syntax.DefineType: self.define_type,
            syntax.DefineCoreType: lambda written: typespace.define_core(scope, written),
            syntax.DefineModule: lambda written: scope.add("core module", Module(data, written.start, written.end)),
            syntax.DefineComponent: self.define_component,
            syntax.InstantiateModule: self.instantiate_module,
            syntax.Instantiate: self.instantiate,
            syntax.Bundle: self.bundle,
            syntax.ExportAlias: self.export_alias,
            syntax.OuterAlias: lambda written: typespace.alias(scope, written),
            syntax.LiftFunction: self.lift,
            syntax.LowerFunction: self.lower,
            syntax.ResourceBuiltin: self.resource_builtin,
            syntax.AsyncBuiltin: self.async_builtin,
            syntax.Start: self.start,
            syntax.Import: self.import_,
            syntax.Export: self.export,
        }

    def run(self, body: tuple[syntax.Definition, ...]) -> Instance:
        """Goes through ``body`` and returns what it exports."""
        for written in body:
            self.scope.work.count()
            self.rules[type(written)](written)
        return Instance(self.scope.exports)

    def inner(self, scope: Scope, record: Record, given: dict[str, Entity] | None) -> Elaboration:
        return Elaboration(self.data, scope, record, given, self.layouts, False)

    def holds(self, what: str) -> None:
        """Notes what a nested component does beyond passing things on."""
        if not self.root and self.record.nested is None:
            self.record.nested = what

    def define_type(self, written: syntax.DefineType) -> None:
        if not isinstance(written.syntax, syntax.NewResource):
            self.scope.add("type", typespace.define(self.scope, written.offset, written.syntax))
            return
        destructor = None
        if written.syntax.destructor is not None:
            destructor = self.scope.core("func", written.syntax.destructor, written.offset)
            if destructor.type is not None and destructor.type != DESTRUCTOR:
                raise Malformed(f"a resource's destructor must be {DESTRUCTOR}, not {destructor.type}, at byte {written.offset}")
        if written.syntax.asynchronous:
            self.record.foreign.append("async resource destructor")
        self.holds("a resource type")
        resource = Resource("resource", local=True)
        self.record.resources.append(DefinedResource(resource, destructor))
        self.scope.resources.add(resource)
        self.scope.add("type", resource)

    def define_component(self, written: syntax.DefineComponent) -> None:
        if self.scope.checking:
            checked = Scope(self.scope, True, self.scope.work, checking=True)
            self.inner(checked, Record(), None).run(written.body)
        self.scope.add("component", ComponentEntity(written.body, self.scope))

    def import_(self, written: syntax.Import) -> None:
        name, at = written.name, written.offset
        if name in self.scope.imports:
            raise Malformed(f"`{name}` is imported twice, at byte {at}")
        given = None if self.given is None else typespace.argument(self.given, name, at)
        entity = typespace.describe(self.scope, at, name, written.bound, None, given)
        self.scope.imports[name] = entity
        self.scope.add(entity.sort, entity.value)

    def export(self, written: syntax.Export) -> None:
        entity = self.scope.entity(written.sort, written.index, written.offset)
        if written.bound is not None:
            entity = typespace.describe(self.scope, written.offset, written.name, written.bound, None, entity)
        self.scope.export(written.name, typespace.named(self.scope, entity, written.name), written.offset)

    def instantiate(self, written: syntax.Instantiate) -> None:
        at, component = written.offset, self.scope.nested(written.component, written.offset)
        given: dict[str, Entity] = {}
        for name, sort, index in written.arguments:
            if name in given:
                raise Malformed(f"the argument `{name}` is given twice, at byte {at}")
            given[name] = self.scope.entity(sort, index, at)
        if component.body is None:
            assert component.type is not None
            self.holds("an imported component")
            self.scope.add("instance", typespace.open_type(component.type, "", None, given))
            return
        inside = Scope(component.scope, True, self.scope.work, checking=False)
        self.scope.add("instance", self.inner(inside, self.record, given).run(component.body))

    def bundle(self, written: syntax.Bundle) -> None:
        names = {name for name, _, _ in written.exports}
        if len(names) < len(written.exports):
            raise Malformed(f"an instance exports the same name twice, at byte {written.offset}")
        self.scope.work.count(len(names))
        if written.core:
            items = {name: self.core_item(sort, index, written.offset) for name, sort, index in written.exports}
            self.scope.add("core instance", CoreInstance(items))
            return
        entities = {name: self.scope.entity(sort, index, written.offset) for name, sort, index in written.exports}
        self.scope.add("instance", Instance({name: typespace.named(self.scope, entity, name) for name, entity in entities.items()}))

    def core_item(self, sort: str, index: int, at: int) -> CoreItem:
        kind = sort.removeprefix("core ")
        if kind in ("type", "module", "instance"):
            raise Malformed(f"a core instance can't export a {sort}, at byte {at}")
        return self.scope.core(kind, index, at)

    def instantiate_module(self, written: syntax.InstantiateModule) -> None:
        at, module = written.offset, self.scope.module(written.module, written.offset)
        given: dict[str, CoreInstance] = {}
        for name, index in written.arguments:
            if name in given:
                raise Malformed(f"the argument `{name}` is given twice, at byte {at}")
            given[name] = self.scope.core_instance(index, at)
        self.holds("core modules")
        wanted = module.core.imports if module.type is None else ()
        self.scope.work.count(len(wanted))
        instance = CoreInstance({}, module, tuple(self.core_argument(given, each, at) for each in wanted))
        self.record.steps.append(instance)
        self.scope.add("core instance", instance)

    def core_argument(self, given: dict[str, CoreInstance], wanted: CoreImport, at: int) -> CoreItem:
        module, name = wanted.module, wanted.name
        if module not in given:
            raise Malformed(f"a core module is instantiated without `{module}`, which it imports, at byte {at}")
        item = given[module].item(name)
        if item is None:
            raise Malformed(f"a core module imports `{name}` of `{module}`, which has no such export, at byte {at}")
        if item.export.kind != wanted.kind:
            raise Malformed(f"a core module imports the {wanted.kind} `{name}` of `{module}`, but gets a {item.export.kind}, at byte {at}")
        if item.type is not None and wanted.type is not None and item.type != wanted.type:
            raise Malformed(f"a core module imports `{name}` of `{module}` as {wanted.type}, but gets {item.type}, at byte {at}")
        return item

    def export_alias(self, written: syntax.ExportAlias) -> None:
        if not written.core:
            typespace.alias(self.scope, written)
            return
        at, kind = written.offset, written.sort.removeprefix("core ")
        item = self.scope.core_instance(written.instance, at).item(written.name)
        if item is None:
            raise Malformed(f"core instance {written.instance} has no export `{written.name}`, at byte {at}")
        if item.export.kind != kind:
            what = f"export `{written.name}` of core instance {written.instance}"
            raise Malformed(f"{what} is a {item.export.kind}, not a {kind}, at byte {at}")
        self.scope.add(written.sort, item)

    def options(self, written: syntax.Options, at: int) -> CanonicalOptions:
        def function(index: int | None) -> CoreItem | None:
            return None if index is None else self.scope.core("func", index, at)

        memory = None if written.memory is None else self.scope.core("memory", written.memory, at)
        realloc, post_return = function(written.realloc), function(written.post_return)
        return CanonicalOptions(written.encoding, memory, realloc, post_return, written.asynchronous)

    def lift(self, written: syntax.LiftFunction) -> None:
        at = written.offset
        signature, core = typespace.function_type(self.scope, written.type, at), self.scope.core("func", written.core, at)
        lifted = LiftedFunction(at, signature, core, self.options(written.options, at))
        self.record.lifted.append(lifted)
        self.holds("lifted functions")
        self.scope.add("func", Func(signature, lifted))

    def lower(self, written: syntax.LowerFunction) -> None:
        at = written.offset
        function = self.scope.func(written.function, at)
        if written.options.post_return is not None:
            raise Malformed(f"a lowered function can't have a post-return, at byte {at}")
        lowered = Lowered(function, self.options(written.options, at))
        flat = self.layouts.lowered(function.type) if isinstance(function.type, Function) else None
        self.record.lowered.append(lowered)
        self.holds("lowered functions")
        self.scope.add("core func", CoreItem(CoreExport("func", flat), lowered))

    def resource_builtin(self, written: syntax.ResourceBuiltin) -> None:
        resource = self.scope.resource(written.type, written.offset)
        if written.operation != "drop" and resource not in self.scope.resources:
            raise Malformed(f"resource.{written.operation} is for a resource that the component defines itself, at byte {written.offset}")
        self.scope.add("core func", CoreItem(CoreExport("func", BUILTINS[written.operation]), Builtin(written.operation, resource)))

    def async_builtin(self, written: syntax.AsyncBuiltin) -> None:
        self.record.foreign.append(written.name)
        self.scope.add("core func", CoreItem(CoreExport("func"), None))

    def start(self, written: syntax.Start) -> None:
        self.scope.func(written.function, written.offset)
        self.record.starts = True


def elaborate(data: bytes, body: tuple[syntax.Definition, ...]) -> tuple[Scope, Record]:
    """Goes through a whole component; returns its scope, with imports and exports, and what instantiating it does."""
    scope, record = Scope(None, True, Work(), checking=True), Record()
    Elaboration(data, scope, record, None, Layouts(), True).run(body)
    return scope, record
