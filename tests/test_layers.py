"""The rules of the house that hold across rooms: one import direction, one name for each module, short files, all of it shipped."""

import ast
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("registry", "host", "lua", "stdlib", "moonwit")  # a room imports itself and what stands left of it


def files(suffix: str) -> list[Path]:
    """Lists the files of all rooms; the links in `moonwit/` lead to the other rooms and are not followed."""
    walks = [found for room in ROOMS for found in os.walk(ROOT / room)]
    return sorted(Path(folder, name) for folder, _, names in walks for name in names if name.endswith(suffix))


PYTHON, LUA = files(".py"), files(".lua")


def name_of(path: Path) -> str:
    """Gives the short name of a file for the test report."""
    return str(path.relative_to(ROOT))


def imported(path: Path) -> Iterator[tuple[int, str, int]]:
    """Gives line, name and relative level of each import of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "moonwit" else [node.module or ""]
            for name in names:
                yield node.lineno, name, node.level
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, 0


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_imports_point_left(path):
    """A room imports itself and the rooms to its left, absolutely and under the one name `moonwit.<room>`."""
    room = path.relative_to(ROOT).parts[0]
    allowed = ROOMS[: ROOMS.index(room) + 1]
    for line, name, level in imported(path):
        assert level == 0, f"{name_of(path)}:{line}: write the absolute import"
        first, _, rest = name.partition(".")
        assert first not in ROOMS[:-1], f"{name_of(path)}:{line}: write moonwit.{name}"
        if first == "moonwit":
            target = rest.split(".")[0] if rest.split(".")[0] in ROOMS else "moonwit"
            assert target in allowed, f"{name_of(path)}:{line}: {room} may not import {target}"


@pytest.mark.parametrize("path", PYTHON + LUA, ids=name_of)
def test_files_stay_short(path):
    """A file stays below 400 lines: past that it has two jobs."""
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400


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
        assert any(f"{package_of(path)}.".startswith(f"{package}.") for package in with_lua), f"{name_of(path)} is not shipped"


def test_the_rules_would_notice():
    """The walk sees all rooms, and the reader of imports sees every form of import."""
    assert {path.relative_to(ROOT).parts[0] for path in PYTHON} == set(ROOMS)
    assert [name for _, name, _ in imported(Path(__file__))][:2] == ["ast", "os"]
