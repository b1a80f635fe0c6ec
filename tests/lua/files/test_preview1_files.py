"""Files by WASI 0.1, function by function: what each does to a real folder, and the errno of what it refuses."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import moonwit
from moonwit.host.wasi import preview1
from tests.lua.files.preview1 import (
    ALL,
    BADF,
    BUFFER,
    CREATE,
    DATA,
    DIRECTORY,
    EXCLUSIVE,
    EXIST,
    FIRST,
    FUNCTIONS,
    ILSEQ,
    INVAL,
    ISDIR,
    LOCKED,
    LOOP,
    MFILE,
    NAMETOOLONG,
    NOENT,
    NOTDIR,
    NOTEMPTY,
    NOTSUP,
    PERM,
    READ,
    RESULT,
    SECOND,
    SPIPE,
    SUCCESS,
    TRUNCATE,
    WRITE,
    Guest,
)
from tests.projects import write
from tests.texts import texts

lua, wat = texts(__file__)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    guest = Guest(tmp_path_factory.mktemp("files"))
    yield guest
    guest.project.close()


@pytest.fixture
def guest(shared: Guest) -> Iterator[Guest]:
    for folder in (shared.data, shared.locked):
        (folder / "sub").mkdir()
        (folder / "a").write_bytes(b"0123456789")
        (folder / "sub" / "b").write_bytes(b"below")
    (shared.data / "link").symlink_to("a")
    (shared.data / "out").symlink_to("../secret")
    (shared.data / "absolute").symlink_to(shared.data / "a")
    (shared.data / "loop").symlink_to("loop")
    (shared.data / "dangling").symlink_to("nothing")
    yield shared
    for number in range(5, 40):
        shared.call("fd_close", number)
    for folder in (shared.data, shared.locked):
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


@pytest.mark.parametrize(
    ("path", "follow", "errno"),
    [
        ("", True, NOENT),
        (".", True, ISDIR),
        ("..", True, PERM),
        ("sub/../..", True, PERM),
        ("/a", True, PERM),
        ("//a", True, PERM),
        ("a/", True, NOTDIR),
        ("a/b", True, NOTDIR),
        ("a\0", True, INVAL),
        ("a\0/../../x", True, INVAL),
        (b"\xff", True, ILSEQ),
        ("nothing", True, NOENT),
        ("nothing/a", True, NOENT),
        ("n" * 256, True, NAMETOOLONG),
        ("n/" * 2048 + "a", True, NAMETOOLONG),
        ("out", True, PERM),
        ("absolute", True, PERM),
        ("loop", True, LOOP),
        ("dangling", True, NOENT),
        ("link", False, LOOP),
        ("out", False, LOOP),
        ("/proc/self/environ", True, PERM),
    ],
)
def test_paths_that_are_not_opened(guest: Guest, path: str | bytes, follow: bool, errno: int) -> None:
    """Each path that names no file beneath its directory gives the errno that says why."""
    assert guest.open(path, rights=READ | WRITE, follow=follow) == -errno


def test_paths_that_are_opened(guest: Guest) -> None:
    """Links and dots that stay inside lead on; doubled slashes and a dot mean nothing."""
    for path in ("a", "./a", "sub/../a", ".//a", "link", "sub/../link", "sub/./../sub/../a"):
        descriptor = guest.open(path)
        assert descriptor > LOCKED, path
        assert guest.read(descriptor) == b"0123456789"


def test_how_files_are_made(guest: Guest) -> None:
    """A file is made where that is asked for, once where that is, and emptied; none is made through what says that it must be a folder."""
    made = guest.open("new", CREATE | EXCLUSIVE, ALL)
    assert guest.write(made, b"x" * 10) == SUCCESS
    assert guest.open("new", CREATE | EXCLUSIVE, ALL) == -EXIST
    assert guest.open("link", CREATE | EXCLUSIVE, ALL) == -EXIST
    assert guest.open("dangling", CREATE | EXCLUSIVE, ALL) == -EXIST
    assert (guest.data / "new").read_bytes() == b"x" * 10
    assert guest.open("new", TRUNCATE, READ) > 0
    assert (guest.data / "new").read_bytes() == b""
    assert guest.open("other/", CREATE, ALL) == -ISDIR
    assert guest.open("a", DIRECTORY) == -NOTDIR
    assert guest.open("sub", DIRECTORY | CREATE) == -INVAL
    assert guest.open("sub", 0, ALL) == -ISDIR
    assert guest.open("sub", DIRECTORY, READ) > 0
    assert guest.open("dangling", CREATE, ALL) > 0
    assert (guest.data / "nothing").exists()


def test_what_can_not_be_opened_is_not_waited_for(guest: Guest) -> None:
    """FIFOs and sockets are refused at once, whether somebody is at their other end or not."""
    os.mkfifo(guest.data / "fifo")
    assert guest.open("fifo") == -PERM
    assert guest.open("fifo", 0, WRITE) == -PERM
    guest.done("path_filestat_get", DATA, 1, "fifo", RESULT)
    assert guest.get(RESULT + 16, 1) == b"\0"
    guest.done("path_unlink_file", DATA, "fifo")


def test_places_and_ends(guest: Guest) -> None:
    """Reading and writing move a place, which can be set from three ends; pread and pwrite do not move it."""
    file = guest.open("a", 0, ALL)
    assert guest.read(file, 4) == b"0123"
    assert guest.read(file, 3, 5) == b"567"
    assert guest.write(file, b"AB") == SUCCESS
    assert guest.write(file, b"Z", 9) == SUCCESS
    assert (guest.data / "a").read_bytes() == b"0123AB678Z"
    guest.done("fd_tell", file, RESULT)
    assert guest.word(size=8) == 6
    for offset, whence, result in ((2, 0, 2), (-1, 1, 1), (-3, 2, 7), (5, 2, 15)):
        guest.done("fd_seek", file, offset, whence, RESULT)
        assert guest.word(size=8) == result
    assert guest.read(file) == b""
    for offset, whence in ((-1, 0), (-16, 1), (-11, 2), (0, 3), (2**63 - 1, 1)):
        assert guest.call("fd_seek", file, offset, whence, RESULT) == INVAL
    assert guest.call("fd_pread", file, SECOND, 1, 2**63, RESULT) == INVAL
    assert guest.write(file, b"x", 2**63 - 1) != SUCCESS
    for stream in (0, 1, 2):
        assert guest.call("fd_seek", stream, 0, 0, RESULT) == SPIPE


def test_several_buffers(guest: Guest) -> None:
    """Parts are read and written one after the other, empty ones too."""
    file = guest.open("a", 0, ALL)
    guest.put(SECOND, struct.pack("<6I", BUFFER, 3, BUFFER + 100, 0, BUFFER + 200, 4))
    guest.done("fd_read", file, SECOND, 3, RESULT)
    assert (guest.word(), guest.get(BUFFER, 3), guest.get(BUFFER + 200, 4)) == (7, b"012", b"3456")
    guest.done("fd_write", file, SECOND, 3, RESULT)
    assert (guest.data / "a").read_bytes() == b"01234560123456"


def test_appending(guest: Guest) -> None:
    """A file that is open for appending is written at its end, also after somebody else has written there, and the flag can be changed."""
    file = guest.open("a", 0, ALL, flags=1)
    guest.done("fd_seek", file, 2, 0, RESULT)
    with (guest.data / "a").open("ab") as other:
        other.write(b"-")
    assert guest.write(file, b"end") == SUCCESS
    guest.done("fd_tell", file, RESULT)
    assert (guest.word(size=8), (guest.data / "a").read_bytes()) == (14, b"0123456789-end")
    guest.done("fd_fdstat_get", file, RESULT)
    assert struct.unpack("<BxH", guest.get(RESULT, 4)) == (4, 1)
    guest.done("fd_fdstat_set_flags", file, 0)
    guest.done("fd_seek", file, 0, 0, RESULT)
    assert guest.write(file, b"start") == SUCCESS
    assert (guest.data / "a").read_bytes() == b"start56789-end"
    assert guest.call("fd_fdstat_set_flags", file, 32) == INVAL


def test_sizes_room_and_advice(guest: Guest) -> None:
    """Files grow and shrink, get room, and take advice; what is not open for writing stays."""
    file, other = guest.open("a", 0, ALL), guest.open("a")
    guest.done("fd_filestat_set_size", file, 4)
    assert (guest.data / "a").read_bytes() == b"0123"
    guest.done("fd_allocate", file, 2, 10)
    assert (guest.data / "a").stat().st_size == 12
    assert guest.call("fd_allocate", file, 0, 0) == INVAL
    for advice in range(6):
        guest.done("fd_advise", other, 0, 0, advice)
    assert guest.call("fd_advise", other, 0, 0, 6) == INVAL
    assert guest.call("fd_filestat_set_size", other, 0) == BADF
    assert guest.call("fd_allocate", other, 0, 5) == BADF
    assert guest.write(other, b"x") == BADF
    for name in ("fd_sync", "fd_datasync"):
        for descriptor in (file, other, DATA, 1):
            guest.done(name, descriptor)


def test_status_and_times(guest: Guest) -> None:
    """A status says what the system says; times are set to a moment, to now, or left; of a link itself where it is not to be followed."""
    os.link(guest.data / "a", guest.data / "again")
    guest.done("path_filestat_get", DATA, 1, "link", RESULT)
    device, inode, kind, links, size, _, _, _ = struct.unpack("<QQBxxxxxxxQQQQQ", guest.get(RESULT, 64))
    real = (guest.data / "a").stat()
    assert (inode, kind, links, size) == (real.st_ino, 4, 2, 10)
    assert device == os.major(real.st_dev) << 32 | os.minor(real.st_dev)
    guest.done("path_filestat_get", DATA, 0, "link", RESULT)
    assert guest.get(RESULT + 16, 1) == b"\7"
    guest.done("path_filestat_get", DATA, 0, "out", RESULT)
    assert guest.call("path_filestat_get", DATA, 1, "out", RESULT) == PERM
    guest.done("path_filestat_set_times", DATA, 1, "link", 5_000_000_001, 7, 1 | 4)
    assert ((guest.data / "a").stat().st_atime_ns, (guest.data / "a").stat().st_mtime_ns) == (5_000_000_001, 7)
    guest.done("path_filestat_set_times", DATA, 0, "link", 9, 9, 4)
    assert ((guest.data / "link").lstat().st_mtime_ns, (guest.data / "a").stat().st_mtime_ns) == (9, 7)
    file = guest.open("a", 0, ALL)
    guest.done("fd_filestat_set_times", file, 3, 3, 1)
    assert ((guest.data / "a").stat().st_atime_ns, (guest.data / "a").stat().st_mtime_ns) == (3, 7)
    guest.done("fd_filestat_set_times", file, 0, 0, 8)
    assert (guest.data / "a").stat().st_mtime > 1_700_000_000
    for flags in (3, 12, 16):
        assert guest.call("fd_filestat_set_times", file, 0, 0, flags) == INVAL


def test_folders_and_names(guest: Guest) -> None:
    """Folders are made and removed, files and links removed and renamed, as the system does it."""
    for name, path, errno in (
        ("path_create_directory", "d", SUCCESS),
        ("path_create_directory", "d", EXIST),
        ("path_create_directory", ".", EXIST),
        ("path_create_directory", "..", PERM),
        ("path_create_directory", "sub/..", EXIST),
        ("path_create_directory", "e/", SUCCESS),
        ("path_remove_directory", "e/", SUCCESS),
        ("path_remove_directory", ".", INVAL),
        ("path_remove_directory", "sub/..", NOTEMPTY),
        ("path_remove_directory", "sub", NOTEMPTY),
        ("path_remove_directory", "a", NOTDIR),
        ("path_remove_directory", "link", NOTDIR),
        ("path_remove_directory", "d", SUCCESS),
        ("path_unlink_file", "sub", ISDIR),
        ("path_unlink_file", ".", ISDIR),
        ("path_unlink_file", "a/", NOTDIR),
        ("path_unlink_file", "out", SUCCESS),
        ("path_unlink_file", "nothing", NOENT),
    ):
        assert guest.call(name, DATA, path) == errno, (name, path)
    for source, target, errno in (
        ("a", "sub/moved", SUCCESS),
        ("sub/moved", "a", SUCCESS),
        ("a", "sub", ISDIR),
        ("sub", "a", NOTDIR),
        ("sub", "sub/below", INVAL),
        ("a", "..", PERM),
        ("a", "../x", PERM),
        ("nothing", "x", NOENT),
    ):
        assert guest.call("path_rename", DATA, source, DATA, target) == errno, (source, target)


def test_links(guest: Guest) -> None:
    """Hard links are made of files, and of links themselves; symbolic ones to what is relative; and read, as much as there is room for."""
    assert guest.call("path_link", DATA, 0, "a", DATA, "hard") == SUCCESS
    assert (guest.data / "hard").stat().st_nlink == 2
    for follow, source, target, errno in (
        (1, "a", "x", INVAL),
        (0, "a", "hard", EXIST),
        (0, "sub", "x", PERM),
        (0, "sub/", "x", PERM),
        (0, "a/", "x", NOTDIR),
        (0, "out/", "x", PERM),
        (0, "a", "../x", PERM),
        (0, "nothing", "x", NOENT),
    ):
        assert guest.call("path_link", DATA, follow, source, DATA, target) == errno, (source, target)
    for target, path, errno in (
        ("a", "soft", SUCCESS),
        ("../..", "up", SUCCESS),
        ("/etc", "etc", PERM),
        ("a", "soft", EXIST),
        ("", "e", NOENT),
    ):
        guest.put(FIRST, target.encode())
        guest.put(SECOND, path.encode())
        assert guest.call("path_symlink", FIRST, len(target), DATA, SECOND, len(path)) == errno, target
    guest.done("path_readlink", DATA, "up", BUFFER, 100, RESULT)
    assert guest.get(BUFFER, guest.word()) == b"../.."
    guest.done("path_readlink", DATA, "up", BUFFER, 3, RESULT)
    assert guest.get(BUFFER, guest.word()) == b"../"
    assert guest.call("path_readlink", DATA, "a", BUFFER, 100, RESULT) == INVAL
    assert guest.call("path_readlink", DATA, "absolute", BUFFER, 100, RESULT) == PERM
    assert guest.open("up/x") == -PERM


def test_a_read_only_mount_refuses_each_change(guest: Guest) -> None:
    """Nothing in it is made, changed, removed, or linked to where it could be written; it can be read."""
    before = sorted(guest.locked.rglob("*")), (guest.locked / "a").stat().st_mtime_ns
    assert guest.read(guest.open("a", base=LOCKED)) == b"0123456789"
    for how, rights in ((CREATE, READ), (TRUNCATE, READ), (0, WRITE), (CREATE | EXCLUSIVE, WRITE)):
        assert guest.open("a" if how != CREATE | EXCLUSIVE else "new", how, rights, base=LOCKED) == -PERM
    for name in ("path_create_directory", "path_remove_directory", "path_unlink_file"):
        assert guest.call(name, LOCKED, "sub") == PERM
    assert guest.call("path_rename", LOCKED, "a", DATA, "x") == PERM
    assert guest.call("path_rename", DATA, "a", LOCKED, "x") == PERM
    assert guest.call("path_link", LOCKED, 0, "a", DATA, "x") == PERM
    assert guest.call("path_link", DATA, 0, "a", LOCKED, "x") == PERM
    assert guest.call("path_filestat_set_times", LOCKED, 1, "a", 1, 1, 5) == PERM
    assert guest.call("fd_filestat_set_times", guest.open("a", base=LOCKED), 1, 1, 5) == PERM
    assert guest.call("fd_filestat_set_times", LOCKED, 1, 1, 5) == PERM
    guest.put(FIRST, b"a")
    assert guest.call("path_symlink", FIRST, 1, LOCKED, FIRST, 1) == PERM
    below = guest.open("sub", DIRECTORY, base=LOCKED)
    assert guest.open("b", CREATE, ALL, base=below) == -PERM
    assert before == (sorted(guest.locked.rglob("*")), (guest.locked / "a").stat().st_mtime_ns)


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
