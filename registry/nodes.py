"""YAML as a tree of nodes with positions, before it is anything else."""

from dataclasses import dataclass, field
from pathlib import Path

from moonwit.registry.names import shown


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """A piece of YAML; lines and columns are 1-based, columns count characters."""

    line: int
    column: int
    end_line: int
    end_column: int
    tag: str | None


@dataclass(slots=True, eq=False, repr=False)
class Expanded:
    """The text of a scalar after `${env:}` and `file://`, with what is needed to find a place in it again."""

    text: str
    substituted: bool = False
    origin: Path | None = None  # the file a `file://` text came from
    edits: tuple[tuple[int, int, int], ...] = ()  # start and end in the written text, length of what replaced it


@dataclass(slots=True, eq=False, repr=False)
class Scalar(Node):
    """A text, number, boolean or nothing, as written."""

    text: str
    style: str | None  # None for a plain one, else ' " | >
    expanded: Expanded | None = field(default=None)
    failed: bool = field(default=False)  # its expansion was tried and reported

    @property
    def plain(self) -> bool:
        """Tells whether the text may mean something else than text: `yes`, `12`, `null`."""
        return self.style is None and self.tag is None

    @property
    def block(self) -> bool:
        """Tells whether it is a `|` or `>` block."""
        return self.style in ("|", ">")


@dataclass(slots=True, eq=False, repr=False)
class Listing(Node):
    """A YAML sequence."""

    flow: bool
    items: list[Node]


@dataclass(slots=True, eq=False, repr=False)
class Mapping(Node):
    """A YAML mapping; keys are scalars, each there once, and `<<` is already merged in."""

    flow: bool
    pairs: list[tuple[Scalar, Node]]

    def get(self, name: str) -> tuple[Scalar, Node] | None:
        """Finds a key with its value."""
        for key, value in self.pairs:
            if key.text == name:
                return key, value
        return None


def seen(node: Node) -> str:
    """Says what is there where something else was expected: a mapping, a list, or the text as it is written."""
    if isinstance(node, Scalar):
        return shown(node.text)
    return "a mapping" if isinstance(node, Mapping) else "a list"


def focus(node: Node, key: Scalar | None = None) -> Node:
    """Chooses what a caret points at for a value: itself if it is short and visible, else its key."""
    if key is None:
        return node
    if isinstance(node, Scalar):
        return key if node.block or (node.line, node.column) == (node.end_line, node.end_column) else node
    if isinstance(node, Listing | Mapping) and node.flow:
        return node
    return key
