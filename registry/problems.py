"""A problem in what is declared, and how it is shown: place, sentence, source line, caret, hint."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from moonwit.registry.names import shortened
from moonwit.registry.record import record

Severity = Literal["error", "warning", "note"]

MAX_PROBLEMS = 1000  # one broken generator must not fill the terminal or the memory
SHOWN_SENTENCE = 2000  # names in it may come from a binary, and have no end of their own
SHOWN_COLUMNS = 160  # a longer source line is cut to a window around the caret

_COLORS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;34m",
    "hint": "\x1b[1;36m",
    "place": "\x1b[1m",
    "caret": "\x1b[1;32m",
}


@record
class Problem:
    """One mistake: where it stands, what it is in one sentence, and what to do about it."""

    file: Path
    line: int  # 1-based; 0 when the whole file is meant
    column: int  # 1-based, in characters
    sentence: str
    hint: str | None = None
    severity: Severity = "error"
    source_line: str | None = None
    width: int = 1  # how many characters the caret underlines
    entry: str | None = None  # the id of the entry that it breaks

    def __str__(self) -> str:
        return self.render()

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Sorts problems as one reads them: by file, line, column."""
        return (str(self.file), self.line, self.column, self.sentence)

    def render(self, color: bool = False, base: Path | None = None) -> str:
        """Renders the problem for people; the path is relative to `base` (the working directory) where it lies below it."""

        def paint(part: str, text: str) -> str:
            return f"{_COLORS[part]}{text}\x1b[0m" if color else text

        place = printable(shorten(self.file, base))
        if self.line:
            place += f":{self.line}:{self.column}"
        lines = [f"{paint('place', place + ':')} {paint(self.severity, self.severity + ':')} {_sentence(self.sentence)}"]
        if self.line and self.source_line is not None:
            text, indent, caret = _window(self.source_line, self.column, self.width)
            lines += ["  " + text, "  " + indent + paint("caret", caret)]
        if self.hint is not None:
            lines.append(f"{paint('hint', 'hint:')} {_sentence(self.hint)}")
        return "\n".join(lines)


class Problems:
    """Collects problems: each once, and no more than `MAX_PROBLEMS`; every entry hit by an error is remembered as broken."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.broken: set[str] = set()
        self._seen: set[tuple[Path, int, int, str]] = set()

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)

    def add(self, problem: Problem) -> None:
        """Adds a problem; an alias shows the same mistake twice, so equal ones are kept once."""
        if problem.entry is not None and problem.severity == "error":
            self.broken.add(problem.entry)
        key = (problem.file, problem.line, problem.column, problem.sentence)
        if key in self._seen or len(self.found) > MAX_PROBLEMS:
            return
        self._seen.add(key)
        if len(self.found) == MAX_PROBLEMS:
            problem = Problem(problem.file, 0, 0, f"there are more than {MAX_PROBLEMS} problems, and the rest is not shown")
        self.found.append(problem)

    @property
    def crowded(self) -> bool:
        """Tells whether there are so many problems that looking for hints is no longer worth its time."""
        return len(self.found) > MAX_PROBLEMS // 5

    def sort(self) -> None:
        """Puts the problems into reading order."""
        self.found.sort(key=lambda problem: problem.order)


def shorten(file: Path, base: Path | None = None) -> str:
    """Gives the path relative to `base` if it lies below it, else as it is."""
    try:
        return str(file.relative_to(base if base is not None else Path.cwd()))
    except (ValueError, OSError):
        return str(file)


def printable(text: str) -> str:
    """Gives the text with everything replaced that a terminal could take for a command, or that can't be encoded."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == " " else "\N{REPLACEMENT CHARACTER}" for c in text)


def _sentence(text: str) -> str:
    return printable(shortened(text, SHOWN_SENTENCE))


def _window(line: str, column: int, width: int) -> tuple[str, str, str]:
    """Gives the part of the line to show, the white space before the caret, and the caret as wide as the token."""
    at = min(max(column - 1, 0), len(line))
    end = min(at + max(width, 1), max(len(line), at + 1))
    start, stop = 0, len(line)
    if len(line) > SHOWN_COLUMNS:
        start = max(0, at - SHOWN_COLUMNS // 2)
        stop = min(len(line), start + SHOWN_COLUMNS)
        end = min(end, max(stop, at + 1))
    head, tail = ("..." if start else ""), ("..." if stop < len(line) else "")
    shown = "".join(c if c == "\t" else printable(c) for c in line[start:stop])
    before = "".join("\t" if c == "\t" else " " * _columns(c) for c in line[start:at])
    return (head + shown + tail).rstrip(), " " * len(head) + before, "^" * max(1, sum(_columns(c) for c in line[at:end]))


def _columns(character: str) -> int:
    """Counts the terminal columns of a character."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
