"""What a guest sees: the arguments, variables, working directory and folders of its entry, and no others."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from moonwit.host.wasi.world import Mount, WasiSettings, World
from moonwit.kinds import KINDS
from moonwit.registry import load
from tests.projects import failure, write

WORLD = World(args=("--verbose", "", "ü 漢"), cwd="/app", env=(("NAME", "value = x"), ("EMPTY", "")))


def test_arguments_variables_and_folder(outside: Any) -> None:
    """The guest's arguments are those of the entry, without the name of a program; so are its variables and its folder."""
    assert outside("arguments", "wasi:cli", world=WORLD).call([]) == [b"--verbose", b"", "ü 漢".encode()]
    assert outside("variables", "wasi:cli", world=WORLD).call([]) == [[b"NAME", b"value = x"], [b"EMPTY", b""]]
    assert outside("variable", "wasi:cli", world=WORLD).call(["NAME"]) == b"value = x"
    assert outside("initial-folder", "wasi:cli", world=WORLD).call([]) == b"/app"


@pytest.mark.parametrize("name", ["wasi:cli", "wasi:cli/environment", "wasi:cli/environment@0.2.0"])
def test_nothing_of_the_hosts_own(outside: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With the grant alone there are no arguments, no variables and no folder, whatever the host has."""
    monkeypatch.setenv("MOONWIT_SECRET", "x")
    monkeypatch.setattr(sys, "argv", ["moonwit", "secret"])
    assert outside("arguments", name).call([]) == []
    assert outside("variables", name).call([]) == []
    assert outside("variable", name).call(["MOONWIT_SECRET"]) is None
    assert outside("variable", name).call(["PATH"]) is None
    assert outside("initial-folder", name).call([]) is None
    assert outside("folders", name, "wasi:filesystem").call([]) == []


def test_calls_beside_each_other_see_their_own(outside: Any) -> None:
    """The worlds of different entries don't mix."""
    one, two = (outside("arguments", "wasi:cli", world=World(args=(name,))) for name in ("one", "two"))
    for _ in range(3):
        assert (one.call([]), two.call([])) == ([b"one"], [b"two"])


def test_relative_paths_begin_at_the_folder(outside: Any, tmp_path: Path) -> None:
    """A path without a slash in front is looked for in ``cwd``; other mounts are found by their paths as before."""
    for name in ("data/sub", "other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "a.txt").write_text(name)
    mounts = (Mount("app:data", tmp_path / "data", "/data", True), Mount("app:other", tmp_path / "other", "/data/other", False))
    read = outside("read-file", "wasi:filesystem", "wasi:cli", world=World(cwd="/data/sub/", mounts=mounts))
    assert read.call(["a.txt"]) == {b"ok": b"data/sub"}
    assert read.call(["./a.txt"]) == {b"ok": b"data/sub"}
    assert read.call(["/data/other/a.txt"]) == {b"ok": b"other"}
    read = outside("read-file", "wasi:filesystem", "wasi:cli", world=World(cwd="/data/other", mounts=mounts))
    assert read.call(["a.txt"]) == {b"ok": b"other"}


@pytest.mark.parametrize("cwd", ["/", "/elsewhere"])
def test_a_folder_outside_of_all_mounts_holds_nothing(outside: Any, tmp_path: Path, cwd: str) -> None:
    """A working directory that no mount has is a name and nothing else."""
    (tmp_path / "a.txt").write_text("x")
    world = World(cwd=cwd, mounts=(Mount("app:data", tmp_path, "/data", False),))
    assert outside("initial-folder", "wasi:cli", world=world).call([]) == cwd.encode()
    assert list(outside("read-file", "wasi:filesystem", "wasi:cli", world=world).call(["a.txt"])) == [b"err"]
    assert outside("folders", "wasi:filesystem", world=world).call([]) == [b"/data"]


def test_a_mount_at_the_root(outside: Any, tmp_path: Path) -> None:
    """A folder may be mounted at `/`: absolute and relative paths are both looked for in it."""
    (tmp_path / "a.txt").write_text("x")
    world = World(cwd="/sub", mounts=(Mount("app:data", tmp_path, "/", False),))
    read = outside("read-file", "wasi:filesystem", "wasi:cli", world=world)
    assert read.call(["/a.txt"]) == {b"ok": b"x"}
    assert read.call(["a.txt"]) == {b"ok": b"x"}


def test_a_folder_is_made_when_its_entry_says_so(outside: Any, tmp_path: Path) -> None:
    """A missing folder with ``auto_init`` is made with its mode at the first call that mounts it."""
    folder = tmp_path / "new" / "inner"
    world = World(mounts=(Mount("app:data", folder, "/data", False, 0o700),))
    function = outside("write-file", "wasi:filesystem", world=world)
    assert not folder.exists()
    assert list(function.call(["/data/a.txt", b"x"])) == [b"ok"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def settings(tmp_path: Path, directory: str) -> WasiSettings:
    """The `wasi:` of an entry with one mount, of a project in ``tmp_path``."""
    write(tmp_path, f"""
  - {{name: data, kind: fs.directory, directory: {directory}}}
""", namespace="app")
    return WasiSettings({"mounts": [{"fs": "app:data", "guest": "/data"}]}, load(tmp_path, KINDS))


def test_a_folder_behind_a_link(outside: Any, tmp_path: Path) -> None:
    """The folder of a mount may be a symbolic link, or lie behind one, which its owner made; what it leads to is mounted, and
    no path leads out of it."""
    (tmp_path / "real" / "sub").mkdir(parents=True)
    (tmp_path / "real" / "sub" / "a.txt").write_text("x")
    (tmp_path / "link").symlink_to("real")
    for directory in ("link/sub", "link"):
        world = settings(tmp_path, directory).world()
        read = outside("read-file", "wasi:filesystem", world=world)
        assert read.call(["/data/a.txt" if directory == "link/sub" else "/data/sub/a.txt"]) == {b"ok": b"x"}
        assert list(read.call(["/data/../real/sub/a.txt"])) == [b"err"]


def test_a_link_is_what_it_was_when_the_project_was_loaded(outside: Any, tmp_path: Path) -> None:
    """A link that is changed later changes nothing for a project that is loaded."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(name)
    (tmp_path / "link").symlink_to("one")
    given = settings(tmp_path, "link")
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("two")
    assert outside("read-file", "wasi:filesystem", world=given.world()).call(["/data/a.txt"]) == {b"ok": b"one"}


@pytest.mark.parametrize("name", ["fo:ld er", "漢字"])
def test_folders_of_any_name(outside: Any, tmp_path: Path, name: str) -> None:
    """The name of a folder on the host is its own affair."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "a.txt").write_text("x")
    world = World(mounts=(Mount("app:data", tmp_path / name, "/data", True),))
    assert outside("read-file", "wasi:filesystem", world=world).call(["/data/a.txt"]) == {b"ok": b"x"}


def test_a_folder_whose_name_is_not_utf8(outside: Any, tmp_path: Path) -> None:
    """A folder is opened by its bytes, whatever they are; a link leads to it, as no entry can name it."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    (folder / "a.txt").write_text("x")
    (tmp_path / "link").symlink_to(folder)
    world = World(mounts=(Mount("app:data", tmp_path / "link", "/data", True),))
    assert outside("read-file", "wasi:filesystem", world=world).call(["/data/a.txt"]) == {b"ok": b"x"}


def test_a_folder_that_has_gone(outside: Any, tmp_path: Path) -> None:
    """A folder that is missing, or a file, when a call needs it gives an error that names the folder and its entry."""
    (tmp_path / "gone").mkdir()
    world = World(mounts=(Mount("app:data", tmp_path / "gone", "/data", False),))
    function = outside("add", "wasi:filesystem", world=world)
    (tmp_path / "gone").rmdir()
    error = failure(function.call, [1, 2])
    where = f"the folder `{tmp_path}/gone` of app:data, mounted at /data,"
    assert (error.kind, error.message) == ("NotFound", f"{where} does not exist; make the folder, or correct `directory`")
    (tmp_path / "gone").write_text("a file")
    error = failure(function.call, [1, 2])
    assert (error.kind, error.message) == ("NotFound", f"{where} is not a folder; correct `directory`")
    (tmp_path / "gone").unlink()
    (tmp_path / "gone").mkdir()
    assert function.call([1, 2]) == 3


def test_mounts_need_the_grant(outside: Any, tmp_path: Path) -> None:
    """Without ``wasi:filesystem`` a mount is not there, and not looked at."""
    (tmp_path / "gone").mkdir()
    world = World(mounts=(Mount("app:data", tmp_path / "gone", "/data", False),))
    folders, read = (outside(name, "wasi:cli", world=world) for name in ("folders", "read-file"))
    (tmp_path / "gone").rmdir()
    assert folders.call([]) == []
    assert "err" in str(read.call(["/data/a.txt"]))
