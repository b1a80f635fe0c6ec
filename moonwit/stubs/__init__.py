"""The standard library's annotations (LuaCATS), one file for each module, some in folders: editors read them, and so does `help(x)`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent

# The annotations of Lua itself, which editors know already.
LANGUAGE = "lua"


class Doc(NamedTuple):
    """What is known of a name: ``funcs``, ``funcs.call``, or ``Future:await``.

    ``kind`` is "module", "class", "function" or "field"; ``params`` are (name, type, text), ``returns`` are types with their names.
    """

    name: str
    kind: str
    text: str
    arguments: str = ""
    params: Sequence[tuple[str, str, str]] = ()
    returns: Sequence[str] = ()

    @property
    def signature(self) -> str:
        """Gives the name as it is called, with its results."""
        if self.kind != "function":
            return self.name
        results = ", ".join(self.returns)
        return f"{self.name}({self.arguments})" + (f" -> {results}" if results else "")


@functools.cache
def docs() -> Mapping[str, Doc]:
    """Gives what is known, by name."""
    found: dict[str, Doc] = {}
    for path in sorted(FOLDER.rglob("*.lua")):
        for doc in read(path.read_text(encoding="utf-8"), path.stem):
            found[doc.name] = doc
    return found


_FUNCTION = re.compile(r"function ([\w.:]+)\((.*?)\) end")


def read(text: str, module: str) -> Iterator[Doc]:
    """Reads one file's annotations; the class that is named like the file is the module."""
    lines: list[str] = []
    tags: list[tuple[str, str]] = []
    for line in text.split("\n"):
        if line.startswith("---@"):
            tag, _, rest = line[4:].partition(" ")
            tags.append((tag, rest))
        elif line.startswith("---"):
            lines.append(line[3:].strip())
        else:
            yield from _doc(line, " ".join(lines), tags, module)
            if not line or line.startswith(("function", "local")):
                lines, tags = [], []


def _doc(line: str, text: str, tags: Sequence[tuple[str, str]], module: str) -> Iterator[Doc]:
    for tag, rest in tags:
        if tag == "class" and line.startswith("local"):
            name = rest.split()[0]
            yield Doc(name, "module" if module in (name, LANGUAGE) else "class", text)
            for other, field in tags:
                if other == "field":
                    field_name, _, about = field.partition(" ")
                    yield Doc(f"{name}.{field_name}", "field", about)
    match = _FUNCTION.match(line)
    if match is not None:
        params = [_param(rest) for tag, rest in tags if tag == "param"]
        returns = [_result(rest) for tag, rest in tags if tag == "return"]
        yield Doc(match[1], "function", text, match[2], params, returns)


def type_end(text: str) -> int:
    """Gives where the type at the start of a text ends: at the first space outside brackets, but for those after `:`, `,` and `|`."""
    level = 0
    for at, c in enumerate(text):
        level += (c in "{(<[") - (c in "})>]")
        before, after = text[:at].rstrip()[-1:], text[at:].lstrip()[:1]
        if c.isspace() and level == 0 and before not in (":", ",", "|") and after != "|":
            return at
    return len(text)


def _param(rest: str) -> tuple[str, str, str]:
    name, _, more = rest.partition(" ")
    end = type_end(more)
    return name, more[:end], more[end:].strip()


def _result(rest: str) -> str:
    end = type_end(rest)
    name = rest[end:].split()
    return f"{name[0]}: {rest[:end]}" if name else rest[:end]
