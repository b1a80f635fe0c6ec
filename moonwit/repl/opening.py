"""The registry of a session: the project's, files that are opened beside it, and reading both again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moonwit.arguments import is_id
from moonwit.failures import Failure
from moonwit.projects.table import rows_of, table
from moonwit.repl.problems import Check, render
from moonwit.repl.session.knowledge import Knowledge
from moonwit.repl.session.session import Session

if TYPE_CHECKING:
    from moonwit.lua.calls.entries import Entries
    from moonwit.registry import Registry


class Opening:
    """Loads and changes what the session's ids stand for."""

    def __init__(self, entries: Entries, folder: Path | None, knowledge: Knowledge, check: Check | None = None) -> None:
        self._entries = entries
        self._folder = folder
        self._knowledge = knowledge
        self._check = check
        self._files: dict[str, Path] = {}  # namespace -> file
        self.session: Session | None = None

    @property
    def registry(self) -> Registry | None:
        """The registry as it is now."""
        return self._entries.registry

    def load_project(self) -> str:
        """Loads the project's registry and gives its problems as text; the rest of the project is looked at meanwhile."""
        if self._folder is None:
            return ""
        from moonwit.projects.folders import load

        self._entries.registry = load(self._folder)
        problems = self._entries.registry.problems
        if self._check is not None:
            self._check.begin(self._folder, problems)
        return render(problems)

    def summary(self) -> Sequence[str]:
        """Names the project and how many functions it has."""
        count = sum(1 for _ in self._knowledge.ids())
        functions = f"{count:,} {'function' if count == 1 else 'functions'}"
        return ["no project"] if self._folder is None else [f"project {self._folder.resolve().name}", functions]

    def table(self, pattern: str, width: int) -> str:
        """Gives the table of entries whose id has the pattern in it, or fits it."""
        registry = self.registry
        if registry is None or not registry.entries:
            return "no entries\n"
        wanted = [entry for entry in registry.entries.values() if not pattern or pattern in entry.id or fnmatch(entry.id, pattern)]
        return table(rows_of(wanted, registry), width) if wanted else f"no entry fits {pattern}\n"

    def inspect(self, name: str) -> str:
        """Gives the report on a file, or on the binary of an entry."""
        from moonwit.host.functions.binaries import BinaryProblem
        from moonwit.host.functions.inspect import inspect_entry, inspect_file
        from moonwit.host.functions.loaded import KINDS, FunctionProblem

        try:
            if not is_id(name, (".wasm", ".wat")):
                return inspect_file(Path(name).expanduser())
            entry = self._entries.find(name)
            if isinstance(entry, dict):
                raise Failure(str(entry["message"]))
            if entry.kind not in KINDS:
                raise Failure(f"the entry {name} is of kind {entry.kind}, which has no binary; name a function.wat or function.wasm entry")
            assert self.registry is not None
            return inspect_entry(entry, self.registry)
        except BinaryProblem as error:
            raise Failure(str(error)) from None
        except FunctionProblem as error:
            raise Failure(error.problem.sentence) from None

    def open(self, name: str, namespace: str | None) -> Sequence[str]:
        """Makes the functions of a WebAssembly file callable, and gives their ids."""
        path = Path(name).resolve()
        if not path.exists():
            raise Failure(f"the file {name} does not exist; name a .wasm or .wat file")
        wanted = namespace or "".join(c if c.isalnum() or c in "_-" else "_" for c in path.stem) or "opened"
        if wanted not in self._files and any(entry.namespace == wanted for entry in self._knowledge.ids(callable_only=False)):
            raise Failure(f"the project has a namespace {wanted}; write :open {name} as another name")
        ids = self._enter(path, wanted)
        self._files[wanted] = path
        self._changed()
        return ids

    def reload(self) -> str:
        """Reads everything again; gives what came of it as text."""
        try:
            told = [self.load_project()]
            if self._folder is None:
                self._entries.registry = None
            for namespace, path in self._files.items():
                # What can't be read now stays opened: the next time may find it mended.
                try:
                    self._enter(path, namespace)
                except Failure as error:
                    told.append(f"error: {error.sentence}")
        finally:
            # Whatever happened, what was known is of the registry of before.
            self._changed()
        return "\n".join(filter(None, [*told, ", ".join(self.summary())]))

    def _changed(self) -> None:
        self._knowledge.forget()
        if self.session is not None:
            self.session.forget()

    def _enter(self, path: Path, namespace: str) -> Sequence[str]:
        """Declares a file's functions as `moonwit inspect` would write them, and adds them to the registry."""
        import yaml

        from moonwit.host.functions.binaries import BinaryProblem
        from moonwit.host.functions.inspect import inspect_file
        from moonwit.kinds import KINDS
        from moonwit.registry import load

        try:
            report = inspect_file(path)
        except BinaryProblem as error:
            raise Failure(str(error)) from None
        _, found, index = report.partition("# _index.yaml\n")
        if not found:
            raise Failure(f"{path.name} exports no function that could be called; :inspect {path} shows what it is")
        document: dict[str, Any] = yaml.safe_load(index)
        document["namespace"] = namespace
        for entry in document["entries"]:
            if entry["kind"] == "fs.directory":
                entry["directory"] = str(path.parent)
            elif entry["kind"] == "function.wat":
                # `$` begins a variable in the registry's strings.
                entry["source"] = path.read_text(encoding="utf-8").replace("${env:", "$ {env:")
        with tempfile.TemporaryDirectory(prefix="moonwit-") as folder:
            (Path(folder) / "_index.yaml").write_text(json.dumps(document), encoding="utf-8")
            registry = load(Path(folder), KINDS)
        if registry.errors:
            raise Failure(f"{path.name} can't be opened: {registry.errors[0].sentence}")
        if self.registry is None:
            self._entries.registry = registry
        else:
            self.registry.entries.update(registry.entries)
        return [entry.id for entry in registry.entries.values() if entry.kind.startswith("function.")]
