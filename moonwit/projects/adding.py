"""A binary becomes an entry of a project: its file is copied in, and the registry file gets the lines for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from moonwit.failures import Failure

if TYPE_CHECKING:
    from moonwit.host.functions.binaries import Binary
    from moonwit.registry import Entry, Registry
    from moonwit.registry.document import Document

# Where binaries go in a project that has no folder of them yet.
FOLDER = "wasm"


class Added(NamedTuple):
    """What has come of it: the entry's id, its lines; no lines where it was there and only its hash was written, if that had changed."""

    id: str
    file: Path
    lines: tuple[str, ...]
    changed: bool = True


def add(registry: Registry, path: Path, name: str | None, wit: Path | None = None) -> Added:
    """Copies a `.wasm` or `.wat` file into the project and writes its entry; raises ``Failure``.

    An entry that has the file already is only given its new hash. ``wit`` is a file with the WIT of a core module's functions.
    """
    from moonwit.host.functions.binaries import BinaryProblem
    from moonwit.host.functions.inspect import read_file
    from moonwit.host.wasm.problems import Malformed, Refused

    try:
        found, is_text = read_file(path)
        return _Adding(registry, path, found, is_text, name, wit).add()
    except (BinaryProblem, Malformed, Refused) as error:
        raise Failure(str(error).rstrip(".")) from None


class _Adding:
    def __init__(self, registry: Registry, path: Path, found: Binary, is_text: bool, name: str | None, wit: Path | None) -> None:
        self.registry = registry
        self.path = path
        self.found = found
        self.is_text = is_text
        self.index = _registry_file(registry)
        self.namespace = _namespace(self.index)
        self.wanted = name
        self.wit = wit
        own = [each.name for each in registry.entries.values() if each.namespace == self.namespace]
        self.taken = dict.fromkeys(own, 1)

    def add(self) -> Added:
        from moonwit.host.functions.declaring import declaration, kind_of, unmade
        from moonwit.host.functions.exports import callable_exports
        from moonwit.projects.editing import Editing
        from moonwit.registry.names import NAME

        if self.wanted is not None and not NAME.match(self.wanted):
            raise Failure(f"--as {self.wanted}: a name has letters, digits, `_`, `-` and `.`")
        if (advice := unmade(self.found, self.path.name)) is not None:
            raise Failure(advice)
        kind = kind_of(self.found, self.is_text)
        if kind != "process.wasm" and not callable_exports(self.found) and self.wit is None:
            raise Failure(f"{self.path.name} exports no function that an entry could call; moonwit inspect {self.path} shows what it has")
        lines: list[str] = []
        target, source = self._text_file() if self.is_text else self._binary_file(lines)
        if (known := self._known(target)) is not None:
            return self._again(known, target)
        name = self._name()
        if lines:
            lines.append("")
        wit = None if self.wit is None else self._wit()
        lines += declaration(self.found, name, kind, source, wit=wit, method=self._declared())
        editing = Editing(self._document())
        editing.append(lines)
        _copy(self.path, target)
        editing.write()
        return Added(f"{self.namespace}:{name}", self.index, tuple(lines))

    def _name(self) -> str:
        from moonwit.host.functions.declaring import entry_name

        if self.wanted is None:
            return entry_name(self.path.stem.removesuffix(".component"), self.taken)
        if self.wanted in self.taken:
            raise Failure(f"there is an entry {self.namespace}:{self.wanted} already: give another name with --as, or remove it")
        return self.wanted

    def _document(self) -> Document:
        from moonwit.projects.editing import read_document

        return read_document(self.index)

    def _text_file(self) -> tuple[Path, list[str]]:
        from moonwit.host.functions.declaring import quoted

        real = self.path.resolve()
        target = real if real.is_relative_to(self.index.parent.resolve()) else self.index.parent / self.path.name
        relative = target.relative_to(self.index.parent.resolve() if target is real else self.index.parent)
        return target, [f"source: {quoted(f'file://{relative.as_posix()}')}"]

    def _binary_file(self, lines: list[str]) -> tuple[Path, list[str]]:
        """Finds where the file is to be, and the lines that say so; adds those of a folder's entry where there is none yet."""
        from moonwit.host.files.kinds import folder_of
        from moonwit.host.functions.declaring import entry_name, quoted

        real = self.path.resolve()
        folders = {each.id: folder_of(each, self.registry).resolve() for each in self._folders()}
        # The file may be in one of them already; the nearest is meant.
        holding = [id for id, folder in folders.items() if real.is_relative_to(folder)]
        used = list(dict.fromkeys(str(each.fields["fs"]) for each in self.registry.entries.values() if each.fields.get("fs") in folders))
        chosen = max(holding, key=lambda id: len(str(folders[id])), default=None) or next(iter(used), None)
        if chosen is None:
            name = reference = entry_name("binaries", self.taken)
            root = self.registry.root.resolve()
            folder = real.parent if real.is_relative_to(root) else root / FOLDER
            directory = f"./{folder.relative_to(root).as_posix()}".removesuffix("/.")
            lines += [f"  - name: {name}", "    kind: fs.directory", f"    directory: {quoted(directory)}"]
        else:
            folder = folders[chosen]
            namespace, _, name = chosen.partition(":")
            reference = name if namespace == self.namespace else chosen
        target = real if real.is_relative_to(folder.resolve()) else folder / self.path.name
        relative = target.relative_to(folder.resolve() if target is real else folder)
        return target, [f"fs: {reference}", f"path: {quoted('/' + relative.as_posix())}", f"hash: sha256:{self.found.sha256}"]

    def _folders(self) -> Iterator[Entry]:
        for entry in self.registry.entries.values():
            if entry.kind == "fs.directory" and "directory" in entry.fields and not self.registry.is_broken(entry.id):
                yield entry

    def _wit(self) -> str:
        assert self.wit is not None
        if not self.wit.is_file():
            raise Failure(f"the file {self.wit} does not exist; name one with WIT")
        real, base = self.wit.resolve(), self.index.parent.resolve()
        if not real.is_relative_to(self.registry.root.resolve()):
            raise Failure(f"the file {self.wit} is not in the project: copy it there")
        if real.is_relative_to(base):
            return f"file://{real.relative_to(base).as_posix()}"
        return f"file:///{real.relative_to(self.registry.root.resolve()).as_posix()}"

    def _declared(self) -> tuple[str, list[str]] | None:
        """Gives the only function that the WIT declares."""
        from moonwit.host.wasm.wit.wit import parse_wit
        from moonwit.host.wasm.wit.wit_lexer import WitError

        if self.wit is None:
            return None
        try:
            paths = list(parse_wit(self.wit.read_text(encoding="utf-8")).functions)
        except WitError as error:
            raise Failure(f"{self.wit}:{error.line}:{error.column}: {error.sentence}") from None
        except (OSError, UnicodeDecodeError):
            raise Failure(f"the file {self.wit} can't be read as text") from None
        return (paths[0], paths) if len(paths) == 1 else None

    def _known(self, target: Path) -> Entry | None:
        """Finds the entry that has the file."""
        from moonwit.host.files.kinds import folder_of

        for entry in self.registry.entries.values():
            if self.wanted is not None and entry.name != self.wanted:
                continue
            folder = self.registry.entries.get(str(entry.fields.get("fs")))
            if folder is not None and "directory" in folder.fields and "path" in entry.fields:
                if folder_of(folder, self.registry).resolve() / str(entry.fields["path"]).lstrip("/") == target.resolve():
                    return entry
            elif self.is_text and entry.kind == "function.wat" and _source(entry) == target.resolve():
                return entry
        return None

    def _again(self, entry: Entry, target: Path) -> Added:
        from moonwit.projects.locking import Change, write

        before, after = entry.fields.get("hash"), f"sha256:{self.found.sha256}"
        _copy(self.path, target)
        changed = not self.is_text and before != after
        if changed:
            write([Change(entry, None if before is None else str(before), after)])
        return Added(entry.id, entry.file, (), changed)


def _source(entry: Entry) -> Path | None:
    """Gives the file of text that an entry names."""
    pair = entry.pairs.get("source")
    text = getattr(pair[1], "text", "") if pair is not None else ""
    return entry.file.parent.resolve() / text.removeprefix("file://") if text.startswith("file://") else None


def _copy(source: Path, target: Path) -> None:
    if source.resolve() == target.resolve():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        raise Failure(f"{target} can't be written: {os.strerror(error.errno or 0).lower()}") from None


def _registry_file(registry: Registry) -> Path:
    """Chooses the registry file that gets the entry: the index nearest to the working directory, else the project's first file."""
    from moonwit.registry.reading.project import INDEXES

    files = list(dict.fromkeys(entry.file for entry in registry.entries.values()))
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if not folder.is_relative_to(registry.root.resolve()):
            break
        for name in INDEXES:
            if (folder / name).is_file() and _namespace(folder / name):
                return folder / name
    for base in (registry.root / "src", registry.root):
        if (base / INDEXES[0]).is_file():
            return base / INDEXES[0]
    if files:
        return files[0]
    raise Failure(f"there is no registry file in {registry.root}: write an _index.yaml with `namespace: name`")


def _namespace(file: Path) -> str:
    from moonwit.projects.editing import read_document
    from moonwit.registry.nodes import Mapping, Scalar

    root = read_document(file).root
    pair = root.get("namespace") if isinstance(root, Mapping) else None
    return pair[1].text if pair is not None and isinstance(pair[1], Scalar) else ""
