"""`moonwit lock`: the hashes of changed binaries, written into the registry files."""

from __future__ import annotations

from collections.abc import Sequence

from moonwit import terminal
from moonwit.arguments import flag, read
from moonwit.failures import WrongUsage
from moonwit.projects.folders import load, named_folder, needed
from moonwit.projects.locking import Change, changes, write
from moonwit.registry.problems import shorten


def command(arguments: Sequence[str]) -> int:
    """Writes the hashes and says which, or with `--check` only says it; gives 1 where something is left to do."""
    checks, arguments = flag("--check", arguments)
    options, rest = read("lock", arguments, ("--project",))
    if len(rest) > 1 or (rest and options):
        raise WrongUsage("lock takes one folder", "lock")
    registry = load(named_folder(rest[0]) if rest else needed(options))
    found, sentences = [], []
    for each in changes(registry):
        if isinstance(each, Change):
            found.append(each)
        else:
            sentences.append(each)
    if not checks:
        write(found)
    for entry, before, after in found:
        terminal.write(f"{shorten(entry.file)}: {entry.id}: {_short(before)} -> {_short(after)}\n")
    for sentence in sentences:
        terminal.complain(sentence)
    if not found and not sentences:
        terminal.write("every hash is that of its binary\n")
    return 1 if sentences or (checks and found) else 0


def _short(hash: str | None) -> str:
    """Gives the beginning of a hash."""
    if not hash:
        return "no hash"
    return hash[:19] if hash.startswith("sha256:") else hash[:40]
