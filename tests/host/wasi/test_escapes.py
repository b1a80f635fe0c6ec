"""A guest with mounts tries to reach what is not in them; nothing succeeds, and what is read-only stays as it is."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import moonwit
from moonwit.host.wasi.world import Mount, World
from tests.host.wasi.conftest import GUEST, exports
from tests.projects import digest, failure, write

SECRET = b"nobody inside may read this"
Guest = Callable[..., Any]


class Place:
    """A folder with two mounts, `/data` and the read-only `/locked`, beside another that is not mounted."""

    def __init__(self, base: Path, make: Guest) -> None:
        self.base = base
        self.data, self.locked, self.outer = base / "data", base / "locked", base / "outer"
        for folder in (self.data / "sub", self.locked / "sub", self.outer / "sub"):
            folder.mkdir(parents=True)
        for folder in (self.data, self.data / "sub", self.locked, self.locked / "sub"):
            (folder / "a.txt").write_bytes(b"harmless")
        self.secret = self.outer / "secret"
        self.secret.write_bytes(SECRET)
        # What whoever fills the folder may have left there.
        for name, target in {
            "file": "../outer/secret",
            "folder": "../outer",
            "whole": str(self.outer),
            "absolute": str(self.secret),
            "up": "..",
            "chain": "sub/next",
            "sub/next": "../folder/secret",
            "process": "/proc/self/root",
            "zero": "/dev/zero",
            "loop": "loop",
        }.items():
            (self.data / name).symlink_to(target)
        self.make = make
        self.world = World(mounts=(Mount("app:data", self.data, "/data", False), Mount("app:locked", self.locked, "/locked", True)))

    def __call__(self, name: str, *arguments: Any) -> Any:
        return self.make(self.world, name, *arguments)

    def look(self) -> dict[str, Any]:
        """Everything there is outside of `/data`, with content, links, permissions and times."""
        return dict(self._look())

    def _look(self) -> Iterator[tuple[str, Any]]:
        for top in (self.base, *self.outer.rglob("*"), self.outer, *self.locked.rglob("*"), self.locked):
            details = top.lstat()
            content = top.read_bytes() if top.is_file() else sorted(path.name for path in top.iterdir())
            yield str(top), (details.st_mode, details.st_nlink, details.st_mtime_ns if top != self.base else 0, content)


class Direct:
    """The guest as a project calls it: a project for each world, an instance for each call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.projects: dict[World, moonwit.Project] = {}

    def __call__(self, world: World, name: str, *arguments: Any) -> Any:
        project = self.projects.get(world)
        if project is None:
            project = self.projects[world] = self.open(world, self.folder / str(len(self.projects)))
        try:
            answer = project.call(f"app:{name}", *arguments)
        except moonwit.CallError as error:
            if error.kind:
                raise
            return {b"err": str(error)}
        return answer if name == "read-often" else {b"ok": answer.encode() if isinstance(answer, str) else answer or True}

    def open(self, world: World, folder: Path) -> moonwit.Project:
        folder.mkdir(parents=True)
        shutil.copy(GUEST, folder / "guest.wasm")
        names = {mount.id: mount.id.partition(":")[2] for mount in world.mounts}
        entries = ["name: here, kind: fs.directory, directory: ."]
        entries += [f"name: {names[mount.id]}, kind: fs.directory, directory: {mount.folder}" for mount in world.mounts]
        mounts = ", ".join(
            f"{{fs: {names[mount.id]}, guest: {mount.guest}, read_only: {str(mount.read_only).lower()}}}" for mount in world.mounts
        )
        seen = f"cwd: {world.cwd}, mounts: [{mounts}]" if world.cwd else f"mounts: [{mounts}]"
        entries += [
            f"name: {name}, kind: function.wasm, fs: here, path: guest.wasm, hash: '{digest(GUEST)}', method: {name}, "
            f"pool: {{type: inline}}, imports: [wasi:filesystem, wasi:cli], wasi: {{{seen}}}"
            for name in exports()
            if name.endswith(("-at", "-file", "-below", "-often"))
        ]
        return moonwit.open(write(folder, *entries, namespace="app"))

    def close(self) -> None:
        for project in self.projects.values():
            project.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    direct = Direct(tmp_path / "projects")
    yield Place(tmp_path / "base", direct)
    direct.close()


# Each reads a path of the first folder as it is.
PATHS = {
    "dots": "../outer/secret",
    "dots after a folder": "sub/../../outer/secret",
    "dots after a dot": "./../outer/secret",
    "doubled slashes": "..//outer//secret",
    "dots through what is not a folder": "a.txt/../../outer/secret",
    "more dots than there are folders": "../" * 64 + "{base}/outer/secret",
    "absolute": "{base}/outer/secret",
    "absolute, with two slashes": "//{base}/outer/secret",
    "backslashes": "..\\outer\\secret",
    "encoded dots": "%2e%2e/outer/secret",
    "encoded slashes": "..%2fouter%2fsecret",
    "encoded twice": "%252e%252e/outer/secret",
    "wide dots": "\uff0e\uff0e/outer/secret",
    "another slash": "..\u2215outer\u2215secret",
    "a NUL": "sub\0/../../outer/secret",
    "a NUL at the end": "../outer/secret\0.txt",
    "a link to a file": "file",
    "a link to a folder": "folder/secret",
    "an absolute link to a folder": "whole/secret",
    "an absolute link": "absolute",
    "a link upward": "up/outer/secret",
    "a chain of links": "chain",
    "a link and dots": "folder/../outer/secret",
    "a link to itself": "loop",
    "the process's root by a link": "process{base}/outer/secret",
    "the process's environment": "/proc/self/environ",
    "the process's folder": "/proc/self/cwd/outer/secret",
    "a descriptor of the process": "/proc/self/fd/0",
    "a device": "/dev/zero",
    "a device by a link": "zero",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
@pytest.mark.parametrize("name", ["read-at", "stat-at"])
def test_a_path_that_leads_out_is_refused(place: Place, name: str, path: str) -> None:
    """The host refuses a path of a folder that leads out of it: in words, by links, encoded or not."""
    before = place.look()
    assert list(place(name, 0, path.format(base=place.base), True)) == [b"err"]
    assert place.look() == before


@pytest.mark.parametrize(
    "path",
    [
        "/data/../outer/secret",
        "/data/sub/../../outer/secret",
        "/data/folder/secret",
        "/data/absolute",
        "/outer/secret",
        "/../outer/secret",
        "../outer/secret",
        "/proc/self/environ",
        "/etc/passwd",
        "{base}/outer/secret",
        "/data/./../locked/../outer/secret",
        "/locked/../outer/secret",
    ],
)
def test_a_librarys_path_that_leads_out_is_refused(place: Place, path: str) -> None:
    """The guest's own library finds nothing out there either."""
    assert list(place("read-file", path.format(base=place.base))) == [b"err"]


# Each tries to change something out there, or to bring it in.
DEEDS: dict[str, Callable[[Place], list[Any]]] = {
    "write by dots": lambda g: [g("write-at", 0, "../outer/new", b"x")],
    "write by a link to a folder": lambda g: [g("write-at", 0, "folder/new", b"x")],
    "write by a link to a file": lambda g: [g("write-at", 0, "file", b"x")],
    "list by a link": lambda g: [g("list-at", 0, "folder")],
    "list upward": lambda g: [g("list-at", 0, ".."), g("list-at", 0, "up")],
    "make a folder": lambda g: [g("make-at", 0, "../outer/d"), g("make-at", 0, "folder/d"), g("make-at", 0, "up/d")],
    "remove a file": lambda g: [g("remove-at", 0, "../outer/secret"), g("remove-at", 0, "folder/secret")],
    "remove a folder": lambda g: [g("remove-folder-at", 0, "../outer/sub"), g("remove-folder-at", 0, "folder/sub")],
    "change the times": lambda g: [g("touch-at", 0, "../outer/secret"), g("touch-at", 0, "file"), g("touch-at", 0, "folder")],
    "rename out": lambda g: [g("rename-at", 0, "a.txt", 0, "../outer/a"), g("rename-at", 0, "a.txt", 0, "folder/a")],
    "rename in": lambda g: [
        g("rename-at", 0, "../outer/secret", 0, "got"),
        g("rename-at", 0, "folder/secret", 0, "got"),
        g("rename-at", 0, "up/outer", 0, "got"),
    ],
    "hard link in": lambda g: [
        g("link-at", 0, "../outer/secret", 0, "got"),
        g("link-at", 0, "folder/secret", 0, "got"),
        g("link-at", 0, str(g.secret), 0, "got"),
    ],
    "hard link out": lambda g: [g("link-at", 0, "a.txt", 0, "../outer/a"), g("link-at", 0, "a.txt", 0, "folder/a")],
    "link made by the guest": lambda g: [
        g("symlink-at", 0, "../outer/secret", "mine") and g("read-at", 0, "mine", True),
        g("read-file", "/data/mine"),
        g("write-at", 0, "mine", b"x"),
    ],
    "link to a folder made by the guest": lambda g: [
        g("symlink-at", 0, "../outer", "ours") and g("read-at", 0, "ours/secret", True),
        g("write-at", 0, "ours/new", b"x"),
        g("list-at", 0, "ours"),
        g("read-below", 0, "ours", "secret"),
    ],
    "absolute link made by the guest": lambda g: [
        g("symlink-at", 0, str(g.secret), "mine"),
        g("symlink-at", 0, "/proc/self/root", "root"),
        g("read-at", 0, "mine", True),
        g("read-at", 0, "root/etc/passwd", True),
    ],
    "link made by the guest, moved to where it leads out": lambda g: [
        g("symlink-at", 0, "../a.txt", "sub/inner") and g("rename-at", 0, "sub/inner", 0, "moved") and g("read-at", 0, "moved", True)
    ],
    "hard link to a link": lambda g: [g("link-at", 0, "file", 0, "again") and g("read-at", 0, "again", True)],
    "a link's content by following it": lambda g: [g("readlink-at", 0, "folder/secret"), g("readlink-at", 0, "../outer/secret")],
    "a descriptor from below": lambda g: [
        g("read-below", 0, "sub", "../../outer/secret"),
        g("read-below", 0, "sub", "next"),
        g("read-below", 0, "sub", ".."),
        g("read-below", 0, "..", "outer/secret"),
        g("read-below", 0, "folder", "secret"),
    ],
    "the other mount by dots": lambda g: [g("write-at", 0, "../locked/new", b"x"), g("read-at", 0, "../locked/a.txt", True)],
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
def test_nothing_gets_out_or_in(place: Place, deed: Callable[[Place], list[Any]]) -> None:
    """Nothing outside of its mounts is read, listed, made, changed, moved or linked by a guest, links of its own included."""
    before = place.look()
    for answer in deed(place):
        assert list(answer) == [b"err"]
    assert place.look() == before
    for path in place.data.rglob("*"):
        assert path.is_symlink() or not path.is_file() or path.read_bytes() != SECRET


CHANGES: dict[str, tuple[Any, ...]] = {
    "write a new file": ("write-at", 1, "new", b"x"),
    "write a file": ("write-at", 1, "a.txt", b"x"),
    "write with the library": ("write-file", "/locked/a.txt", b"x"),
    "append": ("append-file", "/locked/a.txt", b"x"),
    "cut off": ("truncate-file", "/locked/a.txt", 0),
    "make a folder": ("make-at", 1, "d"),
    "remove a file": ("remove-at", 1, "a.txt"),
    "remove a folder": ("remove-folder-at", 1, "sub"),
    "rename inside": ("rename-at", 1, "a.txt", 1, "b.txt"),
    "rename in": ("rename-at", 0, "a.txt", 1, "b.txt"),
    "rename out": ("rename-at", 1, "a.txt", 0, "b.txt"),
    "hard link inside": ("link-at", 1, "a.txt", 1, "b.txt"),
    "hard link to where it may write": ("link-at", 1, "a.txt", 0, "b.txt"),
    "hard link in": ("link-at", 0, "a.txt", 1, "b.txt"),
    "symbolic link": ("symlink-at", 1, "a.txt", "b.txt"),
    "change the times": ("touch-at", 1, "a.txt"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_read_only_stays_read_only(place: Place, change: tuple[Any, ...]) -> None:
    """A mount with ``read_only`` can be read, and nothing in it can be changed, nor moved or linked to where it could."""
    before = place.look()
    assert place("read-at", 1, "a.txt", True) == {b"ok": b"harmless"}
    assert list(place(*change)) == [b"err"]
    assert place.look() == before


def test_the_working_directory_is_read_only_with_its_mount(place: Place) -> None:
    """A working directory in a read-only mount gives no way to write to it."""
    place.world = World(cwd="/locked/sub", mounts=place.world.mounts)
    before = place.look()
    assert place("read-file", "a.txt") == {b"ok": b"harmless"}
    assert list(place("write-file", "a.txt", b"x")) == [b"err"]
    assert list(place("read-file", "../a.txt")) == [b"err"]
    assert place.look() == before


@pytest.mark.parametrize("target", ["../outer", "{outer}"])
def test_the_working_directory_can_not_be_led_astray(place: Place, target: str) -> None:
    """A link in place of the working directory leads nowhere, whoever made it."""
    (place.data / "here").symlink_to(target.format(outer=place.outer))
    place.world = World(cwd="/data/here", mounts=place.world.mounts)
    error = failure(place, "read-file", "secret")
    assert error.kind == "NotFound"
    assert "the working directory /data/here can't be opened in app:data: " in error.message


@pytest.mark.parametrize("link", ["inner", "inner/deep"])
def test_a_folder_swapped_for_a_link_is_not_followed(place: Place, link: str) -> None:
    """A guest that may write to a folder in which another mount lies can't lead that mount astray: the next call that wants it
    fails, also when the link stands further up, and works when the folder is back."""
    (place.data / "inner" / "deep").mkdir(parents=True)
    (place.outer / "deep").mkdir()
    (place.outer / "deep" / "secret").write_bytes(SECRET)
    whole = place.world
    inner = World(mounts=(Mount("app:inner", place.data / "inner" / "deep", "/inner", False),))
    place.world = inner
    assert place("write-file", "/inner/secret", b"harmless") == {b"ok": True}
    place.world = whole
    assert list(place("rename-at", 0, link, 0, "kept")) == [b"ok"]
    place("symlink-at", 0, "../outer" if link == "inner" else "../../outer/deep", link)
    assert (place.data / link).is_symlink()
    place.world = inner
    error = failure(place, "read-file", "/inner/secret")
    assert error.kind == "PermissionDenied"
    assert "was not a symbolic link when the project was loaded" in error.message
    (place.data / link).unlink()
    (place.data / "kept").rename(place.data / link)
    assert place("read-file", "/inner/secret") == {b"ok": b"harmless"}


def test_a_race_between_check_and_use_is_lost(place: Place) -> None:
    """While a folder is swapped for a link that leads out, and back, a guest reads only what is inside."""
    harmless, link, here = place.data / "harmless", place.data / "link", place.data / "here"
    harmless.mkdir()
    (harmless / "secret").write_bytes(b"harmless")
    link.symlink_to("../outer")
    swaps = 0
    done = threading.Event()

    def swap() -> None:
        nonlocal swaps
        while not done.is_set():
            for kept in (harmless, link):
                os.rename(kept, here)
                os.rename(here, kept)
                swaps += 1

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        seen: list[bytes] = []
        while b"harmless" not in seen or swaps < 2000:
            seen += place("read-often", 0, "here/secret", 500)
    finally:
        done.set()
        swapper.join()
    assert set(seen) == {b"harmless"}


def test_what_is_inside_works(place: Place) -> None:
    """The refusals above are not accident: the same deeds inside of a mount succeed, by links that stay inside too."""
    (place.data / "inner").symlink_to("sub/a.txt")
    for deed in (
        ("read-at", 0, "inner", True),
        ("read-file", "/data/sub/../a.txt"),
        ("write-at", 0, "new", b"x"),
        ("append-file", "/data/new", b"y"),
        ("truncate-file", "/data/new", 1),
        ("make-at", 0, "d"),
        ("rename-at", 0, "new", 0, "d/moved"),
        ("link-at", 0, "d/moved", 0, "hard"),
        ("symlink-at", 0, "d/moved", "soft"),
        ("touch-at", 0, "soft"),
        ("read-below", 0, "d", "moved"),
        ("remove-at", 0, "d/moved"),
        ("remove-folder-at", 0, "d"),
    ):
        assert list(place(*deed)) == [b"ok"], deed
    assert place("readlink-at", 0, "soft") == {b"ok": b"d/moved"}
    assert (place.data / "hard").read_bytes() == b"x"
