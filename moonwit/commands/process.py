"""`moonwit run NAME` and `moonwit run list`: the processes of a project as commands, each with arguments and an exit code."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from moonwit import terminal
from moonwit.failures import Failure
from moonwit.host.engine import worker
from moonwit.interrupt import wait
from moonwit.project import CallError
from moonwit.projects.folders import load, show_problems

if TYPE_CHECKING:
    from pathlib import Path

    from moonwit.project import Project
    from moonwit.registry import Entry, Registry

KINDS = ("process.wasm", "process.lua")
MAX_STATUS = 255


def find(registry: Registry | None, word: str) -> Entry | None:
    """Gives the process that a word names, by its command or by its id; None where it names none."""
    from moonwit.host.programs.processes import commands

    if registry is None:
        return None
    ids = {command.name: command.id for command in commands(registry)}
    entry = registry.entries.get(ids.get(word, word))
    return entry if entry is not None and entry.kind in KINDS else None


def near(registry: Registry | None, word: str) -> str:
    """Gives "; did you mean ...?" for the command that was probably meant, or where to find them."""
    from moonwit.host.programs.processes import commands
    from moonwit.registry import nearest, shown

    found = nearest(word, [command.name for command in commands(registry)] if registry is not None else [])
    return "" if found is None else f"; did you mean {shown(found)}?"


def run(project: Project, entry: Entry, words: Sequence[str]) -> int:
    """Runs a process with its arguments and gives its exit status; raises ``Failure``."""
    from moonwit.host.functions.whole import is_guest, is_program

    known = show_problems(project.registry)
    assert project.registry is not None
    if project.registry.is_broken(entry.id):
        raise Failure(f"the process {entry.id} can't be run: it has the problems above, or something it needs has")
    if is_program(entry):
        return _run_program(project, entry, words)
    return _run_function(project, entry, words, known) if is_guest(entry) else _run_lua(project, entry, words, known)


def _run_program(project: Project, entry: Entry, words: Sequence[str]) -> int:
    from moonwit.commands.program import run as run_program
    from moonwit.host.functions.loaded import FunctionProblem
    from moonwit.host.programs.processes import program
    from moonwit.host.wasi.world import WorldProblem

    registry = project.registry
    assert registry is not None
    try:
        made = program(entry, registry, tuple(words))
    except FunctionProblem as error:
        registry.report(error.problem)
        raise Failure(f"the process {entry.id} can't be run: {error.problem.sentence}") from None
    except WorldProblem as error:
        raise Failure(f"the process {entry.id} can't be run: {error.message}") from None
    return run_program(project, made)


# Runs a function with words of the command line. The first word is its id; the second has the form of each of the others, as
# `_form` gives it: text is taken as it stands where it is not quoted as WAVE; any other is WAVE, and text where it is none. Its last
# character is `-` where nothing is to be printed.
_FUNCTION = b"""
local funcs, wit = require 'funcs', require 'wit'
local words = { ... }
local id, texts, count = words[1], words[2], #words - 2

local function read(word, form)
  local is_option = form == 'o' and (word == 'none' or word:find '^some%(.*%)$')
  if form ~= 'w' and not is_option and not (word:find '^".*"$' or word:find "^'.*'$") then return word end
  local value, err = wit.decode(word)
  if err then return word end
  if value == wit.none then return nil end
  return value
end

local values = {}
for i = 1, count do values[i] = read(words[i + 2], texts:sub(i, i)) end
local value, err = funcs.call(id, unpack(values, 1, count))
if err then error(err, 0) end
if texts:sub(-1) == '-' then return end
if type(value) == 'string' then
  print(value)
else
  local text, bad = wit.encode(value)
  if bad then error(bad, 0) end
  print(text)
end
"""


def _run_function(project: Project, entry: Entry, words: Sequence[str], known: Sequence[object]) -> int:
    """Calls the function of a `process.wasm` with words as WAVE or text, and prints its result."""
    from moonwit.host.functions.loaded import FunctionProblem
    from moonwit.host.wasm.wit.show import show_signature
    from moonwit.scripts import failed

    try:
        function = wait(worker.start(lambda: project.entries.loaded(entry)))
    except FunctionProblem as error:
        assert project.registry is not None
        project.registry.report(error.problem)
        raise Failure(f"the process {entry.id} can't be run: {error.problem.sentence}") from None
    parameters = function.signature.params
    if len(words) != len(parameters):
        expected = f"{len(parameters)} argument{'' if len(parameters) == 1 else 's'}"
        raise Failure(f"{entry.id}: expected {expected}, got {len(words)}: {show_signature(function.signature)}")
    texts = "".join(_form(parameter.type) for parameter in parameters)
    texts += "-" if _is_silent(function.signature.result) else "+"
    arguments: list[str | bytes] = [entry.id, texts, *(os.fsencode(word) for word in words)]
    try:
        return wait(worker.start(lambda: project.start_script(_FUNCTION, f"={entry.id}", arguments).result()))
    except CallError as error:
        if terminal.reader_is_gone():
            return 1
        raise failed(error) from None


def _form(type: object) -> str:
    """Tells how words for a WIT type are read: "t" as text, "o" as text that may be absent, "w" as WAVE."""
    from moonwit.host.wasm.wit import types as wit

    if isinstance(type, wit.Option):
        return "w" if _form(type.some) == "w" else "o"
    return "t" if type in (wit.Primitive("string"), wit.Primitive("char")) else "w"


def _is_silent(type: object) -> bool:
    """Tells whether a call that has gone well gives nothing to print."""
    from moonwit.host.wasm.wit import types as wit

    return type is None or (isinstance(type, wit.Result) and type.ok is None)


def _run_lua(project: Project, entry: Entry, words: Sequence[str], known: Sequence[object]) -> int:
    from moonwit.scripts import failed

    arguments = [os.fsencode(word) for word in words]
    try:
        value = wait(worker.start(lambda: project.call(entry.id, *arguments)))
    except CallError as error:
        if terminal.reader_is_gone():
            return 1
        show_problems(project.registry, [problem for problem in project.registry.problems if problem in known] if project.registry else [])
        raise failed(error) from None
    return status_of(value)


def status_of(value: object) -> int:
    """Gives the exit status that a Lua process's value stands for: an integer itself, false 1, anything else 0."""
    if value is False:
        return 1
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return 0
    return int(value) if 0 <= value <= MAX_STATUS else MAX_STATUS


def show_commands(folder: Path) -> int:
    """Prints the commands of a project, each with what it does."""
    from moonwit.host.programs.processes import commands

    registry = load(folder)
    show_problems(registry)
    found = commands(registry)
    if not found:
        terminal.write("no commands: a process.lua or process.wasm with `meta: {command: {name: ..., short: ...}}` is one\n")
        return 0
    width = max(len(command.name) for command in found)
    lines = (terminal.clean(f"{command.name:<{width}}  {command.short or command.id}").rstrip() for command in found)
    terminal.write("".join(line + "\n" for line in lines))
    return 0
