"""What a plan of several component instances has besides the core modules of the binary: tables of handles, built-ins and adapters.

All of these are core modules, instantiated as steps before the first that needs them. Most components need no adapter: what
writes them is imported with the first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Final

from wasmtime import wat2wasm

from moonwit.host.wasm.adapters import Options, resources
from moonwit.host.wasm.binary.core import read_core
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.component import canonical
from moonwit.host.wasm.component.entities import CanonicalOptions, CoreItem, DefinedResource, Home, LiftedFunction, Lowered, Record
from moonwit.host.wasm.plan import bridges, entering, handles
from moonwit.host.wasm.plan.plan import Export, FlagItem, Item, Step
from moonwit.host.wasm.problems import Refused
from moonwit.host.wasm.wit.flatten import Layouts
from moonwit.host.wasm.wit.types import Function, Resource

# Bytes of all adapters of a component: each type is written once an edge, so that many edges with large types would take minutes.
MOST_ADAPTERS: Final = 8_000_000


class Composing:
    """Adds steps to a plan that is being made; ``item`` gives what a core item of the binary is in it."""

    def __init__(self, record: Record, module: Callable[[bytes], int], item: Callable[[CoreItem], Item]) -> None:
        self.homes = {home: number for number, home in enumerate(home for home in record.homes if home.used)}
        self.aliases = record.aliases
        self.resources = {found.resource: found for found in record.resources}
        self.numbers = {found.resource: number for number, found in enumerate(record.resources, 1)}
        self.steps: list[Step] = []
        self.module = module
        self.item = item
        self.made: dict[tuple[object, ...], int] = {}
        self.adapters = 0
        called = [(lowered.home, lowered.function.origin) for lowered in record.lowered]
        self.inner = [(caller, origin.home) for caller, origin in called if isinstance(origin, LiftedFunction)]
        # Whether a call can come back into a component instance that it has left.
        self.returns = any(not callee.entered_from(caller) for caller, callee in self.inner)
        # Handles that pass a bridge are in a table of their own too.
        given = [each.options for each in record.lifted] + [each.options for each in record.lowered]
        bridged = not all(map(canonical.is_plain, given))
        self.several = len(self.homes) > 1 or bool(self.inner) or (bridged and bool(record.resources))
        # Whether several component instances hold handles of the host's resources, which are in their own tables then.
        holders = {each.home for each in record.lowered if self.speaks(each.function.type)}
        crossing = any(isinstance(each.function.origin, LiftedFunction) and self.speaks(each.function.type) for each in record.lowered)
        self.shared = self.several and (len(holders) > 1 or crossing)
        self.bridges: dict[Home, dict[str, Item]] = {}

    def speaks(self, function: object, own: bool = False) -> bool:
        """Tells whether a function's type speaks of the host's resources, or, with ``own``, of the component's."""
        if not isinstance(function, Function):
            return False
        return any((self.resolved(each) in self.resources) == own for each in resources(function))

    def number(self, resource: Resource) -> int:
        """Gives the number of a resource in tables of handles; those of the host come after the component's own."""
        return self.numbers.setdefault(resource, len(self.numbers) + 1)

    def step(self, module: bytes, arguments: Iterable[Item]) -> int:
        """Adds a step, and gives its number."""
        self.steps.append(Step(self.module(module), tuple(arguments)))
        return len(self.steps) - 1

    def once(self, key: tuple[object, ...], text: str, arguments: Iterable[Item]) -> int:
        """Adds a step of our own, the first time it is asked for."""
        if key not in self.made:
            self.made[key] = self.step(compiled(text), arguments)
        return self.made[key]

    def resolved(self, resource: Resource) -> Resource:
        """Gives the resource that one exported as a new type really is."""
        while resource in self.aliases:
            resource = self.aliases[resource]
        return resource

    def table(self, home: Home) -> int:
        """Gives the step with the handles of a component instance."""
        return self.once(("table", home), handles.TABLE, ())

    def exports(self, step: int, *names: str) -> list[Item]:
        return [Export(step, name) for name in names]

    def entered(self, callee: Home, caller: Home | None) -> list[Item]:
        """Gives the flags of what a call enters; none where no call comes back."""
        found = [self.homes[home] for home in callee.entered_from(caller) if home in self.homes] if self.returns else []
        if not found:
            return []
        flags = self.once(("entered",), entering.flags(len(self.homes)), ())
        return [Export(flags, str(number)) for number in found]

    def host_drop(self, home: Home, resource: Resource, drop: Callable[[], Item]) -> Item:
        """Gives the built-in that drops a handle of a resource of the host; ``drop`` gives the function that ends an own one."""
        key = ("builtin", home, resource)
        if key not in self.made:
            table = self.exports(self.table(home), "insert", "rep", "drop")
            text = handles.builtins(self.number(resource), True, 0)
            self.made[key] = self.step(compiled(text), [FlagItem(self.homes[home]), *table, drop()])
        return Export(self.made[key], "drop")

    def builtin(self, home: Home, found: DefinedResource, operation: str) -> Item:
        """Gives a built-in of a resource for one component instance."""
        dtor = [] if found.destructor is None else [self.item(found.destructor)]
        entered = self.entered(found.home, home)
        table = self.exports(self.table(home), "insert", "rep", "drop")
        text = handles.builtins(self.numbers[found.resource], bool(dtor), len(entered))
        step = self.once(("builtin", home, found.resource), text, [FlagItem(self.homes[home]), *table, *dtor, *entered])
        return Export(step, operation)

    def entering(self, callee: Home, caller: Home | None, func: Item, type: CoreType) -> Item:
        """Gives a function that enters ``callee`` before it calls ``func``, where that is to be looked at."""
        entered = self.entered(callee, caller)
        if not entered:
            return func
        return Export(self.step(compiled(entering.wrapper(type, len(entered))), [func, *entered]), "call")

    def lifted(self, lifted: LiftedFunction, function: Function, func: Item, type: CoreType) -> tuple[Item, int | None]:
        """Gives what the host calls of a lifted function whose core function is ``func``, and its table of handles."""
        func = self.entering(lifted.home, None, func, type)
        found = [self.resources.get(self.resolved(each)) for each in resources(function)] if self.several else []
        if not any(found):
            return func, None
        table = self.table(lifted.home)
        if any(each and each.home is not lifted.home for each in found):
            func = Export(self.step(compiled(handles.settled(type)), [func, Export(table, "settled")]), "call")
        return func, table

    def edge(self, lowered: Lowered, lifted: LiftedFunction, layouts: Layouts) -> Item:
        """Gives the core function by which one component instance calls what another lifts."""
        assert isinstance(lifted.type, Function)
        caller, callee = self.side(lowered.options, lowered.home), self.side(lifted.options, lifted.home)
        callee["func"] = self.item(lifted.core)
        homes = lowered.home, lifted.home
        called = self.adapted(lifted.type, (options(lowered.options), caller), (options(lifted.options), callee), homes)
        wide = layouts.wide if canonical.is_wide(lowered.options) else layouts
        return self.entering(lifted.home, lowered.home, called, wide.lowered(lifted.type))

    def side(self, given: CanonicalOptions, home: Home) -> dict[str, Item]:
        """Gives what an adapter may import of a component instance."""
        found = {"memory": given.memory, "realloc": given.realloc, "post-return": given.post_return}
        items = {name: self.item(item) for name, item in found.items() if item is not None}
        return {"flags": FlagItem(self.homes[home]), **items}

    def adapted(
        self,
        function: Function,
        caller: tuple[Options, dict[str, Item]],
        callee: tuple[Options, dict[str, Item]],
        homes: tuple[Home, Home],
        host: str = "",
    ) -> Item:
        """Adds an adapter between two sides, each with its options and what may be imported of it; gives the function to call.

        ``host`` tells which side stands for the host, if one does. Raises ``Refused``.
        """
        from moonwit.host.wasm.adapters.adapter import adapter

        binary = adapter(function, caller[0], callee[0])
        self.adapters += len(binary)
        if self.adapters > MOST_ADAPTERS:
            raise Refused("The types of the functions that components call of each other have more parts than Moonwit takes.")
        sides = {"caller": caller[1], "callee": callee[1]}
        arguments: list[Item] = []
        for wanted in read_core(binary).imports:
            if wanted.module != "resource":
                arguments.append(sides[wanted.module][wanted.name])
            else:
                arguments.append(self.transfer(wanted.name, function, *homes, host))
        return Export(self.step(binary, arguments), "call")

    def bridge(self, home: Home | None = None) -> dict[str, Item]:
        """Gives memory of our own for values that the host passes, and what belongs to it; see host/wasm/plan/bridges.py.

        For all that a component instance calls of the host there is one.
        """
        if home is not None and home in self.bridges:
            return dict(self.bridges[home])
        step = self.step(compiled(bridges.MEMORY), [])
        made: dict[str, Item] = {name: Export(step, name) for name in ("memory", "flags", "realloc", "reset")}
        if home is not None:
            self.bridges[home] = dict(made)
        return made

    def guest(self, owner: int) -> Home:
        """Adds a component instance that stands for the host, with handles of its own."""
        home = Home(owner=owner)
        self.homes[home] = len(self.homes)
        return home

    def front(self, function: Function, called: Item, bridge: dict[str, Item], layouts: Layouts) -> None:
        """Adds to a bridge the function to be lifted, and its post-return, for one that is lowered."""
        table = [bridge["table"]] if "table" in bridge else []
        text = bridges.front(function, layouts, bool(table))
        step = self.step(compiled(text), [called, bridge["realloc"], bridge["reset"], *table])
        bridge["func"], bridge["post-return"] = Export(step, "call"), Export(step, "post")

    def start(self, lifted: LiftedFunction, caller: Home | None) -> None:
        """Adds the call of a start function, which takes nothing."""
        assert isinstance(lifted.type, Function)
        type = lifted.core.type
        assert type is not None
        post = [] if lifted.options.post_return is None else [self.item(lifted.options.post_return)]
        func = self.entering(lifted.home, caller, self.item(lifted.core), type)
        self.called(func, type, post)

    def called(self, func: Item, type: CoreType, post: list[Item]) -> None:
        """Adds the call of a function of this core type, and of its post-return."""
        self.step(compiled(bridges.start(type, bool(post))), [func, *post])

    def transfer(self, name: str, function: Function, caller: Home, callee: Home, host: str) -> Item:
        """Gives what an adapter imports of "resource"."""
        tables = {"caller": caller, "callee": callee}
        number, _, operation = name.partition("-")
        if not operation:
            return Export(self.once(("scope", caller, callee), handles.SCOPE, self.of_tables(tables, SCOPE)), name)
        resource = self.resolved(resources(function)[int(number)])
        found = self.resources.get(resource)
        if found is None and host:
            home = caller if host == "callee" else callee
            text = handles.host_transfers(self.number(resource), host == "callee")
            table = self.exports(self.table(home), "insert", "remove", "lend", "borrow")
            return Export(self.once(("host", resource, home, host), text, table), operation)
        text = handles.transfers(self.number(resource), found is not None and found.home is callee)
        return Export(self.once(("transfer", resource, caller, callee), text, self.of_tables(tables, TRANSFERS)), operation)

    def of_tables(self, tables: dict[str, Home], names: Iterable[tuple[str, str]]) -> list[Item]:
        return [Export(self.table(tables[side]), name) for side, name in names]


TRANSFERS = (
    *(("caller", name) for name in ("insert", "remove", "lend")),
    *(("callee", name) for name in ("insert", "remove", "borrow")),
)
SCOPE = (("caller", "lent"), ("caller", "return"), ("callee", "enter"), ("callee", "leave"))


def options(given: CanonicalOptions) -> Options:
    """Gives the canonical options of one side as an adapter takes them."""
    return Options(
        given.encoding, given.memory is not None, canonical.is_wide(given), given.realloc is not None, given.post_return is not None
    )


@functools.lru_cache(maxsize=256)
def compiled(text: str) -> bytes:
    """Makes the binary of a module of our own."""
    return bytes(wat2wasm(text))
