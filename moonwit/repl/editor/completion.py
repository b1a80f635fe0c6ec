"""Completion: names and fields without running anything, ids with their signatures, fields of records, files in commands."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from moonwit.lua.scripts.keywords import KEYWORDS
from moonwit.repl.editor.context import CALLERS, Context, context, expected
from moonwit.repl.session.chunks import is_command
from moonwit.repl.session.explanations import RESOURCE
from moonwit.repl.session.knowledge import Knowledge
from moonwit.repl.session.session import Session

# How long the lane has to answer, in seconds: it may be busy.
PATIENCE = 0.8
MOST = 200
MOST_SIGNED = 50  # ids that are shown with a signature: a binary may have to be read for each

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class LuaCompleter(Completer):
    """Completes what is typed; runs on a thread of its own."""

    def __init__(self, session: Session, knowledge: Knowledge, commands: Mapping[str, tuple[str, str]]) -> None:
        self._session = session
        self._knowledge = knowledge
        self._commands = commands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Gives the completions at the cursor."""
        text = document.text_before_cursor
        if is_command(text):
            yield from self._command(text)
            return
        where = context(text)
        if where.in_comment:
            return
        if where.string is not None:
            yield from self._string(where)
        elif where.path:
            yield from self._members(where)
        else:
            if where.at_key:
                yield from self._fields(where)
                yield from self._options(where)
            if where.prefix:
                yield from self._names(where.prefix)

    def _string(self, where: Context) -> Iterator[Completion]:
        frame, text = where.call, where.string or ""
        if where.frames and where.frames[-1].opener == "[" and where.frames[-1].callee:
            members, _ = self._session.list([name.lstrip(":") for name in where.frames[-1].callee], text, PATIENCE)
            known = dict(members)
            yield from (Completion(name, -len(text), display_meta=known[name]) for name in sorted(known, key=_order)[:MOST])
            return
        if frame is None or frame is not where.frames[-1] or frame.index:
            return
        if frame.callee[-1] == "require":
            names = [name for name, doc in self._knowledge.docs.items() if doc.kind == "module"]
            yield from (Completion(name, -len(text)) for name in sorted(names) if name.startswith(text))
        elif frame.callee[-1].lstrip(":") in CALLERS or frame.callee[-1] == "help":
            yield from self._ids(text)

    def _ids(self, prefix: str) -> Iterator[Completion]:
        for number, id in enumerate(self._knowledge.callable(prefix, MOST)):
            meta = self._knowledge.signature(id) if number < MOST_SIGNED else ""
            yield Completion(id, -len(prefix), display_meta=meta)

    def _members(self, where: Context) -> Iterator[Completion]:
        if where.result_of:
            yield from self._methods_of_result(where)
            return
        path = [name.lstrip(":") for name in where.path]
        names, kind = self._session.list(path, where.prefix, PATIENCE)
        found = dict(names)
        separator = ":" if where.method else "."
        if (class_name := self._knowledge.class_of(kind)) is not None:
            found = {name: "function" for name in self._knowledge.methods(class_name) if name.startswith(where.prefix)}
            path = [class_name]
        if kind.startswith(RESOURCE):
            methods = {"drop": "func()", **self._knowledge.resource(kind.removeprefix(RESOURCE))}
            yield from (
                Completion(name, -len(where.prefix), display_meta=type) for name, type in methods.items() if name.startswith(where.prefix)
            )
            return
        for name in sorted(found, key=_order)[:MOST]:
            if (where.method and found[name] != "function") or not _NAME.match(name) or name in KEYWORDS:
                continue
            doc = self._knowledge.docs.get(f"{'.'.join(path)}{separator}{name}")
            yield Completion(name, -len(where.prefix), display_meta=doc.signature.partition(name)[2] if doc else found[name])

    def _methods_of_result(self, where: Context) -> Iterator[Completion]:
        """Gives the methods of what a documented function returns first."""
        doc = self._knowledge.docs.get(".".join(where.result_of))
        if doc is None or not doc.returns:
            return
        own = doc.returns[0].rpartition(": ")[2].rstrip("?")
        for name in self._knowledge.methods(own):
            if name.startswith(where.prefix):
                method = self._knowledge.docs[f"{own}:{name}"]
                yield Completion(name, -len(where.prefix), display_meta=method.signature.partition(name)[2])

    def _options(self, where: Context) -> Iterator[Completion]:
        """Gives the keys of a table of options, as the annotations of the function say them."""
        if len(where.frames) < 2 or (frame := where.frames[-2]).opener != "(" or not frame.callee:
            return
        if frame.callee[-1].startswith(":"):
            # Whose method it is nobody knows here: one of the name that takes options.
            found = [doc for name, doc in self._knowledge.docs.items() if name.endswith(frame.callee[-1])]
        else:
            found = [doc for doc in [self._knowledge.docs.get(".".join(frame.callee))] if doc is not None]
        for doc in found:
            type = doc.params[frame.index][1] if frame.index < len(doc.params) else ""
            for name, of in keys_of(type):
                if name.startswith(where.prefix):
                    yield Completion(f"{name} = ", -len(where.prefix), display=name, display_meta=of)

    def _names(self, prefix: str) -> Iterator[Completion]:
        names, _ = self._session.list([], prefix, PATIENCE)
        found = dict(names)
        found.update({word: "keyword" for word in KEYWORDS if word.startswith(prefix)})
        for name in sorted(found, key=_order)[:MOST]:
            if _NAME.match(name):
                doc = self._knowledge.docs.get(name)
                yield Completion(name, -len(prefix), display_meta=doc.signature.partition(name)[2] or found[name] if doc else found[name])

    def _fields(self, where: Context) -> Iterator[Completion]:
        from moonwit.host.wasm.wit import types as wit
        from moonwit.host.wasm.wit.show import show_type

        type = expected(where, self._knowledge)
        members: list[tuple[str, str]] = []
        if isinstance(type, wit.Record):
            members = [(field.name, show_type(field.type)) for field in type.fields]
        elif isinstance(type, wit.Variant):
            members = [(case.name, "" if case.type is None else show_type(case.type)) for case in type.cases]
        elif isinstance(type, wit.Flags):
            members = [(name, "bool") for name in type.names]
        for name, text in members:
            written = name.replace("-", "_")
            if written.startswith(where.prefix) and written not in KEYWORDS:
                yield Completion(f"{written} = ", -len(where.prefix), display=written, display_meta=text)

    def _command(self, text: str) -> Iterator[Completion]:
        word, space, rest = text.partition(" ")
        if not space:
            for name, (_, summary) in self._commands.items():
                if name.startswith(word):
                    yield Completion(name, -len(word), display_meta=summary)
            return
        takes, _ = self._commands.get(word, ("", ""))
        rest = rest.lstrip()
        if "FILE" in takes and " " not in rest:
            yield from _files(rest)
        if "ID" in takes:
            yield from self._ids(rest)
        if takes == "[NAME]":
            names = [name for name in (*self._knowledge.docs, *self._commands) if name.startswith(rest)]
            yield from (Completion(name, -len(rest)) for name in sorted(names)[:MOST])
        yield from (Completion(word, -len(rest)) for word in takes.split("|") if word.islower() and word.startswith(rest))
        if "EXPRESSION" in takes:
            yield from self.get_completions(Document(rest), CompleteEvent())


def keys_of(type: str) -> Iterator[tuple[str, str]]:
    """Gives the keys of a type that is a table, as in `{indent?: integer|string, level?: {a: 1}}`, with their types."""
    start = type.find("{")
    if start < 0:
        return
    level, begun, parts = 0, start + 1, []
    for at in range(start, len(type)):
        level += (type[at] in "{(<[") - (type[at] in "})>]")
        if (level == 1 and type[at] == ",") or level == 0:
            parts.append(type[begun:at])
            begun = at + 1
        if level == 0:
            break
    for part in parts:
        name, sign, of = part.partition(":")
        if sign and _NAME.match(name.strip().rstrip("?")):
            yield name.strip().rstrip("?"), of.strip()


def _order(name: str) -> tuple[bool, str]:
    return name.startswith("_"), name


def _files(prefix: str) -> Iterator[Completion]:
    expanded = os.path.expanduser(prefix)
    for path in sorted(glob.glob(glob.escape(expanded) + "*"))[:MOST]:
        name = os.path.basename(path) + ("/" if os.path.isdir(path) else "")
        yield Completion(name, -len(os.path.basename(expanded)))
