"""The hashes of a project's binaries: which entries say another one than their file has, and the registry files with the right ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from moonwit.failures import Failure

if TYPE_CHECKING:
    from moonwit.projects.editing import Editing
    from moonwit.registry import Entry, Registry

# Kinds of entries that say the hash of a file.
KINDS = ("function.wasm", "process.wasm")


class Change(NamedTuple):
    """An entry whose hash is not that of its file: what it says, None where it says nothing, and what the file has."""

    entry: Entry
    before: str | None
    after: str


def changes(registry: Registry) -> Iterator[Change | str]:
    """Gives what is to be written; or a sentence for an entry whose file can't be read."""
    from moonwit.host.files.kinds import folder_of
    from moonwit.host.functions.binaries import BinaryProblem, no_binary, read_below
    from moonwit.registry.nodes import Scalar

    known: dict[tuple[Path, str], str] = {}
    for entry in registry.entries.values():
        if entry.kind not in KINDS or "path" not in entry.fields:
            continue
        folder = registry.entries.get(str(entry.fields.get("fs")))
        if folder is None or folder.kind != "fs.directory" or "directory" not in folder.fields:
            continue  # which is a problem of its own
        file = (folder_of(folder, registry), str(entry.fields["path"]))
        if file not in known:
            try:
                data = read_below(*file)
            except BinaryProblem as error:
                yield f"{entry.id}: {error}"
                continue
            if (sentence := no_binary(file[1], data)) is not None:
                yield f"{entry.id}: {sentence}"
                continue
            known[file] = f"sha256:{sha256(data).hexdigest()}"
        pair = entry.pairs.get("hash")
        node = pair[1] if pair is not None else None
        written = node.text if isinstance(node, Scalar) else None
        said = str(entry.fields["hash"]) if "hash" in entry.fields else written
        if said != known[file]:
            yield Change(entry, said, known[file])


def write(found: Iterable[Change]) -> None:
    """Writes hashes into the registry files, in place; raises ``Failure``."""
    from moonwit.projects.editing import Editing
    from moonwit.registry.nodes import Scalar

    files: dict[Path, Editing] = {}
    done: set[tuple[Path, int, int]] = set()
    for entry, _, after in found:
        if entry.file not in files:
            files[entry.file] = Editing(entry.document)
        editing = files[entry.file]
        pair = entry.pairs.get("hash")
        if pair is None:
            editing.add_field(entry, "path", f"hash: {after}")
            continue
        node = pair[1]
        if not isinstance(node, Scalar):
            raise Failure(f"{entry.file}:{node.line}:{node.column}: expected a hash here; write {after}")
        # Several entries may say the same one, by an alias.
        if (place := (entry.file, node.line, node.column)) not in done:
            done.add(place)
            editing.replace(node, after)
    for editing in files.values():
        editing.write()


def take(registry: Registry) -> Sequence[Change]:
    """Lets every entry have the hash that its file has now, in memory only: for development, where binaries change all the time."""
    found = [change for change in changes(registry) if isinstance(change, Change)]
    for change in found:
        change.entry.fields["hash"] = change.after
    return found
