"""Lua sources of entries, looked at without running them: syntax, the modules they list, and globals that are not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lupa.luajit21 import LuaRuntime

import moonwit.stdlib
from moonwit.registry import meant, nearest, shown

if TYPE_CHECKING:
    from moonwit.registry import Entry, Problem

KINDS = ("function.lua", "library.lua", "process.lua")

# A chunk is loaded, never run. `load` with "t" takes no bytecode, which would be unsafe.
_SETUP = rb"""
package.path, package.cpath = ..., ''
local load, names, uses = load, {}, require 'lua.scripts.globals'
for name in pairs(require 'stdlib.modules') do names[#names + 1] = name end
for name in pairs(require('lua.scripts.sandbox').libraries) do names[#names + 1] = name end
return function(source)
  if source:byte(1) == 27 then return ':1: bytecode can\'t be loaded, only text', '' end
  local chunk, problem = load(source, '=', 't')
  if not chunk then return problem, '' end
  local reads = {}
  for name, line in pairs(uses.read_in_vain(chunk)) do reads[#reads + 1] = line .. ' ' .. name end
  return nil, table.concat(reads, '\n')
end, table.concat(names, ' '), table.concat(require('lua.scripts.scripts').global_names(), ' ')
"""
# Ways to a global that its name does not show.
_INDIRECT = ("_G", "setfenv", "getfenv")
_MESSAGE = re.compile(r"\A:(\d+): (.*)\Z", re.DOTALL)
_TOKEN = re.compile(r" near '(.*)'\Z", re.DOTALL)
_AT_END = " near '<eof>'"
_MOST_TRIED = 50  # places of one token in one line
_LARGEST_TRIED = 256 * 1024  # of a source, in bytes


class LuaSources:
    """Checks sources in a Lua state of its own, which belongs to the thread that makes it."""

    def __init__(self) -> None:
        lua = LuaRuntime(register_eval=False, register_builtins=False, encoding=None, unpack_returned_tuples=True)
        # The folder above both rooms that hold Lua files.
        path = Path(str(moonwit.stdlib.__file__)).parent.parent / "?.lua"
        self._compile: Any
        self._compile, names, always = lua.execute(_SETUP, str(path).encode())
        self.modules: tuple[str, ...] = tuple(sorted(names.decode().split()))
        self.globals = frozenset(always.decode().split())

    def check(self, entry: Entry) -> Iterator[Problem]:
        """Gives the problems of a Lua entry's source and of the modules it lists."""
        source = entry.fields.get("source")
        if isinstance(source, str):
            if not source.strip():
                yield entry.problem(("source",), "the Lua source is empty")
            elif (broken := self._syntax(source)) is not None:
                line, column, sentence = broken
                yield entry.problem(("source",), f"the Lua source is not valid: {sentence}", within=(line, column))
            else:
                yield from self._undefined(entry, source)
        modules = entry.fields.get("modules")
        for index, name in enumerate(modules if isinstance(modules, list) else ()):
            if name not in self.modules:
                hint = meant(nearest(str(name), self.modules))
                yield entry.problem(("modules", index), f"there is no module {shown(str(name))}", hint)

    def _undefined(self, entry: Entry, source: str) -> Iterator[Problem]:
        """Warns of each global that a source reads and that nothing gives it."""
        imports, listed = entry.fields.get("imports"), entry.fields.get("modules")
        known = {*self.globals, *(imports if isinstance(imports, dict) else ()), *(listed if isinstance(listed, list) else ())}
        _, found = self._compile(source.encode("utf-8", "replace"))
        reads = {name: int(line) for line, name in (each.split(" ", 1) for each in found.decode("utf-8", "replace").splitlines())}
        if any(name in reads for name in _INDIRECT):
            return
        lines = source.split("\n")
        for name in sorted(reads.keys() - known, key=lambda name: (reads[name], name)):
            line = reads[name]
            place = re.search(rf"(?<![\w.:]){re.escape(name)}(?!\w)", lines[line - 1] if line <= len(lines) else "")
            hint = f"add `{name}` to the entry's `modules`" if name in self.modules else meant(nearest(name, sorted(known)))
            within = (line, place.start() + 1 if place else 1)
            yield entry.problem(("source",), f"there is no global {shown(name)}: it is nil", hint, severity="warning", within=within)

    def _syntax(self, source: str) -> tuple[int, int, str] | None:
        """Gives line, column and sentence of a syntax error."""
        message = self._message(source)
        if message is None:
            return None
        match = _MESSAGE.match(message)
        line, sentence = (int(match[1]), match[2]) if match else (1, message)
        return line, self._column(source, line, sentence), sentence

    def _message(self, source: str) -> str | None:
        problem, _ = self._compile(source.encode("utf-8", "replace"))
        return None if problem is None else problem.decode("utf-8", "replace")

    def _column(self, source: str, line: int, sentence: str) -> int:
        """Finds the column of the token that Lua names: the first whose end is where the text stops being a valid beginning."""
        lines = source.split("\n")
        text = lines[line - 1] if line <= len(lines) else ""
        token = _TOKEN.search(sentence)
        places = [] if token is None else [place.start() for place in re.finditer(re.escape(token[1]), text)]
        if len(places) > 1 and len(source) <= _LARGEST_TRIED:
            before = "\n".join([*lines[: line - 1], ""])
            for place in places[:_MOST_TRIED]:
                problem = self._message(before + text[: place + len(token[1] if token else "")])
                if problem is not None and not problem.endswith(_AT_END):
                    return place + 1
        if places:
            return places[0] + 1
        return len(text.rstrip()) + 1 if sentence.endswith(_AT_END) else len(text) - len(text.lstrip()) + 1
