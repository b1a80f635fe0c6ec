"""What a worker needs of a project to call its functions: an archive named by the SHA-256 of what is in it."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit.host.environment.variables import VariableProblem, environment_of
from moonwit.host.files.kinds import real_folder
from moonwit.registry import inside
from moonwit.registry.names import shown
from moonwit.registry.record import record

if TYPE_CHECKING:
    from moonwit.registry import Entry, Registry

# What an archive may hold; it is kept by the scheduler, and by each worker.
MOST_BYTES = 512 * 1024 * 1024

# Files beside those that entries name: what the project says, and what its Lua files may require.
_REGISTRY = (".yaml", ".yml")
_LUA = ("lua", "lua_modules/share/lua/5.1")
_VARIABLE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)")
_EPOCH = (1980, 1, 1, 0, 0, 0)


class ArchiveProblem(Exception):
    """The files of a project can't be sent; the message is a sentence."""


@record
class Archive:
    """A project as workers get it.

    ``environ`` are the variables that its registry files name, ``variables`` the values of its entries of kind `env.variable` by id, both
    as the caller has them; ``folders`` what is written and where that is of each folder that is shared, by id.
    """

    sha256: str
    data: bytes
    environ: Mapping[str, str]
    variables: Mapping[str, str]
    folders: Mapping[str, tuple[str, str]]


@record
class Files:
    """The files of a project as workers get them, and the names of the variables that its registry files name."""

    data: bytes
    named: frozenset[str]


def collect(registry: Registry) -> Files:
    """Reads the files that functions need; raises ``ArchiveProblem`` for those that are too large, or can't be read."""
    files: dict[str, bytes] = {}
    total = 0
    for path in sorted(set(_files(registry))):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ArchiveProblem(f"the file {shown(str(path))} can't be sent to the cluster: {error.strerror}") from None
        total += len(content)
        if total > MOST_BYTES:
            raise ArchiveProblem(f"what the functions need is more than {MOST_BYTES >> 20} MiB, the most that is sent to a cluster")
        files[path.relative_to(registry.root).as_posix()] = content
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    texts = [content.decode("utf-8", "replace") for name, content in files.items() if name.endswith(_REGISTRY)]
    return Files(out.getvalue(), frozenset(name for text in texts for name in _VARIABLE.findall(text)))


def make(registry: Registry, files: Files, environ: Mapping[str, str], last: Archive | None = None) -> Archive:
    """Makes the archive of files and of what the environment is now; ``last``, which was made of the same files, where that is the same."""
    given = {name: environ[name] for name in sorted(files.named) if name in environ}
    variables = dict(_variables(registry))
    if last is not None and (last.environ, last.variables) == (given, variables):
        return last
    digest = hashlib.sha256(files.data + repr((sorted(given.items()), sorted(variables.items()))).encode()).hexdigest()
    folders = {
        entry.id: (str(entry.fields["directory"]), str(real_folder(entry, registry)))
        for entry in registry.entries.values()
        if entry.kind == "fs.directory" and entry.fields.get("shared") is True
    }
    return Archive(digest, files.data, given, variables, folders)


def _variables(registry: Registry) -> Iterator[tuple[str, str]]:
    environment = environment_of(registry)
    for entry in registry.entries.values():
        if entry.kind != "env.variable" or registry.is_broken(entry.id):
            continue
        try:
            value = environment.lookup(entry.id)
        except VariableProblem:
            continue
        if value is not None:
            yield entry.id, value


def _files(registry: Registry) -> Iterator[Path]:
    root = registry.root
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in ("node_modules", "__pycache__"))
        yield from (Path(folder, name) for name in names if name.endswith(_REGISTRY) and not Path(folder, name).is_symlink())
    for place in _LUA:
        yield from (path for path in (root / place).rglob("*.lua") if path.is_file() and inside(root, str(path.relative_to(root))))
    for entry in registry.entries.values():
        yield from _of_entry(entry, registry)


def _of_entry(entry: Entry, registry: Registry) -> Iterator[Path]:
    for name in entry.fields:
        if (origin := entry.origin(name)) is not None:
            yield from _within(origin, registry)
            if origin.suffix == ".lua":
                # What is beside a script may be required.
                yield from (path for path in origin.parent.rglob("*.lua") if path.is_file() and not path.is_symlink())
    if "fs" in entry.fields and "path" in entry.fields:
        folder = registry.entries.get(str(entry.fields["fs"]))
        if folder is not None:
            yield from _within(real_folder(folder, registry) / str(entry.fields["path"]).lstrip("/"), registry)


def _within(path: Path, registry: Registry) -> Iterator[Path]:
    if path.is_file():
        if not path.resolve().is_relative_to(registry.root.resolve()):
            raise ArchiveProblem(f"the file {shown(str(path))} lies outside of the project, so that it can't be sent to a cluster")
        yield path
