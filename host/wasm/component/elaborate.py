"""Follows a component's definitions in order, as instantiating it would, without running anything.

A nested component is gone through once where it is defined, to check it, and again for each instantiation with what it is given; so
types need no substitution, and an instance's exports lead straight to what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moonwit.host.wasm.binary import syntax
from moonwit.host.wasm.binary.core_types import CoreExport, CoreType, mismatch
from moonwit.host.wasm.binary.reader import short
from moonwit.host.wasm.component import builtins, canonical, typespace
from moonwit.host.wasm.component.core_code import check_module_code
from moonwit.host.wasm.component.entities import (
    AsyncBuiltin,
    Builtin,
    CanonicalOptions,
    ComponentEntity,
    CoreInstance,
    CoreItem,
    DefinedResource,
    Entity,
    Func,
    Home,
    Instance,
    LiftedFunction,
    Lowered,
    Module,
    Record,
    Unusable,
    View,
)  # fmt: skip
from moonwit.host.wasm.component.module_types import define_core
from moonwit.host.wasm.component.scope import Scope, Work
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.host.wasm.wit.flatten import Layouts
from moonwit.host.wasm.wit.types import Function, Resource

DESTRUCTOR = CoreType("i", "")
BUILTINS = {"new": CoreType("i", "i"), "rep": CoreType("i", "i"), "drop": CoreType("i", "")}


class Elaboration:
    """One component being gone through. ``outer`` is the component instance around it.

    ``given`` are its imports, None when they come from outside; what is not among those of a component without one around it does too.
    """

    def __init__(
        self, data: bytes, scope: Scope, record: Record, given: dict[str, Entity] | None, layouts: Layouts, outer: Home | None
    ) -> None:
        self.data = data
        self.scope = scope
        self.record = record
        self.given = given
        self.layouts = layouts
        self.outer = outer
        self.home = Home(outer, scope.work.owner)
        record.homes.append(self.home)

    def run(self, body: tuple[syntax.Definition, ...]) -> Instance:
        """Goes through ``body`` and returns what it exports."""
        with self.scope.work.deeper():
            for written in body:
                self.scope.work.count()
                RULES[type(written)](self, written)
        return Instance(self.scope.exports)

    def inner(self, scope: Scope, record: Record, given: dict[str, Entity] | None) -> Elaboration:
        return Elaboration(self.data, scope, record, given, self.layouts, self.home)

    def define_core_type(self, written: syntax.DefineCoreType) -> None:
        define_core(self.scope, written)

    def define_type(self, written: syntax.DefineType) -> None:
        if not isinstance(written.syntax, syntax.NewResource):
            found = typespace.define(self.scope, written.offset, written.syntax)
            self.scope.add("type", found)
            return
        destructor = None
        if written.syntax.destructor is not None:
            destructor = self.scope.core("func", written.syntax.destructor, written.offset)
            if destructor.type is not None and destructor.type != DESTRUCTOR:
                raise Malformed(f"expected {DESTRUCTOR} as a resource's destructor, got {destructor.type}, at byte {written.offset}")
        if written.syntax.asynchronous:
            raise Refused("The component has a resource with an async destructor, of a draft of WASI 0.3, which Moonwit does not take.")
        self.home.used = True
        resource = Resource("resource", local=True)
        self.record.resources.append(DefinedResource(resource, destructor, self.home))
        self.scope.resources.add(resource)
        self.scope.add("type", View(resource))

    def define_module(self, written: syntax.DefineModule) -> None:
        module = Module(self.data, written.start, written.end)
        if self.scope.checking:
            check_module_code(module)
        self.scope.add("core module", module)

    def define_component(self, written: syntax.DefineComponent) -> None:
        if self.scope.checking:
            checked, record = Scope(self.scope, "body", self.scope.work, checking=True), Record()
            self.inner(checked, record, None).run(written.body)
            canonical.check_nested(record, self.layouts)
        self.scope.add("component", ComponentEntity(written.body, self.scope))

    def import_(self, written: syntax.Import) -> None:
        given = None
        if self.given is not None and (self.outer is not None or written.name in self.given):
            given = typespace.argument(self.given, written.name, written.offset)
        entity = typespace.describe(self.scope, written.offset, written.name, written.bound, None, given)
        self.scope.import_(written.name, entity, written.offset)

    def export(self, written: syntax.Export) -> None:
        entity, at = self.scope.entity(written.sort, written.index, written.offset), written.offset
        if written.bound is not None:
            entity = typespace.describe(self.scope, at, written.name, written.bound, None, entity)
            if written.bound.sort == "type" and written.bound.index is None:
                # The component's user can't know that it is the same resource, so it is another one to the type checker.
                assert isinstance(entity.value, Resource)
                opaque = Resource(written.name, local=True)
                self.record.aliases[opaque] = entity.value
                entity = Entity("type", opaque)
        self.scope.export(written.name, typespace.named(self.scope, entity, written.name), at)

    def instantiate(self, written: syntax.Instantiate) -> None:
        at, component = written.offset, self.scope.nested(written.component, written.offset)
        given: dict[str, Entity] = {}
        for name, sort, index in written.arguments:
            if name in given:
                raise Malformed(f"the argument `{short(name)}` is given twice, at byte {at}")
            given[name] = self.scope.entity(sort, index, at)
        self.scope.work.count(len(given))
        self.scope.add("instance", self.instantiated(component, given))

    def instantiated(self, component: ComponentEntity, given: dict[str, Entity]) -> Instance:
        """Follows the instantiation of a component; what it does goes into the record."""
        if component.body is None:
            assert component.type is not None
            return typespace.open_type(self.scope.work, component.type, "", None, given)
        return self.inner(Scope(component.scope, "body", self.scope.work, checking=False), self.record, given).run(component.body)

    def bundle(self, written: syntax.Bundle) -> None:
        self.scope.work.count(len(written.exports))
        if written.core:
            if len({name for name, _, _ in written.exports}) < len(written.exports):
                raise Malformed(f"an instance exports the same name twice, at byte {written.offset}")
            items = {name: self.core_item(sort, index, written.offset) for name, sort, index in written.exports}
            self.scope.add("core instance", CoreInstance(items))
            return
        # Names must be as in a component, but here they make no types of their own.
        scope = Scope(None, "bundle", self.scope.work, self.scope.checking)
        for name, sort, index in written.exports:
            scope.export(name, self.scope.entity(sort, index, written.offset), written.offset)
        self.scope.add("instance", Instance(scope.exports))

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
                raise Malformed(f"the argument `{short(name)}` is given twice, at byte {at}")
            given[name] = self.scope.core_instance(index, at)
        wanted = module.imports
        self.scope.work.count(len(wanted))
        instance = CoreInstance({}, module, tuple(self.core_argument(given, *key, each, at) for key, each in wanted.items()))
        self.record.steps.append(instance)
        self.scope.add("core instance", instance)

    def core_argument(self, given: dict[str, CoreInstance], module: str, name: str, wanted: CoreExport, at: int) -> CoreItem:
        what, at_byte = f"`{short(name)}` of `{short(module)}`", f", at byte {at}"
        if module not in given:
            raise Malformed(f"a core module is instantiated without `{short(module)}`, which it imports{at_byte}")
        item = given[module].item(name)
        if item is None:
            raise Malformed(f"a core module imports {what}, which has no such export{at_byte}")
        if item.export.kind != wanted.kind:
            raise Malformed(f"a core module imports the {wanted.kind} {what}, but gets a {item.export.kind}{at_byte}")
        if (words := mismatch(wanted, item.export)) is not None:
            raise Malformed(f"a core module imports {what} as {words[0]}, but gets {words[1]}{at_byte}")
        return item

    def export_alias(self, written: syntax.ExportAlias) -> None:
        if not written.core:
            typespace.alias(self.scope, written)
            return
        at, kind = written.offset, written.sort.removeprefix("core ")
        item = self.scope.core_instance(written.instance, at).item(written.name)
        if item is None:
            raise Malformed(f"core instance {written.instance} has no export `{short(written.name)}`, at byte {at}")
        if item.export.kind != kind:
            what = f"export `{short(written.name)}` of core instance {written.instance}"
            raise Malformed(f"{what} is a {item.export.kind}, not a {kind}, at byte {at}")
        self.scope.add(written.sort, item)

    def options(self, written: syntax.Options, at: int) -> CanonicalOptions:
        def function(index: int | None) -> CoreItem | None:
            return None if index is None else self.scope.core("func", index, at)

        memory = None if written.memory is None else self.scope.core("memory", written.memory, at)
        realloc, post_return = function(written.realloc), function(written.post_return)
        return CanonicalOptions(written.encoding, memory, realloc, post_return, written.asynchronous, function(written.callback))

    def lift(self, written: syntax.LiftFunction) -> None:
        at = written.offset
        signature, core = typespace.function_type(self.scope, written.type, at), self.scope.core("func", written.core, at)
        lifted = LiftedFunction(at, signature, core, self.options(written.options, at), self.home)
        self.record.lifted.append(lifted)
        self.home.used = True
        self.scope.add("func", Func(signature, lifted))

    def lower(self, written: syntax.LowerFunction) -> None:
        at = written.offset
        function = self.scope.func(written.function, at)
        if written.options.post_return is not None or written.options.callback is not None:
            what = "a post-return" if written.options.post_return is not None else "a callback"
            raise Malformed(f"a lowered function can't have {what}, at byte {at}")
        lowered = Lowered(function, self.options(written.options, at), self.home)
        layouts = self.layouts.wide if canonical.is_wide(lowered.options) else self.layouts
        flat = None
        if isinstance(function.type, Function) and not canonical.is_shared(lowered.options):
            flat = layouts.lowered_async(function.type) if written.options.asynchronous else layouts.lowered(function.type)
        self.record.lowered.append(lowered)
        self.home.used = True
        self.scope.add("core func", CoreItem(CoreExport("func", flat), lowered))

    def resource_builtin(self, written: syntax.ResourceBuiltin) -> None:
        resource = self.scope.view(written.type, written.offset).resource
        if written.operation != "drop" and resource not in self.scope.resources:
            raise Malformed(f"resource.{written.operation} is for a resource that the component defines itself, at byte {written.offset}")
        self.home.used = True
        builtin = Builtin(written.operation, resource, self.home)
        self.scope.add("core func", CoreItem(CoreExport("func", BUILTINS[written.operation]), builtin))

    def async_builtin(self, written: syntax.AsyncBuiltin) -> None:
        at, operation = written.offset, written.name
        found = None if written.type is None else self.scope.type(written.type, at)
        result = None if written.result is None else typespace.reference(self.scope, written.result, at)
        options, memory = self.options(written.options, at), None
        if operation in ("waitable-set.wait", "waitable-set.poll"):
            memory = self.scope.core("memory", written.numbers[0], at)
        elif operation == "thread.new-indirect":
            self.scope.core_type(written.numbers[0], at)
            self.scope.core("table", written.numbers[1], at)
        wide = canonical.is_wide(options) or (memory is not None and memory.export.memory64)
        layouts, type = self.layouts.wide if wide else self.layouts, None
        if not isinstance(result, Unusable) and not isinstance(found, Unusable):
            builtins.check(written, found, options, layouts)
            type = builtins.type_of(written, layouts, result, wide)
        of: Any = found if written.type is not None else result
        builtin = AsyncBuiltin(operation, of, options, written.asynchronous, written.numbers, memory or options.memory, self.home)
        self.record.builtins.append(builtin)
        self.home.used = True
        self.scope.add("core func", CoreItem(CoreExport("func", type), builtin))

    def start(self, written: syntax.Start) -> None:
        self.record.steps.append((self.scope.func(written.function, written.offset), self.home))


RULES: dict[type[Any], Callable[[Elaboration, Any], None]] = {
    syntax.DefineType: Elaboration.define_type,
    syntax.DefineCoreType: Elaboration.define_core_type,
    syntax.DefineModule: Elaboration.define_module,
    syntax.DefineComponent: Elaboration.define_component,
    syntax.InstantiateModule: Elaboration.instantiate_module,
    syntax.Instantiate: Elaboration.instantiate,
    syntax.Bundle: Elaboration.bundle,
    syntax.ExportAlias: Elaboration.export_alias,
    syntax.OuterAlias: lambda self, written: typespace.alias(self.scope, written),
    syntax.LiftFunction: Elaboration.lift,
    syntax.LowerFunction: Elaboration.lower,
    syntax.ResourceBuiltin: Elaboration.resource_builtin,
    syntax.AsyncBuiltin: Elaboration.async_builtin,
    syntax.Start: Elaboration.start,
    syntax.Import: Elaboration.import_,
    syntax.Export: Elaboration.export,
}


def elaborate(data: bytes, body: tuple[syntax.Definition, ...]) -> tuple[Scope, Record]:
    """Goes through a whole component; returns its scope, with imports and exports, and what instantiating it does."""
    found = Linking()
    return found.run(data, body, None, checking=True), found.record


class Linking:
    """Goes through components that are linked to each other's imports, the ones that are given first; they share a record."""

    def __init__(self) -> None:
        self.work = Work(self.tried)
        self.record = Record()
        self.layouts = Layouts()
        self.data = b""

    def run(
        self, data: bytes, body: tuple[syntax.Definition, ...], given: dict[str, Entity] | None, checking: bool = False, owner: int = 0
    ) -> Scope:
        """Goes through one, which gets ``given`` for some of its imports, and returns its scope."""
        self.data, self.work.owner = data, owner
        scope = Scope(None, "body", self.work, checking)
        Elaboration(data, scope, self.record, given, self.layouts, None).run(body)
        return scope

    def tried(self, component: ComponentEntity, given: dict[str, Entity]) -> Instance:
        # What this one does is looked at and forgotten: no instance is made of it.
        scope = Scope(None, "body", self.work, checking=False)
        return Elaboration(self.data, scope, Record(), None, self.layouts, None).instantiated(component, given)
