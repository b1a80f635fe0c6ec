"""`moonwit call`: a function of the registry, with JSON in and JSON out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import moonwit
from moonwit import terminal
from moonwit.arguments import read
from moonwit.failures import Failure, WrongUsage
from moonwit.host.engine import worker
from moonwit.host.values import json_values
from moonwit.host.values.intermediate import Value
from moonwit.host.values.json_values import BadJson, Unshowable
from moonwit.interrupt import Running, wait
from moonwit.project import CallError, Project
from moonwit.projects.folders import chosen, show_problems
from moonwit.scripts import failed


def command(arguments: Sequence[str]) -> int:
    """Calls a function and prints its result as one line of JSON."""
    options, rest = read("call", arguments, ("--project",), stop=True)
    if not rest:
        raise WrongUsage("call needs the id of a function", "call")
    try:
        text = json_values.write(call(options, rest[0], rest[1:]))
    except Unshowable as error:
        raise Failure(f"{rest[0]} was called, but {error}") from None
    terminal.write(text + "\n")
    return 0


def call(options: Mapping[str, str], id: str, words: Sequence[str]) -> object:
    """Calls a function with arguments as they are typed. What it has printed is written when this returns."""
    values = read_values(id, words)
    with Running(moonwit.open(chosen(options, [Path()]))) as project:
        return call_in(project, id, values)


def read_values(id: str, words: Sequence[str]) -> list[Value]:
    """Reads arguments as they are typed."""
    values = []
    for number, word in enumerate(words, 1):
        try:
            values.append(_read(word))
        except BadJson as error:
            raise Failure(f"{id}: argument {number} {error}") from None
    return values


def _read(word: str) -> Value:
    """Reads an argument: JSON, or a string where it is not."""
    typed = os.fsencode(word)  # the bytes, whatever the locale takes them for
    try:
        return json_values.read(typed.decode())
    except (json.JSONDecodeError, UnicodeDecodeError):
        return typed


def call_in(project: Project, id: str, values: Sequence[Value]) -> object:
    """Calls a function of a project and shows the problems that come up."""
    known = show_problems(project.registry)
    try:
        name = id.encode("utf-8", "replace").decode()
        return wait(worker.start(lambda: project.call(name, *values)))
    except CallError as error:
        show_problems(project.registry, known)
        raise failed(error) from None
