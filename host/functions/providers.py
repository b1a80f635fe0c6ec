"""Which of a component's imports are answered by entries of the registry, and whether what answers them fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from moonwit.host.functions.imports import answers_of
from moonwit.host.values.names import listed, nearest, shown
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasi.linkage import ROOT
from moonwit.host.wasm.wit.show import cut_both, show_signature
from moonwit.host.wasm.wit.types import Borrow, Function, Own, Resource, parts
from moonwit.registry.record import record

if TYPE_CHECKING:
    from moonwit.host.functions.binaries import Binary
    from moonwit.host.wasm.component.component import World
    from moonwit.registry import Entry, Problem, Registry

WASM = ("function.wat", "function.wasm")


@record
class Answer:
    """An import that an entry of the registry answers: an interface, or, where that is None, the function ``name``.

    ``field`` is where the entry of the importer says so. A component is ``linked`` to an interface: this tells its binary, what it is
    granted and what answers its own imports.
    """

    interface: str | None
    name: str
    id: str
    kind: str
    field: tuple[str | int, ...]
    linked: str = ""

    @property
    def is_linked(self) -> bool:
        """Tells whether a component answers, which runs in the importer's own instance."""
        return self.interface is not None and self.kind in WASM


class Misplaced(Exception):
    """An item of `imports:` that does not fit the binary; ``field`` is its place."""

    def __init__(self, field: tuple[str | int, ...], sentence: str, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.field, self.hint = field, hint


def answers(entry: Entry, registry: Registry, found: Binary) -> tuple[Answer, ...]:
    """Finds the imports that an entry maps to others; raises ``Misplaced``."""
    out: list[Answer] = []
    taken: dict[tuple[str | None, str], str] = {}
    for field, name, id in answers_of(entry):
        if not found.is_component:
            sentence = f"the module's import {shown(name)} has no WIT type, and what answers it from the registry is called by that"
            raise Misplaced(field, sentence, "make it a component, or remove the item")
        answer = _answer(found.world, field, name, id, registry.entries[id].kind)
        first = taken.setdefault((answer.interface, answer.name), name)
        if len(taken) == len(out):
            raise Misplaced(field, f"{shown(name)} is answered twice, as {shown(first)} is the same import", "keep one of them")
        out.append(answer)
    return tuple(out)


def _answer(world: World, field: tuple[str | int, ...], name: str, id: str, kind: str) -> Answer:
    from moonwit.host.wasm.component.component import Interface

    interfaces = [each for each, item in world.imports.items() if isinstance(item, Interface)]
    functions = [each for each, item in world.imports.items() if isinstance(item, Function)]
    meant = [each for each in interfaces if wasi.interface_of(each) == name]
    meant = meant or [each for each in interfaces if wasi.interface_of(each).rpartition("/")[2] == name]
    if name in functions:
        return Answer(None, name, id, kind, field)
    if len(meant) > 1:
        raise Misplaced(field, f"{shown(name)} may be {listed(meant)}", "write the interface in full")
    if not meant:
        known = [*(wasi.interface_of(each) for each in interfaces), *functions]
        what = f"; it imports {listed(known[:12])}" if known else ""
        near = nearest(name, [*known, *(each.rpartition("/")[2] for each in known)])
        hint = None if near is None else f"did you mean {shown(near)}?"
        raise Misplaced(field, f"the component does not import {shown(name)}{what}", hint)
    if kind != "library.lua" and kind not in WASM:
        sentence = f"{shown(name)} is an interface, and {shown(id)} is of kind `{kind}`, one function"
        raise Misplaced(field, sentence, "answer it by a library.lua whose functions call it, or by a component")
    return Answer(meant[0], "", id, kind, field)


def provided(found: tuple[Answer, ...]) -> Mapping[tuple[str, str | None], str]:
    """Gives the ids of what answers imports: by interface and None, or ``ROOT`` and the name of a function."""
    return {(answer.interface, None) if answer.interface is not None else (ROOT, answer.name): answer.id for answer in found}


def functions_of(found: Binary, answer: Answer) -> dict[str, Function]:
    """Gives the functions that an answer has to have, by their WIT names."""
    from moonwit.host.wasm.component.component import Interface

    item = found.world.imports[answer.interface if answer.interface is not None else answer.name]
    if isinstance(item, Interface):
        return dict(item.functions)
    assert isinstance(item, Function)
    return {answer.name: item}


def problems(
    entry: Entry, registry: Registry, found: Binary, mapped: tuple[Answer, ...], signature_of: Callable[[str], Function | None]
) -> Iterator[Problem]:
    """Compares what a component imports with what answers it, where that is known without running it: ``signature_of`` an id."""
    for answer in mapped:
        if answer.is_linked:
            continue      # compared as it is linked
        target = registry.entries[answer.id]
        wanted = functions_of(found, answer)
        if target.kind in WASM:
            yield from _compared(entry, answer, wanted, signature_of(answer.id))
        elif target.kind == "library.lua":
            yield from _named(entry, target, answer, wanted)
        if target.kind != "library.lua":
            for name, function in wanted.items():
                if _has_handles(function):
                    sentence = f"{shown(name)} has resources in its type, which {shown(answer.id)} can't be given"
                    yield entry.problem(answer.field, sentence, "answer it by a library.lua")


def _compared(entry: Entry, answer: Answer, wanted: Mapping[str, Function], own: Function | None) -> Iterator[Problem]:
    """Compares the types of a function in WebAssembly with those of the import."""
    if own is None:
        return      # what is wrong with it is reported where it is
    for name, function in wanted.items():
        has, wants = show_signature(own, expand=True), show_signature(function, expand=True)
        if _shape(own) != _shape(function):
            has, wants = cut_both(has, wants)
            sentence = f"{shown(name)} is imported as `{wants}`, and {shown(answer.id)} is `{has}`"
            yield entry.problem(answer.field, sentence, "change one of them, or put a function in Lua between them")


def _shape(function: Function) -> object:
    """What of a signature matters to a call: not how parameters are named."""
    return tuple(param.type for param in function.params), function.result


def _named(entry: Entry, target: Entry, answer: Answer, wanted: Mapping[str, Function]) -> Iterator[Problem]:
    """Finds functions that a library's source never names: it can't have them, unless it puts names together."""
    source = str(target.fields.get("source") or "")
    lacking = [name for name in wanted if not any(each in source for each in _spellings(name))]
    if lacking:
        of = answer.interface or "the component's world"
        verb = "is" if len(lacking) == 1 else "are"
        sentence = f"{shown(target.id)} names no {listed(lacking)}, which {verb} imported of {of}: a call fails"
        yield entry.problem(answer.field, sentence, "`moonwit types` writes what it has to have", severity="warning")


def _spellings(name: str) -> tuple[str, ...]:
    """How the source of a library may name the last part of an import: by itself, or with the others of its resource."""
    kind, _, rest = name.rpartition("]")
    if not kind:
        return name, name.replace("-", "_")
    part = "new" if kind == "[constructor" else rest.rpartition(".")[2]
    return name, part, part.replace("-", "_")


def _has_handles(function: Function) -> bool:
    waiting: list[object] = [*(param.type for param in function.params), function.result]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if isinstance(found, Own | Borrow | Resource):
            return True
        if found is not None and id(found) not in seen:
            seen.add(id(found))
            waiting.extend(parts(found))
    return False
