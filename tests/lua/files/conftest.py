"""The guest of the tests of WASI 0.1, and the folder that it has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lua.files.preview1 import Guest


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
