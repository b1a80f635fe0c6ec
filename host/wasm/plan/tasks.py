"""Plans of components of WASI 0.3: calls are tasks, which the lane itself runs (lua/tasks).

In such a component all that a guest may call besides core modules is a function of the lane: the canonical built-ins, those of resources
too, imports, and what its component instances call of each other. Each is a *native*, and what the lane may call of the guest a *callee*;
what is lifted names its callees by their numbers. A component instance has one table, where all of its handles are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.component import canonical
from moonwit.host.wasm.component.entities import AsyncBuiltin, Builtin, CanonicalOptions, CoreItem, Home, ImportedFunction, LiftedFunction
from moonwit.host.wasm.plan.plan import CANON, Callee, Item, Lift, Lifted, Native, Stub, StubItem, Tasks
from moonwit.host.wasm.wit.flatten import REALLOC, Layouts
from moonwit.host.wasm.wit.types import Function, Resource, parts

if TYPE_CHECKING:
    from moonwit.host.wasm.component.entities import DefinedResource, Func, Lowered, Record

# The interface of functions that are imported without one.
ROOT: Final = "$root"
# What WASI 0.3 has and Moonwit does not: a call of one traps.
MISSING: Final = frozenset({"thread.available-parallelism", "thread.spawn-ref", "thread.spawn-indirect"})


class TaskPlanning:
    """Makes natives and callees for a planner; ``item`` gives what a core item is in the plan, ``stub`` adds a stub."""

    def __init__(self, planner: Planner, found: Record) -> None:
        self.planner = planner
        self.record = found
        self.homes = {home: number for number, home in enumerate(home for home in found.homes if home.used)}
        self.numbers: dict[Resource, int] = {each.resource: number for number, each in enumerate(found.resources, 1)}
        self.callees: dict[tuple[Item, int, bool], int] = {}
        self.types: list[Callee] = []
        self.lifted: list[Lifted | None] = []
        self.by_origin: dict[int, int] = {}
        self.natives: list[Native] = []
        self.layouts = Layouts()
        self.blocking = self.find_blocking()

    def find_blocking(self) -> set[Home]:
        """Gives the component instances whose code may wait on its own stack."""
        found: set[Home] = set()
        for each in self.record.builtins:
            kind, _, operation = each.operation.partition(".")
            copies = kind in ("stream", "future", "subtask") and operation.startswith(("read", "write", "cancel"))
            if operation == "wait" or kind == "thread" or (copies and not each.asynchronous):
                found.add(each.home)
        for lowered in self.record.lowered:
            function = lowered.function.type
            if isinstance(function, Function) and function.asynchronous and not lowered.options.asynchronous:
                found.add(lowered.home)
        return found

    def callee(self, item: CoreItem, type: CoreType, home: Home, shut: bool = False) -> int:
        func, instance = self.planner.item(item), self.homes[home]
        key = (func, instance, shut)
        if key not in self.callees:
            self.callees[key] = len(self.types)
            self.types.append(Callee(func, type, instance, shut))
        return self.callees[key]

    def realloc(self, options: CanonicalOptions, home: Home) -> int | None:
        return None if options.realloc is None or canonical.is_wide(options) else self.callee(options.realloc, REALLOC, home, shut=True)

    def memory(self, item: CoreItem | None) -> Item | None:
        return None if item is None else self.planner.item(item)

    def unfit(self, options: CanonicalOptions, passed: bool) -> str:
        """Says why the lane can't pass values by these options."""
        if canonical.is_wide(options):
            return "passes values in a memory of 64-bit addresses, which functions of WASI 0.3 can't here"
        if options.encoding != "utf8" and passed:
            return f"passes strings as {options.encoding}, which functions of WASI 0.3 can't here"
        return ""

    def lift(self, origin: LiftedFunction) -> int:
        """Gives the number of a lifted function."""
        if id(origin) not in self.by_origin:
            number = self.by_origin[id(origin)] = len(self.lifted)
            self.lifted.append(None)
            self.lifted[number] = self.make_lifted(origin)
        return self.by_origin[id(origin)]

    def make_lifted(self, origin: LiftedFunction) -> Lifted:
        options, home, function = origin.options, origin.home, origin.type
        assert isinstance(function, Function) and origin.core.type is not None
        given = [param.type for param in function.params] + ([] if function.result is None else [function.result])
        reason = self.unfit(options, canonical.points(self.layouts, given))
        core = self.callee(origin.core, origin.core.type, home)
        callback = None if options.callback is None else self.callee(options.callback, canonical.CALLBACK, home)
        post = options.post_return
        after = None if post is None or post.type is None else self.callee(post, post.type, home, shut=True)
        rest = (after, self.realloc(options, home), self.memory(options.memory), options.asynchronous, home in self.blocking, reason)
        return Lifted(function, self.homes[home], core, callback, *rest)

    def native(
        self, native: Native, interface: str = CANON, name: str = "", home: Home | None = None, owner: int = 0, realloc: Item | None = None
    ) -> Item:
        """Adds a native, and gives the stub that it is in the plan."""
        self.natives.append(native)
        instance = 0 if home is None else self.homes[home]
        function = name or native.operation
        stub = Stub(interface, function, native.core_type, native.signature, native.memory, realloc, native.foreign, instance, owner)
        return self.planner.stub(stub, len(self.natives) - 1)

    def builtin(self, origin: AsyncBuiltin, type: CoreType | None) -> Item:
        options, instance = origin.options, self.homes[origin.home]
        passed = origin.type is not None and canonical.points(self.layouts, [*parts(origin.type), origin.type])  # type: ignore[list-item]
        reason = self.unfit(options, bool(passed) or origin.operation.startswith("error-context"))
        if origin.operation in MISSING or type is None:
            reason = "is not taken by Moonwit yet"
        rest = (type or CoreType("", ""), origin.type, None, origin.asynchronous, origin.numbers, self.memory(origin.memory))
        native = Native(origin.operation, instance, *rest, self.realloc(options, origin.home), reason=reason)
        return self.native(native, home=origin.home)

    def resource(self, origin: Builtin, type: CoreType) -> Item:
        resource = self.planner.resolved(origin.resource)
        number = self.numbers.get(resource)
        foreign = None if number else resource
        native = Native(f"resource.{origin.operation}", self.homes[origin.home], type, resource=number, foreign=foreign)
        if number is not None:
            return self.native(native, home=origin.home)
        interface, name = resource.interface or ROOT, f"[resource-drop]{resource.name}"
        return self.native(native, interface, name, origin.home, origin.home.owner)

    def lowered(self, origin: Lowered, type: CoreType) -> Item:
        source, function, options = origin.function.origin, origin.function.type, origin.options
        assert isinstance(function, Function)
        given = [param.type for param in function.params] + ([] if function.result is None else [function.result])
        reason = self.unfit(options, canonical.points(self.layouts, given))
        rest = (self.memory(options.memory), self.realloc(options, origin.home))
        instance = self.homes[origin.home]
        if isinstance(source, LiftedFunction):
            number = self.lift(source)
            native = Native("call", instance, type, None, function, options.asynchronous, (), *rest, number, reason=reason)
            return self.native(native, home=origin.home)
        native = Native("import", instance, type, None, function, options.asynchronous, (), *rest, reason=reason)
        # Functions of WASI 0.2 take it as everywhere.
        item = None if options.realloc is None else self.planner.item(options.realloc)
        return self.native(native, source.interface or ROOT, source.name, origin.home, source.owner, item)

    def export(self, interface: str | None, name: str, found: Func) -> Lift:
        """Gives an exported function."""
        function, origin = found.type, found.origin
        assert isinstance(function, Function)
        if isinstance(origin, ImportedFunction):
            sentence = "is an import that is exported again, which components of WASI 0.3 can't here"
            return Lift(interface, name, function, StubItem(0), self.layouts.lifted(function), task=-1, reason=sentence)
        number = self.lift(origin)
        lifted = self.lifted[number]
        assert lifted is not None
        callee = self.types[lifted.core]
        rest = {"instance": lifted.instance, "task": number, "reason": lifted.reason}
        return Lift(interface, name, function, callee.func, callee.type, lifted.memory, **rest)  # type: ignore[arg-type]

    def destructor(self, found: DefinedResource) -> int | None:
        return None if found.destructor is None else self.callee(found.destructor, CoreType("i", ""), found.home)

    def result(self) -> Tasks:
        destructors = tuple(map(self.destructor, self.record.resources))
        homes = tuple(self.homes[each.home] for each in self.record.resources)
        parents = tuple(self.around(home) for home in self.homes)
        lifted = tuple(each for each in self.lifted if each is not None)
        return Tasks(tuple(self.types), lifted, tuple(self.natives), destructors, homes, parents)

    def around(self, home: Home) -> tuple[int, ...]:
        """Gives the component instances around one."""
        found, outer = [], home.parent
        while outer is not None:
            if outer in self.homes:
                found.append(self.homes[outer])
            outer = outer.parent
        return tuple(found)


if TYPE_CHECKING:
    from typing import Protocol

    class Planner(Protocol):
        """What ``TaskPlanning`` needs of a planner."""

        def item(self, item: CoreItem) -> Item: ...
        def stub(self, stub: Stub, native: int | None = None) -> Item: ...
        def resolved(self, resource: Resource) -> Resource: ...
