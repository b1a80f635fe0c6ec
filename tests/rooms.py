"""The rooms of the house and the arrows between them, read from the sources: Python's imports and Lua's `require`, late ones too.

Run: python tests/rooms.py; writes the drawing in docs/rooms.md anew, which tests/test_layers.py compares.
"""

from __future__ import annotations

import ast
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ROOMS = ("registry", "host", "lua", "stdlib", "moonwit")  # a room imports itself and what stands left of it
DRAWING = ROOT / "docs" / "rooms.md"

# Files that stand above the folder that they lie in: what puts the command line, and a lane's Lua state, together.
TOPS = ("moonwit/__main__.py", "lua/boot.lua")
# Files that give, lazily, what the files of a room hold: they stand above those, and below whoever asks them.
FACES = ("moonwit/__init__.py", "registry/__init__.py")

_REQUIRED = re.compile(r"""["']((?:lua|stdlib)(?:\.\w+)+)["']""")
_JOINED = re.compile(r"""require\s*\(?\s*["']((?:lua|stdlib)\.(?:\w+\.)*)["']\s*\.\.""")
_COMMENT = re.compile(r"--\[\[.*?\]\]|--[^\n]*", re.DOTALL)


class Arrow(NamedTuple):
    """One import: the file that asks, the line, and the file that it gets, as paths below the root."""

    source: str
    line: int
    target: str


def files(*suffixes: str) -> list[Path]:
    """Lists the files of all rooms; the links in `moonwit/` lead to the other rooms and are not followed."""
    walks = [found for room in ROOMS for found in os.walk(ROOT / room)]
    return sorted(Path(folder, name) for folder, _, names in walks for name in names if name.endswith(suffixes))


def name_of(path: Path) -> str:
    """Gives a file's path below the root."""
    return path.relative_to(ROOT).as_posix()


def folder_of(name: str) -> str:
    """Gives the folder that a file belongs to: `stdlib/time.lua` is part of `stdlib/time`; a top or a face stands for itself."""
    own = name.rpartition(".")[0]
    return name if name in TOPS + FACES else own if (ROOT / own).is_dir() else name.rpartition("/")[0]


def room_of(name: str) -> str:
    """Gives the room of a file or a folder."""
    return name.split("/")[0]


def module_name(name: str) -> str:
    """Gives the name under which Python imports a file."""
    dotted = name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    return dotted if room_of(name) == "moonwit" else f"moonwit.{dotted}"


def imported(text: str, modules: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Gives line and file of each module that a Python text imports, or names in a string to import it by."""
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules else str(node.module) for name in names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            names = [node.value]
        for name in names:
            if name in modules:
                yield node.lineno, modules[name]  # type: ignore[attr-defined]


def required(text: str, modules: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Gives line and file of each module that a Lua text requires or names; a name that is put together stands for all that it may be."""
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    for match in _REQUIRED.finditer(text):
        if match[1] in modules:
            yield text.count("\n", 0, match.start()) + 1, modules[match[1]]
    for match in _JOINED.finditer(text):
        for name, target in modules.items():
            if name.startswith(match[1]) and "." not in name.removeprefix(match[1]):
                yield text.count("\n", 0, match.start()) + 1, target


def arrows() -> list[Arrow]:
    """Lists every import of the house."""
    python, lua = ([name_of(path) for path in files(suffix)] for suffix in (".py", ".lua"))
    imports = {module_name(name): name for name in python}
    requires = {name.removesuffix(".lua").replace("/", "."): name for name in lua}
    found = []
    for names, read, modules in ((python, imported, imports), (lua, required, requires)):
        for name in names:
            text = (ROOT / name).read_text(encoding="utf-8")
            found += [Arrow(name, line, target) for line, target in read(text, modules) if target != name]
    return found


def circles(pairs: Mapping[str, set[str]]) -> list[list[str]]:
    """Lists the sets of names that reach each other, each sorted."""
    reached: dict[str, set[str]] = {}
    for start in pairs:
        reached[start], waiting = set(), [start]
        while waiting:
            for name in pairs.get(waiting.pop(), set()) - reached[start]:
                reached[start].add(name)
                waiting.append(name)
    tied = [name for name in pairs if name in reached[name]]
    return sorted({tuple(sorted(other for other in tied if other in reached[name] and name in reached[other])) for name in tied})  # type: ignore[return-value, arg-type]


def between(found: list[Arrow]) -> dict[str, set[str]]:
    """Gives for each folder the folders that its files import."""
    pairs: dict[str, set[str]] = defaultdict(set)
    for arrow in found:
        pairs[folder_of(arrow.source)]  # a folder that imports nothing is one too
        source, target = folder_of(arrow.source), folder_of(arrow.target)
        if source != target:
            pairs[source].add(target)
            pairs[target]
    return dict(pairs)


def levels(pairs: Mapping[str, set[str]]) -> dict[str, int]:
    """Numbers folders from below: each stands above all that it imports; those of a circle stand together."""
    together = {name: group for group in circles(pairs) for name in group}
    groups = {name: tuple(together.get(name, [name])) for name in pairs}
    level: dict[tuple[str, ...], int] = {}

    def number(group: tuple[str, ...]) -> int:
        if group not in level:
            below = {groups[target] for name in group for target in pairs[name]} - {group}
            level[group] = 1 + max(map(number, below), default=0)
        return level[group]

    return {name: number(groups[name]) for name in pairs}


HEAD = """# The rooms

Drawn by `python tests/rooms.py` from the imports of Python and the `require` of Lua; a test compares it. A room imports itself and the
rooms before it, and no folders import each other in a circle. The number is the height: a folder stands above all that it imports.
The folder `stdlib/time` includes `stdlib/time.lua`. Single files are those that put a whole together, which nothing imports, and the
faces of rooms, which give lazily what the room's files hold.
"""


def drawing(found: list[Arrow]) -> str:
    """Draws the rooms from top to bottom: first the rooms alone, then the folders of each by height, with what they import."""
    pairs = between(found)
    level = levels(pairs)
    across: dict[str, set[str]] = defaultdict(set)
    for source, targets in pairs.items():
        across[room_of(source)] |= {room_of(target) for target in targets if source not in TOPS} - {room_of(source)}
    lines = [HEAD, "```mermaid", "flowchart TD"]
    lines += [f"  {room} --> {target}" for room in reversed(ROOMS) for target in reversed(ROOMS) if target in across[room]]
    lines.append("```")
    for room in reversed(ROOMS):
        lines += ["", f"## {room}", "", "```text"]
        for folder in sorted((name for name in pairs if room_of(name) == room), key=lambda name: (-level[name], name)):
            within = sorted(name.removeprefix(f"{room}/") for name in pairs[folder] if room_of(name) == room)
            below = sorted({room_of(name) for name in pairs[folder]} - {room}, key=ROOMS.index, reverse=True)
            lines += [f"{level[folder]:2} {folder}", *([f"     -> {', '.join(within)}"] if within else [])]
            lines += [f"     => {', '.join(below)}"] if below else []
        lines.append("```")
    return "\n".join([*lines, "", "`->` are folders of the same room, `=>` rooms before it.", ""])


if __name__ == "__main__":
    DRAWING.parent.mkdir(exist_ok=True)
    DRAWING.write_text(drawing(arrows()), encoding="utf-8")
