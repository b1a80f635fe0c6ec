"""What answers the imports of a guest, as plain tables; lua/imports/providers.lua says what they hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moonwit.host.wasi.grants import interface_of
from moonwit.host.wasi.linkage import ROOT
from moonwit.host.wasm.plan.core_plan import resources_of
from moonwit.host.wasm.wit.show import cut, show_type
from moonwit.host.wasm.wit.types import Resource
from moonwit.lua.guest.plan import resource_numbers, signature_data

if TYPE_CHECKING:
    from moonwit.host.functions.functions import LoadedFunction
    from moonwit.registry import Entry, Registry

Data = dict[str, Any]


def provided_data(function: LoadedFunction, registry: Registry, script: Callable[[Entry], Data]) -> Data:
    """Gives what answers the imports of a function, to be added to its plan; ``script`` describes an entry in Lua."""
    plan, found = function.plan, function.hosting.provided
    if plan is None or not found:
        return {}
    numbers = resource_numbers(plan)
    foreign: dict[int, str] = {}

    def number(resource: Resource) -> int:
        if id(resource) not in numbers:
            numbers[id(resource)] = len(numbers) + 1
            foreign[numbers[id(resource)]] = f"{interface_of(resource.interface or ROOT)}#{resource.name}"
        return numbers[id(resource)]

    rows: list[Data] = []
    libraries: dict[str, Data] = {}
    for stub, id_ in found:
        entry = registry.entries[id_]
        interface = interface_of(stub.interface)
        row: Data = {
            "name": stub.function if interface == ROOT else f"{interface}#{stub.function}",
            "own": stub.function,
            "id": id_,
            "who": f"the {'library' if entry.kind == 'library.lua' else 'function'} {id_}",
            "shown": "",
        }
        if entry.kind == "library.lua":
            row["library"] = True
            libraries.setdefault(id_, script(entry))
        if stub.resource is not None:
            row["drop"] = number(stub.resource)
        elif stub.signature is not None:
            for resource in resources_of([stub.signature]):
                number(resource)
            row["signature"] = signature_data(stub.function, stub.signature, numbers)
            row["shown"] = f"`{'nothing' if stub.signature.result is None else cut(show_type(stub.signature.result))}`"
        rows.append(row)
    # As lists, since the keys of what crosses are text.
    return {"provided": rows, "foreign": [foreign.get(index, "") for index in range(1, len(numbers) + 1)], "libraries": libraries}
