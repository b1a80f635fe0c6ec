"""The guest that tries whatever WASI offers (tests/guests/outside), as a project calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

import moonwit
from moonwit.host.functions.binaries import binary
from moonwit.host.values.intermediate import Value
from moonwit.host.wasi.world import EMPTY, World
from moonwit.host.wasm.component.component import decode
from moonwit.lua.values import buffer
from tests import projects

GUEST = Path(__file__).parents[2] / "guests" / "outside" / "outside.wasm"


@cache
def exports() -> dict[str, Any]:
    return dict(decode(GUEST.read_bytes()).world.exports)


class Entry:
    """An entry of an open project, called by a script's own values."""

    def __init__(self, project: moonwit.Project, id: str) -> None:
        self.project = project
        self.id = id

    def call(self, arguments: list[Value]) -> Value:
        """Calls it and gives its value as a script has it; raises ``CallError``."""
        value, error, _ = self.project.lane.call(self.id, buffer.encode_all(arguments)).result()
        if error is not None:
            raise moonwit.CallError(buffer.decode(error), "")
        return buffer.decode(value)


def declared(world: World) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Gives what shows a world to a guest: the entries that its `wasi:` refers to, and that."""
    entries = [projects.entry("values", "env.storage.static", values=dict(world.env))] if world.env else []
    entries += [projects.entry(f"v{at}", "env.variable", storage="values", variable=name) for at, (name, _) in enumerate(world.env)]
    for mount in world.mounts:
        made = {} if mount.mode is None else {"auto_init": True, "mode": f"0{mount.mode:o}"}
        entries.append(projects.entry(mount.id.partition(":")[2], "fs.directory", directory=str(mount.folder), **made))
    seen = {
        "args": list(world.args),
        "cwd": world.cwd,
        "env": [{"id": f"v{at}", "name": name} for at, (name, _) in enumerate(world.env)],
        "mounts": [{"fs": each.id, "guest": each.guest, "read_only": each.read_only} for each in world.mounts],
    }
    return entries, {name: value for name, value in seen.items() if value}


@pytest.fixture
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., dict[str, Entry]]]:
    """Gives an entry for each export of a component, by name: WAT or a binary, and what is granted."""
    with ExitStack() as stack:

        def make(guest: str | bytes, *imports: str) -> dict[str, Entry]:
            data = bytes(wat2wasm(guest)) if isinstance(guest, str) else guest
            fields = {"imports": list(imports), "results": "table", "path": "guest.wasm"}
            names = binary(data).functions
            entries = [projects.entry(
                name, "function.wasm", fs="here", hash=projects.digest(data), method=name, **fields
            ) for name in names]  # fmt: skip
            folder = tmp_path_factory.mktemp("functions")
            found = projects.opened(folder, projects.folder(), *entries, namespace="app", files={"guest.wasm": data})
            project = stack.enter_context(found)
            return {name: Entry(project, f"app:{name}") for name in names}

        yield make


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Entry]]:
    """Makes an export of the guest callable: its name, what is granted, what its calls see, more fields of its entry."""
    with ExitStack() as stack:

        def make(name: str, *imports: str, world: World = EMPTY, **fields: Any) -> Entry:
            entries, seen = declared(world)
            given = {"imports": list(imports), "results": "table", **({"wasi": seen} if seen else {}), **fields}
            entries += [projects.folder("guests", GUEST.parent), projects.guest("entry", GUEST, name, fs="guests", **given)]
            # What is shown and not granted is warned of.
            folder = projects.write(tmp_path_factory.mktemp("outside"), *entries, namespace="app")
            project = stack.enter_context(moonwit.open(folder))
            assert project.registry is not None
            assert not project.registry.errors
            return Entry(project, "app:entry")

        yield make
