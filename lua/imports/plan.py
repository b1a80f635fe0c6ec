"""What answers the imports of a guest, as plain tables; lua/imports/providers.lua says what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moonwit.host.wasi.grants import interface_of
from moonwit.host.wasi.linkage import ROOT
from moonwit.host.wasm.plan.core_plan import resources_of
from moonwit.host.wasm.wit.show import cut, show_type
from moonwit.host.wasm.wit.types import Resource
from moonwit.lua.guest.plan import resource_numbers, signature_data
from moonwit.lua.scripts.sources import lua_source

if TYPE_CHECKING:
    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.lua.border.plans import LuaSource, Plan, ProvidedFunction
    from moonwit.registry import Registry


def add_provided(data: Plan, function: LoadedFunction, registry: Registry) -> None:
    """Adds to the plan of a function what answers its imports."""
    plan, found = function.plan, function.linkage.provided
    if not found:
        return
    numbers = resource_numbers(plan)
    foreign: dict[int, str] = {}

    def number(resource: Resource) -> int:
        if id(resource) not in numbers:
            numbers[id(resource)] = len(numbers) + 1
            foreign[numbers[id(resource)]] = f"{interface_of(resource.interface or ROOT)}#{resource.name}"
        return numbers[id(resource)]

    rows: list[ProvidedFunction] = []
    libraries: dict[str, LuaSource] = {}
    for stub, id_ in found:
        entry = registry.entries[id_]
        interface = interface_of(stub.interface)
        row: ProvidedFunction = {
            "name": stub.function if interface == ROOT else f"{interface}#{stub.function}",
            "own": stub.function,
            "id": id_,
            "who": f"the {'library' if entry.kind == 'library.lua' else 'function'} {id_}",
            "shown": "",
        }
        if entry.kind == "library.lua":
            row["library"] = True
            libraries.setdefault(id_, lua_source(entry, registry))
        if stub.resource is not None:
            row["drop"] = number(stub.resource)
        elif stub.signature is not None:
            for resource in resources_of([stub.signature]):
                number(resource)
            row["signature"] = signature_data(stub.function, stub.signature, numbers)
            row["shown"] = f"`{'nothing' if stub.signature.result is None else cut(show_type(stub.signature.result))}`"
        rows.append(row)
    # As lists, since the keys of what crosses are text.
    data["provided"], data["libraries"] = rows, libraries
    data["foreign"] = [foreign.get(index, "") for index in range(1, len(numbers) + 1)]
