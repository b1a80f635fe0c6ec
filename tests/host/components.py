"""Functions of components on the compatible call path, for tests."""

from __future__ import annotations

from typing import Any

import pytest
from wasmtime import wat2wasm

from moonwit.host.compatible.compatible import CallFailed, CompatibleFunction
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.wit import types as wit


def functions_of(data: bytes, imports: tuple[str, ...] = (), **options: Any) -> dict[str, CompatibleFunction]:
    """Makes a function of each export of a component, by name."""
    world = decode(data).world
    found = {}
    for path, item in world.exports.items():
        if isinstance(item, str):
            continue
        interface, exports = (None, {path: item}) if isinstance(item, wit.Function) else (path, item.functions)
        for name, signature in exports.items():
            found[name] = CompatibleFunction(data, interface, name, signature, imports, "app:entry", **options)
    return found


def from_wat(text: str, imports: tuple[str, ...] = (), **options: Any) -> dict[str, CompatibleFunction]:
    return functions_of(bytes(wat2wasm(text)), imports, **options)


def failure(function: CompatibleFunction, *arguments: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        function.call(list(arguments))
    return caught.value
