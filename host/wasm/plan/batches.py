"""Many calls of a guest's realloc in one: WebAssembly of our own that makes them.

A list of records with strings takes an allocation for each string. Called one by one from Lua each costs several times what the guest's
realloc itself does; so a batch of them is one call, which makes them in order, each as the canonical ABI has it: ``realloc(0, 0, align,
size)``. The module has no memory: what is asked for are parameters, the addresses are results. lua/abi/batches.lua uses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from moonwit.host.wasm.wit import types as wit

# How many allocations a batch may have. lua/abi/batches.lua knows it too.
MOST: Final = 16

# The name of the function in the module that has the gate; the number of the component instance before it, if that is not 0.
NAME: Final = "batch"

# Parameters are as many words of 16 times the size and the alignment as a batch may have, how many of them are asked for, and the number of
# the realloc, which a gate needs.
_ASKED: Final = " ".join(["i32"] * MOST)
_SIGNATURE: Final = f"(param {_ASKED}) (param $count i32) (param $realloc i32) (result {_ASKED})"


def _body(realloc: str) -> str:
    """Makes the text that calls a realloc for each word; ``realloc`` has place for its arguments."""
    lines = []
    for at in range(MOST):
        word = f"(local.get {at})"
        arguments = f"(i32.const 0) (i32.const 0) (i32.and {word} (i32.const 15)) (i32.shr_u {word} (i32.const 4))"
        lines.append(f" (br_if $done (i32.eq (local.get $count) (i32.const {at}))) (local.set {at} {realloc.format(arguments)})")
    given = " ".join(f"(local.get {at})" for at in range(MOST))
    return "\n".join(["(block $done", *lines, ")", given])


def module() -> str:
    """Makes the text of a module that imports a realloc and exports the function for its batches."""
    return f"""(module $moonwit
 (import "" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
 (func $batch (export "{NAME}") {_SIGNATURE}
{_body("(call $realloc {})")}))"""


def function(shut: str, opened: str, name: str) -> str:
    """Makes the text of the function for a module that has the gate, which ``shut`` and ``opened`` move: the realloc is in its table 0."""
    realloc = "(call_indirect (param i32 i32 i32 i32) (result i32) {} (local.get $realloc))"
    return f'(func (export "{name}") {_SIGNATURE} {shut}\n{_body(realloc)} {opened})'


def _parts(type: wit.Type) -> Iterable[wit.Type | None]:
    match type:
        case wit.List(element) | wit.FixedList(element):
            return (element,)
        case wit.Map(key, value):
            return (key, value)
        case wit.Tuple(types):
            return types
        case wit.Record(fields):
            return [each.type for each in fields]
        case wit.Variant(cases):
            return [each.type for each in cases]
        case wit.Option(some):
            return (some,)
        case wit.Result(ok, err):
            return (ok, err)
        case _:
            return ()


class _Search:
    """Looks through types once each: they may share parts many times."""

    def __init__(self) -> None:
        # By the id of a type: whether its values take memory beyond their own place, and whether a list in it has such values.
        self._known: dict[int, tuple[bool, bool]] = {}

    def of(self, type: wit.Type | None) -> tuple[bool, bool]:
        if type is None:
            return False, False
        if id(type) not in self._known:
            parts = [self.of(part) for part in _parts(type)]
            points, lists = any(each[0] for each in parts), any(each[1] for each in parts)
            is_list = isinstance(type, wit.List | wit.Map)
            self._known[id(type)] = points or is_list or type == wit.Primitive("string"), lists or (is_list and points)
        return self._known[id(type)]


def serve(functions: Iterable[wit.Function]) -> bool:
    """Tells whether batches serve the parameters of a function: whether there is a list of values with strings or lists in them."""
    search = _Search()
    return any(search.of(each.type)[1] for function in functions for each in function.params)
