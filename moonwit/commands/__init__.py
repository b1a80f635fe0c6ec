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
    "new": Command("moonwit.commands.new", "make a project that runs at once, with a guest in C, Rust, Go, ..."),
    "repl": Command("moonwit.commands.repl", "an interactive session"),
    "run": Command("moonwit.commands.run", "run a Lua script, or a function for what it does"),
    "call": Command("moonwit.commands.call", "call a function and print its result as JSON"),
    "serve": Command("moonwit.commands.serve", "serve what a project declares over HTTP"),
    "add": Command("moonwit.commands.add", "make a binary an entry of the project"),
    "lock": Command("moonwit.commands.lock", "write the hashes of changed binaries into the project"),
    "test": Command("moonwit.commands.test", "run the tests of a project"),
    "check": Command("moonwit.commands.check", "look for every problem in a project"),
    "cluster": Command("moonwit.commands.cluster", "show the workers of a project's clusters, or be one"),
    "list": Command("moonwit.commands.list", "list the entries of a project"),
    "types": Command("moonwit.commands.types", "write annotations of a project's functions, for editors"),
    "init-editor": Command("moonwit.commands.init_editor", "write what editors read: annotations and the schema"),
    "schema": Command("moonwit.commands.schema", "print a JSON Schema of registry files, for editors"),
    "inspect": Command("moonwit.commands.inspect", "show what a WebAssembly binary exports and imports"),
    "completion": Command("moonwit.commands.completion", "print what a shell completes commands and options by"),
}
