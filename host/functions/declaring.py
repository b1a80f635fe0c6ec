"""An entry for a binary, as `moonwit inspect` prints and `moonwit add` writes it: one that works as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from moonwit.host.functions.exports import callable_exports
from moonwit.host.functions.methods import UnknownMethod, alike, resolve
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasm.component.component import Interface
from moonwit.host.wasm.plan.core_plan import CoreProblem, core_functions, derive, is_command
from moonwit.host.wasm.wit.show import show_function
from moonwit.host.wasm.wit.types import Function
from moonwit.registry.reading.expansion import FILE
from moonwit.registry.scalars import LEGACY_BOOLEANS
from moonwit.registry.scalars import resolve as resolved

if TYPE_CHECKING:
    from moonwit.host.functions.binaries import Binary

Kind = Literal["function.wat", "function.wasm", "process.wasm"]

# What of the host gives a guest nothing that its entry does not name besides: folders by `wasi.mounts`, addresses by `wasi.network`,
# variables by `wasi.env`. Nearly every toolchain's start-up code calls some of it.
HARMLESS = frozenset({"wasi:cli", "wasi:io", "wasi:clocks", "wasi:random", "wasi:filesystem", "wasi:sockets", wasi.PREVIEW1})
_WARNED = {"wasi:http": "lets the guest send requests to any address", "funcs": "lets the guest call every function of the project"}
_HANDLERS = ("wasi:http/incoming-handler", "wasi:http/handler@0.3.")
_RUN = re.compile(r"wasi:cli/run(?:@[^#]*)?#run\Z")


def kind_of(found: Binary, is_text: bool) -> Kind:
    """Gives the kind of entry that a binary is for: a program, or functions."""
    if is_text:
        return "function.wat"
    if found.is_component:
        return "process.wasm" if found.functions and all(_RUN.match(export) for export in found.functions) else "function.wasm"
    return "process.wasm" if is_command(found.core) and not callable_exports(found) else "function.wasm"


def usable(found: Binary) -> list[str]:
    """Gives the functions of a binary, by their exports, that an entry can name in `method`."""
    return [export for export in callable_exports(found) if can_be_written(export)]


def declaration(
    found: Binary,
    name: str,
    kind: Kind,
    source: Iterable[str],
    *,
    method: tuple[str, list[str]] | None = None,
    wit: str | None = None,
    more: Iterable[str] = (),
) -> Iterator[str]:
    """Gives the lines of an entry, indented as an item of `entries:`.

    ``source`` are the lines that say where the binary is; ``wit`` is the text of `wit:`, and ``more`` is granted besides. ``method`` is an
    export with those that are called alike; without it a binary with one function has that, and the entry stands for all of one with
    several.
    """
    yield f"  - name: {plain(name)}"
    yield f"    kind: {kind}"
    yield from (f"    {line}" for line in source)
    if kind == "process.wasm":
        yield f"    meta: {{command: {{name: {plain(name)}}}}}"
    else:
        functions = [method[0]] if method else callable_exports(found)
        if method is None and len(functions) == 1 and wit is None and can_be_written(functions[0]):
            method = functions[0], groups(found)[functions[0]]
        if method is not None:
            yield f"    method: {quoted(shortest(*method))}"
        if any(export.startswith(_HANDLERS) for export in functions):
            yield "    transport: wasi-http"
    if wit is not None:
        yield f"    wit: {quoted(wit)}"
    yield from _imports(found, more)
    if wit is None and method is not None and not found.is_component and (signature := _derived(method[0], found)) is not None:
        yield f"    # wit: {quoted(signature)}  # derived: name the parameters, use types of your own"


def groups(found: Binary) -> dict[str, list[str]]:
    """Gives for each function those that are called alike."""
    return alike(found.functions if found.is_component else core_functions(found.core))


def granted(found: Binary) -> list[str]:
    """Gives the names to write in `imports:` for all that a binary imports of the host."""
    if not found.is_component:
        return [wasi.PREVIEW1] if any(each.module == wasi.PREVIEW1 for each in found.core.imports) else []
    return list(dict.fromkeys(grant for name in found.world.imports if (grant := wasi.grant_for(name)) is not None))


def _imports(found: Binary, more: Iterable[str]) -> Iterator[str]:
    names = granted(found)
    given = list(dict.fromkeys((*(name for name in names if name in HARMLESS), *more)))
    if given:
        yield f"    imports: [{', '.join(given)}]"
    for name in names:
        if name not in given:
            yield f"    # add {name} to `imports` where the code needs it: it {_WARNED.get(name, 'is not granted by itself')}"
    if found.is_component:
        # An interface that only names types is nothing to answer.
        items = found.world.imports.items()
        own = [name for name, item in items if wasi.grant_for(name) is None and (not isinstance(item, Interface) or item.functions)]
        for name in own[:_MOST_OWN]:
            answer = "any function" if isinstance(found.world.imports[name], Function) else "a library.lua or a component"
            yield f"    # add {{{wasi.interface_of(name)}: id}} to `imports`, with the id of {answer} that answers it"


_MOST_OWN = 24


def _derived(function: str, found: Binary) -> str | None:
    """A WIT text to start from, or None where the function's name can't be one of WIT."""
    name = function.replace("_", "-")
    try:
        signature = derive(function, core_functions(found.core)[function])
    except (CoreProblem, KeyError):
        return None
    return show_function(name, signature) if re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) else None


def entry_name(text: str, taken: dict[str, int], otherwise: str = "function") -> str:
    """Makes a name for an entry, of a function's or a file's, that is not ``taken``, which has the last number of each."""
    name = re.sub(r"\[\w+\]", "", text.rpartition("#")[2])
    name = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:100] or otherwise
    if name not in taken:
        taken[name] = 1
        return name
    number = taken[name] + 1
    while f"{name}_{number}" in taken:
        number += 1
    taken[name] = number
    taken[f"{name}_{number}"] = 1
    return f"{name}_{number}"


def shortest(function: str, exports: list[str]) -> str:
    """The shortest way to name a function in `method:` that means no other."""
    interface, sign, name = function.rpartition("#")
    plain = interface.partition("@")[0]
    for start in (plain.rpartition("/")[2], plain):
        try:
            if sign and resolve(exports, f"{start}#{name}") == function:
                return f"{start}#{name}"
        except UnknownMethod:
            continue
    return function


def can_be_written(function: str) -> bool:
    """Tells whether `method` can hold a function's name: nothing else than text, which is not replaced when the file is read."""
    return bool(function.strip()) and not function.startswith(FILE) and "${env:" not in function and "\0" not in function


def plain(name: str) -> str:
    """A name as YAML text: in quotes where it would be read as something else without them, as `no` and `0` would."""
    is_text = name[0].isalpha() and name not in LEGACY_BOOLEANS and resolved(name) == name
    return name if is_text else quoted(name)


def quoted(text: str) -> str:
    """A YAML string in double quotes, where JSON's own escapes do not suffice."""
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08X}" for c in text) + '"'


def unmade(found: Binary, name: str) -> str | None:
    """Says of a core module that its tool has made for a component what makes that of it; None for all others."""
    if found.is_component or not any(section.startswith(b"component-type") for section in _custom_sections(found.data)):
        return None
    target = name.removesuffix(".wasm") + ".component.wasm"
    adapt = " --adapt wasi_snapshot_preview1=ADAPTER.wasm" if any(each.module == wasi.PREVIEW1 for each in found.core.imports) else ""
    return f"It is the core module of a component, which is not made yet: wasm-tools component new {name}{adapt} -o {target}"


def _custom_sections(data: bytes) -> Iterator[bytes]:
    """Gives how the custom sections of a core module begin: with their names, each after its length."""
    at = 8
    while at < len(data):
        section, (size, start) = data[at], _number(data, at + 1)
        if section == 0:
            length, name = _number(data, start)
            yield data[name : min(name + length, start + size)]
        at = start + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Reads an unsigned LEB128 number of 32 bits, and gives where it ends; a binary that ends in it has nothing more."""
    value = shift = 0
    while at < len(data) and shift < 35:
        byte = data[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at
    return len(data), len(data)
