"""Decodes a component: what it imports and exports, and what instantiating it does."""

from __future__ import annotations

from dataclasses import dataclass

from moonwit.host.wasm.binary.sections import read_component
from moonwit.host.wasm.component.elaborate import elaborate
from moonwit.host.wasm.component.entities import Entity, Record
from moonwit.host.wasm.component.world import World, make_world


@dataclass(eq=False)
class Component:
    """A decoded component. ``imports`` and ``exports`` lead to what they are; ``record`` is what the planner works from."""

    data: bytes
    world: World
    imports: dict[str, Entity]
    exports: dict[str, Entity]
    record: Record


def decode(data: bytes) -> Component:
    """Decodes the binary of a component; raises Malformed, or Refused for what no call path takes (WASI 0.3)."""
    scope, record = elaborate(data, read_component(data))
    return Component(data, make_world(scope.imports, scope.exports, record), scope.imports, scope.exports, record)
