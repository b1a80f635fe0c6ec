"""Descriptors by WASI 0.1: listings, their numbers and bounds, and what guests with the same mounts share."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

import moonwit
from moonwit.host.wasi import preview1
from tests.lua.files.preview1 import (
    ALL,
    BADF,
    BUFFER,
    DATA,
    DIRECTORY,
    FIRST,
    FUNCTIONS,
    ILSEQ,
    INVAL,
    LOCKED,
    MFILE,
    NAMETOOLONG,
    NOTDIR,
    NOTSUP,
    RESULT,
    SECOND,
    Guest,
)
from tests.projects import write
from tests.texts import texts

lua, wat = texts(__file__)


@pytest.mark.parametrize("size", [24, 30, 64, 4096])
def test_listings(guest: Guest, size: int) -> None:
    """A directory is listed piece by piece, whatever fits a buffer: each name once, with its type."""
    for number in range(300):
        (guest.data / "sub" / f"name{number}").touch()
    (guest.data / "sub" / "folder").mkdir()
    (guest.data / "sub" / "soft").symlink_to("b")
    expected = {(f"name{number}".encode(), 4) for number in range(300)}
    expected |= {(b".", 3), (b"..", 3), (b"folder", 3), (b"soft", 7), (b"b", 4)}
    if size == 24:
        # There is never room for a name: what comes is the head of the first entry, again and again.
        guest.done("fd_readdir", guest.open("sub", DIRECTORY), BUFFER, size, 0, RESULT)
        assert guest.word() == 24
        return
    found = guest.names(guest.open("sub", DIRECTORY), size if size > 30 else 40)
    assert len(found) == len(expected)
    assert set(found) == expected


def test_listings_from_a_cookie(guest: Guest) -> None:
    """A cookie goes on behind its entry, as often as it is used; zero sees what is new; names that are not UTF-8 are an error."""
    folder = guest.open("sub", DIRECTORY)
    first = guest.names(folder)
    assert guest.names(folder) == first
    (guest.data / "sub" / "new").touch()
    assert len(guest.names(folder)) == len(first) + 1
    guest.done("fd_readdir", folder, BUFFER, 24, 0, RESULT)
    cookie = guest.word(BUFFER, 8)
    for _ in range(3):
        guest.done("fd_readdir", folder, BUFFER, 4096, cookie, RESULT)
        assert guest.word() > 24
    assert guest.call("fd_readdir", folder, BUFFER, 4096, 2**64 - 1, RESULT) == INVAL
    assert guest.call("fd_readdir", guest.open("a"), BUFFER, 4096, 0, RESULT) == NOTDIR
    os.close(os.open(os.fsencode(guest.data) + b"/sub/\xff", os.O_CREAT | os.O_WRONLY))
    assert guest.call("fd_readdir", folder, BUFFER, 4096, 0, RESULT) == ILSEQ


def test_descriptors(guest: Guest) -> None:
    """Numbers are given anew from the lowest that is free, moved, and refused where nothing is, or something else."""
    file = guest.open("a", 0, ALL)
    guest.done("fd_close", file)
    assert guest.call("fd_close", file) == BADF
    assert guest.open("a") == file
    other = guest.open("sub/b")
    guest.done("fd_renumber", other, file)
    assert guest.read(file) == b"below"
    assert guest.call("fd_renumber", other, file) == BADF
    assert guest.call("fd_renumber", file, 99) == BADF
    guest.done("fd_renumber", file, file)
    guest.done("fd_prestat_get", DATA, RESULT)
    assert struct.unpack("<II", guest.get(RESULT, 8)) == (0, 5)
    guest.done("fd_prestat_dir_name", LOCKED, BUFFER, 7)
    assert guest.get(BUFFER, 7) == b"/locked"
    assert guest.call("fd_prestat_dir_name", LOCKED, BUFFER, 6) == NAMETOOLONG
    for number in (0, 5, 99):
        assert guest.call("fd_prestat_get", number, RESULT) == BADF
    for name in ("fd_read", "fd_write"):
        assert guest.call(name, DATA, SECOND, 0, RESULT) == BADF
    for number, errno in ((file, NOTDIR), (1, NOTDIR), (99, BADF)):
        assert guest.open("a", base=number) == -errno
    assert guest.call("fd_fdstat_set_rights", file, 0, 0) == NOTSUP
    assert guest.call("fd_fdstat_set_rights", 99, 0, 0) == BADF


def test_open_files_are_bounded(guest: Guest) -> None:
    """An entry has at most 256 files open in a lane, listings among them, and those that are closed are not counted."""
    count = 0
    while True:
        number = guest.open("a")
        if number < 0:
            break
        count += 1
    assert (number, count) == (-MFILE, 256)
    guest.done("fd_close", 100)
    assert guest.open("sub", DIRECTORY) == 100
    assert guest.call("fd_readdir", 100, BUFFER, 100, 0, RESULT) == MFILE
    for each in range(5, 5 + 256):
        guest.call("fd_close", each)
    for _ in range(300):
        guest.done("fd_close", guest.open("a"))


def test_random_calls_harm_nobody(guest: Guest, record_property: Callable[[str, object], None]) -> None:
    """Whatever numbers a module calls with, and in whatever order, it gets an errno or a trap; nothing outside of its mounts changes."""
    seed = random.randrange(2**32)
    record_property("seed", seed)
    chance = random.Random(seed)
    paths = [b"a", b"sub", b"sub/b", b"link", b"out", b"..", b"../secret", b"", b"/", b"\xff", b"x" * 300, b"loop", b".", b"new", b"sub/n/"]
    secret = guest.data.parent / "secret"
    secret.write_bytes(b"secret")
    before = sorted(path.name for path in guest.data.parent.iterdir()), (guest.locked / "a").read_bytes()
    errnos, traps = set(), 0
    for _ in range(1500):
        name = chance.choice(FUNCTIONS)
        if name in ("fd_close", "fd_renumber", "poll_oneoff", "fd_read") and chance.random() < 0.7:
            continue
        guest.put(FIRST, chance.choice(paths))
        guest.put(SECOND, struct.pack("<4I", BUFFER, chance.choice([0, 5, 4096]), BUFFER, chance.choice([1, 2**20, 2**31])))
        length = chance.randrange(9)
        pool = (3, 4, 5, 6, 7, 8, 0, 1, 2, FIRST, SECOND, RESULT, BUFFER, length, 4, 24, 2**16, 2**31, 2**32 - 1, 2**63, 2**64 - 1)
        given = [chance.choice(pool) for _ in preview1.parameters(name) or ""]
        if (name == "fd_allocate" and given[1] + given[2] > 2**20) or (name == "fd_filestat_set_size" and given[1] > 2**32):
            continue
        if name in ("fd_read", "poll_oneoff") and given[0] in (0, BUFFER, RESULT):
            continue
        try:
            errnos.add(guest.call(name, *given))
        except moonwit.CallError as error:
            assert error.kind == "Internal", error
            assert "mistake in Moonwit" not in str(error), (name, given, error)
            traps += 1
    assert before == (sorted(path.name for path in guest.data.parent.iterdir()), (guest.locked / "a").read_bytes())
    assert secret.read_bytes() == b"secret"
    assert traps > 50
    assert len(errnos) > 8
    secret.unlink()


def test_mounts_of_a_guest_that_uses_none(tmp_path: Path) -> None:
    """An entry with mounts whose module imports nothing of WASI that there is runs as it would without them."""
    (tmp_path / "data").mkdir()
    write(tmp_path, """
  - {name: data, kind: fs.directory, directory: data}
  - name: seven
    kind: function.wat
    source: |
      (module (import "wasi_snapshot_preview1" "fd_close" (func (param i64))) (func (export "seven") (result i32) (i32.const 7)))
    method: seven
    imports: [wasi1]
    wasi: {mounts: [{fs: data, guest: /data}]}
""")
    with moonwit.open(tmp_path) as project:
        assert project.call("t:seven") == 7


def test_sleeping_guests_share_their_mounts(tmp_path: Path) -> None:
    """However many instances there are of an entry, the lane has one descriptor for each of its mounts; the last one closes it."""
    (tmp_path / "data").mkdir()
    write(tmp_path, """
  - {name: data, kind: fs.directory, directory: data}
  - name: many
    kind: function.lua
    modules: [funcs]
    method: main
    source: file://many.lua
  - name: sleeper
    kind: function.wat
    source: file://sleeper.wat
    method: sleep
    pool: {type: lazy, max_size: 60}
    imports: [wasi1]
    wasi: {mounts: [{fs: data, guest: /data}]}
""", files={"many.lua": lua("many"), "sleeper.wat": wat("sleeper")})

    def open_mounts() -> int:
        links = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
        return sum(os.readlink(link) == str(tmp_path / "data") for link in links if os.path.lexists(link))

    with moonwit.open(tmp_path) as project:
        # The first of them makes the folder, the others find it.
        assert project.call("t:many", 40) == 39
        assert open_mounts() == 1
        (tmp_path / "data").rename(tmp_path / "old")
        (tmp_path / "data").mkdir()
        assert project.call("t:many", 40) == 40
    assert open_mounts() == 0
