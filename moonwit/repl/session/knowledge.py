"""What is known without running anything: the registry's functions with their signatures, and the standard library's documentation."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from moonwit.stubs import Doc, docs

if TYPE_CHECKING:
    from moonwit.host.wasm.wit.types import Function, Type
    from moonwit.lua.calls.entries import Entries
    from moonwit.registry import Entry

_MOST_PARTS = 40  # functions of one entry


class Knowledge:
    """Answers about ids and names; may be asked from any thread."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._signatures: dict[str, Function | None] = {}
        self._lock = threading.Lock()

    @property
    def docs(self) -> Mapping[str, Doc]:
        """The documentation by name."""
        return docs()

    def ids(self, *, callable_only: bool = True) -> Iterator[Entry]:
        """Gives the entries, in the order of the project."""
        registry = self._entries.registry
        for entry in list(registry.entries.values()) if registry else []:
            if not callable_only or entry.kind.startswith("function."):
                yield entry

    def callable(self, prefix: str, most: int) -> list[str]:
        """Gives what can be called by ids that begin with ``prefix``, so many at most: of a whole binary its functions."""
        from moonwit.host.functions.exports import parts
        from moonwit.host.functions.loaded import KINDS, FunctionProblem
        from moonwit.host.functions.whole import is_whole

        found: list[str] = []
        for entry in sorted(self.ids(), key=lambda entry: entry.id):
            if not entry.id.startswith(prefix) and not prefix.startswith(f"{entry.id}#"):
                continue
            if len(found) >= most:
                break
            if entry.kind not in KINDS or not is_whole(entry) or isinstance(self._entries.find(entry.id), dict):
                found.append(entry.id)
                continue
            with suppress(FunctionProblem):
                found += [part.call_id for part in parts(self._entries.loaded(entry))]
        return [id for id in found if id.startswith(prefix)][:most]

    def entry(self, id: str) -> Entry | None:
        """Gives the entry that is called by an id."""
        registry = self._entries.registry
        return registry.entries.get(id.partition("#")[0]) if registry else None

    def forget(self) -> None:
        """Forgets signatures, after the registry has changed."""
        with self._lock:
            self._signatures.clear()

    def function(self, id: str) -> Function | None:
        """Gives the type of a function; None for a Lua function, for a whole binary, and for one that can't be used."""
        from moonwit.host.functions.loaded import KINDS, FunctionProblem
        from moonwit.host.functions.methods import UnknownMethod
        from moonwit.host.functions.whole import split

        with self._lock:
            if id in self._signatures:
                return self._signatures[id]
            entry, found = self._entries.find(id), None
            if not isinstance(entry, dict) and entry.kind in KINDS:
                with suppress(FunctionProblem, UnknownMethod):
                    method = split(id)[1]
                    loaded = self._entries.loaded(entry, method)
                    found = None if loaded.is_part and method is None else loaded.signature
            self._signatures[id] = found
            return found

    def signature(self, id: str) -> str:
        """Gives the WIT signature of a function, or what is known instead."""
        from moonwit.host.wasm.wit.show import show_signature

        entry = self.entry(id)
        if entry is None:
            return ""
        function = self.function(id)
        if function is not None:
            return show_signature(function)
        registry = self._entries.registry
        if registry is not None and registry.is_broken(entry.id):
            return "has an error, see `moonwit check`"
        if entry.kind in ("function.wat", "function.wasm"):
            return "all functions of a binary" if id == entry.id else ""
        return "function of Lua" if entry.kind == "function.lua" else entry.kind

    def comment(self, id: str) -> str:
        """Gives the comment of an entry."""
        entry = self.entry(id)
        comment = entry.meta.get("comment") if entry is not None else None
        return " ".join(comment.split()) if isinstance(comment, str) else ""

    def class_of(self, kind: str) -> str | None:
        """Gives the documented class of values that Lua calls ``kind``: `Request` for "http.request"; None where there is none."""
        name = kind.rpartition(".")[2].capitalize()
        return name if (doc := self.docs.get(name)) is not None and doc.kind == "class" else None

    def methods(self, class_name: str) -> Sequence[str]:
        """Lists the documented methods of a class."""
        return [name.partition(":")[2] for name in self.docs if name.startswith(f"{class_name}:")]

    def resource(self, name: str) -> Mapping[str, str]:
        """Gives the methods of a resource of any component in the registry, with their signatures."""
        from moonwit.host.functions.loaded import KINDS, FunctionProblem
        from moonwit.host.wasm.wit.show import show_signature

        found: dict[str, str] = {}
        for entry in self.ids():
            if entry.kind not in KINDS or (registry := self._entries.registry) is None or registry.is_broken(entry.id):
                continue
            try:
                functions = self._entries.loaded(entry).binary.functions
            except FunctionProblem:
                continue
            for path, function in (functions or {}).items():
                _, sign, method = path.rpartition("#")[2].partition(f"[method]{name}.")
                if sign:
                    found.setdefault(method.replace("-", "_"), show_signature(function, skip=1))
        return found

    def about(self, name: str, width: int = 100) -> str | None:
        """Explains a documented name, or an entry's id; None for what is not known."""
        if (entry := self.entry(name)) is not None:
            return self._about_entry(entry, name)
        doc = self.docs.get(name)
        if doc is None:
            return None
        lines = [doc.signature, *textwrap.wrap(doc.text, width - 2, initial_indent="  ", subsequent_indent="  ")]
        lines += [f"    {param}: {type}" + (f", {text}" if text else "") for param, type, text in doc.params]
        if doc.kind in ("module", "class"):
            lines += self._members(name)
        return "\n".join(lines)

    def _members(self, name: str) -> Iterator[str]:
        fields = [doc.name.partition(".")[2] for known, doc in self.docs.items() if known.startswith(f"{name}.") and doc.kind == "field"]
        functions = [doc for known, doc in self.docs.items() if known.startswith((f"{name}.", f"{name}:")) and doc.kind == "function"]
        yield ""
        for doc in functions:
            yield f"  {doc.signature}"
        if fields:
            yield from textwrap.wrap(", ".join(fields), 96, initial_indent="  ", subsequent_indent="  ")

    def _about_entry(self, entry: Entry, id: str) -> str:
        lines = [f"{id}: {self.signature(id)}" if entry.kind.startswith("function.") else entry.id]
        lines.append(f"  a {entry.kind} in {entry.file.name}")
        if comment := self.comment(entry.id):
            lines.append(f"  {comment}")
        if (function := self.function(id)) is not None:
            lines += [f"  {line}" for line in declarations(function)]
        elif entry.kind.startswith("function.wa"):
            lines += [f"  {part}: {self.signature(part)}" for part in self.callable(f"{entry.id}#", _MOST_PARTS)]
        return "\n".join(lines)


def declarations(function: Function) -> Iterator[str]:
    """Gives the declarations of the named types that a signature uses, in the order that it needs them."""
    from moonwit.host.wasm.wit import types as wit
    from moonwit.host.wasm.wit.show import show_declaration

    seen: set[str] = set()
    waiting: list[Type | None] = [*(field.type for field in function.params), function.result]
    for _ in range(200):
        if not waiting:
            return
        type = waiting.pop(0)
        if type is None or isinstance(type, wit.Primitive):
            continue
        name = getattr(type, "name", None)
        if isinstance(name, str) and name not in seen:
            seen.add(name)
            yield from show_declaration(name, type).split("\n")
        waiting += parts(type)


def parts(type: object) -> list[Type | None]:
    """Lists the types that a type is made of."""
    from moonwit.host.wasm.wit import types as wit

    if isinstance(type, wit.Record):
        return [field.type for field in type.fields]
    if isinstance(type, wit.Variant):
        return [case.type for case in type.cases]
    if isinstance(type, (wit.List, wit.FixedList)):
        return [type.element]
    if isinstance(type, wit.Map):
        return [type.key, type.value]
    if isinstance(type, wit.Option):
        return [type.some]
    if isinstance(type, wit.Tuple):
        return list(type.types)
    if isinstance(type, wit.Result):
        return [type.ok, type.err]
    return []
