"""Annotations (LuaCATS) of what guests import: an editor completes by them the functions that a library has to have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from moonwit.host.values.names import listed
from moonwit.host.wasi.grants import grant_for, interface_of

if TYPE_CHECKING:
    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.host.wasm.component.component import Interface
    from moonwit.host.wasm.wit.types import Field, Function, Type

# Gives a type where it is used, and the parameters of a function with their types.
Named = Callable[["Type"], str]
Params = Callable[[Iterable["Field"]], Iterator[str]]

NAMESPACE = "imports"


def annotated(functions: Iterable[LoadedFunction], named: Named, params: Params) -> str:
    """Gives a class for each interface that components import and the host does not have, and an alias for each function."""
    from moonwit.host.wasm.component.component import Interface
    from moonwit.host.wasm.wit.types import Function

    importers: dict[str, list[str]] = {}
    items: dict[str, Interface | Function] = {}
    for function in functions:
        if not function.is_component:
            continue
        for name, item in function.binary.world.imports.items():
            if grant_for(name) is None and isinstance(item, Interface | Function):
                known = items.setdefault(interface_of(name), item)
                if known is item or type(known) is type(item):
                    importers.setdefault(interface_of(name), []).append(function.id)
    writer = _Writer(named, params)
    texts = []
    for name, item in items.items():
        head = f"---What answers `{name}`, which {listed(importers[name][:4])} import{'s' * (len(importers[name]) == 1)}.\n"
        full = f"{NAMESPACE}.{identifier(name)}"
        if isinstance(item, Function):
            texts.append(f"{head}---@alias {full} {writer.function(item)}\n")
        elif item.functions:
            texts.append(head + "".join(f"{line}\n" for line in writer.interface(full, item)))
    return "---@meta\n\n" + "\n".join(texts)


class _Writer:
    def __init__(self, named: Named, params: Params) -> None:
        self.named = named
        self.params = params

    def interface(self, full: str, item: Interface) -> Iterator[str]:
        """The lines of an interface's class; a resource in it has a class of its own, whose values are what the library makes them."""
        members: dict[str, list[str]] = {}
        own: list[str] = []
        for name, function in item.functions.items():
            kind, _, rest = name.rpartition("]")
            if not kind:
                own.append(f"---@field {identifier(name)} {self.function(function)}")
                continue
            resource, _, member = rest.partition(".")
            lines = members.setdefault(resource, [])
            lines.append(f"---@field {'new' if kind == '[constructor' else identifier(member)} {self.function(function)}")
        for resource in members:
            own.append(f"---@field {identifier(resource)} {full}.{identifier(resource)}")
        yield f"---@class {full}"
        yield from own
        for resource, lines in members.items():
            yield ""
            yield f"---@class {full}.{identifier(resource)}"
            yield from lines
            yield "---@field drop? fun(self: any)"

    def function(self, function: Function) -> str:
        """The type of a function of a library: of a result it returns the value, or nil and what went wrong."""
        from moonwit.host.wasm.wit.types import Result

        text = f"fun({', '.join(self.params(function.params))})"
        result = function.result
        if result is None:
            return text
        if isinstance(result, Result):
            ok = "nil" if result.ok is None else _optional(self.named(result.ok))
            return f"{text}: {ok}, {'any' if result.err is None else _optional(self.named(result.err))}"
        return f"{text}: {self.named(result)}"


def _optional(text: str) -> str:
    return text if text.endswith("?") else f"({text})?" if "|" in text else f"{text}?"


def identifier(name: str) -> str:
    """Makes a name valid in Lua."""
    return re.sub(r"\W", "_", name)
