"""Components that are linked to the imports of another: they become parts of it, as if the binary had been composed of them.

What answers an interface has an instance of its own for each instance of the importer, in the same store: made with it, ended with it,
and a trap in either ends both. What it imports itself is granted, and answered, as its own entry says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from moonwit.host.functions.imports import grants_of, normalize
from moonwit.host.functions.providers import Answer, Misplaced, answers, provided
from moonwit.host.values.names import listed, shown
from moonwit.host.wasi.grants import interface_of
from moonwit.host.wasm.component.component import Component, Interface, Provider, link
from moonwit.host.wasm.plan.plan import Plan
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.host.wasm.wit.show import cut_both, show_signature
from moonwit.registry.record import replace

if TYPE_CHECKING:
    from moonwit.host.functions.binaries import Binary
    from moonwit.registry import Entry, Registry

# The id of an entry, its binary, what it is granted, and the ids that answer its own imports.
Owner = tuple[str, "Binary", tuple[str, ...], Mapping[tuple[str, str | None], str]]


class Linked:
    """Finds the components that answer an entry's imports; ``owners`` are their entries, by their numbers from 1."""

    def __init__(self, registry: Registry, binary_of: Callable[[Entry], Binary]) -> None:
        self.registry = registry
        self.binary_of = binary_of
        self.owners: list[Owner] = []

    def plan(self, entry: Entry, found: Binary, mapped: tuple[Answer, ...]) -> tuple[Plan, tuple[Answer, ...]]:
        """Gives the plan of a component together with these, and its answers, which say what they are linked to; raises ``Misplaced``."""
        providers, marked = self.providers(found, mapped, (entry.id,))
        first = next(answer.field for answer in mapped if answer.is_linked)
        try:
            return plan_component(link(found.component, providers)), marked
        except (Malformed, Refused) as error:
            sentence = f"what answers imports does not fit the component: {str(error).rstrip('.')}"
            raise Misplaced(first, sentence, "build both against the same WIT") from None

    def providers(self, found: Binary, mapped: tuple[Answer, ...], chain: tuple[str, ...]) -> tuple[list[Provider], tuple[Answer, ...]]:
        """Gives the components that answer imports of ``found``, one for each entry; ``chain`` are the ids that led here.

        Raises ``Misplaced``.
        """
        made: dict[str, tuple[Provider, str]] = {}
        marked = []
        for answer in mapped:
            if not answer.is_linked:
                marked.append(answer)
                continue
            if answer.id in chain:
                ring = " -> ".join((*chain[chain.index(answer.id) :], answer.id))
                raise Misplaced(answer.field, f"components can't answer each other's imports: {ring}", "map one of them to something else")
            if answer.id not in made:
                made[answer.id] = self.provider(answer, chain)
            provider, mark = made[answer.id]
            assert answer.interface is not None
            provider.answers[answer.interface] = _export(found.component, provider.component, answer)
            marked.append(replace(answer, linked=mark))
        return [provider for provider, _ in made.values()], tuple(marked)

    def provider(self, answer: Answer, chain: tuple[str, ...]) -> tuple[Provider, str]:
        """Gives the component of an entry, linked in turn, and what tells it from others that may stand behind the same id.

        Raises ``Misplaced``.
        """
        entry = self.registry.entries[answer.id]
        if self.registry.is_broken(answer.id):
            raise Misplaced(answer.field, f"{shown(answer.id)} can't be used", "correct what is said about it")
        found = self.binary_of(entry)
        if not found.is_component:
            sentence = f"{shown(answer.id)} is a core module, and only a component exports interfaces"
            raise Misplaced(answer.field, sentence, "map single functions to it, or make it a component")
        if entry.fields.get("wasi"):
            sentence = f"{shown(answer.id)} has `wasi` of its own, and what answers an import sees the arguments and files of the importer"
            raise Misplaced(answer.field, sentence, "remove its `wasi`, or put a library.lua between them that calls it")
        number = len(self.owners)
        self.owners.append((answer.id, found, (), {}))
        mapped = answers(entry, self.registry, found)
        providers, marked = self.providers(found, mapped, (*chain, answer.id))
        grants = tuple(dict.fromkeys(map(normalize, grants_of(entry))))
        self.owners[number] = (answer.id, found, grants, provided(mapped))
        others = [f"{each.interface or each.name}: {each.id}{each.linked}" for each in marked]
        return Provider(found.component, {}, number + 1, providers), f" {found.sha256} {','.join([*grants, *others])};"


def _export(importer: Component, provider: Component, answer: Answer) -> str:
    """Gives the name by which a component exports the interface that another imports; raises ``Misplaced`` where it does not fit."""
    assert answer.interface is not None
    wanted, name = importer.world.imports[answer.interface], interface_of(answer.interface)
    named = [each for each, item in provider.world.exports.items() if isinstance(item, Interface) and "#" not in each]
    meant = [each for each in named if each == answer.interface] or [each for each in named if interface_of(each) == name]
    if not meant:
        known = f"only {listed(named)}" if named else "no interface at all"
        raise Misplaced(answer.field, f"{shown(answer.id)} does not export {shown(name)}, {known}", "name a component that exports it")
    has = provider.world.exports[meant[0]]
    assert isinstance(wanted, Interface) and isinstance(has, Interface)
    lacking = [each for each in wanted.functions if each not in has.functions]
    if lacking:
        raise Misplaced(answer.field, f"{shown(answer.id)} has no {listed(lacking)} in {shown(name)}", "build both against the same WIT")
    for each, function in wanted.functions.items():
        ours, theirs = (show_signature(one, expand=True) for one in (function, has.functions[each]))
        if ours != theirs:
            ours, theirs = cut_both(ours, theirs)
            sentence = f"{shown(each)} of {shown(name)} is imported as `{ours}`, and {shown(answer.id)} has `{theirs}`"
            raise Misplaced(answer.field, sentence, "build both against the same WIT")
    return meant[0]
