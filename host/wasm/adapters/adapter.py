"""Makes an adapter: the binary of a core module by which one component instance calls another. ``__init__`` says what it is like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from moonwit.host.wasm.adapters import Options, resources, routines
from moonwit.host.wasm.adapters.places import TYPES, Body, Flat, Memory, Side
from moonwit.host.wasm.adapters.translate import ROOM, Translator
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.host.wasm.wit import types

# Bytes of a value in memory; parts of all types of a function, and characters of an adapter's text: by them it takes long to compile.
MOST_BYTES: Final = 2**30
MOST_PARTS: Final = 20_000
MOST_TEXT: Final = 2_000_000


def adapter(function: types.Function, caller: Options, callee: Options) -> bytes:
    """Makes the adapter of a function for two sides. Raises Refused for one that is far larger than any real one."""
    from wasmtime import wat2wasm

    return bytes(wat2wasm(_Adapter(function, caller, callee).text()))


_TOO_MANY: Final = "The types of a function that one component calls of another have more parts than Moonwit takes."


class _Adapter:
    def __init__(self, function: types.Function, caller: Options, callee: Options) -> None:
        self.caller = Side("caller", caller.encoding, caller.memory64)
        self.callee = Side("callee", callee.encoding, callee.memory64)
        self.params, self.result = tuple(param.type for param in function.params), function.result
        self.lowered, self.lifted = self.caller.layouts.lowered(function), self.callee.layouts.lifted(function)
        self.spilled = self.caller.layouts.spilled(function)
        self.resources = resources(function)
        given, returned = _reached(self.params), _reached((self.result,))
        for found in (*given, *returned):
            if max(side.layouts.layout(found)[0] for side in (self.caller, self.callee)) > MOST_BYTES:
                raise Refused(f"A function that one component calls of another has values of more than {MOST_BYTES} bytes.")
        if sum(part is not None for found in (*given, *returned) for part in types.parts(found)) > MOST_PARTS:
            raise Refused(_TOO_MANY)
        self.lends = any(isinstance(found, types.Borrow) for found in given)
        self.handles = {(each, "give" if isinstance(found, types.Own) else "lend") for each, found in self.handles_of(given)}
        self.handles |= {(each, "take") for each, _ in self.handles_of(returned)}
        self.needs(caller, callee)
        self.functions: dict[str, str] = {}
        self.there = Translator(self.caller, self.callee, self.functions, self.given)
        self.back = Translator(self.callee, self.caller, self.functions, self.taken)

    def handles_of(self, found: Iterable[types.Type]) -> Iterable[tuple[int, types.Own | types.Borrow]]:
        """Gives those types that are of handles, each with the number of its resource."""
        return [(self.resources.index(each.resource), each) for each in found if isinstance(each, (types.Own, types.Borrow))]

    def given(self, found: types.Own | types.Borrow) -> str:
        """Gives the name of the function that moves a handle of a parameter."""
        return f"${'give' if isinstance(found, types.Own) else 'lend'}_{self.resources.index(found.resource)}"

    def taken(self, found: types.Own | types.Borrow) -> str:
        """Gives the name of the function that moves a handle of the result."""
        return f"$take_{self.resources.index(found.resource)}"

    def needs(self, caller: Options, callee: Options) -> None:
        """Finds out what is imported of each side; raises ``Malformed``."""
        points = self.caller.layouts.points
        given = self.spilled[0] or any(map(points, self.params))
        returned = self.result is not None and points(self.result)
        memory = given or returned or self.spilled[1]
        self.memories = [side for side in (self.caller, self.callee) if memory]
        self.reallocs = [side for side, needed in ((self.caller, returned), (self.callee, given)) if needed]
        self.post_return = callee.post_return
        for side, options in ((self.caller, caller), (self.callee, callee)):
            for needed, has, what in ((self.memories, options.memory, "memory"), (self.reallocs, options.realloc, "realloc function")):
                if side in needed and not has:
                    raise Malformed(f"expected a {what} of the component that is the {side.name} of a function, got none")

    def text(self) -> str:
        call = self.call()
        self.there.finish()
        self.back.finish()
        lines = [*map(routines.checks, self.memories), *map(routines.realloc, self.reallocs), *self.functions.values(), call]
        code = "\n".join(lines)
        lines.append("(func $cannot_leave_component_instance unreachable)")
        lines += [routines.traps(side, code) for side in (self.caller, self.callee)]
        text = "\n".join(["(module $moonwit", *self.imports(), *lines, ")"])
        if len(text) > MOST_TEXT:
            raise Refused(_TOO_MANY)
        return text

    def imports(self) -> Iterable[str]:
        """Gives the imports, in the order that is agreed on."""
        for side in (self.caller, self.callee):
            name = side.name
            if side is self.caller or side in self.reallocs or self.post_return:
                yield f'(import "{name}" "flags" (global $flags_{name} (mut i32)))'
            if side is self.callee:
                yield f'(import "callee" "func" (func $core {_signature(self.lifted)}))'
            if side in self.memories:
                yield f'(import "{name}" "memory" (memory {side.memory} {"i64" if side.memory64 else ""} 0))'
            if side in self.reallocs:
                yield f'(import "{name}" "realloc" (func $core_realloc_{name} {_signature(CoreType(4 * side.pointer, side.pointer))}))'
        if self.post_return:
            yield f'(import "callee" "post-return" (func $core_post_return {_signature(CoreType(self.lifted.results, ""))}))'
        for operation in ("give", "take", "lend"):
            for number in sorted(number for number, what in self.handles if what == operation):
                yield f'(import "resource" "{number}-{operation}" (func ${operation}_{number} (param i32) (result i32)))'
        if self.lends:
            yield '(import "resource" "enter" (func $enter (result i32)))'
            yield '(import "resource" "exit" (func $exit (param i32)))'

    def call(self) -> str:
        """Writes the exported function: CanonicalABI.md, "canon lower" around "canon lift"."""
        body = Body(self.lowered.params, self.lowered.results, ROOM)
        scope = body.local("i")
        body.add("global.get $flags_caller i32.eqz if call $cannot_leave_component_instance end")
        if self.lends:
            body.add(f"call $enter local.set {scope}")
        arguments = self.give(body)
        returned = tuple(body.local(letter) for letter in self.lifted.results)
        body.add(_caught(self.callee, "throws", f"{_gets(arguments)} call $core", self.lifted.results, returned))
        if self.lends:
            body.add(f"local.get {scope} call $exit")
        results = self.take(body, returned)
        if self.post_return:
            after = _caught(self.callee, "throws_in_post_return", f"{_gets(returned)} call $core_post_return", "", ())
            body.add(f"i32.const 0 global.set $flags_callee {after} i32.const 1 global.set $flags_callee")
        body.add(_gets(results))
        return body.text('$call (export "call")')

    def give(self, body: Body) -> tuple[str, ...]:
        """Moves the parameters; gives the locals with what the callee's function gets."""
        if self.spilled[0]:
            source, target = self.pointed(body, self.caller, "0", self.params), self.allocated(body, self.callee, self.params)
            self.there.parts(body, self.params, source, target)
            return (target.base,)
        letters = "".join(map(self.caller.layouts.flat, self.params))
        locals = tuple(body.local(letter) for letter in self.lifted.params)
        given = Flat(self.caller, tuple(map(str, range(len(letters)))), letters)
        self.there.parts(body, self.params, given, Flat(self.callee, locals, self.lifted.params))
        return locals

    def take(self, body: Body, returned: tuple[str, ...]) -> tuple[str, ...]:
        """Moves the result from the locals with what the callee's function has returned; gives the locals with what the caller gets."""
        if self.result is None:
            return ()
        if self.spilled[1]:
            source = self.pointed(body, self.callee, returned[0], (self.result,))
            target = self.pointed(body, self.caller, str(len(self.lowered.params) - 1), (self.result,))
            self.back.parts(body, (self.result,), source, target)
            return ()
        locals = tuple(body.local(letter) for letter in self.lowered.results)
        given = Flat(self.callee, returned, self.lifted.results)
        self.back.parts(body, (self.result,), given, Flat(self.caller, locals, self.lowered.results))
        return locals

    def pointed(self, body: Body, side: Side, base: str, found: tuple[types.Type, ...]) -> Memory:
        """Gives the place of values that lie one after the other where a side says, after a check of that."""
        size, alignment = side.layouts.layout(types.Tuple(found))
        body.add(f"local.get {base} i64.const {size} i32.const {alignment - 1} call $check_{side.name}")
        return Memory(side, base)

    def allocated(self, body: Body, side: Side, found: tuple[types.Type, ...]) -> Memory:
        """Gives a new place for values that lie one after the other."""
        size, alignment = side.layouts.layout(types.Tuple(found))
        base = body.local(side.pointer)
        body.add(f"{side.constant(0)} i32.const 0 i32.const {alignment} i32.const {size} call {side.realloc} local.set {base}")
        return Memory(side, base)


def _reached(found: Iterable[types.Type | None]) -> tuple[types.Type, ...]:
    """Gives the distinct types that some types are made of, themselves included."""
    seen: dict[int, types.Type] = {}
    todo = list(found)
    while todo:
        each = todo.pop()
        if each is not None and id(each) not in seen:
            seen[id(each)] = each
            todo.extend(types.parts(each))
    return tuple(seen.values())


def _caught(side: Side, problem: str, call: str, results: str, locals: tuple[str, ...]) -> str:
    """Makes a call trap where an exception leaves it (CanonicalABI.md, "call_and_trap_on_throw"); its results go to locals."""
    sets = " ".join(f"local.set {local}" for local in reversed(locals))
    return f"""block $fine block $thrown
      try_table (result {_words(results)}) (catch_all $thrown) {call} end
      {sets} br $fine end {routines.trap(side, problem)} end"""


def _gets(locals: Iterable[str]) -> str:
    return " ".join(f"local.get {local}" for local in locals)


def _words(letters: str) -> str:
    return " ".join(TYPES[letter] for letter in letters)


def _signature(found: CoreType) -> str:
    return f"(param {_words(found.params)}) (result {_words(found.results)})"
