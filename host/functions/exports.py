"""Entries without a `method`, which stand for all that their binaries export: what that is, and each of it as a function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moonwit.host.functions.loaded import LoadedFunction
from moonwit.host.wasm.plan.core_plan import CoreProblem, core_functions, derive
from moonwit.registry.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moonwit.host.functions.binaries import Binary
    from moonwit.host.wasm.binary.core_types import CoreType
    from moonwit.host.wasm.plan.plan import Plan

# Exports that serve the canonical ABI or the toolchain, and are not for a caller.
PLUMBING = re.compile(r"cabi_|_initialize\Z|_start\Z|__|\[dtor\]|.*#\[dtor\]")

# What tools add to components for themselves: componentize-py calls it while it builds.
_TOOLS = frozenset({"exports#init"})


def callable_exports(found: Binary, plan: Plan | None = None) -> list[str]:
    """Gives the exports that can be called: not the methods of resources, which are called through handles.

    ``plan`` is that of a core module under its `wit`; without one, its functions are those that a signature can be derived for.
    """
    if found.is_component:
        return [export for export in found.functions if "[method]" not in export and export not in _TOOLS]
    if plan is not None:
        return [export for export in plan.exports if not PLUMBING.match(export)]
    return [export for export, type in core_functions(found.core).items() if not PLUMBING.match(export) and _derives(export, type)]


def _derives(name: str, type: CoreType) -> bool:
    try:
        derive(name, type)
    except CoreProblem:
        return False
    return True


def parts(function: LoadedFunction) -> list[LoadedFunction]:
    """Gives all functions of an entry, of which ``function`` is one: only itself where the entry has a `method`."""
    if not function.is_part:
        return [function]
    found = function.binary
    exports = callable_exports(found, function.plan)
    types = found.functions if found.is_component else {export: lift.type for export, lift in function.plan.exports.items()}
    return [replace(function, export=export, signature=types[export]) for export in exports]


def names(exports: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Gives what the functions of a binary are called in a table of them, by export: `total`, or `carts.add` for one of an interface.

    An interface goes by the last part of its name where that is free, else by all of it; constructors and static functions are in a table
    named like their resource, the first as `new`. `_` stands for whatever no name in Lua may hold.
    """
    known = list(exports)
    roots = {_identifier(export) for export in known if "#" not in export}
    interfaces = list(dict.fromkeys(export.rpartition("#")[0] for export in known if "#" in export))
    short = {each: _identifier(each.partition("@")[0].rpartition("/")[2]) for each in interfaces}
    counts: dict[str, int] = {}
    for name in short.values():
        counts[name] = counts.get(name, 0) + 1
    found = {}
    for export in known:
        interface, sign, name = export.rpartition("#")
        of = short.get(interface, "")
        if counts.get(of, 0) > 1 or of in roots:
            of = _identifier(interface)
        found[export] = (*([of] if sign else []), *_own(name))
    return found


def _own(name: str) -> tuple[str, ...]:
    kind, _, rest = name.rpartition("]")
    if not kind:
        return (_identifier(name),)
    resource, _, member = rest.partition(".")
    return _identifier(resource), "new" if kind == "[constructor" else _identifier(member)


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)
