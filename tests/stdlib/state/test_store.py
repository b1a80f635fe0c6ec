"""The module `store`: values by keys, in the memory of the process and in a file of SQLite."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import moonwit
from tests.projects import entry, opened, write
from tests.stdlib.state.many import call_at_once
from tests.texts import texts

lua, _ = texts(__file__)
ROOT = Path(__file__).parents[3]
Run = Callable[[str], list[str]]
BOTH = pytest.mark.parametrize("name", ["memory", "file"])


@BOTH
def test_values_come_back_as_they_were(run: Run, name: str) -> None:
    """Text, numbers of all kinds, 64-bit integers, tables and none are the same after they were stored."""
    assert run(lua("values", NAME=name)) == ["true\ttrue\t9007199254740993LL\t-inf"]


@BOTH
def test_conditions_are_compared_with_what_is_there(run: Run, name: str) -> None:
    """`put` writes only where the key is absent, or has the version that was read; the same value set again has another version."""
    assert run(lua("conditions", NAME=name)) == [
        "1\tnil\tnil", "nil\tAlreadyExists\tfalse", "3\tnil\tnil", "nil\tConflict\ttrue", "nil\tConflict\ttrue",
        "nil\tConflict\ttrue", "nil\tInvalid\tnil", "3",
    ]  # fmt: skip


@BOTH
def test_a_time_to_live_ends_to_the_millisecond(tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    """An entry is there until its time is over, and then absent for every operation; one that is set again without a time stays."""
    entries = ["name: memory, kind: store.memory", "name: file, kind: store.sqlite, file: data.db"]
    with opened(tmp_path, *entries) as project:
        project.submit(lambda boot: boot[b"test_clock"]()).result()
        project.run_script(lua("lives", NAME=name))
    assert capfd.readouterr().out.splitlines() == [
        "true\ttrue\ttrue\ttrue\ttrue", "false\ttrue\ttrue\tfalse\ttrue", "NotFound\tfalse\t7\t4", "false\t3\t6\t3",
    ]  # fmt: skip


@BOTH
def test_pages_are_in_the_order_of_bytes(run: Run, name: str) -> None:
    """Pages follow each other without a gap or a key twice; a prefix may end in bytes of 255."""
    assert run(lua("pages", NAME=name)) == [
        "B a ab a~ a~~ b ~ ~~\tfalse\tnil", "a ab a~ a~~\tfalse\tnil", "a~ a~~\tfalse\tnil", "~ ~~\tfalse\tnil", "\tfalse\tnil",
        "B a ab\ttrue\tab", "a~ a~~ b\ttrue\tb", "~ ~~\tfalse\tnil", "a~~\tfalse\tnil", "b\tfalse\tnil",
    ]  # fmt: skip


@BOTH
def test_bounds_are_held(run: Run, name: str) -> None:
    """A store takes no more entries and bytes than its entry says, and keeps what it has; keys, values and pages have bounds too."""
    full = f"nil\tt:small_{name} holds 3 entries, and no more may be: delete some, or raise `max_size`"
    large = f"nil\tt:small_{name} may hold 1000 bytes, and the value does not fit: delete some, or raise `max_bytes`"
    assert run(lua("bounds", NAME=name)) == [
        full, "true", large, "true", "true", "true", "nil\tstore:set: a key may have at most 1024 bytes, got 1025",
        "nil\tstore:set: the key is empty", "nil\tstore:set: a value may have at most 1048576 bytes, and this one takes 1048581",
        "true", "4\ttrue\t3", "nil\tstore:list: a page may have at most 1000 items, got 1001",
    ]  # fmt: skip


@BOTH
def test_misuse_has_a_sentence(run: Run, name: str) -> None:
    """What can't be stored, what is no option and what was released is refused with what and where; constants can't be changed."""
    lines = run(lua("misuse", NAME=name))
    assert lines[:9] == [
        "false\tstore:set: expected a string as the key, got a number",
        "false\tstore:set: expected a value, got nil: store:delete removes a key",
        "false\tstore:set: the time to live: expected a duration of 0 or longer, got -1000000000",
        lines[3],
        "false\tstore:put: the options has no option 'if_absent'",
        "false\tstore:put: expected only_if_absent or if_version, got both",
        "false\tstore:list: the options.limit: expected a whole number of at least 1, got 0",
        "false\tstore:get is called on a string, write cache:get(...)",
        "false\tstore.get: expected a string as the id of a store, got nil",
    ]
    assert "'soon' is not a duration" in lines[3]
    assert lines[9:] == [
        "nil\tstore:set: the value: a function can't be passed on",
        "nil\tstore:set: the a[1]: a thread can't be passed on",
        "nil\tthe entry t:other is of kind env.storage.os, which is not a store: name one of store.memory, store.sqlite",
        "nil\tthere is no entry `t:nothing`",
        "nil\tstore.get: the id is empty",
        lines[14],
        "true\tfalse",
        f"nil\tstore:get: the store t:{name} was released",
    ]
    assert lines[14].startswith("false\t") and lines[14].endswith("\tmemory")


def test_others_go_on_while_a_file_is_waited_for(run: Run) -> None:
    """Operations on a file leave the lane to other coroutines."""
    assert run(lua("others_go_on")) == ["true"]


def test_a_caller_that_is_canceled_leaves_the_store_usable(run: Run) -> None:
    """An operation that nobody waits for any more is left out or done as a whole."""
    assert run(lua("canceled")) == ["Timeout\ttrue\tafter"]


def test_a_line_has_an_end(run: Run) -> None:
    """Ten thousand operations may wait for a file; one more is refused, and may be tried again."""
    assert run(lua("line")) == ["10200\ttrue"]


def _adder(name: str) -> dict[str, object]:
    return entry("add", "function.lua", modules=["store"], source=lua("add", NAME=name))


@BOTH
def test_no_update_is_lost_between_lanes(tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    """Eight lanes count in one key by compare-and-set, and no count is lost."""
    entries = ["name: memory, kind: store.memory", "name: file, kind: store.sqlite, file: data.db"]
    with opened(tmp_path, *entries, _adder(name)) as project:
        assert call_at_once(project, "t:add", 8, 20) == []
        project.run_script(f"print(store.get('t:{name}'):get('n'))")
    assert capfd.readouterr().out.split() == ["160"]


def test_no_update_is_lost_between_processes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Three processes of eight lanes each, which make the file at the same moment, count in one key, and no count is lost."""
    write(tmp_path, "name: file, kind: store.sqlite, file: data.db", _adder("file"))
    command = [sys.executable, "-m", "tests.stdlib.state.many", str(tmp_path), "t:add", "8", "5"]
    running = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        for each in running:
            assert each.stdout is not None and each.stdout.readline() == "ready\n"
        for each in running:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        assert [each.communicate(timeout=500)[0] for each in running] == ["[]\n"] * 3
    finally:
        for each in running:
            each.kill()
            each.wait()
    with moonwit.open(tmp_path) as project:
        project.run_script("print(store.get('t:file'):get('n'))")
    assert capfd.readouterr().out.split() == ["120"]


def test_what_was_set_survives_a_kill(tmp_path: Path) -> None:
    """A process that is killed with -9 while it writes has lost nothing of what `set` has confirmed."""
    write(tmp_path, "name: file, kind: store.sqlite, file: data.db")
    script = "local s = store.get('t:file') for i = 1, 1e9 do assert(s:set('n' .. i, i)) print(i) io.stdout:flush() end"
    (tmp_path / "w.lua").write_text(script)
    for _ in range(3):
        command = [sys.executable, "-m", "moonwit", "run", "w.lua"]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert process.stdout is not None
        for _ in range(200):
            last = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        last = (process.communicate(timeout=60)[0].split() or [last])[-1]
        with moonwit.open(tmp_path) as project:
            check = "assert(s:get('n' .. i) == i) s:delete('n' .. i)"
            project.run_script(f"local s = store.get('t:file') for i = 1, {int(last)} do {check} end")


def test_a_file_of_something_else_is_refused(tmp_path: Path, run: Run) -> None:
    """A database of others, text, and a damaged store are errors with a sentence; the other's database is as it was."""
    with sqlite3.connect(tmp_path / "data.db") as other:
        other.execute("CREATE TABLE entries (key, value, version, expires)")
    other.close()
    (line,) = run("print(store.get('t:file'):set('k', 1))")
    assert line == f"nil\tthe file of t:file, {tmp_path}/data.db, is a database of something else"
    (tmp_path / "small.db").write_bytes(b"no database at all " * 100)
    (line,) = run("print(store.get('t:small_file'):set('k', 1))")
    assert line == "nil\tthe file of t:small_file is not a database, or is damaged"


@pytest.mark.parametrize("value", [b"\x04\x01", b"\x08\xff\xff\xff\xff\xff", b"", "text", None, 5, b"\x00" * 2_000_000])
def test_values_that_no_store_has_written_are_errors(tmp_path: Path, run: Run, value: object) -> None:
    """What others have put into the file is not decoded as it is: a pointer, a count that can't be, another type."""
    assert run("print(store.get('t:file'):set('k', 1))") == ["true"]
    other = sqlite3.connect(tmp_path / "data.db", isolation_level=None)
    other.execute("PRAGMA writable_schema = ON")
    other.execute("UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'entries'")
    other.close()
    other = sqlite3.connect(tmp_path / "data.db", isolation_level=None)
    other.execute("UPDATE entries SET value = ?", (value,))
    other.close()
    lines = run("local s = store.get('t:file') print(s:get('k')) print(s:list()) print(s:set('k', 2), s:get('k'))")
    assert all(line.startswith("nil\t") and "damaged" in line for line in lines[:2]), lines
    assert lines[2] == "true\t2"


def test_a_link_that_is_put_there_later_is_not_followed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A file that a link leads to, or whose folder has become one, is not opened."""
    place, outside = tmp_path / "project", tmp_path / "outside"
    outside.mkdir()
    show = "local ok, err = store.get('t:file'):set('k', 1) print(ok, err:kind())"
    (place / "sub").mkdir(parents=True)
    with opened(place, "name: file, kind: store.sqlite, file: sub/data.db") as project:
        (place / "sub" / "data.db").symlink_to(outside / "data.db")
        project.run_script(show)
    (place / "sub" / "data.db").unlink()
    with opened(place, "name: file, kind: store.sqlite, file: sub/data.db") as project:
        (place / "sub").rmdir()
        (place / "sub").symlink_to(outside)
        project.run_script(show)
    assert capfd.readouterr().out.splitlines() == ["nil\tPermissionDenied", "nil\tUnavailable"]
    assert list(outside.iterdir()) == []


def test_a_link_in_place_of_the_log_is_not_followed(tmp_path: Path, run: Run) -> None:
    """What SQLite writes beside its file goes to no other place either."""
    (tmp_path / "data.db-wal").symlink_to(tmp_path / "outside")
    (line,) = run("local ok, err = store.get('t:file'):set('k', 1) print(ok, err:kind(), err)")
    why = f"the file of t:file, {tmp_path}/data.db-wal, is a link, a folder or a device, which are not opened"
    assert line == f"nil\tPermissionDenied\t{why}"
    assert not (tmp_path / "outside").exists()


def test_what_waits_in_a_line_has_a_bound_of_bytes(run: Run) -> None:
    """Large values do not fill the memory while they wait for a file: 64 MiB may, and what is refused may be tried again."""
    assert run(lua("bytes")) == ["100\ttrue\ttrue"]


def test_nothing_heavy_is_imported_before_a_store_is_used(tmp_path: Path) -> None:
    """A project without stores in use does not import SQLite."""
    write(tmp_path, "name: file, kind: store.sqlite, file: data.db")
    code = f"import sys, moonwit\nwith moonwit.open({str(tmp_path)!r}) as p: p.run_script('print(1)')\nprint('sqlite3' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert ran.stdout.split() == ["1", "False"], ran.stderr


def test_lives_that_are_renewed_take_no_memory(tmp_path: Path) -> None:
    """A key that is set with a time to live again and again keeps one note of its end, more or less."""
    from moonwit.host.state.memory import MemoryStore
    from moonwit.host.state.stores import Limits

    store = MemoryStore("t:memory", Limits(10, 1000))
    for now in range(20_000):
        store.write(b"k", b"v", now + 1_000_000, None, now)
    assert store.statistics()["ends"] < 2000
    # The entry lives as the last write says, whatever earlier ones said.
    store.write(b"k", b"v", 30_000, None, 20_000)
    store.write(b"k", b"w", 50_000, None, 20_000)
    assert store.write(b"other", b"v", None, None, 40_000) and store.read(b"k", 40_000) is not None
    assert store.read(b"k", 50_000) is None
