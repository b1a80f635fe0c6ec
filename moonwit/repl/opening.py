"""The registry of a session: the project's, files that are opened beside it, and reading both again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit.arguments import is_id
from moonwit.failures import Failure
from moonwit.projects.table import rows_of, table
from moonwit.repl.problems import Check, render
from moonwit.repl.session.knowledge import Knowledge
from moonwit.repl.session.session import Session

if TYPE_CHECKING:
    from moonwit.host.functions.binaries import Binary
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
        self._grants: dict[str, tuple[str, ...]] = {}  # namespace -> what its file is granted besides what is harmless
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
        """Gives the report on a file, or on the binary of an entry; raises ``Failure``."""
        from moonwit.host.functions.binaries import BinaryProblem
        from moonwit.host.functions.inspect import inspect_entry, inspect_file
        from moonwit.host.functions.loaded import KINDS, FunctionProblem
        from moonwit.host.functions.methods import UnknownMethod
        from moonwit.host.functions.whole import split

        try:
            if not is_id(name, (".wasm", ".wat")):
                return inspect_file(Path(name).expanduser())
            entry = self._entries.find(name)
            if isinstance(entry, dict):
                raise Failure(str(entry["message"]))
            if entry.kind not in KINDS:
                raise Failure(f"the entry {name} is of kind {entry.kind}, which has no binary; name a function.wat or function.wasm entry")
            assert self.registry is not None
            return inspect_entry(entry, self.registry, split(name)[1])
        except (BinaryProblem, UnknownMethod) as error:
            raise Failure(str(error)) from None
        except FunctionProblem as error:
            raise Failure(error.problem.sentence) from None

    def open(self, name: str, namespace: str | None, grants: Sequence[str] = ()) -> Sequence[str]:
        """Makes the functions of a WebAssembly file callable, and gives their ids; ``grants`` are names as in `imports:`.

        Raises ``Failure``.
        """
        _known(grants)
        path = Path(name).resolve()
        if not path.exists():
            raise Failure(f"the file {name} does not exist; name a .wasm or .wat file")
        wanted = namespace or "".join(c if c.isalnum() or c in "_-" else "_" for c in path.stem) or "opened"
        if wanted not in self._files and any(entry.namespace == wanted for entry in self._knowledge.ids(callable_only=False)):
            raise Failure(f"the project has a namespace {wanted}; write :open {name} as another name")
        before = self._grants.get(wanted, ())
        self._grants[wanted] = tuple(dict.fromkeys(grants))
        try:
            ids = self._enter(path, wanted)
        except Failure:
            self._grants[wanted] = before
            raise
        self._files[wanted] = path
        self._changed()
        return ids

    def grant(self, grants: Sequence[str], namespace: str | None) -> Sequence[str]:
        """Grants more to the files that are open, or to one; gives which. Their functions have new instances then. Raises ``Failure``."""
        _known(grants)
        chosen = [name for name in self._files if namespace in (None, name)]
        if not chosen:
            hint = f"open are {', '.join(self._files)}" if self._files else "open one with :open FILE"
            raise Failure(f"there is no open file{'' if namespace is None else f' {namespace}'}: {hint}")
        for name in chosen:
            self._grants[name] = tuple(dict.fromkeys((*self._grants.get(name, ()), *grants)))
            self._enter(self._files[name], name)
        self._changed()
        return chosen

    def granted(self) -> Sequence[str]:
        """Says of each open file what its functions are granted."""
        registry, lines = self.registry, []
        for namespace in self._files:
            entry = next((each for each in (registry.entries.values() if registry else ()) if each.namespace == namespace), None)
            given = entry.fields.get("imports") if entry is not None else None
            names = [str(each) for each in given] if isinstance(given, list) else []
            lines.append(f"{namespace}: {', '.join(names) or 'nothing'}")
        return lines

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
        from moonwit.host.functions.binaries import BinaryProblem
        from moonwit.host.functions.inspect import read_file
        from moonwit.host.wasm.problems import Malformed, Refused
        from moonwit.kinds import KINDS
        from moonwit.registry import load

        try:
            found, is_text = read_file(path)
            index = "\n".join(_declared(path, found, is_text, namespace, self._grants.get(namespace, ()))) + "\n"
        except (BinaryProblem, Malformed, Refused) as error:
            raise Failure(str(error)) from None
        with tempfile.TemporaryDirectory(prefix="moonwit-") as folder:
            (Path(folder) / "_index.yaml").write_text(index, encoding="utf-8")
            registry = load(Path(folder), KINDS)
        if registry.errors:
            raise Failure(f"{path.name} can't be opened: {registry.errors[0].sentence}")
        if self.registry is None:
            self._entries.registry = registry
        else:
            self.registry.entries.update(registry.entries)
        return [entry.id for entry in registry.entries.values() if entry.kind.startswith("function.")]


def _known(grants: Sequence[str]) -> None:
    """Refuses what no entry could grant."""
    from moonwit.host.functions.kinds import import_rule

    for name in grants:
        if (broken := import_rule(name)) is not None:
            sentence, hint = (broken, None) if isinstance(broken, str) else broken
            hint = hint() if callable(hint) else hint
            raise Failure(f"a grant {sentence}{f': {hint}' if hint else ''}")


def _declared(path: Path, found: Binary, is_text: bool, namespace: str, grants: Sequence[str]) -> Iterator[str]:
    """The lines of a registry file with an entry for each function of a binary."""
    from moonwit.host.functions.declaring import declaration, entry_name, groups, kind_of, quoted, unmade, usable

    if (advice := unmade(found, path.name)) is not None:
        raise Failure(advice)
    functions = usable(found)
    if not functions:
        raise Failure(f"{path.name} exports no function that could be called; :inspect {path} shows what it is")
    yield f"namespace: {namespace}"
    yield "entries:"
    taken: dict[str, int] = {}
    if is_text:
        # `$` begins a variable in the registry's strings.
        source = [f"source: {quoted(path.read_text(encoding='utf-8').replace('${env:', '$ {env:'))}"]
    else:
        folder = entry_name("binaries", taken)
        yield from (f"  - name: {folder}", "    kind: fs.directory", f"    directory: {quoted(str(path.parent))}")
        source = [f"fs: {folder}", f"path: {quoted('/' + path.name)}", f"hash: sha256:{found.sha256}"]
    alike, kind = groups(found), kind_of(found, is_text)
    for function in functions:
        yield from declaration(found, entry_name(function, taken), kind, source, method=(function, alike[function]), more=grants)
