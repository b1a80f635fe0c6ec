"""`moonwit init-editor`: what editors read of a project."""

from __future__ import annotations

from collections.abc import Sequence

from moonwit import terminal
from moonwit.arguments import read
from moonwit.failures import WrongUsage
from moonwit.projects.editors import SCHEMA, init_editor
from moonwit.projects.folders import load, named_folder, needed


def command(arguments: Sequence[str]) -> int:
    """Writes annotations, settings and the schema."""
    options, rest = read("init-editor", arguments, ("--project",))
    if len(rest) > 1 or (rest and options):
        raise WrongUsage("init-editor takes one folder", "init-editor")
    registry = load(named_folder(rest[0]) if rest else needed(options))
    count = init_editor(registry)
    functions = f"{count} {'function' if count == 1 else 'functions'}"
    terminal.write(f".moonwit/types: the standard library and {functions}; .luarc.json names them\n")
    terminal.write(f"{SCHEMA}: the schema of registry files\n")
    line = f"# yaml-language-server: $schema={SCHEMA}"
    files = dict.fromkeys(entry.file for entry in registry.entries.values())
    if any("yaml-language-server:" not in file.read_text(encoding="utf-8", errors="replace")[:2000] for file in files if file.exists()):
        terminal.write(f"have registry files name the schema in their first line: {line}\n")
    return 0
