"""The same call by a script, and with Wasmtime behind the rules for values that are written in Python."""

from __future__ import annotations

import math
from typing import Any

from moonwit.host.values.intermediate import NONE, Some
from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.oracle.function import CallFailed, Oracle, oracle_of
from tests.texts import texts

lua, _ = texts(__file__)

# Gives whether the call succeeded, then the encoded result or kind and message; and the encoded argument.
CALLER = lua("caller")


def same(one: Any, other: Any) -> bool:
    """Tells whether two values of the intermediate model are the same to a script."""
    if one is NONE or other is NONE or one is None or other is None:
        return one is other
    if isinstance(one, Some):
        return isinstance(other, Some) and same(one.value, other.value)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    if isinstance(one, (list, tuple, dict)) and isinstance(other, (list, tuple, dict)) and not one and not other:
        return True
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return isinstance(one, bytes) and isinstance(other, bytes) and one == other


class Paths:
    """Calls entries of a project, and their oracles."""

    def __init__(self, state: State) -> None:
        self.state = state
        modules = (state.run(f"return require 'lua.{name}'") for name in ("calls.calls", "values.intermediate", "values.optional"))
        self.call = state.run(CALLER, *modules)
        self.oracles: dict[str, Oracle] = {}

    def outcomes(self, name: str, text: str) -> list[tuple[bool, Any]]:
        """Gives for each of ``PATHS`` whether the call succeeded, and its result or the error's kind and message."""
        ok, data, encoded = self.call(text.encode(), f"t:{name}".encode())
        found = ok, buffer.decode(data) if ok else data
        if encoded is False:
            return [found, (False, b"Invalid: it can't leave Lua")]
        try:
            return [found, (True, self.oracle(name).call(buffer.decode_all(encoded)))]
        except CallFailed as error:
            return [found, (False, f"{error.kind}: {error.message}".encode())]

    def oracle(self, name: str) -> Oracle:
        if name not in self.oracles:
            self.oracles[name] = oracle_of(self.state.entries.loaded(self.state.registry.entries[f"t:{name}"]))
        return self.oracles[name]


PATHS = ("script", "oracle")


def expect(text: str, outcomes: list[tuple[bool, Any]], result: Any) -> None:
    for path, (done, found) in zip(PATHS, outcomes, strict=True):
        assert done, f"{text} is refused on the path {path}: {found.decode()}"
        assert same(found, result), f"{text} comes back on the path {path} as {found!r}, not {result!r}"


def expect_refusal(text: str, outcomes: list[tuple[bool, Any]]) -> None:
    for path, (done, found) in zip(PATHS, outcomes, strict=True):
        assert not done, f"{text} is taken on the path {path}, and comes back as {found!r}"
        assert found.startswith(b"Invalid: "), f"{text} reached the guest on the path {path}: {found.decode()}"
        assert b"a mistake in Moonwit" not in found, f"nothing explains why {text} is refused"
        assert b"\n" not in found
