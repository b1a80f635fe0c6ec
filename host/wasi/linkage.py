"""Which imports of a component the host itself provides, and how each is linked.

An imported function is one of four: *hosted*, by a Lua function of the lane (lua/wasi); *null*, by WebAssembly of our own that
does what a guest without the grant sees (nothing to read, output that goes nowhere); *provided*, by an entry of the registry
(lua/imports); or not linked, which is a trap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Final, Literal

from moonwit.host.wasi import grants as wasi
from moonwit.host.wasi import natives, p3, preview1
from moonwit.host.wasi.signatures import NULL, RESULTS, SIGNATURES
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.plan import batches, gate
from moonwit.host.wasm.plan.gate import params_of, passed_on, results_of
from moonwit.host.wasm.plan.plan import CANON, FlagItem, Item, Native, Plan, Stub
from moonwit.host.wasm.wit.flatten import REALLOC
from moonwit.host.wasm.wit.show import show_type
from moonwit.registry.record import record

# Interfaces of what others hand out: they reach nothing by themselves.
_HANDED: Final = ("wasi:io/", "wasi:cli/terminal-input", "wasi:cli/terminal-output")
# Interfaces by which something of the host is reached, and those of them whose guests run on fibers: their functions can make a guest
# wait, or what they give may differ from call to call, which has an instance taken with as much care.
_SOURCES: Final = frozenset({wasi.PREVIEW1, *(name for name in SIGNATURES if not name.startswith(_HANDED))})
_WAITED: Final = frozenset(
    {
        *("wasi:clocks/monotonic-clock", "wasi:cli/environment", "wasi:cli/stdin", "wasi:cli/stdout", "wasi:cli/stderr"),
        *("wasi:filesystem/types", "wasi:filesystem/preopens"),
        *("wasi:http/types", "wasi:http/outgoing-handler", wasi.FUNCS, wasi.PREVIEW1),
        *(name for name in SIGNATURES if name.startswith("wasi:sockets/")),
    }
)

# Interfaces by which a guest gets at its mounts.
_MOUNTED: Final = frozenset({wasi.PREVIEW1, "wasi:filesystem/preopens"})

How = Literal["hosted", "null", "provided", "unlinked", "native"]

# The interface of functions that are imported without one, as plans name it.
ROOT: Final = "$root"


@record
class HostFunction:
    """A function that the lane provides; ``name`` is ``interface#function`` without a version."""

    name: str
    type: CoreType


@record
class Group:
    """A module of our own between a guest and the host: ``text`` is its WAT.

    It imports, in this order, the gate of its component ``instance``, where it is ``gated`` (group 0 has all), the guest's memory, where it
    is given, and the
    functions of the host at the indices ``functions``, by their names. Group 0 has a table "late": element 0 is for the function that
    waits, where it ``serves``, and ``reallocs`` are to be put there from element 1 on, as soon as there is one of its functions that
    needs them. What is called while the gate is shut comes behind them. In a component of WASI 0.3 ``callees`` is the element from which on
    the callees are to be put there.
    """

    text: str
    memory: Item | None = None
    functions: tuple[int, ...] = ()
    reallocs: tuple[Item, ...] = ()
    serves: bool = False
    gated: bool = False
    instance: int = 0
    callees: int | None = None


@record
class GroupLink:
    """The export ``name`` of group number ``group``, which needs element ``late`` of the table: 0 for none."""

    group: int
    name: str
    late: int


@record
class Linkage:
    """How the stubs of a plan are linked for an entry.

    ``links`` has for each stub None (not linked) or the function of a group; those of the host are in group 0.
    ``memory`` is the guest's memory that functions of the host read and write; ``memories`` are these, where there are several. Then a call
    of "memory" with the number of one comes before each call that uses memory. ``granted`` are the interfaces, without versions, that
    the entry grants. ``waits`` tells whether a call may wait, ``gated`` whether instances have a gate (host/wasm/plan/gate.py),
    ``mounted`` whether they get the entry's mounts. ``provided`` are the stubs that entries of the registry answer, with their ids; the
    host's function ``provided#1`` is the first of them. ``natives`` are those of a component of WASI 0.3 that are linked, each with the id
    of what answers it, or None.
    """

    links: tuple[GroupLink | None, ...] = ()
    functions: tuple[HostFunction, ...] = ()
    groups: tuple[Group, ...] = ()
    memory: Item | None = None
    granted: tuple[str, ...] = ()
    waits: bool = False
    gated: bool = False
    mounted: bool = False
    memories: tuple[Item, ...] = ()
    provided: tuple[tuple[Stub, str], ...] = ()
    natives: Mapping[int, str | None] = field(default_factory=dict)

    @property
    def early(self) -> list[bool]:
        """Tells for each stub whether it can be linked before the guest has a memory."""
        return [link is None or link.group == 0 for link in self.links]


def link(
    plan: Plan,
    grants: Iterable[str],
    memory: Item | None = None,
    mounts: bool = False,
    provided: Mapping[tuple[str, str | None], str] | None = None,
    linked: Sequence[tuple[Sequence[str], Mapping[tuple[str, str | None], str]]] = (),
) -> Linkage:
    """Decides how the imports of a plan are linked.

    ``memory`` is what a core module hands WASI 0.1; ``mounts`` tells whether the entry has some. ``provided`` are the ids of entries that
    answer imports, by interface and None, or by ``ROOT`` and the name of a function. ``linked`` has grants and these ids for each component
    that is linked to imports, by its number from 1 (``Stub.owner``).
    """
    return _Linking(plan, memory, mounts, [(tuple(grants), provided or {}), *linked]).result()


class _Linking:
    def __init__(
        self,
        plan: Plan,
        memory: Item | None,
        mounts: bool,
        owners: Sequence[tuple[Sequence[str], Mapping[tuple[str, str | None], str]]],
    ) -> None:
        self.plan = plan
        self.memory = memory
        self.mounts = mounts
        self.owners = owners
        self.provided: list[tuple[Stub, str]] = []
        granted = {wasi.interface_of(stub.interface) for stub in plan.stubs if self.grants(stub)}
        self.granted = tuple(sorted(granted & (SIGNATURES.keys() | p3.FUNCTIONS.keys() | {wasi.PREVIEW1})))
        self.in_lua = bool(granted & _SOURCES)
        self.can_wait = bool(granted & _WAITED) or any(self.answer(stub) for stub in plan.stubs)
        self.functions: dict[HostFunction, int] = {}
        # Natives by their place among the functions that are served; and who answers each, by its own number.
        self.natives: dict[int, Native] = {}
        self.linked: dict[int, str | None] = {}
        self.memories: tuple[Item, ...] = ()

    def result(self) -> Linkage:
        plan = self.plan
        links: list[GroupLink | None] = []
        served: list[tuple[Stub, int | None]] = []
        nulls: dict[tuple[Item | None, int], list[Stub]] = {}
        reallocs: list[Item] = []
        hows = [self.how(stub) for stub in plan.stubs]
        for stub, how in zip(plan.stubs, hows, strict=True):
            if how == "unlinked":
                links.append(None)
            elif how == "null":
                key = (stub.memory, stub.instance)
                inside = nulls.setdefault(key, [])
                number = list(nulls).index(key) + 1
                links.append(GroupLink(number, str(len(inside)), 0))
                inside.append(stub)
            else:
                late = None
                if how != "native" and self.is_wrapped(stub):
                    if stub.realloc is not None and stub.realloc not in reallocs:
                        reallocs.append(stub.realloc)
                    late = 0 if stub.realloc is None else reallocs.index(stub.realloc) + 1
                links.append(GroupLink(0, str(len(served)), late or 0))
                served.append((stub, late))
                if stub.native is not None and how == "native":
                    self.natives[len(served) - 1] = self.plan.tasks.natives[stub.native]  # type: ignore[union-attr]
                    self.linked[stub.native] = self.answer(stub)
        own = [stub for number, (stub, _) in enumerate(served) if number not in self.natives]
        memories = dict.fromkeys(stub.memory for stub in own if stub.memory is not None)
        if self.memory is not None and served:
            memories.setdefault(self.memory)
        self.memories = tuple(memories) if len(memories) > 1 else ()
        serving = self.serving(served, reallocs)
        # Where nothing is called that could leave, nothing is looked at.
        leaves = bool(plan.resources or nulls) and any(lift.realloc or lift.post_return for lift in plan.exports.values())
        flagged = any(isinstance(item, FlagItem) for step in plan.steps for item in step.arguments)
        gated = bool(self.functions) or leaves or flagged
        groups = [serving, *(self.null(memory, inside, gated, instance) for (memory, instance), inside in nulls.items())]
        # What a guest prints is passed on between its turns.
        prints = bool({"wasi:cli/stdout", "wasi:cli/stderr"} & set(self.granted))
        waits = plan.tasks is not None or (self.can_wait and (groups[0].serves or prints))
        memory, mounted = next(iter(memories), None), self.mounts and bool(self.functions) and bool(_MOUNTED & set(self.granted))
        rest = (waits, gated, mounted, self.memories, tuple(self.provided), self.linked)
        return Linkage(tuple(links), tuple(self.functions), tuple(groups), memory, self.granted, *rest)

    def answer(self, stub: Stub) -> str | None:
        """Gives the id of the entry that answers an import."""
        answers = self.owners[stub.owner][1]
        return answers.get((stub.interface, None)) or answers.get((stub.interface, stub.function))

    def grants(self, stub: Stub) -> bool:
        """Tells whether the entry that imports a function is granted it."""
        return wasi.grants(stub.interface, tuple(self.owners[stub.owner][0]))

    def is_native(self, stub: Stub) -> bool:
        """Tells whether an import of a component of WASI 0.3 is a function of the lane with Lua values."""
        if stub.interface == CANON or self.answer(stub) is not None:
            return True
        linked = self.grants(stub) or wasi.links(stub.interface, ()) or is_harmless(stub)
        return linked and p3.fits(stub.interface, stub.function, stub.signature)

    def how(self, stub: Stub) -> How:
        if stub.native is not None and self.is_native(stub):
            return "native"
        if self.answer(stub) is not None:
            return "provided"
        if p3.has(stub.interface):
            return "unlinked"  # it is of another type, or not granted
        if preview1.is_ours(stub):
            granted = self.grants(stub)
            return "hosted" if granted and preview1.fits(stub) else "unlinked"
        interface = wasi.interface_of(stub.interface)
        name = f"{interface}#{stub.function}"
        granted = self.grants(stub)
        if not granted and not wasi.links(stub.interface, ()) and not is_harmless(stub):
            return "unlinked"
        if (interface, stub.function) == wasi.NO_DIRECTORIES and not granted:
            return self.checked(stub, "null", "i>")
        signature = SIGNATURES.get(interface, {}).get(stub.function)
        if signature is None or not (self.in_lua or name in NULL):
            return "unlinked"
        return self.checked(stub, "hosted" if self.in_lua else "null", signature)

    def checked(self, stub: Stub, how: How, signature: str) -> How:
        params, _, results = signature.partition(">")
        result = None if stub.signature is None else stub.signature.result
        shown = RESULTS.get(stub.function)
        if stub.type != CoreType(params, results.rstrip("*")) or (shown and (result is None or show_type(result, expand=True) != shown)):
            return "unlinked"  # nothing has one of that type
        return how

    def is_wrapped(self, stub: Stub) -> bool:
        if self.answer(stub) is not None:
            return True
        if preview1.is_ours(stub):
            return preview1.waits(stub.function)
        return SIGNATURES[wasi.interface_of(stub.interface)][stub.function].endswith("*")

    def function(self, stub: Stub, type: CoreType) -> HostFunction:
        return HostFunction(f"{wasi.interface_of(stub.interface)}#{stub.function}", type)

    def null(self, memory: Item | None, inside: list[Stub], gated: bool, instance: int) -> Group:
        """Makes the group of null functions that share a memory."""
        lines = [gate.IMPORT] if gated else []
        if memory is not None:
            lines.append('(import "" "memory" (memory 0))')
        if gated:
            lines.append(gate.TRAP)
        look = gate.LEAVES if gated else ""
        for number, stub in enumerate(inside):
            body = NULL[f"{wasi.interface_of(stub.interface)}#{stub.function}"]
            lines.append(f'(func (export "{number}") {params_of(stub.type)} {results_of(stub.type)} {look} {body})')
        return Group("\n".join(["(module $moonwit", *lines, ")"]), memory, gated=gated, instance=instance)

    def serving(self, served: list[tuple[Stub, int | None]], reallocs: list[Item]) -> Group:
        """Makes the group of the host's functions.

        All look at the gate first. One without a number then calls the host's function. Those that may wait, or that need memory of the
        guest for what they give, begin with a function of the host and then do what that asks for, by a number: 0 is done, -1 is to
        wait, any other to allocate, the alignment in its upper half and the size in its lower.
        """
        tasks = self.plan.tasks
        serves = any(late is not None for _, late in served) or tasks is not None
        functions: list[int] = []
        lifts = self.plan.exports.values()
        shut = [(REALLOC, lift.instance) for lift in lifts if lift.realloc]
        shut += [(CoreType(lift.core_type.results, ""), lift.instance) for lift in lifts if lift.post_return]
        late_size, callees = len(reallocs) + 1, None
        if tasks is not None:
            callees, late_size = late_size, late_size + len(tasks.callees)
        definition, table = gate.definition(self.plan.instances), f'(table $late (export "late") {late_size} funcref)'
        imports, bodies = [], [definition, table, gate.shut_during(shut), gate.batches(self.batched())]
        if serves:
            imports.append(self.imported(HostFunction("next", CoreType("i", "I")), "$next", functions))
            serving = sorted({stub.instance for stub, late in served if late is not None})
            bodies += [_SERVE, *(_of(_SERVING, instance) for instance in serving)]
        if tasks is not None and callees is not None:
            imports.append(self.imported(HostFunction("task#tend", CoreType("", "I")), "$task", functions))
            bodies += [natives.TEND, *natives.runners(tasks.callees, callees)]
        if self.memories:
            imports.append(self.imported(HostFunction("memory", CoreType("i", "")), "$memory", functions))
        for number, (stub, late) in enumerate(served):
            if number in self.natives:
                native, kind = self.natives[number], CoreType(stub.type.params, "I")
                imports.append(self.imported(HostFunction(f"native#{stub.native} {kind.params}", kind), f"$native{number}", functions))
                bodies.append(natives.body(number, native))
                continue
            if late is None:
                more = [self.imported(self.function(stub, stub.type), f"$plain{number}", functions)]
                body = f"(call $plain{number} {passed_on(stub.type)})"
            else:
                more, body = self.served(number, stub, late, functions)
            imports += more
            if self.memories and stub.memory is not None:
                body = f"(call $memory (i32.const {self.memories.index(stub.memory)})) {body}"
            look = gate.of(gate.LEAVES, stub.instance)
            bodies.append(f'(func (export "{number}") {params_of(stub.type)} {results_of(stub.type)} {look} {body})')
        lines = ["(module $moonwit", *imports, *bodies, ")"]
        return Group("\n".join(lines), None, tuple(functions), tuple(reallocs), serves, callees=callees)

    def batched(self) -> list[int]:
        """Gives the component instances to whose functions lists are passed that take many allocations."""
        lifts = [lift for lift in self.plan.exports.values() if lift.realloc]
        return sorted({lift.instance for lift in lifts if batches.serve([lift.type])})

    def imported(self, function: HostFunction, name: str, functions: list[int]) -> str:
        """Gives the import of a function of the host, which is added to ``functions``."""
        functions.append(self.functions.setdefault(function, len(self.functions)))
        return f'(import "" "{function.name}" (func {name} {params_of(function.type)} {results_of(function.type)}))'

    def served(self, number: int, stub: Stub, late: int, functions: list[int]) -> tuple[list[str], str]:
        """Gives the imports and the body of a function that begins in the host; what it imports is added to ``functions``."""
        given = passed_on(stub.type)
        if (id := self.answer(stub)) is not None:
            self.provided.append((stub, id))
            # The result comes beside what is asked for, so that it need not be fetched where nothing is.
            core = CoreType(stub.type.params, "II" if stub.type.results else "I")
            begins = HostFunction(f"provided#{len(self.provided)} {core.params}>{core.results}", core)
            call = f"(call $begin{number} {given}) (i32.const {late})"
            body = f"(call {_of('$settle' if stub.type.results else '$serve', stub.instance)} {call})"
            body = _CONVERTED[stub.type.results].format(body)
            return [self.imported(begins, f"$begin{number}", functions)], body
        begin = f"(call {_of('$serve', stub.instance)} (call $begin{number} {given}) (i32.const {late}))"
        starts = self.function(stub, CoreType(stub.type.params, "I"))
        imports = [self.imported(starts, f"$begin{number}", functions)]
        if preview1.is_ours(stub):
            # What such a function gives is read when it is done.
            begin += " (call $next (i32.const 0)) (i32.wrap_i64)"
        return imports, begin


def is_harmless(stub: Stub) -> bool:
    """Tells whether an import gives nothing where it is not granted: there are no directories then."""
    return (wasi.interface_of(stub.interface), stub.function) == wasi.NO_DIRECTORIES


# How a result of each core type is made of 64 bits.
_CONVERTED: Final[Mapping[str, str]] = {
    "": "{}",
    "i": "(i32.wrap_i64 {})",
    "I": "{}",
    "f": "(f32.reinterpret_i32 (i32.wrap_i64 {}))",
    "F": "(f64.reinterpret_i64 {})",
}

_SERVE: Final = """(type $wait (func))
(type $realloc (func (param i32 i32 i32 i32) (result i32)))
(elem (i32.const 0) $waits_while_it_is_made)
(func $waits_while_it_is_made (unreachable))
(func $throws_in_realloc (unreachable))"""

# For each component instance whose guest is served: its realloc is called while its gate is shut.
_SERVING: Final = f"""(func $serve (param $asked i64) (param $late i32)
 (loop $again
  (if (i64.eqz (local.get $asked)) (then (return)))
  (if (i64.eq (local.get $asked) (i64.const -1))
   (then (call_indirect (type $wait) (i32.const 0)) (local.set $asked (call $next (i32.const 0))))
   (else (local.set $asked (call $next (call $reallocated
    (i32.wrap_i64 (i64.shr_u (local.get $asked) (i64.const 32))) (i32.wrap_i64 (local.get $asked)) (local.get $late))))))
  (br $again)))
(func $settle (param $asked i64) (param $value i64) (param $late i32) (result i64)
 (if (i64.eqz (local.get $asked)) (then (return (local.get $value))))
 (call $serve (local.get $asked) (local.get $late))
 (call $next (i32.const 0)))
(func $reallocated (param $align i32) (param $size i32) (param $late i32) (result i32)
 (block $thrown
  {gate.SHUT}
  (try_table (result i32) (catch_all $thrown)
   (call_indirect (type $realloc) (i32.const 0) (i32.const 0) (local.get $align) (local.get $size) (local.get $late)))
  {gate.OPENED} (return))
 (call $throws_in_realloc) (unreachable))"""


def _of(text: str, instance: int) -> str:
    """Gives the text for another component instance."""
    for name in ("$serve", "$settle", "$reallocated") if instance else ():
        text = text.replace(name, f"{name}{instance}")
    return gate.of(text, instance)
