"""Adapters: core modules of our own through which one component instance calls another, in the same store.

An adapter is made for an edge of a plan (host/wasm/plan): from the WIT type of the function, and the canonical options with which the
caller lowers it and the callee lifts it. It has both memories, and lifts and lowers natively. No Lua runs on an edge: there are no types
for which glue in Lua would be better, which enters Lua and the guest once more each, at a microsecond, and copies twice. Through an adapter
a call with scalars takes what Wasmtime's own composed call takes, some nanoseconds; a list of plain numbers is copied once; three short
strings take a fifth of a microsecond.

``adapter.py`` puts the module together, ``translate.py`` writes a function for each type, ``lists.py``, ``strings.py`` and ``transcode.py``
what copies, ``routines.py`` the checks and traps, ``places.py`` where values are.

    adapter(function: types.Function, caller: Options, callee: Options) -> bytes

gives the binary of a core module that exports one function, "call", of the core type that the caller lowers ``function`` to: with i64 in
place of a pointer or length where ``caller.memory64``. The module's name (name section) is "moonwit", and each way to trap is a function
of its own whose name says what is wrong, as in host/wasm/plan/gate.py: lua/wasmtime/trap.lua has a sentence for each. What both share:

- ``unreachable`` in ``$cannot_leave_component_instance``, when the flag of the caller says so.
- Everything from either guest is checked as CanonicalABI.md demands: addresses, alignment, lengths, discriminants, chars, encodings, what
  realloc gives. A check that fails is a trap, and never a wrong access: the memories are WebAssembly's own.

What it imports, each only when it needs it; a type in brackets has i64 for i32 where that side has a 64-bit memory:

| module | name | what |
|---|---|---|
| "caller" | "flags" | global (mut i32): 1 while the guest of that component instance may leave it, 0 while it may not |
| "caller" | "memory" | memory |
| "caller" | "realloc" | (func (param [i32 i32 i32 i32]) (result [i32])) |
| "callee" | "flags" | as the caller's |
| "callee" | "func" | the core function that is lifted, of the core type of a lifted ``function`` |
| "callee" | "memory" | memory |
| "callee" | "realloc" | as the caller's |
| "callee" | "post-return" | (func (param RESULTS)): RESULTS are what "func" returns |
| "resource" | "N-give" | (func (param i32) (result i32)): an own<N> in a parameter |
| "resource" | "N-take" | (func (param i32) (result i32)): an own<N> in the result |
| "resource" | "N-lend" | (func (param i32) (result i32)): a borrow<N> in a parameter |
| "resource" | "enter" | (func (result i32)): imported where a parameter holds a borrow |
| "resource" | "exit" | (func (param i32)): with it |

What is imported stands in the order of this table, and of two N the smaller one first. Imports have exactly the types given here.

**Flags.** Each component instance has one such global. A call traps when the caller's is 0 as it begins (the guest is inside its own
realloc or post-return). The callee's is 0 while its realloc or post-return runs, the caller's while its realloc runs, and 1 again after
it; after a trap all component instances of the store are finished, so nobody puts it back then. Caller and callee may be the same
component instance. Whether a component instance may be entered is not the adapter's business (host/wasm/plan/entering.py).

**Resources.** N is the place, from 0, of a resource in ``resources(function)``: those that the types of ``function`` speak of, by
identity, in order of first appearance, parameters first and each type from left to right. Each component instance has a table of handles
(host/wasm/plan/support.py); these functions move a handle from one to the other, and trap where there is no such handle:

- give: takes an own handle out of the caller's table, puts it into the callee's, and returns its index there.
- take: the same from the callee's to the caller's.
- lend: looks at a handle of the caller's, own or borrow; an own one can't be given away or dropped until "exit". Where the callee defines
  the resource it returns the representation, otherwise the index of a new borrow handle in the callee's table.
- enter: called before the first lend; its result is handed to exit, unchanged.
- exit: called when "func" has returned, before the result is lifted. It traps when the callee still has borrow handles of this call.

A handle of either sort is looked at in the order of the parameters, so that one which is given away first can't be lent afterwards.
"""

from __future__ import annotations

from moonwit.host.wasm.wit import types
from moonwit.registry.record import record


@record
class Options:
    """The canonical options of one side.

    ``memory``, ``realloc`` and ``post_return`` tell whether they are given; only a callee has the last. ``encoding`` of strings is "utf8",
    "utf16" or "latin1+utf16". There are none for async: such functions have no adapters.
    """

    encoding: str = "utf8"
    memory: bool = False
    memory64: bool = False
    realloc: bool = False
    post_return: bool = False


def resources(function: types.Function) -> tuple[types.Resource, ...]:
    """Gives the resources that the types of a function speak of, in order of first appearance."""
    found: dict[types.Resource, None] = {}
    seen: set[int] = set()      # types share parts, many times over
    results = () if function.result is None else (function.result,)
    todo: list[types.Type | None] = [*reversed((*(param.type for param in function.params), *results))]
    while todo:
        each = todo.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, (types.Own, types.Borrow)):
            found.setdefault(each.resource)
        todo.extend(reversed(types.parts(each)))
    return tuple(found)
