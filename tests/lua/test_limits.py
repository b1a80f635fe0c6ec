"""Limits of an entry end a call in the guest itself: in time and in memory."""

import time

import pytest

import moonwit
from tests.projects import entry, opened
from tests.texts import texts

_, wat = texts(__file__)

SPIN = wat("spin")
GROW = """(module (memory (export "memory") 1)
  (func (export "grow") (param i32) (result i32)
    (if (i32.eq (memory.grow (local.get 0)) (i32.const -1)) (then unreachable)) (memory.size)))"""
GROW_COMPONENT = wat("grow_component")
TABLE = wat("table")
START = '(module (func $s (loop $l (br $l))) (start $s) (func (export "f")))'
WORK = """(module (func (export "work") (param i64) (result i64)
  (loop $l (local.set 0 (i64.sub (local.get 0) (i64.const 1))) (br_if $l (i64.ne (local.get 0) (i64.const 0)))) (i64.const 5)))"""


DEEP = wat("deep")


@pytest.fixture
def project(tmp_path):
    entries = [
        *(
            entry(f"spin_{pool}", source=SPIN, method="spin", pool={"type": pool}, limits={"max_execution_ms": 50})
            for pool in ("lazy", "inline")
        ),
        entry("start", source=START, method="f", limits={"max_execution_ms": 50}),
        entry("grow", source=GROW, method="grow", limits={"max_memory_bytes": 200000}),
        entry("large", source=GROW, method="grow", limits={"max_memory_bytes": 1000}),
        entry("grow_component", source=GROW_COMPONENT, method="grow", limits={"max_memory_bytes": 200000}),
        entry("table", source=TABLE, method="grow"),
        entry("small_table", source=TABLE, method="grow", limits={"max_memory_bytes": 8000000}),
        entry("work", source=WORK, method="work"),
        entry("deep", source=DEEP, method="deep"),
        entry("deep_little", source=DEEP, method="deep", limits={"max_stack_bytes": 50000}),
        entry("deep_much", source=DEEP, method="deep", limits={"max_stack_bytes": 1000000}),
        entry("deep_far", source=DEEP, method="deep", limits={"max_stack_bytes": 50000}, pool={"type": "static", "workers": 1}),
    ]
    with opened(tmp_path, *entries) as project:
        yield project


@pytest.mark.parametrize("name", ["spin_lazy", "spin_inline"])
def test_a_busy_guest_ends_at_its_limit(project, name):
    """A guest that would loop forever comes back as Timeout, never before its time, again and again; the next call works."""
    for _ in range(5):
        before = time.monotonic()
        with pytest.raises(moonwit.CallError, match="limit of 50 ms") as raised:
            project.call(f"t:{name}", True)
        assert time.monotonic() - before >= 0.05 and raised.value.kind == "Timeout"
        assert project.call(f"t:{name}", False) == 7


def test_a_start_function_is_under_the_limit(project):
    """What a module runs when it is instantiated counts too."""
    with pytest.raises(moonwit.CallError, match="limit of 50 ms") as raised:
        project.call("t:start")
    assert raised.value.kind == "Timeout"


def test_memory_is_bounded(project):
    """A guest that can't grow fails by itself, and the error names the limit; an instance that needs more is not made."""
    assert [project.call("t:grow", 1), project.call("t:grow", 1)] == [2, 3]
    with pytest.raises(moonwit.CallError, match="under the limit of 200000 \\(max_memory_bytes\\)"):
        project.call("t:grow", 1)
    assert project.call("t:grow", 1) == 2
    with pytest.raises(moonwit.CallError, match="memory"):
        project.call("t:large", 0)


def test_memory_of_a_component_is_bounded(project):
    """The limit holds for components as well, and the error names it."""
    assert [project.call("t:grow_component", 1), project.call("t:grow_component", 1)] == [2, 3]
    with pytest.raises(moonwit.CallError, match="max_memory_bytes"):
        project.call("t:grow_component", 1)
    assert project.call("t:grow_component", 1) == 2


def test_tables_are_bounded(project):
    """A guest can't take the machine's memory by growing a table: it is refused, as for the memory, and a limit of memory counts."""
    for name, most in (("t:small_table", 1_000_000), ("t:table", 10_000_000)):
        assert project.call(name, most) == -1
        assert project.call(name, 1000) == 1


@pytest.mark.parametrize("name", ["deep_little", "deep_far"])
def test_the_stack_is_bounded(project, name):
    """A guest that calls itself too deep for its stack fails, the error names the limit, and the next call works."""
    for _ in range(2):
        assert project.call(f"t:{name}", 100) == 100
        with pytest.raises(moonwit.CallError, match=r"stack exhausted.* 50000 .*max_stack_bytes") as raised:
            project.call(f"t:{name}", 5000)
        assert raised.value.kind == "Internal"


def test_each_entry_has_its_own_stack(project):
    """The same binary may have less and more stack than what guests have without a limit."""
    assert project.call("t:deep", 5000) == 5000 and project.call("t:deep_much", 25000) == 25000
    with pytest.raises(moonwit.CallError, match=r"stack exhausted$"):
        project.call("t:deep", 25000)


def test_without_a_limit_a_call_takes_its_time(project):
    """Limits of other entries do not end a call that has none: here one of many epochs."""
    with pytest.raises(moonwit.CallError):
        project.call("t:spin_lazy", True)
    assert project.call("t:work", 300_000_000) == 5
