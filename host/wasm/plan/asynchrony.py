"""Whether a component has anything of WASI 0.3. Only for one that has is its planning loaded (host/wasm/plan/tasks.py)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from moonwit.host.wasm.component.entities import ImportedFunction
from moonwit.host.wasm.wit.types import Function, Future, Stream, Type, parts

if TYPE_CHECKING:
    from moonwit.host.wasm.component.entities import Record

# Interfaces of WASI 0.3, whose functions are natives though they are not async.
_NEW: Final = re.compile(r"wasi:[^@]*@0\.3\.")


def needs_tasks(found: Record) -> bool:
    """Tells whether a component has anything of WASI 0.3."""
    origins = [each.function.origin for each in found.lowered]
    is_new = any(isinstance(each, ImportedFunction) and _NEW.match(each.interface or "") for each in origins)
    if found.builtins or is_new:
        return True
    functions = [(each.type, each.options) for each in found.lifted] + [(each.function.type, each.options) for each in found.lowered]
    return any(options.asynchronous or is_asynchronous(function) for function, options in functions)


def is_asynchronous(function: object) -> bool:
    """Tells whether a function is async, or passes streams or futures."""
    if not isinstance(function, Function):
        return False
    given = [param.type for param in function.params] + ([] if function.result is None else [function.result])
    return function.asynchronous or any(map(has_ends, given))


def has_ends(found: Type | None) -> bool:
    """Tells whether a type is or holds a stream or a future."""
    return isinstance(found, (Stream, Future)) or any(map(has_ends, parts(found)))
