"""Both ways to open a path beneath a folder, the kernel's and our own, open the same and refuse the same, also while others rename."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moonwit.lua.lane.lane import new_state
from tests.texts import texts

read_lua, _ = texts(__file__)

Open = Callable[[int, bytes, int, int], int]
SEEN = os.O_PATH
OPENERS = read_lua("openers")


@pytest.fixture(params=["kernel", "walk"])
def opened(request: pytest.FixtureRequest) -> Open:
    """Opens a path beneath a folder: gives the descriptor, or minus the error."""
    lua, _ = new_state({})
    opener = lua.execute(OPENERS.encode(), request.param == "walk")
    return lambda folder, path, flags, mode: int(opener(folder, path, flags, mode))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    inside = tmp_path / "inside"
    (inside / "sub" / "deep").mkdir(parents=True)
    (inside / "a").write_text("a")
    (inside / "sub" / "b").write_text("b")
    (tmp_path / "secret").write_text("secret")
    for name, target in {
        "soft": "a",
        "around": "sub/deep/../b",
        "sub/up": "../a",
        "out": "../secret",
        "sub/out": "../../secret",
        "whole": "/etc/passwd",
        "loop": "loop",
        "folder": "sub",
        "dangling": "nothing",
        "root": "/",
    }.items():
        (inside / name).symlink_to(target)
    descriptor = os.open(inside, SEEN | os.O_DIRECTORY)
    yield descriptor, inside
    os.close(descriptor)


CASES = {
    b"a": "a",
    b".": ".",
    b"./": ".",
    b"sub/": "sub",
    b"sub//./b": "sub/b",
    b"sub/../a": "a",
    b"sub/deep/../../a": "a",
    b"soft": "a",
    b"around": "sub/b",
    b"sub/up": "a",
    b"folder/b": "sub/b",
    b"folder/../a": "a",
    b"": errno.ENOENT,
    b"nothing": errno.ENOENT,
    b"nothing/a": errno.ENOENT,
    b"dangling": errno.ENOENT,
    b"a/": errno.ENOTDIR,
    b"a/b": errno.ENOTDIR,
    b"a/..": errno.ENOTDIR,
    b"..": errno.EPERM,
    b"../inside/a": errno.EPERM,
    b"sub/../../secret": errno.EPERM,
    b"/a": errno.EPERM,
    b"out": errno.EPERM,
    b"sub/out": errno.EPERM,
    b"whole": errno.EPERM,
    b"root/etc": errno.EPERM,
    b"loop": errno.ELOOP,
    b"a\0": errno.EINVAL,
    b"x" * 256: errno.ENAMETOOLONG,
    b"x/" * 2100: errno.ENAMETOOLONG,
}


@pytest.mark.parametrize("path", CASES)
def test_a_path_is_opened_or_refused(opened: Open, folder: tuple[int, Path], path: bytes) -> None:
    """Each path leads to one file beneath the folder, or to the error that says why it does not."""
    expected = CASES[path]
    descriptor = opened(folder[0], path, SEEN, 0)
    if isinstance(expected, int):
        assert descriptor == -expected
        return
    assert descriptor >= 0
    assert os.path.samestat(os.fstat(descriptor), os.stat(folder[1] / expected))
    os.close(descriptor)


@pytest.mark.parametrize(
    ("path", "flags", "expected"),
    [
        (b"soft", SEEN | os.O_NOFOLLOW, "soft"),
        (b"out", SEEN | os.O_NOFOLLOW, "out"),
        (b"soft", os.O_RDONLY | os.O_NOFOLLOW, errno.ELOOP),
        (b"new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, "new"),
        (b"a", os.O_WRONLY | os.O_CREAT | os.O_EXCL, errno.EEXIST),
        (b"soft", os.O_WRONLY | os.O_CREAT | os.O_EXCL, errno.EEXIST),
        (b"dangling", os.O_WRONLY | os.O_CREAT | os.O_EXCL, errno.EEXIST),
        (b"dangling", os.O_WRONLY | os.O_CREAT, "nothing"),
        (b"out", os.O_WRONLY | os.O_CREAT, errno.EPERM),
        (b"sub/", os.O_WRONLY | os.O_CREAT, errno.EISDIR),
        (b"a", os.O_RDONLY | os.O_DIRECTORY, errno.ENOTDIR),
    ],
)
def test_flags_mean_what_they_mean_to_the_system(
    opened: Open, folder: tuple[int, Path], path: bytes, flags: int, expected: str | int
) -> None:
    """What is to be new, a folder, or no link is looked at in the same way."""
    descriptor = opened(folder[0], path, flags, 0o600 if flags & os.O_CREAT else 0)
    if isinstance(expected, int):
        assert descriptor == -expected
        return
    assert descriptor >= 0
    assert os.path.samestat(os.fstat(descriptor), os.lstat(folder[1] / expected))
    os.close(descriptor)


def test_nothing_stays_open(opened: Open, folder: tuple[int, Path]) -> None:
    """Whatever comes of a path, no folder on the way stays open."""
    opened(folder[0], b"a", SEEN, 0)
    before = set(os.listdir("/proc/self/fd"))
    for path in CASES:
        descriptor = opened(folder[0], path, SEEN, 0)
        if descriptor >= 0:
            os.close(descriptor)
    assert set(os.listdir("/proc/self/fd")) == before


def test_a_race_is_never_won(opened: Open, folder: tuple[int, Path]) -> None:
    """While a folder is swapped for a link that leads out, and moved up and down, nothing outside is ever opened."""
    inside = folder[1]
    outside = inside.parent / "outside"
    (outside / "b").mkdir(parents=True)
    (outside / "b" / "deep").write_text("secret")
    (inside / "link").symlink_to("../outside")
    done, swaps = threading.Event(), 0

    def swap() -> None:
        nonlocal swaps
        while not done.is_set():
            os.rename(inside / "sub", inside / "kept")
            os.rename(inside / "link", inside / "sub")
            os.rename(inside / "sub", inside / "link")
            os.rename(inside / "kept", inside / "sub")
            swaps += 1

    swapper = threading.Thread(target=swap)
    swapper.start()
    secret = os.stat(outside / "b" / "deep").st_ino, os.stat(outside).st_ino, os.stat(inside.parent).st_ino
    won = 0
    try:
        while swaps < 300 or won < 50:
            for path in (b"sub/b/deep", b"sub/deep/../../..", b"sub/../..", b"sub/.", b"sub/deep/../b"):
                descriptor = opened(folder[0], path, SEEN, 0)
                if descriptor >= 0:
                    assert os.fstat(descriptor).st_ino not in secret, path
                    won += 1
                    os.close(descriptor)
    finally:
        done.set()
        swapper.join()
