"""Plans and signatures as plain tables for the Lua room; lua/guest/plan.lua and lua/calls/calls.lua say what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from moonwit.host.compiling.jobs import Compiler
from moonwit.host.engine import engine
from moonwit.host.functions import sharing
from moonwit.host.wasi.linkage import Group, GroupLink, Linkage
from moonwit.host.wasm.plan import batches, gate
from moonwit.host.wasm.plan.brief import ends_soon
from moonwit.host.wasm.plan.plan import Export, FlagItem, Item, Lift, Plan, ResourceItem, StubItem
from moonwit.host.wasm.plan.reach import stays_inside
from moonwit.host.wasm.plan.support import HANDLE_TABLE, resource_module, unlinked_module
from moonwit.host.wasm.wit import types as wit
from moonwit.host.wasm.wit.show import cut, show_type

if TYPE_CHECKING:
    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.lua.border import plans

# How many instances that may all be asleep at once a pool has before they are made small; see ``engine.engine_for``.
MOST_LARGE = 256


class _Types:
    """Numbers types from 1, equal ones alike, parts before wholes."""

    def __init__(self, resources: dict[int, int]) -> None:
        self.rows: list[plans.TypeRow] = []
        self._index: dict[object, int] = {}
        self._resources = resources

    def of(self, type: wit.Type) -> int:
        # Named types that are built alike share one row; resources are told apart by identity inside `type`.
        known = self._index.get(type)
        if known is None:
            self.rows.append(self._row(type))
            known = self._index[type] = len(self.rows)
        return known

    def _optional(self, type: wit.Type | None) -> int | None:
        return None if type is None else self.of(type)

    def _row(self, type: wit.Type) -> plans.TypeRow:
        match type:
            case wit.Primitive(kind):
                return {"kind": kind}
            case wit.Record(fields):
                return {"kind": "record", "fields": [{"name": f.name, "type": self.of(f.type)} for f in fields]}
            case wit.Variant(cases):
                return {"kind": "variant", "cases": [{"name": c.name, "type": self._optional(c.type)} for c in cases]}
            case wit.List(element):
                return {"kind": "list", "element": self.of(element)}
            # The same in memory and for a script: so many values in order.
            case wit.FixedList(element, length):
                return {"kind": "tuple", "types": [self.of(element)] * length}
            case wit.Map(key, value):
                return {"kind": "map", "element": self.of(wit.Tuple((key, value)))}
            case wit.Tuple(types):
                return {"kind": "tuple", "types": [self.of(part) for part in types]}
            case wit.Flags(names):
                return {"kind": "flags", "names": list(names)}
            case wit.Enum(names):
                return {"kind": "enum", "names": list(names)}
            case wit.Option(some):
                return {"kind": "option", "some": self.of(some)}
            case wit.Result(ok, err):
                return {"kind": "result", "ok": self._optional(ok), "err": self._optional(err)}
            case wit.Stream(carried) | wit.Future(carried):
                kind = "stream" if isinstance(type, wit.Stream) else "future"
                return {"kind": kind, "element": self._optional(carried), "name": show_type(type, expand=True)}
            case wit.Own(resource):
                return {"kind": "own", "resource": self._resources.get(id(resource), 0), "name": resource.name}
            case wit.Borrow(resource):
                return {"kind": "borrow", "resource": self._resources.get(id(resource), 0), "name": resource.name}


def signature_data(name: str, function: wit.Function, resources: dict[int, int] | None = None) -> plans.Signature:
    """Gives ``{name, types, params, result}``; ``resources`` maps the id of each ``Resource`` to its number from 1."""
    types = _Types(resources or {})
    params: list[plans.Param] = [{"name": p.name, "type": types.of(p.type), "text": cut(show_type(p.type))} for p in function.params]
    result = None if function.result is None else types.of(function.result)
    # Messages name a method as its author does: `counter.add`, not `[method]counter.add`.
    return {"name": cut(name.rpartition("]")[2]), "types": types.rows, "params": params, "result": result}


def item_data(item: Item, linkage: Linkage) -> plans.Item:
    """Gives what stands for an item in Lua."""
    match item:
        case Export(step, name):
            return {"step": step + 1, "name": name}
        case StubItem(stub):
            match linkage.links[stub] if linkage.links else None:
                case None:
                    return {"stub": stub + 1}
                case GroupLink(group, name, late):
                    return {"group": group + 1, "name": name, "late": late}
        case FlagItem(instance):
            return {"group": 1, "name": gate.name(instance), "late": 0}
        case ResourceItem(operation, resource):
            return {"resource": resource + 1, "operation": operation}


def _optional(item: Item | None, linkage: Linkage) -> plans.Item | None:
    return None if item is None else item_data(item, linkage)


def _group(group: Group, linkage: Linkage, compiler: _Compiler) -> plans.Group:
    return {
        "module": compiler.text(group.text),
        "memory": _optional(group.memory, linkage),
        "functions": [linkage.functions[function].name for function in group.functions],
        "reallocs": [item_data(item, linkage) for item in group.reallocs],
        "serves": group.serves or None,
        "gate": item_data(FlagItem(group.instance), linkage) if group.gated else None,
    }


def _add_hosted(data: plans.Plan, linkage: Linkage, compiler: _Compiler) -> None:
    """Adds what lua/guest/plan.lua takes for functions of the host."""
    if not linkage.groups and not linkage.functions:
        return
    data["groups"] = [_group(group, linkage, compiler) for group in linkage.groups]
    data["granted"] = dict.fromkeys(linkage.granted, True)
    if linkage.functions:
        data["hosted"] = [{"name": each.name, "params": each.type.params, "results": each.type.results} for each in linkage.functions]
        if linkage.mounted:
            data["files"] = True
    memories = linkage.memories or (() if linkage.memory is None else (linkage.memory,))
    if memories:
        data["memories"] = [item_data(memory, linkage) for memory in memories]
    if linkage.waits:
        # What computes gives control back at every epoch.
        engine.start_ticker()
        data["waits"] = True


class _Compiler:
    """Has a plan's modules compiled for one engine, and gives their addresses: 0 for what is missing."""

    def __init__(self, code: Compiler) -> None:
        self.code = code

    def binary(self, data: bytes) -> int:
        module = self.code.get(data)
        return 0 if module is None else engine.address(module.ptr())

    def text(self, text: str) -> int:
        from wasmtime import wat2wasm

        return self.binary(bytes(wat2wasm(text)))


def compiler_for(function: LoadedFunction) -> Compiler:
    """Gives what compiles a function's code, for the engine that its kind of instances has."""
    own = engine.engine_for(small=_is_small(function), stack_bytes=function.max_stack_bytes)
    return Compiler(own, function.id)


def resource_numbers(plan: Plan) -> dict[int, int]:
    """Maps the id of each of the plan's resources to its number from 1."""
    return {id(each): number for number, local in enumerate(plan.resources, 1) for each in (local.resource, *local.others)}


def plan_key(function: LoadedFunction) -> str:
    """Names the entries that share a prepared plan, and, where there are resources, its instances."""
    if function.plan.resources:
        return sharing.says(function).key + ("|initialize" if _initializes(function) else "")
    binary = function.sha256 + ("" if function.is_component else function.id)
    world = function.id if function.wasi else ""
    kind = f"{'small' if _is_small(function) else ''} {function.max_stack_bytes or ''}"
    return "|".join([binary, ",".join([*function.linkage.granted, *sharing.answered(function)]), world, kind])


def _initializes(function: LoadedFunction) -> bool:
    """Tells whether a function is the one that is called before all others, which is not called twice then."""
    return function.lift.core == function.plan.initialize


def _is_small(function: LoadedFunction) -> bool:
    """Tells whether so many calls may wait at once that their instances have to be small.

    Not where entries share instances, whatever their pools.
    """
    if function.plan.resources:
        return False
    pool = function.pool
    return function.linkage.waits and (pool.type == "inline" or pool.size > MOST_LARGE)


def _dtor(plan: Plan, number: int) -> Literal["made", "late"] | None:
    """Tells whether a resource has a destructor, and one that is there only after somebody has got the resource's built-ins."""
    dtor = plan.resources[number].dtor
    if not isinstance(dtor, Export):
        return None if dtor is None else "made"
    before = [item for step in plan.steps[: dtor.step + 1] for item in step.arguments]
    return "late" if any(isinstance(item, ResourceItem) and item.resource == number for item in before) else "made"


def _resource(plan: Plan, number: int, linkage: Linkage, compiler: _Compiler) -> plans.PlanResource:
    local, dtor = plan.resources[number - 1], _dtor(plan, number - 1)
    return {
        "name": local.resource.name,
        "interface": local.resource.interface,
        "module": None if plan.has_tables else compiler.text(resource_module(number, dtor, linkage.gated)),
        "instance": local.instance,
        "dtor": _optional(local.dtor, linkage),
        "late": True if dtor == "late" else None,
    }


def plan_data(function: LoadedFunction, code: Compiler) -> plans.Plan:
    """Has the core modules of a function's plan compiled and gives what lua/guest/plan.lua's ``prepare`` takes.

    It is of no use while ``code`` misses something.
    """
    plan, linkage = function.plan, function.linkage
    compiler = _Compiler(code)
    used = {step.module for step in plan.steps}
    data: plans.Plan = {
        "key": plan_key(function),
        "engine": engine.address(code.engine.ptr()),
        "modules": [compiler.binary(module) if number in used else 0 for number, module in enumerate(plan.modules)],
        "steps": [{"module": step.module + 1, "arguments": [item_data(item, linkage) for item in step.arguments]} for step in plan.steps],
        "resources": [_resource(plan, number, linkage, compiler) for number in range(1, len(plan.resources) + 1)],
    }
    if linkage.gated:
        data["gated"] = True
    if plan.initialize is not None and not _initializes(function):
        data["initialize"] = item_data(plan.initialize, linkage)
    if None in linkage.links or (plan.stubs and not linkage.links):
        data["unlinked"] = compiler.binary(unlinked_module(plan.stubs))
    if plan.resources and not plan.has_tables:
        data["handles"] = compiler.text(HANDLE_TABLE)
    if _is_small(function):
        data["small"] = True
    if plan.instances > 1:
        data["composed"] = True
    if not linkage.gated and batches.serve(lift.type for lift in plan.exports.values()):
        data["batches"] = compiler.text(batches.module())
    _add_hosted(data, linkage, compiler)
    return data


def _is_leaf(item: Item | None, plan: Plan) -> bool:
    """Tells whether a function is known to call nothing of the host."""
    return isinstance(item, Export) and stays_inside(plan.modules[plan.steps[item.step].module], item.name)


def _is_brief(lift: Lift, plan: Plan) -> bool:
    """Tells whether a call is known to end soon, with all that goes with it."""
    parts = [item for item in (lift.core, lift.realloc, lift.post_return) if item is not None]
    return all(isinstance(item, Export) and ends_soon(plan.modules[plan.steps[item.step].module], item.name) for item in parts)


def lift_data(lift: Lift, plan: Plan, linkage: Linkage) -> plans.Lift:
    """Gives what lua/guest/binding.lua's ``bind`` takes, with the signature."""
    return {
        "export": lift.export,
        "core": item_data(lift.core, linkage),
        "memory": _optional(lift.memory, linkage),
        "realloc": _optional(lift.realloc, linkage),
        "gated": linkage.gated or None,
        "brief": _is_brief(lift, plan) or None,
        "instance": lift.instance,
        "table": lift.table,
        "task": lift.task,
        "leaf": True if linkage.functions and _is_leaf(lift.realloc, plan) else None,
        "params": lift.core_type.params,
        "results": lift.core_type.results,
        "post": _optional(lift.post_return, linkage),
        "post_leaf": True if linkage.functions and _is_leaf(lift.post_return, plan) else None,
        "signature": signature_data(lift.name, lift.type, resource_numbers(plan)),
    }
