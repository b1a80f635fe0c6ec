"""What the module `registry` asks of the host: the entries of a project as plain data, without what may be a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from moonwit.lua.values import buffer
from moonwit.registry import nodes

if TYPE_CHECKING:
    from moonwit.lua.border.answers import Failure
    from moonwit.lua.border.modules import DeclaredEntries, DeclaredEntry
    from moonwit.lua.calls.entries import Entries
    from moonwit.registry import Entry

# Where values of the environment stand as they are.
SECRET = {"env.variable": ("default",), "env.storage.static": ("values",)}
# What a filter compares with the entry itself; other names are those of its meta.
SELECTORS: Final = {".kind": "kind", ".ns": "namespace", ".name": "name"}


class _Hidden:
    """Stands for a value that is left out."""


HIDDEN: Final = _Hidden()
NOTHING = "there are no entries: no project was found, name its folder with --project"


class Declared:
    """Answers questions about what a project declares; all lanes of a project see the same."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    @property
    def callbacks(self) -> Mapping[str, Callable[..., object]]:
        """The functions for ``Lane``."""
        return {"registry_get": self._get, "registry_find": self._find}

    def _get(self, id: bytes) -> DeclaredEntry | Failure:
        from moonwit.lua.lane.compilations import failed
        from moonwit.registry.names import shown

        if (registry := self._entries.registry) is None:
            return failed("NotFound", NOTHING)
        text = id.decode("utf-8", "replace")
        if (entry := registry.entries.get(text)) is None or not entry.kind:
            near = registry.nearest(text) if entry is None and len(text) < 200 else None
            return failed("NotFound", f"there is no entry {shown(text)}" + (f": did you mean {shown(near)}?" if near else ""))
        return {"entry": buffer.encode(plain(entry))}

    def _find(self, encoded: bytes) -> DeclaredEntries | Failure:
        from moonwit.lua.lane.compilations import failed

        if (registry := self._entries.registry) is None:
            return failed("NotFound", NOTHING)
        selected: list[tuple[str, object]] = []
        wanted: list[tuple[str, object]] = []
        (pairs,) = buffer.decode_all(encoded)
        # An empty table comes as an empty list.
        for key, value in pairs.items() if isinstance(pairs, dict) else ():
            name, text = key.decode("utf-8", "replace"), value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            if name in SELECTORS:
                selected.append((SELECTORS[name], text))
            else:
                wanted.append((name, text))
        found = []
        for entry in registry.entries.values():
            if not entry.kind:  # an error has been reported
                continue
            # Comparing with what is left out would let a script guess it.
            if all(getattr(entry, name) == value for name, value in selected) and (not wanted or _has(_meta(entry), wanted)):
                found.append(plain(entry))
        return {"entries": buffer.encode(found)}


def plain(entry: Entry) -> dict[str, object]:
    """Gives an entry as data of its own: id, kind, meta and data, which holds the fields. What comes from the environment or from a
    file, and values of environment variables that are written in an entry, are left out."""
    hidden = SECRET.get(entry.kind, ())
    data = {}
    for name, value in entry.fields.items():
        shown = HIDDEN if name in hidden else _shown(value, entry.pairs[name][1] if name in entry.pairs else None)
        if shown is not HIDDEN:
            data[name] = shown
    return {"id": entry.id, "kind": entry.kind, "meta": _meta(entry), "data": data}


def _meta(entry: Entry) -> dict[str, object]:
    meta = _shown(entry.meta, entry.pairs["meta"][1] if "meta" in entry.pairs else None)
    return meta if isinstance(meta, dict) else {}


def _has(meta: dict[str, object], wanted: list[tuple[str, object]]) -> bool:
    return all(name in meta and _equal(meta[name], value) for name, value in wanted)


def _equal(value: object, wanted: object) -> bool:
    # In Python true is 1.
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _shown(value: object, node: nodes.Node | None) -> object:
    """Copies what a node was read as, without the texts that were put in. A list with such a text is left out as a whole, as the others
    would move."""
    if isinstance(value, dict) and (node is None or isinstance(node, nodes.Mapping)):
        copied = {}
        for key, below in value.items():
            pair = None if node is None else node.get(str(key))
            # What stands under another name than it was written with may come from anywhere in the mapping.
            if pair is None and node is not None and _substituted(node):
                continue
            if (shown := _shown(below, pair and pair[1])) is not HIDDEN:
                copied[str(key)] = shown
        return copied
    if isinstance(value, (list, tuple)) and (node is None or (isinstance(node, nodes.Listing) and len(node.items) == len(value))):
        items = [_shown(below, None if node is None else node.items[at]) for at, below in enumerate(value)]
        return HIDDEN if HIDDEN in items else items
    if node is not None and _substituted(node):
        return HIDDEN
    if isinstance(value, (dict, list, tuple)):
        return _shown(value, None)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return HIDDEN
    return value if isinstance(value, (str, bool, int, float)) else HIDDEN


def _substituted(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Mapping):
        return any(_substituted(below) for pair in node.pairs for below in pair)
    if isinstance(node, nodes.Listing):
        return any(_substituted(below) for below in node.items)
    return isinstance(node, nodes.Scalar) and ("${env:" in node.text or (node.expanded is not None and node.expanded.substituted))
