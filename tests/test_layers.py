"""The rules of the house that hold across rooms: arrows point down and close no circle, folders and files stay small, all is shipped."""

import ast
import importlib.util
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("rooms", Path(__file__).with_name("rooms.py"))
rooms = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(rooms)

PYTHON, LUA = rooms.files(".py"), rooms.files(".lua")
MOST_FILES, MOST_LINES, LONGEST = 20, 400, 60


@pytest.fixture(scope="module")
def arrows():
    return rooms.arrows()


def test_arrows_point_down(arrows):
    """A room imports itself and the rooms to its left; only what puts everything together names what stands above it."""
    order = rooms.ROOMS.index
    for source, line, target in arrows:
        points_up = order(rooms.room_of(source)) < order(rooms.room_of(target))
        assert source in rooms.TOPS or not points_up, f"{source}:{line}: expected an import from this room or one below it, got {target}"


@pytest.mark.parametrize("path", PYTHON, ids=str)
def test_the_product_runs_components_itself(path):
    """Wasmtime's own implementation of components is for tests to compare with."""
    assert not list(_components_of_wasmtime((ROOT / path).read_text(encoding="utf-8"))), f"{path}: expected nothing of wasmtime.component"


def _components_of_wasmtime(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name}" for name in names]
        yield from (name for name in names if f"{name}.".startswith("wasmtime.component."))
        if isinstance(node, ast.Attribute) and node.attr.startswith(("wasmtime_component_", "WASMTIME_COMPONENT_")):
            yield node.attr


@pytest.mark.parametrize(
    "source",
    [
        "import wasmtime.component",
        "from wasmtime import component as generic",
        "from wasmtime.component import Linker",
        "ffi.wasmtime_component_new()",
    ],
)
def test_the_rule_about_components_would_notice(source):
    """However it is imported, or called by the C API."""
    assert list(_components_of_wasmtime(source))


def test_nothing_imports_a_top(arrows):
    """What puts the command line or a lane together is not imported by anything."""
    assert not [arrow for arrow in arrows if arrow.target in rooms.TOPS]


def test_folders_close_no_circle(arrows):
    """Folders that import each other, directly or by way of others, are one folder that is written in two places."""
    found = {name for circle in rooms.circles(rooms.between(arrows)) for name in circle}
    across = [(arrow, {rooms.folder_of(arrow.source), rooms.folder_of(arrow.target)}) for arrow in arrows]
    why = [f"{arrow.source}:{arrow.line}: {arrow.target}" for arrow, both in across if len(both) == 2 and both <= found]
    assert not found, f"expected no circle of folders, got one of {sorted(found)}, by some of these imports:\n" + "\n".join(why)


def test_files_close_no_circle(arrows):
    """Files that import each other, even late, are one file in two places."""
    pairs = defaultdict(set)
    for source, _, target in arrows:
        # A folder's `__init__` gives lazily what its files hold.
        if not source.endswith("__init__.py"):
            pairs[source].add(target)
    found = {name for circle in rooms.circles(dict(pairs)) for name in circle}
    assert not found, f"expected no circle of files, got one with {sorted(found)}"


def test_the_drawing_is_true(arrows):
    """docs/rooms.md shows the rooms, and the arrows between them, as they are."""
    drawn = rooms.DRAWING.read_text(encoding="utf-8") if rooms.DRAWING.exists() else ""
    assert drawn == rooms.drawing(arrows), "docs/rooms.md is out of date; run: python tests/rooms.py"


@pytest.mark.parametrize("path", PYTHON, ids=rooms.name_of)
def test_imports_are_absolute(path):
    """Modules have one name, `moonwit.<room>`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        where = f"{rooms.name_of(path)}:{getattr(node, 'lineno', 0)}"
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{where}: write the absolute import"
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] not in rooms.ROOMS[:-1], f"{where}: write moonwit.{name}"


def test_folders_stay_small():
    """A folder holds what can be seen at a glance."""
    for folder, count in Counter(path.parent for path in PYTHON + LUA).items():
        assert count <= MOST_FILES, f"expected at most {MOST_FILES} files in {rooms.name_of(folder)}, got {count}"


@pytest.mark.parametrize("path", PYTHON + LUA, ids=rooms.name_of)
def test_files_stay_short(path):
    """A file stays below 400 lines: past that it has two jobs."""
    assert len(path.read_text(encoding="utf-8").splitlines()) < MOST_LINES


@pytest.mark.parametrize("path", PYTHON, ids=rooms.name_of)
def test_functions_stay_short(path):
    """A Python function has at most 60 lines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= LONGEST, f"{rooms.name_of(path)}:{node.lineno}: expected at most {LONGEST} lines in {node.name}, got {lines}"


_BLANKED = re.compile(r"""--\[(=*)\[.*?\]\1\]|--[^\n]*|\[(=*)\[.*?\]\2\]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)
_BLOCK = re.compile(r"\b(?:function|if|do|repeat|end|until)\b")


def lua_functions(text: str) -> Iterator[tuple[int, int]]:
    """Gives first line and length of each Lua function. A function within it counts for itself: a module's state is what closures share."""
    text = _BLANKED.sub(lambda match: "\n" * match[0].count("\n"), text)
    opened: list[tuple[str, int, list[int]]] = []
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match[0] not in ("end", "until"):
            opened.append((match[0], line, []))
            continue
        word, start, inner = opened.pop()
        if word == "function":
            lines = line - start + 1
            yield start, lines - sum(inner)
            for outer, _, within in reversed(opened):
                if outer == "function":
                    within.append(lines)
                    break
    assert not opened, "a block is not closed"


def test_lua_functions_stay_short():
    """A Lua function has at most 60 lines of its own."""
    found = {}
    for path in LUA:
        lengths = [(start, lines) for start, lines in lua_functions(path.read_text(encoding="utf-8")) if lines > LONGEST]
        if lengths:
            found[rooms.name_of(path)] = lengths
    assert not found, f"expected at most {LONGEST} lines in a function, got (first line, lines): {found}"


@pytest.mark.parametrize("name", ("CONTRIBUTING.md", "moonwit/__init__.py"))
def test_what_newcomers_are_sent_to_is_there(name):
    """Each file and folder that the tour and CONTRIBUTING.md name exists."""
    quoted = re.findall(r"`+([\w./]+/[\w./]+|\.ci/run)`+", (ROOT / name).read_text(encoding="utf-8"))
    assert len(quoted) > 10
    for path in quoted:
        assert (ROOT / path).exists(), f"{name} sends to {path}, which is not there"


def package_of(path: Path) -> str:
    """Gives the dotted name of the folder of a file."""
    folders = path.relative_to(ROOT).parts[:-1]
    return ".".join(folders if folders[0] == "moonwit" else ("moonwit", *folders))


def test_everything_is_shipped():
    """The packages named for the wheel are the folders with Python files, and Lua files are data of a package."""
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert sorted(setuptools["packages"]) == sorted({package_of(path) for path in PYTHON})
    with_lua = [package for package, patterns in setuptools["package-data"].items() if "**/*.lua" in patterns]
    for path in LUA:
        assert any(f"{package_of(path)}.".startswith(f"{package}.") for package in with_lua), f"{rooms.name_of(path)} is not shipped"


def test_the_rules_would_notice(arrows):
    """The readers see all rooms, every way to import and to require, circles, and how long a Lua function is."""
    assert {rooms.room_of(rooms.name_of(path)) for path in PYTHON} == set(rooms.ROOMS)
    modules = {"moonwit.host": "H", "moonwit.host.engine": "E", "moonwit.lua": "L"}
    text = "import moonwit.lua\ndef late():\n    from moonwit.host import engine, other\nNAME = 'moonwit.host.engine'\n"
    assert sorted(rooms.imported(text, modules)) == [(1, "L"), (3, "E"), (3, "H"), (4, "E")]
    modules = {"lua.a": "A", "stdlib.b": "B", "stdlib.b.c": "C"}
    text = "-- require 'lua.a'\nlocal a = require 'lua.a'\nfunction late() pcall(require, \"stdlib.b.c\") end\nrequire('stdlib.' .. name)"
    assert sorted(rooms.required(text, modules)) == [(2, "A"), (3, "C"), (4, "B")]
    assert rooms.circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d"}}) == [("b", "c"), ("d",)]
    assert rooms.levels({"a": {"b"}, "b": {"c"}, "c": set()}) == {"a": 3, "b": 2, "c": 1}
    assert rooms.folder_of("stdlib/time.lua") == "stdlib/time" and rooms.folder_of("stdlib/env.lua") == "stdlib/env"
    text = "function f()\n  local g = function()\n    if 'end' then\n    end -- end\n  end\n  return g\nend\n"
    assert sorted(lua_functions(text)) == [(1, 3), (2, 4)]
    sources = {arrow.source for arrow in arrows}
    assert {"moonwit/__main__.py", "stdlib/modules.lua", "lua/boot.lua"} <= sources
    assert {"stdlib/wit.lua", "stdlib/time.lua"} <= {arrow.target for arrow in arrows if arrow.source == "stdlib/modules.lua"}
