"""Finds the places of a Lua or Python file where a guard can be made wrong, and the small changes that make it so.

Only what guards are made of is changed: comparisons, `and`, `or`, `not`, whole numbers, sums, conditions, and what raises. The known tools
for Python rewrite a package where it is installed, which ours is as links to four folders, and none knows Lua, least of all Lua that is
written by Lua.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS = {"<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "==": ["~=", "!="], "~=": ["=="], "!=": ["=="]}
WORDS = {"and": "or", "or": "and"}
SUMS = {"+": "-", "-": "+"}


@dataclass(frozen=True)
class Mutant:
    """The text ``old`` at ``start`` of a file becomes ``new``; ``line`` counts from 1, and ``before`` is the text of the line above."""

    file: str
    line: int
    start: int
    old: str
    new: str
    text: str
    before: str = ""

    @property
    def shown(self) -> str:
        return f"{self.file}:{self.line}: {self.old!r} -> {self.new!r}: {self.text}"

    def apply(self, source: str) -> str:
        assert source.startswith(self.old, self.start)
        return source[: self.start] + self.new + source[self.start + len(self.old) :]


def mutants(file: str, source: str) -> list[Mutant]:
    """Gives all mutants of a file, in the order of their places."""
    lines = source.splitlines()
    found = python(source) if file.endswith(".py") else lua(source, in_strings=file.startswith("lua/abi/"))
    made = []
    for start, old, new in sorted(set(found)):
        line = source.count("\n", 0, start) + 1
        made.append(Mutant(file, line, start, old, new, lines[line - 1].strip(), lines[line - 2].strip() if line > 1 else ""))
    return made


def whole(number: str) -> Iterator[str]:
    """Gives the number above and the number below, written in the same way."""
    digits, suffix = re.fullmatch(r"(0[xX][0-9a-fA-F_]+|[0-9_]+)(U?LL)?", number, re.I).groups()  # type: ignore[union-attr]
    value = int(digits, 0) if digits.lower().startswith("0x") else int(digits)
    for other in (value + 1, value - 1):
        if other >= 0:
            yield (hex(other) if digits.lower().startswith("0x") else str(other)) + (suffix or "")


# Lua -----------------------------------------------------------------------------------------------------------------

LUA_TOKEN = re.compile(
    r"""(?P<comment>--\[(?P<c>=*)\[.*?\](?P=c)\]|--[^\n]*)
      | (?P<long>\[(?P<s>=*)\[.*?\](?P=s)\])
      | (?P<short>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")""",
    re.S | re.X,
)
LUA_CODE = re.compile(r"\b(?:return|then|local|else|end)\b|[=~<>]=|type\(")
LUA_PLACE = re.compile(
    r"""(?P<comparison><=|>=|==|~=|(?<![<%-])<(?![<=])|(?<![->=])>(?![>=]))
      | (?P<word>\b(?:and|or)\b) | (?P<not>\bnot\s+)
      | (?P<number>(?<![\w.%])(?:0[xX][0-9a-fA-F]+|\d+)(?:U?LL)?(?![\w.]))
      | (?P<sum>(?<=[\w)\]]\ )[+-](?=\ [\w(]))
      | (?P<test>\b(?:if|elseif)\b(?P<condition>[^\n]*?)\bthen\b)""",
    re.X,
)
LUA_RAISES = re.compile(r"^[ \t]*((?:error|protocol\.trap|M\.trap)\b[^\n]*)$", re.M)


def lua(source: str, in_strings: bool) -> Iterator[tuple[int, str, str]]:
    """Gives (start, old, new) of all places; those inside strings too where they hold Lua that is generated."""
    blank = list(source)
    for token in LUA_TOKEN.finditer(source):
        if token["comment"] or not (in_strings and LUA_CODE.search(token[0])):
            blank[token.start() : token.end()] = ["\n" if each == "\n" else "\0" for each in token[0]]
    code = "".join(blank)
    for place in LUA_PLACE.finditer(code):
        yield from lua_place(place)
        if place["test"]:  # what is inside of the condition has places of its own
            start, _ = place.span("condition")
            for inner in LUA_PLACE.finditer(place["condition"]):
                yield from ((start + at, old, new) for at, old, new in lua_place(inner))
    for place in LUA_RAISES.finditer(code):
        if "\0" not in place[1][:1]:
            old = source[place.start(1) : place.end(1)]
            if (old.count("(") == old.count(")") and "{" not in old) or old.endswith("end"):
                yield place.start(1), old, "do end"


def lua_place(place: re.Match[str]) -> Iterator[tuple[int, str, str]]:
    start, old = place.start(), place[0]
    if place["comparison"]:
        yield from ((start, old, new) for new in COMPARISONS[old] if new != "!=")
    elif place["word"]:
        yield start, old, WORDS[old]
    elif place["not"]:
        yield start, old, ""
    elif place["number"]:
        yield from ((start, old, new) for new in whole(old))
    elif place["sum"]:
        yield start, old, SUMS[old]
    elif place["test"] and "\0" not in old:
        word = "elseif" if old.startswith("elseif") else "if"
        yield start, old, f"{word} false then"
        yield start, old, f"{word} not ({place['condition'].strip()}) then"


# Python ---------------------------------------------------------------------------------------------------------------


def python(source: str) -> Iterator[tuple[int, str, str]]:
    """Gives (start, old, new) of all places."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    tree = ast.parse(source)
    asserted = {line for node in ast.walk(tree) if isinstance(node, ast.Assert) for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start, old = starts[token.start[0] - 1] + token.start[1], token.string
        if token.start[0] in asserted:
            continue
        if token.type == tokenize.OP and old in COMPARISONS:
            yield from ((start, old, new) for new in COMPARISONS[old] if new != "~=")
        elif token.type == tokenize.NAME and old in WORDS:
            yield start, old, WORDS[old]
        elif token.type == tokenize.NAME and old == "not" and before != "is":
            yield start, old, "" if not source.startswith("not in", start) else " "
        elif token.type == tokenize.NUMBER and re.fullmatch(r"0[xX][0-9a-fA-F_]+|[0-9_]+", old):
            yield from ((start, old, new) for new in whole(old))
        elif token.type == tokenize.OP and old in SUMS and re.search(r"[\w)\]] $", source[:start][-2:]) and source[start + 1] == " ":
            yield start, old, SUMS[old]
        before = old
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.IfExp)):
            yield from condition(source, starts, node.test)
        elif isinstance(node, ast.Raise):
            start, old = span(source, starts, node)
            yield start, old, "pass"


def span(source: str, starts: list[int], node: ast.stmt | ast.expr) -> tuple[int, str]:
    def at(line: int, column: int) -> int:
        text = source[starts[line - 1] : starts[line]]
        return starts[line - 1] + len(text.encode()[:column].decode())

    start, end = at(node.lineno, node.col_offset), at(node.end_lineno or 0, node.end_col_offset or 0)
    return start, source[start:end]


def condition(source: str, starts: list[int], test: ast.expr) -> Iterator[tuple[int, str, str]]:
    start, old = span(source, starts, test)
    if "\n" not in old and old not in ("TYPE_CHECKING",):
        yield start, old, "False"
        yield start, old, f"(not ({old}))"


def read(root: Path, file: str) -> list[Mutant]:
    return mutants(file, (root / file).read_text())
