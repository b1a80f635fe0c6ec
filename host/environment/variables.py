"""What an environment variable is at the moment: entries of kind `env.variable` looked up in their storages."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, ref

from moonwit.host.environment.kinds import DEFAULT_MODE, file_of, variable_of
from moonwit.host.environment.storages import MemoryStorage, OsStorage, Refused, RouterStorage, StaticStorage, Storage, Unusable
from moonwit.registry.names import shown

if TYPE_CHECKING:
    from moonwit.registry.entries import Entry
    from moonwit.registry.registry import Registry

# A value longer than this is not an environment variable, and a process can't be given it.
MAX_VALUE = 128 * 1024


class VariableProblem(Exception):
    """A variable can't be read or set. ``kind`` is one of the kinds of errors in Lua; ``entry`` is the id of the variable's
    entry, or what was given for it. The message is a sentence."""

    def __init__(self, kind: str, message: str, entry: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.entry = entry


class Environment:
    """The variables of a project. Its methods may be called from any thread; each looks at the storages anew."""

    def __init__(self, registry: Registry, environ: Mapping[str, str] | None = None) -> None:
        # Weak, because `environment_of` keeps an Environment for as long as its registry is there.
        self._registry = ref(registry)
        self._os = OsStorage(os.environ if environ is None else environ)
        self._storages: dict[str, Storage] = {}
        self._lock = threading.Lock()
        # The values by id where they were looked up elsewhere: on a worker, by its caller.
        self.given: Mapping[str, str] | None = None

    @property
    def registry(self) -> Registry:
        registry = self._registry()
        assert registry is not None, "whoever uses an Environment holds its registry"
        return registry

    def lookup(self, id: str) -> str | None:
        """Gives the value of an `env.variable` entry, else its default, else None; raises ``VariableProblem``."""
        return self._value(self._variable(id))

    def resolve(self, granted: Iterable[Mapping[str, object]]) -> dict[str, str]:
        """Gives the environment of a guest from the items of its `wasi.env` (`id`, `name`, `required`), by name.

        What has no value is left out; a required one raises ``VariableProblem`` of kind NotFound that names its entry.
        """
        found: dict[str, str] = {}
        for item in granted:
            entry = self._variable(str(item["id"]))
            value = self._value(entry)
            if value is not None:
                found[str(item["name"])] = value
            elif item.get("required"):
                storage = shown(str(entry.fields["storage"]))
                message = (
                    f"the required environment variable {shown(str(item['name']))} has no value: "
                    f"set {shown(variable_of(entry))} in {storage}, or give the entry {entry.id} a default"
                )
                raise VariableProblem("NotFound", message, entry.id)
        return found

    def find(self, name: str) -> str:
        """Gives the id of the entry meant by an id, by a name in a storage, or by an entry's name; raises ``VariableProblem``."""
        if name in self.registry.entries:
            return self._variable(name).id
        variables = [entry for entry in self.registry.entries.values() if entry.kind == "env.variable"]
        found = [entry.id for entry in variables if variable_of(entry) == name]
        found = found or [entry.id for entry in variables if entry.name == name]
        if len(found) > 1:
            raise VariableProblem("Invalid", f"{shown(name)} is the name of several variables: write {' or '.join(found)}", name)
        return found[0] if found else self._variable(name).id

    def set(self, id: str, value: str) -> None:
        """Sets the value of an `env.variable` entry in its storage; raises ``VariableProblem``."""
        entry = self._variable(id)
        if entry.fields.get("readonly"):
            raise VariableProblem("PermissionDenied", f"the variable {entry.id} is read only (`readonly: true`)", entry.id)
        if "\0" in value or len(value) > MAX_VALUE:
            what = "holds a NUL character" if "\0" in value else f"is {len(value)} characters long, and {MAX_VALUE} are possible"
            raise VariableProblem("Invalid", f"the value for {entry.id} {what}", entry.id)
        storage = str(entry.fields["storage"])
        try:
            self._storage(storage).set(variable_of(entry), value)
        except Refused as error:
            raise VariableProblem("PermissionDenied", f"the variable {entry.id} can't be set in {storage}: {error}", entry.id) from None
        except Unusable as error:
            raise VariableProblem("Unavailable", f"the variable {entry.id} can't be set in {storage}: {error}", entry.id) from None

    def all(self) -> dict[str, str]:
        """Gives every variable that has a value, by its name in its storage; by its id where several have that name."""
        registry = self.registry
        variables = [each for each in registry.entries.values() if each.kind == "env.variable" and not registry.is_broken(each.id)]
        named: dict[str, int] = {}
        for entry in variables:
            named[variable_of(entry)] = named.get(variable_of(entry), 0) + 1
        found = {}
        for entry in variables:
            value = self._value(entry)
            if value is not None:
                found[variable_of(entry) if named[variable_of(entry)] == 1 else entry.id] = value
        return found

    def _variable(self, id: str) -> Entry:
        entry = self.registry.entries.get(id)
        if entry is None:
            near = self.registry.nearest(id)
            hint = f", did you mean {near}?" if near and self.registry.entries[near].kind == "env.variable" else ""
            raise VariableProblem("NotFound", f"there is no environment variable {shown(id)}{hint}", id)
        if entry.kind != "env.variable":
            raise VariableProblem("Invalid", f"the entry {entry.id} is of kind {entry.kind}, not env.variable", id)
        if self.registry.is_broken(id):
            raise VariableProblem("Invalid", f"the entry {entry.id} can't be used: `moonwit check` says what is wrong", id)
        return entry

    def _value(self, entry: Entry) -> str | None:
        if self.given is not None:
            return self.given.get(entry.id)
        storage = str(entry.fields["storage"])
        try:
            value = self._storage(storage).get(variable_of(entry))
        except Unusable as error:
            raise VariableProblem("Unavailable", f"the variable {entry.id} can't be looked up in {storage}: {error}", entry.id) from None
        if value is None:
            default = entry.fields.get("default")
            return None if default is None else str(default)
        if "\0" in value or not _is_utf8(value):
            raise VariableProblem("Invalid", f"the value of the variable {entry.id} in {storage} is not UTF-8 text without NUL", entry.id)
        return value

    def _storage(self, id: str) -> Storage:
        storage = self._storages.get(id)
        if storage is not None:
            return storage
        with self._lock:
            # A router of routers is a router of what they lead to; one that is reached again has nothing new.
            leaves: dict[str, Storage] = {}
            seen, waiting = set(), [id]
            while waiting:
                here = waiting.pop()
                if here in seen:
                    continue
                seen.add(here)
                entry = self.registry.entries[here]
                if entry.kind == "env.storage.router":
                    listed = entry.fields.get("storages")
                    waiting.extend(reversed([str(each) for each in listed] if isinstance(listed, list) else []))
                else:
                    leaves[here] = self._storages[here] = self._made(entry)
            if id not in leaves:
                self._storages[id] = RouterStorage(list(leaves.values()))
            return self._storages[id]

    def _made(self, entry: Entry) -> Storage:
        fields = entry.fields
        if entry.id in self._storages:
            return self._storages[entry.id]
        if entry.kind == "env.storage.os":
            return self._os
        if entry.kind == "env.storage.memory":
            return MemoryStorage()
        if entry.kind == "env.storage.static":
            given = fields.get("values")
            return StaticStorage(given if isinstance(given, dict) else {})
        from moonwit.host.environment.files import FileStorage

        mode = int(str(fields.get("file_mode") or DEFAULT_MODE), 8)
        return FileStorage(file_of(entry, self.registry), bool(fields.get("auto_create")), mode)


def _is_utf8(text: str) -> bool:
    # Bytes of the process's environment that are not UTF-8 arrive as surrogates.
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_known: WeakKeyDictionary[Registry, Environment] = WeakKeyDictionary()
_making = threading.Lock()


def environment_of(registry: Registry, environ: Mapping[str, str] | None = None) -> Environment:
    """Gives the one Environment of a registry; ``environ`` stands in for the process's environment when it is made."""
    with _making:
        found = _known.get(registry)
        if found is None:
            found = _known[registry] = Environment(registry, environ)
        return found
