"""Checks canonical definitions: a lifted or lowered function's signature against the core functions and memories it is given."""

from __future__ import annotations

from contextlib import suppress

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.component.entities import CanonicalOptions, CoreItem, ImportedFunction, LiftedFunction, Lowered, Record
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.host.wasm.wit.flatten import MOST_PARAMS, REALLOC, REALLOC64, Layouts
from moonwit.host.wasm.wit.types import MOST_FIXED, Function, Type

# What a callback is given: an event, and two numbers that belong to it; it gives what to do next.
CALLBACK = CoreType("iii", "i")


def check_lift(export: str | None, lifted: LiftedFunction, layouts: Layouts) -> None:
    """Checks a lifted function; ``export`` is where it is exported, if it is."""
    function = lifted.type
    assert isinstance(function, Function)
    what = name_of(lifted, export)
    layouts, options = in_memory(what, lifted.options, layouts), lifted.options
    check_async(what, options, function)
    expected = layouts.lifted_async(function, options.callback is not None) if options.asynchronous else layouts.lifted(function)
    check_type(what, "its core function", lifted.core, expected)
    if options.callback is not None:
        check_type(what, "its callback", options.callback, CALLBACK)
    params, result = [param.type for param in function.params], [] if function.result is None else [function.result]
    spilled = layouts.spilled(function)
    given = spilled[0] or points(layouts, params)
    through = spilled[1]
    if options.asynchronous:
        through = len(layouts.flat(result[0])) > MOST_PARAMS if result else False
    check_options(what, lifted.options, given or through or points(layouts, result), given)
    if lifted.options.post_return is not None:
        check_type(what, "its post-return function", lifted.options.post_return, CoreType(expected.results, ""))


def check_lower(lowered: Lowered, layouts: Layouts) -> None:
    """Checks a lowered function."""
    function = lowered.function.type
    assert isinstance(function, Function)
    what = f"the lowered function {name_of(lowered.function.origin)}"
    layouts = in_memory(what, lowered.options, layouts)
    params, result = [param.type for param in function.params], [] if function.result is None else [function.result]
    spilled = layouts.spilled(function)
    returned, through = points(layouts, result), any(spilled)
    check_async(what, lowered.options, function)
    if lowered.options.asynchronous:
        through = bool(result) or len(layouts.lowered_async(function).params) < len("".join(map(layouts.flat, params)))
    check_options(what, lowered.options, through or returned or points(layouts, params), returned)


def check_nested(record: Record, layouts: Layouts) -> None:
    """Checks what a component does that nobody may ever instantiate: it must be valid, but Moonwit need not take it."""
    for lifted in record.lifted:
        if isinstance(lifted.type, Function):
            with suppress(Refused):
                check_lift(None, lifted, layouts)
    for lowered in record.lowered:
        if isinstance(lowered.function.type, Function):
            with suppress(Refused):
                check_lower(lowered, layouts)


def is_for_host(what: str, options: CanonicalOptions, function: Function, layouts: Layouts) -> bool:
    """Tells whether the host itself can pass the values of a function, whose code knows 32-bit memories and UTF-8; raises ``Refused``."""
    passed = [param.type for param in function.params] + ([] if function.result is None else [function.result])
    for each in passed:
        if layouts.largest(each) > MOST_FIXED:
            sentence = f"values hold a list of a fixed length of more than {MOST_FIXED}, which Moonwit takes only between components"
            raise Refused(f"Of {what}, {sentence}.")
    return is_plain(options) or not (is_wide(options) or points(layouts, passed))


def check_async(what: str, options: CanonicalOptions, function: Function) -> None:
    """Checks the options of WASI 0.3; raises ``Malformed``."""
    if options.asynchronous and not function.asynchronous:
        raise Malformed(f"{what} has the canonical option `async`, which an async function type is needed for, and its own is not")
    if options.asynchronous and options.post_return is not None:
        raise Malformed(f"{what} is async and has a post-return function, and can't have both")
    if options.callback is not None and not options.asynchronous:
        raise Malformed(f"{what} has a callback, and is not async")


def is_plain(options: CanonicalOptions) -> bool:
    """Tells whether values are passed as the host's own code knows it."""
    return options.encoding == "utf8" and not is_wide(options)


def name_of(origin: ImportedFunction | LiftedFunction, export: str | None = None) -> str:
    """Names a function by where it comes from."""
    if export is not None:
        return f"the export `{export}`"
    if isinstance(origin, LiftedFunction):
        return f"the function lifted at byte {origin.offset}"
    return f"`{origin.name}`" if origin.interface is None else f"`{origin.interface}#{origin.name}`"


def points(layouts: Layouts, types: list[Type]) -> bool:
    """Tells whether any of ``types`` holds a string or a list."""
    return any(map(layouts.points, types))


def check_type(what: str, role: str, item: CoreItem, expected: CoreType) -> None:
    """Checks the type of a core function; raises ``Malformed``."""
    if item.type != expected:
        raise Malformed(f"{what}: expected {expected} as {role}, got {item.type}")


def check_options(what: str, options: CanonicalOptions, memory: bool, realloc: bool) -> None:
    """Checks that memory and realloc are there when needed, and of the right type; raises ``Malformed``."""
    if memory and options.memory is None:
        raise Malformed(f"{what} passes values through memory, but names no memory")
    if options.realloc is not None and options.memory is None:
        raise Malformed(f"{what} names a realloc function, but no memory")
    if realloc and options.realloc is None:
        raise Malformed(f"{what} takes values into memory, but names no realloc function")
    if options.realloc is not None:
        check_type(what, "its realloc function", options.realloc, REALLOC64 if is_wide(options) else REALLOC)


def is_wide(options: CanonicalOptions) -> bool:
    """Tells whether the memory has 64-bit addresses."""
    return options.memory is not None and options.memory.export.memory64


def is_shared(options: CanonicalOptions) -> bool:
    """Tells whether threads share the memory."""
    return options.memory is not None and options.memory.export.shared


def in_memory(what: str, options: CanonicalOptions, layouts: Layouts) -> Layouts:
    """Gives the layouts for the memory that values pass through; raises ``Refused`` for one of a kind that Moonwit does not take."""
    if is_shared(options):
        raise Refused(f"Of {what}, the memory is shared between threads, which Moonwit does not take yet.")
    return layouts.wide if is_wide(options) else layouts
