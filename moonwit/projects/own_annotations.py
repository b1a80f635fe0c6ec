"""The types of functions in Lua as their sources say them, by the annotations (LuaCATS) above the function that an entry is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from moonwit.stubs import type_end

if TYPE_CHECKING:
    from moonwit.registry import Entry, Registry

_TAG = re.compile(r"\s*---@(param|return)\s+(.*)")
_NAME = re.compile(r"(\w+\??|\.\.\.)\s+")


class LuaFunction(NamedTuple):
    """A function in Lua: the id it is called by, its parameters as `name: type`, and the types of its results."""

    id: str
    params: tuple[str, ...]
    returns: tuple[str, ...]


def lua_functions(registry: Registry) -> Iterator[LuaFunction]:
    """Gives the functions in Lua whose sources say types."""
    for entry in registry.entries.values():
        if entry.kind == "function.lua" and not registry.is_broken(entry.id) and (found := _function(entry)) is not None:
            yield found


def _function(entry: Entry) -> LuaFunction | None:
    source, method = entry.fields.get("source"), entry.fields.get("method")
    lines = source.split("\n") if isinstance(source, str) else []
    at = _header(lines, method if isinstance(method, str) else None)
    if at is None:
        return None
    params: list[str] = []
    returns: list[str] = []
    first = at
    while first > 0 and lines[first - 1].lstrip().startswith("--"):
        first -= 1
    for line in lines[first:at]:
        match = _TAG.match(line)
        if match is None:
            continue
        text = match[2].strip()
        if match[1] == "return":
            returns.append(text[: type_end(text)])
        elif (name := _NAME.match(text)) is not None:
            rest = text[name.end() :]
            params.append(f"{name[1]}: {rest[: type_end(rest)]}")
    return LuaFunction(entry.id, tuple(params), tuple(returns)) if params or returns else None


def _header(lines: list[str], method: str | None) -> int | None:
    """Finds the line where the function begins: the method, or what the source returns, by its name or as it stands there."""
    if method is None:
        for at in reversed(range(len(lines))):
            if re.match(r"\s*return\s+function\b", lines[at]):
                return at
            if (match := re.match(r"\s*return\s+(\w+)\s*$", lines[at])) is not None:
                method = match[1]
                break
    if method is None:
        return None
    name = re.escape(method)
    pattern = re.compile(rf"\s*(?:(?:local\s+)?function\s+(?:[\w.]+[.:])?{name}\s*\(|(?:local\s+)?(?:[\w.]+\.)?{name}\s*=\s*function\b)")
    return next((at for at in reversed(range(len(lines))) if pattern.match(lines[at])), None)
