"""Makes a component's plan, or says why Moonwit does not take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.component import canonical
from moonwit.host.wasm.component.component import Component
from moonwit.host.wasm.component.entities import (
    AsyncBuiltin,
    Builtin,
    CoreInstance,
    CoreItem,
    DefinedResource,
    Entity,
    Func,
    Home,
    ImportedFunction,
    Instance,
    InstanceExport,
    LiftedFunction,
    Lowered,
    Module,
)  # fmt: skip
from moonwit.host.wasm.plan import bridges
from moonwit.host.wasm.plan.asynchrony import needs_tasks
from moonwit.host.wasm.plan.composing import Composing, options
from moonwit.host.wasm.plan.plan import Export, Item, Lift, LocalResource, Plan, ResourceItem, Stub, StubItem
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.host.wasm.wit.flatten import Layouts
from moonwit.host.wasm.wit.types import Function, Resource
from moonwit.registry.record import replace

if TYPE_CHECKING:
    from moonwit.host.wasm.plan.tasks import TaskPlanning

DEEPEST = 100      # functions that are lifted from lowered ones
ROOT = "$root"      # the interface of functions that are imported without one


def plan_component(component: Component) -> Plan:
    """Makes the plan of a decoded component.

    Raises Refused when Moonwit does not take it, Malformed when a canonical definition does not fit.
    """
    return _Planner(component).plan()


class _Planner:
    def __init__(self, component: Component) -> None:
        self.component = component
        self.record = component.record
        self.layouts = Layouts()
        self.numbers: dict[int, int] = {}
        self.modules: dict[bytes, int] = {}
        self.stubs: list[Stub] = []
        self.items: dict[int, Item] = {}
        self.depth = 0
        self.composing = Composing(self.record, self.module, self.item)
        self.tasks = self.task_planning() if needs_tasks(self.record) else None

    def task_planning(self) -> TaskPlanning:
        from moonwit.host.wasm.plan.tasks import TaskPlanning

        return TaskPlanning(self, self.record)

    def plan(self) -> Plan:
        self.check()
        for name, entity in self.component.imports.items():
            _refuse_import(name, entity)
        for step in self.record.steps:
            if isinstance(step, CoreInstance):
                assert step.module is not None
                self.numbers[id(step)] = self.composing.step(self.code(step.module), list(map(self.item, step.arguments)))
            else:
                self.start(*step)
        resources = tuple(map(self.resource, self.record.resources))
        exports = self.exports(self.component.exports)
        steps, instances = tuple(self.composing.steps), max(len(self.composing.homes), 1)
        if self.tasks is not None:
            tasks = self.tasks.result()
            return Plan(tuple(self.modules), steps, tuple(self.stubs), resources, exports, None, instances, True, tasks)
        return Plan(tuple(self.modules), steps, tuple(self.stubs), resources, exports, None, instances, self.composing.several)

    def start(self, function: Func, home: Home) -> None:
        """Adds the call of a start function; raises ``Malformed``."""
        found = function.type
        if not isinstance(found, Function) or found.params or found.result is not None:
            raise Malformed("a start function takes and gives nothing here, but the one that is named does")
        if isinstance(function.origin, ImportedFunction):
            origin = function.origin
            whose = (found, None, None, None, self.composing.homes.get(home, 0), origin.owner)
            self.composing.called(self.stub(Stub(origin.interface or ROOT, origin.name, CoreType("", ""), *whose)), CoreType("", ""), [])
        else:
            self.composing.start(function.origin, home)

    def resource(self, found: DefinedResource) -> LocalResource:
        composing = self.composing
        others = [alias for alias in composing.aliases if composing.resolved(alias) is found.resource]
        # A resource that is exported as a new type goes by that name only.
        name = others[-1] if others and found.resource.name == "resource" else found.resource
        rest = tuple(each for each in (found.resource, *others) if each is not name)
        return LocalResource(name, self.optional(found.destructor), rest, composing.homes[found.home])

    def check(self) -> None:
        """Checks all canonical definitions."""
        names: dict[int, str] = {}
        _name(self.component.exports, "", names)
        for lifted in self.record.lifted:
            canonical.check_lift(names.get(id(lifted)), lifted, self.layouts)
        for lowered in self.record.lowered:
            canonical.check_lower(lowered, self.layouts)

    def code(self, module: Module) -> bytes:
        return bytes(module.data[module.start : module.end])

    def module(self, code: bytes) -> int:
        return self.modules.setdefault(code, len(self.modules))

    def optional(self, item: CoreItem | None) -> Item | None:
        return None if item is None else self.item(item)

    def item(self, item: CoreItem) -> Item:
        if id(item) not in self.items:
            self.depth += 1
            if self.depth > DEEPEST:
                sentence = f"Functions are lowered and lifted again more than {DEEPEST} times in a row"
                raise Refused(f"{sentence}, which is more than Moonwit takes.")
            self.items[id(item)] = self.make_item(item)
            self.depth -= 1
        return self.items[id(item)]

    def make_item(self, item: CoreItem) -> Item:
        origin = item.origin
        if isinstance(origin, InstanceExport):
            return Export(self.numbers[id(origin.instance)], origin.name)
        if self.tasks is not None:
            return self.task_item(self.tasks, item)
        if isinstance(origin, Builtin):
            return self.resource_item(origin, item.type)
        assert isinstance(origin, Lowered) and item.type is not None
        source, signature = origin.function.origin, origin.function.type
        if isinstance(source, LiftedFunction):
            return self.composing.edge(origin, source, self.layouts)
        assert isinstance(signature, Function)
        what, instance = f"the lowered function {canonical.name_of(source)}", self.composing.homes[origin.home]
        plain = canonical.is_for_host(what, origin.options, signature, self.layouts)
        own = self.composing.speaks(signature, own=True)
        if plain and (own or not (self.composing.shared and self.composing.speaks(signature))):
            memory, realloc = self.optional(origin.options.memory), self.optional(origin.options.realloc)
            rest = (signature, memory, realloc, None, instance, source.owner)
            return self.stub(Stub(source.interface or ROOT, source.name, item.type, *rest))
        if own:
            raise Refused(f"{what[0].upper()}{what[1:]} passes the component's own resource beside strings that are not UTF-8.")
        bridge, caller = self.imported(source, signature, origin.home), self.composing.side(origin.options, origin.home)
        sides = (options(origin.options), caller), (bridges.ANSWERING, bridge)
        return self.composing.adapted(signature, *sides, (origin.home, origin.home), "callee")

    def task_item(self, tasks: TaskPlanning, item: CoreItem) -> Item:
        origin, type = item.origin, item.type
        if isinstance(origin, AsyncBuiltin):
            return tasks.builtin(origin, type)
        assert type is not None
        if isinstance(origin, Builtin):
            return tasks.resource(origin, type)
        assert isinstance(origin, Lowered)
        return tasks.lowered(origin, type)

    def resolved(self, resource: Resource) -> Resource:
        """Gives the resource that one exported as a new type really is."""
        return self.composing.resolved(resource)

    def imported(self, source: ImportedFunction, signature: Function, home: Home | None) -> dict[str, Item]:
        """Gives an import with a bridge, as a function that is lifted."""
        bridge, type = self.composing.bridge(home), self.layouts.lowered(signature)
        instance = 0 if home is None else self.composing.homes[home]
        rest = (signature, bridge["memory"], bridge["realloc"], None, instance, source.owner)
        stub = Stub(source.interface or ROOT, source.name, type, *rest)
        self.composing.front(signature, self.stub(stub), bridge, self.layouts)
        return bridge

    def stub(self, stub: Stub, native: int | None = None) -> StubItem:
        """Adds a stub."""
        self.stubs.append(stub if native is None else replace(stub, native=native))
        return StubItem(len(self.stubs) - 1)

    def resource_item(self, origin: Builtin, type: CoreType | None) -> Item:
        resource = self.composing.resolved(origin.resource)
        found = self.composing.resources.get(resource)
        if found is not None and self.composing.several:
            return self.composing.builtin(origin.home, found, origin.operation)
        if found is not None:
            return ResourceItem(origin.operation, self.composing.numbers[resource] - 1)
        assert type is not None
        name, home = f"[resource-drop]{resource.name}", origin.home
        instance = self.composing.homes[home]
        stub = Stub(resource.interface or ROOT, name, type, resource=resource, instance=instance, owner=home.owner)
        if self.composing.shared:
            return self.composing.host_drop(home, resource, lambda: self.stub(stub))
        return self.stub(stub)

    def exports(self, found: dict[str, Entity], interface: str | None = None) -> dict[str, Lift]:
        """Lifts the exported functions, those of instances in instances too: of `b` in `a`, they are of an interface `a#b`."""
        lifts: dict[str, Lift] = {}
        for name, entity in found.items():
            export = name if interface is None else f"{interface}#{name}"
            if isinstance(entity.value, Func) and self.tasks is not None:
                lifts[export] = self.tasks.export(interface, name, entity.value)
            elif isinstance(entity.value, Func):
                lifts[export] = self.lift(interface, name, export, entity.value)
            elif isinstance(entity.value, Instance):
                lifts.update(self.exports(entity.value.exports, export))
        return lifts

    def lift(self, interface: str | None, name: str, export: str, function: Func) -> Lift:
        origin, composing, found = function.origin, self.composing, function.type
        assert isinstance(found, Function)
        type = self.layouts.lifted(found)
        if isinstance(origin, ImportedFunction):
            bridge = self.imported(origin, found, None)
            return Lift(interface, name, found, bridge["func"], type, bridge["memory"], bridge["realloc"], bridge["post-return"])
        instance = composing.homes[origin.home]
        plain = canonical.is_for_host(f"the export `{export}`", origin.options, found, self.layouts)
        if not plain or (composing.shared and composing.speaks(found)):
            return self.bridged(interface, name, origin, found)
        memory, realloc = self.optional(origin.options.memory), self.optional(origin.options.realloc)
        core, table = composing.lifted(origin, found, self.item(origin.core), type)
        return Lift(interface, name, found, core, type, memory, realloc, self.optional(origin.options.post_return), instance, table)

    def bridged(self, interface: str | None, name: str, origin: LiftedFunction, signature: Function) -> Lift:
        """Lifts a function from another memory than the host's own code knows, by way of a bridge."""
        composing, bridge = self.composing, self.composing.bridge()
        home, table = origin.home, None
        if composing.speaks(signature, own=True):
            home = composing.guest(origin.home.owner)
            table = composing.table(home)
            bridge["table"] = Export(table, "reset")
        callee = composing.side(origin.options, origin.home)
        core = origin.core.type
        assert core is not None
        callee["func"] = composing.entering(origin.home, None, self.item(origin.core), core)
        called = composing.adapted(signature, (bridges.OPTIONS, bridge), (options(origin.options), callee), (home, origin.home), "caller")
        composing.front(signature, called, bridge, self.layouts)
        rest = (bridge["memory"], bridge["realloc"], bridge["post-return"], composing.homes[home], table)
        return Lift(interface, name, signature, bridge["func"], self.layouts.lifted(signature), *rest)


def _name(found: dict[str, Entity], before: str, names: dict[int, str]) -> None:
    """Names lifted functions by where they are exported."""
    for name, entity in found.items():
        if isinstance(entity.value, Func):
            names.setdefault(id(entity.value.origin), before + name)
        elif isinstance(entity.value, Instance):
            _name(entity.value.exports, f"{before}{name}#", names)


def _refuse_import(name: str, entity: Entity) -> None:
    """Refuses code that is to come from outside, since nothing here provides any."""
    if entity.sort in ("component", "core module"):
        raise Refused(f"The component imports the {entity.sort} `{name}`, which Moonwit does not take yet: only functions can be imported.")
    if isinstance(entity.value, Instance):
        for own, inner in entity.value.exports.items():
            _refuse_import(f"{name}#{own}", inner)
