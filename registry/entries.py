"""An entry of the registry: its validated data, and the way back to where each piece is written."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path

from moonwit.registry.document import Document
from moonwit.registry.nodes import Expanded, Listing, Mapping, Node, Scalar, focus
from moonwit.registry.positions import locate, offset_of, written
from moonwit.registry.problems import Problem, Severity
from moonwit.registry.secrets import without_values


@dataclass(slots=True, eq=False, repr=False)
class Link:
    """A reference from an entry to another."""

    path: tuple[str | int, ...]
    target: str
    kinds: tuple[str, ...]
    acyclic: bool


@dataclass(eq=False)
class Entry:
    """One declared thing: `fields` holds what its kind declares, as plain data, with references expanded to full ids."""

    id: str
    namespace: str
    name: str
    kind: str
    meta: dict[str, object]
    fields: dict[str, object]
    document: Document = field(repr=False)
    links: tuple[Link, ...] = field(default=(), repr=False)
    pairs: Map[str, tuple[Scalar, Node]] = field(default_factory=dict, repr=False)  # the nodes of name, kind, meta and the fields
    node: Node | None = field(default=None, repr=False)
    warning: Problem | None = field(default=None, repr=False)  # what of it has no effect in this version

    @property
    def file(self) -> Path:
        """Gives the YAML file that declares the entry."""
        return self.document.path

    @property
    def references(self) -> tuple[str, ...]:
        """Lists the ids the entry refers to, each once, in the order they are written."""
        return tuple(dict.fromkeys(link.target for link in self.links))

    def problem(
        self,
        path: tuple[str | int, ...],
        sentence: str,
        hint: str | None = None,
        *,
        severity: Severity = "error",
        within: tuple[int, int] | None = None,
    ) -> Problem:
        """Makes a problem at a field, or at what encloses it if it is not written; an empty path means the entry itself.

        `within` is a 1-based line and column (in characters) inside the text of a string field: a `|` block and a
        `file://` text are pointed into, at the right line of the right file.
        """
        key, node = self._find(path)
        sentence, hint = without_values(node, sentence), hint and without_values(node, hint)
        if within is not None and isinstance(node, Scalar) and (text := node.expanded) is not None:
            return self._within(node, text, within, sentence, hint, severity)
        return self.document.problem(focus(node, key), sentence, hint, severity, self.id)

    def key_problem(self, path: tuple[str | int, ...], sentence: str, hint: str | None = None, *, severity: Severity = "error") -> Problem:
        """Makes a problem at the key of a field: for one that should not be there at all."""
        key, node = self._find(path)
        sentence, hint = without_values(node, sentence), hint and without_values(node, hint)
        return self.document.problem(key or node, sentence, hint, severity, self.id)

    def origin(self, name: str) -> Path | None:
        """Gives the file that the `file://` text of a field came from, or None."""
        _, node = self._find((name,))
        return node.expanded.origin if name in self.pairs and isinstance(node, Scalar) and node.expanded is not None else None

    def _find(self, path: tuple[str | int, ...]) -> tuple[Scalar | None, Node]:
        """Finds the deepest node on the path that is written, with its key."""
        assert self.node is not None
        if not path:
            path = ("name",)
        key: Scalar | None
        if (found := self.pairs.get(str(path[0]))) is not None:
            key, node = found
        elif (named := self.pairs.get("name")) is not None:
            return named
        else:
            return None, self.node
        for step in path[1:]:
            if isinstance(node, Mapping) and (pair := node.get(str(step))) is not None:
                key, node = pair
            elif isinstance(node, Listing) and isinstance(step, int) and 0 <= step < len(node.items):
                key, node = None, node.items[step]
            else:
                break
        return key, node

    def _within(
        self, node: Scalar, text: Expanded, within: tuple[int, int], sentence: str, hint: str | None, severity: Severity
    ) -> Problem:
        line, column = within
        if text.origin is not None:
            lines = text.text.split("\n")
            line = min(max(line, 1), len(lines))
            source = lines[line - 1].rstrip("\r")
            return Problem(text.origin, line, max(column, 1), sentence, hint, severity, source, 1, self.id)
        offset = written(text.edits, offset_of(text.text, line, column))
        line, column = locate(self.document, node, offset)
        return self.document.problem_at(line, column, sentence, hint, severity=severity, entry=self.id)
