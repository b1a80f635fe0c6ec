"""The guest that tries whatever WASI offers (tests/guests/outside), on the compatible path."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from moonwit.host.compatible.compatible import CompatibleFunction
from moonwit.host.wasi.world import EMPTY, World
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.wit.types import Function

GUEST = Path(__file__).parents[2] / "guests" / "outside" / "outside.wasm"
Make = Callable[..., CompatibleFunction]


@cache
def exports() -> tuple[bytes, dict[str, Any]]:
    data = GUEST.read_bytes()
    return data, dict(decode(data).world.exports)


@pytest.fixture
def outside() -> Make:
    """Makes an export of the guest callable: its name, what is granted, what its calls see."""

    def make(name: str, *imports: str, world: World | Callable[[], World] = EMPTY, **options: Any) -> CompatibleFunction:
        data, world_of_guest = exports()
        signature = world_of_guest[name]
        assert isinstance(signature, Function)
        given = (lambda: world) if isinstance(world, World) else world
        return CompatibleFunction(data, None, name, signature, imports, "app:entry", world=given, **options)

    return make
