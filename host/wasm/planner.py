"""Makes a component's plan for the direct call path, or says why that path does not take it."""

from __future__ import annotations

from moonwit.host.wasm import canonical
from moonwit.host.wasm.component import Component
from moonwit.host.wasm.entities import (
    Builtin,
    CoreItem,
    Func,
    ImportedFunction,
    Instance,
    InstanceExport,
    Lowered,
    Module,
)  # fmt: skip
from moonwit.host.wasm.flatten import Layouts
from moonwit.host.wasm.plan import (
    CoreType,
    Export,
    Item,
    Lift,
    LocalResource,
    Plan,
    ResourceItem,
    Step,
    Stub,
    StubItem,
    Unsupported,
)  # fmt: skip
from moonwit.host.wasm.types import Function

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
        self.refuse()
        paths = self.paths()
        for lifted in self.record.lifted:
            canonical.check_lift(paths.get(id(lifted)), lifted, self.layouts)
        for lowered in self.record.lowered:
            canonical.check_lower(lowered, self.layouts)
        steps = tuple(
            Step(self.module(instance.module), tuple(map(self.item, instance.arguments)))
            for instance in self.record.steps
            if instance.module is not None
        )
        resources = tuple(LocalResource(found.resource, self.optional(found.destructor)) for found in self.record.resources)
        exports = self.exports()
        return Plan(tuple(self.payloads), steps, tuple(self.stubs), resources, exports)

    def refuse(self) -> None:
        """Raises Unsupported for what concerns the component as a whole."""
        for name, entity in self.component.imports.items():
            if entity.sort in ("component", "core module"):
                raise Unsupported(f"The component imports the {entity.sort} `{name}`, which the direct call path does not link.")
        if self.record.starts:
            raise Unsupported("The component has a start function, which the direct call path does not run.")
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


