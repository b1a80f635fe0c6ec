"""Files by WASI 0.1, function by function: what each does to a real folder, and the errno of what it refuses."""

from __future__ import annotations

import os
import struct

import pytest

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
    ILSEQ,
    INVAL,
    ISDIR,
    LOCKED,
    LOOP,
    NAMETOOLONG,
    NOENT,
    NOTDIR,
    NOTEMPTY,
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
