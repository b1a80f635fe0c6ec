"""Checks canonical definitions: a lifted or lowered function's signature against the core functions and memories it is given."""

from __future__ import annotations

from contextlib import suppress

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.component.entities import CanonicalOptions, CoreItem, Func, LiftedFunction, Lowered, Record
from moonwit.host.wasm.problems import Malformed, Refused, Unsupported
from moonwit.host.wasm.wit.flatten import REALLOC, Layouts
from moonwit.host.wasm.wit.types import Function, Type


def check_lift(path: str | None, lifted: LiftedFunction, layouts: Layouts) -> None:
    """Checks a lifted function; ``path`` is where it is exported, if it is. Raises Malformed, or Unsupported for utf16 and the like."""
    function = lifted.type
    assert isinstance(function, Function)
    what = f"the function lifted at byte {lifted.offset}" if path is None else f"the export `{path}`"
    refuse_memory(what, lifted.options)
    expected = layouts.lifted(function)
    check_type(what, "its core function", lifted.core, expected)
    params, result = [param.type for param in function.params], [] if function.result is None else [function.result]
    spilled = layouts.spilled(function)
    given = spilled[0] or points(layouts, params)
    check_options(what, lifted.options, given or spilled[1] or points(layouts, result), given)
    check_encoding(what, lifted.options, points(layouts, params + result))
    if lifted.options.post_return is not None:
        check_type(what, "its post-return function", lifted.options.post_return, CoreType(expected.results, ""))


def check_lower(lowered: Lowered, layouts: Layouts) -> None:
    """Checks a lowered function."""
    function = lowered.function.type
    assert isinstance(function, Function)
    what = f"the lowered function {name_of(lowered.function)}"
    refuse_memory(what, lowered.options)
    params, result = [param.type for param in function.params], [] if function.result is None else [function.result]
    spilled = layouts.spilled(function)
    returned = points(layouts, result)
    check_options(what, lowered.options, any(spilled) or returned or points(layouts, params), returned)
    check_encoding(what, lowered.options, points(layouts, params + result))


def check_nested(record: Record, layouts: Layouts) -> None:
    """Checks what a component does that nobody may ever instantiate: it must be valid, but Moonwit need not take it."""
    for lifted in record.lifted:
        if isinstance(lifted.type, Function) and not lifted.options.asynchronous:
            with suppress(Unsupported, Refused):
                check_lift(None, lifted, layouts)
    for lowered in record.lowered:
        if isinstance(lowered.function.type, Function) and not lowered.options.asynchronous:
            with suppress(Unsupported, Refused):
                check_lower(lowered, layouts)


def name_of(function: Func) -> str:
    """Names a function by where it comes from."""
    if isinstance(function.origin, LiftedFunction):
        return f"that is lifted at byte {function.origin.offset}"
    interface, name = function.origin.interface, function.origin.name
    return f"`{name}`" if interface is None else f"`{interface}#{name}`"


def points(layouts: Layouts, types: list[Type]) -> bool:
    """Tells whether any of ``types`` holds a string or a list."""
    return any(map(layouts.points, types))


def check_type(what: str, role: str, item: CoreItem, expected: CoreType) -> None:
    """Checks the type of a core function."""
    if item.type != expected:
        raise Malformed(f"{what} does not fit: {role} should be {expected}, but is {item.type}")


def check_options(what: str, options: CanonicalOptions, memory: bool, realloc: bool) -> None:
    """Checks that memory and realloc are there when needed, and of the right type."""
    if memory and options.memory is None:
        raise Malformed(f"{what} passes values through memory, but names no memory")
    if options.realloc is not None and options.memory is None:
        raise Malformed(f"{what} names a realloc function, but no memory")
    if realloc and options.realloc is None:
        raise Malformed(f"{what} takes values into memory, but names no realloc function")
    if options.realloc is not None:
        check_type(what, "its realloc function", options.realloc, REALLOC)


def is_beyond(options: CanonicalOptions) -> bool:
    """Tells whether the memory is of a kind that Moonwit does not take."""
    return options.memory is not None and (options.memory.export.memory64 or options.memory.export.shared)


def refuse_memory(what: str, options: CanonicalOptions) -> None:
    """Refuses such a memory, before anything is compared with what functions look like in a common one."""
    if is_beyond(options):
        assert options.memory is not None
        kind = "is shared between threads" if options.memory.export.shared else "has 64-bit addresses"
        raise Refused(f"Of {what}, the memory {kind}, which Moonwit does not take yet.")


def check_encoding(what: str, options: CanonicalOptions, needed: bool) -> None:
    """Checks the encoding of strings."""
    if needed and options.encoding != "utf8":
        raise Unsupported(f"Of {what}, strings are encoded as {options.encoding}, and the direct call path takes utf8 only.")
