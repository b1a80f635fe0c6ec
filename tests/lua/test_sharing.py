"""Which entries share instances, and what is said of a handle that is passed to one that does not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import moonwit
from tests.projects import write
from tests.texts import texts

lua, wat = texts(__file__)

GUEST = wat("guest")
# The same without resources.
PLAIN = wat("plain")


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., moonwit.Project]:
    """Opens a project of entries, each `name: (method, more fields)` of a guest."""
    opened: list[moonwit.Project] = []

    def make(entries: dict[str, tuple[str, str]], text: str = GUEST) -> moonwit.Project:
        lines = ["name: value, kind: env.storage.static, values: {A: one}", "name: a, kind: env.variable, storage: value, variable: A"]
        for name, (method, more) in entries.items():
            lines.append(f"name: {name}, kind: function.wat, source: file://guest.wat, method: {method}{more and f', {more}'}")
        write(tmp_path, *lines, namespace="s", files={"guest.wat": text})
        opened.append(moonwit.open(tmp_path))
        assert opened[-1].registry is not None
        assert list(opened[-1].registry.errors) == []
        return opened[-1]

    yield make  # type: ignore[misc]
    for each in opened:
        each.close()


SAME = {
    "nothing": ("", ""),
    "args": ("wasi: {args: [x]}, imports: [wasi:cli]", "wasi: {args: [x]}, imports: [wasi:cli]"),
    "spelled otherwise": ("imports: [wasi:cli, wasi:random]", "imports: [wasi:random/random@0.2.1, wasi:random, wasi:cli]"),
    "nothing said": ("wasi: {args: []}", ""),
    "variables": (
        "imports: [wasi:cli], wasi: {env: [{id: a, name: A}, {id: a, name: B}]}",
        "imports: [wasi:cli], wasi: {env: [{name: B, id: a, required: false}, {id: s:a, name: A}]}",
    ),
    "pools and limits": ("pool: {type: static, size: 2}", "limits: {max_execution_ms: 5000, max_memory_bytes: 10000000}, results: table"),
}


@pytest.mark.parametrize("which", SAME)
def test_entries_that_say_the_same_share_an_instance(project: Callable[..., moonwit.Project], which: str) -> None:
    """Handles and state pass between entries whose `imports` and `wasi` say the same, however that is written, whatever else differs."""
    one, other = SAME[which]
    entries = {"make": ("make", one), "other": ("make", other), "sum": ("sum", other), "count": ("count", one), "again": ("count", other)}
    opened = project(entries)
    opened.run_script(lua("entries_that_say_the_same_share_an_instance"))


CLOCKS = ", ".join(f"wasi:clocks/{name}" for name in ("monotonic-clock", "system-clock", "timezone", "types")) + ", ..."
DIFFERENT = {
    "`wasi.args`": ("imports: [wasi:cli], wasi: {args: [x]}", "imports: [wasi:cli], wasi: {args: [y]}"),
    "`wasi.cwd`": ("imports: [wasi:cli]", "imports: [wasi:cli], wasi: {cwd: /a}"),
    "`imports` (wasi:random/": ("imports: [wasi:random]", ""),
    f"`imports` ({CLOCKS})": ("imports: [wasi:clocks]", ""),
    "`limits.max_stack_bytes`": ("limits: {max_stack_bytes: 100000}", ""),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_a_handle_is_not_for_entries_that_say_otherwise(project: Callable[..., moonwit.Project], what: str) -> None:
    """An entry that says otherwise has an instance of its own; a handle that is passed to it is refused with the difference."""
    one, other = DIFFERENT[what]
    opened = project({"make": ("make", one), "sum": ("sum", other), "count": ("count", other)})
    opened.run_script(lua("a_handle_is_not_for_entries_that_say_otherwise", WHAT=what))


def test_entries_without_resources_share_nothing(project: Callable[..., moonwit.Project]) -> None:
    """Where a component defines no resources each entry has instances of its own."""
    opened = project({"count": ("count", ""), "again": ("again", "")}, PLAIN)
    assert [opened.call(id) for id in ("s:count", "s:again", "s:count", "s:again", "s:count")] == [1, 1, 2, 2, 3]


def test_a_failure_ends_the_instance_of_all(project: Callable[..., moonwit.Project]) -> None:
    """After a trap in one entry the others begin anew together, and old handles say that their instance is gone."""
    opened = project({"make": ("make", ""), "sum": ("sum", ""), "count": ("count", ""), "fail": ("fail", "")})
    opened.run_script(lua("a_failure_ends_the_instance_of_all"))


def test_many_callers_at_once(project: Callable[..., moonwit.Project]) -> None:
    """However many call at once, all count in one instance."""
    opened = project({"count": ("count", ""), "again": ("count", "")})
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda number: opened.call(("s:count", "s:again")[number % 2]), range(40)))
    assert sorted(got) == list(range(1, 41))


def test_the_world_is_that_of_the_call(project: Callable[..., moonwit.Project]) -> None:
    """A guest that is shared sees the arguments that its entries say."""
    more = "imports: [wasi:cli], wasi: {args: [x, y, z]}"
    opened = project({"arguments": ("arguments", more), "make": ("make", more)})
    opened.run_script('local a = assert(funcs.call("s:make", 1)) assert(funcs.call("s:arguments") == 3)')


def test_an_inline_call_has_its_own_instance_and_its_handle_goes_everywhere(project: Callable[..., moonwit.Project]) -> None:
    """`inline` gives each call a fresh instance; a handle from it is good for the entries that say the same."""
    opened = project({"make": ("make", "pool: {type: inline}"), "sum": ("sum", ""), "count": ("count", "")})
    opened.run_script("""
        local a = assert(funcs.call("s:make", 4))
        assert(funcs.call("s:count") == 1)
        assert(funcs.call("s:sum", a, a) == 8)""")


def test_what_one_entry_uses_another_does_not_end(project: Callable[..., moonwit.Project]) -> None:
    """An instance that nobody has called for long through one entry stays while another one uses it, and ends when none does."""
    opened = project({"zero": ("zero", ""), "count": ("count", "")})
    opened.submit(lambda boot: boot[b"test_clock"]()).result()
    opened.run_script(lua("what_one_entry_uses_another_does_not_end"))


@pytest.mark.parametrize("pool", ["{type: static}", "{type: adaptive}"])
def test_what_one_entry_keeps_another_does_not_end(project: Callable[..., moonwit.Project], pool: str) -> None:
    """An instance of an entry whose pool keeps it stays, though an entry with a lazy pool shares it."""
    opened = project({"zero": ("zero", ""), "count": ("count", f"pool: {pool}")})
    opened.submit(lambda boot: boot[b"test_clock"]()).result()
    opened.run_script("""
        assert(funcs.call("s:zero") == 0 and funcs.call("s:count") == 1)
        time.sleep("100s")
        assert(funcs.call("s:count") == 2)""")
