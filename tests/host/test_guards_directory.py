"""A folder that scripts are given: what is known of its files, what may be done with them, and the words for what may not."""

import errno
import os
from pathlib import Path

import pytest

from moonwit.host.files import directory as of_files
from moonwit.host.files.directory import Directory, FileProblem, problem_of
from tests.descriptors import left_since, opened


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """A folder with some of each kind."""
    folder = tmp_path / "inside"
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "file.txt").write_text("inside")
    (folder / "sub" / "inner.txt").write_text("inner")
    (folder / "sub" / "link").symlink_to("deep")
    (folder / "good").symlink_to("sub/inner.txt")
    (folder / "to_sub").symlink_to("sub")
    os.mkfifo(folder / "fifo")
    return folder


@pytest.fixture
def directory(inside: Path) -> Directory:
    return Directory("app:data", inside)


@pytest.mark.parametrize("length", [119, 120, 121, 5000])
def test_of_a_long_path_a_part_is_said(directory: Directory, length: int) -> None:
    """The first 120 characters."""
    said = "`" + "x" * min(length, 120) + ("...`" if length > 120 else "`") + " in app:data "
    for call in (directory.open, directory.stat, directory.names, directory.remove):
        with pytest.raises(FileProblem) as problem:
            call(b"x" * length)
        assert problem.value.message.startswith(said)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOENT, "NotFound", "does not exist"),
        (errno.EEXIST, "AlreadyExists", "exists already"),
        (errno.EACCES, "PermissionDenied", "may not be used by this user"),
        (errno.EXDEV, "PermissionDenied", "leaves its folder"),
        (errno.EROFS, "PermissionDenied", "can't be used: read-only file system"),
        (errno.ENOTEMPTY, "Conflict", "is a folder that is not empty"),
        (errno.ELOOP, "Invalid", "leads through too many symbolic links"),
        (errno.ENOSPC, "Unavailable", "can't be used: no space left on device"),
        (errno.EIO, "Internal", "can't be used: input/output error"),
        (None, "Internal", "can't be used: success"),
    ],
)
def test_what_the_system_says_has_a_kind_and_words(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, number: int | None, kind: str, words: str
) -> None:
    """Words of our own, or the system's."""

    def refuse(*_: object) -> int:
        raise error

    monkeypatch.setattr(of_files, "open_beneath", refuse)
    error = OSError("no number") if number is None else OSError(number, "")
    with pytest.raises(FileProblem) as problem:
        directory.stat(b"a")
    assert (problem.value.kind, problem.value.message) == (kind, f"`a` in app:data {words}")
    made = problem_of(error, "the file")
    assert made.kind == kind
    assert made.message == f"the file can't be read or written: {os.strerror(number or 0).lower()}"


def test_what_is_known_of_each(directory: Directory, inside: Path) -> None:
    """Name, size, mode, time and type; a link is what it leads to."""
    os.chmod(inside / "file.txt", 0o640)
    os.utime(inside / "file.txt", (5, 7.5))
    found = directory.stat(b"/sub/../file.txt")
    assert (found.name, found.size, found.mode, found.modified, found.type) == (b"file.txt", 6, 0o640, 7.5, "file")
    for path, name, kind in (
        (b"/", b"/", "directory"), (b"sub", b"sub", "directory"), (b"sub/deep/", b"deep", "directory"), (b"fifo", b"fifo", "other"),
        (b"good", b"good", "file"), (b"to_sub", b"to_sub", "directory"),
    ):  # fmt: skip
        found = directory.stat(path)
        assert (found.name, found.type) == (name, kind)


def test_how_many_names_are_listed(directory: Directory, inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as may be, in order, with their types; a link is neither a file nor a folder. With one more there is an error."""
    monkeypatch.setattr(of_files, "MAX_NAMES", 3)
    listed = [(b"deep", "directory"), (b"inner.txt", "file"), (b"link", "other")]
    assert directory.names(b"sub") == listed
    (inside / "sub" / "one").touch()
    with pytest.raises(FileProblem, match="`sub` in app:data holds more than 3 names") as problem:
        directory.names(b"sub")
    assert problem.value.kind == "Unavailable"


def test_what_is_removed_and_made(directory: Directory, inside: Path) -> None:
    """A file is none with a slash behind it, and a folder may have one; a name with a NUL is none."""
    with pytest.raises(FileProblem, match="something that is not a folder"):
        directory.remove(b"file.txt/")
    directory.mkdir(b"sub/made/")
    assert (inside / "sub" / "made").is_dir()
    directory.remove(b"sub/made/")
    directory.remove(b"/file.txt")
    assert not (inside / "sub" / "made").exists() and not (inside / "file.txt").exists()
    for change in (directory.mkdir, directory.remove):
        for path in (b"a\0", b"a\0b/c", b"sub/a\0b"):
            with pytest.raises(FileProblem, match="is not a path that a file can have"):
                change(path)


@pytest.mark.parametrize(
    ("path", "mode", "problem"),
    [
        (b"new", "r", "does not exist"), (b"new", "r+", "does not exist"), (b"new", "w", None), (b"new", "a+", None), (b"new", "wx", None),
        (b"file.txt", "wx", "exists already"), (b"file.txt", "w+x", "exists already"),
        (b"sub", "wx", "is a folder"), (b"sub", "r", "is a folder"),
        (b"sub", "w", "is a folder"), (b"no/new", "w", "does not exist"), (b"fifo", "wx", "is a device"), (b"file.txt", "w", None),
    ],
)  # fmt: skip
def test_what_may_be_opened(directory: Directory, inside: Path, path: bytes, mode: str, problem: str | None) -> None:
    """New files where the mode makes them; only `w` empties."""
    if problem is None:
        os.close(directory.open(path, mode))
        assert (inside / path.decode()).read_text() == ""
    else:
        with pytest.raises(FileProblem, match=problem):
            directory.open(path, mode)
        assert (inside / "file.txt").read_text() == "inside" and not (inside / "new").exists()


def test_what_turns_out_to_be_no_file_is_closed(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something else is there when it is opened: it is looked at again, and the descriptor is closed."""
    looks: list[bytes] = []

    def must_be_file(path: bytes, mode: int) -> None:
        looks.append(path)
        if len(looks) == 2:
            raise FileProblem("PermissionDenied", "now it is a FIFO")

    monkeypatch.setattr(directory, "_must_be_file", must_be_file)
    before = opened()
    with pytest.raises(FileProblem, match="now it is a FIFO"):
        directory.open(b"file.txt", "w")
    assert left_since(before) == set()
    assert directory.stat(b"file.txt").size == 6


def test_a_folder_is_closed_when_it_is_let_go(tmp_path: Path) -> None:
    """And one that could not be opened closes nothing."""
    before = opened()
    Directory("app:data", tmp_path)
    for name, kind in (("none", "NotFound"), ("file", "Unavailable")):
        (tmp_path / "file").touch()
        try:
            Directory("app:data", tmp_path / name)
        except FileProblem as problem:
            assert problem.kind == kind
    assert left_since(before) == set()
