"""Leaves out two helper modules that toolchains put into a component.

Functions of the host that use the guest's memory can only be lowered once that is there, but the guest imports them. So wit-component
adds a module whose functions call through a table, and another that fills the table in the end. Our functions find the memory by
themselves, so the guest gets them at once: such instances are made in less time, and a call to the host takes no way around.

Only what is known byte by byte is left out: functions that pass their parameters on to one element of a table, and a module that
does nothing but fill that table with functions it imports, none of which the component makes itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from moonwit.host.wasm.binary.core_types import CoreType, describe, function_signature
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.plan.plan import Export, Item, Lift, LocalResource, Plan, Step, StubItem
from moonwit.host.wasm.problems import Malformed
from moonwit.registry.record import replace

Sections = dict[int, Reader]


def shorten(plan: Plan, early: Iterable[bool]) -> Plan:
    """Gives the plan without such modules, or the plan itself. ``early`` tells for each stub whether it can be linked at once."""
    if plan.instances > 1 or plan.tasks is not None:
        return plan      # what belongs to which of them would have to be followed too
    linkable = list(early)
    for number, step in enumerate(plan.steps):
        slots = _slots(plan.modules[step.module]) if not step.arguments else None
        if slots:
            shorter = _without(plan, number, *slots, linkable)
            if shorter is not None:
                return shorten(shorter, linkable)
    return plan


def _without(plan: Plan, shim: int, functions: dict[str, tuple[int, CoreType]], table: str, linkable: list[bool]) -> Plan | None:
    """Leaves out the module of step ``shim`` and the one that fills its table, if there is just one and nothing else uses it."""
    fillers = [number for number, step in enumerate(plan.steps) if Export(shim, table) in step.arguments]
    if len(fillers) != 1:
        return None
    filler = plan.steps[fillers[0]]
    filled = _filled(plan.modules[filler.module])
    if filled is None or len(filled[0]) > len(filler.arguments) or filler.arguments[filled[1]] != Export(shim, table):
        return None
    targets = {}
    for name, (slot, type) in functions.items():
        position = filled[0].get(slot)
        item = None if position is None else filler.arguments[position]
        if not isinstance(item, StubItem) or not linkable[item.stub] or plan.stubs[item.stub].type != type:
            return None
        targets[name] = item
    gone = sorted((shim, fillers[0]))

    def moved(item: Item) -> Item:
        if isinstance(item, Export):
            if item.step == shim and item.name in targets:
                return targets[item.name]
            if item.step in gone:
                raise InUse
            return Export(item.step - sum(number < item.step for number in gone), item.name)
        return item

    def optional(item: Item | None) -> Item | None:
        return None if item is None else moved(item)

    try:
        return Plan(
            plan.modules,
            tuple(Step(step.module, tuple(map(moved, step.arguments))) for number, step in enumerate(plan.steps) if number not in gone),
            tuple(replace(stub, memory=optional(stub.memory), realloc=optional(stub.realloc)) for stub in plan.stubs),
            tuple(LocalResource(each.resource, optional(each.dtor)) for each in plan.resources),
            {export: _lift(lift, moved(lift.core), optional(lift.memory), optional(lift.realloc), optional(lift.post_return))
             for export, lift in plan.exports.items()},
            optional(plan.initialize),
        )  # fmt: skip
    except InUse:
        return None


class InUse(Exception):
    """Something else uses what was to be left out."""


def _lift(lift: Lift, core: Item, memory: Item | None, realloc: Item | None, post_return: Item | None) -> Lift:
    return Lift(lift.interface, lift.name, lift.type, core, lift.core_type, memory, realloc, post_return)


def _sections(module: bytes, known: set[int]) -> Sections | None:
    """Gives a module's sections, custom ones aside, if there are none but those of ``known``."""
    reader = Reader(module)
    reader.take(8)
    found: Sections = {}
    while not reader.done:
        identity, body = reader.byte(), reader.take(reader.u32())
        if identity == 0:
            continue
        if identity not in known:
            return None
        found[identity] = body
    return found


def _slots(module: bytes) -> tuple[dict[str, tuple[int, CoreType]], str] | None:
    """Gives the exported functions of a module, each with the element of its table that it calls and its type, and the table's name."""
    try:
        sections = _sections(module, {1, 3, 4, 7, 10})
        if sections is None or set(sections) != {1, 3, 4, 7, 10}:
            return None
        types = _types(sections[1])
        functions = [sections[3].u32() for _ in range(sections[3].count())]
        if sections[4].count() != 1:
            return None
        codes = [sections[10].take(sections[10].u32()) for _ in range(sections[10].count())]
        calls = [(passes_on(code, type, len(types[type].params)), types[type]) for code, type in zip(codes, functions, strict=True)]
        slots: dict[str, tuple[int, CoreType]] = {}
        tables = []
        for _ in range(sections[7].count()):
            name, kind, index = sections[7].name(), sections[7].byte(), sections[7].u32()
            if kind == 0:
                slots[name] = calls[index]
            elif kind == 1:
                tables.append(name)
            else:
                return None
    except (Malformed, InUse, LookupError, ValueError):
        return None
    return (slots, tables[0]) if len(tables) == 1 else None


def _types(body: Reader) -> list[CoreType]:
    """Gives a module's types; raises Malformed for one that is not a plain function type."""
    types = []
    for _ in range(body.count()):
        body.expect(0x60, "a function type")
        types.append(function_signature(body))
    return types


def passes_on(body: Reader, type: int, params: int) -> int:
    """Gives the element of the table that a function passes its parameters on to; raises if it does anything else."""
    body.expect(0, "the number of locals")
    for index in range(params):
        body.expect(0x20, "an instruction")
        if body.u32() != index:
            raise InUse
    body.expect(0x41, "an instruction")
    slot = body.byte()
    if slot >= 0x40:
        # A longer or a negative number.
        body.position -= 1
        slot = body.s33()
    body.expect(0x11, "an instruction")
    if body.u32() != type or body.u32() != 0 or slot < 0:
        raise InUse
    body.expect(0x0B, "an instruction")
    body.finish("a function")
    return slot


def _filled(module: bytes) -> tuple[dict[int, int], int] | None:
    """For a module that does nothing but fill a table: which import each element becomes, and which import the table is."""
    try:
        sections = _sections(module, {1, 2, 9})
        if sections is None or 2 not in sections or 9 not in sections:
            return None
        functions, tables = [], []
        for position in range(sections[2].count()):
            sections[2].name()
            sections[2].name()
            kind = describe(sections[2], lambda inner: CoreType(str(inner.u32()), "")).kind
            if kind == "func":
                functions.append(position)
            elif kind == "table":
                tables.append(position)
            else:
                return None
        elements = sections[9]
        elements.expect(1, "the number of segments")
        elements.expect(0, "the kind of a segment")
        elements.expect(0x41, "an instruction")
        elements.expect(0, "an offset")
        elements.expect(0x0B, "an instruction")
        filled = {slot: functions[elements.u32()] for slot in range(elements.count())}
        elements.finish("the elements")
    except (Malformed, LookupError):
        return None
    return (filled, tables[0]) if len(tables) == 1 else None
