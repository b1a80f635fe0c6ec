"""An item of `imports:` as it is written: the name of what the host grants, or one import and the id of what answers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moonwit.host.wasi import grants as wasi
from moonwit.registry import Broken, Field, Reference, Table, Text, pattern, shown
from moonwit.registry.fields import any_of
from moonwit.registry.nodes import Mapping
from moonwit.registry.schema import INVALID, Json, Reader, Slot

if TYPE_CHECKING:
    from moonwit.registry import Entry

# Kinds of entries that can answer an import.
PROVIDERS = ("library.lua", "function.lua", "function.wat", "function.wasm", "function.python")

_NAME = r"[A-Za-z][A-Za-z0-9-]*(?:[:/][A-Za-z][A-Za-z0-9-]*)*"


@pattern(_NAME)
def key_rule(text: str) -> Broken:
    """Says what is wrong with the name of an import."""
    import re

    if re.fullmatch(_NAME, text):
        return None
    if "@" in text:
        return "has a version", f"write it without: {text.partition('@')[0]}"
    return f"can't be {shown(text)}", "write an interface in full, its last name, or a function that the world imports by itself"


@dataclass(kw_only=True, eq=False, repr=False)
class Import(Field):
    """A grant, which is text, or a mapping of one import to an id."""

    grant: Text
    answer: Table

    def read(self, slot: Slot, reader: Reader) -> object:
        """Gives the text, or a dictionary with one item."""
        if not isinstance(slot.node, Mapping):
            return self.grant.read(slot, reader)
        if len(slot.node.pairs) != 1:
            sentence = f"`{slot.label}`: expected one import and its id, got {len(slot.node.pairs)}"
            reader.complain(slot, sentence, "write each as an item of its own")
            return INVALID
        value = self.answer.read(slot, reader)
        return value if value else INVALID

    def accepts(self) -> Json:
        """Gives the JSON Schema of both."""
        return any_of(self.grant.accepts(), {**self.answer.accepts(), "type": "object", "minProperties": 1, "maxProperties": 1})


def import_field(grant: Text) -> Import:
    """Makes the field for an item of `imports:`, from that for a grant."""
    return Import(grant=grant, answer=Table(of=Reference(kinds=PROVIDERS), key_rule=key_rule))


_CANONICAL = {wasi.FUNCS: "funcs", "wasi1": wasi.PREVIEW1, "preview1": wasi.PREVIEW1, "wasi:poll/poll": "wasi:poll"}


def normalize(name: str) -> str:
    """Gives the one spelling of a name in `imports:`, without version."""
    plain = wasi.interface_of(name)
    return _CANONICAL.get(plain, plain)


def grants_of(entry: Entry) -> list[str]:
    """Gives what an entry grants of the host."""
    written = entry.fields.get("imports")
    return [name for name in written if isinstance(name, str)] if isinstance(written, list) else []


def answers_of(entry: Entry) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Gives where each import is that an entry maps, its name, and the id that it maps it to."""
    written = entry.fields.get("imports")
    links = {link.path: link.target for link in entry.links}
    for path, target in links.items():
        if isinstance(written, list) and len(path) == 3 and path[0] == "imports":
            yield path, str(path[2]), target
