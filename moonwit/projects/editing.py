"""Changes to registry files that keep all else as it is written: comments, order, quotes and line ends.

Texts are replaced at the positions that the registry's own reader knows of each node. A library that reads and writes YAML would
write the whole file anew, with other indents, quotes and line breaks than its author's.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit.failures import Failure
from moonwit.registry.document import BREAK

if TYPE_CHECKING:
    from moonwit.registry import Entry
    from moonwit.registry.document import Document
    from moonwit.registry.nodes import Node, Scalar

_BOM = "\ufeff"


class Editing:
    """One registry file under change: edits are collected, and written at once by ``write``; raises ``Failure``."""

    def __init__(self, document: Document) -> None:
        self.path = document.path
        self.document = document
        self._before = _read(document.path)
        self._bom = _BOM if self._before.startswith(_BOM) else ""
        text = self._before.removeprefix(_BOM)
        if text != document.text:
            raise Failure(f"{document.path} has changed meanwhile: try again")
        self._starts = [0, *(match.end() for match in BREAK.finditer(text))]
        found = BREAK.search(text)
        self._newline = found[0] if found else "\n"
        self._edits: list[tuple[int, int, str]] = []

    def _offset(self, line: int, column: int) -> int:
        return self._starts[min(line, len(self._starts)) - 1] + column - 1

    def _end_of_line(self, line: int) -> int:
        """Gives where the text of a line ends, before its line break."""
        return self._offset(line, 1) + len(self.document.lines[line - 1])

    def replace(self, node: Scalar, text: str) -> None:
        """Puts plain text in the place of a scalar that stands on one line; an anchor before it stays. Raises ``Failure``."""
        if node.block or node.line != node.end_line or (node.expanded is not None and node.expanded.substituted):
            place = f"{self.path}:{node.line}:{node.column}"
            raise Failure(f"{place}: what stands here is not written in place; write {text} there yourself")
        start, end = self._offset(node.line, node.column), self._offset(node.end_line, node.end_column)
        written = self.document.text[start:end]
        mark = re.match(r"(?:[&!]\S*\s+)*", written)
        self._edits.append((start + (mark.end() if mark else 0), end, text))

    def add_field(self, entry: Entry, after: str, line: str) -> None:
        """Adds a line ``name: value`` to an entry, after its field ``after``."""
        key, node = entry.pairs[after]
        if self._in_braces(entry):
            place = self._offset(node.end_line, node.end_column)
            self._edits.append((place, place, f", {line}"))
            return
        place = self._end_of_line(node.end_line)
        self._edits.append((place, place, f"{self._newline}{' ' * (key.column - 1)}{line}"))

    @staticmethod
    def _in_braces(entry: Entry) -> bool:
        from moonwit.registry.nodes import Mapping

        return isinstance(entry.node, Mapping) and entry.node.flow

    def append(self, lines: Iterable[str]) -> None:
        """Adds entries after the last one; ``lines`` are indented by two as items of `entries:`."""
        from moonwit.registry.nodes import Listing, Mapping

        root = self.document.root
        pair = root.get("entries") if isinstance(root, Mapping) else None
        if isinstance(root, Mapping) and root.flow:
            raise _by_hand(f"{self.path}", "the file is written in braces", lines)
        if pair is None:
            return self._put(self._last_line(), ["entries:", *lines])
        key, node = pair
        if not isinstance(node, Listing):
            # `entries:` with nothing behind it, or `~`.
            if node.line == key.line and (node.end_line, node.end_column) != (node.line, node.column):
                start = self._offset(node.line, node.column)
                self._edits.append((start, self._offset(node.end_line, node.end_column), ""))
            return self._put(key.line, lines)
        if node.flow and not node.items:
            start = self._offset(node.line, node.column)
            self._edits.append((start, self._offset(node.end_line, node.end_column), ""))
            return self._put(node.end_line, lines)
        if node.flow:
            raise _by_hand(f"{self.path}:{node.line}:{node.column}", "`entries` is written in brackets", lines)
        # Items may be indented otherwise than by two.
        shift = node.column - 3
        self._put(self._end_of(node.items[-1]), ["", *(_shifted(line, shift) for line in lines)])

    def _end_of(self, node: Node) -> int:
        """Gives the last line of an item that says something: a block's end is where the next one begins."""
        line = min(node.end_line, len(self.document.lines))
        if node.end_column == 1 and line > node.line:
            line -= 1
        while line > node.line and _says_nothing(self.document.lines[line - 1], node.column):
            line -= 1
        return line

    def _last_line(self) -> int:
        lines = self.document.lines
        return max((number for number, line in enumerate(lines, 1) if line.strip()), default=1)

    def _put(self, line: int, lines: Iterable[str]) -> None:
        place = self._end_of_line(line)
        self._edits.append((place, place, "".join(f"{self._newline}{text}" for text in lines)))

    def write(self) -> None:
        """Writes the file, whole or not at all."""
        text = self.document.text
        for start, end, new in sorted(self._edits, reverse=True):
            text = text[:start] + new + text[end:]
        if not text.endswith(("\n", "\r")):
            text += self._newline
        replace_file(self.path, self._bom + text)


def _by_hand(place: str, why: str, lines: Iterable[str]) -> Failure:
    return Failure(f"{place}: {why}, which this does not change: put the entry in yourself", "\n".join(lines))


def read_document(path: Path) -> Document:
    """Reads a registry file for a change; raises ``Failure`` where it is not valid YAML."""
    from moonwit.registry.composer import compose
    from moonwit.registry.problems import Problems

    problems = Problems()
    document = compose(path, _read(path).removeprefix(_BOM), problems)
    if problems.found:
        raise Failure(f"{path.name} can't be changed before it is valid", problems.found[0].render())
    return document


def _says_nothing(line: str, column: int) -> bool:
    """Tells whether a line is blank, or a comment that stands before the next item rather than in this one."""
    text = line.strip()
    return not text or (text.startswith("#") and len(line) - len(line.lstrip()) < column)


def _shifted(line: str, by: int) -> str:
    return (" " * by + line if by > 0 else line[-by:]) if line else line


def _read(path: Path) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        raise Failure(f"{path} is not written in UTF-8: save it so") from None
    except OSError as error:
        raise Failure(f"{path} can't be read: {os.strerror(error.errno or 0).lower()}") from None


def replace_file(path: Path, text: str) -> None:
    """Writes a text file anew, whole or not at all; links and permissions stay. Raises ``Failure``."""
    real = Path(os.path.realpath(path))
    name = ""
    try:
        mode = real.stat().st_mode if real.exists() else None
        handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        os.chmod(name, 0o644 & ~_umask() if mode is None else mode & 0o7777)
        os.replace(name, real)
    except OSError as error:
        with suppress(OSError):
            os.unlink(name)
        raise Failure(f"{path} can't be written: {os.strerror(error.errno or 0).lower()}") from None


def _umask() -> int:
    # There is no way to read it other than to set it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
