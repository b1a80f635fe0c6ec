"""A folder that no path leads out of, opened in one step by the kernel and, where it can't, component by component."""

import itertools
import os
import socket
import threading

import pytest

from moonwit.host.files import beneath
from moonwit.host.files.directory import Directory, FileProblem


@pytest.fixture(params=["openat2", "walk"])
def opener(request, monkeypatch):
    """Both ways to resolve a path."""
    monkeypatch.setattr(beneath, "resolver", lambda: getattr(beneath, request.param))
    return request.param


@pytest.fixture
def outside(tmp_path):
    """A folder that is not to be reached, with a secret."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text("secret")
    (folder / "folder").mkdir()
    return folder


@pytest.fixture
def inside(tmp_path, outside):
    """A folder with every kind of thing that may lead out."""
    folder = tmp_path / "inside"
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "file.txt").write_text("inside")
    (folder / "sub" / "inner.txt").write_text("inner")
    for name, target in {
        "good": "sub/inner.txt",
        "round": "sub/deep/../../file.txt",
        "to_sub": "sub",
        "relative": "../outside/secret.txt",
        "absolute": outside / "secret.txt",
        "own": folder / "file.txt",
        "folder": "../outside",
        "absolute_folder": outside,
        "up": "..",
        "root": tmp_path,
        "chain": "chain2",
        "chain2": "sub/back",
        "sub/back": "../../outside/secret.txt",
        "dangling": "../outside/new.txt",
        "loop": "loop",
        "proc_root": "/proc/self/root",
        "proc_cwd": "/proc/self/cwd",
        "zero": "/dev/zero",
    }.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(folder)
        try:
            made.bind("socket")
        finally:
            os.chdir(here)
    return folder


@pytest.fixture
def directory(opener, inside):
    return Directory("app:data", inside)


def read(directory, path, mode="r"):
    descriptor = directory.open(path, mode)
    try:
        return os.read(descriptor, 100)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (b"file.txt", b"inside"),
        (b"/file.txt", b"inside"),
        (b"//./file.txt", b"inside"),
        (b"sub/inner.txt", b"inner"),
        (b"sub/../file.txt", b"inside"),
        (b"sub/deep/../../file.txt", b"inside"),
        (b"good", b"inner"),
        (b"round", b"inside"),
        (b"to_sub/inner.txt", b"inner"),
        (b"to_sub/../file.txt", b"inside"),
    ],
)
def test_what_is_inside_is_read(directory, path, content):
    """Paths, `..` and links that stay in the folder lead where they say."""
    assert read(directory, path) == content


# TMP is the folder that holds both. What is tried here must do no harm even where it succeeds, so nothing names the system's files.
WAYS_OUT = [
    b"..", b"../outside/secret.txt", b"/../outside/secret.txt", b"sub/../../outside/secret.txt", b"sub/deep/../../../outside/secret.txt",
    b"./../outside/secret.txt", b"//..//outside//secret.txt", b"relative", b"absolute", b"own", b"folder/secret.txt", b"folder",
    b"absolute_folder/secret.txt", b"up/outside/secret.txt", b"up/inside/file.txt", b"root/outside/secret.txt", b"chain", b"sub/back",
    b"to_sub/../../outside/secret.txt", b"to_sub/back", b"dangling", b"proc_root/TMP/outside/secret.txt", b"proc_cwd/none/f",
    b"zero", b"up/..",
    b"sub/deep/../../up/outside/secret.txt", b"folder/folder", b"folder/.", b"root/inside/root/outside/secret.txt", b"root",
]  # fmt: skip

OPERATIONS = {
    "read": lambda directory, path: read(directory, path),
    "write": lambda directory, path: os.close(directory.open(path, "w")),
    "append": lambda directory, path: os.close(directory.open(path, "a")),
    "make": lambda directory, path: os.close(directory.open(path, "wx")),
    "stat": lambda directory, path: directory.stat(path),
    "names": lambda directory, path: directory.names(path),
    "below": lambda directory, path: directory.mkdir(path + b"/made"),
    "remove below": lambda directory, path: directory.remove(path + b"/secret.txt"),
}


def everything(folder):
    """All that is in a folder, with what the files hold."""
    return {
        os.path.join(place, name): (os.path.join(place, name) in files or open(os.path.join(place, name), "rb").read())
        for place, folders, files in os.walk(folder)
        for name in files
    } | {place: None for place, _, _ in os.walk(folder)}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("path", WAYS_OUT, ids=lambda path: path.decode())
def test_nothing_leads_out(directory, outside, path, operation):
    """No operation reaches anything outside by any path, and what is outside stays as it is."""
    before = everything(outside)
    path = path.replace(b"TMP", os.fsencode(outside.parent).lstrip(b"/"))
    with pytest.raises(FileProblem) as problem:
        OPERATIONS[operation](directory, path)
    assert problem.value.kind in ("PermissionDenied", "NotFound", "Invalid", "AlreadyExists")
    assert everything(outside) == before


@pytest.mark.parametrize("name", [b"fifo", b"socket"])
@pytest.mark.parametrize("mode", ["r", "w", "a", "r+"])
def test_only_regular_files_are_opened(directory, name, mode):
    """A FIFO without anybody at its other end, or a socket, is refused at once and not waited for."""
    with pytest.raises(FileProblem, match="is a device, a FIFO or a socket"):
        directory.open(name, mode)


def test_a_device_is_not_opened(directory, inside):
    """A device node in the folder is refused."""
    try:
        os.mknod(inside / "null", 0o666 | 0o020000, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes device nodes")
    for mode in ("r", "w"):
        with pytest.raises(FileProblem, match="is a device"):
            directory.open(b"null", mode)


@pytest.mark.parametrize("path", [b"", b"a\0b", b"x" * 5000, b"a/" * 3000 + b"b", b"loop", b"x" * 300])
def test_what_is_no_path_is_invalid(directory, path):
    """Empty, long and endless paths, and ones with a NUL, are an error of the caller."""
    with pytest.raises(FileProblem) as problem:
        directory.stat(path)
    assert problem.value.kind in ("Invalid", "NotFound")


def test_links_are_removed_and_not_what_they_lead_to(directory, inside, outside):
    """Removing a link removes the link."""
    directory.remove(b"relative")
    directory.remove(b"folder")
    assert not (inside / "relative").is_symlink() and not (inside / "folder").is_symlink()
    assert (outside / "secret.txt").read_text() == "secret"


@pytest.mark.parametrize("path", [b"/", b".", b"..", b"sub/..", b"//"])
def test_the_folder_itself_is_not_removed(directory, path):
    """What names the folder itself, or the one above, can't be removed or made."""
    for change in (directory.remove, directory.mkdir):
        with pytest.raises(FileProblem):
            change(path)


def test_a_link_put_there_meanwhile_leads_nowhere(directory, inside, outside):
    """While a folder is swapped with a link to the outside again and again, no look and no write gets out."""
    real, link, swapped = inside / "swap", inside / "link", inside / "other"
    real.mkdir()
    (real / "secret.txt").write_text("mine")
    link.symlink_to("../outside")
    stop = threading.Event()

    def swap():
        # Now and then it rests: two threads in step would never see the folder at its place.
        for number in itertools.count():
            if stop.wait(0.0005 if number % 50 == 0 else 0):
                return
            os.rename(real, swapped)
            os.rename(link, real)
            os.rename(real, link)
            os.rename(swapped, real)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        seen, tries = set(), 0
        while tries < 3000 or (not seen and tries < 300_000):
            tries += 1
            try:
                seen.add(read(directory, b"swap/secret.txt"))
                os.close(directory.open(b"swap/new.txt", "w"))
                directory.mkdir(b"swap/made")
            except FileProblem:
                continue
    finally:
        stop.set()
        swapping.join()
    assert seen == {b"mine"}
    assert sorted(path.name for path in outside.iterdir()) == ["folder", "secret.txt"]


def test_hard_links_can_not_be_made(directory):
    """There is no operation that gives a file a second name."""
    assert {name for name in vars(Directory) if not name.startswith("_")} == {"open", "stat", "mkdir", "remove", "names"}


def test_a_folder_that_is_missing_has_a_sentence(tmp_path):
    """The error names the entry and the folder."""
    with pytest.raises(FileProblem, match=r"the folder of app:data, .*nowhere, can't be opened: no such file or directory") as problem:
        Directory("app:data", tmp_path / "nowhere")
    assert problem.value.kind == "NotFound"
    (tmp_path / "file").write_text("")
    with pytest.raises(FileProblem, match="not a directory"):
        Directory("app:data", tmp_path / "file")


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path, outside):
    """Who can write above a folder can't have it lead elsewhere."""
    (tmp_path / "data").symlink_to(outside)
    with pytest.raises(FileProblem, match="there is a symbolic link in its path that was not there before") as problem:
        Directory("app:data", tmp_path / "data")
    assert problem.value.kind == "PermissionDenied"
