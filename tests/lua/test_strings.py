"""Functions of Lua's library that are written anew, held against LuaJIT's own and Python's."""

from __future__ import annotations

from pathlib import Path

import lupa.luajit21
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.texts import texts

lua, _ = texts(__file__)

ROOT = Path(__file__).resolve().parents[2]

@settings(max_examples=600, deadline=None)
@example(text="abc", pattern="", limit=None)
@example(text="", pattern=")", limit=0)
@example(text="a)b", pattern="a)", limit=0)
@example(text="a)b", pattern="a)", limit=1)
@example(text="a)b", pattern="a)", limit=2)
@example(text="hello world", pattern="^h", limit=None)
@example(text="THE (quick) fox", pattern="%f[%a]%a+", limit=1)
@given(
    text=st.text("ab.c ", max_size=12),
    pattern=st.lists(
        st.sampled_from([*"ab.%^$()[]-*+?c", "%f[a]", "()", "%1", "%bab", "[^a]", "%w", "(.)"]), max_size=6,
    ).map("".join),
    limit=st.none() | st.integers(-1, 4),
)
def test_gsub_with_a_function_is_gsub(text: str, pattern: str, limit: int | None) -> None:
    """A callback gives the same text, count, captures and errors as LuaJIT's own gsub."""
    assert COMPARE_GSUB(text, pattern, limit) == ""


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 20), max_size=60), st.booleans())
def test_sort_sorts_and_keeps_the_order_of_equals(numbers: list[int], falling: bool) -> None:
    """Sorting is that of Python: stable, with or without a comparator."""
    pairs = [(n, i) for i, n in enumerate(numbers)]
    expected = sorted(pairs, key=lambda p: -p[0] if falling else p[0])
    assert list(SORT(RUNTIME.table_from([RUNTIME.table_from(p) for p in pairs]), falling).values()) == [i for _, i in expected]


def test_no_argument_of_format_is_written_out_from_c() -> None:
    """A `__tostring` may wait, whichever argument has it."""
    for count in range(1, 9):
        for place in range(1, count + 1):
            assert FORMAT_WAITS(count, place) == "".join("x" if each == place else "-" for each in range(1, count + 1))


RUNTIME = lupa.luajit21.LuaRuntime(register_eval=False, register_builtins=False)
RUNTIME.execute("package.path = ...", str(ROOT / "moonwit" / "?.lua"))
COMPARE_GSUB = RUNTIME.execute(lua("compare_gsub"))
SORT = RUNTIME.execute(lua("sort"))
FORMAT_WAITS = RUNTIME.execute(lua("format_waits"))
