"""Texts of tests have files of their own: their reader, and that none stands in Python; files of tests stay short."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from lupa.luajit21 import LuaRuntime

from tests.texts import filled


def test_parameters_are_words_of_their_own(tmp_path: Path) -> None:
    """A parameter is replaced where it is no part of a longer word, and what is put in is not read again."""
    path = tmp_path / "a.lua"
    path.write_text("f('t:spin_POOL', POOLS, MOST)\n--[[ BODY ]]\n-- BODY\n")
    assert filled(path, {"POOL": "MOST", "MOST": 5, "BODY": "g()"}) == "f('t:spin_MOST', POOLS, 5)\ng()\n-- g()\n"


def test_a_parameter_that_a_text_has_not_is_a_mistake(tmp_path: Path) -> None:
    """A test that fills in what is not there would test something else."""
    path = tmp_path / "a.wat"
    path.write_text("(module (memory SIZE))")
    with pytest.raises(AssertionError, match=r"a\.wat has no SIZES"):
        filled(path, {"SIZES": 1})


TESTS = Path(__file__).parent
MOST_LINES = 3
# Text that stays where it is, by folder or file: why.
STAYS = {
    "bench": "programs that are run by their paths, where `tests` can't be imported",
    "conformance": "WAT as its suite writes it, which the test is about",
    "guests": "programs that write binaries",
    "moonwit/repl/test_stubs.py": "Lua that asks Moonwit's own modules, and not a script",
    "soak": "programs that are run by their paths, where `tests` can't be imported",
}
_WAT = re.compile(r"\s*(?:;;[^\n]*\n\s*)*\((?:module|component|core|func|memory|type|import|instance|table|global|data|canon)\b")


@cache
def compiles() -> Callable[[str], bool]:
    """Gives a function that tells whether a text is Lua."""
    found: Callable[[str], bool] = LuaRuntime().eval("function(text) return load(text) ~= nil end")
    return found


def long_texts(source: str) -> Iterator[tuple[int, str]]:
    """Gives line and language of Lua and WAT in triple quotes of more than three lines, but for text of more than three parts."""
    tree, lines_of = ast.parse(source), source.encode().splitlines()
    within = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if node in within or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        if not lines_of[node.lineno - 1][node.col_offset :].lstrip(b"rbf").startswith(b'"""'):
            continue
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        if sum(isinstance(part, ast.FormattedValue) for part in parts) > MOST_LINES:
            continue
        values = [part.value if isinstance(part, ast.Constant) else "VALUE" for part in parts]
        text = "".join(each.decode() if isinstance(each, bytes) else str(each) for each in values)
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) <= MOST_LINES:
            continue
        if _WAT.match(text):
            yield node.lineno, "WAT"
        elif not all(line.lstrip().startswith("--") for line in lines) and compiles()(text):
            yield node.lineno, "Lua"


def test_long_texts_have_files() -> None:
    """Lua and WAT of more than three lines are in files, where tools read them, but for what is listed; and what is listed has some."""
    found, used = [], set()
    for path in sorted(TESTS.rglob("*.py")):
        name = path.relative_to(TESTS).as_posix()
        listed = next((each for each in STAYS if name == each or name.startswith(f"{each}/")), None)
        for line, language in long_texts(path.read_text(encoding="utf-8")):
            if listed is None:
                found.append(f"{name}:{line}: {language}")
            used.add(listed)
    assert not found
    assert STAYS.keys() <= used


def test_the_rule_would_notice() -> None:
    """Lua and WAT with parameters too, and bytes; not YAML, comments, short texts and those of many parts."""
    lua, wat = "\nlocal a = {0}\nlocal b\nlocal c\nlocal d\n", "\n(module\n(memory {0})\n(func)\n(func))\n"
    for text, language in ((lua, "Lua"), (wat, "WAT")):
        for prefix, value in (("", "1"), ("b", "1"), ("f", "{x}")):
            assert list(long_texts(f'x = 1\ny = {prefix}"""{text.format(value)}"""')) == [(2, language)]
        assert not list(long_texts(f'y = f"""{text.format("{x}{x}{x}{x}")}"""'))
    for text in (lua.replace("local d\n", ""), "- a: 1\n" * 5, "-- one\n" * 5):
        assert not list(long_texts(f'y = """{text}"""'))


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: path.relative_to(TESTS).as_posix())
def test_files_of_tests_stay_short(path: Path) -> None:
    """A file of tests has at most as many lines as one of the product: past that it is about two things."""
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400
