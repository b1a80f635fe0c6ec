"""The commands by name: the module that holds each, imported when the command is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple


class Command(NamedTuple):
    """Where a command is (a module of moonwit with a function ``command``), and what it is for."""

    module: str
    summary: str

    def run(self, arguments: Sequence[str]) -> int:
        """Runs the command and gives its exit code."""
        status: int = import_module(self.module).command(arguments)
        return status


COMMANDS: Mapping[str, Command] = {
    "repl": Command("moonwit.repl.command", "an interactive session"),
    "run": Command("moonwit.run", "run a Lua script, or a function for what it does"),
    "call": Command("moonwit.call", "call a function and print its result as JSON"),
    "serve": Command("moonwit.serve", "serve what a project declares over HTTP"),
    "check": Command("moonwit.check", "look for every problem in a project"),
    "list": Command("moonwit.listing", "list the entries of a project"),
    "types": Command("moonwit.types", "write annotations of a project's functions, for editors"),
    "schema": Command("moonwit.schema", "print a JSON Schema of registry files, for editors"),
    "inspect": Command("moonwit.inspection", "show what a WebAssembly binary exports and imports"),
}
