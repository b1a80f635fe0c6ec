"""Renames a folder away, and a link that leads out into its place, while guests open what is below it; none may ever read what is outside.

    python tests/soak/races.py [RACES]

By WASI 0.1 and 0.2, and by both ways to open a path beneath a folder, each as long as it takes for so many renames (10,000), of which
some let a guest in. The exit status is 1 when a guest has read what it must not. tests/lua/files and tests/host/wasi race some hundred
times in each run.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from moonwit.lua.lane.lane import new_state
from tests.host.wasi.test_escapes import Direct, Mount, World
from tests.lua.files.preview1 import Guest
from tests.lua.files.test_beneath_walks import OPENERS

INSIDE, OUTSIDE = b"inside", b"outside"
Read = Callable[[str], bytes | None]


def race(folder: Path, read: Read, races: int) -> tuple[int, int]:
    """Races so often; gives how often a guest read what is inside, and what is outside."""
    (folder / "kept").mkdir()
    (folder / "kept" / "file").write_bytes(INSIDE)
    outer = folder.parent / f"outer of {folder.name}"
    outer.mkdir()
    (outer / "file").write_bytes(OUTSIDE)
    (folder / "link").symlink_to(f"../{outer.name}")
    swaps, done = 0, threading.Event()

    def swap() -> None:
        nonlocal swaps
        while not done.is_set():
            for name in ("kept", "link"):
                os.rename(folder / name, folder / "here")
                os.rename(folder / "here", folder / name)
                swaps += 1

    swapper = threading.Thread(target=swap)
    swapper.start()
    found = {INSIDE: 0, OUTSIDE: 0}
    try:
        while swaps < races or found[INSIDE] < races // 100:
            for path in ("here/file", "here/../here/file", "./here//file"):
                content = read(path)
                if content is not None:
                    found[content] += 1
    finally:
        done.set()
        swapper.join()
    return found[INSIDE], found[OUTSIDE]


def by_opener(folder: Path, walks: bool) -> Read:
    lua, _ = new_state({})
    opener = lua.execute(OPENERS.encode(), walks)
    base = os.open(folder, os.O_PATH | os.O_DIRECTORY)

    def read(path: str) -> bytes | None:
        descriptor = int(opener(base, path.encode(), os.O_RDONLY, 0))
        if descriptor < 0:
            return None
        with open(descriptor, "rb") as file:
            return file.read()

    return read


def by_module(guest: Guest) -> Read:
    def read(path: str) -> bytes | None:
        descriptor = guest.open(path)
        if descriptor < 0:
            return None
        content = guest.read(descriptor)
        guest.done("fd_close", descriptor)
        return content

    return read


def by_component(direct: Direct, folder: Path) -> Read:
    world = World(mounts=(Mount("app:data", folder, "/data", False),))

    def read(path: str) -> bytes | None:
        seen = direct(world, "read-often", 0, path, 100)
        assert len(seen) <= 1 or OUTSIDE in seen
        return (OUTSIDE if OUTSIDE in seen else seen[0]) if seen else None

    return read


def main() -> int:
    races = int(sys.argv[1]) if sys.argv[1:] else 10_000
    lost = 0
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        guest, direct = Guest(base / "module"), Direct(base / "projects")
        folders = {"the kernel": base / "kernel", "step by step": base / "steps", "WASI 0.2": base / "component"}
        for folder in folders.values():
            folder.mkdir()
        readers = {
            "the kernel": by_opener(folders["the kernel"], False),
            "step by step": by_opener(folders["step by step"], True),
            "WASI 0.1": by_module(guest),
            "WASI 0.2": by_component(direct, folders["WASI 0.2"]),
        }
        for way, read in readers.items():
            inside, outside = race(folders.get(way, guest.data), read, races)
            print(f"{way}: {races} renames, {inside} times inside, {outside} times outside")
            lost += outside
        guest.project.close()
        direct.close()
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
