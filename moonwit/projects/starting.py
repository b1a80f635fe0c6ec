"""New projects: the files of moonwit/templates, and which tools a guest's language needs."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from moonwit.failures import Failure

TEMPLATES = Path(__file__).parents[1] / "templates"
_ENDING = ".tmpl"


class Tool(NamedTuple):
    """What a guest is built with: commands, any group of which is enough, and how they are installed."""

    commands: tuple[tuple[str, ...], ...]
    install: str


# By the name of `--guest`, which is that of a folder of templates.
GUESTS: Mapping[str, Tool] = {
    "wat": Tool(((),), ""),
    "c": Tool((("clang", "wasm-ld"), ("zig",)), "install the packages clang and lld, or zig"),
    "rust": Tool((("cargo", "rustc"),), "install Rust, and its target: rustup target add wasm32-wasip2"),
    "go": Tool((("go",),), "install Go 1.24 or newer"),
    "js": Tool((("node", "npm"),), "install Node 20 or newer"),
    "python": Tool((("componentize-py",), ("python3",)), "install Python 3.11 or newer"),
}
# Entries of guests that need no build.
_UNBUILT = {
    "wat": """
  - name: hello
    kind: function.wat
    source: file://guest/hello.wat
    wit: file://guest/hello.wit
    method: greet
""",
}


def missing(guest: str) -> str | None:
    """Says which tools of a guest's language are not on the PATH, and what to do; None where all are."""
    tool = GUESTS[guest]
    lacking = [[name for name in group if shutil.which(name) is None] for group in tool.commands]
    if not all(lacking):
        return None
    names = " or ".join(" and ".join(group) for group in lacking)
    return f"{names} {'is' if len(lacking[0]) == 1 and len(lacking) == 1 else 'are'} not on the PATH: {tool.install}"


def start(folder: Path, guest: str | None) -> list[str]:
    """Writes the files of a new project, and gives their names; raises ``Failure`` where the folder has something already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Failure(f"{folder} is not empty: name a folder that is new")
        names = [*_copied("project", folder)]
        if guest is not None:
            names += _copied(guest, folder)
            if (entry := _UNBUILT.get(guest)) is not None:
                with open(folder / "_index.yaml", "a", encoding="utf-8") as file:
                    file.write(entry)
    except OSError as error:
        raise Failure(f"{error.filename or folder} can't be written: {os.strerror(error.errno or 0).lower()}") from None
    return names


def _copied(template: str, folder: Path) -> Iterator[str]:
    root = TEMPLATES / template
    for source in sorted(root.rglob(f"*{_ENDING}")):
        name = str(source.relative_to(root)).removesuffix(_ENDING)
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        if target.suffix == ".sh":
            target.chmod(target.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        yield name
