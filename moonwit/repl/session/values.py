"""Values as the lane describes them (lua/repl/describe.lua), and how they look: on one line where they fit, else set in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from moonwit.lua.scripts.keywords import KEYWORDS
from moonwit.repl.session.colors import paint

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_STYLES = {"b": "word", "n": "number", "f": "opaque", "o": "opaque", "x": "dim"}
INDENT = 2


@dataclass
class Plain:
    """A value without parts, as text."""

    style: str
    text: str


@dataclass
class Table:
    """A table: its entries, each with a key or None for an element, and how many more it has."""

    label: str
    entries: list[tuple[Plain | Table | Error | None, Plain | Table | Error]] = field(default_factory=list)
    more: int = 0


@dataclass
class Error:
    """An error value; ``stack`` has a line for each place it came through."""

    kind: str
    message: str
    stack: str
    details: Plain | Table | Error


Node = Plain | Table | Error


def read(items: Sequence[bytes]) -> Node:
    """Reads the items of one value."""
    rest = iter(items)
    return _read(next(rest), rest)


def _read(item: bytes, items: Iterator[bytes]) -> Node:
    tag, text = item[:1].decode(), item[1:]
    if tag == "t":
        return _table(items, text.decode("utf-8", "replace"))
    if tag == "E":
        kind, message, stack = (_text(next(items)) for _ in range(3))
        details = _read(next(items), items)
        next(items)
        return Error(kind, message, stack, details)
    if tag in "sS":
        return Plain("string", quoted(item))
    return Plain(_STYLES[tag], clean(text.decode("utf-8", "replace")))


def _table(items: Iterator[bytes], label: str) -> Table:
    table = Table(clean(label))
    for item in items:
        tag = item[:1]
        if tag == b"e":
            break
        key: Node | None = None
        if tag == b".":
            table.more = int(item[1:])
            continue
        if tag == b"k":
            name = item[1:].decode("utf-8", "replace")
            plain = _NAME.match(name) and name not in KEYWORDS
            key = Plain("key", name) if plain else Plain("string", f"[{quoted(b's' + item[1:])}]")
            value = _read(next(items), items)
        elif tag == b"K":
            key = _bracketed(_read(next(items), items))
            value = _read(next(items), items)
        else:
            value = _read(item, items)
        table.entries.append((key, value))
    return table


def _bracketed(key: Node) -> Plain:
    return Plain(key.style if isinstance(key, Plain) else "name", f"[{''.join(text for _, text in _flat(key))}]")


def _text(item: bytes) -> str:
    return (item[1:] if item[:1] == b"s" else item[1:].partition(b":")[2]).decode("utf-8", "replace")


def clean(text: str) -> str:
    """Gives text without what a terminal could take for a command."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\", "\0": "\\0"}


def quoted(item: bytes) -> str:
    """Gives a string as Lua source: text as it is, other bytes as escapes; one that was cut with its whole length."""
    note, data = "", item[1:]
    if item[:1] == b"S":
        total, _, data = data.partition(b":")
        note = f"... ({int(total):,} bytes)"
    decoded = data.decode("utf-8", "surrogateescape")
    if note:
        decoded = re.sub("[\udc80-\udcff]{1,3}\\Z", "", decoded)  # a character that was cut
    pieces = (decoded[at : at + _PIECE] for at in range(0, len(decoded), _PIECE))
    shown = (piece if piece.isprintable() and '"' not in piece and "\\" not in piece else "".join(map(_escaped, piece)) for piece in pieces)
    return f'"{"".join(shown)}"{note}'


# Most of a long string needs no escapes, and is not looked at character by character.
_PIECE = 1024


def _escaped(c: str) -> str:
    if "\udc80" <= c <= "\udcff":
        return f"\\x{ord(c) - 0xDC00:02x}"
    if c in _ESCAPES:
        return _ESCAPES[c]
    return c if c.isprintable() else "".join(f"\\x{byte:02x}" for byte in c.encode("utf-8", "replace"))


Piece = tuple[str, str]  # a style, and text


def _flat(node: Node) -> Iterator[Piece]:
    """Gives a value on one line."""
    if isinstance(node, Plain):
        yield node.style, node.text
    elif isinstance(node, Error):
        yield "error", f"{node.kind or 'error'}: "
        yield "name", node.message.partition("\n")[0]
    else:
        yield "name", _opening(node)
        for at, (key, value) in enumerate(node.entries):
            if at:
                yield "name", ", "
            if key is not None:
                yield from _flat(key)
                yield "name", " = "
            yield from _flat(value)
        if node.more:
            yield "dim", f"{', ' if node.entries else ''}... {node.more:,} more"
        yield "name", _closing(node)


def _opening(table: Table) -> str:
    return "some(" if table.label == "some" else f"{table.label} {{" if table.label else "{"


def _closing(table: Table) -> str:
    return ")" if table.label == "some" else "}"


def _fits(node: Node, room: int) -> list[Piece] | None:
    pieces: list[Piece] = []
    for piece in _flat(node):
        room -= len(piece[1])
        if room < 0 or "\n" in piece[1]:
            return None
        pieces.append(piece)
    return pieces


class Layout:
    """Lays values out for a width."""

    def __init__(self, width: int, color: bool) -> None:
        self.width = max(width, 20)
        self.color = color

    def show(self, node: Node) -> str:
        """Gives a value as text of one or more lines."""
        if isinstance(node, Error):
            return self.error(node)
        return "".join(paint(style, text, self.color) for style, text in self._pieces(node, 0, 0))

    def line(self, node: Node) -> str:
        """Gives a value on one line."""
        return "".join(paint(style, text.replace("\n", " "), self.color) for style, text in _flat(node))

    def error(self, error: Error) -> str:
        """Gives an error as text: kind and message, its details, where it comes from."""
        # What is thrown and is neither text nor an error value stands in the details.
        message = "a table was thrown" if re.match(r"table: 0x[0-9a-f]+\Z", error.message) else clean(error.message)
        lines = [paint("error", f"{error.kind or 'error'}:", self.color) + f" {message}"]
        if not (isinstance(error.details, Plain) and error.details.text == ""):
            pieces = self._pieces(error.details, INDENT, len("  details: "))
            lines.append(paint("dim", "  details: ", self.color) + "".join(paint(style, text, self.color) for style, text in pieces))
        lines += [paint("dim", f"  {clean(line.strip())}", self.color) for line in error.stack.split("\n") if line.strip()]
        return "\n".join(lines)

    def _pieces(self, node: Node, indent: int, used: int) -> Iterator[Piece]:
        flat = _fits(node, self.width - used)
        if flat is not None or not isinstance(node, Table):
            yield from flat or _flat(node)
            return
        margin = " " * (indent + INDENT)
        yield "name", f"{_opening(node)}\n{margin}"
        used = len(margin)
        for at, (key, value) in enumerate(node.entries):
            simple = key is None and isinstance(value, Plain)
            length = sum(len(text) for _, text in _flat(value)) if simple else 0
            if at:
                # Elements without parts stand side by side, as many as there is room for.
                if simple and node.entries[at - 1][0] is None and used + length + 2 < self.width and not self._broken(node, at - 1):
                    yield "name", ", "
                    used += 2
                else:
                    yield "name", f",\n{margin}"
                    used = len(margin)
            if key is not None:
                start = [*_flat(key), ("name", " = ")]
                yield from start
                used += sum(len(text) for _, text in start)
            yield from self._pieces(value, indent + INDENT, used)
            used += length
        if node.more:
            yield "name", f",\n{margin}" if node.entries else ""
            yield "dim", f"... {node.more:,} more"
        yield "name", f"\n{' ' * indent}{_closing(node)}"

    @staticmethod
    def _broken(node: Table, at: int) -> bool:
        return not isinstance(node.entries[at][1], Plain)
