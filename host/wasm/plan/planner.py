"""Makes a component's plan for the direct call path, or says why that path does not take it."""

from __future__ import annotations

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.component import canonical
from moonwit.host.wasm.component.component import Component
from moonwit.host.wasm.component.entities import (
    Builtin,
    CoreItem,
    Entity,
    Func,
    ImportedFunction,
    Instance,
    InstanceExport,
    Lowered,
    Module,
)  # fmt: skip
from moonwit.host.wasm.plan.plan import Export, Item, Lift, LocalResource, Plan, ResourceItem, Step, Stub, StubItem
from moonwit.host.wasm.problems import Refused, Unsupported
from moonwit.host.wasm.wit.flatten import Layouts
from moonwit.host.wasm.wit.types import Function

ROOT = "$root"      # the interface of functions that are imported without one


def plan_component(component: Component) -> Plan:
    """Makes the plan of a decoded component.

    Raises Unsupported when the direct call path does not take it, Malformed when a canonical definition does not fit.
    """
    return _Planner(component).plan()


class _Planner:
    def __init__(self, component: Component) -> None:
        self.component = component
        self.record = component.record
        self.layouts = Layouts()
        self.steps = {id(instance): number for number, instance in enumerate(self.record.steps)}
        self.resources = {found.resource: number for number, found in enumerate(self.record.resources)}
        self.modules: dict[int, int] = {}
        self.payloads: list[bytes] = []
        self.stubs: list[Stub] = []
        self.items: dict[int, Item] = {}

    def plan(self) -> Plan:
        unsupported = self.check()
        self.refuse()
        if unsupported is not None:
            raise unsupported
        steps = tuple(
            Step(self.module(instance.module), tuple(map(self.item, instance.arguments)))
            for instance in self.record.steps
            if instance.module is not None
        )
        resources = tuple(LocalResource(found.resource, self.optional(found.destructor)) for found in self.record.resources)
        exports = self.exports()
        return Plan(tuple(self.payloads), steps, tuple(self.stubs), resources, exports)

    def check(self) -> Unsupported | None:
        """Checks all canonical definitions; one that is right but not taken by the direct path is returned only after the others."""
        paths, found = self.paths(), None
        for lifted in self.record.lifted:
            try:
                canonical.check_lift(paths.get(id(lifted)), lifted, self.layouts)
            except Unsupported as error:
                found = found or error
        for lowered in self.record.lowered:
            try:
                canonical.check_lower(lowered, self.layouts)
            except Unsupported as error:
                found = found or error
        return found

    def refuse(self) -> None:
        """Raises Refused and Unsupported for what concerns the component as a whole."""
        for name, entity in self.component.imports.items():
            _refuse_import(name, entity)
        if self.record.starts:
            raise Unsupported("The component has a start function, which the direct call path does not run.")
        if self.record.opaque is not None:
            what = f"The component exports a resource as the new type `{self.record.opaque}`"
            raise Unsupported(f"{what}, which the direct call path does not take.")
        if self.record.nested is not None:
            raise Unsupported(f"The component is composed of several: one inside it holds {self.record.nested}.")

    def paths(self) -> dict[int, str]:
        """Names lifted functions by where they are exported."""
        found: dict[int, str] = {}
        for name, entity in self.component.exports.items():
            inside = entity.value.exports.items() if isinstance(entity.value, Instance) else [("", entity)]
            for inner, item in inside:
                if isinstance(item.value, Func):
                    found.setdefault(id(item.value.origin), f"{name}#{inner}" if inner else name)
        return found

    def module(self, module: Module) -> int:
        if module.start not in self.modules:
            self.modules[module.start] = len(self.payloads)
            self.payloads.append(bytes(module.data[module.start : module.end]))
        return self.modules[module.start]

    def optional(self, item: CoreItem | None) -> Item | None:
        return None if item is None else self.item(item)

    def item(self, item: CoreItem) -> Item:
        if id(item) not in self.items:
            self.items[id(item)] = self.make_item(item)
        return self.items[id(item)]

    def make_item(self, item: CoreItem) -> Item:
        origin = item.origin
        if isinstance(origin, InstanceExport):
            return Export(self.steps[id(origin.instance)], origin.name)
        if isinstance(origin, Builtin):
            return self.resource_item(origin, item.type)
        assert isinstance(origin, Lowered) and item.type is not None
        source, signature = origin.function.origin, origin.function.type
        if not isinstance(source, ImportedFunction):
            raise Unsupported("The component calls a function that it lifts itself, which the direct call path does not do.")
        assert isinstance(signature, Function)
        memory, realloc = self.optional(origin.options.memory), self.optional(origin.options.realloc)
        return self.stub(Stub(source.interface or ROOT, source.name, item.type, signature, memory, realloc))

    def stub(self, stub: Stub) -> StubItem:
        self.stubs.append(stub)
        return StubItem(len(self.stubs) - 1)

    def resource_item(self, origin: Builtin, type: CoreType | None) -> Item:
        resource = origin.resource
        if resource in self.resources:
            return ResourceItem(origin.operation, self.resources[resource])
        assert type is not None
        return self.stub(Stub(resource.interface or ROOT, f"[resource-drop]{resource.name}", type, resource=resource))

    def exports(self) -> dict[str, Lift]:
        exports: dict[str, Lift] = {}
        for name, entity in self.component.exports.items():
            if isinstance(entity.value, Func):
                self.export(exports, None, name, entity.value)
            elif isinstance(entity.value, Instance):
                for inner, item in entity.value.exports.items():
                    if isinstance(item.value, Func):
                        self.export(exports, name, inner, item.value)
                    elif isinstance(item.value, Instance):
                        raise Unsupported(f"The export `{name}` holds another instance, `{inner}`.")
        return exports

    def export(self, exports: dict[str, Lift], interface: str | None, name: str, function: Func) -> None:
        origin = function.origin
        path = name if interface is None else f"{interface}#{name}"
        if isinstance(origin, ImportedFunction):
            raise Unsupported(f"The export `{path}` is the imported function `{origin.name}` passed on.")
        assert isinstance(function.type, Function)
        options, type = origin.options, self.layouts.lifted(function.type)
        memory, realloc = self.optional(options.memory), self.optional(options.realloc)
        core, post_return = self.item(origin.core), self.optional(options.post_return)
        exports[path] = Lift(interface, name, function.type, core, type, memory, realloc, post_return)


def _refuse_import(path: str, entity: Entity) -> None:
    """Refuses code that is to come from outside, since nothing here provides any."""
    if entity.sort in ("component", "core module"):
        raise Refused(f"The component imports the {entity.sort} `{path}`, which Moonwit does not take yet: only functions can be imported.")
    if isinstance(entity.value, Instance):
        for name, inner in entity.value.exports.items():
            _refuse_import(f"{path}#{name}", inner)
