"""What a component of WASI 0.3 has for tasks, as plain tables; lua/tasks/state.lua says what they hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from moonwit.host.wasi.grants import interface_of
from moonwit.host.wasm.plan.plan import Item, Lifted, Native, Plan
from moonwit.host.wasm.plan.tasks import ROOT
from moonwit.host.wasm.wit.show import show_type
from moonwit.host.wasm.wit.types import Field, Function, Future, Resource, Stream, parts
from moonwit.lua.guest.plan import resource_numbers, signature_data
from moonwit.lua.scripts.sources import lua_source

if TYPE_CHECKING:
    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.lua.border import plans
    from moonwit.registry import Registry

Ready = Callable[[Item], "plans.Item"]


class _Tasks:
    def __init__(self, function: LoadedFunction, registry: Registry | None, ready: Ready) -> None:
        assert function.plan.tasks is not None
        self.function = function
        self.plan: Plan = function.plan
        self.tasks = function.plan.tasks
        self.links = function.linkage.natives
        self.registry = registry
        self.ready = ready
        self.numbers = resource_numbers(self.plan)
        self.foreign: dict[int, str] = {}
        self.libraries: dict[str, plans.LuaSource] = {}
        self.memories: list[Item] = []

    def number(self, resource: Resource) -> int:
        if id(resource) not in self.numbers:
            self.numbers[id(resource)] = len(set(self.numbers.values())) + len(self.plan.resources) + 1
            self.foreign[self.numbers[id(resource)]] = f"{interface_of(resource.interface or ROOT)}#{resource.name}"
        return self.numbers[id(resource)]

    def memory(self, item: Item | None) -> int | None:
        if item is None:
            return None
        if item not in self.memories:
            self.memories.append(item)
        return self.memories.index(item) + 1

    def signature(self, name: str, function: Function) -> plans.Signature:
        for found in _types(function):
            if isinstance(found, Resource):
                self.number(found)
        return signature_data(name, function, self.numbers)

    def lifted(self, number: int, lifted: Lifted) -> plans.LiftedTask:
        return {
            "signature": self.signature(f"function {number}", lifted.type),
            "result": "" if lifted.type.result is None else show_type(lifted.type.result, expand=True),
            "core": lifted.core,
            "callback": lifted.callback,
            "post": lifted.post_return,
            "realloc": lifted.realloc,
            "memory": self.memory(lifted.memory),
            "instance": lifted.instance,
            "asynchronous": lifted.asynchronous or None,
            "waits": lifted.type.asynchronous or None,
            "blocks": lifted.blocks or None,
            "reason": lifted.reason or None,
        }

    def native(self, number: int, native: Native) -> plans.Native | bool:
        if number not in self.links:
            return False
        row: plans.Native = {
            "operation": native.operation,
            "instance": native.instance,
            "asynchronous": native.asynchronous or None,
            "numbers": list(native.numbers),
            "memory": self.memory(native.memory),
            "realloc": native.realloc,
            "lifted": native.lifted,
            "reason": native.reason or None,
        }
        if native.resource is not None:
            row["resource"] = native.resource
        elif native.foreign is not None:
            row["resource"] = self.number(native.foreign)
        if native.signature is not None:
            row["signature"] = self.signature(native.operation, native.signature)
            row["waits"] = native.signature.asynchronous or None
        elif native.operation == "task.return" or native.type is not None:
            is_end = native.operation != "task.return" and isinstance(native.type, (Stream, Future))
            carried = native.type.element if is_end else native.type  # type: ignore[union-attr]
            fields = () if carried is None else (Field("value", carried),)
            row["signature"] = self.signature(native.operation, Function(fields, None))
            row["type"] = "" if native.type is None else show_type(native.type, expand=True)
        self.answered(row, number, self.links[number])
        return row

    def answered(self, row: plans.Native, number: int, id: str | None) -> None:
        """Adds who answers an import."""
        stub = next(each for each in self.plan.stubs if each.native == number)
        if row["operation"] != "import" and not stub.function.startswith("[resource-drop]"):
            return
        interface = interface_of(stub.interface)
        row["own"], row["interface"] = stub.function, interface
        row["name"] = stub.function if interface == ROOT else f"{interface}#{stub.function}"
        row["shown"] = "nothing" if stub.signature is None or stub.signature.result is None else show_type(stub.signature.result)
        if id is None:
            return
        assert self.registry is not None
        entry = self.registry.entries[id.partition("#")[0]]
        row["id"], row["who"] = id, f"the {'library' if entry.kind == 'library.lua' else 'function'} {id}"
        if entry.kind == "library.lua":
            row["library"] = True
            self.libraries.setdefault(id, lua_source(entry, self.registry))

    def data(self) -> plans.Tasks:
        tasks = self.tasks
        lifted = [self.lifted(number, each) for number, each in enumerate(tasks.lifted)]
        natives = [self.native(number, each) for number, each in enumerate(tasks.natives)]
        first = next((each.callees for each in self.function.linkage.groups if each.callees is not None), 0)
        return {
            "callees": [
                {"func": self.ready(each.func), "slot": first + number, "params": each.type.params, "results": each.type.results}
                for number, each in enumerate(tasks.callees)
            ],
            "lifted": lifted,
            "natives": natives,
            "destructors": [-1 if each is None else each for each in tasks.destructors],
            "homes": list(tasks.homes),
            "memories": [self.ready(item) for item in self.memories],
            "count": self.plan.instances,
            "parents": [list(each) for each in tasks.parents],
            "foreign": [{"number": number, "name": name} for number, name in self.foreign.items()],
            "libraries": self.libraries,
        }


def _types(function: Function) -> list[object]:
    waiting: list[object] = [*(param.type for param in function.params), function.result]
    found: dict[int, object] = {}
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in found:
            continue
        found[id(each)] = each
        if hasattr(each, "resource"):
            waiting.append(each.resource)
        waiting.extend(parts(each))
    return list(found.values())


def add_tasks(data: plans.Plan, function: LoadedFunction, registry: Registry | None, ready: Ready) -> None:
    """Adds to the plan of a function what it has for tasks."""
    if function.plan.tasks is not None:
        data["tasks"] = _Tasks(function, registry, ready).data()
