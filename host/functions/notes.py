"""Notes on what an entry grants to its guest: too little, too much, or for nothing. None of them keeps a function from running."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from moonwit.host.functions import unprovided
from moonwit.host.functions.providers import provided
from moonwit.host.values.names import listed, shown
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasi.network import CLOSED, LINE, network
from moonwit.host.wasm.component.component import Interface
from moonwit.host.wasm.plan.core_plan import START, core_functions, initializer, is_command
from moonwit.registry.problems import Problem

if TYPE_CHECKING:
    from moonwit.host.functions.binaries import Binary
    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.registry.entries import Entry

# What nearly every toolchain imports for the case that a program ends early or asks for its arguments.
_USUAL = frozenset({"wasi:cli/environment", "wasi:cli/exit"})

# What of `wasi:` needs which interface to be seen.
_SEEN_BY = {
    "args": ("wasi:cli/environment", "wasi:cli"),
    "cwd": ("wasi:cli/environment", "wasi:cli"),
    "env": ("wasi:cli/environment", "wasi:cli"),
    "mounts": ("wasi:filesystem/preopens", "wasi:filesystem"),
    "network": ("wasi:sockets/network", "wasi:sockets"),
}


def notes(entry: Entry, function: LoadedFunction) -> Iterator[Problem]:
    """Compares what a binary imports with what its entry grants."""
    written = entry.fields.get("imports")
    given = written if isinstance(written, list) else []
    used = _used(function.binary)
    what = "component" if function.is_component else "module"
    answered = {answer.interface and wasi.interface_of(answer.interface) for answer in function.answers}
    missing = [name for name in used if _is_grantable(name) and not wasi.grants(name, function.grants) and name not in answered]
    missing = [name for name in missing if name not in _USUAL and not wasi.links(name, ())]
    if missing:
        them = "it" if len(missing) == 1 else "them"
        grants = dict.fromkeys(grant for name in missing if (grant := wasi.grant_for(name)))
        sentence = f"the {what} imports {listed(missing)}, which the entry does not grant: a call of {them} fails"
        hint = f"if the code uses {them}, add {listed(list(grants))} to `imports`"
        yield entry.problem(("imports",), sentence, hint, severity="note")
    for index, name in enumerate(given):
        if not isinstance(name, str):
            continue
        if not any(wasi.grants(each, [name]) for each in used) and not _is_harmless(name):
            sentence = f"the entry grants {shown(name)}, and the {what} imports nothing of it"
            yield entry.problem(("imports", index), sentence, "remove it", severity="note")
    yield from _unseen(entry, function)
    yield from _closed(entry, given, function)
    yield from unprovided.notes(entry, function.binary, provided(function.answers))
    if (unready := _not_started(function)) is not None:
        yield entry.problem(("method",), unready, "build it as a reactor, or run it as a `process.wasm`", severity="note")


def _not_started(function: LoadedFunction) -> str | None:
    """Says of a function of a program that the program's `_start` is not called before it."""
    found = function.binary
    if found.is_component or function.export == START or not is_command(found.core):
        return None
    if initializer(found.core, core_functions(found.core)) is not None:
        return None
    return f"the module is a program, whose `{START}` is not called before {shown(function.export)}: what it sets up is not there"


def _unseen(entry: Entry, function: LoadedFunction) -> Iterator[Problem]:
    """Tells what of `wasi:` no guest with these grants can see."""
    given = entry.fields.get("wasi")
    granted = function.grants
    if not isinstance(given, Mapping) or (not function.is_component and wasi.PREVIEW1 in granted):
        return
    for field, (interface, grant) in _SEEN_BY.items():
        if given.get(field) and not wasi.grants(interface, granted):
            sentence = f"`wasi.{field}` has no effect: the entry does not grant {grant}"
            yield entry.key_problem(("wasi", field), sentence, f"add {grant} to `imports`", severity="warning")


def _closed(entry: Entry, given: list[str], function: LoadedFunction) -> Iterator[Problem]:
    """Tells that sockets without an address reach nothing."""
    used = [name for name in _used(function.binary) if name.startswith("wasi:sockets")]
    at = next((index for index, name in enumerate(given) if any(wasi.grants(each, [name]) for each in used)), None)
    if at is not None and network(function.wasi.get("network")) == CLOSED:
        sentence = f"the entry grants {shown(given[at])}, and `wasi.network` names no address: its sockets reach nothing"
        yield entry.problem(("imports", at), sentence, f"write what they may reach: `{LINE}`", severity="note")


def _used(found: Binary) -> list[str]:
    """The interfaces that a component imports something of, without their versions; a module's are the names it imports from."""
    if not found.is_component:
        return list(dict.fromkeys(each.module for each in found.core.imports))
    # An interface that only names types is nothing to call.
    imports = found.world.imports.items()
    called = (name for name, item in imports if not isinstance(item, Interface) or item.functions or item.others or item.types)
    return list(dict.fromkeys(wasi.interface_of(name) if wasi.grant_for(name) else name for name in called))


def _is_grantable(name: str) -> bool:
    return wasi.grant_for(name) is not None


def _is_harmless(name: str) -> bool:
    """Tells whether a name grants nothing by itself, as streams do: it may stand there for completeness."""
    return wasi.interface_of(name).startswith(("wasi:io", "wasi:poll"))
