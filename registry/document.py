"""A YAML file: its text, its lines, and problems that point into it."""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from moonwit.registry.nodes import Node, Scalar
from moonwit.registry.problems import Problem, Severity

BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_NAMESPACE_LINE = re.compile(r"""["']?namespace["']?\s*:""")


@dataclass
class Document:
    """A YAML file: its path, its text and its root node."""

    path: Path
    text: str
    root: Node | None = None
    flaws: list[Problem] = field(default_factory=list)  # keys that are there twice and the like, in reading order

    def flaws_in(self, node: Node) -> list[Problem]:
        """Gives the flaws inside a node."""
        first = bisect_left(self.flaws, (node.line, node.column), key=lambda flaw: (flaw.line, flaw.column))
        last = bisect_left(self.flaws, (node.end_line, node.end_column), key=lambda flaw: (flaw.line, flaw.column))
        return self.flaws[first:last]

    @cached_property
    def lines(self) -> list[str]:
        """Splits the text into lines as YAML counts them."""
        return BREAK.split(self.text)

    def problem(
        self, at: Node, sentence: str, hint: str | None = None, severity: Severity = "error", entry: str | None = None
    ) -> Problem:
        """Makes a problem that points at a node."""
        width = at.end_column - at.column if at.end_line == at.line and isinstance(at, Scalar) else 1
        return self.problem_at(at.line, at.column, sentence, hint, severity=severity, entry=entry, width=width)

    def problem_at(
        self,
        line: int,
        column: int,
        sentence: str,
        hint: str | None = None,
        *,
        severity: Severity = "error",
        entry: str | None = None,
        width: int = 1,
    ) -> Problem:
        """Makes a problem that points at a line and column."""
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else None
        return Problem(self.path, line, column, sentence, hint, severity, source, width, entry)


def plausible(data: bytes | str) -> bool:
    """Guesses from its text whether a file that can't be parsed is meant for the registry."""
    wide = isinstance(data, bytes) and data[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = data if isinstance(data, str) else data.decode("utf-16" if wide else "utf-8", "replace")
    return any(_NAMESPACE_LINE.match(line) for line in islice(BREAK.split(text), 1000))

