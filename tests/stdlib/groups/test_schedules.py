"""Random trees of groups on the test clock: nothing outlives its group, no error vanishes, and each is given once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moonwit.lua.lane.lane import new_state
from moonwit.lua.values import buffer

SOURCE = Path(__file__).with_name("schedules.lua").read_text(encoding="utf-8")
MS = st.integers(0, 6)
LEAVES = st.one_of(
    st.fixed_dictionaries({"kind": st.just("sleep"), "ms": MS}),
    st.fixed_dictionaries({"kind": st.just("stubborn"), "ms": MS, "times": st.integers(1, 4)}),
    st.fixed_dictionaries({"kind": st.just("fail"), "ms": MS, "how": st.sampled_from(["raise", "return", "value", "thrown value"])}),
    st.fixed_dictionaries({"kind": st.just("spoil"), "ms": MS}),
    st.fixed_dictionaries({"kind": st.just("cancel"), "ms": MS}),
    st.fixed_dictionaries({"kind": st.just("cancel_one"), "ms": MS, "which": st.integers(1, 4)}),
)


def groups(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A node that has others in it."""
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["group", "run", "unwaited", "map", "channel_map", "race"]),
            "children": st.lists(children, max_size=4),
            "on_error": st.sampled_from(["cancel", "collect"]),
            "limit": st.sampled_from([None, None, 1, 2]),
            "timeout": st.sampled_from([None, None, 1, 3]),
            "ms": MS,
            "fails": st.booleans(),
        }
    )


TREES = groups(st.recursive(LEAVES, groups, max_leaves=14))


def lua(value: Any) -> str:
    """Writes a value as a Lua expression."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}={lua(each)}" for key, each in value.items() if each is not None) + "}"
    if isinstance(value, list):
        return "{" + ",".join(map(lua, value)) + "}"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


LANE: Any = None


def lane() -> Any:
    """Makes a Lua state with a test clock, once."""
    global LANE
    if LANE is None:
        _, LANE = new_state({})
        LANE[b"test_clock"]()
    return LANE


def leaf(kind: str, ms: int = 1, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "ms": ms, **more}


def node(kind: str, *children: Any, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "children": list(children), "on_error": "cancel", "ms": 0, "fails": False, **more}


FAILS = leaf("fail", how="raise")


@settings(max_examples=400, deadline=None)
@given(TREES)
@example(node("group", FAILS, leaf("spoil", 5), leaf("stubborn", 5, times=3)))
@example(node("group", node("run", FAILS, ms=5), node("run", leaf("sleep", 6), ms=6), FAILS))
@example(node("group", FAILS, node("run", node("group", leaf("spoil", 6)), leaf("spoil", 6), ms=6, fails=True)))
@example(node("group", node("unwaited", leaf("spoil", 6), FAILS, ms=0), node("unwaited", FAILS, ms=3), on_error="collect"))
@example(node("group", *[FAILS] * 4, limit=1, on_error="collect"))
@example(node("group", FAILS, node("run", ms=2)))
@example(node("group", node("run", node("run", FAILS, ms=6), FAILS, ms=6), leaf("cancel", 1)))
def test_no_schedule_breaks_the_promise(tree: Any) -> None:
    """What a tree of groups does, however it fails, cancels and waits, keeps the promise of groups."""
    source = f"local tree = {lua(tree)}\nprint = function(text) if text ~= 'right' then error(text, 0) end end\n"
    answer = lane()[b"run"]((source + SOURCE.replace("local tree = ...\n", "")).encode(), b"@s.lua", buffer.encode([]))
    assert answer is None, buffer.decode(answer[0]).message


@pytest.mark.parametrize(
    ("what", "replaced", "by"),
    [
        ("an error is not given on", "given[name] = (given[name] or 0) + 1", ""),
        ("a child is not counted when it ends", "count(path, -1)\n  if not ok", "if not ok"),
    ],
)
def test_a_broken_promise_is_noticed(what: str, replaced: str, by: str) -> None:
    """The script tells what does not hold."""
    assert replaced in SOURCE, what
    tree = node("group", FAILS, leaf("sleep", 3), node("group", FAILS))
    source = f"local tree = {lua(tree)}\nprint = function(text) if text ~= 'right' then error(text, 0) end end\n"
    broken = SOURCE.replace(replaced, by).replace("local tree = ...\n", "")
    answer = lane()[b"run"]((source + broken).encode(), b"@s.lua", buffer.encode([]))
    assert "times" in buffer.decode(answer[0]).message or "outlived" in buffer.decode(answer[0]).message
