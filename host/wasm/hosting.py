"""Which imports of a component the host itself provides on the direct call path, and how each is linked.

An imported function is one of three: *hosted*, by a Lua function of the lane (lua/wasi); *null*, by WebAssembly of our own that
does what a guest without the grant sees (nothing to read, output that goes nowhere); or not linked, which is a trap.
Source of the signatures: the WIT of WASI 0.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from moonwit.host import wasi
from moonwit.host.wasm.plan import CoreType, Item, Plan, Stub, Unsupported
from moonwit.host.wasm.show import show_type
from moonwit.registry.record import record

# Core types as "params>results"; a * marks a function that may wait, or that needs memory of the guest for what it gives.
_POLL = {"poll": "iii>*", "[method]pollable.ready": "i>i", "[method]pollable.block": "i>*", "[resource-drop]pollable": "i>"}
_STREAMS = {
    "[method]input-stream.read": "iIi>*",
    "[method]input-stream.blocking-read": "iIi>*",
    "[method]input-stream.skip": "iIi>*",
    "[method]input-stream.blocking-skip": "iIi>*",
    "[method]input-stream.subscribe": "i>i",
    "[method]output-stream.check-write": "ii>",
    "[method]output-stream.write": "iiii>",
    "[method]output-stream.blocking-write-and-flush": "iiii>*",
    "[method]output-stream.flush": "ii>",
    "[method]output-stream.blocking-flush": "ii>*",
    "[method]output-stream.subscribe": "i>i",
    "[method]output-stream.write-zeroes": "iIi>",
    "[method]output-stream.blocking-write-zeroes-and-flush": "iIi>*",
    "[resource-drop]input-stream": "i>",
    "[resource-drop]output-stream": "i>",
}
_SIGNATURES: Final[Mapping[str, Mapping[str, str]]] = {
    "wasi:clocks/monotonic-clock": {"now": ">I", "resolution": ">I", "subscribe-instant": "I>i", "subscribe-duration": "I>i"},
    "wasi:clocks/wall-clock": {"now": "i>", "resolution": "i>"},
    "wasi:clocks/timezone": {"utc-offset": "Ii>i", "display": "Iii>*"},
    "wasi:io/poll": _POLL,
    "wasi:io/streams": _STREAMS,
    "wasi:io/error": {"[method]error.to-debug-string": "ii>*", "[resource-drop]error": "i>"},
    "wasi:cli/environment": {"get-environment": "i>*", "get-arguments": "i>*", "initial-cwd": "i>*"},
    "wasi:cli/exit": {"exit": "i>", "exit-with-code": "i>"},
    "wasi:cli/stdin": {"get-stdin": ">i"},
    "wasi:cli/stdout": {"get-stdout": ">i"},
    "wasi:cli/stderr": {"get-stderr": ">i"},
    "wasi:cli/terminal-input": {"[resource-drop]terminal-input": "i>"},
    "wasi:cli/terminal-output": {"[resource-drop]terminal-output": "i>"},
    "wasi:cli/terminal-stdin": {"get-terminal-stdin": "i>"},
    "wasi:cli/terminal-stdout": {"get-terminal-stdout": "i>"},
    "wasi:cli/terminal-stderr": {"get-terminal-stderr": "i>"},
    "wasi:random/random": {"get-random-bytes": "Ii>*", "get-random-u64": ">I"},
    "wasi:random/insecure": {"get-insecure-random-bytes": "Ii>*", "get-insecure-random-u64": ">I"},
    "wasi:random/insecure-seed": {"insecure-seed": "i>"},
    wasi.FUNCS: {"call-string": "iiiii>*", "call-bytes": "iiiii>*"},
}

# Results whose core type does not tell them from others.
_RESULTS: Final = {"call-string": "result<string, string>", "call-bytes": "result<list<u8>, string>"}

# Interfaces by which something of the host is reached, and those of them whose functions can make a guest wait.
_SOURCES: Final = frozenset(name for name in _SIGNATURES if not name.startswith(("wasi:io/", "wasi:cli/terminal-")))
_WAITED: Final = frozenset({"wasi:clocks/monotonic-clock", "wasi:cli/stdin", "wasi:cli/stdout", "wasi:cli/stderr", wasi.FUNCS})

# The host's handles that the null streams are known by.
_CLOSED, _READY = 1, 2

_AT_THE_END: Final = "(i32.store8 (local.get 2) (i32.const 1)) (i32.store8 offset=4 (local.get 2) (i32.const 1))"

# Bodies of null functions. A result in memory is written at its last parameter; stream-error's case 1 is `closed`.
_NULL: Final[Mapping[str, str]] = {
    "wasi:cli/stdin#get-stdin": f"(i32.const {_CLOSED})",
    "wasi:cli/stdout#get-stdout": f"(i32.const {_CLOSED})",
    "wasi:cli/stderr#get-stderr": f"(i32.const {_CLOSED})",
    "wasi:cli/terminal-input#[resource-drop]terminal-input": "",
    "wasi:cli/terminal-output#[resource-drop]terminal-output": "",
    "wasi:cli/terminal-stdin#get-terminal-stdin": "(i32.store8 (local.get 0) (i32.const 0))",
    "wasi:cli/terminal-stdout#get-terminal-stdout": "(i32.store8 (local.get 0) (i32.const 0))",
    "wasi:cli/terminal-stderr#get-terminal-stderr": "(i32.store8 (local.get 0) (i32.const 0))",
    "wasi:io/error#[resource-drop]error": "",
    "wasi:io/poll#[method]pollable.ready": "(i32.const 1)",
    "wasi:io/poll#[method]pollable.block": "",
    "wasi:io/poll#[resource-drop]pollable": "",
    "wasi:io/streams#[method]input-stream.read": _AT_THE_END,
    "wasi:io/streams#[method]input-stream.blocking-read": _AT_THE_END,
    "wasi:io/streams#[method]input-stream.subscribe": f"(i32.const {_READY})",
    "wasi:io/streams#[method]output-stream.check-write": (
        "(i32.store8 (local.get 1) (i32.const 0)) (i64.store offset=8 (local.get 1) (i64.const 1048576))"
    ),
    "wasi:io/streams#[method]output-stream.write": "(i32.store8 (local.get 3) (i32.const 0))",
    "wasi:io/streams#[method]output-stream.blocking-write-and-flush": "(i32.store8 (local.get 3) (i32.const 0))",
    "wasi:io/streams#[method]output-stream.flush": "(i32.store8 (local.get 1) (i32.const 0))",
    "wasi:io/streams#[method]output-stream.blocking-flush": "(i32.store8 (local.get 1) (i32.const 0))",
    "wasi:io/streams#[method]output-stream.subscribe": f"(i32.const {_READY})",
    "wasi:io/streams#[resource-drop]input-stream": "",
    "wasi:io/streams#[resource-drop]output-stream": "",
    "wasi:filesystem/preopens#get-directories": "(i32.store (local.get 0) (i32.const 0)) (i32.store offset=4 (local.get 0) (i32.const 0))",
}
_TYPES: Final = {"i": "i32", "I": "i64", "f": "f32", "F": "f64"}

How = Literal["hosted", "null", "unlinked"]


@record
class HostFunction:
    """A function that the lane provides; ``name`` is ``interface#function`` without a version."""

    name: str
    type: CoreType


@record
class Group:
    """A module of our own between a guest and the host: ``text`` is its WAT.

    It imports, in this order, the guest's memory, where it is given, and the functions of the host at the indices ``functions``.
    ``reallocs`` are to be put into its table "late" from element 1 on, as soon as there is one of its functions that needs them;
    element 0 is for the function that waits.
    """

    text: str
    memory: Item | None = None
    functions: tuple[int, ...] = ()
    reallocs: tuple[Item, ...] = ()


@record
class GroupLink:
    """The export ``name`` of group number ``group``, which needs element ``late`` of the table: 0 for none."""

    group: int
    name: str
    late: int


@record
class Hosting:
    """How the stubs of a plan are linked for an entry.

    ``links`` has for each stub: None (not linked), the index of a function of the host, or the function of a group.
    ``memory`` is the guest's memory that functions of the host read and write. ``granted`` are the interfaces, without versions, that
    the entry grants. ``waits`` tells whether a call may wait.
    """

    links: tuple[int | GroupLink | None, ...] = ()
    functions: tuple[HostFunction, ...] = ()
    groups: tuple[Group, ...] = ()
    memory: Item | None = None
    granted: tuple[str, ...] = ()
    waits: bool = False


def is_hosted(interface: str) -> bool:
    """Tells whether the direct path provides an interface where it is granted."""
    return wasi.interface_of(interface) in _SIGNATURES


def host(plan: Plan, grants: Iterable[str]) -> Hosting:
    """Decides how the imports of a plan are linked; raises ``Unsupported`` for what the compatible path has to take."""
    return _Linking(plan, tuple(grants)).result()


class _Linking:
    def __init__(self, plan: Plan, grants: tuple[str, ...]) -> None:
        self.plan = plan
        self.grants = grants
        granted = {wasi.interface_of(stub.interface) for stub in plan.stubs if wasi.grants(stub.interface, grants)}
        self.granted = tuple(sorted(granted & _SIGNATURES.keys()))
        self.in_lua = bool(granted & _SOURCES)
        self.can_wait = bool(granted & _WAITED)
        self.functions: dict[HostFunction, int] = {}

    def result(self) -> Hosting:
        plan = self.plan
        links: list[int | GroupLink | None] = []
        served: list[tuple[Stub, int]] = []
        nulls: dict[Item | None, list[Stub]] = {}
        reallocs: list[Item] = []
        hows = [self.how(stub) for stub in plan.stubs]
        for stub, how in zip(plan.stubs, hows, strict=True):
            if how == "unlinked":
                links.append(None)
            elif how == "null":
                inside = nulls.setdefault(stub.memory, [])
                number = list(nulls).index(stub.memory) + 1
                links.append(GroupLink(number, str(len(inside)), 0))
                inside.append(stub)
            elif not self.is_wrapped(stub):
                links.append(self.function(stub, stub.type))
            else:
                if stub.realloc is not None and stub.realloc not in reallocs:
                    reallocs.append(stub.realloc)
                late = 0 if stub.realloc is None else reallocs.index(stub.realloc) + 1
                links.append(GroupLink(0, str(len(served)), late))
                served.append((stub, late))
        memories = {stub.memory for stub, link in zip(plan.stubs, links, strict=True) if link is not None and stub.memory is not None}
        if len(memories) > 1:
            raise Unsupported("The component hands the host more than one memory.")
        groups = [self.serving(served, reallocs), *(self.null(memory, inside) for memory, inside in nulls.items())]
        # What a guest prints is passed on between its turns.
        prints = bool({"wasi:cli/stdout", "wasi:cli/stderr"} & set(self.granted))
        waits = self.can_wait and (bool(served) or prints)
        return Hosting(tuple(links), tuple(self.functions), tuple(groups), next(iter(memories), None), self.granted, waits)

    def how(self, stub: Stub) -> How:
        interface = wasi.interface_of(stub.interface)
        name = f"{interface}#{stub.function}"
        granted = wasi.grants(stub.interface, self.grants)
        harmless = wasi.links(stub.interface, ()) or name == "#".join(wasi.NO_DIRECTORIES)
        if not granted and not harmless:
            return "unlinked"
        if (interface, stub.function) == wasi.NO_DIRECTORIES:
            return self.checked(stub, "null", "i>")
        signature = _SIGNATURES.get(interface, {}).get(stub.function)
        if signature is None or not (self.in_lua or name in _NULL):
            return "unlinked"
        return self.checked(stub, "hosted" if self.in_lua else "null", signature)

    def checked(self, stub: Stub, how: How, signature: str) -> How:
        params, _, results = signature.partition(">")
        result = None if stub.signature is None else stub.signature.result
        shown = _RESULTS.get(stub.function)
        if stub.type != CoreType(params, results.rstrip("*")) or (shown and (result is None or show_type(result, expand=True) != shown)):
            raise Unsupported(f"The component imports `{stub.interface}#{stub.function}` with a signature of its own.")
        return how

    def is_wrapped(self, stub: Stub) -> bool:
        return _SIGNATURES[wasi.interface_of(stub.interface)][stub.function].endswith("*")

    def function(self, stub: Stub, type: CoreType) -> int:
        function = HostFunction(f"{wasi.interface_of(stub.interface)}#{stub.function}", type)
        return self.functions.setdefault(function, len(self.functions))

    def null(self, memory: Item | None, inside: list[Stub]) -> Group:
        """Makes the group of null functions that share a memory."""
        lines = [] if memory is None else ['(import "" "memory" (memory 0))']
        for number, stub in enumerate(inside):
            results = "".join(f"(result {_TYPES[letter]})" for letter in stub.type.results)
            body = _NULL[f"{wasi.interface_of(stub.interface)}#{stub.function}"]
            lines.append(f'(func (export "{number}") {_params(stub)} {results} {body})')
        return Group("\n".join(["(module $moonwit", *lines, ")"]), memory)

    def serving(self, served: list[tuple[Stub, int]], reallocs: list[Item]) -> Group:
        """Makes the group of functions that may wait, or that need memory of the guest for what they give.

        Each begins with a function of the host and then does what that asks for, by a number: 0 is done, -1 is to wait, any other to
        allocate, the alignment in its upper half and the size in its lower.
        """
        if not served:
            return Group("(module)")
        functions = [self.functions.setdefault(HostFunction("next", CoreType("i", "I")), len(self.functions))]
        imports = ['(import "" "next" (func $next (param i32) (result i64)))']
        bodies = []
        for number, (stub, late) in enumerate(served):
            functions.append(self.function(stub, CoreType(stub.type.params, "I")))
            imports.append(f'(import "" "{number}" (func $begin{number} {_params(stub)} (result i64)))')
            given = " ".join(f"(local.get {index})" for index in range(len(stub.type.params)))
            bodies.append(f'(func (export "{number}") {_params(stub)} (call $serve (call $begin{number} {given}) (i32.const {late})))')
        lines = ["(module $moonwit", *imports, _SERVE % (len(reallocs) + 1), *bodies, ")"]
        return Group("\n".join(lines), None, tuple(functions), tuple(reallocs))


def _params(stub: Stub) -> str:
    return f"(param {' '.join(_TYPES[letter] for letter in stub.type.params)})" if stub.type.params else ""


_SERVE: Final = """(type $wait (func))
(type $realloc (func (param i32 i32 i32 i32) (result i32)))
(table (export "late") %d funcref)
(elem (i32.const 0) $waits_while_it_is_made)
(func $waits_while_it_is_made (unreachable))
(func $serve (param $asked i64) (param $late i32)
 (loop $again
  (if (i64.eqz (local.get $asked)) (then (return)))
  (if (i64.eq (local.get $asked) (i64.const -1))
   (then (call_indirect (type $wait) (i32.const 0)) (local.set $asked (call $next (i32.const 0))))
   (else (local.set $asked (call $next (call_indirect (type $realloc)
    (i32.const 0) (i32.const 0) (i32.wrap_i64 (i64.shr_u (local.get $asked) (i64.const 32))) (i32.wrap_i64 (local.get $asked))
    (local.get $late))))))
  (br $again)))"""
