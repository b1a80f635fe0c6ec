"""Lua's classes for the tables of lua/border, what Lua reads of such tables, and the constants that both sides have.

Run: python tests/border.py; writes the Lua files of lua/border anew, which tests/lua/test_border.py compares.
"""

from __future__ import annotations

import functools
import inspect
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from moonwit.host.files import waiting
from moonwit.host.http.serving import written
from moonwit.host.values import intermediate
from moonwit.host.wasi import look_ups
from moonwit.lua.border import answers, entries, messages, modules, outcomes, plans
from moonwit.lua.http import lanes
from moonwit.lua.pools import statistics
from moonwit.lua.values import buffer

ROOT = Path(__file__).parents[1]
MODULES = (answers, entries, messages, modules, outcomes, plans, look_ups, waiting, written)

HEAD = """---@meta
-- Made from {name}.py by `python tests/border.py`: annotations, which nothing loads.
"""

PLAIN = {str: "string", bytes: "string", int: "integer", float: "number", bool: "boolean", Any: "any"}
UNIONS = (typing.Union, types.UnionType, typing.Literal)

TABLES = {name: value for module in MODULES for name, value in vars(module).items() if typing.is_typeddict(value)}
ALIASES = {
    name: value
    for module in MODULES
    for name, value in vars(module).items()
    if typing.get_origin(value) in UNIONS and not hasattr(typing, name) and ".border." in module.__name__
}
KNOWN = {**vars(typing), **{name: value for module in MODULES for name, value in vars(module).items()}}


def class_file(module: types.ModuleType) -> Path:
    """Gives the file of a module's classes for Lua."""
    return ROOT / "lua" / "border" / f"{module.__name__.rpartition('.')[2]}.lua"


@functools.cache
def hints(table: type) -> Mapping[str, Any]:
    """Gives the fields of a table, with those that it inherits, and their types."""
    return typing.get_type_hints(table, KNOWN)


def optional(table: Any) -> set[str]:
    """Gives the fields that may be absent for Lua: left out, or None, which does not cross."""
    found = set(table.__optional_keys__) if not table.__total__ else set()
    for name, python in typing.get_type_hints(table, KNOWN, include_extras=True).items():
        if typing.get_origin(python) is typing.Required:
            found.discard(name)
        elif typing.get_origin(python) is typing.NotRequired or types.NoneType in typing.get_args(python):
            found.add(name)
    return found


def lua_type(python: Any) -> str:
    """Gives a type as LuaCATS writes it."""
    origin, parts = typing.get_origin(python), typing.get_args(python)
    if python in PLAIN:
        return PLAIN[python]
    if typing.is_typeddict(python):
        return f"border.{python.__name__}"
    if origin is typing.Literal:
        return "|".join("true" if part is True else f'"{part}"' for part in parts)
    if origin in (typing.Union, types.UnionType):
        return "|".join(dict.fromkeys(lua_type(part) for part in parts if part is not types.NoneType))
    if origin in (list, Sequence):
        inner = lua_type(parts[0])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin in (dict, Mapping):
        return f"table<{lua_type(parts[0])}, {lua_type(parts[1])}>"
    raise TypeError(f"{python!r} has no type in Lua")


def text(module: types.ModuleType) -> str:
    """Gives the classes of a module for Lua."""
    out = [HEAD.format(name=module.__name__.removeprefix("moonwit.").replace(".", "/"))]
    for name, value in ALIASES.items():
        if vars(module).get(name) is value:
            parts = [value] if typing.get_origin(value) is typing.Literal else typing.get_args(value)
            out.append(f"---@alias border.{name}\n" + "".join(f"---| {lua_type(part)}\n" for part in parts))
    for name, table in TABLES.items():
        if table.__module__ != module.__name__:
            continue
        lines = [f"---{line}".rstrip() for line in inspect.cleandoc(table.__doc__ or "").replace("``", "`").splitlines()]
        lines.append(f"---@class border.{name}")
        absent = optional(table)
        lines += [f"---@field {field}{'?' if field in absent else ''} {lua_type(python)}" for field, python in hints(table).items()]
        out.append("\n".join(lines) + "\n")
    return "\n".join(out)


# What both must know: names of constants, by the module that has them.
FACTS = {
    intermediate: ("DEPTH",),
    buffer: ("DEEP",),
    lanes: ("GUEST", "HANDLER", "INCOMING", "HANDLING", "VALUE", "ERROR", "TEXT", "RESPONSE", "HEAD", "CHUNK", "END", "PULL"),
    statistics: ("COUNTS",),
}
FACTS_FILE = ROOT / "lua" / "border" / "facts.lua"


def facts() -> str:
    """Gives lua/border/facts.lua."""
    out = ["-- What Python and Lua must both know: made by `python tests/border.py` from the modules that have it.", "return {"]
    for module, names in FACTS.items():
        out.append(f"  -- {module.__name__.removeprefix('moonwit.').replace('.', '/')}.py")
        for name in names:
            value = getattr(module, name)
            if isinstance(value, int):
                out.append(f"  {name} = {value},")
            else:
                out += [f"  {name} = {{", *(f"    '{each}'," for each in value), "  },"]
    return "\n".join([*out, "}", ""])


# What Lua reads -------------------------------------------------------------------------------------------------------


class Read(NamedTuple):
    """A field that Lua reads of a table that has crossed."""

    line: int
    path: str
    field: str
    declared: bool


_DECLARED = re.compile(r"^[ \t]*---@(?:type|param (\w+)) (border\.[\w.|]+)(\[\])?[^\n]*\n(?:[ \t]*---?[^\n]*\n)*([^\n]*)", re.MULTILINE)
_RETURNED = re.compile(r"^[ \t]*---@return (border\.\w+)\n(?:[ \t]*---?[^\n]*\n)*[^\n]*\bfunction\b[^\n]*$", re.MULTILINE)
_LOCAL = re.compile(r"\s*local (\w+)")
_WRITTEN = re.compile(r"(?:return|local \w+ =) \{")
_BLOCK = re.compile(r"\b(?:function|if|do|repeat|end|until)\b")
_BLANKED = re.compile(r"""--\[(=*)\[.*?\]\1\]|--[^\n]*|\[(=*)\[.*?\]\2\]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)


def _table_types(python: Any) -> list[type]:
    """Lists the tables that a field may hold, or the elements of a list that it holds."""
    if typing.is_typeddict(python):
        return [python]
    return [table for part in typing.get_args(python) for table in _table_types(part)]


def _named(text: str) -> list[type]:
    found: list[type] = []
    for name in text.split("|"):
        plain = name.removeprefix("border.")
        if plain != "nil":
            found += [TABLES[plain]] if plain in TABLES else _table_types(ALIASES[plain])
    return found


def _block_end(text: str, at: int, depth: int) -> int:
    """Gives where the block ends in which ``at`` lies, ``depth`` blocks further out."""
    for match in _BLOCK.finditer(text, at):
        depth += -1 if match[0] in ("end", "until") else 1
        if depth < 0:
            return match.start()
    return len(text)


def _reads_of(text: str, start: int, end: int, name: str, tables: Sequence[type]) -> Iterator[Read]:
    fields = {field: python for table in tables for field, python in hints(table).items()}
    for match in re.finditer(rf"(?<![\w.]){name}((?:\.\w+)+)(\s*=(?!=))?", text[start:end]):
        known, at = fields, name
        for step in match[1][1:].split("."):
            line = text.count("\n", 0, start + match.start()) + 1
            yield Read(line, at, step, step in known)
            if step not in known:
                break
            inner = _table_types(known[step])
            if not inner or typing.get_origin(known[step]) in (list, dict, Sequence, Mapping):
                break
            known, at = {field: python for table in inner for field, python in hints(table).items()}, f"{at}.{step}"
    # What a loop gives of a list.
    for match in re.finditer(rf"for \w+, (\w+) in i?pairs\({name}\.(\w+)(?: or \{{\}})?\) do", text[start:end]):
        inner = _table_types(fields.get(match[2]))
        if inner:
            yield from _reads_of(text, start + match.end(), _block_end(text, start + match.end(), 0), match[1], inner)


def _written(text: str, at: int, tables: Sequence[type]) -> Iterator[Read]:
    """Lists the fields of the table constructor that begins at ``at``, without those of tables in it."""
    known, depth = {field for table in tables for field in hints(table)}, 0
    for match in re.finditer(r"[{}()]|(?<![\w.])(\w+) =(?!=)", text[at:]):
        if match[1] is None:
            depth += 1 if match[0] in "{(" else -1
            if depth == 0:
                return
        elif depth == 1:
            yield Read(text.count("\n", 0, at + match.start()) + 1, "{}", match[1], match[1] in known)


def reads(text: str) -> Iterator[Read]:
    """Lists what a Lua text reads of variables that it declares to hold a table of the border, and the fields of such tables that it makes:
    in the declaration, or where a function returns one."""
    plain = _BLANKED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for match in _DECLARED.finditer(text):
        if match[3]:
            continue
        name = match[1] or _LOCAL.match(match[4])[1]
        begin = match.end() if match[1] is None else match.start(4) + match[4].rindex(")") + 1
        # A parameter is known to the end of its function, a local to the end of its block.
        yield from _reads_of(plain, begin, _block_end(plain, begin, 0), name, _named(match[2]))
        if match[1] is None and (made := _WRITTEN.search(plain, match.start(4), match.end(4))):
            yield from _written(plain, made.end() - 1, _named(match[2]))
    for match in _RETURNED.finditer(text):
        begin = plain.rindex(")", 0, match.end())
        for made in _WRITTEN.finditer(plain, begin, _block_end(plain, begin, 0)):
            if made[0].startswith("return"):
                yield from _written(plain, made.end() - 1, _named(match[1]))


if __name__ == "__main__":
    for each in MODULES:
        class_file(each).write_text(text(each), encoding="utf-8")
    FACTS_FILE.write_text(facts(), encoding="utf-8")
