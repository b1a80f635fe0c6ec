"""Paths below a folder, resolved by the kernel and by our own walk: the same answers, held at each guard by fixed inputs."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moonwit.host.files import beneath
from moonwit.host.files.beneath import open_beneath, openat2, relative, walk
from tests.descriptors import left_since, opened

WAYS = {"openat2": openat2, "walk": walk}
READ, PATH, MAKE = os.O_RDONLY, os.O_PATH, os.O_WRONLY | os.O_CREAT


@pytest.fixture(params=WAYS)
def resolve(request: pytest.FixtureRequest) -> Callable[..., int]:
    return WAYS[request.param]


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """A folder with links of all kinds; beside it a secret that no path may lead to."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "inside"
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "file.txt").write_text("file")
    (folder / "sub" / "inner.txt").write_text("inner")
    links = {
        "link": "file.txt", "to_sub": "sub", "to_dot": ".", "new": "sub/new.txt", "dangling": "nowhere/x", "absolute": "/file.txt",
        "own": str(folder / "file.txt"), "root": "/", "up": "..", "out": "../secret.txt", "sub/back": "../file.txt",
        "sub/out": "../../secret.txt", "twice": "link", "sub/deep/high": "../../link", "slash": "sub/", "file_slash": "file.txt/",
        "self": "self", "round": "sub/../file.txt",
    }  # fmt: skip
    for name, target in links.items():
        (folder / name).symlink_to(target)
    previous = folder / "file.txt"
    for number in range(1, 42):
        (folder / f"chain{number}").symlink_to(previous.name)
        previous = folder / f"chain{number}"
    return folder


@pytest.fixture
def folder(inside: Path) -> Iterator[int]:
    descriptor = os.open(inside, os.O_PATH | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def outcome(resolve: Callable[..., int], folder: int, path: bytes, flags: int, mode: int = 0o644) -> str:
    """Gives what is opened, by its number and kind, or the name of the error."""
    try:
        descriptor = resolve(folder, path, flags, mode)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    found = os.fstat(descriptor)
    os.close(descriptor)
    return f"{found.st_ino} {stat.S_IFMT(found.st_mode):o}"


PATHS = [
    ".", "file.txt", "sub", "sub/", "sub/.", "sub/..", "sub/inner.txt", "sub/deep/../inner.txt", "sub//inner.txt", "./file.txt",
    "file.txt/", "file.txt/.", "file.txt/..", "none", "none/", "none/x", "none/..", "..", "../secret.txt", "sub/../..",
    "sub/../../secret.txt", "sub/deep/../../../secret.txt", "link", "link/", "to_sub", "to_sub/", "to_sub/inner.txt", "to_sub/..",
    "to_dot", "to_dot/file.txt", "dangling", "absolute", "own", "root", "root/inside", "up", "up/secret.txt", "up/inside/file.txt",
    "out", "sub/back", "sub/out", "to_sub/back", "to_sub/out", "twice", "sub/deep/high", "slash", "slash/inner.txt", "file_slash",
    "self", "self/x", "round", "chain1", "chain39", "chain40", "chain41", "sub/deep/../../chain40", "to_dot/chain39", "to_dot/chain40",
    "to_dot/to_dot/to_dot/file.txt", "x" * 255, "x" * 256, "sub/" + "y" * 256,
]  # fmt: skip


@pytest.mark.parametrize("flags", [READ, PATH, READ | os.O_DIRECTORY, PATH | os.O_DIRECTORY, READ | os.O_NOFOLLOW, PATH | os.O_NOFOLLOW])
def test_our_walk_answers_as_the_kernel_does(folder: int, flags: int) -> None:
    """The same file, or the same error, for every path."""
    for path in PATHS:
        expected, found = outcome(openat2, folder, path.encode(), flags), outcome(walk, folder, path.encode(), flags)
        assert found == expected, path


@pytest.mark.parametrize("more", [0, os.O_EXCL, os.O_NOFOLLOW, os.O_TRUNC])
def test_our_walk_makes_what_the_kernel_makes(folder: int, inside: Path, more: int) -> None:
    """A file that is missing is made where its path leads, and nothing else is."""
    for path in [*PATHS, "new", "sub/new2.txt", "to_sub/new3.txt", "none/new", "new/", "sub/deep/"]:
        seen = []
        for resolve in (openat2, walk):
            before = set(inside.rglob("*"))
            answer = outcome(resolve, folder, path.encode(), MAKE | more)
            made = set(inside.rglob("*")) - before
            for each in made:
                each.unlink()
            seen.append((answer.startswith("E"), sorted(made)))
        assert seen[0] == seen[1], path
    assert (inside.parent / "secret.txt").read_text() == "secret"


def test_nothing_outside_is_opened(resolve: Callable[..., int], folder: int, inside: Path) -> None:
    """Of all the paths above, none leads to the secret or to the folder above, and each that would is an error."""
    outside = {os.stat(inside.parent).st_ino, os.stat(inside.parent / "secret.txt").st_ino, os.stat("/").st_ino}
    for path in PATHS:
        assert outcome(resolve, folder, path.encode(), PATH).split()[0] not in map(str, outside), path
    for path in ("..", "up", "out", "absolute", "own", "root", "sub/out", "to_sub/out", "sub/../..", "up/inside/file.txt", "root/inside"):
        assert outcome(resolve, folder, path.encode(), READ) == "EXDEV", path


def test_absolute_links_lead_nowhere_though_their_target_is_inside(resolve: Callable[..., int], folder: int, inside: Path) -> None:
    """They do not begin at the folder, whatever stands there under that name."""
    assert (inside / "file.txt").exists()
    assert outcome(resolve, folder, b"absolute", READ) == outcome(resolve, folder, b"own", READ) == "EXDEV"


def test_forty_links_are_followed_and_no_more(resolve: Callable[..., int], folder: int) -> None:
    """As with Linux itself."""
    assert outcome(resolve, folder, b"chain40", READ) == outcome(resolve, folder, b"file.txt", READ)
    assert outcome(resolve, folder, b"chain41", READ) == outcome(resolve, folder, b"self", READ) == "ELOOP"


def test_a_link_in_the_last_place_is_not_followed_where_that_is_said(resolve: Callable[..., int], folder: int) -> None:
    """Before the last place it is."""
    assert outcome(resolve, folder, b"link", READ | os.O_NOFOLLOW) == "ELOOP"
    assert outcome(resolve, folder, b"link", PATH | os.O_NOFOLLOW).endswith(f" {stat.S_IFLNK:o}")
    assert outcome(resolve, folder, b"to_sub/inner.txt", READ | os.O_NOFOLLOW) == outcome(resolve, folder, b"sub/inner.txt", READ)


@pytest.mark.parametrize(
    ("path", "swapped"), [(b"file.txt", "file.txt"), (b"sub/inner.txt", "sub"), (b"sub", "sub"), (b"sub/inner.txt", "sub/inner.txt")]
)
def test_what_is_swapped_between_look_and_open(
    monkeypatch: pytest.MonkeyPatch, folder: int, inside: Path, path: bytes, swapped: str
) -> None:
    """A file or folder that becomes a link to the outside after it was looked at is not followed."""
    (inside.parent / "inner.txt").write_text("secret")
    look = beneath._link

    def look_and_swap(at: int, name: bytes) -> bytes | None:
        found = look(at, name)
        if os.fsdecode(name) == swapped.rpartition("/")[2] and not (inside / swapped).is_symlink():
            os.rename(inside / swapped, inside / "away")
            (inside / swapped).symlink_to(inside.parent if swapped == "sub" else inside.parent / "secret.txt")
        return found

    monkeypatch.setattr(beneath, "_link", look_and_swap)
    with pytest.raises(OSError) as problem:
        os.close(walk(folder, path, READ, 0))
    assert problem.value.errno in (errno.ELOOP, errno.ENOTDIR)
    assert (inside / swapped).is_symlink()


def test_a_folder_swapped_before_its_last_name_is_dot(monkeypatch: pytest.MonkeyPatch, folder: int, inside: Path) -> None:
    """The folder that was opened on the way is what is opened again, whatever stands at its place meanwhile."""
    expected = os.stat(inside / "sub").st_ino
    monkeypatch.setattr(beneath, "_link", lambda at, name: None)
    assert outcome(walk, folder, b"sub/.", READ).startswith(f"{expected} ")


def test_links_of_proc_lead_nowhere(resolve: Callable[..., int]) -> None:
    """What stands there is no text but a way to anywhere."""
    process = os.open("/proc/self", os.O_PATH | os.O_DIRECTORY)
    try:
        for path in (b"root", b"cwd", b"exe", b"fd/0", b"root/tmp", b"task/../cwd/."):
            assert outcome(resolve, process, path, PATH) in ("EXDEV", "ELOOP", "ENOTDIR"), path
    finally:
        os.close(process)


def test_nothing_stays_open(folder: int) -> None:
    """Whatever a path is, what was opened on its way is closed."""
    before = opened()
    for path in PATHS:
        for flags in (READ, PATH, PATH | os.O_NOFOLLOW, READ | os.O_DIRECTORY):
            outcome(walk, folder, path.encode(), flags)
    assert left_since(before) == set()


def test_what_is_opened_is_not_inherited(resolve: Callable[..., int], monkeypatch: pytest.MonkeyPatch, folder: int) -> None:
    """A process that is started does not get it."""
    monkeypatch.setattr(beneath, "resolver", lambda: resolve)
    descriptor = open_beneath(folder, b"/sub/inner.txt", READ)
    assert not os.get_inheritable(descriptor)
    assert os.read(descriptor, 10) == b"inner"
    os.close(descriptor)


def test_the_mode_is_that_of_what_is_made(resolve: Callable[..., int], folder: int, inside: Path) -> None:
    """It is of no matter where nothing is made."""
    umask = os.umask(0)
    try:
        assert not outcome(resolve, folder, b"made", MAKE, 0o640).startswith("E")
        assert stat.S_IMODE(os.stat(inside / "made").st_mode) == 0o640
        assert not outcome(resolve, folder, b"file.txt", READ, 0o777).startswith("E")
    finally:
        os.umask(umask)


def test_paths_that_no_file_can_have() -> None:
    """Empty ones, ones with a NUL, and ones of more than 4095 bytes."""
    assert relative(b"x" * 4095) == b"x" * 4095
    assert [relative(each) for each in (b"/", b"///", b"/a/b", b"a", b"//a/", b".")] == [b".", b".", b"a/b", b"a", b"a/", b"."]
    for path, number in ((b"", errno.EINVAL), (b"\0", errno.EINVAL), (b"a\0b", errno.EINVAL), (b"x" * 4096, errno.ENAMETOOLONG)):
        with pytest.raises(OSError) as problem:
            relative(path)
        assert problem.value.errno == number


class Busy:
    """A C library whose openat2 fails a number of times before it is asked."""

    def __init__(self, number: int, times: int) -> None:
        self.real, self.number, self.times, self.calls = beneath._library(), number, times, 0

    def syscall(self, *arguments: object) -> int:
        self.calls += 1
        if self.calls <= self.times:
            ctypes.set_errno(self.number)
            return -1
        return int(self.real.syscall(*arguments))


@pytest.mark.parametrize(("number", "times", "calls", "opened"), [
    (errno.EAGAIN, 1, 2, True), (errno.EINTR, 1, 2, True), (errno.EAGAIN, 99, 100, True), (errno.EAGAIN, 100, 100, False),
    (errno.EINTR, 1000, 100, False), (errno.ENOSYS, 1, 1, False), (errno.EPERM, 1, 1, False), (errno.EAGAIN, 0, 1, True),
])  # fmt: skip
def test_a_kernel_that_is_not_sure_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, folder: int, number: int, times: int, calls: int, opened: bool
) -> None:
    """While something is renamed openat2 answers EAGAIN; it is asked a hundred times at most, and nothing is opened in another way."""
    library = Busy(number, times)
    monkeypatch.setattr(beneath, "_library", lambda: library)
    found = outcome(openat2, folder, b"file.txt", READ)
    assert library.calls == calls
    assert found == (outcome(walk, folder, b"file.txt", READ) if opened else errno.errorcode[number])


def test_our_walk_is_taken_where_the_kernel_has_no_openat2(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried once."""
    try:
        beneath.resolver.cache_clear()
        assert beneath.resolver() is openat2
        beneath.resolver.cache_clear()
        library = Busy(errno.ENOSYS, 1000)
        monkeypatch.setattr(beneath, "_library", lambda: library)
        before = opened()
        assert beneath.resolver() is beneath.resolver() is walk
        assert library.calls == 1
        assert left_since(before) == set()
    finally:
        beneath.resolver.cache_clear()
