"""The canonical built-ins of WASI 0.3: their core types, and what they must be given (CanonicalABI.md, "Canonical Definitions")."""

from __future__ import annotations

from typing import Final

from moonwit.host.wasm.binary import syntax
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.component import canonical
from moonwit.host.wasm.component.entities import CanonicalOptions
from moonwit.host.wasm.problems import Malformed
from moonwit.host.wasm.wit.flatten import Layouts
from moonwit.host.wasm.wit.types import Future, Stream, Type

# By name: letters of the parameters and results. P stands for an address, C for a value that a context holds.
_TYPES: Final = {
    "task.cancel": ">", "subtask.cancel": "i>i", "subtask.drop": "i>", "context.get": ">C", "context.set": "C>", "thread.yield": ">i",
    "stream.new": ">I", "stream.read": "iPP>P", "stream.write": "iPP>P", "stream.cancel-read": "i>i", "stream.cancel-write": "i>i",
    "stream.drop-readable": "i>", "stream.drop-writable": "i>", "future.new": ">I", "future.read": "iP>i", "future.write": "iP>i",
    "future.cancel-read": "i>i", "future.cancel-write": "i>i", "future.drop-readable": "i>", "future.drop-writable": "i>",
    "error-context.new": "PP>i", "error-context.debug-message": "iP>", "error-context.drop": "i>", "waitable-set.new": ">i",
    "waitable-set.wait": "iP>i", "waitable-set.poll": "iP>i", "waitable-set.drop": "i>", "waitable.join": "ii>", "backpressure.inc": ">",
    "backpressure.dec": ">", "thread.index": ">i", "thread.resume-later": "i>", "thread.suspend": ">i",
    "thread.suspend-then-resume": "i>i", "thread.yield-then-resume": "i>i", "thread.suspend-then-promote": "i>i",
    "thread.yield-then-promote": "i>i", "thread.available-parallelism": ">i",
    "thread.new-indirect": "ii>i", "thread.spawn-ref": "ii>i", "thread.spawn-indirect": "ii>i",
}  # fmt: skip
MOST_SLOTS: Final = 2  # of a context


def type_of(written: syntax.AsyncBuiltin, layouts: Layouts, result: Type | None, wide: bool) -> CoreType | None:
    """Gives the core type of a built-in; ``wide`` tells whether its memory has 64-bit addresses. None where nothing here works it out."""
    if written.name == "task.return":
        return layouts.returned(result)
    letters = _TYPES.get(written.name)
    if letters is None:
        return None
    context = "I" if written.name.startswith("context.") and written.numbers[0] == 0x7E else "i"
    params, _, results = letters.replace("P", "I" if wide else "i").replace("C", context).partition(">")
    return CoreType(params, results)


def check(written: syntax.AsyncBuiltin, found: object, options: CanonicalOptions, layouts: Layouts) -> None:
    """Checks the operands of a built-in; ``found`` is the type that it names. Raises ``Malformed``."""
    at, name = f", at byte {written.offset}", written.name
    kind, _, operation = name.partition(".")
    if name.startswith("context.") and written.numbers[1] >= MOST_SLOTS:
        raise Malformed(f"`{name}` names slot {written.numbers[1]}, and a context has {MOST_SLOTS}{at}")
    if kind in ("stream", "future"):
        _check_end(kind, operation, found, options, layouts, at)
    elif kind == "error-context" and operation != "drop":
        if options.memory is None:
            raise Malformed(f"`{name}`: expected a memory among its options, got none{at}")
        if operation == "debug-message" and options.realloc is None:
            raise Malformed(f"`{name}`: expected a realloc function among its options, got none{at}")
    elif name == "task.return" and (options.realloc is not None or options.asynchronous):
        raise Malformed(f"`{name}` may name only a memory and an encoding{at}")
    if options.post_return is not None or options.callback is not None:
        raise Malformed(f"`{name}` can't have a post-return or a callback{at}")
    if options.realloc is not None:
        canonical.check_options(f"`{name}`", options, False, False)


def _check_end(kind: str, operation: str, found: object, options: CanonicalOptions, layouts: Layouts, at: str) -> None:
    wanted = Stream if kind == "stream" else Future
    if not isinstance(found, wanted):
        raise Malformed(f"`{kind}.{operation}`: expected the type of a {kind}, got another{at}")
    if operation not in ("read", "write") or found.element is None:
        return
    if options.memory is None:
        raise Malformed(f"`{kind}.{operation}`: expected a memory among its options, where values are passed, got none{at}")
    if operation == "read" and layouts.points(found.element) and options.realloc is None:
        raise Malformed(f"`{kind}.{operation}`: expected a realloc function among its options, for strings and lists, got none{at}")
