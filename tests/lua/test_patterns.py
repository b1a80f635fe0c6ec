"""Pattern matching: LuaJIT's own where that is quick, else ours, which gives the same and can be ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lupa.luajit21
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import moonwit
from tests.projects import opened
from tests.texts import texts

lua, _ = texts(__file__)

ROOT = Path(__file__).resolve().parents[2]

# Texts and patterns of few characters, so that they meet.
TEXT = st.text("ab. \0(1", max_size=14)
PATTERN = st.lists(
    st.sampled_from(
        [*"ab.1 ", "\0", "%", "^", "$", "(", ")", "()", "[", "]", "-", "*", "+", "?", "%1", "%2", "%0", "%f[a]", "%f[%W]", "%f", "%bab",
         "%b", "[^a]", "[a-b]", "[%]b]", "[]a]", "[^]]", "[%a-1]", "[a-]", "%w", "%W", "%s", "%z", "%g", "(.)", "(a*)", "(.-)", ".-", "a?",
         "a*", "%a+", "b-"]
    ),
    max_size=7,
).map("".join)  # fmt: skip
REPLACEMENT = st.text("%01 2x", max_size=4)


@settings(max_examples=3000, deadline=None)
@example(text="aaa", pattern="^a", init=2, plain=False, replacement="%1", limit=None)
@example(text="", pattern="", init=None, plain=True, replacement="", limit=0)
@example(text="a^a", pattern="^a", init=None, plain=False, replacement="%", limit=None)
@example(text="a" * 250, pattern="a?" * 220, init=None, plain=False, replacement="x", limit=None)
@example(text="b", pattern="a?" * 250, init=None, plain=False, replacement="x", limit=None)
@example(text="aaa", pattern="(" * 33 + "a" + ")" * 33, init=None, plain=False, replacement="x", limit=None)
@example(text="aaa", pattern="()" * 32, init=None, plain=False, replacement="%9", limit=None)
@given(TEXT, PATTERN, st.none() | st.integers(-20, 20), st.booleans(), REPLACEMENT, st.none() | st.integers(-1, 5))
def test_ours_is_luajits(text: str, pattern: str, init: int | None, plain: bool, replacement: str, limit: int | None) -> None:
    """find, match, gmatch and gsub give the same values and the same errors, whatever the pattern."""
    assert COMPARE(text, pattern, init, plain, replacement, limit) == ""


@settings(max_examples=1500, deadline=None)
@given(st.text("ab. ", max_size=9), PATTERN)
def test_the_bound_holds(text: str, pattern: str) -> None:
    """What our matching takes for a text is never more than what the bound says of it, which leaves captures out."""
    assert WITHIN_BOUND(text, pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "at_least", "at_most"),
    [
        ("x", 1e6, 1e8), ("^x", 1e6, 1e8), ("%d+", 2000, 5000), ("^%d+$", 1e6, 1e8), ("^%s*(.-)%s*$", 100, 1000), ("%w+=%w+", 1000, 5000),
        ("^%w+=%w+", 1e5, 1e8), ("a?" * 30, -1, -1), ("-?%d+", 1000, 5000), (".-.-.-x", 10, 100), ("%b()", 2000, 5000),
        ("(a*)*", 1000, 5000),
    ],
)  # fmt: skip
def test_what_luajit_may_match(pattern: str, at_least: float, at_most: float) -> None:
    """Patterns without much to try are LuaJIT's up to texts of a size that it needs no more than about ten milliseconds for."""
    assert at_least <= LONGEST(pattern) <= at_most


HEAVY = {
    "optional": "('a'):rep(30):match(('a?'):rep(30) .. ('a'):rep(30) .. 'b')",
    "lazy": "('a'):rep(5000):find('.-.-.-.-b')",
    "greedy": "('a'):rep(5000):find('a*a*a*a*b')",
    "balanced": "('('):rep(200000):find('%b()')",
    "back reference": "('a'):rep(20000):match('(.-)%1x')",
    "frontier": "('a'):rep(5000):match('%f[a]a-a-a-b')",
    "unanchored": "('a'):rep(1000000):match('a+b')",
    "iterator": "(' '):rep(100000):gmatch('%s+$x')()",
    "text": "('a'):rep(5000):gsub('a*a*a*b', '')",
    "table": "('a'):rep(5000):gsub('a*a*a*b', {})",
    "function": "('a'):rep(5000):gsub('a*a*a*b', print)",
    "many matches": "('a'):rep(200000):gsub('()a*b?a-c?()%f[b]', '')",
}
ENTRIES = """
  - name: run
    kind: function.lua
    limits: {max_execution_ms: 50}
    source: "return function(source) while true do pcall(load(source)) end end"
"""


@pytest.mark.parametrize("name", HEAVY)
def test_what_backtracks_is_ended(project: moonwit.Project, name: str) -> None:
    """Without a limit it gives up with a sentence at the script's place; under one the limit ends it."""
    project.run_script(f"""
        local ok, err = pcall(function() local found = {HEAVY[name]} end)
        assert(not ok and tostring(err):find("script:2: pattern too complex: it takes more than", 1, true), err)""")
    with pytest.raises(moonwit.CallError, match="p:run: took longer than its limit of 50 ms"):
        project.call("p:run", f"return {HEAVY[name]}")


@pytest.mark.parametrize(
    "source",
    [
        "('a'):rep(3e6):find(('a'):rep(1e6) .. 'b', 1, true)",
        "('ab'):rep(1e6):find(('ab'):rep(5e5) .. 'c')",
    ],
)
def test_a_plain_text_is_found_in_time(project: moonwit.Project, source: str) -> None:
    """What is compared anew at each place is not."""
    project.run_script(f"assert({source} == nil) local s = ('a'):rep(1e6) .. 'b' assert((s .. s):find(s, 2e5, true) == 1000002)")


def test_no_string_is_made_too_large(project: moonwit.Project) -> None:
    """Repetitions and replacements stop at 256 MiB."""
    project.run_script(lua("no_string_is_made_too_large"))


def test_no_text_to_load_is_too_long(project: moonwit.Project) -> None:
    """LuaJIT's parser can't be ended, so it gets at most 1 MiB, however that comes."""
    project.run_script(lua("no_text_to_load_is_too_long"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("('x'):find('[a')", "malformed pattern (missing ']')"),
        ("('x'):rep(1e6):find('[a')", "malformed pattern (missing ']')"),
        ("('x'):rep(1e6):match('x-(')", "unfinished capture"),
        ("for _ in ('x'):rep(1e6):gmatch('x-%') do end", "malformed pattern (ends with '%')"),
        ("('x'):rep(1e6):gsub('x-(', '%1')", "unfinished capture"),
        ("('x'):find({})", "bad argument #1 to 'find' (string expected, got table)"),
        ("string.find('x')", "bad argument #2 to 'find' (string expected, got no value)"),
        ("string.match()", "bad argument #1 to 'match' (string expected, got no value)"),
        ("('x'):find('x', {})", "bad argument #2 to 'find' (number expected, got table)"),
        ("string.gmatch('x')", "bad argument #2 to 'gmatch' (string expected, got no value)"),
    ],
)
def test_errors_are_the_scripts(project: moonwit.Project, call: str, message: str) -> None:
    """A wrong pattern or argument is blamed on the script's line, whichever matches."""
    project.run_script(f"local ok, err = pcall(function()\n {call} end) assert(err == [[script:2: {message}]], err)")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Opens a project with a function under a limit."""
    folder = tmp_path_factory.mktemp("patterns")
    with opened(folder, ENTRIES, namespace="p") as project:
        yield project


def _runtime(source: str) -> Callable[..., Any]:
    runtime = lupa.luajit21.LuaRuntime(register_eval=False, register_builtins=False)
    runtime.execute("package.path = ...", str(ROOT / "moonwit" / "?.lua"))
    made: Callable[..., Any] = runtime.execute(source)
    return made


# Ours, always: no text is short enough for LuaJIT's.
COMPARE = _runtime(lua("compare"))
WITHIN_BOUND = _runtime(lua("within_bound"))
LONGEST = _runtime("""
local cost = require "lua.scripts.pattern_cost"
return function(pattern) return cost.longest(pattern, cost.anchored(pattern)) end""")
