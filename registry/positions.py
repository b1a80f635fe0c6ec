"""From a place in the text of a scalar back to the place in the YAML file where it is written."""

from moonwit.registry.document import Document
from moonwit.registry.nodes import Scalar

_ESCAPE_LENGTHS = {"x": 3, "u": 5, "U": 9}
_BLANK_ESCAPES = "nrt _\tNLP"


def offset_of(text: str, line: int, column: int) -> int:
    """Gives the offset of a 1-based line and column, both clamped to the text."""
    start = 0
    for _ in range(line - 1):
        following = text.find("\n", start)
        if following < 0:
            break
        start = following + 1
    end = text.find("\n", start)
    return min(start + max(column - 1, 0), end if end >= 0 else len(text))


def written(edits: tuple[tuple[int, int, int], ...], offset: int) -> int:
    """Gives the offset in the written text for one in the text after substitution."""
    shift = 0
    for start, end, length in edits:
        if offset < start + shift:
            break
        if offset < start + shift + length:
            return start
        shift += length - (end - start)
    return offset - shift


def locate(document: Document, node: Scalar, offset: int) -> tuple[int, int]:
    """Gives the line and column in the file of a character of a scalar's written text."""
    line, column = _begin(document, node)
    if node.style == "|":
        return _in_literal(document, node, line, offset)
    if node.style in ('"', "'"):
        column += 1
    elif node.style == ">":
        line, column = line + 1, 1
    return _aligned(document, node, line, column, offset)


def _begin(document: Document, node: Scalar) -> tuple[int, int]:
    """Skips the anchor and the tag before a scalar."""
    line, column = node.line, node.column
    while line <= min(node.end_line, len(document.lines)):
        text = document.lines[line - 1]
        while column <= len(text):
            if text[column - 1] in "&!":
                while column <= len(text) and not text[column - 1].isspace():
                    column += 1
            elif text[column - 1].isspace():
                column += 1
            else:
                return line, column
        line, column = line + 1, 1
    return node.line, node.column


def _in_literal(document: Document, node: Scalar, header: int, offset: int) -> tuple[int, int]:
    """Finds a character of a `|` block, whose lines are lines of the file, indented."""
    before = node.text[:offset]
    row = before.count("\n")
    column = offset - (before.rfind("\n") + 1)
    start = offset - column
    end = node.text.find("\n", start)
    content = node.text[start : end if end >= 0 else len(node.text)]
    line = min(header + 1 + row, len(document.lines))
    indent = max(len(document.lines[line - 1]) - len(content), 0)
    return line, indent + column + 1


def _aligned(document: Document, node: Scalar, line: int, column: int, offset: int) -> tuple[int, int]:
    """Finds a character by counting: folding changes only white space, so the n-th other character stays the n-th."""
    wanted = sum(1 for c in node.text[:offset] if not c.isspace())
    exact = offset < len(node.text) and not node.text[offset].isspace()
    seen, place = 0, (line, column)
    while line <= min(node.end_line, len(document.lines)):
        text = document.lines[line - 1]
        stop = node.end_column - 1 if line == node.end_line else len(text)
        while column - 1 < min(stop, len(text)):
            c, length, blank = text[column - 1], 1, False
            if c == "\\" and node.style == '"':
                kind = text[column] if column < len(text) else ""
                length = 1 + _ESCAPE_LENGTHS.get(kind, 1)
                blank = not kind or kind in _BLANK_ESCAPES
            elif c == "'" and node.style == "'" and text[column : column + 1] == "'":
                length = 2
            else:
                blank = c.isspace()
            if not blank:
                if seen == wanted and exact:
                    return line, column
                seen += 1
                place = (line, column + length)
                if seen == wanted and not exact:
                    return place
            column += length
        line, column = line + 1, 1
    return place
