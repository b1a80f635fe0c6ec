"""What a lane gets of an entry in Lua."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from moonwit.lua.scripts import files

if TYPE_CHECKING:
    from moonwit.lua.border.plans import LuaSource
    from moonwit.registry import Entry, Registry


def lua_source(entry: Entry, registry: Registry) -> LuaSource:
    """Describes an entry in Lua: its text, and what that may require."""
    fields, origin = entry.fields, entry.origin("source")
    imports, limit, method, modules = fields.get("imports"), fields.get("limits"), fields.get("method"), fields.get("modules")
    # LuaJIT shows "@" names as they are; an inline source counts its own lines.
    name = f"={entry.id}" if origin is None else f"@{_relative(origin, registry)}"
    told: LuaSource = {
        "id": entry.id,
        "source": str(fields["source"]),
        "chunkname": name,
        "modules": modules if isinstance(modules, list) else [],
        "places": files.of_entry(registry.root, (entry.file if origin is None else origin).parent),
    }
    if isinstance(method, str) and method:
        told["method"] = method
    if isinstance(limit, dict) and isinstance(milliseconds := limit.get("max_execution_ms"), int) and milliseconds:
        told["limit_ms"] = milliseconds
    if isinstance(imports, dict):
        told["imports"] = {str(alias): lua_source(registry.entries[str(id)], registry) for alias, id in imports.items()}
    return told


def _relative(path: Path, registry: Registry) -> str:
    return str(path.relative_to(registry.root)) if path.is_relative_to(registry.root) else str(path)
