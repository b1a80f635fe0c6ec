"""What the mutation of guards tries, and that its list of mutants that change nothing is up to date."""

from __future__ import annotations

from tests.mutation import run
from tests.mutation.mutants import mutants
from tests.mutation.run import HELD, ROOT, files, fits, known
from tests.texts import texts

lua, _ = texts(__file__)

LUA = lua("lua")
PYTHON = """def f(n: int) -> int:
    \"\"\"Not < here.\"\"\"
    if n is not None and n < 0x10:
        raise ValueError("not < here")
    assert n > 1
    return n + 1 if not n else -1
"""


def changes(file: str, source: str) -> list[tuple[int, str, str]]:
    return [(mutant.line, mutant.old, mutant.new) for mutant in mutants(file, source)]


def test_lua() -> None:
    """Comparisons, words, numbers, sums and conditions, but nothing in comments and text; where Lua is generated, in strings too."""
    condition = "if n ~= 0 or at + n > 65536 then"
    expected = [
        (3, condition, "if false then"), (3, condition, "if not (n ~= 0 or at + n > 65536) then"), (3, "~=", "=="), (3, "0", "1"),
        (3, "or", "and"), (3, "+", "-"), (3, ">", ">="), (3, "65536", "65535"), (3, "65536", "65537"), (3, "2", "1"), (3, "2", "3"),
        (4, "not ", ""), (4, "0x10", "0x11"), (4, "0x10", "0xf"),
    ]  # fmt: skip
    assert sorted(changes("lua/f.lua", LUA)) == sorted(expected)
    generated = [(5, "if x == 1 then", "if false then"), (5, "==", "~=")]
    assert set(generated) <= set(changes("lua/abi/f.lua", LUA))


def test_python() -> None:
    """The same, but nothing in assertions and docstrings; what raises raises no more."""
    condition = "n is not None and n < 0x10"
    expected = [
        (3, condition, "False"), (3, condition, f"(not ({condition}))"), (3, "and", "or"), (3, "<", "<="), (3, "0x10", "0x11"),
        (3, "0x10", "0xf"), (4, 'raise ValueError("not < here")', "pass"), (6, "+", "-"), (6, "1", "0"), (6, "1", "2"),
        (6, "not n", "False"), (6, "not n", "(not (not n))"), (6, "not", ""), (6, "1", "0"), (6, "1", "2"),
    ]  # fmt: skip
    assert sorted(changes("host/f.py", PYTHON)) == sorted(expected)


def test_a_mutant_is_the_source_with_one_change() -> None:
    """Applied at its place, it is still there but for that."""
    for mutant in mutants("lua/f.lua", LUA):
        changed = mutant.apply(LUA)
        assert changed != LUA and len(changed) == len(LUA) - len(mutant.old) + len(mutant.new)


def test_every_file_is_held() -> None:
    """Each has tests that are there."""
    found = files([])
    named = {held for held in run.HELD_BY if not any(file.startswith(held) for file in found)}
    assert not named, "these are named, and no file of theirs is there"
    assert len(found) > 40 and all(file.startswith(tuple(HELD)) for file in found)
    for file in found:
        tests = run.tests_of(file)
        assert tests and all((ROOT / test).exists() for test in tests), file


def test_what_is_listed_is_there() -> None:
    """Each mutant that is said to change nothing is one, and has a reason."""
    made = {file: mutants(file, (ROOT / file).read_text()) for file in {entry["file"] for entry in known()}}
    for entry in known():
        assert entry["reason"]
        assert any(fits(entry, mutant) for mutant in made[entry["file"]]), entry
